//! Whether a script holds only what generators write.
//!
//! Plugins copy texts of a module's author into code. Where one of them does so badly, the text becomes
//! code; this looks for what code would need to do harm. Nothing in a generated file reaches anything but
//! the packages that its own package lists and the language's own pure functions, and what runs when it is
//! imported is declarations, exports and calls of those packages.

use super::{
    comments::is_acted_on,
    flawed::Bad,
    names::{OBJECT, VALUES},
    on_import,
    scope::Scope,
    syntax::line_of,
};
use oxc_ast::ast::{
    AssignmentTargetPropertyIdentifier, AssignmentTargetPropertyProperty, BinaryExpression,
    BinaryOperator, BindingProperty, CallExpression, ClassHeritage, Comment,
    ComputedMemberExpression, DebuggerStatement, Decorator, Directive, Expression, Hashbang,
    IdentifierReference, ImportDeclaration, ImportExpression, ImportMeta, MemberExpression,
    NewExpression, ObjectProperty, Program, SimpleAssignmentTarget, Statement,
    StaticMemberExpression, TSExternalModuleDeclaration, TSGlobalDeclaration,
    TSNamespaceExportDeclaration, TaggedTemplateExpression, UnaryExpression, UnaryOperator,
    V8IntrinsicExpression, WithClause, WithStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, Span};

/// What a script must not have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Flaw {
    /// The line, from 1 on.
    pub line: usize,
    /// What stands there.
    pub what: String,
}

/// Looks at a whole file. `globals` are names that the catalogue entry allows besides.
///
/// # Errors
/// The first [`Flaw`].
pub fn inspect(program: &Program<'_>, globals: &[String]) -> Result<(), Flaw> {
    let scoping = SemanticBuilder::new().build(program).semantic.into_scoping();
    let mut inspector = Inspector {
        scope: Scope { scoping: &scoping, globals, is_commonjs: program.source_type.is_commonjs() },
        is_declaration: program.source_type.is_typescript_definition(),
        found: None,
    };
    inspector.visit_program(program);
    let flaw = |(span, what): Bad| Flaw { line: line_of(program.source_text, span.start), what };
    if inspector.is_declaration && !program.body.is_empty() && !program.body.iter().any(is_module) {
        let what = "without an import or export it declares everything for every file";
        inspector.flaw(program.span, what);
    }
    if let Some(found) = inspector.found {
        return Err(flaw(found));
    }
    on_import::check(program, &scoping).map_err(flaw)?;
    let text = |comment: &Comment| comment.content_span().source_text(program.source_text);
    match program.comments.iter().find(|comment| is_acted_on(text(comment), comment)) {
        Some(comment) => Err(flaw((comment.span, "a comment that tools carry out".into()))),
        None => Ok(()),
    }
}

/// Whether a statement makes a file a module.
fn is_module(it: &Statement<'_>) -> bool {
    it.is_module_declaration()
        || matches!(it, Statement::TSImportEqualsDeclaration(_) | Statement::TSExportAssignment(_))
}

struct Inspector<'s> {
    scope: Scope<'s>,
    is_declaration: bool,
    found: Option<Bad>,
}

impl Inspector<'_> {
    fn flaw(&mut self, span: Span, what: impl Into<String>) {
        self.found.get_or_insert_with(|| (span, what.into()));
    }

    fn note(&mut self, flaw: Option<Bad>) {
        if let Some((span, what)) = flaw {
            self.flaw(span, what);
        }
    }

    /// What is called, or whose property is read: there a name of the language may stand by itself.
    fn visit_used(&mut self, it: &Expression<'_>) {
        match self.scope.free_name(it).map(str::to_owned) {
            Some(name) if !self.is_declaration => self.note(self.scope.global(it.span(), &name)),
            _ => self.visit_expression(it),
        }
    }
}

impl<'a> Visit<'a> for Inspector<'_> {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        let is_value = it.reference_id.get().is_none_or(|id| {
            let reference = self.scope.scoping.get_reference(id);
            reference.is_read() || reference.is_write()
        });
        if !self.is_declaration && is_value && self.scope.is_free(it) {
            self.note(self.scope.global(it.span, &it.name));
            if !VALUES.contains(&it.name.as_str()) && !self.scope.is_own_global(&it.name) {
                let what = format!("it hands {:?} on, which every file uses", it.name.as_str());
                self.flaw(it.span, what);
            }
        }
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        self.note(self.scope.property(it.property.span, &it.property.name));
        if it.property.name == "prototype" && self.scope.free_name(&it.object).is_some() {
            self.flaw(it.span, "it reads what all values of a kind share");
        }
        if self.scope.free_name(&it.object) == Some("module") && it.property.name != "exports" {
            self.flaw(it.span, format!("it uses module.{}", it.property.name));
        }
        if self.scope.is_object(&it.object) {
            if !OBJECT.contains(&it.property.name.as_str()) {
                self.flaw(it.span, format!("it calls Object.{}", it.property.name));
            }
        } else if self.scope.free_name(&it.object) == Some("globalThis") {
            if it.property.name == "Object" {
                self.flaw(it.span, "it uses Object as a value");
            } else {
                self.note(self.scope.global(it.span, &it.property.name));
            }
        } else {
            self.visit_used(&it.object);
        }
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        self.note(self.scope.computed(&it.expression));
        let is_prototype = matches!(
            it.expression.get_inner_expression(),
            Expression::StringLiteral(name) if name.value == "prototype"
        );
        if is_prototype && self.scope.free_name(&it.object).is_some() {
            self.flaw(it.span, "it reads what all values of a kind share");
        }
        self.visit_used(&it.object);
        self.visit_expression(&it.expression);
    }

    fn visit_binding_property(&mut self, it: &BindingProperty<'a>) {
        self.note(self.scope.key(&it.key));
        walk::walk_binding_property(self, it);
    }

    fn visit_assignment_target_property_identifier(
        &mut self,
        it: &AssignmentTargetPropertyIdentifier<'a>,
    ) {
        self.note(self.scope.property(it.span, &it.binding.name));
        walk::walk_assignment_target_property_identifier(self, it);
    }

    fn visit_assignment_target_property_property(
        &mut self,
        it: &AssignmentTargetPropertyProperty<'a>,
    ) {
        self.note(self.scope.key(&it.name));
        walk::walk_assignment_target_property_property(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let is_require =
            self.scope.is_commonjs && self.scope.free_name(&it.callee) == Some("require");
        match it.arguments.as_slice() {
            // What it names is looked at where imports are.
            [argument] if is_require && argument.as_expression().is_some_and(is_text) => {}
            _ => {
                self.note(self.scope.callee(&it.callee));
                self.visit_used(&it.callee);
                self.visit_arguments(&it.arguments);
            }
        }
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.note(self.scope.callee(&it.callee));
        self.visit_used(&it.callee);
        self.visit_arguments(&it.arguments);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        self.visit_expression(&it.left);
        match it.operator {
            BinaryOperator::Instanceof => self.visit_used(&it.right),
            _ => self.visit_expression(&it.right),
        }
    }

    fn visit_class_heritage(&mut self, it: &ClassHeritage<'a>) {
        self.visit_used(&it.expression);
    }

    fn visit_simple_assignment_target(&mut self, it: &SimpleAssignmentTarget<'a>) {
        let changed = it.as_member_expression().map(MemberExpression::object);
        let root = changed.and_then(on_import::root);
        self.note(self.scope.changed(it.span(), root));
        walk::walk_simple_assignment_target(self, it);
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        if it.operator == UnaryOperator::Delete {
            self.note(self.scope.changed(it.span, on_import::root(&it.argument)));
        }
        walk::walk_unary_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        // Not a property of this name: it replaces what the object inherits.
        let is_prototype = !it.computed && !it.shorthand && !it.method;
        if is_prototype && it.key.is_specific_static_name("__proto__") {
            self.flaw(it.span, "it replaces what an object inherits: __proto__");
        }
        walk::walk_object_property(self, it);
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        if it.phase.is_some() {
            self.flaw(it.span, "it imports something in a way of its own");
        }
        walk::walk_import_declaration(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        self.flaw(it.span, "it imports something while it runs: import()");
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.flaw(it.span, "it uses import.meta");
    }

    fn visit_with_clause(&mut self, it: &WithClause<'a>) {
        self.flaw(it.span, "it imports something with attributes");
    }

    fn visit_tagged_template_expression(&mut self, it: &TaggedTemplateExpression<'a>) {
        self.flaw(it.span, "it calls a function with a template");
    }

    fn visit_v8_intrinsic_expression(&mut self, it: &V8IntrinsicExpression<'a>) {
        self.flaw(it.span, "it calls a function of the machine that runs it");
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.flaw(it.span, "it has a decorator");
    }

    fn visit_with_statement(&mut self, it: &WithStatement<'a>) {
        self.flaw(it.span, "it has a `with` statement");
    }

    fn visit_debugger_statement(&mut self, it: &DebuggerStatement) {
        self.flaw(it.span, "it stops in a debugger");
    }

    fn visit_directive(&mut self, it: &Directive<'a>) {
        if it.directive != "use strict" {
            self.flaw(it.span, format!("it has the directive {:?}", it.directive.as_str()));
        }
    }

    fn visit_hashbang(&mut self, it: &Hashbang<'a>) {
        self.flaw(it.span, "it is made to be run as a program");
    }

    fn visit_ts_external_module_declaration(&mut self, it: &TSExternalModuleDeclaration<'a>) {
        self.flaw(it.span, "it declares something in another package");
    }

    fn visit_ts_global_declaration(&mut self, it: &TSGlobalDeclaration<'a>) {
        self.flaw(it.span, "it declares something for every file: `declare global`");
    }

    fn visit_ts_namespace_export_declaration(&mut self, it: &TSNamespaceExportDeclaration<'a>) {
        self.flaw(it.span, "it declares something for every file: `export as namespace`");
    }
}

fn is_text(it: &Expression<'_>) -> bool {
    matches!(it.get_inner_expression(), Expression::StringLiteral(_))
}
