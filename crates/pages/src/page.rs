use crate::frame::Frame;
use serde::Serialize;

/// What a page shows: the same as HTML, and as JSON for programs (`?format=json`).
pub trait Page: Serialize {
    /// The document.
    fn html(&self, frame: &Frame) -> String;
}
