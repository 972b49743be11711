//! The scripts of one package.

use super::{
    flawed::Flawed,
    imports::imports,
    inspect::inspect,
    syntax::{ENDINGS as SCRIPTS, is_script, parse},
};
use crate::work::Work;
use oxc_allocator::Allocator;
use protoedge_npm::{ModuleType, PackageJson};
use protoedge_sdk::NpmRegistry;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an import without an ending can mean, in this order.
const ENDINGS: [&str; 4] = ["", ".js", ".ts", ".d.ts"];

/// A package that is made, as far as its scripts are concerned.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct ScriptPackage {
    /// Its own name.
    name: String,
    /// How node reads its scripts.
    style: ModuleType,
    /// The modules of the runtime that its scripts may import.
    builtins: Vec<String>,
    /// The names that they may take from where they run.
    globals: Vec<String>,
    /// The packages that its manifest names.
    listed: BTreeSet<String>,
    /// Whether the plugin led imports to other packages by itself.
    is_led: bool,
    /// What the paths of generated files begin with, and in which package they are.
    homes: Vec<(String, String)>,
    /// Its files.
    files: BTreeMap<String, String>,
}

impl ScriptPackage {
    /// What is made of `work`: these files.
    ///
    /// # Errors
    /// [`Flawed`] where the job's manifest is no package.json.
    pub fn new(
        work: &Work,
        registry: &NpmRegistry,
        files: BTreeMap<String, String>,
    ) -> Result<Self, Flawed> {
        let manifest: PackageJson = serde_json::from_str(&work.sdk.manifest)
            .map_err(|error| Flawed(format!("package.json: {error}")))?;
        // A plugin that depends on another one imports what the other one generates.
        let plugin = work.entry.deps.first().map_or(&work.entry.name, |dep| &dep.name);
        let homes = work.modules.iter().filter_map(|module| {
            let package = module.imports.get(plugin)?.clone()?;
            let stem = |proto: &String| proto.trim_end_matches(".proto").to_owned();
            Some(module.tree.protos.iter().map(move |proto| (stem(proto), package.clone())))
        });
        Ok(Self {
            name: manifest.name,
            style: registry.import_style,
            builtins: registry.builtins.clone(),
            globals: registry.globals.clone(),
            listed: manifest
                .dependencies
                .into_keys()
                .chain(manifest.peer_dependencies.into_keys())
                .collect(),
            is_led: work.suffixes.contains_key(&work.entry.name),
            homes: homes.flatten().collect(),
            files,
        })
    }

    /// Its files, with others in the place of those that are named.
    pub fn into_files(mut self, changed: BTreeMap<String, String>) -> BTreeMap<String, String> {
        self.files.extend(changed);
        self.files
    }

    /// Makes sure that scripts hold only what generators write, leads relative imports that leave the
    /// package to the packages that hold the files, and makes sure that the package lists every other one that
    /// it imports: strict package managers let it see nothing else. Gives the files that are to be
    /// others therefore.
    ///
    /// Imports are touched only where the plugin cannot lead them elsewhere by itself. Those that name a
    /// file without its ending get the ending: node reads ES modules by full names only.
    ///
    /// # Errors
    /// [`Flawed`] for a script that cannot be read, holds something else ([`inspect`]) or imports what is not there.
    pub fn complete(&self) -> Result<BTreeMap<String, String>, Flawed> {
        let mut changed = BTreeMap::new();
        for (name, text) in self.files.iter().filter(|(name, _)| is_script(name)) {
            if let Some(text) = self.complete_one(name, text)? {
                changed.insert(name.clone(), text);
            }
        }
        Ok(changed)
    }

    fn complete_one(&self, name: &str, text: &str) -> Result<Option<String>, Flawed> {
        let allocator = Allocator::default();
        let program = parse(&allocator, name, text, self.style)?;
        inspect(&program, &self.globals)
            .map_err(|flaw| Flawed(format!("the plugin generated {name:?}, {flaw}")))?;
        let mut changed = None;
        // From the end, so that places stay right.
        for import in imports(&program).into_iter().rev() {
            let Some(target) = self.target(name, &import.specifier)? else { continue };
            let changed = changed.get_or_insert_with(|| text.to_owned());
            // Inside the quotes.
            changed.replace_range(import.start + 1..import.end - 1, &target);
        }
        Ok(changed)
    }

    /// What an import is to name instead, if anything.
    fn target(&self, importer: &str, specifier: &str) -> Result<Option<String>, Flawed> {
        if !specifier.starts_with('.') {
            return self.check_listed(importer, specifier).map(|()| None);
        }
        let lost = || {
            Flawed(format!(
                "{importer:?} imports {specifier:?}, which is in no package that it could come from"
            ))
        };
        let path = resolve(importer, specifier).ok_or_else(lost)?;
        let is_there = |path: &str| self.files.contains_key(path);
        let found = ENDINGS.iter().find(|end| is_there(&format!("{path}{end}")));
        if self.is_led {
            // Declarations and scripts that are still to be compiled name what will be there.
            let source =
                path.strip_suffix(".js").is_some_and(|stem| is_there(&format!("{stem}.ts")));
            return if found.is_some() || source { Ok(None) } else { Err(lost()) };
        }
        match found {
            Some(&".js") => Ok(Some(format!("{specifier}.js"))),
            Some(_) => Ok(None),
            None => {
                // It is written between quotes.
                protoedge_npm::check_path(&path).map_err(|_| lost())?;
                let package = self.elsewhere(&path).ok_or_else(lost)?;
                let end = if SCRIPTS.iter().any(|end| path.ends_with(end)) { "" } else { ".js" };
                Ok(Some(format!("{package}/{path}{end}")))
            }
        }
    }

    /// The package that holds the code at a path: that of the module whose .proto file has the longest
    /// name in common with it.
    fn elsewhere(&self, path: &str) -> Option<&str> {
        let is_made_of = |stem: &str| {
            path.strip_prefix(stem)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '.']))
        };
        let of = self.homes.iter().filter(|(stem, _)| is_made_of(stem));
        of.max_by_key(|(stem, _)| stem.len()).map(|(_, package)| package.as_str())
    }

    fn check_listed(&self, importer: &str, specifier: &str) -> Result<(), Flawed> {
        let elements = if specifier.starts_with('@') { 2 } else { 1 };
        let name = specifier.split('/').take(elements).collect::<Vec<_>>().join("/");
        let below = specifier.strip_prefix(&name).and_then(|rest| rest.strip_prefix('/'));
        let is_known = name == self.name || self.listed.contains(&name);
        let is_plain = below.is_none_or(|below| protoedge_npm::check_path(below).is_ok());
        if is_known && is_plain || self.builtins.iter().any(|builtin| builtin == specifier) {
            return Ok(());
        }
        let key = if specifier.starts_with("node:") { "builtins" } else { "deps" };
        Err(Flawed(format!(
            "{importer:?} imports {specifier:?}, which its package does not list: the plugin's catalogue \
             entry lacks it under registry.npm.{key}"
        )))
    }
}

/// The path below the package's root that a relative specifier means; `None` above the root.
fn resolve(importer: &str, specifier: &str) -> Option<String> {
    let mut path: Vec<&str> = importer.split('/').collect();
    path.pop();
    for element in specifier.split('/') {
        match element {
            "" | "." => {}
            ".." => {
                path.pop()?;
            }
            element => path.push(element),
        }
    }
    Some(path.join("/"))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A package of these files that lists `@bufbuild/protobuf`.
    pub fn package(files: &[(&str, &str)]) -> ScriptPackage {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        ScriptPackage {
            name: "@example/a.b".into(),
            style: ModuleType::Module,
            builtins: Vec::new(),
            globals: Vec::new(),
            listed: ["@bufbuild/protobuf".to_owned()].into(),
            is_led: true,
            homes: Vec::new(),
            files: files.collect(),
        }
    }

    #[test]
    fn an_entry_may_allow_more() {
        let text = "import fs from \"node:fs\"; export const f = () => fetch(fs.a);";
        let package = package(&[("a.js", text)]);
        assert!(package.complete().is_err());
        let globals = vec!["fetch".to_owned()];
        let package = ScriptPackage { globals, builtins: vec!["node:fs".to_owned()], ..package };
        assert_eq!(package.complete(), Ok(BTreeMap::new()));
    }

    #[test]
    fn resolves() {
        for (importer, specifier, path) in [
            ("a/b.js", "./c", Some("a/c")),
            ("a/b.js", "../c.js", Some("c.js")),
            ("b.js", "./c/../d", Some("d")),
            ("a/b.js", "../../c", None),
        ] {
            assert_eq!(resolve(importer, specifier).as_deref(), path, "{importer} {specifier}");
        }
    }
}
