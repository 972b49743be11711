/// What every page has: who looks at it and what was just said to them.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The name of the person who is signed in; none where nobody is.
    pub user: Option<String>,
    /// Why what was just asked for was not done.
    pub error: Option<String>,
}
