use super::{
    call::{form, is_sent, needed},
    reply::{html, onward},
};
use crate::{
    auth::{self, RateLimitKey},
    config::Config,
    context::{Answer, Context},
    http::{Reply, Request},
    platform::Platform,
    reply::problem::{Kind, Problem},
    sign_in::{
        SignIn, budget,
        cookies::Cookie,
        open_id::{self, Attempt, Person, begin_anew},
        session,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protoedge_oauth::Form;
use protoedge_pages::{ChooseName, Frame, SignIn as SignInPage};
use protoedge_registry::{
    Credentials, Error, Role,
    accounts::{self, Identity, SignedIn, SignedInBy},
};
use protoedge_sdk::OwnerName;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Where people go on who came from nowhere.
const START: &str = "/-/account";

/// How long a sign-in at the provider may take, and choosing a name.
const TAKES: Duration = Duration::from_secs(10 * 60);

/// What the cookie of a person without a name is sealed for.
const REGISTRATION: &str = "registration";

/// Who has signed in at the provider and has no name here yet, as the browser keeps it. It takes one name, and the request that makes it
/// begins a session; after that only the provider lets its person in.
#[derive(Deserialize, Serialize)]
struct Registration {
    identity: Identity,
    wished: String,
    roles: BTreeMap<OwnerName, Role>,
}

/// Browsers keep cookies of 4 KiB. Roles of more groups than that count from the next sign-in on.
const LONGEST_SEALED: usize = 3500;

/// `login`.
pub(super) async fn sign_in<P: Platform>(
    context: &Context<P>,
    signed_in: Option<&SignedIn>,
    request: Request<P::Body>,
) -> Answer<P> {
    if is_sent(&request) {
        return with_token(context, request).await;
    }
    let next = next_of(request.query.as_deref());
    if signed_in.is_some() {
        return Ok(onward(&next, []));
    }
    let frame = Frame::default();
    let page = protoedge_pages::sign_in(&frame, &page(&context.config, &next));
    Ok(html(200, page))
}

fn page(config: &Config, next: &str) -> SignInPage {
    let provider = config.sign_in.as_ref().map(|it| host(it.issuer.as_str()));
    SignInPage { provider, start: with_next("/-/login/start", next), next: next.to_owned() }
}

/// The host of an address, as people know it.
fn host(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

fn with_next(path: &str, next: &str) -> String {
    format!("{path}?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC))
}

/// Where to go on: a page of ours.
fn next_of(query: Option<&str>) -> String {
    let form = query.and_then(|query| Form::parse(query).ok());
    own_page(form.as_ref().and_then(|form| form.get("next")))
}

/// A path of ours, and nothing that a browser takes for another host.
fn own_page(path: Option<&str>) -> String {
    let is_own = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= 500
            && path.bytes().all(|it| it.is_ascii_graphic() && it != b'\\')
    };
    path.filter(is_own).unwrap_or(START).to_owned()
}

/// To the sign-in, and back to where somebody wanted to go; after a form, to the start.
pub(super) fn first<D>(request: &Request<impl Sized>) -> Reply<D> {
    let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    match is_sent(request) {
        true => first_for(START),
        false => first_for(&format!("{}{query}", request.path)),
    }
}

/// To the sign-in, and on to a page of ours.
pub(super) fn first_for<D>(wanted: &str) -> Reply<D> {
    onward(&with_next("/-/login", &own_page(Some(wanted))), [])
}

/// The form of `login`: a token.
async fn with_token<P: Platform>(context: &Context<P>, request: Request<P::Body>) -> Answer<P> {
    count(context, &request).await?;
    let form = form(context, request).await?;
    let token = needed(&form, "token", "the token")?.trim();
    let next = own_page(form.get("next"));
    if context.config.admin_tokens.accept(token) {
        let cookie = session::begin_administrators(context, &auth::admin_name()?, token).await?;
        return Ok(onward(&next, [cookie]));
    }
    let begun = match &context.config.sign_in {
        // With an identity provider, it says who may sign in.
        Some(_) => Err(Error::BadCredentials { is_readable: true }),
        None => accounts::check_token(&context.store, token).await,
    };
    match begun {
        Ok((user, by)) => Ok(onward(&next, [session::begin(context, &user, by).await?])),
        Err(error @ Error::Bucket(_)) => Err(error.into()),
        Err(Error::NoRobot { user }) => Err(Error::NoRobot { user }.into()),
        Err(_) => {
            let error = "This token is good for nothing here: it is unknown, revoked, over, or not for signing in.";
            let frame = Frame { error: Some(error.into()), ..Frame::default() };
            Ok(html(401, protoedge_pages::sign_in(&frame, &page(&context.config, &next))))
        }
    }
}

/// Counts a request that nobody has signed in for.
async fn count<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<(), Problem> {
    budget::count(context, &RateLimitKey::of(Credentials::None, request)).await
}

fn settings(config: &Config) -> Result<&SignIn, Problem> {
    let none = "this registry has no single sign-on: sign in with a token";
    config.sign_in.as_ref().ok_or_else(|| Problem::new(Kind::Foreign, none))
}

/// `login/start`.
pub(super) async fn start<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Answer<P> {
    let settings = settings(&context.config)?;
    count(context, request).await?;
    let secret = context.store.secret();
    let attempt = Attempt::of(&secret).ok_or_else(begin_anew)?;
    let to = open_id::authorization_url(context, settings, &attempt).await?;
    let next = URL_SAFE_NO_PAD.encode(next_of(request.query.as_deref()));
    Ok(onward(&to, [Cookie::SignIn.set(&format!("{secret}.{next}"), TAKES)]))
}

/// `login/callback`.
pub(super) async fn callback<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Answer<P> {
    let settings = settings(&context.config)?;
    let cookie = Cookie::SignIn.of(request).and_then(|it| it.split_once('.'));
    let (secret, next) = cookie.ok_or_else(begin_anew)?;
    let attempt = Attempt::of(secret).ok_or_else(begin_anew)?;
    let next = URL_SAFE_NO_PAD.decode(next).ok().and_then(|it| String::from_utf8(it).ok());
    let next = own_page(next.as_deref());
    count(context, request).await?;
    let answer = Form::parse(request.query.as_deref().unwrap_or_default());
    let answer = answer.map_err(|_| begin_anew())?;
    let person = open_id::person(context, settings, &attempt, &answer).await?;
    let Person { identity, wished, roles } = person;
    match accounts::person_of(&context.store, &identity).await? {
        Some(user) => {
            let cookie = enter(context, &identity, &user, roles).await?;
            Ok(onward(&next, [cookie, Cookie::SignIn.clear()]))
        }
        None => {
            let mut registration = Registration { identity, wished, roles };
            let seal = async |registration: &Registration| {
                accounts::seal(&context.store, REGISTRATION, registration, TAKES).await
            };
            let mut sealed = seal(&registration).await?;
            if sealed.len() > LONGEST_SEALED {
                registration.roles.clear();
                sealed = seal(&registration).await?;
            }
            let cookies = [Cookie::Registration.set(&sealed, TAKES), Cookie::SignIn.clear()];
            Ok(onward(&with_next("/-/login/name", &next), cookies))
        }
    }
}

/// Begins a session of a person who has signed in at the provider.
async fn enter<P: Platform>(
    context: &Context<P>,
    identity: &Identity,
    user: &OwnerName,
    roles: BTreeMap<OwnerName, Role>,
) -> Result<String, Problem> {
    accounts::note_groups(&context.store, user, roles).await?;
    session::begin(context, user, SignedInBy::Identity(identity.hash())).await
}

/// `login/name`.
pub(super) async fn choose_name<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    let provider = host(settings(&context.config)?.issuer.as_str());
    let registration: Option<Registration> = match Cookie::Registration.of(&request) {
        Some(sealed) => accounts::unseal(&context.store, REGISTRATION, sealed).await?,
        None => None,
    };
    let Registration { identity, wished, roles } = registration.ok_or_else(begin_anew)?;
    // Not to the provider at once: a page's policy lets no form lead elsewhere.
    let sign_in =
        |next: &str| Ok(onward(&with_next("/-/login", next), [Cookie::Registration.clear()]));
    if accounts::person_of(&context.store, &identity).await?.is_some() {
        return sign_in(&next_of(request.query.as_deref()));
    }
    if !is_sent(&request) {
        let next = next_of(request.query.as_deref());
        // What cannot be a name is not offered.
        let wished = wished.parse::<OwnerName>().map(|it| it.to_string()).unwrap_or_default();
        let page = ChooseName { provider, wished, next };
        return Ok(html(200, protoedge_pages::choose_name(&Frame::default(), &page)));
    }
    count(context, &request).await?;
    let form = form(context, request).await?;
    let (wished, next) = (needed(&form, "name", "the name")?, own_page(form.get("next")));
    let registered = match wished.parse::<OwnerName>() {
        Ok(name) => accounts::register(&context.store, &identity, &name).await,
        Err(error) => Err(error.into()),
    };
    match registered {
        Ok((owner, true)) => {
            let cookie = enter(context, &identity, &owner.name, roles).await?;
            Ok(onward(&next, [cookie, Cookie::Registration.clear()]))
        }
        Ok((_, false)) => sign_in(&next),
        Err(error @ Error::Bucket(_)) => Err(error.into()),
        Err(error) => {
            let problem = Problem::from(error);
            let frame = Frame { error: Some(problem.message.clone()), ..Frame::default() };
            let wished = wished.chars().take(100).collect();
            let page = ChooseName { provider, wished, next };
            Ok(html(problem.status(), protoedge_pages::choose_name(&frame, &page)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::own_page;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for good in ["/-/tokens", "/-/device?user_code=BCDF-GHJK", "/acme/weather/sdks/main"] {
            assert_eq!(own_page(Some(good)), good);
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/-\\x",
            "/-/a b",
            "/-/\n",
            "///evil.example",
        ] {
            assert_eq!(own_page(Some(bad)), "/-/account", "{bad}");
        }
    }
}
