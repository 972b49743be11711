//! Catalogue entries made from facts: which plugins there are, in which versions, with which options
//! and dependencies.

use crate::{install::Exactly, shelf::ShelfError};
use protoedge_sdk::{BadEntry, Entry, PluginDep, PluginVersion};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The facts: a JSON file `{"plugins": [{"plugin", "versions": {"v1.2.3": {…}}, …}]}`, where a version
/// has the keys `deps`, `deprecated` and `registry` of a catalogue entry.
#[derive(Debug, Deserialize)]
pub struct Facts {
    plugins: Vec<PluginFacts>,
}

#[derive(Debug, Deserialize)]
struct PluginFacts {
    plugin: String,
    spdx_license_id: Option<String>,
    #[serde(default)]
    output_languages: Vec<String>,
    versions: BTreeMap<String, VersionFacts>,
}

#[derive(Clone, Debug, Deserialize)]
struct VersionFacts {
    #[serde(default)]
    deps: Vec<String>,
    #[serde(default)]
    deprecated: bool,
    registry: Option<Value>,
}

/// How a plugin is installed, and what people want to know of it.
struct Recipe {
    plugin: &'static str,
    from: From,
    /// Of the command or package.
    package: &'static str,
    source: &'static str,
    guide: &'static str,
    description: &'static str,
}

/// Which package manager installs a plugin.
enum From {
    /// Go; the tag of a version is this and the version.
    Go { tag: &'static str },
    /// npm: the command, as the package's `bin` names it.
    Npm { bin: &'static str },
}

/// All plugins that package registries serve. `plugins/README.md` names the others.
const RECIPES: &[Recipe] = &[
    Recipe {
        plugin: "protocolbuffers/go",
        from: From::Go { tag: "" },
        package: "google.golang.org/protobuf/cmd/protoc-gen-go",
        source: "https://github.com/protocolbuffers/protobuf-go",
        guide: "https://protobuf.dev/reference/go/go-generated/",
        description: "Messages and enums for Go.",
    },
    Recipe {
        plugin: "connectrpc/go",
        from: From::Go { tag: "" },
        package: "connectrpc.com/connect/cmd/protoc-gen-connect-go",
        source: "https://github.com/connectrpc/connect-go",
        guide: "https://connectrpc.com/docs/go/getting-started/",
        description: "Clients and handlers for Go that speak Connect, gRPC and gRPC-Web.",
    },
    Recipe {
        plugin: "connectrpc/gosimple",
        from: From::Go { tag: "" },
        package: "connectrpc.com/connect/cmd/protoc-gen-connect-go",
        source: "https://github.com/connectrpc/connect-go",
        guide: "https://connectrpc.com/docs/go/getting-started/",
        description: "The same as connectrpc/go with plain function signatures.",
    },
    Recipe {
        plugin: "grpc/go",
        from: From::Go { tag: "cmd/protoc-gen-go-grpc/" },
        package: "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
        source: "https://github.com/grpc/grpc-go",
        guide: "https://grpc.io/docs/languages/go/quickstart/",
        description: "Clients and servers for Go that speak gRPC, in a package beside the messages.",
    },
    Recipe {
        plugin: "grpc-ecosystem/gateway",
        from: From::Go { tag: "" },
        package: "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway",
        source: "https://github.com/grpc-ecosystem/grpc-gateway",
        guide: "https://grpc-ecosystem.github.io/grpc-gateway/",
        description: "Gateways for Go that translate JSON over HTTP to gRPC.",
    },
    Recipe {
        plugin: "pluginrpc/go",
        from: From::Go { tag: "" },
        package: "pluginrpc.com/pluginrpc/cmd/protoc-gen-pluginrpc-go",
        source: "https://github.com/pluginrpc/pluginrpc-go",
        guide: "https://github.com/pluginrpc/pluginrpc-go#readme",
        description: "Services for Go that are programs and speak over pipes.",
    },
    Recipe {
        plugin: "bufbuild/connect-go",
        from: From::Go { tag: "" },
        package: "github.com/bufbuild/connect-go/cmd/protoc-gen-connect-go",
        source: "https://github.com/connectrpc/connect-go",
        guide: "https://connectrpc.com/docs/go/getting-started/",
        description: "Connect for Go before it moved to connectrpc/go.",
    },
    Recipe {
        plugin: "bufbuild/es",
        from: From::Npm { bin: "protoc-gen-es" },
        package: "@bufbuild/protoc-gen-es",
        source: "https://github.com/bufbuild/protobuf-es",
        guide: "https://github.com/bufbuild/protobuf-es/blob/main/MANUAL.md",
        description: "Messages, enums and service descriptors for JavaScript and TypeScript.",
    },
    Recipe {
        plugin: "connectrpc/es",
        from: From::Npm { bin: "protoc-gen-connect-es" },
        package: "@connectrpc/protoc-gen-connect-es",
        source: "https://github.com/connectrpc/connect-es",
        guide: "https://connectrpc.com/docs/web/getting-started/",
        description: "Service definitions for version 1 of Connect for JavaScript; version 2 needs bufbuild/es alone.",
    },
    Recipe {
        plugin: "connectrpc/query-es",
        from: From::Npm { bin: "protoc-gen-connect-query" },
        package: "@connectrpc/protoc-gen-connect-query",
        source: "https://github.com/connectrpc/connect-query-es",
        guide: "https://connectrpc.com/docs/web/query/getting-started/",
        description: "Methods for TanStack Query over Connect.",
    },
    Recipe {
        plugin: "bufbuild/connect-es",
        from: From::Npm { bin: "protoc-gen-connect-es" },
        package: "@bufbuild/protoc-gen-connect-es",
        source: "https://github.com/connectrpc/connect-es",
        guide: "https://connectrpc.com/docs/web/getting-started/",
        description: "Service definitions of Connect for JavaScript before it moved to connectrpc/es.",
    },
    Recipe {
        plugin: "bufbuild/connect-web",
        from: From::Npm { bin: "protoc-gen-connect-web" },
        package: "@bufbuild/protoc-gen-connect-web",
        source: "https://github.com/connectrpc/connect-es",
        guide: "https://connectrpc.com/docs/web/getting-started/",
        description: "Service definitions of Connect for browsers, before connect-es.",
    },
    Recipe {
        plugin: "bufbuild/connect-query",
        from: From::Npm { bin: "protoc-gen-connect-query" },
        package: "@bufbuild/protoc-gen-connect-query",
        source: "https://github.com/connectrpc/connect-query-es",
        guide: "https://connectrpc.com/docs/web/query/getting-started/",
        description: "Methods for TanStack Query before they moved to connectrpc/query-es.",
    },
    Recipe {
        plugin: "community/timostamm-protobuf-ts",
        from: From::Npm { bin: "protoc-gen-ts" },
        package: "@protobuf-ts/plugin",
        source: "https://github.com/timostamm/protobuf-ts",
        guide: "https://github.com/timostamm/protobuf-ts/blob/main/MANUAL.md",
        description: "Messages and clients of protobuf-ts for TypeScript.",
    },
];

/// Revisions above 1, equal to those that the BSR's published packages show.
const REVISIONS: [(&str, &str, u32); 5] = [
    ("connectrpc/go", "v1.19.1", 2),
    ("grpc/go", "v1.5.1", 2),
    ("protocolbuffers/go", "v1.31.0", 2),
    ("protocolbuffers/go", "v1.34.2", 2),
    ("protocolbuffers/go", "v1.36.12", 2),
];

/// Earlier revisions that published packages depend on: what differs from the facts, which tell of
/// the last one.
const EARLIER: [(&str, &str, u32, &str); 1] =
    [("grpc/go", "v1.5.1", 1, "protocolbuffers/go:v1.34.2")];

/// Plugins of npm that need a package that they depend on in their own version: the plugin, its first and
/// last version, the package. The plugin framework of protobuf-es before 2.6.2 fails with newer runtimes,
/// which its ranges allow; later ones name theirs exactly.
const OWN_RUNTIME: [(&str, &str, &str, &str); 1] =
    [("bufbuild/es", "v2.0.0", "v2.6.0", "@bufbuild/protobuf")];

/// The name of a plugin whose version decides which revision of another one an entry depends on.
const GO_BASE: &str = "protocolbuffers/go";

/// Why facts did not become entries.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The facts have another form.
    #[error("the facts cannot be read: {0}")]
    Facts(#[from] serde_json::Error),
    /// A version whose facts make no entry.
    #[error("{plugin}:{version}: {source}")]
    Version {
        /// The plugin.
        plugin: String,
        /// The version.
        version: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The entries do not go together.
    #[error(transparent)]
    Entry(#[from] BadEntry),
    /// The folder of the catalogue.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
}

impl Facts {
    /// All entries that the facts and the recipes make, dependencies first, whether they can be
    /// installed or not. Versions without an SDK are left out.
    pub fn entries(&self) -> Result<Vec<Entry>, ImportError> {
        let mut entries = Vec::new();
        for recipe in RECIPES {
            let Some(facts) = self.plugins.iter().find(|facts| facts.plugin == recipe.plugin)
            else {
                continue;
            };
            for (version, of) in &facts.versions {
                for (revision, base) in revisions(recipe.plugin, version) {
                    let entry = recipe.entry(facts, version, of, revision, base);
                    let entry = entry.map_err(|source| ImportError::Version {
                        plugin: recipe.plugin.into(),
                        version: version.clone(),
                        source,
                    })?;
                    entries.extend(entry);
                }
            }
        }
        Ok(entries)
    }
}

/// The revisions of a version, each with the base plugin that it depends on if that is another one
/// than the facts say.
fn revisions(plugin: &str, version: &str) -> Vec<(u32, Option<&'static str>)> {
    let earlier = EARLIER.iter().filter(|(name, of, ..)| *name == plugin && *of == version);
    let mut all: Vec<_> = earlier.map(|(.., revision, base)| (*revision, Some(*base))).collect();
    all.push((newest(plugin, version), None));
    all
}

fn newest(plugin: &str, version: &str) -> u32 {
    let found = REVISIONS.iter().find(|(name, of, _)| *name == plugin && *of == version);
    found.map_or(1, |(.., revision)| *revision)
}

/// The revision of a dependency: one that was made with the same base plugin, else the newest.
fn revision_of(dep: &str, version: &str, base: Option<&str>) -> u32 {
    let earlier = EARLIER.iter().find(|(name, of, _, with)| {
        *name == dep && *of == version && base.is_some_and(|base| base == *with)
    });
    earlier.map_or_else(|| newest(dep, version), |(.., revision, _)| *revision)
}

impl Recipe {
    fn entry(
        &self,
        facts: &PluginFacts,
        version: &str,
        of: &VersionFacts,
        revision: u32,
        base: Option<&str>,
    ) -> Result<Option<Entry>, serde_json::Error> {
        let Some(registry) = &of.registry else { return Ok(None) };
        let deps: Vec<&str> = match base {
            Some(base) => vec![base],
            None => of.deps.iter().map(String::as_str).collect(),
        };
        let base = deps.iter().copied().find(|dep| dep.starts_with(&format!("{GO_BASE}:")));
        let deps: Vec<Value> = deps
            .iter()
            .filter_map(|dep| {
                let (name, version) = dep.split_once(':')?;
                Some(json!({"plugin": dep, "revision": revision_of(name, version, base)}))
            })
            .collect();
        let (install, tag) = match self.from {
            From::Go { tag } => (json!({"go": {"package": self.package, "version": version}}), tag),
            From::Npm { bin } => {
                let number = version.trim_start_matches('v');
                (json!({"npm": {"package": self.package, "version": number, "bin": bin}}), "")
            }
        };
        serde_json::from_value(json!({
            "version": "v1", "name": self.plugin, "plugin_version": version, "revision": revision,
            "source_url": self.source, "description": self.description,
            "spdx_license_id": facts.spdx_license_id,
            "license_url": format!("{}/blob/{tag}{version}/LICENSE", self.source),
            "integration_guide_url": self.guide, "deprecated": of.deprecated,
            "output_languages": facts.output_languages, "deps": deps, "registry": registry,
            "install": install,
        }))
        .map(Some)
    }
}

/// What has to be installed with a plugin in exactly one version, whatever newer ones its ranges allow.
pub fn exactly(entry: &Entry) -> Vec<Exactly> {
    let version: &PluginVersion = &entry.plugin_version;
    let is_between = |first: &str, last: &str| {
        let bounds = (first.parse::<PluginVersion>(), last.parse::<PluginVersion>());
        matches!(bounds, (Ok(first), Ok(last)) if first <= *version && *version <= last)
    };
    let of_entry = |(name, first, last, _): &&(&str, &str, &str, &str)| {
        entry.name.to_string() == *name && is_between(first, last)
    };
    OWN_RUNTIME
        .iter()
        .filter(of_entry)
        .map(|(.., package)| Exactly {
            package: (*package).into(),
            version: version.to_string().trim_start_matches('v').into(),
        })
        .collect()
}

/// Leaves out entries that depend on one that is not there, again and again until all do.
pub fn with_deps(mut entries: Vec<Entry>) -> (Vec<Entry>, Vec<(Entry, PluginDep)>) {
    let mut without = Vec::new();
    loop {
        let is_there = |dep: &PluginDep| {
            entries.iter().any(|known| {
                (&known.name, &known.plugin_version, known.revision)
                    == (&dep.name, &dep.version, dep.revision)
            })
        };
        let lacking = entries.iter().enumerate().find_map(|(place, entry)| {
            Some((place, entry.deps.iter().find(|dep| !is_there(dep))?.clone()))
        });
        match lacking {
            Some((place, dep)) => without.push((entries.remove(place), dep)),
            None => return (entries, without),
        }
    }
}
