use crate::{
    Credentials, Error, Series, Store, User, about,
    accounts::{
        access::{self, Grant},
        owners::{self, Identified},
        reserved_owners,
        role::Role,
    },
    audit::{self, Change},
    bounds,
    key::Key,
    modules::{
        erasure, joined, lookup,
        record::{Module, Visibility},
    },
    search,
};
use protoedge_sdk::{CommitId, Label, ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError};
use std::{collections::BTreeMap, time::Duration};

/// What a new module is to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewModule {
    /// `owner/name`.
    pub name: ModuleName,
    /// Who may read it.
    pub visibility: Visibility,
    /// `main` unless named.
    pub default_label: Label,
    /// A sentence.
    pub description: String,
    /// A home page.
    pub url: String,
    /// Whether it is made for a push that follows: if that fails, there is no module.
    pub awaits_push: bool,
}

/// How many modules one page of a list looks at, each by two operations of the 1,000 that a request has. It may have fewer for it, and
/// says where the next one goes on.
const LOOKED_AT: usize = 250;

/// Between the two calls in which the buf CLI asks for a module and makes it, others may push to it first: longer
/// than any of them takes.
const JUST_NOW: Duration = Duration::from_secs(60);

/// A page of an owner's modules that a caller with these credentials may read, in the order of their names, those behind `after`;
/// and whether there are more. Each module of the owner costs one listing and one look.
///
/// # Errors
/// [`Error::BadCredentials`], whatever there is: else whoever has an old token learned that there is something private.
pub async fn list_modules<B: Bucket>(
    store: &Store<B>,
    credentials: &Credentials,
    owner: &OwnerName,
    after: Option<ModuleName>,
    most: usize,
) -> Result<(Vec<Grant>, Option<ModuleName>), Error> {
    access::viewer(store, credentials).await?;
    let (mut modules, mut after) = (Vec::new(), after);
    for _ in 0..LOOKED_AT {
        let next = lookup::next_module(store, owner, after.as_ref()).await?;
        let Some(name) = next else { return Ok((modules, None)) };
        // One that is withheld is in no list.
        match access::visible(store, credentials, &name).await {
            Ok(grant) => modules.extend(grant),
            Err(Error::Withheld { .. }) => {}
            Err(error) => return Err(error),
        }
        after = Some(name);
        if modules.len() == most {
            break;
        }
    }
    Ok((modules, after))
}

/// Makes a module. The owner must be there, and the user one of its members. One that awaits its first push can
/// be made again, by the next one who pushes to it or by hand.
///
/// # Errors
/// [`Error::Full`] where the owner has as many as it may have.
pub async fn create_module<B: Bucket>(
    store: &Store<B>,
    user: &User,
    new: NewModule,
) -> Result<Module, Error> {
    about::check_about(&new.description, &new.url)?;
    let owner = new.name.owner();
    let record = access::require_in(store, user, owner, Role::Admin).await?;
    reserved_owners::check_own(owner)?;
    let known = lookup::load_module(store, &new.name).await?;
    // Refused here, it leaves no entry: what is found later may be this caller's own, made by a put whose answer was lost.
    if let Some(module) = &known
        && module.is_there()
        && !was_just_pushed(store, module, &new)
    {
        return Err(Error::Exists { what: "module", name: new.name.to_string() });
    }
    if known.as_ref().is_some_and(Module::is_deleted) {
        erasure::check_finished(store, &new.name).await?;
    }
    let action = "module.create";
    let details = vec![("visibility", new.visibility.as_str().into())];
    let change = Change { owner: Some(owner), action, object: new.name.to_string(), details };
    let make = make(store, user, record.id, known, new.clone());
    let made = audit::audited(store, user, change, make).await?;
    if made.is_there() {
        search::tell_changed(store, &made.name).await?;
    }
    Ok(made)
}

async fn make<B: Bucket>(
    store: &Store<B>,
    user: &User,
    owner_id: CommitId,
    known: Option<Module>,
    new: NewModule,
) -> Result<Module, Error> {
    let owner = new.name.owner();
    let was_deleted = known.as_ref().is_some_and(Module::is_deleted);
    if let Some(module) = known.filter(|_| !was_deleted) {
        return make_again(store, module, new).await;
    }
    joined::claim(store, &new.name).await?;
    bounds::admit(store, user, Series::Modules(owner), new.name.name()).await?;
    let id = owners::mint(store, Identified::Module(new.name.clone())).await?;
    let (name, label) = (new.name.clone(), new.default_label.clone());
    let module = Module {
        visibility: new.visibility,
        description: new.description.clone(),
        url: new.url.clone(),
        awaits_push: new.awaits_push,
        is_remade: was_deleted,
        ..Module::new(id, name, owner_id, store.now(), label)
    };
    let is_made = match was_deleted {
        false => store.create(&Key::Module(&module.name), &module).await?,
        true => remake(store, &module).await?,
    };
    if is_made {
        // It may have been deleted meanwhile, when it had no module.
        if owners::find_owner(store, owner).await?.is_none() {
            store.remove(&Key::Module(&module.name)).await?;
            return Err(Error::NoOwner { owner: owner.clone() });
        }
        Ok(module)
    } else {
        // Another one who pushes for the first time, or makes it by hand.
        make_again(store, module, new).await
    }
}

/// Puts a module in the place of a deleted one; `false` where another one has.
async fn remake<B: Bucket>(store: &Store<B>, module: &Module) -> Result<bool, BucketError> {
    let change =
        |current: Option<&Module>| current.is_none_or(Module::is_deleted).then(|| module.clone());
    let made = store.update(&Key::Module(&module.name), change).await?;
    Ok(made.is_some_and(|made| made.id == module.id))
}

/// Makes a module once more that awaits its first push. A caller who makes it for a push just after
/// another one's first push has asked too late whether it is there: that is as good.
async fn make_again<B: Bucket>(
    store: &Store<B>,
    known: Module,
    new: NewModule,
) -> Result<Module, Error> {
    let exists = || Error::Exists { what: "module", name: known.name.to_string() };
    let change = async |current: Option<&Module>| {
        let current = current.ok_or_else(exists)?;
        if was_just_pushed(store, current, &new) {
            return Ok(None);
        }
        if !current.awaits_push {
            return Err(exists());
        }
        let wanted = Module {
            default_label: new.default_label.clone(),
            description: new.description.clone(),
            url: new.url.clone(),
            visibility: new.visibility,
            awaits_push: new.awaits_push,
            ..current.clone()
        };
        Ok::<_, Error>(Some(wanted).filter(|wanted| wanted != current))
    };
    let made = store.try_update(&Key::Module(&known.name), change, |_| BTreeMap::new()).await?;
    made.ok_or_else(exists)
}

/// Whether a module that is to be made for a push is there since another one's first push just now.
fn was_just_pushed<B: Bucket>(store: &Store<B>, known: &Module, new: &NewModule) -> bool {
    let is_new = |at| store.now().since(at) < JUST_NOW;
    new.awaits_push && known.first_push.is_some_and(is_new)
}

/// Something was pushed to a module: now it is there.
pub(crate) async fn settle<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<(), BucketError> {
    let change = |current: Option<&Module>| {
        let current = current.filter(|module| module.awaits_push)?;
        Some(Module { awaits_push: false, first_push: Some(store.now()), ..current.clone() })
    };
    store.update(&Key::Module(module), change).await.map(drop)
}
