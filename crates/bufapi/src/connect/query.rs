use super::{Code, Codec, ConnectError};
use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode;

/// Base64 with and without `=` at its end, in the alphabet of URLs.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the query of a GET says of a call (protocol, "Unary-Get-Request").
#[derive(Debug, Default)]
pub(super) struct Query {
    /// `encoding`: a codec's name.
    pub(super) encoding: String,
    /// `compression`: how the message is compressed.
    pub(super) compression: Option<String>,
    /// `connect`: the protocol's version.
    pub(super) version: Option<String>,
    message: Option<Vec<u8>>,
    is_base64: bool,
}

impl Query {
    /// Reads a query. What the protocol does not know of it is left alone.
    pub(super) fn parse(query: &str) -> Self {
        let mut read = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "connect" => read.version = Some(text(value)),
                "encoding" => read.encoding = text(value),
                "compression" => read.compression = Some(text(value)),
                "base64" => read.is_base64 = text(value) == "1",
                "message" => read.message = Some(bytes(value)),
                _ => {}
            }
        }
        read
    }

    pub(super) fn codec(&self) -> Option<Codec> {
        Codec::of_name(&self.encoding)
    }

    /// The message, as far as it may be compressed still.
    ///
    /// # Errors
    /// `invalid_argument` where there is none, or what is said to be base64 is not.
    pub(super) fn into_message(self) -> Result<Vec<u8>, ConnectError> {
        let bad = |message: String| ConnectError::new(Code::InvalidArgument, message);
        let message = self.message.ok_or_else(|| bad("the query has no message".into()))?;
        if !self.is_base64 {
            return Ok(message);
        }
        let decoded = BASE64.decode(&message);
        decoded.map_err(|error| bad(format!("the query's message is not base64: {error}")))
    }
}

/// A value as bytes: `+` is a space, as in forms.
fn bytes(value: &str) -> Vec<u8> {
    let value: Vec<u8> = value.bytes().map(|b| if b == b'+' { b' ' } else { b }).collect();
    percent_decode(&value).collect()
}

fn text(value: &str) -> String {
    String::from_utf8_lossy(&bytes(value)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_messages_in_every_form() {
        for (query, message) in [
            ("encoding=json&message=%7B%22a%22%3A+1%7D", &b"{\"a\": 1}"[..]),
            ("message=%00%ff&encoding=proto", b"\x00\xff"),
            ("message=&encoding=proto", b""),
            ("base64=1&message=AP8&encoding=proto", b"\x00\xff"),
            ("base64=1&message=AP8%3D&encoding=proto", b"\x00\xff"),
            ("base64=1&message=-_8&encoding=proto", b"\xfb\xff"),
        ] {
            let read = Query::parse(query);
            assert!(read.codec().is_some(), "{query}");
            assert_eq!(read.into_message().as_deref(), Ok(message), "{query}");
        }
    }

    #[test]
    fn what_is_missing_or_broken_is_said() {
        for query in ["", "encoding=json", "base64=1&message=%25"] {
            let error = Query::parse(query).into_message().unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument, "{query}");
        }
        for query in ["", "encoding=xml", "encoding=Proto"] {
            assert_eq!(Query::parse(query).codec(), None, "{query}");
        }
    }
}
