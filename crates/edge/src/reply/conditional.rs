//! Requests for what the client has already, and for parts.

use crate::http::Request;
use protoedge_storage::{ETag, Meta};
use std::ops::Range;

/// As many characters as an ETag of a bucket has at most: a hash in hexadecimal digits, and perhaps a number of parts.
const LONGEST_ETAG: usize = 100;

/// Whether the client has this object: `If-None-Match`, compared weakly (RFC 9110, 13.1.2).
pub(crate) fn is_known<B>(request: &Request<B>, etag: &ETag) -> bool {
    has_etag(request, &quoted(etag))
}

/// An ETag as HTTP writes it.
pub(crate) fn quoted(etag: &ETag) -> String {
    format!("\"{}\"", etag.0)
}

/// The one ETag that the client has, as the bucket gives it; `None` where it names several, all, or none, and for what is none of a
/// bucket's: a bucket reads `*` as every ETag, also between quotation marks.
pub(crate) fn known_etag<B>(request: &Request<B>) -> Option<ETag> {
    let given = request.header("if-none-match")?.trim();
    let etag = given.trim_start_matches("W/").strip_prefix('"')?.strip_suffix('"')?;
    let is_of_bucket = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let is_one = (1..=LONGEST_ETAG).contains(&etag.len()) && etag.bytes().all(is_of_bucket);
    is_one.then(|| ETag(etag.to_owned()))
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

pub(crate) enum Part {
    Whole,
    Of(Range<u64>),
    Outside,
}

/// What the header `Range` asks for. Several ranges and other units are answered with the whole, as
/// RFC 9110 allows; so is a HEAD, and a range of another object than `If-Range` names.
pub(crate) fn part<B>(request: &Request<B>, meta: &Meta) -> Part {
    let Some(range) = request.header("range") else { return Part::Whole };
    let is_same = request.header("if-range").is_none_or(|given| given == quoted(&meta.etag));
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
    use protoedge_storage::Timestamp;
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
            assert!(is_known(&request(&[("if-none-match", known)]), &meta().etag), "{known}");
        }
        for other in ["e", "\"x\"", ""] {
            assert!(!is_known(&request(&[("if-none-match", other)]), &meta().etag), "{other}");
        }
        for (given, wanted) in [
            ("\"e\"", Some("e")),
            (" W/\"e\"", Some("e")),
            ("\"x\", \"e\"", None),
            ("*", None),
            ("e", None),
            ("\"\"", None),
            ("", None),
            ("\"*\"", None),
            ("W/\"*\"", None),
            ("\"W/e\"", None),
            ("\"a b\"", None),
            ("\"é\"", None),
            (&format!("\"{}\"", "e".repeat(101)), None),
        ] {
            let known = known_etag(&request(&[("if-none-match", given)]));
            assert_eq!(known, wanted.map(|etag| ETag(etag.into())), "{given}");
        }
    }
}
