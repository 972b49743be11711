//! A job of continuous integration shows a token that its system has signed, and gets one of a robot's for some minutes. Of why it
//! gets none, only the log says something: who guesses must not learn which robots there are, and what they trust.

use super::request::{Refusal, check_grant, form, needed};
use crate::{
    auth::RateLimitKey,
    context::Context,
    http::Request,
    platform::Platform,
    sign_in::{
        budget,
        issuers::{self, Unverified},
    },
};
use protoedge_oauth::{
    ACCESS_TOKEN_TYPE, EXCHANGE_GRANT, ErrorCode, Expected, Form, ID_TOKEN_TYPE, Jwt,
};
use protoedge_registry::{
    Credentials, Error,
    accounts::{self, Trust},
};
use protoedge_sdk::OwnerName;
use serde_json::{Value, json};

/// The fields of a request. Others of the RFC would ask for what is not done here, and are refused as what they are.
const FIELDS: [&str; 4] = ["account", "grant_type", "subject_token", "subject_token_type"];

/// `token`.
pub(super) async fn token<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Result<Value, Refusal> {
    let key = RateLimitKey::of(Credentials::None, &request);
    let form = form(context, request).await?;
    check_grant(&form, EXCHANGE_GRANT)?;
    check_fields(&form)?;
    budget::count(context, &key).await?;
    let token = needed(&form, "subject_token")?;
    let robot = needed(&form, "account")?.parse().map_err(|_| denied("no robot has this name"))?;
    let trust = trust(context, &robot, token).await?;
    let (text, record) =
        accounts::exchange(&context.store, &robot, &trust).await.map_err(refused)?;
    Ok(json!({
        "access_token": text.expose(), "issued_token_type": ACCESS_TOKEN_TYPE, "token_type": "Bearer",
        "expires_in": record.expires.since(record.created).as_secs(), "scope": record.scope,
    }))
}

fn check_fields(form: &Form) -> Result<(), Refusal> {
    if let Some(other) = form.names().find(|name| !FIELDS.contains(name)) {
        let shown: String = other.chars().filter(|c| !c.is_control()).take(40).collect();
        let words = format!("the field {shown:?} is not taken here");
        return Err(Refusal::new(ErrorCode::InvalidRequest, words));
    }
    if needed(form, "subject_token_type")? != ID_TOKEN_TYPE {
        let words = format!("the only type of token taken here is {ID_TOKEN_TYPE}");
        return Err(Refusal::new(ErrorCode::InvalidRequest, words));
    }
    Ok(())
}

fn denied(why: impl Into<String>) -> Refusal {
    Refusal::mute(ErrorCode::InvalidGrant, why)
}

fn refused(error: Error) -> Refusal {
    match error {
        Error::Bucket(_) => error.into(),
        Error::TooManyTokens { .. } => Refusal::new(ErrorCode::SlowDown, error.to_string()),
        other => denied(other.to_string()),
    }
}

/// What a robot trusts a token for. Whether its issuer has signed it, and for us, is looked at before the robot is: whoever has no such
/// token learns nothing of robots, not even by the time that it takes.
async fn trust<P: Platform>(
    context: &Context<P>,
    robot: &OwnerName,
    token: &str,
) -> Result<Trust, Refusal> {
    let jwt = Jwt::parse(token).map_err(|error| denied(error.to_string()))?;
    let issuer = jwt.unverified_claims().issuer();
    let issuer = issuer.and_then(|it| context.config.trusted_issuers.get(it));
    let issuer = issuer.ok_or_else(|| denied("its issuer is not allowed"))?.clone();
    let audience = context.config.audience();
    let expected = Expected {
        issuer: issuer.as_str(),
        audience: &audience,
        nonce: None,
        now: context.store.now().millis() / 1000,
    };
    jwt.unverified_claims().check(&expected).map_err(|error| denied(error.to_string()))?;
    issuers::verify(context, &issuer, &jwt).await.map_err(|error| match error {
        Unverified::Bad(why) => denied(why),
        Unverified::Trouble(why) => Refusal {
            logged: Some(why),
            ..Refusal::new(ErrorCode::ServerError, "the issuer's keys cannot be had: try again")
        },
    })?;
    let claims = jwt.into_claims();
    let is_said = |trust: &Trust| {
        let mut all = trust.claims.iter();
        trust.issuer == issuer.as_str()
            && all.all(|(name, value)| claims.comparable(name).as_ref() == Some(value))
    };
    let trusts = accounts::trusts_of(&context.store, robot).await?;
    let trust = trusts.into_iter().find(is_said);
    trust.ok_or_else(|| denied("the robot trusts nothing that the token says"))
}
