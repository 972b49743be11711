use super::{
    call::{Caller, form, is_sent, new_token, shown, time},
    reply::{html, onward},
};
use crate::{
    config::Config, context::Answer, http::Request, platform::Platform, reply::problem::Problem,
};
use protoedge_pages::{NewSecret, Tokens};
use protoedge_registry::{Error, TokenId, TokenRecord, TokenText, accounts};
use protoedge_sdk::OwnerName;

/// `tokens`.
pub(super) async fn tokens<P: Platform>(
    caller: &Caller<'_, P>,
    request: Request<P::Body>,
) -> Answer<P> {
    let (store, user) = (&caller.context.store, caller.user());
    if user.is_admin {
        let words = "the administrators' token is nobody's: sign in as a person to have tokens";
        return Err(Problem::new(crate::reply::problem::Kind::Precondition, words));
    }
    if !is_sent(&request) {
        let tokens = accounts::list_tokens(store, user, &user.name).await?;
        let tokens = tokens.iter().map(shown).collect();
        return Ok(html(200, protoedge_pages::tokens(&caller.frame(), &Tokens { tokens })));
    }
    let new = new_token(&form(caller.context, request).await?, store.now())?;
    let (text, record) = accounts::create_token(store, user, &user.name, &new).await?;
    let page = secret(&caller.context.config, &text, &record, "/-/tokens");
    Ok(html(200, protoedge_pages::new_secret(&caller.frame(), &page)))
}

/// A token that was just made, with the lines that programs need.
pub(super) fn secret(
    config: &Config,
    text: &TokenText,
    record: &TokenRecord,
    back: &str,
) -> NewSecret {
    let place = config.public_url.split_once("://").map_or("", |(_, place)| place);
    NewSecret {
        token: text.expose().to_owned(),
        user: record.user.to_string(),
        host: place.split('/').next().unwrap_or(place).to_owned(),
        npm_place: format!("{place}/gen/npm/v1/"),
        npm_scope: config.hosts.npm_scope.clone(),
        npm_registry: format!("{}/gen/npm/v1/", config.public_url),
        expires: time(record.expires),
        back: back.to_owned(),
    }
}

/// `tokens/{id}/revoke`.
pub(super) async fn revoke<P: Platform>(caller: &Caller<'_, P>, id: &str) -> Answer<P> {
    revoke_of(caller, &caller.user().name, id).await?;
    Ok(onward("/-/tokens", []))
}

/// Revokes a token of a person's or a robot's.
pub(super) async fn revoke_of<P: Platform>(
    caller: &Caller<'_, P>,
    of: &OwnerName,
    id: &str,
) -> Result<(), Problem> {
    let missing = || Error::NoToken { user: of.clone(), id: id.into() };
    let id = TokenId::parse(id).ok_or_else(missing)?;
    Ok(accounts::revoke_token(&caller.context.store, caller.user(), of, &id).await?)
}
