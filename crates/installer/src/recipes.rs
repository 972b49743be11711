//! How the plugins that facts tell of are installed.

use crate::plugin_source::Exactly;
use protoedge_sdk::{Entry, PluginVersion};

/// How a plugin is installed, and what people want to know of it.
pub(crate) struct Recipe {
    pub(crate) plugin: &'static str,
    pub(crate) from: PackageManager,
    /// Of the command or package.
    pub(crate) package: &'static str,
    pub(crate) source: &'static str,
    pub(crate) guide: &'static str,
    pub(crate) description: &'static str,
}

/// Which package manager installs a plugin.
pub(crate) enum PackageManager {
    /// Go; the tag of a version is this and the version.
    Go { tag: &'static str },
    /// npm: the command, as the package's `bin` names it.
    Npm { bin: &'static str },
}

/// All plugins that package registries serve. `plugins/README.md` names the others.
pub(crate) const RECIPES: &[Recipe] = &[
    Recipe {
        plugin: "protocolbuffers/go",
        from: PackageManager::Go { tag: "" },
        package: "google.golang.org/protobuf/cmd/protoc-gen-go",
        source: "https://github.com/protocolbuffers/protobuf-go",
        guide: "https://protobuf.dev/reference/go/go-generated/",
        description: "Messages and enums for Go.",
    },
    Recipe {
        plugin: "connectrpc/go",
        from: PackageManager::Go { tag: "" },
        package: "connectrpc.com/connect/cmd/protoc-gen-connect-go",
        source: "https://github.com/connectrpc/connect-go",
        guide: "https://connectrpc.com/docs/go/getting-started/",
        description: "Clients and handlers for Go that speak Connect, gRPC and gRPC-Web.",
    },
    Recipe {
        plugin: "connectrpc/gosimple",
        from: PackageManager::Go { tag: "" },
        package: "connectrpc.com/connect/cmd/protoc-gen-connect-go",
        source: "https://github.com/connectrpc/connect-go",
        guide: "https://connectrpc.com/docs/go/getting-started/",
        description: "The same as connectrpc/go with plain function signatures.",
    },
    Recipe {
        plugin: "grpc/go",
        from: PackageManager::Go { tag: "cmd/protoc-gen-go-grpc/" },
        package: "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
        source: "https://github.com/grpc/grpc-go",
        guide: "https://grpc.io/docs/languages/go/quickstart/",
        description: "Clients and servers for Go that speak gRPC, in a package beside the messages.",
    },
    Recipe {
        plugin: "grpc-ecosystem/gateway",
        from: PackageManager::Go { tag: "" },
        package: "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway",
        source: "https://github.com/grpc-ecosystem/grpc-gateway",
        guide: "https://grpc-ecosystem.github.io/grpc-gateway/",
        description: "Gateways for Go that translate JSON over HTTP to gRPC.",
    },
    Recipe {
        plugin: "pluginrpc/go",
        from: PackageManager::Go { tag: "" },
        package: "pluginrpc.com/pluginrpc/cmd/protoc-gen-pluginrpc-go",
        source: "https://github.com/pluginrpc/pluginrpc-go",
        guide: "https://github.com/pluginrpc/pluginrpc-go#readme",
        description: "Services for Go that are programs and speak over pipes.",
    },
    Recipe {
        plugin: "bufbuild/connect-go",
        from: PackageManager::Go { tag: "" },
        package: "github.com/bufbuild/connect-go/cmd/protoc-gen-connect-go",
        source: "https://github.com/connectrpc/connect-go",
        guide: "https://connectrpc.com/docs/go/getting-started/",
        description: "Connect for Go before it moved to connectrpc/go.",
    },
    Recipe {
        plugin: "bufbuild/es",
        from: PackageManager::Npm { bin: "protoc-gen-es" },
        package: "@bufbuild/protoc-gen-es",
        source: "https://github.com/bufbuild/protobuf-es",
        guide: "https://github.com/bufbuild/protobuf-es/blob/main/MANUAL.md",
        description: "Messages, enums and service descriptors for JavaScript and TypeScript.",
    },
    Recipe {
        plugin: "connectrpc/es",
        from: PackageManager::Npm { bin: "protoc-gen-connect-es" },
        package: "@connectrpc/protoc-gen-connect-es",
        source: "https://github.com/connectrpc/connect-es",
        guide: "https://connectrpc.com/docs/web/getting-started/",
        description: "Service definitions for version 1 of Connect for JavaScript; version 2 needs bufbuild/es alone.",
    },
    Recipe {
        plugin: "connectrpc/query-es",
        from: PackageManager::Npm { bin: "protoc-gen-connect-query" },
        package: "@connectrpc/protoc-gen-connect-query",
        source: "https://github.com/connectrpc/connect-query-es",
        guide: "https://connectrpc.com/docs/web/query/getting-started/",
        description: "Methods for TanStack Query over Connect.",
    },
    Recipe {
        plugin: "bufbuild/connect-es",
        from: PackageManager::Npm { bin: "protoc-gen-connect-es" },
        package: "@bufbuild/protoc-gen-connect-es",
        source: "https://github.com/connectrpc/connect-es",
        guide: "https://connectrpc.com/docs/web/getting-started/",
        description: "Service definitions of Connect for JavaScript before it moved to connectrpc/es.",
    },
    Recipe {
        plugin: "bufbuild/connect-web",
        from: PackageManager::Npm { bin: "protoc-gen-connect-web" },
        package: "@bufbuild/protoc-gen-connect-web",
        source: "https://github.com/connectrpc/connect-es",
        guide: "https://connectrpc.com/docs/web/getting-started/",
        description: "Service definitions of Connect for browsers, before connect-es.",
    },
    Recipe {
        plugin: "bufbuild/connect-query",
        from: PackageManager::Npm { bin: "protoc-gen-connect-query" },
        package: "@bufbuild/protoc-gen-connect-query",
        source: "https://github.com/connectrpc/connect-query-es",
        guide: "https://connectrpc.com/docs/web/query/getting-started/",
        description: "Methods for TanStack Query before they moved to connectrpc/query-es.",
    },
    Recipe {
        plugin: "community/timostamm-protobuf-ts",
        from: PackageManager::Npm { bin: "protoc-gen-ts" },
        package: "@protobuf-ts/plugin",
        source: "https://github.com/timostamm/protobuf-ts",
        guide: "https://github.com/timostamm/protobuf-ts/blob/main/MANUAL.md",
        description: "Messages and clients of protobuf-ts for TypeScript.",
    },
];

/// Plugins of npm that need a package that they depend on in their own version: the plugin, its first and
/// last version, the package. The plugin framework of protobuf-es before 2.6.2 fails with newer runtimes,
/// which its ranges allow; later ones name theirs exactly.
const OWN_RUNTIME: [(&str, &str, &str, &str); 1] =
    [("bufbuild/es", "v2.0.0", "v2.6.0", "@bufbuild/protobuf")];

/// What has to be installed with a plugin in exactly one version, even where its ranges allow newer ones.
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
