use crate::{
    http::{Draft, Reply, Request},
    reply::{
        Cache, Lifetime, Source,
        page::{HTML, guarded},
        text::text,
    },
};
use protoedge_pages::Asset;

/// A page for the one who looks at it.
pub(super) fn html<D>(status: u16, html: String) -> Reply<D> {
    guarded(Draft::bytes(status, HTML, html).cached(&Cache::FOR_VIEWER, Source::Computed))
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
