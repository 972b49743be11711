//! What both halves of the inspection ask of expressions.

use oxc_ast::ast::{Expression, IdentifierReference};
use oxc_semantic::Scoping;

/// Whether a property's name stands in the file.
pub(super) fn is_literal(it: &Expression<'_>) -> bool {
    matches!(
        it.get_inner_expression(),
        Expression::StringLiteral(_) | Expression::NumericLiteral(_)
    )
}

/// Whether no declaration in the file is meant: also where one only tells the TypeScript compiler what is
/// there.
pub(super) fn is_free(scoping: &Scoping, it: &IdentifierReference<'_>) -> bool {
    let symbol = it.reference_id.get().and_then(|id| scoping.get_reference(id).symbol_id());
    symbol.is_none_or(|symbol| scoping.symbol_flags(symbol).is_ambient())
}
