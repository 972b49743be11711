use crate::{
    accounts::endpoint::Endpoint,
    oauth2::OAuthCall,
    pages::{Page, RegistryPage},
};
use protoedge_archive::ArchiveRequest;
use protoedge_bufapi::connect::Rpc;
use protoedge_gomod::ProxyRequest;
use protoedge_npm::RegistryRequest;
use protoedge_pypi::IndexRequest;
#[cfg(feature = "test-ecosystem")]
use protoedge_sdk::TestRequest;
use std::str::FromStr;

/// What a path stands for. Deciding is pure and total; acting on a route is one `match`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Route {
    /// A GOPROXY request.
    Go(ProxyRequest),
    /// `?go-get=1` below `/gen/go/`, for the rest of the path.
    GoGet(String),
    /// Below `/gen/go/`, but nothing that a proxy serves. go asks for many such paths.
    GoForeign,
    /// The address of the proxy itself.
    GoHome,
    /// An npm request.
    Npm(RegistryRequest),
    /// The address of the npm registry itself.
    NpmHome,
    /// Below `/gen/npm/`, but nothing that a registry serves.
    NpmForeign,
    /// A request of a simple index.
    Python(IndexRequest),
    /// Below `/gen/python/`, but nothing that an index serves.
    PythonForeign,
    /// A request for an archive.
    Archive(ArchiveRequest),
    /// Below `/gen/archive/`, but no archive.
    ArchiveForeign,
    /// A request below `/gen/test/`, if it is one.
    #[cfg(feature = "test-ecosystem")]
    Test(Option<TestRequest>),
    /// A call of the buf CLI.
    Rpc(Rpc),
    /// A call of the buf CLI that we do not have.
    UnknownRpc,
    /// A generator's call.
    Job {
        /// The job's id.
        job: String,
        /// What it wants.
        call: JobCall,
    },
    /// A call below `/oauth2/`.
    OAuth(OAuthCall),
    /// Below `/oauth2/`, but nothing that is called there.
    OAuthForeign,
    /// A page of signing in, or of what somebody has.
    Page(Page),
    /// A page about what is in the registry.
    RegistryPage(RegistryPage),
    /// A call below `/-/api/`.
    Api(Endpoint),
    /// `POST /-/admin/tokens`.
    Tokens,
    /// `PUT /-/admin/catalogue`.
    Catalogue,
    /// `POST /-/admin/attempts`.
    Attempts,
    /// `POST /-/admin/purges`.
    Purges,
    /// `GET`, `POST` and `DELETE /-/admin/takedowns`.
    Takedowns,
    /// `GET`, `PUT`, `POST` and `DELETE /-/admin/mirrors`.
    Mirrors,
    /// `POST /-/admin/move-ins`.
    MoveIns,
    /// `GET /-/renovate.json`.
    Renovate,
    /// Anything else.
    Foreign,
}

/// What a generator calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JobCall {
    /// `GET sources/{n}`.
    Sources(usize),
    /// `GET deps/{n}`: a file of another SDK, which this one is compiled against.
    Dep(usize),
    /// `POST alive`.
    Alive,
    /// `POST failure`.
    Failure,
    /// `PUT contents`.
    Contents,
    /// `PUT artifact/{file}`: one of the files that the SDK consists of.
    Artifact(String),
}

impl Route {
    /// Reads a path, percent-encoded as it came, with what is behind `?`.
    pub fn parse(path: &str, query: Option<&str>) -> Self {
        match path {
            "/gen/go" => return Self::GoHome,
            "/gen/npm/v1" | "/gen/npm/v1/" => return Self::NpmHome,
            "/gen/python" => return Self::Python(IndexRequest::Projects),
            _ => {}
        }
        if let Some(rest) = path.strip_prefix("/gen/go/") {
            return Self::go(rest, query);
        }
        if let Some(rest) = path.strip_prefix("/gen/npm/v1/") {
            return RegistryRequest::parse(rest).map_or(Self::NpmForeign, Self::Npm);
        }
        if let Some(rest) = path.strip_prefix("/gen/python/") {
            return IndexRequest::parse(rest).map_or(Self::PythonForeign, Self::Python);
        }
        if let Some(rest) = path.strip_prefix("/gen/archive/") {
            return ArchiveRequest::parse(rest).map_or(Self::ArchiveForeign, Self::Archive);
        }
        #[cfg(feature = "test-ecosystem")]
        if let Some(rest) = path.strip_prefix("/gen/test/") {
            return Self::Test(TestRequest::parse(rest));
        }
        if path.starts_with("/gen/npm/") {
            return Self::NpmForeign;
        }
        if let Some(rest) = path.strip_prefix("/-/jobs/") {
            return Self::job(rest).unwrap_or(Self::Foreign);
        }
        if let Some(rest) = path.strip_prefix("/-/api/") {
            return Endpoint::parse(rest).map_or(Self::Foreign, Self::Api);
        }
        if path.starts_with("/oauth2/") {
            return OAuthCall::parse(path).map_or(Self::OAuthForeign, Self::OAuth);
        }
        if let Some(page) = Page::parse(path) {
            return Self::Page(page);
        }
        match path {
            "/-/admin/tokens" => Self::Tokens,
            "/-/admin/catalogue" => Self::Catalogue,
            "/-/admin/attempts" => Self::Attempts,
            "/-/admin/purges" => Self::Purges,
            "/-/admin/takedowns" => Self::Takedowns,
            "/-/admin/mirrors" => Self::Mirrors,
            "/-/admin/move-ins" => Self::MoveIns,
            "/-/renovate.json" => Self::Renovate,
            _ => match Rpc::parse(path) {
                Some(rpc) => Self::Rpc(rpc),
                None if Rpc::looks_like_one(path) => Self::UnknownRpc,
                None => RegistryPage::parse(path).map_or(Self::Foreign, Self::RegistryPage),
            },
        }
    }

    fn go(rest: &str, query: Option<&str>) -> Self {
        if query.is_some_and(|query| query.split('&').any(|pair| pair == "go-get=1")) {
            return Self::GoGet(rest.into());
        }
        if rest.is_empty() {
            return Self::GoHome;
        }
        ProxyRequest::parse(rest).map_or(Self::GoForeign, Self::Go)
    }

    fn job(rest: &str) -> Option<Self> {
        let (job, call) = rest.split_once('/').filter(|(job, _)| !job.is_empty())?;
        let call = match call {
            "alive" => JobCall::Alive,
            "failure" => JobCall::Failure,
            "contents" => JobCall::Contents,
            other => match other.split_once('/')? {
                ("artifact", file) => JobCall::Artifact(file.into()),
                ("sources", n) => JobCall::Sources(number(n)?),
                ("deps", n) => JobCall::Dep(number(n)?),
                _ => return None,
            },
        };
        Some(Self::Job { job: job.into(), call })
    }
}

/// Reads a number as it is printed: `+1` and `01` are other texts for 1.
fn number<N: FromStr + ToString>(text: &str) -> Option<N> {
    text.parse().ok().filter(|number: &N| number.to_string() == text)
}

/// The redirect that led a waiting client to a request: `?w={number}.{nonce}`. The nonce keeps caches that
/// collapse requests for one URL from making clients wait for each other.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Redirect {
    /// 0 for a request that no redirect led to.
    pub number: u32,
    /// The client's own.
    pub nonce: Option<String>,
}

impl Redirect {
    /// Reads a query. `None` for a redirect that is in no reply of ours.
    pub fn parse(query: Option<&str>, max: u32) -> Option<Self> {
        let Some(pair) = Self::find(query) else { return Some(Self::default()) };
        let (number, nonce) = pair.split_once('.')?;
        let is_nonce = nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit());
        let number = self::number(number).filter(|number| (1..=max).contains(number))?;
        is_nonce.then(|| Self { number, nonce: Some(nonce.into()) })
    }

    /// What a query says of a redirect, well-formed or not.
    pub fn find(query: Option<&str>) -> Option<&str> {
        query?.split('&').find_map(|pair| pair.strip_prefix("w="))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_total() {
        let go = |path: &str| matches!(Route::parse(path, None), Route::Go(_));
        assert!(go("/gen/go/reg.example.com/gen/go/a/b/c/d/@v/list"));
        assert_eq!(Route::parse("/gen/go/whatever", None), Route::GoForeign);
        let sumdb = "/gen/go/sumdb/sum.example.com/supported";
        assert_eq!(Route::parse(sumdb, None), Route::GoForeign);
        assert_eq!(
            Route::parse("/gen/go/a/b/c/d", Some("go-get=1")),
            Route::GoGet("a/b/c/d".into())
        );
        assert!(matches!(Route::parse("/gen/npm/v1/@s%2fp", None), Route::Npm(_)));
        for path in ["/gen/go", "/gen/go/"] {
            assert_eq!(Route::parse(path, None), Route::GoHome, "{path}");
        }
        for path in ["/gen/npm/v1", "/gen/npm/v1/"] {
            assert_eq!(Route::parse(path, None), Route::NpmHome, "{path}");
        }
        assert_eq!(Route::parse("/gen/npm/", None), Route::NpmForeign);
        assert_eq!(Route::parse("/gen/npm/v1/p", None), Route::NpmForeign);
        assert_eq!(Route::parse("/gen/npm/v2/@s/p", None), Route::NpmForeign);
        assert!(matches!(Route::parse(Rpc::GetModules.path(), None), Route::Rpc(_)));
        let unknown = "/buf.registry.module.v1.ModuleService/Unknown";
        assert_eq!(Route::parse(unknown, None), Route::UnknownRpc);
        assert_eq!(
            Route::parse("/-/jobs/j1/sources/2", None),
            Route::Job { job: "j1".into(), call: JobCall::Sources(2) }
        );
        assert_eq!(
            Route::parse("/-/jobs/j1/deps/0", None),
            Route::Job { job: "j1".into(), call: JobCall::Dep(0) }
        );
        for call in OAuthCall::ALL {
            assert_eq!(Route::parse(call.path(), None), Route::OAuth(call));
        }
        assert_eq!(Route::parse("/oauth2/other", None), Route::OAuthForeign);
        assert_eq!(Route::parse("/-/login", None), Route::Page(Page::SignIn));
        assert_eq!(Route::parse("/-/api/audit", None), Route::Api(Endpoint::Audit));
        assert_eq!(Route::parse("/-/renovate.json", None), Route::Renovate);
        for path in [
            "",
            "/x",
            "/-/jobs/j1",
            "/-/jobs//alive",
            "/-/jobs/j1/sources/x",
            "/-/jobs/j1/sources/+2",
            "/-/jobs/j1/sources/02",
            "/-/jobs/j1/other",
            "/gen",
            "/gen/",
            "/-/api/",
            "/-/renovate",
            "/-/renovate.json/",
            "/-/api/users/A!/tokens",
        ] {
            assert_eq!(Route::parse(path, None), Route::Foreign, "{path}");
        }
    }

    #[test]
    fn redirects_are_those_of_our_replies() {
        let nonce = "0123456789abcdef0123456789abcdef";
        assert_eq!(Redirect::parse(None, 9), Some(Redirect::default()));
        assert_eq!(Redirect::parse(Some("x=1"), 9), Some(Redirect::default()));
        let redirect = Redirect::parse(Some(&format!("w=9.{nonce}")), 9).unwrap();
        assert_eq!((redirect.number, redirect.nonce.as_deref()), (9, Some(nonce)));
        for bad in ["w=", "w=1", "w=1.", "w=0.x", "w=999", "w=1.xyz"] {
            assert_eq!(Redirect::parse(Some(bad), 9), None, "{bad}");
        }
        for number in ["0", "10", "-1", "+1", "01", "x"] {
            assert_eq!(Redirect::parse(Some(&format!("w={number}.{nonce}")), 9), None, "{number}");
        }
    }
}
