use super::problem::Problem;
use crate::http::Request;

/// Refuses methods other than GET and HEAD.
pub(crate) fn reading<B>(request: &Request<B>) -> Result<(), Problem> {
    allow(request, &["GET", "HEAD"])
}

/// Refuses methods other than these.
pub(crate) fn allow<B>(request: &Request<B>, methods: &[&str]) -> Result<(), Problem> {
    if methods.contains(&request.method.as_str()) {
        return Ok(());
    }
    Err(Problem::method(&request.path, methods, &request.method))
}
