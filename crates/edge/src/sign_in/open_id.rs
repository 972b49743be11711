//! The code flow of OpenID Connect (Core, 3.1) with PKCE, state and nonce: a browser is sent to the provider and comes back with a
//! code, for which the provider says who it is.
//!
//! Nothing is stored of a sign-in that is under way. The browser keeps one secret in a cookie; state, nonce and verifier are made
//! of it, so that what comes back is good in the browser alone that was sent.

use super::{
    SignIn,
    issuers::{self, Unverified},
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protoedge_oauth::{Claims, Expected, Form, Jwt, Provider, TokenAnswer, challenge};
use protoedge_registry::{Role, accounts::Identity};
use protoedge_sdk::OwnerName;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// The largest answer of a provider, in bytes: tokens of persons in hundreds of groups.
const LARGEST: usize = 256 * 1024;

/// Where providers send browsers back to, below the registry's address.
pub(crate) const CALLBACK: &str = "/-/login/callback";

/// A sign-in that is under way, as the browser keeps it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Attempt {
    secret: String,
}

impl Attempt {
    /// Takes a secret: 64 hexadecimal digits.
    pub(crate) fn of(secret: &str) -> Option<Self> {
        let is_one = secret.len() == 64 && secret.bytes().all(|it| it.is_ascii_hexdigit());
        is_one.then(|| Self { secret: secret.to_owned() })
    }

    fn part(&self, name: &str) -> String {
        hex::encode(Sha256::digest(format!("{name} {}", self.secret)))
    }

    fn state(&self) -> String {
        self.part("state")
    }

    fn nonce(&self) -> String {
        self.part("nonce")
    }

    fn verifier(&self) -> String {
        self.part("verifier")
    }
}

/// Who has signed in at the provider, and what it says of this person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Person {
    /// Who it is there.
    pub(crate) identity: Identity,
    /// The name that the person has there.
    pub(crate) wished: String,
    /// What the person's groups give here.
    pub(crate) roles: BTreeMap<OwnerName, Role>,
}

/// Where a browser is sent to sign in.
///
/// # Errors
/// [`Kind::Trouble`] where the provider cannot be asked.
pub(crate) async fn authorization_url<P: Platform>(
    context: &Context<P>,
    settings: &SignIn,
    attempt: &Attempt,
) -> Result<String, Problem> {
    let provider = provider(context, settings).await?;
    let redirect = format!("{}{CALLBACK}", context.config.public_url);
    let (state, nonce) = (attempt.state(), attempt.nonce());
    let challenge = challenge(&attempt.verifier());
    let url = provider.authorization_url(&[
        ("response_type", "code"),
        ("client_id", &settings.client_id),
        ("redirect_uri", &redirect),
        ("scope", &settings.scopes),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    url.ok_or_else(|| trouble("it names no address to sign in at"))
}

/// Who has signed in, by what the browser came back with.
///
/// # Errors
/// [`Kind::Malformed`] for what was not sent for here, [`Kind::Forbidden`] for a person who may not, [`Kind::Trouble`] where the provider
/// cannot be asked or answers what is not to be believed.
pub(crate) async fn person<P: Platform>(
    context: &Context<P>,
    settings: &SignIn,
    attempt: &Attempt,
    answer: &Form,
) -> Result<Person, Problem> {
    let state = answer.get("state").unwrap_or_default();
    if !bool::from(state.as_bytes().ct_eq(attempt.state().as_bytes())) {
        return Err(begin_anew());
    }
    let provider = provider(context, settings).await?;
    // RFC 9207: what one provider sends is not taken for another's.
    let issuer = answer.get("iss");
    if issuer.is_some_and(|it| it != settings.issuer.as_str())
        || (provider.names_itself && issuer.is_none())
    {
        return Err(begin_anew());
    }
    if let Some(error) = answer.get("error") {
        let words = answer.get("error_description").unwrap_or(error);
        let words: String = words.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(Problem::new(
            Kind::Forbidden,
            format!("the identity provider let nobody in: {words}"),
        ));
    }
    let code = answer.get("code").ok_or_else(begin_anew)?;
    let tokens = tokens(context, settings, &provider, attempt, code).await?;
    let claims = claims(context, settings, &provider, attempt, &tokens).await?;
    read(settings, &claims)
}

/// What is said of a sign-in that this browser did not begin, or too long ago.
pub(crate) fn begin_anew() -> Problem {
    Problem::new(
        Kind::Malformed,
        "this sign-in was not begun in this browser, or more than ten minutes ago: begin anew",
    )
}

fn trouble(why: impl std::fmt::Display) -> Problem {
    Problem::new(Kind::Trouble, format!("the identity provider cannot be used: {why}"))
}

async fn provider<P: Platform>(
    context: &Context<P>,
    settings: &SignIn,
) -> Result<std::rc::Rc<Provider>, Problem> {
    issuers::provider(context, &settings.issuer).await.map_err(trouble)
}

/// Changes the code for tokens (RFC 6749, 4.1.3).
async fn tokens<P: Platform>(
    context: &Context<P>,
    settings: &SignIn,
    provider: &Provider,
    attempt: &Attempt,
    code: &str,
) -> Result<TokenAnswer, Problem> {
    let url = provider.token.as_deref().ok_or_else(|| trouble("it names no address for tokens"))?;
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (id, secret) = (encoded(&settings.client_id), encoded(settings.secret()));
    let redirect = encoded(&format!("{}{CALLBACK}", context.config.public_url));
    let mut body = format!(
        "grant_type=authorization_code&code={}&redirect_uri={redirect}&code_verifier={}",
        encoded(code),
        attempt.verifier()
    );
    let mut headers = vec![
        ("content-type", Form::MEDIA_TYPE.to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    if provider.takes_secret_in_body {
        body += &format!("&client_id={id}&client_secret={secret}");
    } else {
        headers
            .push(("authorization", format!("Basic {}", BASE64.encode(format!("{id}:{secret}")))));
    }
    let answer = context.platform.ask(url, &headers, body.into_bytes(), LARGEST).await;
    let answer = answer.map_err(trouble)?;
    match answer.status {
        200 => TokenAnswer::parse(&answer.body).ok_or_else(|| trouble("it gives no ID token")),
        // A code that was used, for instance: a page that was loaded again.
        400..=499 => Err(Problem::new(
            Kind::Malformed,
            format!(
                "the identity provider does not take this sign-in ({}): begin anew",
                error_code(&answer.body)
            ),
        )),
        status => Err(trouble(format!("it answers {status}"))),
    }
}

/// The code of an OAuth error, if it has the form of one: its description may hold anything.
fn error_code(body: &[u8]) -> String {
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let code = answer["error"].as_str().unwrap_or_default();
    let is_code = code.len() <= 50 && code.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    if is_code && !code.is_empty() { code.to_owned() } else { "no reason given".to_owned() }
}

/// What the provider says of the person: in the ID token, and at its UserInfo endpoint where that lacks something.
async fn claims<P: Platform>(
    context: &Context<P>,
    settings: &SignIn,
    provider: &Provider,
    attempt: &Attempt,
    tokens: &TokenAnswer,
) -> Result<Claims, Problem> {
    let unbelievable = |why: String| trouble(format!("its ID token is not to be believed: {why}"));
    let jwt = Jwt::parse(&tokens.id_token).map_err(|error| unbelievable(error.to_string()))?;
    issuers::verify(context, &settings.issuer, &jwt).await.map_err(|error| match error {
        Unverified::Bad(why) => unbelievable(why),
        Unverified::Trouble(why) => trouble(why),
    })?;
    let mut claims = jwt.into_claims();
    let nonce = attempt.nonce();
    let expected = Expected {
        issuer: settings.issuer.as_str(),
        audience: &settings.client_id,
        nonce: Some(&nonce),
        now: context.store.now().millis() / 1000,
    };
    claims.check(&expected).map_err(|error| unbelievable(error.to_string()))?;
    let lacks = |needed: bool, name: &str| needed && !claims.has(name);
    let lacks_something = lacks(true, &settings.name_claim)
        || lacks(settings.heeds_groups(), &settings.groups_claim)
        || lacks(!settings.mail_domains.is_empty(), "email")
        || lacks(!settings.mail_domains.is_empty(), "email_verified");
    if let (true, Some(url), Some(token)) =
        (lacks_something, &provider.user_info, &tokens.access_token)
    {
        let more = user_info(context, url, token).await?;
        // Core, 5.3.2: it may be about somebody else.
        if more.subject() != claims.subject() {
            return Err(trouble("its answers are about two persons"));
        }
        claims.complete(more);
    }
    Ok(claims)
}

async fn user_info<P: Platform>(
    context: &Context<P>,
    url: &str,
    token: &str,
) -> Result<Claims, Problem> {
    let headers =
        [("accept", "application/json".to_owned()), ("authorization", format!("Bearer {token}"))];
    let fetched = context.platform.fetch(url, &headers, LARGEST).await.map_err(trouble)?;
    if fetched.status != 200 {
        return Err(trouble(format!("{url} answers {}", fetched.status)));
    }
    Claims::of_user_info(&fetched.body)
        .ok_or_else(|| trouble(format!("{url} answers no JSON object")))
}

/// Reads what verified claims say.
fn read(settings: &SignIn, claims: &Claims) -> Result<Person, Problem> {
    check_mail(settings, claims)?;
    let subject = claims.subject().ok_or_else(|| trouble("it does not say who has signed in"))?;
    let identity = Identity { issuer: settings.issuer.to_string(), subject: subject.to_owned() };
    let wished = claims.text(&settings.name_claim).unwrap_or_default();
    // Names of some providers are mail addresses.
    let wished = wished.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let wished: String = wished.chars().take(100).collect();
    let groups = claims.texts(&settings.groups_claim);
    Ok(Person { identity, wished, roles: settings.roles(&groups) })
}

/// Makes sure that a person's mail address is of a domain that may sign in, and the person's own by the provider's word.
fn check_mail(settings: &SignIn, claims: &Claims) -> Result<(), Problem> {
    if settings.mail_domains.is_empty() {
        return Ok(());
    }
    let domain = claims.text("email").and_then(|it| it.rsplit_once('@')).map(|(_, domain)| domain);
    let is_allowed =
        domain.is_some_and(|it| settings.mail_domains.contains(&it.to_ascii_lowercase()));
    if is_allowed && claims.is_true("email_verified") {
        return Ok(());
    }
    let domains: Vec<&str> = settings.mail_domains.iter().map(String::as_str).collect();
    Err(Problem::new(
        Kind::Forbidden,
        format!(
            "only persons with a verified mail address of {} may sign in here",
            domains.join(" or ")
        ),
    ))
}
