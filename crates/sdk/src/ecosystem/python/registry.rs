use serde::{Deserialize, Serialize};

/// What a wheel's metadata needs to know of a plugin.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonRegistry {
    /// Whether the plugin writes code or type stubs.
    #[serde(default)]
    pub package_type: PythonPackageType,
    /// The versions of Python that generated code runs on: `>=3.10` (PEP 440, "Version specifiers").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// The runtime libraries: `grpcio>=1.68` (PEP 508).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<String>,
}

/// What a plugin writes for Python.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PythonPackageType {
    /// Modules.
    #[default]
    Runtime,
    /// Type stubs alone, which are installed beside the modules that they are of (PEP 561, "Stub-only packages").
    StubOnly,
}
