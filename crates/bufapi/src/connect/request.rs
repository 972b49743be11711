use super::{Code, ConnectError};
use bytes::Bytes;
use prost::Message;

/// The media type of requests and of replies.
pub const MEDIA_TYPE: &str = "application/proto";

/// What of a request's head decides whether its body is a message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'a str>,
    /// `Connect-Protocol-Version`.
    pub protocol_version: Option<&'a str>,
}

/// Why a request is no Connect call that we understand.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadRequest {
    /// Another HTTP method. The reply should carry `Allow: POST`.
    #[error("RPCs are called with POST, not with {method}")]
    Method {
        /// What was used.
        method: String,
    },
    /// Another media type: JSON, gRPC, a form. The reply should carry `Accept-Post`.
    #[error("RPCs are called with content-type {MEDIA_TYPE}, not with {given}")]
    MediaType {
        /// What was given.
        given: String,
    },
    /// An error with a Connect code.
    #[error(transparent)]
    Connect(ConnectError),
}

impl BadRequest {
    /// The status of the reply. For the first two kinds Connect prescribes a status without a body.
    pub fn status(&self) -> u16 {
        match self {
            Self::Method { .. } => 405,
            Self::MediaType { .. } => 415,
            Self::Connect(error) => error.status(),
        }
    }
}

impl Request<'_> {
    /// Checks the head of a call.
    ///
    /// # Errors
    /// In the order that Connect's own servers check: method, media type, version, encoding.
    pub fn check(&self) -> Result<(), BadRequest> {
        if self.method != "POST" {
            return Err(BadRequest::Method { method: self.method.into() });
        }
        let given = self.content_type.unwrap_or("none");
        let essence = given.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(BadRequest::MediaType { given: given.into() });
        }
        match self.protocol_version {
            None | Some("1") => {}
            Some(other) => {
                return Err(BadRequest::Connect(ConnectError::new(
                    Code::InvalidArgument,
                    format!("connect-protocol-version must be 1 or absent, not {other:?}"),
                )));
            }
        }
        match self.content_encoding {
            None | Some("" | "identity") => Ok(()),
            // The buf command never compresses what it sends.
            Some(other) => Err(BadRequest::Connect(ConnectError::new(
                Code::Unimplemented,
                format!("requests are taken uncompressed, not with content-encoding {other:?}"),
            ))),
        }
    }
}

/// Reads a call's message. Byte fields are slices of `body`.
///
/// # Errors
/// `invalid_argument` for bytes that are no such message.
pub fn decode<M: Message + Default>(body: Bytes) -> Result<M, ConnectError> {
    M::decode(body).map_err(|error| {
        ConnectError::new(
            Code::InvalidArgument,
            format!("the request is not the message that this RPC takes: {error}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::buf::registry::module::v1::{File, UploadRequest, upload_request::Content};

    const GOOD: Request<'static> = Request {
        method: "POST",
        content_type: Some("application/proto"),
        content_encoding: None,
        protocol_version: Some("1"),
    };

    #[test]
    fn takes_calls() {
        for good in [
            GOOD,
            Request { protocol_version: None, ..GOOD },
            Request { content_type: Some("application/proto; charset=utf-8"), ..GOOD },
            Request { content_type: Some("Application/Proto"), ..GOOD },
            Request { content_encoding: Some("identity"), ..GOOD },
        ] {
            assert_eq!(good.check(), Ok(()), "{good:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_call() {
        let status = |request: Request| request.check().unwrap_err().status();
        assert_eq!(status(Request { method: "GET", ..GOOD }), 405);
        assert_eq!(status(Request { content_type: None, ..GOOD }), 415);
        for other in ["application/json", "application/grpc", "application/protobuf", ""] {
            assert_eq!(status(Request { content_type: Some(other), ..GOOD }), 415, "{other}");
        }
        assert_eq!(status(Request { protocol_version: Some("2"), ..GOOD }), 400);
        assert_eq!(status(Request { content_encoding: Some("gzip"), ..GOOD }), 501);
    }

    #[test]
    fn contents_are_slices_of_the_request() {
        let file = File { path: "a.proto".into(), content: vec![7; 1000].into() };
        let content = Content { files: vec![file], ..Content::default() };
        let request = UploadRequest { contents: vec![content], ..UploadRequest::default() };
        let body = Bytes::from(request.encode_to_vec());
        let read: UploadRequest = decode(body.clone()).unwrap();
        assert_eq!(read, request);
        assert!(body.as_ptr_range().contains(&read.contents[0].files[0].content.as_ptr()));
    }

    #[test]
    fn damaged_messages_are_the_callers_fault() {
        for (name, body) in [
            ("cut short", &[0x0a, 0x05, 0x00][..]),
            ("wrong wire type", &[0x08, 0x01][..]),
            ("text", b"{\"contents\": []}"),
        ] {
            let error = decode::<UploadRequest>(body.into()).unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument, "{name}");
            assert!(error.message.starts_with("the request is not the message"), "{error}");
        }
    }
}
