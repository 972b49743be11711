//! What a module's owners change of it.

use crate::{
    Error, Module, Store, User, about,
    accounts::{
        access::{self, Grant},
        role::Role,
    },
    audit::{self, Change},
    key::Key,
    modules::{labels, record::Visibility, visibility},
    search,
};
use protoedge_sdk::{Label, ModuleName};
use protoedge_storage::Bucket;
use std::collections::BTreeMap;

/// What is to become of a module. What is none stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ModuleChange {
    /// Who may read it.
    pub visibility: Option<Visibility>,
    /// Whether its owner advises against it.
    pub is_deprecated: Option<bool>,
    /// The module that its owner names in its place; `Some(None)` for none any more.
    pub successor: Option<Option<ModuleName>>,
    /// A sentence.
    pub description: Option<String>,
    /// A home page.
    pub url: Option<String>,
    /// The label that a push moves unless it names others, and whose head is `latest`.
    pub default_label: Option<Label>,
}

impl ModuleChange {
    /// What a user must be in the module who makes the change.
    fn role(&self) -> Role {
        if self.visibility.is_some() { Role::Owner } else { Role::Admin }
    }

    fn changes_visibility_alone(&self) -> bool {
        let others = Self { visibility: None, ..self.clone() };
        others == Self::default()
    }

    /// What the audit says of it: no description, and no URL.
    fn details(&self) -> Vec<(&'static str, String)> {
        let Self { visibility, is_deprecated, successor, description, url, default_label } = self;
        let successor = successor
            .as_ref()
            .map(|it| ("successor", it.as_ref().map_or_else(String::new, ToString::to_string)));
        let deprecated = is_deprecated.map(|it| ("deprecated", it.to_string()));
        let label = default_label.as_ref().map(|it| ("default_label", it.to_string()));
        let changed = |name, it: &Option<String>| it.as_ref().map(|_| (name, "changed".into()));
        visibility
            .map(|it| ("visibility", it.as_str().into()))
            .into_iter()
            .chain(deprecated)
            .chain(successor)
            .chain(label)
            .chain(changed("description", description))
            .chain(changed("url", url))
            .collect()
    }
}

/// Makes sure that a user may change a module so, and that the change can be made as far as that can be told before.
///
/// # Errors
/// [`Error::About`] and those of [`access::require`].
pub async fn check_change<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    change: &ModuleChange,
) -> Result<(), Error> {
    let empty = String::new();
    let (description, url) = (change.description.as_ref(), change.url.as_ref());
    about::check_about(description.unwrap_or(&empty), url.unwrap_or(&empty))?;
    access::require(store, by, module, change.role()).await
}

/// Changes a module, all of it or nothing. Who may read it takes effect within ten seconds everywhere, and so does the rest.
///
/// # Errors
/// Those of [`check_change`], of [`visibility::with_visibility`] and of [`labels::make_default`].
pub async fn change_module<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    change: &ModuleChange,
) -> Result<Module, Error> {
    check_change(store, by, module, change).await?;
    let name = &module.name;
    let action =
        if change.changes_visibility_alone() { "module.visibility" } else { "module.update" };
    let details = change.details();
    let noted = Change { owner: Some(name.owner()), action, object: name.to_string(), details };
    let set = async {
        if let Some(label) = &change.default_label {
            labels::make_default(store, module, label).await?;
        }
        let set = async |current: Option<&Module>| {
            let current = current.ok_or_else(|| Error::NoModule { module: name.clone() })?;
            changed(store, current, change).await
        };
        let made = store.try_update(&Key::Module(name), set, |_| BTreeMap::new()).await?;
        made.ok_or_else(|| Error::NoModule { module: name.clone() })
    };
    let made = audit::audited(store, by, noted, set).await;
    store.memo.modules.forget(name);
    if made.is_ok() {
        search::tell_changed(store, name).await?;
    }
    made
}

/// A module with a change; `None` where it is so already.
async fn changed<B: Bucket>(
    store: &Store<B>,
    current: &Module,
    change: &ModuleChange,
) -> Result<Option<Module>, Error> {
    let mut wanted = current.clone();
    if let Some(visibility) = change.visibility.filter(|it| *it != current.visibility) {
        wanted = visibility::with_visibility(store, current, visibility).await?;
    }
    let ModuleChange { is_deprecated, successor, description, url, default_label, .. } =
        change.clone();
    wanted.successor = successor.unwrap_or(wanted.successor);
    wanted.is_deprecated = is_deprecated.unwrap_or(wanted.is_deprecated);
    wanted.description = description.unwrap_or(wanted.description);
    wanted.url = url.unwrap_or(wanted.url);
    wanted.default_label = default_label.unwrap_or(wanted.default_label);
    if wanted == *current {
        return Ok(None);
    }
    wanted.updated = Some(store.now());
    Ok(Some(wanted))
}

/// Makes a module private or public, as its owners may.
///
/// # Errors
/// Those of [`change_module`].
pub async fn set_visibility<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    visibility: Visibility,
) -> Result<Module, Error> {
    let change = ModuleChange { visibility: Some(visibility), ..ModuleChange::default() };
    change_module(store, by, module, &change).await
}
