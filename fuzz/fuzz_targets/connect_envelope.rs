//! Heads of calls: only what Connect calls a unary call passes, and what is refused has an error that
//! clients can read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_bufapi::connect::{
    BadRequest, Codec, Envelope, Request, Rpc, count_elements, gunzip, request_from_json,
};

/// More than a call may have.
const MOST: usize = 100_000;

// Lines: path, method, query, content-type, content-encoding, accept-encoding, connect-protocol-version, connect-timeout-ms. A
// missing line is a missing header. What is behind them is the message.
fuzz_target!(|head: &str| {
    let (head, message) = head.split_once("\n\n").unwrap_or((head, ""));
    let mut lines = head.split('\n');
    let path = lines.next().unwrap_or_default();
    let rpc = Rpc::parse(path);
    if let Some(rpc) = rpc {
        assert_eq!(rpc.path(), path);
        assert!(Rpc::looks_like_one(path));
    }
    let rpc = rpc.unwrap_or(Rpc::GetModules);
    let request = Request {
        method: lines.next().unwrap_or_default(),
        query: lines.next(),
        content_type: lines.next(),
        content_encoding: lines.next(),
        accept_encoding: lines.next(),
        protocol_version: lines.next(),
        timeout: lines.next(),
    };
    match request.read(rpc) {
        Ok(envelope) => is_a_call(request, rpc, &envelope, message.as_bytes()),
        Err(BadRequest::Method { method, .. }) => assert_ne!(method, "POST"),
        Err(BadRequest::MediaType { given }) => {
            assert!(Codec::ALL.iter().all(|codec| codec.media_type() != given));
        }
        Err(BadRequest::Encoding { given }) => assert_ne!(given, "gzip"),
        Err(BadRequest::Connect(error)) => {
            let body: serde_json::Value = serde_json::from_slice(&error.body()).expect("is JSON");
            assert_eq!(body["code"], error.code.name());
            assert_eq!(body["message"], error.message);
            assert!((400..600).contains(&error.status()));
        }
    }
});

fn is_a_call(request: Request, rpc: Rpc, envelope: &Envelope, body: &[u8]) {
    let is_get = request.method == "GET" && !rpc.has_side_effects();
    assert!(is_get || request.method == "POST", "{request:?}");
    assert_eq!(is_get, envelope.message.is_some(), "{request:?}");
    let message = envelope.message.as_deref().unwrap_or(body);
    if let Ok(message) = gunzip(message, MOST) {
        assert!(message.len() <= MOST);
    }
    // What is JSON has as many elements as were counted, and is read or refused.
    if let (Codec::Json, Some(_)) = (envelope.codec, count_elements(message, MOST)) {
        request_from_json(rpc, message).ok();
    }
}
