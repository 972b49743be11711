//! What is fetched because somebody who is signed in asks for it.

use super::{
    Upstream,
    client::{Asker, Client},
    fetch::fetch_commits,
    pages::named,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_bufapi::proto::buf::registry::module::v1::resource_ref::name::Child;
use protoedge_registry::{Credentials, Error, accounts, upstreams};
use protoedge_sdk::{CommitId, Label, ModuleName, OwnerName};
use serde_json::json;
use std::collections::BTreeSet;

/// What is asked for of a module.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted<'a> {
    /// A commit or a label by its name; the default label's head where that is empty.
    Reference(&'a str),
    /// A label's head, even where the label's name is a commit's id.
    Label(&'a str),
}

/// Fetches what a name means in the registry that the module is of, where it is of another one and the caller is signed in. What is
/// here already stays as it is while that registry is in trouble.
///
/// # Errors
/// As [`fetch_commits`].
pub(crate) async fn fetch_wanted<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    name: &ModuleName,
    wanted: Wanted<'_>,
) -> Result<(), Problem> {
    let Some(upstream) = upstream_of(context, name.owner()).await? else { return Ok(()) };
    if !is_signed_in(context, caller).await? {
        return Ok(());
    }
    if let Wanted::Reference(id) = wanted
        && let Ok(id) = id.parse::<CommitId>()
        && upstreams::find_commit(&context.store, &upstream.hosts, &id).await?.is_some()
    {
        return Ok(());
    }
    let Err(problem) = fetch_head(context, upstream, name, wanted).await else { return Ok(()) };
    // What is here decides: also where it is not for this caller, which nobody learns.
    let is_seen = accounts::visible(&context.store, caller, name).await?.is_some();
    if problem.kind != Kind::Absent && !is_seen {
        return Err(problem);
    }
    context.platform.log(&json!({ "event": "upstream", "error": problem.message }));
    Ok(())
}

/// Whether somebody asks: an old token reads what is public like none.
async fn is_signed_in<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
) -> Result<bool, Problem> {
    match accounts::viewer(&context.store, caller).await {
        Ok(viewer) => Ok(viewer.user().is_some()),
        Err(Error::BadCredentials { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The registry that an owner's modules are fetched from on demand.
async fn upstream_of<'a, P: Platform>(
    context: &'a Context<P>,
    owner: &OwnerName,
) -> Result<Option<&'a Upstream>, Problem> {
    let upstreams = &context.config.upstreams;
    if upstreams.is_empty() {
        return Ok(None);
    }
    let upstream = match accounts::recall_owner(&context.store, owner).await? {
        Some(owner) => {
            let hosts = owner.upstream.as_ref();
            hosts.and_then(|hosts| upstreams.of_host(&hosts.registry_host))
        }
        None => upstreams.iter().find(|upstream| upstream.owners.has(owner)),
    };
    Ok(upstream.filter(|upstream| upstream.owners.has(owner)))
}

async fn fetch_head<P: Platform>(
    context: &Context<P>,
    upstream: &Upstream,
    name: &ModuleName,
    wanted: Wanted<'_>,
) -> Result<(), Problem> {
    let client = Client::new(context, upstream, Asker::Anybody);
    let id = client.resolve(name, wanted).await?;
    let untimed = match wanted {
        Wanted::Reference("") => BTreeSet::new(),
        Wanted::Reference(_) | Wanted::Label(_) => client.untimed_alone(name, &id).await?,
    };
    fetch_commits(&client, std::slice::from_ref(&id), &untimed).await?;
    let label = match wanted {
        Wanted::Reference("") => None,
        // A commit by its id.
        Wanted::Reference(reference) if reference == id.as_str() => return Ok(()),
        Wanted::Reference(label) | Wanted::Label(label) => Some(label.parse::<Label>()?),
    };
    Ok(upstreams::note_head(&context.store, &upstream.hosts, &id, label.as_ref()).await?)
}

impl<P: Platform> Client<'_, P> {
    /// The commit, if it is not here and never was on its module's default label.
    async fn untimed_alone(
        &self,
        name: &ModuleName,
        id: &CommitId,
    ) -> Result<BTreeSet<CommitId>, Problem> {
        match self.is_here(id).await? {
            true => Ok(BTreeSet::new()),
            false => self.untimed(name, std::slice::from_ref(id)).await,
        }
    }

    /// The commit that a name means.
    async fn resolve(&self, name: &ModuleName, wanted: Wanted<'_>) -> Result<CommitId, Problem> {
        let child = match wanted {
            Wanted::Reference(reference) => Child::Ref(reference.to_owned()),
            Wanted::Label(label) => Child::LabelName(label.to_owned()),
        };
        let mut found = self.commits(vec![named(name, Some(child))]).await?;
        Ok(found.swap_remove(0))
    }
}
