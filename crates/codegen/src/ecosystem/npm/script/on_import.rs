//! What runs when a file is imported.

use super::{
    expressions::{is_free, is_literal},
    flawed::Bad,
};
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, AssignmentExpression, AssignmentTarget,
    BindingPattern, CallExpression, ChainElement, Class, ClassElement, Declaration,
    ExportDefaultDeclarationKind, Expression, ExpressionStatement, FormalParameter, Function,
    IdentifierReference, MemberExpression, ObjectPropertyKind, Program, PropertyKey, Statement,
    TSEnumDeclaration, TSModuleReference, TSNamespaceDeclaration, TSNamespaceDeclarationBody,
    UnaryOperator, VariableDeclaration,
};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};

/// Looks at all statements that run when the file is imported: imports, exports, declarations, and calls
/// of what was imported or declared.
///
/// # Errors
/// The first place that is something else.
pub fn check(program: &Program<'_>, scoping: &Scoping) -> Result<(), Bad> {
    let is_commonjs = program.source_type.is_commonjs();
    let rules = OnImportRules { scoping, is_commonjs };
    program.body.iter().try_for_each(|statement| rules.statement(statement))
}

struct OnImportRules<'s> {
    scoping: &'s Scoping,
    is_commonjs: bool,
}

const OTHER: &str = "code runs when the file is imported, and it is no declaration, no export and no call \
    of what the file imports";

fn other<T>(span: Span) -> Result<T, Bad> {
    Err((span, OTHER.to_owned()))
}

impl OnImportRules<'_> {
    fn statement(&self, it: &Statement<'_>) -> Result<(), Bad> {
        if let Some(declaration) = it.as_declaration() {
            return self.declaration(declaration);
        }
        match it {
            Statement::EmptyStatement(_)
            | Statement::ImportDeclaration(_)
            | Statement::ExportAllDeclaration(_)
            | Statement::ExportNamedDeclaration(_)
            | Statement::ExportFromDeclaration(_) => Ok(()),
            Statement::ExportDeclaration(it) => self.declaration(&it.declaration),
            Statement::ExportDefaultDeclaration(it) => match &it.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(_)
                | ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => Ok(()),
                ExportDefaultDeclarationKind::ClassDeclaration(it) => self.class(it),
                other_kind => match other_kind.as_expression() {
                    Some(it) => self.value(it),
                    None => other(it.span),
                },
            },
            Statement::TSExportAssignment(it) => self.value(&it.expression),
            Statement::ExpressionStatement(it) => self.expression_statement(it),
            _ => other(it.span()),
        }
    }

    fn declaration(&self, it: &Declaration<'_>) -> Result<(), Bad> {
        match it {
            Declaration::FunctionDeclaration(_)
            | Declaration::TSTypeAliasDeclaration(_)
            | Declaration::TSInterfaceDeclaration(_) => Ok(()),
            Declaration::VariableDeclaration(it) => self.variables(it),
            Declaration::ClassDeclaration(it) => self.class(it),
            Declaration::TSEnumDeclaration(it) => self.enumeration(it),
            Declaration::TSNamespaceDeclaration(it) => self.namespace(it),
            Declaration::TSImportEqualsDeclaration(it) => match &it.module_reference {
                TSModuleReference::ExternalModuleReference(_) => Ok(()),
                TSModuleReference::IdentifierReference(_) | TSModuleReference::QualifiedName(_) => {
                    Ok(())
                }
            },
            Declaration::TSExternalModuleDeclaration(_) | Declaration::TSGlobalDeclaration(_) => {
                other(it.span())
            }
        }
    }

    fn variables(&self, it: &VariableDeclaration<'_>) -> Result<(), Bad> {
        if it.kind.is_using() || it.kind.is_await() {
            return other(it.span);
        }
        for declarator in &it.declarations {
            let is_require = declarator.init.as_ref().is_some_and(|init| self.is_require(init));
            match &declarator.id {
                BindingPattern::BindingIdentifier(name) if !self.is_declared(&name.name) => {}
                BindingPattern::ObjectPattern(_) if is_require => {}
                pattern => return other(pattern.span()),
            }
            declarator.init.iter().try_for_each(|init| self.value(init))?;
        }
        Ok(())
    }

    /// Whether a name is declared already where node runs CommonJS: another declaration changes nothing.
    fn is_declared(&self, name: &str) -> bool {
        self.is_commonjs && matches!(name, "exports" | "module" | "require")
    }

    fn enumeration(&self, it: &TSEnumDeclaration<'_>) -> Result<(), Bad> {
        let initializers = it.body.members.iter().filter_map(|member| member.initializer.as_ref());
        initializers.into_iter().try_for_each(|it| self.value(it))
    }

    fn namespace(&self, it: &TSNamespaceDeclaration<'_>) -> Result<(), Bad> {
        match &it.body {
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(it) => self.namespace(it),
            TSNamespaceDeclarationBody::TSModuleBlock(it) => {
                it.body.iter().try_for_each(|statement| self.statement(statement))
            }
        }
    }

    fn class(&self, it: &Class<'_>) -> Result<(), Bad> {
        if let Some(heritage) = &it.heritage {
            self.value(&heritage.expression)?;
        }
        it.body.body.iter().try_for_each(|element| match element {
            ClassElement::MethodDefinition(it) => self.key(&it.key, it.computed),
            ClassElement::PropertyDefinition(it) => {
                self.key(&it.key, it.computed)?;
                it.value.iter().try_for_each(|value| self.value(value))
            }
            ClassElement::TSIndexSignature(_) => Ok(()),
            ClassElement::StaticBlock(_) | ClassElement::AccessorProperty(_) => {
                other(element.span())
            }
        })
    }

    fn key(&self, it: &PropertyKey<'_>, is_computed: bool) -> Result<(), Bad> {
        match it.as_expression() {
            Some(key) if is_computed => self.value(key),
            _ => Ok(()),
        }
    }

    fn expression_statement(&self, it: &ExpressionStatement<'_>) -> Result<(), Bad> {
        match it.expression.get_inner_expression() {
            Expression::CallExpression(call) => match call.callee.get_inner_expression() {
                Expression::FunctionExpression(function) => self.compiled_enum(call, function),
                _ => self.value(&it.expression),
            },
            Expression::AssignmentExpression(it) => self.assignment(it),
            _ => other(it.span),
        }
    }

    /// `Name.property = value`, of what the file declares itself, and of the exports of CommonJS.
    fn assignment(&self, it: &AssignmentExpression<'_>) -> Result<(), Bad> {
        let target = match &it.left {
            AssignmentTarget::StaticMemberExpression(target) => target,
            target => return other(target.span()),
        };
        match root(&target.object) {
            Some(root) if self.is_own(root) => {}
            _ => return other(it.span),
        }
        match it.right.get_inner_expression() {
            Expression::AssignmentExpression(next) => self.assignment(next),
            _ => self.value(&it.right),
        }
    }

    /// Whether a name is of the file itself, and not imported.
    fn is_own(&self, it: &IdentifierReference<'_>) -> bool {
        if is_free(self.scoping, it) {
            return self.is_commonjs && matches!(it.name.as_str(), "exports" | "module");
        }
        let symbol =
            it.reference_id.get().and_then(|id| self.scoping.get_reference(id).symbol_id());
        symbol.is_some_and(|id| !self.scoping.symbol_flags(id).is_import())
    }

    /// What the TypeScript compiler makes of an enum: `(function (E) { E[E["A"] = 0] = "A"; … })(E || (E = {}));`
    fn compiled_enum(&self, call: &CallExpression<'_>, it: &Function<'_>) -> Result<(), Bad> {
        let name = match it.params.items.as_slice() {
            [
                FormalParameter {
                    pattern: BindingPattern::BindingIdentifier(name),
                    initializer: None,
                    ..
                },
            ] if it.params.rest.is_none() && !it.r#async && !it.generator => name.name.as_str(),
            _ => return other(call.span),
        };
        let is_name = |it: &Expression<'_>| it.get_inner_expression().is_specific_id(name);
        let is_argument = match call.arguments.as_slice() {
            [argument] => argument.as_expression().is_some_and(|it| self.is_enum_argument(it)),
            _ => false,
        };
        let Some(body) = it.body.as_ref().filter(|body| body.directives.is_empty() && is_argument)
        else {
            return other(call.span);
        };
        for statement in &body.statements {
            let Statement::ExpressionStatement(statement) = statement else {
                return other(statement.span());
            };
            match statement.expression.get_inner_expression() {
                Expression::AssignmentExpression(it) => self.enum_value(it, &is_name)?,
                _ => return other(statement.span),
            }
        }
        Ok(())
    }

    /// `E || (E = {})`, also `E || (exports.E = E = {})` and the same behind `E = `.
    fn is_enum_argument(&self, it: &Expression<'_>) -> bool {
        let is_own = |it: &Expression<'_>| root(it).is_some_and(|root| self.is_own(root));
        match it.get_inner_expression() {
            Expression::LogicalExpression(it) => is_own(&it.left) && assigns_empty(&it.right),
            Expression::AssignmentExpression(it) => self.is_enum_argument(&it.right),
            _ => false,
        }
    }

    fn enum_value(
        &self,
        it: &AssignmentExpression<'_>,
        is_name: &impl Fn(&Expression<'_>) -> bool,
    ) -> Result<(), Bad> {
        let AssignmentTarget::ComputedMemberExpression(target) = &it.left else {
            return other(it.span);
        };
        if !is_name(&target.object) {
            return other(target.span);
        }
        match target.expression.get_inner_expression() {
            Expression::StringLiteral(_) => {}
            Expression::AssignmentExpression(inner) => self.enum_value(inner, is_name)?,
            key => return other(key.span()),
        }
        self.value(&it.right)
    }

    /// A value that is there when it is asked for, or that a call gives.
    fn value(&self, it: &Expression<'_>) -> Result<(), Bad> {
        if let Some(inner) = wrapped(it) {
            return self.value(inner);
        }
        match it {
            Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::BigIntLiteral(_)
            | Expression::RegExpLiteral(_)
            | Expression::StringLiteral(_)
            | Expression::Identifier(_)
            | Expression::FunctionExpression(_) => Ok(()),
            Expression::ArrowFunctionExpression(it) => match &it.body {
                ArrowFunctionBody::FunctionBody(_) => Ok(()),
                body => match body.as_expression() {
                    Some(it) => self.value(it),
                    None => other(it.span),
                },
            },
            Expression::ClassExpression(it) => self.class(it),
            Expression::TemplateLiteral(it) => self.values(&it.expressions),
            Expression::ArrayExpression(it) => {
                it.elements.iter().try_for_each(|it| self.element(it))
            }
            Expression::ObjectExpression(it) => {
                it.properties.iter().try_for_each(|it| self.property(it))
            }
            Expression::UnaryExpression(it) if it.operator != UnaryOperator::Delete => {
                self.value(&it.argument)
            }
            Expression::BinaryExpression(it) => {
                self.value(&it.left)?;
                self.value(&it.right)
            }
            Expression::LogicalExpression(it) => {
                self.value(&it.left)?;
                self.value(&it.right)
            }
            Expression::ConditionalExpression(it) => {
                self.value(&it.test)?;
                self.value(&it.consequent)?;
                self.value(&it.alternate)
            }
            Expression::CallExpression(it) => self.call(it),
            Expression::NewExpression(it) => {
                self.callee(&it.callee)?;
                self.arguments(&it.arguments)
            }
            Expression::ChainExpression(it) => match &it.expression {
                ChainElement::CallExpression(it) => self.call(it),
                ChainElement::TSNonNullExpression(it) => self.value(&it.expression),
                it => {
                    it.as_member_expression().map_or_else(|| other(it.span()), |it| self.member(it))
                }
            },
            it => it.as_member_expression().map_or_else(|| other(it.span()), |it| self.member(it)),
        }
    }

    fn element(&self, it: &ArrayExpressionElement<'_>) -> Result<(), Bad> {
        match it {
            ArrayExpressionElement::SpreadElement(it) => self.value(&it.argument),
            ArrayExpressionElement::Elision(_) => Ok(()),
            it => it.as_expression().map_or_else(|| other(it.span()), |it| self.value(it)),
        }
    }

    fn property(&self, it: &ObjectPropertyKind<'_>) -> Result<(), Bad> {
        match it {
            ObjectPropertyKind::ObjectProperty(it) => {
                self.key(&it.key, it.computed)?;
                self.value(&it.value)
            }
            ObjectPropertyKind::SpreadProperty(it) => self.value(&it.argument),
        }
    }

    fn values(&self, all: &[Expression<'_>]) -> Result<(), Bad> {
        all.iter().try_for_each(|it| self.value(it))
    }

    fn member(&self, it: &MemberExpression<'_>) -> Result<(), Bad> {
        match it {
            MemberExpression::StaticMemberExpression(it) => self.value(&it.object),
            MemberExpression::ComputedMemberExpression(it) if is_literal(&it.expression) => {
                self.value(&it.object)
            }
            MemberExpression::ComputedMemberExpression(it) => other(it.span),
            MemberExpression::PrivateFieldExpression(it) => other(it.span),
        }
    }

    fn call(&self, it: &CallExpression<'_>) -> Result<(), Bad> {
        self.callee(&it.callee)?;
        self.arguments(&it.arguments)
    }

    fn arguments(&self, all: &[Argument<'_>]) -> Result<(), Bad> {
        all.iter().try_for_each(|it| match it {
            Argument::SpreadElement(it) => self.value(&it.argument),
            it => it.as_expression().map_or_else(|| other(it.span()), |it| self.value(it)),
        })
    }

    /// What is called has a name: it, or what it is a property of, was imported or declared. Which free names
    /// there may be is looked at elsewhere.
    fn callee(&self, it: &Expression<'_>) -> Result<(), Bad> {
        match root(it) {
            Some(_) => self.value(it),
            None => other(it.span()),
        }
    }

    fn is_require(&self, it: &Expression<'_>) -> bool {
        match it.get_inner_expression() {
            Expression::CallExpression(it) => match it.callee.get_inner_expression() {
                Expression::Identifier(it) => {
                    self.is_commonjs && it.name == "require" && is_free(self.scoping, it)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// The expression inside one that only adds parentheses or a type.
fn wrapped<'e, 'a>(it: &'e Expression<'a>) -> Option<&'e Expression<'a>> {
    match it {
        Expression::ParenthesizedExpression(it) => Some(&it.expression),
        Expression::TSAsExpression(it) => Some(&it.expression),
        Expression::TSSatisfiesExpression(it) => Some(&it.expression),
        Expression::TSTypeAssertion(it) => Some(&it.expression),
        Expression::TSNonNullExpression(it) => Some(&it.expression),
        Expression::TSInstantiationExpression(it) => Some(&it.expression),
        _ => None,
    }
}

/// `… = {}`
fn assigns_empty(it: &Expression<'_>) -> bool {
    let Expression::AssignmentExpression(it) = it.get_inner_expression() else { return false };
    match it.right.get_inner_expression() {
        Expression::ObjectExpression(it) => it.properties.is_empty(),
        _ => assigns_empty(&it.right),
    }
}

/// The longest chain of properties and calls that is looked along: far more than a generator writes, and few
/// enough that looking along it once for each of its parts takes no time.
const LONGEST_CHAIN: usize = 500;

/// The name that a chain of properties and calls begins with.
pub(super) fn root<'e, 'a>(it: &'e Expression<'a>) -> Option<&'e IdentifierReference<'a>> {
    let mut it = it;
    for _ in 0..LONGEST_CHAIN {
        it = match it.get_inner_expression() {
            Expression::Identifier(name) => return Some(name),
            Expression::StaticMemberExpression(member) => &member.object,
            Expression::CallExpression(call) => &call.callee,
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => &call.callee,
                ChainElement::StaticMemberExpression(member) => &member.object,
                _ => return None,
            },
            _ => return None,
        };
    }
    None
}
