//! What scripts import.

use super::{ENDINGS as SCRIPTS, inspect::inspect, is_script, parse};
use crate::{error::MakeError, work::Work};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, Program, StringLiteral, TSExternalModuleReference,
    TSImportType,
};
use oxc_ast_visit::{Visit, walk};
use protoedge_npm::PackageJson;
use protoedge_sdk::NpmRegistry;
use std::collections::{BTreeMap, BTreeSet};

/// What an import without an ending can mean, in this order.
const ENDINGS: [&str; 4] = ["", ".js", ".ts", ".d.ts"];

/// Makes sure that scripts hold only what generators write, leads relative imports that leave a package to
/// the packages that hold the files, and makes sure that a package lists every other one that it imports:
/// strict package managers let it see nothing else.
///
/// Imports are touched only where the plugin cannot lead them elsewhere by itself. Those that name a
/// file without its ending get the ending: node reads ES modules by full names only.
///
/// # Errors
/// [`MakeError::Rejected`] for a script that cannot be read, holds something else ([`inspect`]) or imports
/// what is not there.
pub fn complete(
    work: &Work,
    registry: &NpmRegistry,
    files: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, MakeError> {
    let manifest: PackageJson = serde_json::from_str(&work.sdk.manifest)
        .map_err(|error| MakeError::rejected(format_args!("package.json: {error}")))?;
    let package = Package {
        work,
        names: files.keys().map(String::as_str).collect(),
        listed: manifest.dependencies.keys().chain(manifest.peer_dependencies.keys()).collect(),
        is_led: work.suffixes.contains_key(&work.entry.name),
        registry,
    };
    let completed = files.iter().map(|(name, text)| {
        let text = if is_script(name) { package.complete(name, text)? } else { text.clone() };
        Ok((name.clone(), text))
    });
    completed.collect()
}

/// The package that is made.
struct Package<'a> {
    work: &'a Work,
    names: BTreeSet<&'a str>,
    /// The packages that the manifest names.
    listed: BTreeSet<&'a String>,
    /// Whether the plugin led imports to other packages by itself.
    is_led: bool,
    registry: &'a NpmRegistry,
}

impl Package<'_> {
    fn complete(&self, name: &str, text: &str) -> Result<String, MakeError> {
        let allocator = Allocator::default();
        let program = parse(&allocator, name, text, self.registry.import_style)?;
        inspect(&program, &self.registry.globals).map_err(|flaw| {
            MakeError::rejected(format_args!("the plugin generated {name:?}, {flaw}"))
        })?;
        let mut changed = text.to_owned();
        // From the end, so that places stay right.
        for import in imports(&program).into_iter().rev() {
            let Some(target) = self.target(name, &import.specifier)? else { continue };
            // Inside the quotes.
            changed.replace_range(import.start + 1..import.end - 1, &target);
        }
        Ok(changed)
    }

    /// What an import is to name instead, if anything.
    fn target(&self, importer: &str, specifier: &str) -> Result<Option<String>, MakeError> {
        if !specifier.starts_with('.') {
            return self.check_listed(importer, specifier).map(|()| None);
        }
        let lost = || {
            MakeError::rejected(format_args!(
                "{importer:?} imports {specifier:?}, which is in no package that it could come from"
            ))
        };
        let path = resolve(importer, specifier).ok_or_else(lost)?;
        let is_there = |path: &str| self.names.contains(path);
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
                let package = self.elsewhere(&path).ok_or_else(lost)?;
                let end = if SCRIPTS.iter().any(|end| path.ends_with(end)) { "" } else { ".js" };
                Ok(Some(format!("{package}/{path}{end}")))
            }
        }
    }

    /// The package that holds the code at a path: that of the module whose .proto file has the longest
    /// name in common with it.
    fn elsewhere(&self, path: &str) -> Option<&str> {
        let entry = &self.work.entry;
        // A plugin that depends on another one imports what the other one generates.
        let plugin = entry.deps.first().map_or(&entry.name, |dep| &dep.name);
        let stems = self.work.modules.iter().flat_map(|module| {
            module.tree.protos.iter().map(move |proto| (module, proto.trim_end_matches(".proto")))
        });
        let is_made_of = |stem: &str| {
            path.strip_prefix(stem)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '.']))
        };
        let of = stems.filter(|(_, stem)| is_made_of(stem)).max_by_key(|(_, stem)| stem.len());
        of.and_then(|(module, _)| module.imports.get(plugin)?.as_deref())
    }

    fn check_listed(&self, importer: &str, specifier: &str) -> Result<(), MakeError> {
        let elements = if specifier.starts_with('@') { 2 } else { 1 };
        let name = specifier.split('/').take(elements).collect::<Vec<_>>().join("/");
        let below = specifier.strip_prefix(&name).and_then(|rest| rest.strip_prefix('/'));
        let is_known = name == self.work.sdk.package || self.listed.contains(&name);
        if is_known && below.is_none_or(|below| protoedge_npm::check_path(below).is_ok()) {
            return Ok(());
        }
        if self.registry.builtins.iter().any(|builtin| builtin == specifier) {
            return Ok(());
        }
        if specifier.starts_with("node:") {
            return Err(MakeError::rejected(format_args!(
                "{importer:?} imports {specifier:?}; if the plugin needs it, name it in the catalogue \
                 entry under registry.npm.builtins"
            )));
        }
        Err(MakeError::rejected(format_args!(
            "{importer:?} imports {specifier:?}, which its package does not list: the plugin's catalogue \
             entry lacks it under registry.npm.deps"
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

/// One import: the place of its quoted specifier, in bytes, and what it names.
struct Import {
    start: usize,
    end: usize,
    specifier: String,
}

/// All imports of a script or a declaration file, in the order of their places.
fn imports(program: &Program<'_>) -> Vec<Import> {
    let mut found = Found(Vec::new());
    found.visit_program(program);
    found.0.sort_by_key(|import| import.start);
    found.0
}

struct Found(Vec<Import>);

impl Found {
    fn note(&mut self, literal: &StringLiteral<'_>) {
        self.0.push(Import {
            start: literal.span.start as usize,
            end: literal.span.end as usize,
            specifier: literal.value.to_string(),
        });
    }
}

impl<'a> Visit<'a> for Found {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        self.note(&it.source);
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.note(&it.source);
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        self.note(&it.source);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        if let Expression::StringLiteral(source) = &it.source {
            self.note(source);
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_ts_import_type(&mut self, it: &TSImportType<'a>) {
        self.note(&it.source);
        walk::walk_ts_import_type(self, it);
    }

    fn visit_ts_external_module_reference(&mut self, it: &TSExternalModuleReference<'a>) {
        self.note(&it.expression);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let (Expression::Identifier(callee), [Argument::StringLiteral(source)]) =
            (&it.callee, it.arguments.as_slice())
            && callee.name == "require"
        {
            self.note(source);
        }
        walk::walk_call_expression(self, it);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protoedge_npm::ModuleType;

    #[test]
    fn finds_every_kind_of_import_and_nothing_else() {
        let script = "import a from './1';\nexport * from \"./2\";\nexport { b } from './3';\n\
            const c = import('./4'), d = require('./5');\n// from './no'\nconst e = \"from './no'\";\n";
        let types = "import type { A } from './1';\ntype B = import('./2').B;\nimport C = require('./3');\n";
        for (name, text, count) in [("a.js", script, 5), ("a.d.ts", types, 3), ("b.js", "", 0)] {
            let allocator = Allocator::default();
            let found = imports(&parse(&allocator, name, text, ModuleType::Module).unwrap());
            let names: Vec<String> = found.iter().map(|import| import.specifier.clone()).collect();
            assert_eq!(names, (1..=count).map(|n| format!("./{n}")).collect::<Vec<_>>(), "{name}");
            for import in found {
                assert_eq!(&text[import.start + 1..import.end - 1], import.specifier, "{name}");
            }
        }
        let allocator = Allocator::default();
        assert!(parse(&allocator, "a.js", "import from from", ModuleType::Module).is_err());
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
