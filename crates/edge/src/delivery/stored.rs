use crate::{
    context::{Answer, Context},
    http::{Body, Draft, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Lifetime, Source,
        conditional::{Part, is_known, part},
        problem::Problem,
    },
};
use protoedge_registry::{Grant, packages};
use protoedge_sdk::{ArtifactFile, Sdk};
use protoedge_storage::{Meta, Object};

/// Serves a stored file: whole, in part, or not at all if the client has it. `None` if it is
/// not stored. One bucket operation, two for a part of it.
pub(crate) async fn stored<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    sdk: &Sdk,
    file: &'static ArtifactFile,
    request: &Request<P::Body>,
    source: Source,
) -> Result<Option<Answer<P>>, Problem> {
    let store = &context.store;
    let reply = |meta: &Meta, status| {
        Draft::empty(status)
            .with("content-type", file.media_type)
            .with("etag", format!("\"{}\"", meta.etag.0))
            .with("accept-ranges", "bytes")
            .cached(&&Cache::of_package(module, &sdk.plugin, Lifetime::Immutable), source)
    };
    if request.method == "HEAD" || request.header("range").is_some() {
        let Some(meta) = packages::head_file(store, module, sdk, file).await? else {
            return Ok(None);
        };
        if is_known(request, &meta) {
            return Ok(Some(Ok(reply(&meta, 304))));
        }
        return Ok(Some(match part(request, &meta) {
            Part::Whole if request.method == "HEAD" => {
                Ok(reply(&meta, 200).with("content-length", meta.size.to_string()))
            }
            Part::Outside => {
                let shown = format!("bytes */{}", meta.size);
                let reply = Draft::empty(416).with("content-range", shown);
                Ok(reply.cached(&Cache::NO_STORE, Source::Failed))
            }
            Part::Whole => {
                let object = packages::get_file(store, module, sdk, file, None).await?;
                Ok(with_body(reply(&meta, 200), object, meta.size))
            }
            Part::Of(range) => {
                let size = range.end - range.start;
                let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, meta.size);
                let reply = reply(&meta, 206).with("content-range", shown);
                let object = packages::get_file(store, module, sdk, file, Some(range)).await?;
                Ok(with_body(reply, object, size))
            }
        }));
    }
    let Some(object) = packages::get_file(store, module, sdk, file, None).await? else {
        return Ok(None);
    };
    if is_known(request, &object.meta) {
        return Ok(Some(Ok(reply(&object.meta, 304))));
    }
    let (whole, size) = (reply(&object.meta, 200), object.meta.size);
    Ok(Some(Ok(with_body(whole, Some(object), size))))
}

/// The reply with a stored object's body, or that of a part of it, of so many bytes.
pub(crate) fn with_body<D>(reply: Reply<D>, object: Option<Object<D>>, size: u64) -> Reply<D> {
    let mut reply = reply.with("content-length", size.to_string());
    if let Some(body) = object.and_then(|object| object.body) {
        reply.body = Body::Stored(body, size);
    }
    reply
}
