use crate::names::PluginName;
use serde::{Deserialize, Serialize};

/// What go.mod needs to know of a plugin.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoRegistry {
    /// The `go` line (`1.23`); without it go.mod has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_version: Option<String>,
    /// The runtime libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<GoDep>,
    /// The plugin whose packages hold the messages, where it is not `protocolbuffers/go`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_plugin: Option<PluginName>,
    /// The comments that Go's tool chain carries out and that the plugin writes by itself, without the `//`:
    /// `go:build linux`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directives: Vec<String>,
    /// What the names of generated files may end with besides `.go`: `.md`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// A Go module that generated code imports.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoDep {
    /// The module's path.
    pub module: String,
    /// Its version, with `v`.
    pub version: String,
}
