use crate::{
    frame::Frame,
    layout::{Place, document},
};
use maud::html;

/// A page that says why there is no other one.
#[derive(Clone, Debug)]
pub struct PageProblem {
    /// The HTTP status.
    pub status: u16,
    /// A sentence that says what to do.
    pub message: String,
}

/// The page.
pub fn problem(frame: &Frame, problem: &PageProblem) -> String {
    let title = match problem.status {
        401 => "Sign in first",
        403 => "Not allowed",
        404 => "There is no such page",
        429 => "Too much at once",
        451 => "Withheld",
        500.. => "The registry is in trouble",
        _ => "That did not work",
    };
    let content = html! {
        h1 { (title) }
        p { (problem.message) }
        // The same for what is missing and for what is not to be seen.
        @if matches!(problem.status, 401 | 404) { p { a href="/-/login" { "Sign in" } } }
        p { a href="/" { "To the start" } }
    };
    document(frame, title, Place::Elsewhere, &content)
}
