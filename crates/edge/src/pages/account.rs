use super::{
    call::{Caller, form, time},
    reply::{html, onward},
};
use crate::{context::Answer, http::Request, platform::Platform, sign_in::cookies::Cookie};
use protoedge_pages::Account;
use protoedge_registry::accounts::{self, SignedInBy};

/// `account`.
pub(super) fn account<P: Platform>(caller: &Caller<'_, P>) -> Answer<P> {
    let session = &caller.signed_in.session;
    let signed_in_by = match &session.by {
        SignedInBy::Identity(_) => "at the identity provider",
        SignedInBy::Token(_) => "with a token",
        SignedInBy::Administrator(_) => "with the administrators' token",
    };
    let account = Account {
        name: caller.user().name.to_string(),
        signed_in_by: signed_in_by.into(),
        since: time(session.created),
        until: time(session.expires),
    };
    Ok(html(200, protoedge_pages::account(&caller.frame(), &account)))
}

/// `logout`.
pub(super) async fn sign_out<P: Platform>(
    caller: &Caller<'_, P>,
    request: Request<P::Body>,
) -> Answer<P> {
    let store = &caller.context.store;
    let form = form(caller.context, request).await?;
    match form.get("everywhere") {
        Some(_) => accounts::end_sessions(store, caller.user(), &caller.user().name).await?,
        None => accounts::end_session(store, caller.user(), &caller.signed_in.session).await?,
    }
    Ok(onward("/-/login", [Cookie::Session.clear()]))
}
