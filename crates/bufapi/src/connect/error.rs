use super::Code;
use bytes::Bytes;
use std::fmt;

/// An error as a caller sees it. The `buf` command prints most messages as they are, so a message
/// is a sentence that says what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectError {
    /// What kind of error.
    pub code: Code,
    /// The text for the caller.
    pub message: String,
}

impl ConnectError {
    /// The media type of an error's body.
    pub const MEDIA_TYPE: &str = "application/json";

    /// Joins the two.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The status of the reply.
    pub fn status(&self) -> u16 {
        self.code.status()
    }

    /// The body of the reply, JSON.
    pub fn body(&self) -> Bytes {
        serde_json::json!({ "code": self.code.name(), "message": self.message }).to_string().into()
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ConnectError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json() {
        let error = ConnectError::new(Code::NotFound, "no module \"acme/x\"\n");
        assert_eq!(error.status(), 404);
        assert_eq!(error.body(), r#"{"code":"not_found","message":"no module \"acme/x\"\n"}"#);
        assert_eq!(error.to_string(), "not_found: no module \"acme/x\"\n");
    }
}
