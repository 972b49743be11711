//! The headers that every reply carries, and problems in the form that each client reads.

pub(crate) mod cache;
pub(crate) mod conditional;
pub(crate) mod method;
pub(crate) mod page;
pub(crate) mod problem;
mod source;
pub(crate) mod text;

pub use cache::{Cache, Lifetime};
pub use source::Source;

use crate::{
    http::{Draft, Reply},
    reply::problem::{Logged, Problem},
};
use protoedge_bufapi::connect::ConnectError;
use serde_json::json;

/// The header that keeps browsers from guessing what a body is. On every reply.
const NO_SNIFF: (&str, &str) = ("x-content-type-options", "nosniff");

/// The header that has Nexus hand a refusal on to who asked it. Without it, any is a 404 there, also what was only too early, and
/// for a day (the class `ProxyFacetSupport` of its source).
const PASS_ON: (&str, &str) = ("bypass_http_errors", "true");

/// Which client reads the reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reader {
    /// `go`: plain text.
    Go,
    /// npm and its like, generators, administrators: `{"error": …}`.
    Json,
    /// `buf`: Connect's errors.
    Buf,
    /// A person with a browser: a page.
    Browser,
}

impl<D> Reply<D> {
    /// Says that the body is what its media type says: browsers would run as a page or a script what only
    /// looks like one (Fetch, "X-Content-Type-Options").
    #[must_use]
    pub fn unsniffed(self) -> Self {
        let (name, value) = NO_SNIFF;
        self.with(name, value)
    }

    /// Says of a reply that caches may keep which header of a request it depends on besides. One for its viewer alone says so of
    /// others already, and is in no cache.
    #[must_use]
    pub(crate) fn varying(self, header: &'static str) -> Self {
        if self.header("vary").is_some() { self } else { self.with("vary", header) }
    }

    /// Takes any permission to keep the reply away.
    #[must_use]
    pub fn uncached(self) -> Self {
        self.kept(&Cache::NO_STORE)
    }

    /// The same where callers must sign in: every reply is for its viewer.
    #[must_use]
    pub fn for_viewer(self) -> Self {
        self.kept(&Cache::FOR_VIEWER)
    }

    /// Says to caches what `cache` says, in place of what was said before.
    pub(crate) fn kept(mut self, cache: &Cache) -> Self {
        let is_other = |name: &str| !cache::HEADERS.contains(&name) && name != CACHE_STATUS;
        self.headers.retain(|(name, _)| is_other(name));
        self.headers.extend(cache.headers());
        let status = self.source.status_in(cache.class());
        self.with(CACHE_STATUS, status)
    }
}

/// Where a reply came from (RFC 9211).
const CACHE_STATUS: &str = "cache-status";

/// A problem as its reader understands it.
pub fn refuse<D>(problem: &Problem, reader: Reader) -> Reply<D> {
    let status = match reader {
        Reader::Go | Reader::Json | Reader::Browser => problem.status(),
        Reader::Buf => problem.code().status(),
    };
    let mut reply = match reader {
        Reader::Go => Draft::bytes(status, "text/plain; charset=utf-8", go_text(&problem.message)),
        Reader::Json => Draft::json(status, &json!({ "error": problem.message })),
        Reader::Buf => {
            let error = ConnectError::new(problem.code(), problem.message.clone());
            Draft::bytes(status, ConnectError::MEDIA_TYPE, error.body())
        }
        Reader::Browser => page::problem(problem),
    };
    if let Some(seconds) = problem.retry_after {
        reply = reply.with("retry-after", seconds.to_string());
    }
    if problem.passed_on {
        let (name, value) = PASS_ON;
        reply = reply.with(name, value);
    }
    if let Some(methods) = &problem.allow {
        reply = reply.with("allow", methods.clone());
    }
    // A browser would ask for a password.
    if problem.status() == 401 && reader != Reader::Browser {
        reply = reply.with("www-authenticate", "Basic realm=\"protoedge\"");
    }
    let reply = reply.cached(&problem.kind.row().cache.into(), Source::Failed);
    Reply { reason: Some(reason(problem, reader)), ..reply }
}

/// As much of a problem's sentence as the log takes, in bytes: some repeat what was sent.
const LOGGED_REASON: usize = 300;

/// A problem as the log has it.
fn reason(problem: &Problem, reader: Reader) -> String {
    let message = match (problem.kind.row().logged, reader) {
        (Logged::Only(words), _) => words,
        (Logged::CodeOfCall, Reader::Buf) => problem.code().name(),
        (Logged::CodeOfCall, Reader::Go | Reader::Json | Reader::Browser)
        | (Logged::Message, _) => &problem.message,
    };
    message[..message.floor_char_boundary(LOGGED_REASON)].to_owned()
}

/// What go shows of an error: at most 8 lines and 648 bytes, up to the first empty line, and nothing
/// at all if there is a control character.
fn go_text(message: &str) -> String {
    const LINES: usize = 8;
    const BYTES: usize = 648;
    let mut text = String::new();
    let printable = message.replace('\t', "    ");
    let lines = printable.lines().map(|line| line.replace(|c: char| c.is_control(), ""));
    for line in lines.filter(|line| !line.trim().is_empty()).take(LINES) {
        let room = BYTES.saturating_sub(text.len() + usize::from(!text.is_empty()));
        if room == 0 {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend(
            line.char_indices().take_while(|(at, c)| at + c.len_utf8() <= room).map(|it| it.1),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::problem::Kind;

    /// What follows from a kind: the status, the Connect code, `Retry-After`, `Cache-Control`, and what the log says
    /// to Go's and JSON's readers and to buf's, of a problem whose sentence is "words".
    type Expected =
        (Kind, u16, &'static str, Option<&'static str>, &'static str, [&'static str; 2]);

    #[rustfmt::skip]
    const EXPECTED: [Expected; 19] = [
        (Kind::Foreign, 404, "invalid_argument", None, "public, max-age=300", ["words", "words"]),
        (Kind::Malformed, 400, "invalid_argument", None, "no-store", ["words", "invalid_argument"]),
        (Kind::Absent, 404, "not_found", None, "no-store", ["words", "not_found"]),
        (Kind::Empty, 404, "failed_precondition", None, "no-store", ["words", "failed_precondition"]),
        (Kind::Method, 405, "invalid_argument", None, "no-store", ["words", "words"]),
        (Kind::Anonymous, 401, "unauthenticated", None, "no-store", ["words", "words"]),
        (Kind::Unauthorized, 401, "unauthenticated", None, "no-store", ["words", "words"]),
        (Kind::Forbidden, 403, "permission_denied", None, "no-store", ["words", "permission_denied"]),
        (Kind::Exists, 409, "already_exists", None, "no-store", ["words", "already_exists"]),
        (Kind::Conflict, 409, "aborted", None, "no-store", ["words", "aborted"]),
        (Kind::Precondition, 400, "failed_precondition", None, "no-store", ["words", "failed_precondition"]),
        (Kind::Unmeasured, 411, "invalid_argument", None, "no-store", ["words", "words"]),
        (Kind::TooLarge, 413, "resource_exhausted", None, "no-store", ["words", "words"]),
        (Kind::Full, 429, "resource_exhausted", None, "no-store", ["words", "resource_exhausted"]),
        (Kind::TooMany, 429, "resource_exhausted", Some("60"), "no-store", ["words", "words"]),
        (Kind::Rejected, 422, "failed_precondition", None, "no-store", ["the plugin rejects the module"; 2]),
        (Kind::Unimplemented, 400, "failed_precondition", None, "no-store", ["words", "words"]),
        (Kind::Trouble, 503, "unavailable", Some("30"), "no-store", ["words", "words"]),
        (Kind::ProxiedTrouble, 429, "resource_exhausted", Some("30"), "no-store", ["words", "words"]),
    ];

    #[test]
    fn what_follows_from_each_kind() {
        for (kind, status, code, retry_after, control, [logged, logged_of_call]) in EXPECTED {
            let problem = Problem::new(kind, "words");
            assert_eq!(problem.status(), status, "{kind:?}");
            assert_eq!(problem.code().name(), code, "{kind:?}");
            for (reader, status, logged) in [
                (Reader::Go, status, logged),
                (Reader::Json, status, logged),
                (Reader::Buf, problem.code().status(), logged_of_call),
            ] {
                let reply: Reply<()> = refuse(&problem, reader);
                assert_eq!(reply.status, status, "{kind:?}, {reader:?}");
                assert_eq!(reply.header("retry-after"), retry_after, "{kind:?}, {reader:?}");
                assert_eq!(reply.header("cache-control"), Some(control), "{kind:?}, {reader:?}");
                assert_eq!(reply.reason.as_deref(), Some(logged), "{kind:?}, {reader:?}");
            }
        }
    }

    #[test]
    fn a_proxy_is_told_the_same_with_no_status_of_a_server_in_trouble() {
        for (kind, ..) in EXPECTED {
            let problem = Problem { retry_after: Some(61), ..Problem::new(kind, "words") };
            let told = problem.clone().for_proxy();
            let wanted = if kind == Kind::Trouble { Kind::ProxiedTrouble } else { kind };
            assert_eq!(told.kind, wanted, "{kind:?}");
            assert!(told.status() < 500, "{kind:?}");
            let reply: Reply<()> = refuse(&told, Reader::Json);
            let usual: Reply<()> = refuse(&problem, Reader::Json);
            assert_eq!(reply.header("retry-after"), Some("61"), "{kind:?}");
            assert_eq!(reply.reason, usual.reason, "{kind:?}");
            let passed_on = (kind != Kind::Foreign).then_some("true");
            assert_eq!(reply.header("bypass_http_errors"), passed_on, "{kind:?}");
            assert_eq!(usual.header("bypass_http_errors"), None, "{kind:?}");
        }
    }

    #[test]
    fn go_gets_what_it_shows() {
        assert_eq!(go_text("one\n\ntwo\n"), "one\ntwo");
        assert_eq!(go_text("a\tb\u{1b}[31mc\rd"), "a    b[31mcd");
        assert_eq!(go_text(&"line\n".repeat(20)).lines().count(), 8);
        assert!(go_text(&"é".repeat(1000)).len() <= 648);
        assert!(go_text(&format!("{}\n{}", "a".repeat(640), "é".repeat(100))).len() <= 648);
    }

    #[test]
    fn every_problem_says_how_long_it_lasts() {
        let foreign: Reply<()> = refuse(&Problem::foreign("/x"), Reader::Go);
        assert_eq!(foreign.header("cache-control"), Some("public, max-age=300"));
        let trouble: Reply<()> = refuse(&Problem::new(Kind::Trouble, "x"), Reader::Json);
        assert_eq!(trouble.header("retry-after"), Some("30"));
        assert_eq!(trouble.header("cache-control"), Some("no-store"));
    }
}
