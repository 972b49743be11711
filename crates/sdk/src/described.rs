//! What the package, the version, the pins and the manifest of an SDK are, by the rules of its ecosystem.

use crate::{
    ArtifactFile, Catalogue, CommitId, Ecosystem, Entry, Hosts, JobModule, ModuleName, Package,
    PluginName, SdkVersion, Stamp,
    ecosystem::rules::ManifestParts,
    sdk::{BadSdk, Closure, Locked, Sdk},
};
use std::collections::BTreeMap;

impl Package {
    /// The package that holds the SDKs of a plugin version with this major number.
    pub fn new(ecosystem: Ecosystem, module: ModuleName, plugin: PluginName, major: u64) -> Self {
        Self { ecosystem, module, plugin, major: ecosystem.rules().major_in_name(major) }
    }

    /// Whether SDKs of a plugin version with this major number are in this package.
    pub fn holds(&self, major: u64) -> bool {
        self.major == self.ecosystem.rules().major_in_name(major)
    }

    /// The SDK that is this version of the package.
    pub fn sdk(&self, version: SdkVersion) -> Sdk {
        let Self { ecosystem, module, plugin, .. } = self.clone();
        Sdk { ecosystem, module, plugin, version }
    }

    /// Whether the public registry has no packages of the module in this ecosystem, since its code is elsewhere.
    pub fn is_elsewhere(&self) -> bool {
        self.ecosystem.rules().is_elsewhere(&self.module)
    }

    /// The name in its ecosystem: a Go module path, or `@scope/name`.
    pub fn name(&self, hosts: &Hosts) -> String {
        self.ecosystem.rules().package_name(self, hosts)
    }
}

impl Sdk {
    /// The SDK that a catalogue entry makes of a commit.
    pub fn new(entry: &Entry, of: &Locked) -> Self {
        Self::at(entry, &of.module, &of.commit, &of.stamp)
    }

    /// The same, where no more is known of the commit than its id and its time in versions.
    pub fn at(entry: &Entry, module: &ModuleName, commit: &CommitId, stamp: &Stamp) -> Self {
        Self {
            ecosystem: entry.ecosystem(),
            module: module.clone(),
            plugin: entry.name.clone(),
            version: SdkVersion {
                plugin: entry.plugin_version.clone(),
                stamp: entry.ecosystem().rules().stamp(stamp),
                commit: commit.short(),
                revision: entry.revision,
            },
        }
    }

    /// The package that this is a version of.
    pub fn package(&self) -> Package {
        let major = self.version.plugin.major();
        Package::new(self.ecosystem, self.module.clone(), self.plugin.clone(), major)
    }

    /// The version as clients write it.
    pub fn version_text(&self) -> String {
        self.ecosystem.rules().version_text(&self.version)
    }

    /// The SDKs that this one's manifest pins: those of the entry's plugin dependencies for the same commit, and those of
    /// every module in the closure, as the ecosystem's rules have it.
    ///
    /// # Errors
    /// [`BadSdk::NoSuchPlugin`] if a plugin dependency is not in the catalogue.
    pub fn pins(
        entry: &Entry,
        closure: &Closure,
        catalogue: &Catalogue,
    ) -> Result<Vec<Self>, BadSdk> {
        if !entry.ecosystem().rules().pins() {
            return Ok(Vec::new());
        }
        let mut bases = Vec::new();
        for dep in &entry.deps {
            let base = catalogue.get(&dep.name, &dep.version, dep.revision).ok_or_else(|| {
                BadSdk::NoSuchPlugin(format!("{}:{}:{}", dep.name, dep.version, dep.revision))
            })?;
            bases.push(base);
        }
        let rules = entry.registry.target.rules();
        let own = bases.iter().map(|base| Self::new(base, &closure.target));
        let others = closure.deps.iter().flat_map(|dep| rules.pins_of(entry, &bases, dep));
        Ok(own.chain(others).collect())
    }

    /// The files of other SDKs that this one is compiled against: of each that it pins the one that its ecosystem names.
    ///
    /// # Errors
    /// [`BadSdk::NoSuchPlugin`] if a plugin dependency is not in the catalogue.
    pub fn compiled_against(
        entry: &Entry,
        closure: &Closure,
        catalogue: &Catalogue,
    ) -> Result<Vec<(Self, &'static ArtifactFile)>, BadSdk> {
        let Some(file) = entry.ecosystem().rules().compiled_against() else {
            return Ok(Vec::new());
        };
        let pins = Self::pins(entry, closure, catalogue)?;
        Ok(pins.into_iter().map(|pin| (pin, file)).collect())
    }

    /// The text of the manifest: go.mod, package.json; of an archive that of the packages that have the same code. `own` are this
    /// registry's names.
    ///
    /// # Errors
    /// [`BadSdk::NoSuchPlugin`] if a plugin dependency is not in the catalogue.
    pub fn manifest(
        entry: &Entry,
        closure: &Closure,
        catalogue: &Catalogue,
        own: &Hosts,
    ) -> Result<String, BadSdk> {
        let entry = &*entry.code();
        let sdk = Self::new(entry, &closure.target);
        let hosts = closure.target.hosts(own);
        let pins = Self::pins(entry, closure, catalogue)?;
        let pins = pins.iter().map(|pin| (closure.package_name(pin, own), pin.version_text()));
        Ok(entry.registry.target.rules().manifest(&ManifestParts {
            sdk: &sdk,
            name: sdk.package().name(hosts),
            pins: pins.collect(),
            entry,
            closure,
            catalogue,
            hosts,
        }))
    }

    /// The modules of a job, the target first, with what is imported from each. `own` are this registry's names.
    pub fn job_modules(
        entry: &Entry,
        closure: &Closure,
        catalogue: &Catalogue,
        own: &Hosts,
    ) -> Vec<JobModule> {
        let entry = &*entry.code();
        let all = std::iter::once(&closure.target).chain(&closure.deps);
        all.enumerate()
            .map(|(n, locked)| JobModule {
                name: locked.module.clone(),
                commit: locked.commit.clone(),
                digest: locked.digest.clone(),
                imports: imports(entry, locked, n == 0, catalogue, locked.hosts(own)),
            })
            .collect()
    }
}

/// What generated code writes to import from a module, per plugin that it imports from.
///
/// A module whose Go code is elsewhere is imported from there (`None`: from what its own `go_package` says), unless it is
/// itself the one that is generated.
fn imports(
    entry: &Entry,
    locked: &Locked,
    is_target: bool,
    catalogue: &Catalogue,
    hosts: &Hosts,
) -> BTreeMap<PluginName, Option<String>> {
    let mut plugins: Vec<(PluginName, u64)> = catalogue
        .walk_deps(entry)
        .into_iter()
        .map(|dep| (dep.name.clone(), dep.plugin_version.major()))
        .collect();
    let rules = entry.registry.target.rules();
    plugins.extend(rules.imported(entry));
    let elsewhere = if is_target { None } else { rules.elsewhere(locked) };
    plugins
        .into_iter()
        .map(|(plugin, major)| {
            let package =
                Package::new(entry.ecosystem(), locked.module.clone(), plugin.clone(), major);
            let import = match elsewhere {
                Some(elsewhere) => elsewhere.import.clone(),
                None => Some(package.name(hosts)),
            };
            (plugin, import)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::entry;
    use crate::{GoDep, GoElsewhere};
    use protoedge_npm::PackageJson;
    use serde_json::json;

    fn locked(module: &str, commit: char, stamp: &str) -> Locked {
        Catalogue::default().lock(Locked {
            module: module.parse().unwrap(),
            commit: commit.to_string().repeat(32).parse().unwrap(),
            stamp: stamp.parse().unwrap(),
            digest: "b5:00".into(),
            go_elsewhere: None,
            upstream: None,
        })
    }

    fn closure() -> Closure {
        Closure {
            target: locked("acme/weather", 'a', "20260102030405"),
            deps: vec![
                locked("acme/units", 'b', "20260101000000"),
                locked("googleapis/googleapis", 'c', "20250101000000"),
            ],
            is_deprecated: false,
        }
    }

    /// What was fetched from another registry has that one's names, in its own manifest and in those of what depends on it.
    #[test]
    fn an_upstreams_module_keeps_its_names() {
        let upstream = Hosts { registry_host: "buf.build".into(), npm_scope: "@buf".into() };
        let catalogue = catalogue();
        let mut closure = closure();
        closure.deps[0].upstream = Some(upstream.clone());
        let manifest = |plugin: &str, closure: &Closure| {
            let entry = catalogue.newest(&plugin.parse().unwrap(), |_| true).unwrap();
            Sdk::manifest(entry, closure, &catalogue, &hosts()).unwrap()
        };
        let go = manifest("protocolbuffers/go", &closure);
        let own = hosts().registry_host;
        assert!(go.starts_with(&format!("module {own}/gen/go/acme/weather/")), "{go}");
        assert!(go.contains("\tbuf.build/gen/go/acme/units/protocolbuffers/go v"), "{go}");
        let npm: PackageJson = serde_json::from_str(&manifest("bufbuild/es", &closure)).unwrap();
        assert!(npm.dependencies.contains_key("@buf/acme_units.bufbuild_es"), "{npm}");
        closure.target.upstream = Some(upstream);
        let go = manifest("connectrpc/go", &closure);
        assert!(go.starts_with("module buf.build/gen/go/acme/weather/connectrpc/go\n"), "{go}");
        assert!(go.contains("\tbuf.build/gen/go/acme/weather/protocolbuffers/go v"), "{go}");
        let entry = catalogue.newest(&"protocolbuffers/go".parse().unwrap(), |_| true).unwrap();
        let imports = Sdk::job_modules(entry, &closure, &catalogue, &hosts());
        let import = |n: usize| imports[n].imports.values().next().unwrap().clone().unwrap();
        assert_eq!(import(0), "buf.build/gen/go/acme/weather/protocolbuffers/go");
        assert_eq!(import(1), "buf.build/gen/go/acme/units/protocolbuffers/go");
    }

    #[test]
    fn an_archive_has_the_code_of_the_package() {
        let (catalogue, closure) = (catalogue(), closure());
        for plugin in ["connectrpc/go", "connectrpc/es"] {
            let newest = |name: &str| catalogue.newest(&name.parse().unwrap(), |_| true).unwrap();
            let (entry, archive) = (newest(plugin), newest(&format!("{plugin}+archive")));
            let sdk = Sdk::new(archive, &closure.target);
            let version = format!("{}-aaaaaaaaaaaa.1", entry.plugin_version);
            assert_eq!(sdk.version_text(), version);
            assert_eq!(sdk.package().name(&hosts()), format!("acme/weather/{plugin}"));
            assert_eq!(Sdk::pins(archive, &closure, &catalogue), Ok(Vec::new()));
            let manifest = |of| Sdk::manifest(of, &closure, &catalogue, &hosts()).unwrap();
            assert_eq!(manifest(archive), manifest(entry));
            let modules = |of| Sdk::job_modules(of, &closure, &catalogue, &hosts());
            assert_eq!(modules(archive), modules(entry));
            assert_ne!(archive.digest(), entry.digest());
        }
    }

    #[test]
    fn a_deprecated_module_says_so_in_the_manifests_that_can() {
        let closure = Closure { is_deprecated: true, ..closure() };
        let catalogue = catalogue();
        let entry = catalogue.newest(&"protocolbuffers/go".parse().unwrap(), |_| true).unwrap();
        let manifest = Sdk::manifest(entry, &closure, &catalogue, &hosts()).unwrap();
        let words = crate::deprecation(&closure.target.module);
        assert!(manifest.starts_with(&format!("// Deprecated: {words}\nmodule ")), "{manifest}");
    }

    fn catalogue() -> Catalogue {
        let go = |module: &str| json!({"go": {"min_version": "1.23", "deps": [{"module": module, "version": "v1.0.0"}]}});
        let npm = |package: &str, suffix: &str| json!({"npm": {"import_style": "module", "rewrite_import_path_suffix": suffix, "deps": [{"package": package, "version": "^1.0.0"}]}});
        Catalogue::new([
            entry("protocolbuffers/go", "v1.36.11", &[], go("google.golang.org/protobuf")),
            entry(
                "connectrpc/go",
                "v1.20.0",
                &["protocolbuffers/go:v1.36.11"],
                go("connectrpc.com/connect"),
            ),
            entry("bufbuild/es", "v1.10.0", &[], npm("@bufbuild/protobuf", "pb.js")),
            entry(
                "connectrpc/es",
                "v1.6.1",
                &["bufbuild/es:v1.10.0"],
                npm("@connectrpc/connect", "connect.js"),
            ),
        ])
        .unwrap()
    }

    fn hosts() -> Hosts {
        Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() }
    }

    fn newest(catalogue: &Catalogue, name: &str) -> Entry {
        catalogue.newest(&name.parse().unwrap(), |_| true).unwrap().clone()
    }

    #[test]
    fn go_requires_runtime_base_and_modules_but_not_googleapis() {
        let catalogue = catalogue();
        let entry = newest(&catalogue, "connectrpc/go");
        assert_eq!(
            Sdk::manifest(&entry, &closure(), &catalogue, &hosts()).unwrap(),
            "module reg.example.com/gen/go/acme/weather/connectrpc/go

go 1.23

require (
	connectrpc.com/connect v1.0.0
	reg.example.com/gen/go/acme/units/connectrpc/go v1.20.0-20260101000000-bbbbbbbbbbbb.1
	reg.example.com/gen/go/acme/weather/protocolbuffers/go v1.36.11-20260102030405-aaaaaaaaaaaa.1
)
"
        );
    }

    #[test]
    fn go_code_that_is_elsewhere_is_imported_and_required_from_there() {
        let catalogue = catalogue();
        let entry = newest(&catalogue, "connectrpc/go");
        let require = |version: &str| {
            let (module, version) = ("connectrpc.com/connect".to_owned(), version.to_owned());
            Some(GoDep { module, version })
        };
        let mut closure = closure();
        for (import, version, want) in
            [(Some("example.com/units/gen"), "v1.10.0", "v1.10.0"), (None, "v0.9.0", "v1.0.0")]
        {
            let import = import.map(str::to_owned);
            let elsewhere = GoElsewhere { import: import.clone(), require: require(version) };
            closure.deps[0].go_elsewhere = Some(elsewhere);
            let manifest = Sdk::manifest(&entry, &closure, &catalogue, &hosts()).unwrap();
            assert!(manifest.contains(&format!("\tconnectrpc.com/connect {want}\n")), "{manifest}");
            assert!(!manifest.contains("acme/units"), "{manifest}");
            assert_eq!(manifest.matches("connectrpc.com/connect ").count(), 1, "{manifest}");
            let modules = Sdk::job_modules(&entry, &closure, &catalogue, &hosts());
            assert_eq!(modules[1].imports[&"protocolbuffers/go".parse().unwrap()], import);
            assert_eq!(Sdk::pins(&entry, &closure, &catalogue).unwrap().len(), 1);
        }
        // npm packages have no such thing.
        let entry = newest(&catalogue, "bufbuild/es");
        let manifest = Sdk::manifest(&entry, &closure, &catalogue, &hosts()).unwrap();
        assert!(manifest.contains("acme_units"), "{manifest}");
    }

    #[test]
    fn what_is_here_is_not_elsewhere() {
        let module: ModuleName = "bufbuild/protovalidate".parse().unwrap();
        let path = "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go";
        let elsewhere = GoElsewhere { import: Some(path.into()), require: None };
        assert!(!elsewhere.is_here(&module, &hosts()));
        assert!(
            elsewhere.is_here(&module, &Hosts { registry_host: "buf.build".into(), ..hosts() })
        );
        assert!(!GoElsewhere::default().is_here(&module, &hosts()));
        for (import, version) in
            [("no host", "v1.0.0"), ("example.com/a", "1.0"), ("example.com/a", "v2.0.0")]
        {
            let require = Some(GoDep { module: import.into(), version: version.into() });
            assert!(
                GoElsewhere { import: None, require: require.clone() }.check().is_err(),
                "{import} {version}"
            );
            let table = [(module.clone(), GoElsewhere { import: None, require })].into();
            assert!(catalogue().with_go_elsewhere(table).is_err());
        }
    }

    #[test]
    fn npm_pins_every_package_that_is_imported_from() {
        let catalogue = catalogue();
        let entry = newest(&catalogue, "connectrpc/es");
        let manifest = Sdk::manifest(&entry, &closure(), &catalogue, &hosts()).unwrap();
        let package: PackageJson = serde_json::from_str(&manifest).unwrap();
        assert_eq!(package.name, "@protoedge/acme_weather.connectrpc_es");
        assert_eq!(package.version, "1.6.1-20260102030405-aaaaaaaaaaaa.1");
        assert_eq!(
            package.dependencies.into_iter().collect::<Vec<_>>(),
            [
                ("acme_units.bufbuild_es", "1.10.0-20260101000000-bbbbbbbbbbbb.1"),
                ("acme_units.connectrpc_es", "1.6.1-20260101000000-bbbbbbbbbbbb.1"),
                ("acme_weather.bufbuild_es", "1.10.0-20260102030405-aaaaaaaaaaaa.1"),
                ("googleapis_googleapis.bufbuild_es", "1.10.0-20250101000000-cccccccccccc.1"),
                ("googleapis_googleapis.connectrpc_es", "1.6.1-20250101000000-cccccccccccc.1"),
            ]
            .map(|(name, version)| (format!("@protoedge/{name}"), version.to_owned()))
        );
        assert_eq!(package.peer_dependencies["@connectrpc/connect"], "^1.0.0");
        assert_eq!(package.peer_dependencies["@bufbuild/protobuf"], "^1.0.0", "of bufbuild/es");
    }

    #[test]
    fn a_job_says_what_to_import_from_every_module() {
        let catalogue = catalogue();
        let entry = newest(&catalogue, "connectrpc/go");
        let modules = Sdk::job_modules(&entry, &closure(), &catalogue, &hosts());
        let imports: Vec<_> = modules
            .iter()
            .map(|m| m.imports[&"protocolbuffers/go".parse().unwrap()].as_deref())
            .collect();
        assert_eq!(
            imports,
            [
                Some("reg.example.com/gen/go/acme/weather/protocolbuffers/go"),
                Some("reg.example.com/gen/go/acme/units/protocolbuffers/go"),
                None
            ]
        );
        let entry = newest(&catalogue, "connectrpc/es");
        let modules = Sdk::job_modules(&entry, &closure(), &catalogue, &hosts());
        assert_eq!(modules[2].imports.len(), 2);
        assert!(modules.iter().all(|m| m.imports.values().all(Option::is_some)));
    }

    #[test]
    fn googleapis_as_target_has_packages_of_its_own() {
        let catalogue = catalogue();
        let entry = newest(&catalogue, "protocolbuffers/go");
        let target = locked("googleapis/googleapis", 'c', "20250101000000");
        let closure = Closure { target, deps: Vec::new(), is_deprecated: false };
        let modules = Sdk::job_modules(&entry, &closure, &catalogue, &hosts());
        assert!(modules[0].imports.values().all(Option::is_some));
    }
}

#[cfg(test)]
mod package_tests {
    use super::*;
    use crate::{Go, Npm, Rules};

    fn hosts() -> Hosts {
        Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() }
    }

    #[test]
    fn prints_what_it_parsed() {
        for path in [
            "reg.example.com/gen/go/acme/weather/connectrpc/go",
            "reg.example.com/gen/go/acme/weather/grpc-ecosystem/gateway/v2",
        ] {
            assert_eq!(Go.parse_package(path, &hosts()).unwrap().name(&hosts()), path);
        }
        let name = "@protoedge/acme_weather.connectrpc_query-es";
        assert_eq!(Npm.parse_package(name, &hosts()).unwrap().name(&hosts()), name);
    }

    #[test]
    fn refuses_foreign_and_malformed_names() {
        for path in [
            "",
            "reg.example.com",
            "reg.example.com/gen/go",
            "reg.example.com/gen/go/acme",
            "reg.example.com/gen/go/acme/weather/connectrpc",
            "other.example.com/gen/go/a1/b1/c1/d1",
            "reg.example.com/gen/go/acme/weather/connectrpc/go/v1",
            "reg.example.com/gen/go/acme/weather/connectrpc/go/v02",
            "reg.example.com/gen/go/acme/weather/connectrpc/go/acme",
            "reg.example.com/gen/go/acme//connectrpc/go",
            "reg.example.com/gen/go/../b1/c1/d1",
        ] {
            assert_eq!(Go.parse_package(path, &hosts()), None, "{path}");
        }
        for name in [
            "",
            "@protoedge/",
            "@protoedge/acme_weather",
            "@x/acme_weather.connectrpc_es",
            "@protoedge/acme.connectrpc_es",
            "acme_weather.connectrpc_es",
            "@protoedge/acme_wea.ther_connectrpc.es",
        ] {
            assert_eq!(Npm.parse_package(name, &hosts()), None, "{name}");
        }
    }

    #[test]
    fn majors_are_part_of_go_names_only() {
        let of = |ecosystem, major| {
            let module = "acme/weather".parse().unwrap();
            Package::new(ecosystem, module, "a1/b1".parse().unwrap(), major)
        };
        assert_eq!(of(Ecosystem::Go, 1).major, None);
        assert_eq!(of(Ecosystem::Go, 2).major, Some(2));
        assert_eq!(of(Ecosystem::Npm, 2).major, None);
        assert!(of(Ecosystem::Go, 2).holds(2) && !of(Ecosystem::Go, 2).holds(3));
        assert!(of(Ecosystem::Go, 0).holds(1) && of(Ecosystem::Npm, 0).holds(7));
    }
}
