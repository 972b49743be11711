use crate::{
    ecosystem::{
        Ecosystem,
        go::elsewhere::{GoElsewhere, GoElsewheres, usual_go_elsewheres},
    },
    entry::{Entry, PluginDep},
    names::{ModuleName, PluginName},
    sdk::{Locked, Sdk},
    version::PluginVersion,
};
use std::collections::BTreeMap;

/// Why a catalogue was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadEntry {
    /// Two entries of one plugin, version and revision.
    #[error("{entry} is there twice")]
    Twice {
        /// `owner/name:version:revision`.
        entry: String,
    },
    /// A plugin dependency that is not in the catalogue.
    #[error("{entry} depends on {dep}, which is not in the catalogue")]
    MissingDep {
        /// Who depends.
        entry: String,
        /// On what.
        dep: String,
    },
    /// A plugin dependency whose packages go elsewhere.
    #[error("{entry} depends on {dep}, which is for another ecosystem")]
    OtherEcosystem {
        /// Who depends.
        entry: String,
        /// On what.
        dep: String,
    },
    /// Two plugins whose packages may be called the same.
    #[error(
        "{a} and {b} cannot both be there: where names of packages are joined by '-', one name may be by either"
    )]
    Ambiguous {
        /// One.
        a: String,
        /// The other.
        b: String,
    },
    /// Entries that depend on each other in a circle.
    #[error("the plugin dependencies of {entry} lead back to it")]
    Circle {
        /// Where the circle was found.
        entry: String,
    },
    /// An entry that is named as a variant of a plugin: variants are what the plugin's own entry says.
    #[error(
        "{entry} is named as a variant of a plugin, which only the plugin's own entry can have"
    )]
    Variant {
        /// `owner/name+variant:version:revision`.
        entry: String,
    },
    /// A variant that cannot be.
    #[error("a variant of {entry}: {what}")]
    BadVariant {
        /// `owner/name:version:revision`.
        entry: String,
        /// What is wrong.
        what: String,
    },
    /// A module whose Go code is said to be where it cannot be.
    #[error("the Go code of {module}: {what}")]
    GoElsewhere {
        /// The module.
        module: ModuleName,
        /// What is wrong.
        what: String,
    },
}

/// All plugins of a registry with their variants, and the modules whose Go code is elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Catalogue {
    entries: BTreeMap<PluginName, BTreeMap<(PluginVersion, u32), Entry>>,
    go_elsewhere: GoElsewheres,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), go_elsewhere: usual_go_elsewheres() }
    }
}

impl Catalogue {
    /// Checks that every entry is there once and that plugin dependencies lead somewhere. Variants are entries here.
    pub(crate) fn checked(entries: impl IntoIterator<Item = Entry>) -> Result<Self, BadEntry> {
        let catalogue = Self::of_entries(entries)?;
        for entry in catalogue.entries.values().flat_map(BTreeMap::values) {
            catalogue.check_deps(entry)?;
        }
        for ecosystem in Ecosystem::ALL {
            let plugins: Vec<&PluginName> = catalogue.plugins(*ecosystem).collect();
            if let Some((a, b)) = ecosystem.rules().ambiguous(&plugins) {
                return Err(BadEntry::Ambiguous { a: a.to_string(), b: b.to_string() });
            }
        }
        Ok(catalogue)
    }

    /// [`Self::checked`], where it is known that plugin dependencies lead somewhere.
    pub(crate) fn of_entries(entries: impl IntoIterator<Item = Entry>) -> Result<Self, BadEntry> {
        let mut catalogue = Self::default();
        for entry in entries {
            let versions = catalogue.entries.entry(entry.name.clone()).or_default();
            let key = (entry.plugin_version.clone(), entry.revision);
            if versions.contains_key(&key) {
                return Err(BadEntry::Twice { entry: entry.id() });
            }
            versions.insert(key, entry);
        }
        Ok(catalogue)
    }

    /// The same plugins with these modules whose Go code is elsewhere, in place of the usual ones.
    ///
    /// # Errors
    /// [`BadEntry::GoElsewhere`] for one that no go.mod can name.
    pub fn with_go_elsewhere(self, go_elsewhere: GoElsewheres) -> Result<Self, BadEntry> {
        for (module, it) in &go_elsewhere {
            let named = |what| BadEntry::GoElsewhere { module: module.clone(), what };
            it.check().map_err(named)?;
        }
        Ok(self.with_checked_go_elsewhere(go_elsewhere))
    }

    /// [`Self::with_go_elsewhere`] of what was checked before.
    #[must_use]
    pub fn with_checked_go_elsewhere(self, go_elsewhere: GoElsewheres) -> Self {
        Self { go_elsewhere, ..self }
    }

    /// The modules whose Go code is elsewhere.
    pub fn go_elsewhere(&self) -> &BTreeMap<ModuleName, GoElsewhere> {
        &self.go_elsewhere
    }

    /// A dependency as it is locked now: with where its Go code is, if not in the package that it has anyway.
    pub fn lock(&self, dep: Locked) -> Locked {
        let is_there = |it: &&GoElsewhere| {
            dep.upstream.as_ref().is_some_and(|upstream| it.is_here(&dep.module, upstream))
        };
        let elsewhere = self.go_elsewhere.get(&dep.module).filter(|it| !is_there(it));
        Locked { go_elsewhere: elsewhere.cloned(), ..dep }
    }

    fn check_deps(&self, entry: &Entry) -> Result<(), BadEntry> {
        for dep in &entry.deps {
            let name = format!("{}:{}:{}", dep.name, dep.version, dep.revision);
            let found = self
                .get(&dep.name, &dep.version, dep.revision)
                .ok_or_else(|| BadEntry::MissingDep { entry: entry.id(), dep: name.clone() })?;
            if found.code().ecosystem() != entry.code().ecosystem() {
                return Err(BadEntry::OtherEcosystem { entry: entry.id(), dep: name });
            }
        }
        if self.walk_deps(entry).iter().any(|dep| dep.name == entry.name) {
            return Err(BadEntry::Circle { entry: entry.id() });
        }
        Ok(())
    }

    /// All entries, by name, then version, then revision; without the variants, which follow from them.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        let all = self.entries.values().flat_map(BTreeMap::values);
        all.filter(|entry| entry.name.variant().is_none())
    }

    /// The plugins that make packages of an ecosystem, with their variants.
    pub fn plugins(&self, ecosystem: Ecosystem) -> impl Iterator<Item = &PluginName> {
        let newest = |name: &&PluginName| self.newest(name, |_| true);
        let is_of = move |name: &&PluginName| {
            newest(name).is_some_and(|it| it.ecosystem() == ecosystem && it.has_packages())
        };
        self.entries.keys().filter(is_of)
    }

    /// All versions of a plugin or a variant, by version, then revision.
    pub fn versions(&self, name: &PluginName) -> impl Iterator<Item = &Entry> {
        self.entries.get(name).into_iter().flat_map(BTreeMap::values)
    }

    /// The entry that packages are by: the entry itself, or its variant where it makes no others.
    pub fn packaged<'a>(&'a self, entry: &'a Entry) -> &'a Entry {
        if entry.has_packages() {
            return entry;
        }
        let variants = entry.variants().unwrap_or_default();
        let known = |it: &Entry| self.get(&it.name, &it.plugin_version, it.revision);
        variants.iter().find_map(known).unwrap_or(entry)
    }

    /// An entry or a variant by [`Entry::id`].
    pub fn by_id(&self, id: &str) -> Option<&Entry> {
        self.entries.values().flat_map(BTreeMap::values).find(|entry| entry.id() == id)
    }

    /// One entry.
    pub fn get(&self, name: &PluginName, version: &PluginVersion, revision: u32) -> Option<&Entry> {
        self.entries.get(name)?.get(&(version.clone(), revision))
    }

    /// The entry that an SDK is made by.
    pub fn of(&self, sdk: &Sdk) -> Option<&Entry> {
        self.get(&sdk.plugin, &sdk.version.plugin, sdk.version.revision)
    }

    /// The newest revision of a plugin version.
    pub fn revision(&self, name: &PluginName, version: &PluginVersion) -> Option<&Entry> {
        let all = (version.clone(), 0)..=(version.clone(), u32::MAX);
        self.entries.get(name)?.range(all).next_back().map(|(_, entry)| entry)
    }

    /// The newest version of a plugin at its newest revision, among those that `wanted` takes.
    pub fn newest(
        &self,
        name: &PluginName,
        wanted: impl Fn(&PluginVersion) -> bool,
    ) -> Option<&Entry> {
        let versions = self.entries.get(name)?;
        versions.iter().rev().find(|((version, _), _)| wanted(version)).map(|(_, entry)| entry)
    }

    /// The versions of a plugin that packages made from now on pin: its newest, and those that the newest versions of
    /// other plugins depend on. A deprecated one counts where it is used.
    pub fn pinned(
        &self,
        plugin: &PluginName,
        is_used: impl Fn(&PluginName) -> bool,
    ) -> Vec<&Entry> {
        let mut pinned: Vec<&Entry> = self.newest(plugin, |_| true).into_iter().collect();
        for name in self.entries.keys() {
            let newest = self.newest(name, |_| true);
            let newest = newest.filter(|entry| entry.ecosystem().rules().pins());
            let newest = newest.filter(|entry| !entry.deprecated || is_used(name));
            let deps = newest.map(|entry| self.walk_deps(entry)).unwrap_or_default();
            for dep in deps.into_iter().filter(|dep| dep.name == *plugin) {
                if !pinned.iter().any(|known| std::ptr::eq(*known, dep)) {
                    pinned.push(dep);
                }
            }
        }
        pinned
    }

    /// The entries that an entry depends on, directly and through others, each once, the direct ones
    /// first. Dependencies that are not in the catalogue are left out.
    pub fn walk_deps(&self, entry: &Entry) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = Vec::new();
        let mut next: Vec<&PluginDep> = entry.deps.iter().collect();
        while !next.is_empty() {
            let level = std::mem::take(&mut next);
            for dep in level {
                let Some(dep) = self.get(&dep.name, &dep.version, dep.revision) else { continue };
                // An entry is in the catalogue once.
                if !found.iter().any(|known| std::ptr::eq(*known, dep)) {
                    found.push(dep);
                    next.extend(&dep.deps);
                }
            }
        }
        found
    }
}

impl Catalogue {
    /// The libraries that the code of an entry's packages runs with, those of its dependencies among them: each once, with the
    /// version or the range of versions that the entry itself says, if it does.
    pub fn runtime(&self, entry: &Entry) -> Vec<(String, String)> {
        let mut runtime = entry.registry.target.rules().runtime();
        for dep in self.walk_deps(entry) {
            for library in dep.registry.target.rules().runtime() {
                if !runtime.iter().any(|(known, _)| *known == library.0) {
                    runtime.push(library);
                }
            }
        }
        runtime
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::RegistryConfig;
    use serde_json::json;

    pub(crate) fn entry(
        name: &str,
        version: &str,
        deps: &[&str],
        registry: serde_json::Value,
    ) -> Entry {
        let deps: Vec<_> = deps.iter().map(|dep| json!({"plugin": dep, "revision": 1})).collect();
        serde_json::from_value(json!({
            "version": "v1", "name": name, "plugin_version": version, "revision": 1, "deps": deps,
            "registry": registry, "install": {"file": {"path": "/plugin"}},
        }))
        .unwrap()
    }

    #[test]
    fn reads_names_with_and_without_host() {
        let go = json!({"go": {}});
        let with = entry("buf.build/a1/b1", "v1.0.0", &["buf.build/c1/d1:v1.0.0"], go.clone());
        let without = entry("a1/b1", "v1.0.0", &["c1/d1:v1.0.0"], go);
        assert_eq!(with, without);
        assert_eq!(with.digest(), without.digest());
        assert_eq!(with.id(), "a1/b1:v1.0.0:1");
    }

    #[test]
    fn options_are_sorted_by_key() {
        let registry =
            json!({"go": {}, "opts": ["paths=source_relative", "default_api_level=API_HYBRID"]});
        let options = entry("a1/b1", "v1.0.0", &[], registry).options();
        assert_eq!(options, ["default_api_level=API_HYBRID", "paths=source_relative"]);
    }

    #[test]
    fn a_registry_has_one_ecosystem() {
        for registry in [
            json!({}),
            json!({"go": {}, "npm": {"import_style": "module"}}),
            json!({"maven": {}}),
            json!({"go": {"unknown": 1}}),
        ] {
            assert!(
                serde_json::from_value::<RegistryConfig>(registry.clone()).is_err(),
                "{registry}"
            );
        }
    }

    #[test]
    fn archives_may_have_the_code_of_another_ecosystem() {
        for registry in [
            json!({"archive": {}}),
            json!({"go": {}, "archive": {}, "opts": ["a=b"]}),
            json!({"npm": {"import_style": "module"}, "archive": {}}),
        ] {
            let read: RegistryConfig = serde_json::from_value(registry.clone()).unwrap();
            assert_eq!(read.target.ecosystem(), Ecosystem::Archive);
            assert_eq!(serde_json::to_value(&read).unwrap(), registry);
        }
    }

    #[test]
    fn every_plugin_has_archives() {
        let go = entry("a1/a1", "v1.0.0", &[], json!({"go": {}, "opts": ["x=y"]}));
        let of_go = json!({"go": {}, "archive": {}});
        let helper = entry("b1/b1", "v1.0.0", &["a1/a1:v1.0.0"], of_go);
        let docs = entry("c1/c1", "v1.0.0", &[], json!({"archive": {}}));
        let catalogue = Catalogue::new([go.clone(), helper.clone(), docs.clone()]).unwrap();
        assert_eq!(catalogue.iter().count(), 3);
        let names =
            |ecosystem| catalogue.plugins(ecosystem).map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(Ecosystem::Go), ["a1/a1"]);
        assert_eq!(names(Ecosystem::Archive), ["a1/a1+archive", "b1/b1+archive", "c1/c1+archive"]);

        let of = |name: &str| catalogue.newest(&name.parse().unwrap(), |_| true).unwrap();
        assert!(catalogue.by_id("a1/a1+archive:v1.0.0:1").is_some());
        assert_eq!(*of("a1/a1+archive").code(), go, "what is asked of the plugin is the same");
        assert_eq!(of("a1/a1+archive").options(), ["x=y"]);
        assert_eq!(of("b1/b1+archive").code().ecosystem(), Ecosystem::Go);
        assert_eq!(of("b1/b1+archive").code().deps, helper.deps);
        assert_eq!(of("c1/c1+archive").code().ecosystem(), Ecosystem::Archive);
        for (entry, packaged) in
            [(&go, "a1/a1"), (&helper, "b1/b1+archive"), (&docs, "c1/c1+archive")]
        {
            assert_eq!(catalogue.packaged(entry).name.to_string(), packaged);
        }
        // What packages pin is what packages of this ecosystem are made by.
        assert_eq!(catalogue.pinned(&"a1/a1".parse().unwrap(), |_| true).len(), 1);
    }

    #[test]
    fn finds_the_newest_by_number() {
        let go = || json!({"go": {}});
        let versions = ["v1.9.0", "v1.10.0", "v2.0.0"];
        let catalogue = Catalogue::new(versions.map(|v| entry("a1/b1", v, &[], go()))).unwrap();
        let newest = |limit: u64| {
            let name = "a1/b1".parse().unwrap();
            catalogue.newest(&name, |v| v.major() < limit).map(|e| e.plugin_version.to_string())
        };
        assert_eq!(newest(9).as_deref(), Some("v2.0.0"));
        assert_eq!(newest(2).as_deref(), Some("v1.10.0"));
        assert_eq!(newest(1), None);
    }

    #[test]
    fn what_newest_plugins_depend_on_is_pinned() {
        let npm = || json!({"npm": {"import_style": "module"}});
        let old = Entry { deprecated: true, ..entry("d1/d1", "v1.0.0", &["a1/a1:v1.0.0"], npm()) };
        let catalogue = Catalogue::new([
            entry("a1/a1", "v1.0.0", &[], npm()),
            entry("a1/a1", "v2.0.0", &[], npm()),
            entry("a1/a1", "v3.0.0", &[], npm()),
            entry("b1/b1", "v1.0.0", &["a1/a1:v1.0.0"], npm()),
            entry("b1/b1", "v2.0.0", &["a1/a1:v2.0.0"], npm()),
            entry("c1/c1", "v1.0.0", &["b1/b1:v2.0.0"], npm()),
            old,
        ])
        .unwrap();
        let pinned = |is_used: bool| {
            let found = catalogue.pinned(&"a1/a1".parse().unwrap(), |_| is_used);
            found.into_iter().map(Entry::id).collect::<Vec<_>>()
        };
        assert_eq!(pinned(false), ["a1/a1:v3.0.0:1", "a1/a1:v2.0.0:1"]);
        assert_eq!(pinned(true), ["a1/a1:v3.0.0:1", "a1/a1:v2.0.0:1", "a1/a1:v1.0.0:1"]);
        assert!(catalogue.pinned(&"x1/x1".parse().unwrap(), |_| true).is_empty());
    }

    #[test]
    fn refuses_what_leads_nowhere() {
        let go = || json!({"go": {}});
        let npm = json!({"npm": {"import_style": "module"}});
        let a = entry("a1/a1", "v1.0.0", &["b1/b1:v1.0.0"], go());
        assert!(matches!(Catalogue::new([a.clone()]), Err(BadEntry::MissingDep { .. })));
        assert!(matches!(
            Catalogue::new([a.clone(), entry("b1/b1", "v1.0.0", &[], npm)]),
            Err(BadEntry::OtherEcosystem { .. })
        ));
        assert!(matches!(
            Catalogue::new([a.clone(), entry("b1/b1", "v1.0.0", &["a1/a1:v1.0.0"], go())]),
            Err(BadEntry::Circle { .. })
        ));
        let b = entry("b1/b1", "v1.0.0", &[], go());
        assert!(matches!(Catalogue::new([b.clone(), b.clone()]), Err(BadEntry::Twice { .. })));
        assert!(Catalogue::new([a, b]).is_ok());
    }
}
