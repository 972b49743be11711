//! A page as it is sent: as HTML, or as JSON where a program asks so.

use crate::{
    http::{Draft, Reply, Request},
    reply::{
        Cache, Lifetime, Reader, Source,
        page::{HTML, guarded},
        problem::{Kind, Problem},
        text::text,
    },
};
use protoedge_oauth::Form;
use protoedge_pages::{Frame, Page};
use protoedge_registry::{Audience, Grant};

/// What stands behind `?` in an address of a page. What cannot be read is as if it were not there: a page is a page with any of it.
#[derive(Debug, Default)]
pub(super) struct Query(Form);

impl Query {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let query = request.query.as_deref().unwrap_or_default();
        Self(Form::parse(query).unwrap_or_default())
    }

    /// A field that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }
}

/// How the reader of a page, and of what is wrong with it, wants to have it.
pub(crate) fn reader<B>(request: &Request<B>) -> Reader {
    match Query::of(request).get("format") {
        Some("json") => Reader::Json,
        Some(_) | None => Reader::Browser,
    }
}

/// Who may keep a page, and whether search engines may show it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kept {
    /// It is the same to everybody, and asked for again each time.
    ByAll,
    /// The same, and search engines leave it out: it shows what another page shows, or an old state.
    ByAllUnindexed,
    /// Something on it is about to change.
    ByNobody,
    /// It is for one viewer.
    ForViewer,
}

impl Kept {
    /// A page of a module; `is_current` where it shows what the module is now.
    pub(super) fn of(module: &Grant, is_current: bool) -> Self {
        match (module.audience(), is_current) {
            (Audience::Viewer, _) => Self::ForViewer,
            (Audience::Everyone, true) => Self::ByAll,
            (Audience::Everyone, false) => Self::ByAllUnindexed,
        }
    }

    /// The same page while something on it is about to change.
    pub(super) fn changing(self) -> Self {
        match self {
            Self::ForViewer => Self::ForViewer,
            Self::ByAll | Self::ByAllUnindexed | Self::ByNobody => Self::ByNobody,
        }
    }

    /// What caches are told.
    pub(super) fn cache(self) -> Cache {
        match self {
            Self::ByAll | Self::ByAllUnindexed => Cache::without_module(Lifetime::Revalidated),
            Self::ByNobody => Cache::NO_STORE,
            Self::ForViewer => Cache::FOR_VIEWER,
        }
    }
}

/// A page.
///
/// # Errors
/// None but for a model that has no form in JSON, which none is.
pub(super) fn shown<D>(
    request: &Request<impl Sized>,
    page: &impl Page,
    kept: Kept,
) -> Result<Reply<D>, Problem> {
    shown_in(request, page, kept, Frame::default())
}

/// [`shown`] with something of its frame said.
///
/// # Errors
/// As [`shown`].
pub(super) fn shown_in<D>(
    request: &Request<impl Sized>,
    page: &impl Page,
    kept: Kept,
    frame: Frame,
) -> Result<Reply<D>, Problem> {
    let (body, media_type) = match reader(request) {
        Reader::Json => {
            let json = serde_json::to_string(page);
            let trouble = |error: serde_json::Error| Problem::new(Kind::Trouble, error.to_string());
            (json.map_err(trouble)?, "application/json")
        }
        Reader::Browser | Reader::Go | Reader::Buf => {
            let frame = Frame { is_indexed: kept == Kept::ByAll, ..frame };
            (page.html(&frame), HTML)
        }
    };
    let reply = match kept {
        Kept::ByAll | Kept::ByAllUnindexed => text(request, body, &kept.cache(), media_type),
        Kept::ByNobody | Kept::ForViewer => {
            Draft::bytes(200, media_type, body).cached(&kept.cache(), Source::Computed)
        }
    };
    Ok(guarded(reply))
}
