//! What all calls have in common: their forms, and why they are refused.

use crate::{
    body::read_form,
    context::Context,
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_oauth::{ErrorCode, Form};
use protoedge_storage::BucketError;

/// Why a call is refused: the code that programs read, and a sentence for people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) words: Option<String>,
    /// What the log says instead.
    pub(super) logged: Option<String>,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, words: impl Into<String>) -> Self {
        Self { code, words: Some(words.into()), logged: None }
    }

    /// One that says nothing of why, but for the log: who guesses learns nothing.
    pub(super) fn mute(code: ErrorCode, logged: impl Into<String>) -> Self {
        Self { code, words: None, logged: Some(logged.into()) }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let code = match problem.kind {
            Kind::Trouble | Kind::ProxiedTrouble | Kind::TimedOut => ErrorCode::ServerError,
            Kind::TooMany => ErrorCode::SlowDown,
            _ => ErrorCode::InvalidRequest,
        };
        Self::new(code, problem.message)
    }
}

impl From<protoedge_registry::Error> for Refusal {
    fn from(error: protoedge_registry::Error) -> Self {
        Problem::from(error).into()
    }
}

impl From<BucketError> for Refusal {
    fn from(error: BucketError) -> Self {
        protoedge_registry::Error::from(error).into()
    }
}

/// Reads a form.
pub(super) async fn form<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Result<Form, Refusal> {
    read_form(context, request, LARGEST_FORM).await.map_err(Refusal::from)
}

/// A token of 32 KiB, percent-encoded, and what goes with it.
const LARGEST_FORM: usize = 64 * 1024;

/// A field that must be there.
pub(super) fn needed<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    let missing =
        || Refusal::new(ErrorCode::InvalidRequest, format!("the field {name} is missing"));
    form.get(name).ok_or_else(missing)
}

/// Makes sure that the grant is this one.
pub(super) fn check_grant(form: &Form, wanted: &str) -> Result<(), Refusal> {
    if needed(form, "grant_type")? == wanted {
        return Ok(());
    }
    let words = format!("the only grant here is {wanted}");
    Err(Refusal::new(ErrorCode::UnsupportedGrantType, words))
}
