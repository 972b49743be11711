use crate::reply::cache::{Class, Lifetime};
use protoedge_bufapi::connect::Code;
use protoedge_registry::{BadPush, Error};
use std::time::Duration;

/// Why a request is not answered with what it asked for. The one place where an error becomes a
/// status: everything else only makes a `Problem`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// What kind.
    pub kind: Kind,
    /// A sentence for the caller.
    pub message: String,
    /// For trouble and limits: when to try again, in seconds.
    pub retry_after: Option<u64>,
    /// For a method that the path does not have: those that it has, as the header `Allow` names them.
    pub allow: Option<String>,
    /// Whether a caching proxy is asked to hand it on as it is, and to remember nothing.
    pub passed_on: bool,
}

/// The kinds of problems.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A path that can never be right.
    Foreign,
    /// A request that can never be right.
    Malformed,
    /// What is asked for does not exist, or is not the caller's to see: never told apart.
    Absent,
    /// A module in which there is nothing yet. Not Connect's `not_found`: the buf CLI makes of that that the module
    /// does not exist.
    Empty,
    /// A method that the path does not have.
    Method,
    /// Administrators of the registry withhold it, and say why.
    Withheld,
    /// Credentials were needed and not given.
    Anonymous,
    /// Credentials were given and are wrong.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// It exists already.
    Exists,
    /// Something that was published would change.
    Conflict,
    /// The state of the registry, or of another one, does not allow it.
    Precondition,
    /// A body without its length, where it is needed beforehand.
    Unmeasured,
    /// Too many bytes.
    TooLarge,
    /// As much was made as may be: the same again fails again.
    Full,
    /// The caller has had too much generated lately.
    TooMany,
    /// The plugin rejects the module, and would again.
    Rejected,
    /// An RPC that we do not answer. Not Connect's `unimplemented`: the buf CLI adds to that that an older version
    /// of it might work.
    Unimplemented,
    /// The caller did not want to wait as long as it takes.
    TimedOut,
    /// Our trouble: bucket, generator, nothing free.
    Trouble,
    /// The same, as caching proxies are told of it.
    ProxiedTrouble,
}

/// How long clients that heed it stay away after trouble.
const RETRY_AFTER: u64 = 30;

/// A caller's budget is counted by the minute.
const NEXT_BUDGET: u64 = 60;

/// What follows from a problem's kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The Connect code.
    pub(crate) code: Code,
    /// When to try again, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// Who may keep the reply.
    pub(crate) cache: Class,
    /// What the log may say.
    pub(crate) logged: Logged,
}

/// What the log says of a problem: a sentence that may quote a private module is left to those who asked for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Logged {
    /// The problem's sentence.
    Message,
    /// The problem's sentence, but of a call of the buf CLI the code alone.
    CodeOfCall,
    /// This instead of the sentence.
    Only(&'static str),
}

impl Row {
    const fn new(status: u16, code: Code, logged: Logged) -> Self {
        Self { status, code, retry_after: None, cache: Class::Uncached, logged }
    }

    const fn retried(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    const fn kept(self, lifetime: Lifetime) -> Self {
        Self { cache: Class::Shared(lifetime), ..self }
    }
}

impl Kind {
    /// The one table of what follows from a kind.
    pub(crate) const fn row(self) -> Row {
        use Code::{
            Aborted, AlreadyExists, DeadlineExceeded, FailedPrecondition, InvalidArgument,
            NotFound, PermissionDenied, ResourceExhausted, Unauthenticated, Unavailable,
        };
        use Logged::{CodeOfCall, Message, Only};
        match self {
            Self::Foreign => Row::new(404, InvalidArgument, Message).kept(Lifetime::Foreign),
            Self::Malformed => Row::new(400, InvalidArgument, CodeOfCall),
            Self::Absent => Row::new(404, NotFound, CodeOfCall),
            Self::Empty => Row::new(404, FailedPrecondition, CodeOfCall),
            Self::Withheld => Row::new(451, FailedPrecondition, Only("it is withheld")),
            Self::Method => Row::new(405, InvalidArgument, Message),
            Self::Anonymous => Row::new(401, Unauthenticated, Message),
            Self::Unauthorized => Row::new(401, Unauthenticated, Message),
            Self::Forbidden => Row::new(403, PermissionDenied, CodeOfCall),
            Self::Exists => Row::new(409, AlreadyExists, CodeOfCall),
            Self::Conflict => Row::new(409, Aborted, CodeOfCall),
            Self::Precondition => Row::new(400, FailedPrecondition, CodeOfCall),
            Self::Unmeasured => Row::new(411, InvalidArgument, Message),
            Self::TooLarge => Row::new(413, ResourceExhausted, Message),
            Self::Full => Row::new(429, ResourceExhausted, CodeOfCall),
            Self::TooMany => Row::new(429, ResourceExhausted, Message).retried(NEXT_BUDGET),
            Self::Rejected => {
                Row::new(422, FailedPrecondition, Only("the plugin rejects the module"))
            }
            Self::Unimplemented => Row::new(400, FailedPrecondition, Message),
            Self::TimedOut => Row::new(504, DeadlineExceeded, Message),
            Self::Trouble => Row::new(503, Unavailable, Message).retried(RETRY_AFTER),
            Self::ProxiedTrouble => Row::new(429, ResourceExhausted, Message).retried(RETRY_AFTER),
        }
    }
}

impl Problem {
    /// A problem.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let retry_after = kind.row().retry_after;
        Self { kind, message: message.into(), retry_after, allow: None, passed_on: false }
    }

    /// The path does not have this method, but others.
    pub fn method(path: &str, methods: &[&str], given: &str) -> Self {
        let message = format!("{path} takes {}, not {given}", methods.join(" and "));
        Self { allow: Some(methods.join(", ")), ..Self::new(Kind::Method, message) }
    }

    /// The same for a caching proxy: after a 5xx some ask the registry nothing more for minutes, for whomever. Where a path can
    /// never be right here, a proxy of several registries looks elsewhere, and may remember it.
    #[must_use]
    pub fn for_proxy(self) -> Self {
        let kind = if self.kind == Kind::Trouble { Kind::ProxiedTrouble } else { self.kind };
        Self { kind, passed_on: kind != Kind::Foreign, ..self }
    }

    /// Nothing that we serve has this path.
    pub fn foreign(path: &str) -> Self {
        Self::new(Kind::Foreign, format!("this registry serves nothing at {path}"))
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.kind.row().status
    }

    /// The Connect code.
    pub fn code(&self) -> Code {
        self.kind.row().code
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Bucket(_) => return Self::from_bucket(&error),
            Error::Name(_) | Error::About => Kind::Malformed,
            Error::NoOwner { .. }
            | Error::NoModule { .. }
            | Error::SignIn { .. }
            | Error::NoLabel { .. }
            | Error::NoReference { .. }
            | Error::NoCommit { .. }
            | Error::NoId { .. }
            | Error::NoUser { .. }
            | Error::NoToken { .. }
            | Error::NoMember { .. }
            | Error::NoTrust { .. }
            | Error::NoOrganization { .. } => Kind::Absent,
            Error::Withheld { .. } => Kind::Withheld,
            Error::NoTakedown { .. } | Error::NoWebhook { .. } => Kind::Absent,
            Error::BadWebhook { .. } => Kind::Malformed,
            Error::BeingDeleted { .. } => Kind::Conflict,
            Error::Empty { .. } | Error::NoDefault { .. } => Kind::Empty,
            Error::Exists { .. } | Error::JoinedTaken { .. } => Kind::Exists,
            Error::BadCredentials { .. } | Error::SignedOut => Kind::Unauthorized,
            Error::LooksLike { .. } | Error::Registered | Error::HasIdentity { .. } => Kind::Exists,
            Error::Registering | Error::RightsChanged => Kind::Conflict,
            Error::NoRobot { .. } => Kind::Forbidden,
            Error::BadDevice { .. } | Error::BadTrust { .. } => Kind::Malformed,
            Error::TooManyCodes { .. } => Kind::Full,
            Error::TooMuch => Kind::TooLarge,
            Error::TooManyFlips { wait, .. } => return Self::flips(&error, *wait),
            Error::Full { .. } | Error::TooManyTokens { .. } | Error::TooManyMembers { .. } => {
                Kind::Full
            }
            Error::BadToken { .. } | Error::BadRole { .. } | Error::OwnName { .. } => {
                Kind::Malformed
            }
            Error::Forbidden { .. } | Error::ReservedOwner { .. } | Error::OfUpstream { .. } => {
                Kind::Forbidden
            }
            Error::NoTime { .. }
            | Error::InUse { .. }
            | Error::NotEmpty { .. }
            | Error::Archived { .. }
            | Error::ArchivedDefault { .. }
            | Error::Disabled { .. }
            | Error::LastOwner { .. }
            | Error::Withdrawn { .. }
            | Error::DependsOnPrivate { .. }
            | Error::Upstream { .. } => Kind::Precondition,
            Error::Push(BadPush::TooMany) | Error::Catalogue { .. } => Kind::Conflict,
            Error::Push(_) => Kind::Malformed,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<protoedge_storage::BucketError> for Problem {
    fn from(error: protoedge_storage::BucketError) -> Self {
        Error::from(error).into()
    }
}

impl From<protoedge_sdk::BadName> for Problem {
    fn from(error: protoedge_sdk::BadName) -> Self {
        Self::new(Kind::Malformed, error.to_string())
    }
}

impl Problem {
    fn flips(error: &Error, wait: Duration) -> Self {
        let retry_after = Some(wait.as_secs().max(1));
        Self { retry_after, ..Self::new(Kind::TooMany, error.to_string()) }
    }

    /// The bucket's own words are for the log; callers learn that it is not their fault.
    fn from_bucket(error: &Error) -> Self {
        Self::new(Kind::Trouble, format!("the registry is in trouble, try again: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_agree_where_connect_fixes_them() {
        for kind in [
            Kind::Malformed,
            Kind::Precondition,
            Kind::Anonymous,
            Kind::Unauthorized,
            Kind::Forbidden,
            Kind::Absent,
            Kind::Exists,
            Kind::Conflict,
            Kind::Full,
            Kind::TooMany,
            Kind::Unimplemented,
            Kind::TimedOut,
            Kind::Trouble,
            Kind::ProxiedTrouble,
        ] {
            let problem = Problem::new(kind, "");
            assert_eq!(problem.code().status(), problem.status(), "{kind:?}");
        }
    }
}
