//! Fetching commits of another registry with all that they depend on.

use super::client::{Asker, Client};
use crate::{
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_bufapi::{
    connect::Rpc,
    digest::B5,
    proto::buf::registry::{
        module::v1::{self, module_ref, resource_ref},
        owner::v1::{self as owner, owner_ref},
    },
};
use protoedge_registry::{UpstreamCommit, UpstreamModule, Visibility, upstreams};
use protoedge_sdk::{CommitId, ModuleName};
use protoedge_storage::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// How many commits that are not here one call looks at, each by one call of the other registry and two bucket operations.
const MOST_COMMITS: usize = 120;

/// How many of them it fetches, each by one more call and a dozen operations: a Worker's request may make 1,000 of all of them.
const MOST_FETCHED: usize = 40;

/// What an answer about commits may have, in bytes.
pub(super) const LARGEST_ANSWER: usize = 1024 * 1024;

/// What the files of one commit may have: what a push here may, with room for the rest of the message.
const LARGEST_FILES: usize = 34 * 1024 * 1024;

/// A commit that is to be fetched, and its whole closure.
struct Planned {
    commit: v1::Commit,
    closure: Vec<CommitId>,
}

/// Fetches those of these commits that are not here, with what they depend on, and keeps them: those that are `untimed` without a time
/// in versions, as commits have that never were on the default label.
///
/// # Errors
/// [`Kind::Precondition`] where the other registry does not have them, is in trouble or says what is not true: nothing of a commit is
/// kept then, but of those that it depends on. [`Kind::Forbidden`] for owners that administrators did not list.
pub(crate) async fn fetch_commits<P: Platform>(
    client: &Client<'_, P>,
    ids: &[CommitId],
    untimed: &BTreeSet<CommitId>,
) -> Result<(), Problem> {
    let plan = client.plan(ids).await?;
    if plan.is_empty() {
        return Ok(());
    }
    client.learn_modules(&plan).await?;
    let mut commits: Vec<(CommitId, Planned)> = plan.into_iter().collect();
    let total = commits.len();
    // Whatever a commit depends on has fewer dependencies than itself.
    commits.sort_by_key(|(_, planned)| planned.closure.len());
    for (id, planned) in commits.into_iter().take(MOST_FETCHED) {
        let module = client.modules.borrow().get(&planned.commit.module_id).cloned();
        let module =
            module.ok_or_else(|| client.problem(format!("has no module of commit {id}")))?;
        let commit = client.download(&id, planned, module).await?;
        let commit = UpstreamCommit { has_time: !untimed.contains(&id), ..commit };
        upstreams::store_commit(&client.context.store, &client.upstream.hosts, commit).await?;
    }
    if total <= MOST_FETCHED {
        return Ok(());
    }
    let host = &client.upstream.hosts.registry_host;
    let message = format!(
        "{MOST_FETCHED} of {total} commits of {host} that are needed were fetched now: do this once more, which goes on with the others"
    );
    Err(Problem::new(Kind::Precondition, message))
}

impl<P: Platform> Client<'_, P> {
    /// What is to be fetched for these commits.
    async fn plan(&self, ids: &[CommitId]) -> Result<BTreeMap<CommitId, Planned>, Problem> {
        let mut plan = BTreeMap::new();
        let mut missing: Vec<CommitId> = ids.to_vec();
        while let Some(id) = missing.pop() {
            if plan.contains_key(&id) || self.is_here(&id).await? {
                continue;
            }
            if plan.len() == MOST_COMMITS {
                let message = format!(
                    "more than {MOST_COMMITS} commits of {} are needed and not here yet: have an administrator mirror some of their modules first",
                    self.upstream.hosts.registry_host
                );
                return Err(Problem::new(Kind::Precondition, message));
            }
            let planned = self.graph(&id).await?;
            missing.extend(planned.closure.iter().cloned());
            plan.insert(id, planned);
        }
        Ok(plan)
    }

    pub(super) async fn is_here(&self, id: &CommitId) -> Result<bool, Problem> {
        let found = upstreams::find_commit(&self.context.store, &self.upstream.hosts, id).await?;
        Ok(found.is_some())
    }

    /// A commit with the closure that its digest is made of: that of a graph of this commit alone.
    async fn graph(&self, id: &CommitId) -> Result<Planned, Problem> {
        let request = v1::GetGraphRequest { resource_refs: vec![by_id(id)] };
        let reply: v1::GetGraphResponse =
            self.call(Rpc::GetGraph, &request, LARGEST_ANSWER).await?;
        let graph = reply.graph.unwrap_or_default();
        if let Some(foreign) = graph.registry_commit_ids.first() {
            let what = format!("has commit {id} depend on a commit of {}", foreign.registry);
            return Err(self.problem(what));
        }
        let (mut own, mut closure) = (None, Vec::new());
        for commit in graph.commits {
            match self.read::<CommitId>(&commit.id)? {
                of if of == *id => own = Some(commit),
                of => closure.push(of),
            }
        }
        let commit = own.ok_or_else(|| self.problem(format!("has no commit {id}")))?;
        Ok(Planned { commit, closure })
    }

    /// Asks for the modules of the planned commits that it was not asked for yet, if all of them may be fetched.
    async fn learn_modules(&self, plan: &BTreeMap<CommitId, Planned>) -> Result<(), Problem> {
        let mut ids: BTreeSet<&String> = plan.values().map(|it| &it.commit.module_id).collect();
        ids.retain(|id| !self.modules.borrow().contains_key(*id));
        if ids.is_empty() {
            return Ok(());
        }
        let module_ref =
            |id: &&String| v1::ModuleRef { value: Some(module_ref::Value::Id((*id).clone())) };
        let request = v1::GetModulesRequest { module_refs: ids.iter().map(module_ref).collect() };
        let reply: v1::GetModulesResponse =
            self.call(Rpc::GetModules, &request, LARGEST_ANSWER).await?;
        let owners = self.owners(&reply.modules).await?;
        for module in reply.modules {
            let owner = owners.get(&module.owner_id).map(String::as_str).unwrap_or_default();
            let module = self.module(module, owner)?;
            self.modules.borrow_mut().insert(module.id.to_string(), module);
        }
        Ok(())
    }

    /// The names of the owners of modules, by their ids.
    async fn owners(&self, modules: &[v1::Module]) -> Result<BTreeMap<String, String>, Problem> {
        let ids: BTreeSet<&String> = modules.iter().map(|module| &module.owner_id).collect();
        let owner_ref =
            |id: &String| owner::OwnerRef { value: Some(owner_ref::Value::Id(id.clone())) };
        let request =
            owner::GetOwnersRequest { owner_refs: ids.into_iter().map(owner_ref).collect() };
        let reply: owner::GetOwnersResponse =
            self.call(Rpc::GetOwners, &request, LARGEST_ANSWER).await?;
        let named = reply.owners.into_iter().filter_map(|owner| match owner.value? {
            owner::owner::Value::User(it) => Some((it.id, it.name)),
            owner::owner::Value::Organization(it) => Some((it.id, it.name)),
        });
        Ok(named.collect())
    }

    fn module(&self, module: v1::Module, owner: &str) -> Result<UpstreamModule, Problem> {
        let name = ModuleName::new(owner, &module.name).map_err(|error| {
            self.problem(format!("has a module that cannot be had here: {error}"))
        })?;
        let host = &self.upstream.hosts.registry_host;
        let is_public = module.visibility() == v1::ModuleVisibility::Public;
        let is_anybodys = matches!(self.asker, Asker::Anybody);
        if is_anybodys && !self.upstream.owners.has(name.owner()) {
            let message = format!(
                "{host}/{name} is not fetched: an administrator of this registry adds {} to the owners of {host}",
                name.owner()
            );
            return Err(Problem::new(Kind::Precondition, message));
        }
        if is_anybodys && !is_public {
            return Err(self.problem(format!("does not show {name} to everybody")));
        }
        Ok(UpstreamModule {
            id: self.read(&module.id)?,
            owner_id: self.read(&module.owner_id)?,
            created: at(module.create_time),
            visibility: if is_public { Visibility::Public } else { Visibility::Private },
            default_label: self.read(&module.default_label_name)?,
            is_deprecated: module.state() == v1::ModuleState::Deprecated,
            description: module.description,
            url: module.url,
            name,
        })
    }

    async fn download(
        &self,
        id: &CommitId,
        planned: Planned,
        module: UpstreamModule,
    ) -> Result<UpstreamCommit, Problem> {
        let Planned { commit, closure } = planned;
        let value =
            v1::download_request::Value { resource_ref: Some(by_id(id)), ..Default::default() };
        let request = v1::DownloadRequest { values: vec![value] };
        let reply: v1::DownloadResponse = self.call(Rpc::Download, &request, LARGEST_FILES).await?;
        let content = reply.contents.into_iter().next();
        let content =
            content.ok_or_else(|| self.problem(format!("has no files of commit {id}")))?;
        let digest = commit.digest.unwrap_or_default();
        let bytes: Option<[u8; 64]> = digest.value.as_ref().try_into().ok();
        let digest = bytes.filter(|_| digest.r#type() == v1::DigestType::B5).map(B5::from);
        let digest =
            digest.ok_or_else(|| self.problem(format!("has no b5 digest of commit {id}")))?;
        // Not every registry says who: then it is the module's owner.
        let created_by =
            commit.created_by_user_id.parse().unwrap_or_else(|_| module.owner_id.clone());
        Ok(UpstreamCommit {
            id: id.clone(),
            module,
            created: at(commit.create_time),
            digest,
            created_by,
            source_control_url: commit.source_control_url,
            has_time: true,
            deps: closure,
            files: content.files.into_iter().map(|file| (file.path, file.content)).collect(),
        })
    }
}

fn by_id(id: &CommitId) -> v1::ResourceRef {
    v1::ResourceRef { value: Some(resource_ref::Value::Id(id.to_string())) }
}

pub(super) fn at(time: Option<prost_types::Timestamp>) -> Timestamp {
    let time = time.unwrap_or_default();
    Timestamp::from_millis(
        time.seconds.saturating_mul(1000).saturating_add(i64::from(time.nanos) / 1_000_000),
    )
}
