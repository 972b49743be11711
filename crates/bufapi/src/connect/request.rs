use super::{Code, Codec, ConnectError, Rpc, query::Query};
use bytes::Bytes;
use prost::Message;
use std::time::Duration;

/// What of a request's head decides whether it is a call.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// What is behind `?`: where a GET has its message.
    pub query: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'a str>,
    /// `Accept-Encoding`.
    pub accept_encoding: Option<&'a str>,
    /// `Connect-Protocol-Version`.
    pub protocol_version: Option<&'a str>,
    /// `Connect-Timeout-Ms`.
    pub timeout: Option<&'a str>,
}

/// What a head says of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// How its messages are written, the reply's like the request's.
    pub codec: Codec,
    /// Whether the request's message is compressed by gzip.
    pub is_gzipped: bool,
    /// Whether the reply's may be.
    pub takes_gzip: bool,
    /// How long the caller waits for the reply.
    pub timeout: Option<Duration>,
    /// The request's message where it is no body: that of a GET.
    pub message: Option<Bytes>,
}

/// Why a request is no Connect call that we understand.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadRequest {
    /// Another HTTP method. The reply should carry `Allow`.
    #[error("this RPC is called with {allowed}, not with {method}")]
    Method {
        /// Those that are good, as `Allow` lists them.
        allowed: &'static str,
        /// What was used.
        method: String,
    },
    /// Another media type: gRPC, a form. The reply should carry `Accept-Post`.
    #[error("RPCs are called with {}, not with {given}", Codec::MEDIA_TYPES)]
    MediaType {
        /// What was given.
        given: String,
    },
    /// Another compression. The reply should carry `Accept-Encoding`.
    #[error("requests are taken as they are or compressed by gzip, not by {given:?}")]
    Encoding {
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
            Self::Encoding { .. } => Code::Unimplemented.status(),
            Self::Connect(error) => error.status(),
        }
    }
}

/// The longest time that Connect has a caller wait: ten digits.
const LONGEST_TIMEOUT: usize = 10;

impl Request<'_> {
    /// Reads the head of a call.
    ///
    /// # Errors
    /// In the order that Connect's own servers check: method, media type, version, encoding, time.
    pub fn read(&self, rpc: Rpc) -> Result<Envelope, BadRequest> {
        match self.method {
            "POST" => self.read_post(),
            "GET" if !rpc.has_side_effects() => self.read_get(),
            other => {
                let allowed = if rpc.has_side_effects() { "POST" } else { "GET, POST" };
                Err(BadRequest::Method { allowed, method: other.into() })
            }
        }
    }

    fn read_post(&self) -> Result<Envelope, BadRequest> {
        let given = self.content_type.unwrap_or("none");
        let codec = Codec::of_content_type(given)
            .ok_or_else(|| BadRequest::MediaType { given: given.into() })?;
        check_version(self.protocol_version, "1")?;
        self.envelope(codec, self.content_encoding, None)
    }

    fn read_get(&self) -> Result<Envelope, BadRequest> {
        let query = Query::parse(self.query.unwrap_or_default());
        let codec = query
            .codec()
            .ok_or_else(|| BadRequest::MediaType { given: format!("{:?}", query.encoding) })?;
        check_version(query.version.as_deref(), "v1")?;
        let compression = query.compression.clone();
        let message = query.into_message().map_err(BadRequest::Connect)?;
        self.envelope(codec, compression.as_deref(), Some(message.into()))
    }

    fn envelope(
        &self,
        codec: Codec,
        encoding: Option<&str>,
        message: Option<Bytes>,
    ) -> Result<Envelope, BadRequest> {
        let is_gzipped = match encoding {
            None | Some("" | "identity") => false,
            Some("gzip") => true,
            Some(other) => return Err(BadRequest::Encoding { given: other.into() }),
        };
        let takes_gzip = self.accept_encoding.is_some_and(takes_gzip);
        let timeout = self.timeout.map(read_timeout).transpose().map_err(BadRequest::Connect)?;
        Ok(Envelope { codec, is_gzipped, takes_gzip, timeout, message })
    }
}

fn check_version(given: Option<&str>, ours: &str) -> Result<(), BadRequest> {
    match given {
        Some(other) if other != ours => Err(BadRequest::Connect(ConnectError::new(
            Code::InvalidArgument,
            format!("the version of Connect's protocol must be {ours:?} or absent, not {other:?}"),
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Whether a list of encodings has gzip in it, and not as one that is not wanted (RFC 9110, 12.5.3).
fn takes_gzip(list: &str) -> bool {
    list.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map(str::parse::<f32>);
        is_gzip && weight.is_none_or(|weight| weight.is_ok_and(|weight| weight > 0.0))
    })
}

fn read_timeout(text: &str) -> Result<Duration, ConnectError> {
    let is_number =
        (1..=LONGEST_TIMEOUT).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let millis = text.parse().ok().filter(|_| is_number);
    millis.map(Duration::from_millis).ok_or_else(|| {
        let message = format!("connect-timeout-ms must be 1 to 10 digits, not {text:?}");
        ConnectError::new(Code::InvalidArgument, message)
    })
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
        query: None,
        content_type: Some("application/proto"),
        content_encoding: None,
        accept_encoding: None,
        protocol_version: Some("1"),
        timeout: None,
    };

    const GET: Request<'static> = Request {
        method: "GET",
        query: Some("connect=v1&encoding=json&message=%7B%7D"),
        content_type: None,
        ..GOOD
    };

    fn read(request: Request) -> Envelope {
        request.read(Rpc::GetModules).unwrap_or_else(|error| panic!("{request:?}: {error}"))
    }

    #[test]
    fn takes_calls() {
        for (codec, content_type) in [
            (Codec::Proto, "application/proto"),
            (Codec::Proto, "application/proto; charset=utf-8"),
            (Codec::Proto, "Application/Proto"),
            (Codec::Json, "application/json"),
            (Codec::Json, "application/json; charset=utf-8"),
        ] {
            let request = Request { content_type: Some(content_type), ..GOOD };
            assert_eq!(read(request).codec, codec, "{content_type}");
        }
        for good in [GOOD, Request { protocol_version: None, ..GOOD }] {
            let Envelope { is_gzipped, takes_gzip, timeout, message, .. } = read(good);
            assert_eq!((is_gzipped, takes_gzip, timeout, message), (false, false, None, None));
        }
        for (encoding, is_gzipped) in [("identity", false), ("", false), ("gzip", true)] {
            let request = Request { content_encoding: Some(encoding), ..GOOD };
            assert_eq!(read(request).is_gzipped, is_gzipped, "{encoding}");
        }
        for (given, millis) in [("0", 0), ("119999", 119_999), ("9999999999", 9_999_999_999)] {
            let request = Request { timeout: Some(given), ..GOOD };
            assert_eq!(read(request).timeout, Some(Duration::from_millis(millis)), "{given}");
        }
    }

    #[test]
    fn messages_of_a_get_are_in_its_query() {
        let envelope = read(GET);
        assert_eq!((envelope.codec, envelope.message.as_deref()), (Codec::Json, Some(&b"{}"[..])));
        let query = Some("encoding=proto&base64=1&message=&compression=gzip");
        let envelope = read(Request { query, ..GET });
        assert_eq!((envelope.codec, envelope.is_gzipped), (Codec::Proto, true));
    }

    #[test]
    fn whoever_takes_gzip_says_so() {
        for (list, takes) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=1", true),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("xgzip", false),
            ("", false),
        ] {
            let envelope = read(Request { accept_encoding: Some(list), ..GOOD });
            assert_eq!(envelope.takes_gzip, takes, "{list}");
        }
    }

    #[test]
    fn refuses_what_is_no_call() {
        let status = |request: Request| request.read(Rpc::GetModules).unwrap_err().status();
        assert_eq!(status(Request { method: "PUT", ..GOOD }), 405);
        assert_eq!(status(Request { method: "HEAD", ..GET }), 405);
        assert_eq!(GET.read(Rpc::CreateModules).unwrap_err().status(), 405);
        assert_eq!(status(Request { content_type: None, ..GOOD }), 415);
        for other in ["application/connect+json", "application/grpc", "application/protobuf", ""] {
            assert_eq!(status(Request { content_type: Some(other), ..GOOD }), 415, "{other}");
        }
        assert_eq!(status(Request { protocol_version: Some("2"), ..GOOD }), 400);
        assert_eq!(status(Request { content_encoding: Some("br"), ..GOOD }), 501);
        for timeout in ["", "-1", "1.5", "12345678901", "x", "+1"] {
            assert_eq!(status(Request { timeout: Some(timeout), ..GOOD }), 400, "{timeout}");
        }
        for (query, expected) in [
            ("", 415),
            ("message=%7B%7D", 415),
            ("encoding=json", 400),
            ("encoding=json&message=%7B%7D&connect=v2", 400),
            ("encoding=json&message=%7B%7D&compression=br", 501),
        ] {
            assert_eq!(status(Request { query: Some(query), ..GET }), expected, "{query}");
        }
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
