use crate::{
    app::{Answer, App},
    http::{Body, Reply, Request},
    patience::Wanted,
    platform::Platform,
    problem::Problem,
    reply::{Cache, Source},
};
use protoedge_registry::Key;
use protoedge_sdk::{ArtifactFile, Package, Sdk, SdkVersion};
use protoedge_storage::{Bucket, Meta};
use std::ops::Range;

impl<P: Platform> App<P> {
    /// Serves a file of an SDK: what is stored, or what is generated while the client waits.
    pub(crate) async fn artifact(
        &self,
        package: Package,
        version: SdkVersion,
        file: &'static ArtifactFile,
        request: &Request<P::Body>,
    ) -> Answer<P> {
        let mut hold = self.hold(request, Wanted::Artifact)?;
        let mut found = self.find(package, request).await?;
        let sdk = Sdk {
            ecosystem: found.package.ecosystem,
            module: found.package.module.clone(),
            plugin: found.package.plugin.clone(),
            version,
        };
        if !found.package.holds(sdk.version.plugin.major()) {
            return Err(found.no_version(&sdk.version));
        }
        if let Some(answer) = self.stored(&sdk, file, request, Source::Hit).await? {
            self.note_use(&sdk);
            return answer;
        }
        self.sdk_at(&mut found, &sdk.version).await?;
        self.wait_for(&sdk, file, &mut hold, request).await
    }

    /// Serves a stored file: whole, in part, or not at all if the client has it. `None` if it is
    /// not stored. One bucket operation, two for a part of it.
    pub(crate) async fn stored(
        &self,
        sdk: &Sdk,
        file: &'static ArtifactFile,
        request: &Request<P::Body>,
        source: Source,
    ) -> Result<Option<Answer<P>>, Problem> {
        let key = Key::File(sdk, file);
        let path = key.path();
        let bucket = self.store.bucket();
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
                Part::Whole => self.stored_body(&path, None, reply(&meta, 200), meta.size).await,
                Part::Of(range) => {
                    let size = range.end - range.start;
                    let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, meta.size);
                    let reply = reply(&meta, 206).with("content-range", shown);
                    self.stored_body(&path, Some(range), reply, size).await
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

    async fn stored_body(
        &self,
        path: &str,
        range: Option<Range<u64>>,
        reply: crate::app::AppReply<P>,
        size: u64,
    ) -> Answer<P> {
        let object = self.store.bucket().get(path, range, None).await?;
        let mut reply = reply.with("content-length", size.to_string());
        if let Some(body) = object.and_then(|object| object.body) {
            reply.body = Body::Stored(body, size);
        }
        Ok(reply)
    }
}

/// Whether the client has this object: `If-None-Match`, compared weakly (RFC 9110, 13.1.2).
fn is_known<B>(request: &Request<B>, meta: &Meta) -> bool {
    has_etag(request, &format!("\"{}\"", meta.etag.0))
}

/// Whether `If-None-Match` names this ETag, given with its quotes.
pub(crate) fn has_etag<B>(request: &Request<B>, etag: &str) -> bool {
    request.header("if-none-match").is_some_and(|given| {
        given
            .split(',')
            .map(|one| one.trim().trim_start_matches("W/"))
            .any(|one| one == "*" || one == etag)
    })
}

enum Part {
    Whole,
    Of(Range<u64>),
    Outside,
}

/// What the header `Range` asks for. Several ranges and other units are answered with the whole, as
/// RFC 9110 allows; so is a HEAD, and a range of another object than `If-Range` names.
fn part<B>(request: &Request<B>, meta: &Meta) -> Part {
    let Some(range) = request.header("range") else { return Part::Whole };
    let etag = format!("\"{}\"", meta.etag.0);
    let is_same = request.header("if-range").is_none_or(|given| given == etag);
    if request.method == "HEAD" || !is_same {
        return Part::Whole;
    }
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|it| it.split_once('-')) else {
        return Part::Whole;
    };
    let size = meta.size;
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..size.min(last.saturating_add(1)),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        _ => return Part::Whole,
    };
    if range.start < range.end { Part::Of(range) } else { Part::Outside }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protoedge_storage::{ETag, Timestamp};
    use std::collections::BTreeMap;

    fn meta() -> Meta {
        Meta {
            key: "k".into(),
            etag: ETag("e".into()),
            size: 100,
            uploaded: Timestamp::from_millis(0),
            metadata: BTreeMap::new(),
        }
    }

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        Request {
            method: "GET".into(),
            path: "/".into(),
            query: None,
            headers: headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
            body: (),
        }
    }

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        let text = |range: &str| match part(&request(&[("range", range)]), &meta()) {
            Part::Whole => "whole".into(),
            Part::Outside => "outside".into(),
            Part::Of(range) => format!("{}..{}", range.start, range.end),
        };
        for (range, wanted) in [
            ("bytes=0-9", "0..10"),
            ("bytes=90-", "90..100"),
            ("bytes=-10", "90..100"),
            ("bytes=0-999", "0..100"),
            ("bytes=-999", "0..100"),
            ("bytes=100-", "outside"),
            ("bytes=-0", "outside"),
            ("bytes=9-0", "whole"),
            ("bytes=0-1,3-4", "whole"),
            ("lines=0-9", "whole"),
            ("bytes=", "whole"),
            ("bytes=-", "whole"),
        ] {
            assert_eq!(text(range), wanted, "{range}");
        }
        let other = request(&[("range", "bytes=0-9"), ("if-range", "\"x\"")]);
        assert!(matches!(part(&other, &meta()), Part::Whole));
    }

    #[test]
    fn etags_are_compared_weakly() {
        for known in ["\"e\"", "W/\"e\"", "*", "\"x\", \"e\""] {
            assert!(is_known(&request(&[("if-none-match", known)]), &meta()), "{known}");
        }
        for other in ["e", "\"x\"", ""] {
            assert!(!is_known(&request(&[("if-none-match", other)]), &meta()), "{other}");
        }
    }
}
