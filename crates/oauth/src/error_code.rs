/// Why a request to an OAuth endpoint is refused, as clients read it (RFC 6749, 5.2; RFC 8628, 3.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ErrorCode {
    /// A field is missing, wrong, or one that is not known.
    InvalidRequest,
    /// The client is not one that was registered.
    InvalidClient,
    /// What was shown is good for nothing here.
    InvalidGrant,
    /// There is no such grant here.
    UnsupportedGrantType,
    /// Nobody has decided on the device yet.
    AuthorizationPending,
    /// The client asks too often.
    SlowDown,
    /// The device was refused.
    AccessDenied,
    /// The device's code is over, or was used.
    ExpiredToken,
    /// The registry is in trouble.
    ServerError,
}

impl ErrorCode {
    /// The code as it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::ServerError => "server_error",
        }
    }

    /// The HTTP status that it is sent with.
    pub const fn status(self) -> u16 {
        match self {
            Self::ServerError => 503,
            Self::InvalidClient => 401,
            Self::InvalidRequest
            | Self::InvalidGrant
            | Self::UnsupportedGrantType
            | Self::AuthorizationPending
            | Self::SlowDown
            | Self::AccessDenied
            | Self::ExpiredToken => 400,
        }
    }
}
