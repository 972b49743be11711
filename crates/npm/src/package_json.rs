use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The `type` field: how node reads the package's `.js` files.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleType {
    /// ECMAScript modules.
    Module,
    /// CommonJS.
    Commonjs,
}

/// A package.json, in the key order in which generated SDKs are published.
///
/// `Display` prints two-space JSON without a final newline.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageJson {
    /// How node reads the files.
    #[serde(rename = "type")]
    pub module_type: ModuleType,
    /// `@scope/name`.
    pub name: String,
    /// A semver version.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Package name to version range: what this package imports.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dependencies: BTreeMap<String, String>,
    /// Package name to version range: what the user's program shares with this package.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub peer_dependencies: BTreeMap<String, String>,
    /// Whether clients build the package with node-gyp. `Some(false)` in all that is published: without it they
    /// do where they find a `binding.gyp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gypfile: Option<bool>,
}

impl fmt::Display for PackageJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_published_form() {
        let mut package = PackageJson {
            module_type: ModuleType::Module,
            name: "@s/p".into(),
            version: "1.0.0-a.1".into(),
            description: "d".into(),
            dependencies: BTreeMap::new(),
            peer_dependencies: [("@bufbuild/protobuf".to_owned(), "^2.2.2".to_owned())].into(),
            gypfile: Some(false),
        };
        assert_eq!(
            package.to_string(),
            "{\n  \"type\": \"module\",\n  \"name\": \"@s/p\",\n  \"version\": \"1.0.0-a.1\",\n  \"description\": \"d\",\n  \"peerDependencies\": {\n    \"@bufbuild/protobuf\": \"^2.2.2\"\n  },\n  \"gypfile\": false\n}"
        );
        package.dependencies.insert("@s/q".into(), "1.0.0".into());
        let text = package.to_string();
        assert!(text.find("\"dependencies\"") < text.find("\"peerDependencies\""));
        assert_eq!(serde_json::from_str::<PackageJson>(&text).unwrap(), package);
    }
}
