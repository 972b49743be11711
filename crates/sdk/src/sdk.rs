use crate::{
    commit::{CommitId, Stamp},
    ecosystem::{go::elsewhere::GoElsewhere, kind::Ecosystem},
    names::{ModuleName, PluginName},
    package::Hosts,
    version::SdkVersion,
};
use serde::{Deserialize, Serialize};

/// Why an SDK cannot be described.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadSdk {
    /// A plugin dependency that is not in the catalogue.
    #[error("the catalogue has no {0}")]
    NoSuchPlugin(String),
}

/// One commit as others depend on it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Locked {
    /// The module.
    pub module: ModuleName,
    /// The commit.
    pub commit: CommitId,
    /// The commit's time in versions.
    pub stamp: Stamp,
    /// The module digest, `b5:…`.
    pub digest: String,
    /// Where its Go code is, if not here: fixed with the lock, so that no go.mod ever changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_elsewhere: Option<GoElsewhere>,
    /// The registry that it was fetched from, whose names its packages keep; none for what was pushed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Hosts>,
}

impl Locked {
    /// The names that packages of it have, where `own` are this registry's.
    pub fn hosts<'a>(&'a self, own: &'a Hosts) -> &'a Hosts {
        self.upstream.as_ref().unwrap_or(own)
    }
}

/// A commit with all that it depends on, directly and through others: one commit a module, fixed
/// when the commit was pushed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// The commit itself.
    pub target: Locked,
    /// Its dependencies.
    pub deps: Vec<Locked>,
    /// Whether its module was deprecated when it was pushed: fixed with the lock, so that no go.mod ever changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deprecated: bool,
}

impl Closure {
    /// The name of the package of an SDK of one of its modules, where `own` are this registry's names.
    pub fn package_name(&self, sdk: &Sdk, own: &Hosts) -> String {
        let mut all = std::iter::once(&self.target).chain(&self.deps);
        let locked = all.find(|locked| locked.module == sdk.module);
        sdk.package().name(locked.map_or(own, |locked| locked.hosts(own)))
    }
}

/// What package managers say to whoever depends on the SDKs of a deprecated module.
pub fn deprecation(module: &ModuleName) -> String {
    format!("the module {module} is deprecated by its owner")
}

/// One package at one version.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Sdk {
    /// Where the package goes.
    pub ecosystem: Ecosystem,
    /// Whose code it is.
    pub module: ModuleName,
    /// What generates it.
    pub plugin: PluginName,
    /// Plugin version, commit, revision.
    pub version: SdkVersion,
}
