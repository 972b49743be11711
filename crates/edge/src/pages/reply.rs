use crate::{
    http::{Draft, Reply, Request},
    reply::{Cache, Lifetime, Source, problem::Problem, text::text},
};
use protoedge_pages::{Asset, Frame, PageProblem};

/// What pages may load, run and be shown in: nothing but what is ours.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The media type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A page with the headers of every page.
pub(super) fn guarded<D>(reply: Reply<D>) -> Reply<D> {
    GUARDS.iter().fold(reply, |reply, (name, value)| reply.with(name, *value))
}

/// The headers of every page.
const GUARDS: [(&str, &str); 3] = [
    ("content-security-policy", POLICY),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// A page for the one who looks at it.
pub(super) fn html<D>(status: u16, html: String) -> Reply<D> {
    guarded(Draft::bytes(status, HTML, html).cached(&Cache::FOR_VIEWER, Source::Computed))
}

/// A problem as a page.
pub(crate) fn problem<D>(problem: &Problem) -> Draft<D> {
    let model = PageProblem { status: problem.status(), message: problem.message.clone() };
    let html = protoedge_pages::problem(&Frame::default(), &model);
    GUARDS.iter().fold(Draft::bytes(problem.status(), HTML, html), |draft, (name, value)| {
        draft.with(name, *value)
    })
}

/// On to another page of ours, or to the identity provider, with cookies on the way.
pub(super) fn onward<D>(to: &str, cookies: impl IntoIterator<Item = String>) -> Reply<D> {
    let mut draft = Draft::empty(303).with("location", to.to_owned());
    for cookie in cookies {
        draft = draft.with("set-cookie", cookie);
    }
    guarded(draft.cached(&Cache::FOR_VIEWER, Source::Computed))
}

/// A file that all pages use.
pub(super) fn asset<D>(request: &Request<impl Sized>, asset: Asset) -> Reply<D> {
    let cache = Cache::without_module(Lifetime::Immutable);
    text(request, asset.content().to_owned(), &cache, asset.media_type())
}
