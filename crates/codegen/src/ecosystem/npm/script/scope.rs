//! Which names of a file are free, and which of these, and of all properties, lead out of the package.

use super::{
    expressions::{is_free, is_literal},
    flawed::Bad,
    names::{GLOBALS, LADDERS},
};
use oxc_ast::ast::{Expression, IdentifierReference, PropertyKey};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};

/// The names of one file.
pub(super) struct Scope<'s> {
    /// Which of them are declared in it.
    pub(super) scoping: &'s Scoping,
    /// Names that the catalogue entry allows besides.
    pub(super) globals: &'s [String],
    /// Whether `exports`, `module` and `require` are the file's own.
    pub(super) is_commonjs: bool,
}

impl Scope<'_> {
    /// Whether a name is declared nowhere in the file.
    pub(super) fn is_free(&self, it: &IdentifierReference<'_>) -> bool {
        is_free(self.scoping, it)
    }

    /// The name, where an expression is a free one.
    pub(super) fn free_name<'e>(&self, it: &'e Expression<'_>) -> Option<&'e str> {
        match it.get_inner_expression() {
            Expression::Identifier(it) if self.is_free(it) => Some(it.name.as_str()),
            _ => None,
        }
    }

    /// Whether an expression is `Object`, or `globalThis.Object`.
    pub(super) fn is_object(&self, it: &Expression<'_>) -> bool {
        match it.get_inner_expression() {
            Expression::StaticMemberExpression(member) => {
                self.free_name(&member.object) == Some("globalThis")
                    && member.property.name == "Object"
            }
            other => self.free_name(other) == Some("Object"),
        }
    }

    /// A name that the catalogue entry allows.
    pub(super) fn is_own_global(&self, name: &str) -> bool {
        self.globals.iter().any(|own| own == name)
    }

    /// Only what a file declares itself is changed by it.
    pub(super) fn changed(
        &self,
        span: Span,
        root: Option<&IdentifierReference<'_>>,
    ) -> Option<Bad> {
        let root = root.filter(|root| self.is_free(root))?;
        let is_own = self.is_commonjs && matches!(root.name.as_str(), "exports" | "module");
        let what = || format!("it changes {:?}, which every file uses", root.name.as_str());
        (!is_own).then(|| (span, what()))
    }

    /// A name of the language, or of what runs the file.
    pub(super) fn global(&self, span: Span, name: &str) -> Option<Bad> {
        let is_own = self.is_own_global(name);
        let is_commonjs = self.is_commonjs && matches!(name, "exports" | "module");
        if GLOBALS.contains(&name) || is_own || is_commonjs {
            return None;
        }
        let what = format!(
            "it uses {name:?} from outside; if the plugin needs it, name it in the catalogue entry \
             under registry.npm.globals"
        );
        Some((span, what))
    }

    /// A property that a pattern takes out of a value.
    pub(super) fn key(&self, key: &PropertyKey<'_>) -> Option<Bad> {
        match key.static_name() {
            Some(name) => self.property(key.span(), &name),
            None => Some((key.span(), "it takes out a property whose name it computes".into())),
        }
    }

    /// A property of a name.
    pub(super) fn property(&self, span: Span, name: &str) -> Option<Bad> {
        let what = || format!("it reads {name:?}, which leads out of the package");
        LADDERS.contains(&name).then(|| (span, what()))
    }

    /// A function whose name is only known at run time could be any one.
    pub(super) fn callee(&self, it: &Expression<'_>) -> Option<Bad> {
        match it.get_inner_expression() {
            Expression::ComputedMemberExpression(it) if !is_literal(&it.expression) => {
                Some((it.span, "it calls a function by a name that it computes".into()))
            }
            _ => None,
        }
    }

    /// A property that is found at run time: not one that is put together of texts.
    pub(super) fn computed(&self, key: &Expression<'_>) -> Option<Bad> {
        let put_together = |span| Some((span, "it puts a property's name together".to_owned()));
        match key.get_inner_expression() {
            Expression::StringLiteral(name) => self.property(name.span, &name.value),
            Expression::TemplateLiteral(it) => put_together(it.span),
            Expression::BinaryExpression(it) => {
                let is_text = |it: &Expression<'_>| {
                    matches!(
                        it.get_inner_expression(),
                        Expression::StringLiteral(_)
                            | Expression::TemplateLiteral(_)
                            | Expression::BinaryExpression(_)
                    )
                };
                if is_text(&it.left) || is_text(&it.right) { put_together(it.span) } else { None }
            }
            _ => None,
        }
    }
}
