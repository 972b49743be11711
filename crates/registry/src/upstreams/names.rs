//! The owners and modules of another registry: each name belongs to this registry or to one other, never to both.

use super::record::UpstreamModule;
use crate::{
    Error, Module, Owner, OwnerKind, Store, about,
    accounts::{
        owners::{self, Identified},
        reserved_owners,
    },
    key::Key,
    modules::{joined, lookup},
};
use protoedge_sdk::{CommitId, Hosts};
use protoedge_storage::Bucket;

/// Why something of another registry cannot be had here.
pub(super) fn refused(upstream: &Hosts, what: impl ToString, why: impl Into<String>) -> Error {
    let host = upstream.registry_host.clone();
    Error::Upstream { host, what: what.to_string(), why: why.into() }
}

/// Has an id stand for what it stands for in the other registry.
///
/// # Errors
/// [`Error::Upstream`] where something else has its first 12 digits, by which versions name commits.
pub(super) async fn claim<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    id: &CommitId,
    of: Identified,
) -> Result<(), Error> {
    if owners::claim(store, id, &of).await? {
        return Ok(());
    }
    let why = format!("something else here has an id that begins with {}", id.short());
    Err(refused(upstream, format!("what has the id {id}"), why))
}

/// The owner of a module, which is made where it is missing.
///
/// # Errors
/// [`Error::Upstream`] for a name that is taken here.
pub(super) async fn ensure_owner<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    module: &UpstreamModule,
) -> Result<Owner, Error> {
    let name = module.name.owner();
    reserved_owners::check_own(name)?;
    if owners::load_owner(store, name).await?.is_none() {
        let id = module.owner_id.clone();
        claim(store, upstream, &id, Identified::Owner(name.clone())).await?;
        let owner = Owner {
            upstream: Some(upstream.clone()),
            ..Owner::new(id, name.clone(), OwnerKind::Organization, store.now())
        };
        store.create(&Key::Owner(name), &owner).await?;
    }
    let owner = owners::load_owner(store, name).await?;
    let owner = owner.filter(|owner| owner.upstream.as_ref() == Some(upstream));
    owner.ok_or_else(|| {
        refused(upstream, &module.name, format!("the owner {name} is another one here"))
    })
}

/// The module of a commit, which is made where it is missing.
///
/// # Errors
/// [`Error::Upstream`] for a module that has become another one there.
pub(super) async fn ensure_module<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    owner: &Owner,
    module: &UpstreamModule,
) -> Result<Module, Error> {
    let UpstreamModule { id, name, .. } = module;
    if lookup::load_module(store, name).await?.is_none() {
        joined::claim(store, name).await?;
        claim(store, upstream, id, Identified::Module(name.clone())).await?;
        let label = module.default_label.clone();
        let new = Module {
            visibility: module.visibility,
            upstream: Some(upstream.clone()),
            ..Module::new(id.clone(), name.clone(), owner.id.clone(), module.created, label)
        };
        store.create(&Key::Module(name), &new).await?;
    }
    let (description, url) = match about::check_about(&module.description, &module.url) {
        Ok(()) => (module.description.clone(), module.url.clone()),
        Err(_) => (String::new(), String::new()),
    };
    let is_it = |it: &Module| it.id == *id && it.upstream.as_ref() == Some(upstream);
    let set = |current: Option<&Module>| {
        let current = current.filter(|it| is_it(it))?;
        let is_deprecated = module.is_deprecated;
        let (description, url) = (description.clone(), url.clone());
        let wanted = Module { description, url, is_deprecated, ..current.clone() };
        Some(wanted).filter(|wanted| wanted != current)
    };
    let found = store.update(&Key::Module(name), set).await?;
    let found = found.filter(|it| !it.is_deleted() && is_it(it));
    found.ok_or_else(|| refused(upstream, name, "the module of that name is another one here"))
}
