use crate::{
    ecosystem::kind::Ecosystem,
    names::{ModuleName, PluginName},
};
use serde::{Deserialize, Serialize};

/// The two names that a registry gives to all its packages.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Hosts {
    /// `REGISTRY_HOST`: the first element of Go import paths; has a dot, has no port.
    pub registry_host: String,
    /// `NPM_SCOPE`, with `@`.
    pub npm_scope: String,
}

/// One package: all SDKs of one module by one plugin. In Go, each major version of the plugin from
/// 2 on has a package of its own.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Package {
    /// Where it goes.
    pub ecosystem: Ecosystem,
    /// Whose code it is.
    pub module: ModuleName,
    /// What generates it.
    pub plugin: PluginName,
    /// The plugin's major version where it is part of the name: Go, from 2 on.
    pub major: Option<u64>,
}

impl Package {
    /// `{module}/{plugin}`, and `/v{major}` where the name has it: the bucket path of a package of one ecosystem.
    pub fn path(&self) -> String {
        let major = self.major.map(|n| format!("/v{n}")).unwrap_or_default();
        format!("{}/{}{major}", self.module, self.plugin)
    }
}
