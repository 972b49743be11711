use crate::{
    config::Config,
    http::Request,
    reply::problem::{Kind, Problem},
};
use protoedge_oauth::origin;

/// Makes sure that a form was sent by a page of this registry: browsers say where it was (Fetch Metadata), older ones its origin.
///
/// # Errors
/// [`Kind::Forbidden`] for one from elsewhere, and where the browser says neither.
pub(crate) fn check<B>(config: &Config, request: &Request<B>) -> Result<(), Problem> {
    let is_own = match (request.header("sec-fetch-site"), request.header("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(given)) => origin(&config.public_url).is_some_and(|own| own == given),
        (None, None) => false,
    };
    if is_own {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Forbidden,
        format!(
            "this form was not sent by a page of this registry: open {} and begin anew",
            config.public_url
        ),
    ))
}
