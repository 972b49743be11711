use crate::{
    auth::RateLimitKey,
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};

/// Counts a request that nobody has signed in for, and that costs something: apart from what the same address has generated.
///
/// # Errors
/// [`Kind::TooMany`] for an address that asks too often.
pub(crate) async fn count<P: Platform>(
    context: &Context<P>,
    key: &RateLimitKey,
) -> Result<(), Problem> {
    if let Some(key) = key.text(context).await?
        && !context.platform.may_order(&format!("sign-in {key}")).await
    {
        let words = "too many sign-ins from this address: try again in a minute";
        return Err(Problem::new(Kind::TooMany, words));
    }
    Ok(())
}
