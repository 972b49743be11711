use crate::{
    context::{Answer, Context},
    http::{Body, Draft, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Lifetime, Source,
        conditional::{Part, is_known, known_etag, part, quoted},
        problem::Problem,
    },
};
use protoedge_registry::{Grant, packages};
use protoedge_sdk::{ArtifactFile, Sdk};
use protoedge_storage::{ETag, Object};

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
    let reply = |etag: &ETag, status| {
        Draft::empty(status)
            .with("content-type", file.media_type)
            .with("etag", quoted(etag))
            .with("accept-ranges", "bytes")
            .cached(&Cache::of_package(module, &sdk.plugin, Lifetime::Immutable), source)
    };
    if request.method == "HEAD" || request.header("range").is_some() {
        let Some(meta) = packages::head_file(store, module, sdk, file).await? else {
            return Ok(None);
        };
        if is_known(request, &meta.etag) {
            return Ok(Some(Ok(reply(&meta.etag, 304))));
        }
        return Ok(Some(match part(request, &meta) {
            Part::Whole if request.method == "HEAD" => {
                Ok(reply(&meta.etag, 200).with("content-length", meta.size.to_string()))
            }
            Part::Outside => {
                let shown = format!("bytes */{}", meta.size);
                let reply = Draft::empty(416).with("content-range", shown);
                Ok(reply.cached(&Cache::NO_STORE, Source::Failed))
            }
            Part::Whole => {
                let object = packages::get_file(store, module, sdk, file, None, None).await?;
                Ok(with_body(reply(&meta.etag, 200), object, meta.size))
            }
            Part::Of(range) => {
                let size = range.end - range.start;
                let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, meta.size);
                let reply = reply(&meta.etag, 206).with("content-range", shown);
                let object =
                    packages::get_file(store, module, sdk, file, Some(range), None).await?;
                Ok(with_body(reply, object, size))
            }
        }));
    }
    // The bucket does not send what the client has.
    let known = known_etag(request);
    let object = packages::get_file(store, module, sdk, file, None, known.as_ref()).await?;
    let Some(object) = object else { return Ok(None) };
    if object.body.is_none() || is_known(request, &object.etag) {
        return Ok(Some(Ok(reply(&object.etag, 304))));
    }
    let (whole, size) = (reply(&object.etag, 200), object.size);
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
