//! What another registry lists, page by page.

use super::{
    client::Client,
    fetch::{LARGEST_ANSWER, at, fetch_commits},
};
use crate::{platform::Platform, reply::problem::Problem};
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::registry::{
        module::v1::{
            self, label_ref, list_commits_request, list_label_history_request, list_labels_request,
            module_ref, resource_ref,
        },
        owner::v1::{OwnerRef, owner_ref},
    },
};
use protoedge_registry::{UpstreamLabel, upstreams};
use protoedge_sdk::{CommitId, Label, ModuleName, OwnerName};
use std::collections::BTreeSet;

/// Items of a page that costs nothing more.
const ITEMS: u32 = 250;

/// Commits that one step fetches, each by two calls and some ten bucket operations.
const COMMITS: u32 = 20;

/// Pages that one list is read of: more than any registry's has, so that none is read for ever.
const PAGES: usize = 400;

/// Labels that one step writes, each with its whole history.
const LABELS: u32 = 10;

impl<P: Platform> Client<'_, P> {
    /// The modules of an owner.
    pub(super) async fn modules_of(&self, owner: &OwnerName) -> Result<Vec<ModuleName>, Problem> {
        let (mut modules, mut page_token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let named = owner_ref::Value::Name(owner.to_string());
            let request = v1::ListModulesRequest {
                page_size: ITEMS,
                page_token,
                owner_refs: vec![OwnerRef { value: Some(named) }],
            };
            let reply: v1::ListModulesResponse =
                self.call(Rpc::ListModules, &request, LARGEST_ANSWER).await?;
            for module in reply.modules {
                modules.push(self.read(&format!("{owner}/{}", module.name))?);
            }
            page_token = reply.next_page_token;
            if page_token.is_empty() {
                return Ok(modules);
            }
        }
        Err(self.endless())
    }

    /// Fetches a page of a module's commits, the oldest first, of which `before` came in the pages before; gives how many they are, and
    /// the next page's token.
    pub(super) async fn fetch_page(
        &self,
        module: &ModuleName,
        page_token: String,
        before: u32,
    ) -> Result<(u32, String), Problem> {
        let request = v1::ListCommitsRequest {
            page_size: COMMITS,
            page_token,
            resource_ref: Some(resource(module)),
            order: list_commits_request::Order::CreateTimeAsc.into(),
            ..Default::default()
        };
        let reply: v1::ListCommitsResponse =
            self.call(Rpc::ListCommits, &request, LARGEST_ANSWER).await?;
        let mut ids: Vec<CommitId> = Vec::new();
        for commit in &reply.commits {
            ids.push(self.read(&commit.id)?);
        }
        let untimed = self.untimed(module, &ids).await?;
        let mut number = before;
        for id in &ids {
            fetch_commits(self, std::slice::from_ref(id), &untimed).await?;
            number += 1;
            upstreams::number(&self.context.store, &self.upstream.hosts, id, number).await?;
        }
        Ok((number - before, reply.next_page_token))
    }

    /// Fetches the commits that came since the newest one that is here, the oldest first.
    pub(super) async fn fetch_new(&self, module: &ModuleName) -> Result<(), Problem> {
        let (mut new, mut page_token) = (Vec::new(), String::new());
        'pages: for _ in 0..PAGES {
            let request = v1::ListCommitsRequest {
                page_size: ITEMS,
                page_token,
                resource_ref: Some(resource(module)),
                order: list_commits_request::Order::CreateTimeDesc.into(),
                ..Default::default()
            };
            let reply: v1::ListCommitsResponse =
                self.call(Rpc::ListCommits, &request, LARGEST_ANSWER).await?;
            for commit in &reply.commits {
                let id: CommitId = self.read(&commit.id)?;
                if self.is_here(&id).await? {
                    break 'pages;
                }
                new.push(id);
            }
            page_token = reply.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let untimed = self.untimed(module, &new).await?;
        for id in new.iter().rev() {
            fetch_commits(self, std::slice::from_ref(id), &untimed).await?;
        }
        Ok(())
    }

    /// Those of a module's commits that never were on its default label.
    pub(super) async fn untimed(
        &self,
        module: &ModuleName,
        ids: &[CommitId],
    ) -> Result<BTreeSet<CommitId>, Problem> {
        let timed: BTreeSet<CommitId> =
            self.history(module, &self.default_label(module).await?).await?.into_iter().collect();
        Ok(ids.iter().filter(|id| !timed.contains(id)).cloned().collect())
    }

    /// What labels of a module name; the default one where none is given.
    pub(super) async fn heads(
        &self,
        module: &ModuleName,
        labels: &[Option<&Label>],
    ) -> Result<Vec<CommitId>, Problem> {
        let reference = |label: &Option<&Label>| {
            let child = label.map(|label| resource_ref::name::Child::LabelName(label.to_string()));
            named(module, child)
        };
        self.commits(labels.iter().map(reference).collect()).await
    }

    /// The commits that these name, in their order.
    pub(super) async fn commits(
        &self,
        resource_refs: Vec<v1::ResourceRef>,
    ) -> Result<Vec<CommitId>, Problem> {
        let count = resource_refs.len();
        let request = v1::GetCommitsRequest { resource_refs };
        let reply: v1::GetCommitsResponse =
            self.call(Rpc::GetCommits, &request, LARGEST_ANSWER).await?;
        if reply.commits.len() != count {
            return Err(self.problem("does not say what each label names"));
        }
        reply.commits.iter().map(|commit| self.read(&commit.id)).collect()
    }

    /// A page of a module's labels with their histories, archived ones among them, and the next page's token.
    pub(super) async fn labels(
        &self,
        module: &ModuleName,
        page_token: String,
    ) -> Result<(Vec<UpstreamLabel>, String), Problem> {
        let request = v1::ListLabelsRequest {
            page_size: LABELS,
            page_token,
            resource_ref: Some(resource(module)),
            order: list_labels_request::Order::CreateTimeAsc.into(),
            archive_filter: list_labels_request::ArchiveFilter::All.into(),
            ..Default::default()
        };
        let reply: v1::ListLabelsResponse =
            self.call(Rpc::ListLabels, &request, LARGEST_ANSWER).await?;
        let mut labels = Vec::new();
        for label in reply.labels {
            let name: Label = self.read(&label.name)?;
            let commits = self.history(module, &name).await?;
            labels.push(UpstreamLabel {
                name,
                created: at(label.create_time),
                updated: at(label.update_time),
                archived: label.archive_time.map(|time| at(Some(time))),
                commits,
            });
        }
        Ok((labels, reply.next_page_token))
    }

    /// What a label has named, the latest last.
    async fn history(&self, module: &ModuleName, label: &Label) -> Result<Vec<CommitId>, Problem> {
        let (mut commits, mut page_token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let named = label_ref::Name {
                owner: module.owner().to_string(),
                module: module.name().to_owned(),
                label: label.to_string(),
            };
            let request = v1::ListLabelHistoryRequest {
                page_size: ITEMS,
                page_token,
                label_ref: Some(v1::LabelRef { value: Some(label_ref::Value::Name(named)) }),
                order: list_label_history_request::Order::Asc.into(),
                ..Default::default()
            };
            let reply: v1::ListLabelHistoryResponse =
                self.call(Rpc::ListLabelHistory, &request, LARGEST_ANSWER).await?;
            for commit in reply.values.into_iter().filter_map(|value| value.commit) {
                commits.push(self.read(&commit.id)?);
            }
            page_token = reply.next_page_token;
            if page_token.is_empty() {
                return Ok(commits);
            }
        }
        Err(self.endless())
    }

    fn endless(&self) -> Problem {
        self.problem(format!("has a list of more than {PAGES} pages"))
    }

    async fn default_label(&self, module: &ModuleName) -> Result<Label, Problem> {
        let named = module_ref::Name {
            owner: module.owner().to_string(),
            module: module.name().to_owned(),
        };
        let value = Some(module_ref::Value::Name(named));
        let request = v1::GetModulesRequest { module_refs: vec![v1::ModuleRef { value }] };
        let reply: v1::GetModulesResponse =
            self.call(Rpc::GetModules, &request, LARGEST_ANSWER).await?;
        let found = reply.modules.into_iter().next().unwrap_or_default();
        self.read(&found.default_label_name)
    }
}

fn resource(module: &ModuleName) -> v1::ResourceRef {
    named(module, None)
}

pub(super) fn named(
    module: &ModuleName,
    child: Option<resource_ref::name::Child>,
) -> v1::ResourceRef {
    let (owner, module) = (module.owner().to_string(), module.name().to_owned());
    let name = resource_ref::Name { owner, module, child };
    v1::ResourceRef { value: Some(resource_ref::Value::Name(name)) }
}
