use crate::{error::MakeError, work::Work};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, StringLiteral, TSExternalModuleReference, TSImportType,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::SourceType;
use protoedge_npm::PackageJson;
use std::collections::{BTreeMap, BTreeSet};

/// What scripts and declarations end with.
const SCRIPTS: [&str; 6] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/// What an import without an ending can mean, in this order.
const ENDINGS: [&str; 4] = ["", ".js", ".ts", ".d.ts"];

/// Leads relative imports that leave a package to the packages that hold the files, and makes sure
/// that a package lists every other one that it imports: strict package managers let it see nothing
/// else.
///
/// Imports are touched only where the plugin cannot lead them elsewhere by itself. Those that name a
/// file without its ending get the ending: node reads ES modules by full names only.
pub fn complete(
    work: &Work,
    files: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, MakeError> {
    let manifest: PackageJson = serde_json::from_str(&work.sdk.manifest)
        .map_err(|error| MakeError::rejected(format_args!("package.json: {error}")))?;
    let package = Package {
        work,
        names: files.keys().map(String::as_str).collect(),
        listed: manifest.dependencies.keys().chain(manifest.peer_dependencies.keys()).collect(),
        is_led: work.suffixes.contains_key(&work.entry.name),
    };
    let completed = files.iter().map(|(name, text)| {
        let text = match SCRIPTS.iter().any(|end| name.ends_with(end)) {
            true => package.complete(name, text)?,
            false => text.clone(),
        };
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
}

impl Package<'_> {
    fn complete(&self, name: &str, text: &str) -> Result<String, MakeError> {
        let mut changed = text.to_owned();
        // From the end, so that places stay right.
        for import in imports(name, text)?.into_iter().rev() {
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
        if self.is_led {
            return Ok(None);
        }
        let lost = || {
            MakeError::rejected(format_args!(
                "{importer:?} imports {specifier:?}, which is in no package that it could come from"
            ))
        };
        let path = resolve(importer, specifier).ok_or_else(lost)?;
        let found = ENDINGS.iter().find(|end| self.names.contains(format!("{path}{end}").as_str()));
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
        let is_builtin = specifier.starts_with("node:");
        if is_builtin || name == self.work.sdk.package || self.listed.contains(&name) {
            return Ok(());
        }
        Err(MakeError::rejected(format_args!(
            "{importer:?} imports {name:?}, which its package does not list: the plugin's catalogue \
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
fn imports(name: &str, text: &str) -> Result<Vec<Import>, MakeError> {
    let broken = |what: &str| {
        MakeError::rejected(format_args!(
            "the plugin generated {name:?}, which cannot be read: {what}"
        ))
    };
    let kind = SourceType::from_path(name).map_err(|error| broken(&error.to_string()))?;
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, kind).parse();
    if parsed.panicked {
        return Err(broken("its syntax is wrong"));
    }
    let mut found = Found(Vec::new());
    found.visit_program(&parsed.program);
    found.0.sort_by_key(|import| import.start);
    Ok(found.0)
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

    #[test]
    fn finds_every_kind_of_import_and_nothing_else() {
        let script = "import a from './1';\nexport * from \"./2\";\nexport { b } from './3';\n\
            const c = import('./4'), d = require('./5');\n// from './no'\nconst e = \"from './no'\";\n";
        let types = "import type { A } from './1';\ntype B = import('./2').B;\nimport C = require('./3');\n";
        for (name, text, count) in [("a.js", script, 5), ("a.d.ts", types, 3), ("b.js", "", 0)] {
            let found = imports(name, text).unwrap();
            let names: Vec<String> = found.iter().map(|import| import.specifier.clone()).collect();
            assert_eq!(names, (1..=count).map(|n| format!("./{n}")).collect::<Vec<_>>(), "{name}");
            for import in found {
                assert_eq!(&text[import.start + 1..import.end - 1], import.specifier, "{name}");
            }
        }
        assert!(imports("a.js", "import from from").is_err());
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
