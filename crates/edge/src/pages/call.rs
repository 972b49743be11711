use crate::{
    body::read_form,
    context::Context,
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_oauth::Form;
use protoedge_pages::{Frame, ListedToken as ShownToken};
use protoedge_registry::{ListedToken, NewToken, Scope, User, accounts::SignedIn};
use protoedge_sdk::ModuleName;
use protoedge_storage::Timestamp;
use std::{collections::BTreeSet, time::Duration};

/// Somebody who is signed in, and what their calls work with.
pub(super) struct Caller<'a, P: Platform> {
    pub(super) context: &'a Context<P>,
    pub(super) signed_in: SignedIn,
}

/// A hundred names of modules, percent-encoded, and the claims of a trust.
const LARGEST_FORM: usize = 64 * 1024;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl<P: Platform> Caller<'_, P> {
    /// Who.
    pub(super) fn user(&self) -> &User {
        &self.signed_in.user
    }

    /// What every page has.
    pub(super) fn frame(&self) -> Frame {
        Frame { user: Some(self.user().name.to_string()), ..Frame::default() }
    }
}

/// Whether a form was sent.
pub(super) fn is_sent<B>(request: &Request<B>) -> bool {
    request.method == "POST"
}

/// The form that was sent.
pub(super) async fn form<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Result<Form, Problem> {
    read_form(context, request, LARGEST_FORM).await
}

/// A field that must be there.
pub(super) fn needed<'a>(form: &'a Form, name: &str, what: &str) -> Result<&'a str, Problem> {
    let missing =
        || Problem::new(Kind::Malformed, format!("{what} is missing: go back and fill it in"));
    form.get(name).ok_or_else(missing)
}

/// A field that must be there and be read.
pub(super) fn parsed<T: std::str::FromStr>(
    form: &Form,
    name: &str,
    what: &str,
) -> Result<T, Problem> {
    let text = needed(form, name, what)?;
    text.parse().map_err(|_| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
        Problem::new(Kind::Malformed, format!("{shown:?} cannot be {what}"))
    })
}

/// What a token is to be, by the fields of its form.
pub(super) fn new_token(form: &Form, now: Timestamp) -> Result<NewToken, Problem> {
    let modules = form.get("modules").unwrap_or_default().split([' ', ',', '\n', '\r']);
    let modules = modules.filter(|it| !it.is_empty()).map(|name| name.parse::<ModuleName>());
    let modules: BTreeSet<ModuleName> = modules.collect::<Result<_, _>>()?;
    Ok(NewToken {
        name: needed(form, "name", "the token's name")?.to_owned(),
        scope: scope(form)?,
        modules: Some(modules).filter(|it| !it.is_empty()),
        expires: end(form, now)?,
    })
}

/// What a token is to be good for.
pub(super) fn scope(form: &Form) -> Result<Scope, Problem> {
    let wrong = || Problem::new(Kind::Malformed, "a token is good to read, write or admin");
    Scope::parse(needed(form, "scope", "what it is good for")?).ok_or_else(wrong)
}

/// Until when a token is to be good, by a number of days.
pub(super) fn end(form: &Form, now: Timestamp) -> Result<Timestamp, Problem> {
    let days: u32 = parsed(form, "days", "a number of days")?;
    Ok(now + DAY * days.min(1000))
}

/// A time as pages show it, as in 2026-01-31 09:30 UTC.
pub(crate) fn time(at: Timestamp) -> String {
    let text = at.rfc3339();
    format!(
        "{} {} UTC",
        &text[.."2026-01-31".len()],
        &text["2026-01-31T".len().."2026-01-31T09:30".len()]
    )
}

/// A token as lists show it.
pub(super) fn shown(token: &ListedToken) -> ShownToken {
    let record = &token.record;
    ShownToken {
        id: record.id.as_str().to_owned(),
        name: record.name.clone(),
        scope: record.scope.as_str().to_owned(),
        modules: record.modules.iter().flatten().map(ToString::to_string).collect(),
        created: time(record.created),
        last_used: token.last_used.clone(),
        expires: time(record.expires),
    }
}
