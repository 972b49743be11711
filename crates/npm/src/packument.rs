use crate::PackageJson;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that clients want to know of a package: the full document, for every `Accept`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Packument {
    /// `@scope/name`.
    #[serde(rename = "_id")]
    pub id: String,
    /// `@scope/name`.
    pub name: String,
    /// Those of the version that `latest` names.
    #[serde(flatten)]
    pub links: Links,
    /// Tag to version.
    #[serde(rename = "dist-tags")]
    pub dist_tags: BTreeMap<String, String>,
    /// Version to its document.
    pub versions: BTreeMap<String, VersionDocument>,
    /// Version to its time, RFC 3339, and `created` and `modified`.
    pub time: BTreeMap<String, String>,
}

/// What clients want to know of one version: its package.json and where its tarball is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct VersionDocument {
    /// `{name}@{version}`.
    #[serde(rename = "_id")]
    pub id: String,
    /// The manifest.
    #[serde(flatten)]
    pub package: PackageJson,
    /// Where more is said of it.
    #[serde(flatten)]
    pub links: Links,
    /// Why it is not to be used any more: clients show it when they install it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// The tarball.
    pub dist: Dist,
}

/// Where more is said of a package. A packument may say it beside what is in the tarball's own package.json.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Links {
    /// A page for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Where its source is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
}

/// A repository of source.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    /// The program that reads it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its URL.
    pub url: String,
}

impl Repository {
    /// A git repository at a web address. npm also writes `git+https:`, which Renovate understands of the hosts alone that it
    /// knows by name.
    pub fn git(url: &str) -> Self {
        Self { kind: "git".into(), url: url.into() }
    }
}

/// A tarball.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Dist {
    /// Its URL: below the registry, in the form that every client takes for the usual one.
    pub tarball: String,
    /// `sha512-{base64}`.
    pub integrity: String,
    /// Its sha1 in hexadecimal.
    pub shasum: String,
}

impl VersionDocument {
    /// Joins a manifest with its tarball's hashes. `registry` ends with a slash.
    pub fn new(
        package: PackageJson,
        links: Links,
        registry: &str,
        integrity: String,
        shasum: String,
    ) -> Self {
        let (name, version) = (&package.name, &package.version);
        let base = name.rsplit('/').next().unwrap_or(name);
        let tarball = format!("{registry}{name}/-/{base}-{version}.tgz");
        let id = format!("{name}@{version}");
        // Also for packages whose own manifest does not say it.
        let package = PackageJson { gypfile: Some(false), ..package };
        let dist = Dist { tarball, integrity, shasum };
        Self { id, dist, links, package, deprecated: None }
    }
}

impl Packument {
    /// A packument. `times` gives each version's time, RFC 3339.
    pub fn new(
        name: String,
        dist_tags: BTreeMap<String, String>,
        versions: impl IntoIterator<Item = (VersionDocument, String)>,
    ) -> Self {
        let mut documents = BTreeMap::new();
        let mut time = BTreeMap::new();
        for (document, at) in versions {
            time.insert(document.package.version.clone(), at);
            documents.insert(document.package.version.clone(), document);
        }
        let latest = dist_tags.get("latest").and_then(|version| documents.get(version));
        let links = latest.map(|latest: &VersionDocument| latest.links.clone()).unwrap_or_default();
        let created = time.values().min().cloned();
        let modified = time.values().max().cloned();
        time.extend(created.map(|at| ("created".to_owned(), at)));
        time.extend(modified.map(|at| ("modified".to_owned(), at)));
        Self { id: name.clone(), name, links, dist_tags, versions: documents, time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModuleType;

    #[test]
    fn documents_say_where_the_tarball_is() {
        let package = PackageJson {
            module_type: ModuleType::Module,
            name: "@s/p".into(),
            version: "1.0.0".into(),
            description: "d".into(),
            dependencies: BTreeMap::new(),
            peer_dependencies: BTreeMap::new(),
            gypfile: None,
        };
        let repository = Some(Repository::git("https://git.example.com/acme/p"));
        let document = VersionDocument::new(
            package,
            Links { homepage: Some("https://example.com/".into()), repository },
            "https://example.com/gen/npm/v1/",
            "sha512-x".into(),
            "00".into(),
        );
        let tags = [("latest".to_owned(), "1.0.0".to_owned())].into();
        let at = "2026-01-01T00:00:00Z".to_owned();
        let packument = Packument::new("@s/p".into(), tags, [(document, at.clone())]);
        let json = serde_json::to_value(&packument).unwrap();
        assert_eq!(json["versions"]["1.0.0"]["type"], "module");
        assert_eq!(
            json["versions"]["1.0.0"]["dist"]["tarball"],
            "https://example.com/gen/npm/v1/@s/p/-/p-1.0.0.tgz"
        );
        assert_eq!(json["versions"]["1.0.0"]["gypfile"], false);
        assert_eq!(json["dist-tags"]["latest"], "1.0.0");
        assert_eq!(json["time"]["1.0.0"], at);
        assert_eq!(json["time"]["modified"], at);
        for said in [&json, &json["versions"]["1.0.0"]] {
            assert_eq!(said["homepage"], "https://example.com/");
            assert_eq!(said["repository"]["type"], "git");
            assert_eq!(said["repository"]["url"], "https://git.example.com/acme/p");
        }
        assert_eq!(serde_json::from_value::<Packument>(json).unwrap(), packument);
    }
}
