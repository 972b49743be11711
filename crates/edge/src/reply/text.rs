use super::{Cache, Source, conditional::has_etag};
use crate::http::{Draft, Reply, Request};
use sha2::{Digest, Sha256};

/// A computed text with an ETag: its hash.
pub(crate) fn text<D>(
    request: &Request<impl Sized>,
    body: String,
    cache: &Cache,
    media_type: &'static str,
) -> Reply<D> {
    let etag = format!("\"{}\"", &hex::encode(Sha256::digest(&body))[..32]);
    let reply = if has_etag(request, &etag) {
        // Some clients take the media type of what they have from here.
        Draft::empty(304).with("content-type", media_type)
    } else if request.method == "HEAD" {
        let length = body.len().to_string();
        Draft::empty(200).with("content-type", media_type).with("content-length", length)
    } else {
        Draft::bytes(200, media_type, body)
    };
    reply.with("etag", etag).cached(cache, Source::Computed)
}
