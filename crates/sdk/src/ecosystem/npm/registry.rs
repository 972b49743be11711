use protoedge_npm::ModuleType;
use serde::{Deserialize, Serialize};

/// What package.json needs to know of a plugin.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpmRegistry {
    /// How node reads the generated files.
    pub import_style: ModuleType,
    /// For plugins that rewrite imports: `x.proto` becomes `x_{suffix}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite_import_path_suffix: Option<String>,
    /// The runtime libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<NpmDep>,
    /// The modules of the runtime that generated code imports: `node:fs`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builtins: Vec<String>,
    /// The names that generated code takes from where it runs, besides those of the language: `fetch`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub globals: Vec<String>,
    /// What the names of generated files may end with besides those of scripts and texts: `.json`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// An npm package that generated code imports.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpmDep {
    /// The package's name.
    pub package: String,
    /// A range of versions.
    pub version: String,
}
