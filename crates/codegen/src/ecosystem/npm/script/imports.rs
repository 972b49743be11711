//! What scripts import.

use oxc_ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, Program, StringLiteral, TSExternalModuleReference,
    TSImportType,
};
use oxc_ast_visit::{Visit, walk};

/// One import.
pub struct Import {
    /// Where its quoted specifier begins, in bytes.
    pub start: usize,
    /// Where it ends, behind the quote.
    pub end: usize,
    /// What it names.
    pub specifier: String,
}

/// All imports of a script or a declaration file, in the order of their places.
pub fn imports(program: &Program<'_>) -> Vec<Import> {
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
    use super::super::syntax::parse;
    use super::*;
    use oxc_allocator::Allocator;
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
}
