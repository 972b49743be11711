use crate::{
    context::{Answer, Context, PlatformReply},
    http::{Body, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Source,
        conditional::{Part, is_known, part},
        problem::Problem,
    },
};
use protoedge_registry::Key;
use protoedge_sdk::{ArtifactFile, Sdk};
use protoedge_storage::{Bucket, Meta};
use std::ops::Range;

/// Serves a stored file: whole, in part, or not at all if the client has it. `None` if it is
/// not stored. One bucket operation, two for a part of it.
pub(crate) async fn stored<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    file: &'static ArtifactFile,
    request: &Request<P::Body>,
    source: Source,
) -> Result<Option<Answer<P>>, Problem> {
    let key = Key::File(sdk, file);
    let path = key.path();
    let bucket = context.store.bucket();
    let reply = |meta: &Meta, status| {
        Reply::empty(status)
            .with("content-type", key.media_type())
            .with("etag", format!("\"{}\"", meta.etag.0))
            .with("accept-ranges", "bytes")
            .cached(Cache::Immutable, source)
    };
    if request.method == "HEAD" || request.header("range").is_some() {
        let Some(meta) = bucket.head(&path).await? else { return Ok(None) };
        if is_known(request, &meta) {
            return Ok(Some(Ok(reply(&meta, 304))));
        }
        return Ok(Some(match part(request, &meta) {
            Part::Whole if request.method == "HEAD" => {
                Ok(reply(&meta, 200).with("content-length", meta.size.to_string()))
            }
            Part::Outside => {
                let shown = format!("bytes */{}", meta.size);
                let reply = Reply::empty(416).with("content-range", shown);
                Ok(reply.cached(Cache::NoStore, Source::Failed))
            }
            Part::Whole => stored_body(context, &path, None, reply(&meta, 200), meta.size).await,
            Part::Of(range) => {
                let size = range.end - range.start;
                let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, meta.size);
                let reply = reply(&meta, 206).with("content-range", shown);
                stored_body(context, &path, Some(range), reply, size).await
            }
        }));
    }
    let Some(object) = bucket.get(&path, None, None).await? else { return Ok(None) };
    if is_known(request, &object.meta) {
        return Ok(Some(Ok(reply(&object.meta, 304))));
    }
    let mut whole = reply(&object.meta, 200);
    if let Some(body) = object.body {
        whole = whole.with("content-length", object.meta.size.to_string());
        whole.body = Body::Stored(body, object.meta.size);
    }
    Ok(Some(Ok(whole)))
}

async fn stored_body<P: Platform>(
    context: &Context<P>,
    path: &str,
    range: Option<Range<u64>>,
    reply: PlatformReply<P>,
    size: u64,
) -> Answer<P> {
    let object = context.store.bucket().get(path, range, None).await?;
    let mut reply = reply.with("content-length", size.to_string());
    if let Some(body) = object.and_then(|object| object.body) {
        reply.body = Body::Stored(body, size);
    }
    Ok(reply)
}
