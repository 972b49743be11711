//! The lines that install an SDK: one file an ecosystem, and the arms below.

pub(crate) mod archive;
pub(crate) mod go;
pub(crate) mod npm;
mod package;
pub(crate) mod python;

pub use package::{InstalledPackage, PackageManager, Pin};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_sdk::{Ecosystem, Hashes};

impl InstalledPackage<'_> {
    /// The package managers of the ecosystem, the usual one first.
    pub fn managers(&self, pin: Pin<'_>) -> Vec<PackageManager> {
        match self.ecosystem {
            Ecosystem::Go => go::managers(self, pin),
            Ecosystem::Npm => npm::managers(self, pin),
            Ecosystem::Python => python::managers(self, pin),
            Ecosystem::Archive => archive::managers(self, pin),
            #[cfg(feature = "test-ecosystem")]
            Ecosystem::Test => Vec::new(),
        }
    }

    /// How a pin stands behind the package's name, if a client can ask so.
    pub fn suffix(&self, pin: Pin<'_>) -> Option<String> {
        match self.ecosystem {
            Ecosystem::Go => go::suffix(pin),
            Ecosystem::Npm => npm::suffix(pin),
            Ecosystem::Python => python::suffix(pin),
            Ecosystem::Archive => archive::suffix(pin),
            #[cfg(feature = "test-ecosystem")]
            Ecosystem::Test => None,
        }
    }

    /// The line that imports the first of these files of the package, of those whose paths are nothing but names in such a line.
    /// What a module has of Google's own files is what nobody looks for first.
    pub fn import<'a>(&self, files: impl Iterator<Item = &'a str>) -> Option<String> {
        let files = files.filter(|path| is_plain(path));
        let (others, own): (Vec<_>, Vec<_>) = files.partition(|path| path.starts_with("google/"));
        let files = own.into_iter().chain(others);
        match self.ecosystem {
            Ecosystem::Go => go::import(self, files),
            Ecosystem::Npm => npm::import(self, files),
            Ecosystem::Python => python::import(files),
            // How code is imported is a matter of its language.
            Ecosystem::Archive => None,
            #[cfg(feature = "test-ecosystem")]
            Ecosystem::Test => None,
        }
    }
}

/// Whether a file of a package is code of its ecosystem's language.
pub fn is_code(ecosystem: Ecosystem, path: &str) -> bool {
    match ecosystem {
        Ecosystem::Go => path.ends_with(go::CODE),
        Ecosystem::Npm => path.ends_with(npm::CODE),
        Ecosystem::Python => python::is_code(path),
        Ecosystem::Archive => archive::is_code(path),
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => true,
    }
}

/// Whether a path ends no string of any language, and says nothing else in one.
fn is_plain(path: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._~/+@-".contains(c);
    path.chars().all(is_name)
}

impl InstalledPackage<'_> {
    /// [`Self::import`] before anything was made, where it follows from the path of a .proto file: of messages by the first
    /// plugin.
    pub fn import_of(&self, plugin: &str, proto: &str) -> Option<String> {
        if plugin != first_plugin(self.ecosystem) {
            return None;
        }
        let path = proto.strip_suffix(".proto")?;
        let file = match self.ecosystem {
            Ecosystem::Go => format!("{path}.pb.go"),
            Ecosystem::Npm => format!("{path}_pb.js"),
            Ecosystem::Python => format!("{}_pb2.py", path.replace('-', "_")),
            Ecosystem::Archive => return None,
            #[cfg(feature = "test-ecosystem")]
            Ecosystem::Test => return None,
        };
        self.import(std::iter::once(file.as_str()))
    }
}

/// The hashes of what is downloaded that clients of an ecosystem compare, each with its name; `content_hash` is that of what is in
/// it as the ecosystem writes it.
pub fn compared(
    ecosystem: Ecosystem,
    hashes: &Hashes,
    content_hash: Option<&str>,
) -> Vec<(String, String)> {
    let content_hash = content_hash.map(str::to_owned);
    match ecosystem {
        Ecosystem::Go => content_hash.map(|hash| ("go.sum".into(), hash)).into_iter().collect(),
        Ecosystem::Npm => {
            let integrity = format!("sha512-{}", BASE64.encode(hashes.sha512));
            vec![("integrity".into(), integrity), ("shasum".into(), hex::encode(hashes.sha1))]
        }
        Ecosystem::Python => vec![("sha256".into(), hex::encode(hashes.sha256))],
        Ecosystem::Archive => vec![("sha256 of the .tar.gz".into(), hex::encode(hashes.sha256))],
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => vec![("sha256".into(), hex::encode(hashes.sha256))],
    }
}

/// The language of an ecosystem's packages, for people.
pub fn language(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::Go => "Go",
        Ecosystem::Npm => "JavaScript and TypeScript",
        Ecosystem::Python => "Python",
        Ecosystem::Archive => "Archives",
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => "Test",
    }
}

/// The plugin that people want first: the one that makes messages; empty where it is a matter of the language.
pub fn first_plugin(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::Go => "protocolbuffers/go",
        Ecosystem::Npm => "bufbuild/es",
        Ecosystem::Python => "protocolbuffers/python",
        Ecosystem::Archive => "",
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protoedge_sdk::Hosts;

    fn hosts() -> Hosts {
        Hosts { registry_host: "pb.acme.dev".into(), npm_scope: "@acme".into() }
    }

    fn package<'a>(ecosystem: Ecosystem, name: &'a str, hosts: &'a Hosts) -> InstalledPackage<'a> {
        InstalledPackage { ecosystem, name, hosts, runtime: &[], public_url: "https://pb.acme.dev" }
    }

    #[test]
    fn lines_are_those_of_the_clients() {
        let (hosts, id) = (hosts(), "0123456789abcdef0123456789abcdef".parse().unwrap());
        let go = package(Ecosystem::Go, "pb.acme.dev/gen/go/acme/weather/connectrpc/go", &hosts);
        let npm = package(Ecosystem::Npm, "@acme/acme_weather.bufbuild_es", &hosts);
        for (of, pin, want) in [
            (go, Pin::Latest, Some("@latest")),
            (go, Pin::Label("main"), Some("@main")),
            // go takes a slash for a branch of a repository, and `v1.0.0` for that very version.
            (go, Pin::Label("feature/x"), None),
            (go, Pin::Label("v1.0.0"), None),
            (go, Pin::Label("upgrade"), None),
            (go, Pin::Commit(&id), Some("@0123456789ab")),
            (npm, Pin::Latest, Some("@latest")),
            (npm, Pin::Label("v1.0.0"), Some("@label-v1.0.0")),
            // What stands for it in tags may stand for another label, too.
            (npm, Pin::Label("feature/x"), None),
            (npm, Pin::Commit(&id), Some("@commit-0123456789abcdef0123456789abcdef")),
            (npm, Pin::Version("1.2.3-x.1"), Some("@1.2.3-x.1")),
        ] {
            assert_eq!(of.suffix(pin).as_deref(), want, "{pin:?}");
        }
        let install = |of: InstalledPackage<'_>| -> Vec<String> {
            of.managers(Pin::Latest).into_iter().map(|it| it.install).collect()
        };
        assert_eq!(
            install(go),
            ["go get pb.acme.dev/gen/go/acme/weather/connectrpc/go/...@latest"]
        );
        assert_eq!(install(npm)[0], "npm install @acme/acme_weather.bufbuild_es@latest");
        assert_eq!(
            install(npm).last().unwrap(),
            "deno add --minimum-dependency-age=0 npm:@acme/acme_weather.bufbuild_es@latest"
        );
    }

    #[test]
    fn no_path_becomes_code() {
        let hosts = hosts();
        let go =
            package(Ecosystem::Go, "pb.acme.dev/gen/go/acme/weather/protocolbuffers/go", &hosts);
        let npm = package(Ecosystem::Npm, "@acme/acme_weather.bufbuild_es", &hosts);
        for path in
            ["a\"; import _ \"evil.example/x/y", "a`b/y", "a\nb/y", "a b/y", "ä/y", "a\\b/y"]
        {
            assert_eq!(go.import([format!("{path}.go").as_str()].into_iter()), None, "{path}");
            assert_eq!(npm.import([format!("{path}.js").as_str()].into_iter()), None, "{path}");
            let proto = format!("{path}.proto");
            assert_eq!(go.import_of("protocolbuffers/go", &proto), None, "{path}");
            assert_eq!(npm.import_of("bufbuild/es", &proto), None, "{path}");
        }
    }

    #[test]
    fn some_are_told_of_the_runtime() {
        let (hosts, runtime) = (hosts(), [("@bufbuild/protobuf".to_owned(), "^2.9.0".to_owned())]);
        let name = "@acme/acme_weather.bufbuild_es";
        let npm = InstalledPackage { runtime: &runtime, ..package(Ecosystem::Npm, name, &hosts) };
        let managers = npm.managers(Pin::Latest);
        let line = |name: &str| managers.iter().find(|it| it.name == name).unwrap().install.clone();
        let want = format!("yarn add {name}@latest \"@bufbuild/protobuf@^2.9.0\"");
        assert_eq!([line("yarn"), line("yarn-1")], [want.clone(), want]);
        assert_eq!(line("pnpm"), format!("pnpm add {name}@latest \"@bufbuild/protobuf@^2.9.0\""));
        assert!(
            line("deno").ends_with(&format!("npm:{name}@latest \"npm:@bufbuild/protobuf@^2.9.0\""))
        );
        assert_eq!(line("npm"), format!("npm install {name}@latest"));
    }

    #[test]
    fn yarn_is_told_of_plain_http() {
        let https = npm::yarn_setup("@acme", "https://pb.acme.dev:8443");
        assert_eq!(https.lines().count(), 2);
        let http = npm::yarn_setup("@acme", "http://localhost:8787");
        let last = http.lines().last().unwrap();
        assert_eq!(last, "yarn config set --json unsafeHttpWhitelist '[\"localhost\"]'");
    }

    #[test]
    fn imports_have_names_that_tell_what_they_are() {
        let hosts = hosts();
        let name = "pb.acme.dev/gen/go/acme/weather/protocolbuffers/go";
        let go = package(Ecosystem::Go, name, &hosts);
        for (file, want) in [
            ("acme/weather/v1/a.pb.go", "weatherv1 \"{}/acme/weather/v1\""),
            ("acme/weather/v1beta1/a.pb.go", "weatherv1beta1 \"{}/acme/weather/v1beta1\""),
            ("acme/weather/a.pb.go", "\"{}/acme/weather\""),
            ("acme/we_ather/v1/a.pb.go", "\"{}/acme/we_ather/v1\""),
            ("acme/1a/v1/a.pb.go", "\"{}/acme/1a/v1\""),
            ("v1/a.pb.go", "\"{}/v1\""),
        ] {
            let files = ["google/type/date.pb.go", file];
            let want = format!("import {}", want.replace("{}", name));
            assert_eq!(go.import(files.into_iter()), Some(want));
        }
        let only = go.import(["google/type/date.pb.go"].into_iter());
        assert_eq!(only, Some(format!("import \"{name}/google/type\"")));
    }

    #[test]
    fn imports_are_of_the_first_file() {
        let hosts = hosts();
        let go = package(Ecosystem::Go, "pb.acme.dev/gen/go/acme/weather/connectrpc/go", &hosts);
        let npm = package(Ecosystem::Npm, "@acme/acme_weather.bufbuild_es", &hosts);
        let files = [
            "README.md",
            "a/v1/a_pb.d.ts",
            "a/v1/x-y_pb.js",
            "b/v1/bv1connect/b.go",
            "package.json",
        ];
        assert_eq!(
            go.import(files.into_iter()).unwrap(),
            "import \"pb.acme.dev/gen/go/acme/weather/connectrpc/go/b/v1/bv1connect\""
        );
        assert_eq!(
            npm.import(files.into_iter()).unwrap(),
            "import * as x_y_pb from \"@acme/acme_weather.bufbuild_es/a/v1/x-y_pb.js\";"
        );
        assert_eq!(go.import(["a.go"].into_iter()).unwrap(), format!("import \"{}\"", go.name));
        assert_eq!(npm.import(["a.go"].into_iter()), None);
    }
}
