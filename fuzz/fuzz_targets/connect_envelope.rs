//! Heads of calls: only what Connect calls a unary call passes, and what is refused has an error that
//! clients can read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_bufapi::connect::{BadRequest, MEDIA_TYPE, Request, Rpc};

// Lines: path, method, content-type, content-encoding, connect-protocol-version. A missing line is a
// missing header.
fuzz_target!(|head: &str| {
    let mut lines = head.split('\n');
    let path = lines.next().unwrap_or_default();
    if let Some(rpc) = Rpc::parse(path) {
        assert_eq!(rpc.path(), path);
        assert!(Rpc::looks_like_one(path));
    }
    let request = Request {
        method: lines.next().unwrap_or_default(),
        content_type: lines.next(),
        content_encoding: lines.next(),
        protocol_version: lines.next(),
    };
    match request.check() {
        Ok(()) => is_a_call(request),
        Err(BadRequest::Method { method }) => assert_ne!(method, "POST"),
        Err(BadRequest::MediaType { given }) => assert_ne!(given, MEDIA_TYPE),
        Err(BadRequest::Connect(error)) => {
            let body: serde_json::Value = serde_json::from_slice(&error.body()).expect("is JSON");
            assert_eq!(body["code"], error.code.name());
            assert_eq!(body["message"], error.message);
            assert!((400..600).contains(&error.status()));
        }
    }
});

fn is_a_call(request: Request) {
    assert_eq!(request.method, "POST");
    let start = request.content_type.and_then(|it| it.trim().get(..MEDIA_TYPE.len()));
    assert!(start.is_some_and(|start| start.eq_ignore_ascii_case(MEDIA_TYPE)), "{request:?}");
    assert!(matches!(request.protocol_version, None | Some("1")), "{request:?}");
    assert!(matches!(request.content_encoding, None | Some("" | "identity")), "{request:?}");
}
