/// What every page has: who looks at it and what was just said to them.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The name of the person who is signed in, on pages that only that person sees; none on those that everybody sees alike.
    pub user: Option<String>,
    /// Why what was just asked for was not done.
    pub error: Option<String>,
    /// What is in the field of the search.
    pub search: String,
    /// Whether search engines may show it: not what repeats what another page shows, and nothing private.
    pub is_indexed: bool,
}
