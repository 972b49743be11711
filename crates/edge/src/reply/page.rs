//! What every page has around its HTML.

use super::problem::Problem;
use crate::http::{Draft, Reply};
use protoedge_pages::{Frame, PageProblem};

/// What pages may load, run and be shown in: nothing but what is ours.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The media type of pages.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// The headers of every page.
const GUARDS: [(&str, &str); 3] = [
    ("content-security-policy", POLICY),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// A page with the headers of every page.
pub(crate) fn guarded<D>(reply: Reply<D>) -> Reply<D> {
    GUARDS.iter().fold(reply, |reply, (name, value)| reply.with(name, *value))
}

/// A problem as a page.
pub(super) fn problem<D>(problem: &Problem) -> Draft<D> {
    let model = PageProblem { status: problem.status(), message: problem.message.clone() };
    let html = protoedge_pages::problem(&Frame::default(), &model);
    GUARDS.iter().fold(Draft::bytes(problem.status(), HTML, html), |draft, (name, value)| {
        draft.with(name, *value)
    })
}
