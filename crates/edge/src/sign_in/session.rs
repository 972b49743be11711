use crate::{
    context::Context, http::Request, platform::Platform, reply::problem::Problem,
    sign_in::cookies::Cookie,
};
use protoedge_registry::accounts::{self, SessionText, SignedIn, SignedInBy};
use protoedge_sdk::OwnerName;

/// Who is signed in, if anybody is. `is_change` looks at the session as it is now.
///
/// # Errors
/// If the bucket does not say.
pub(crate) async fn of<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
    is_change: bool,
) -> Result<Option<SignedIn>, Problem> {
    let Some(text) = Cookie::Session.of(request).and_then(SessionText::parse) else {
        return Ok(None);
    };
    let found = match is_change {
        true => accounts::signed_in_now(&context.store, &text).await?,
        false => accounts::signed_in(&context.store, &text).await?,
    };
    // One of an administrators' token that is no longer set opens nothing.
    Ok(found.filter(|it| match &it.session.by {
        SignedInBy::Administrator(code) => {
            context.config.admin_tokens.codes(text.expose()).any(|known| known == *code)
        }
        SignedInBy::Identity(_) | SignedInBy::Token(_) => true,
    }))
}

/// Begins a session of a person who has signed in; the header that gives it to the browser.
///
/// # Errors
/// If the bucket fails.
pub(crate) async fn begin<P: Platform>(
    context: &Context<P>,
    user: &OwnerName,
    by: SignedInBy,
) -> Result<String, Problem> {
    begin_with(context, &accounts::draw_session(&context.store), user, by).await
}

/// [`begin`] of an administrator, who has shown this token.
///
/// # Errors
/// If the bucket fails.
pub(crate) async fn begin_administrators<P: Platform>(
    context: &Context<P>,
    user: &OwnerName,
    token: &str,
) -> Result<String, Problem> {
    let text = accounts::draw_session(&context.store);
    let code = crate::admin_tokens::code(token, text.expose());
    begin_with(context, &text, user, SignedInBy::Administrator(code)).await
}

async fn begin_with<P: Platform>(
    context: &Context<P>,
    text: &SessionText,
    user: &OwnerName,
    by: SignedInBy,
) -> Result<String, Problem> {
    let session = accounts::begin_session(&context.store, text, user, by).await?;
    let lasts = session.expires.since(session.created);
    Ok(Cookie::Session.set(text.expose(), lasts))
}
