//! Paths and queries of any request: total, one text for each route of a generator, and no redirect that is
//! in no reply.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_edge::{JobCall, Redirect, Route};

/// How often a client is redirected at most, as in the default settings.
const MAX_REDIRECTS: u32 = 9;

// A path, perhaps with `?` and a query.
fuzz_target!(|target: &str| {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    match Route::parse(path, query) {
        Route::Go(_) | Route::GoForeign => assert!(path.starts_with("/gen/go/")),
        Route::GoHome => assert_eq!(path.trim_end_matches('/'), "/gen/go"),
        Route::NpmHome => assert_eq!(path.trim_end_matches('/'), "/gen/npm/v1"),
        Route::OAuth(call) => assert_eq!(call.path(), path),
        Route::OAuthForeign => assert!(path.starts_with("/oauth2/")),
        Route::Page(_) => assert!(path.starts_with("/-/")),
        Route::GoGet(rest) => assert_eq!(format!("/gen/go/{rest}"), path),
        Route::Npm(_) | Route::NpmForeign => assert!(path.starts_with("/gen/npm/")),
        Route::Python(_) => assert!(path == "/gen/python" || path.starts_with("/gen/python/")),
        Route::PythonForeign => assert!(path.starts_with("/gen/python/")),
        Route::Archive(_) | Route::ArchiveForeign => assert!(path.starts_with("/gen/archive/")),
        Route::Rpc(rpc) => assert_eq!(rpc.path(), path),
        Route::UnknownRpc => assert!(path.starts_with("/buf.")),
        Route::Job { job, call } => {
            assert!(!job.is_empty() && !job.contains('/'), "a job without a name");
            assert_eq!(format!("/-/jobs/{job}/{}", print(call)), path);
        }
        Route::Api(_) => assert!(path.starts_with("/-/api/")),
        Route::Tokens => assert_eq!(path, "/-/admin/tokens"),
        Route::Catalogue => assert_eq!(path, "/-/admin/catalogue"),
        Route::Attempts => assert_eq!(path, "/-/admin/attempts"),
        Route::Takedowns => assert_eq!(path, "/-/admin/takedowns"),
        Route::Mirrors => assert_eq!(path, "/-/admin/mirrors"),
        Route::MoveIns => assert_eq!(path, "/-/admin/move-ins"),
        Route::Purges => assert_eq!(path, "/-/admin/purges"),
        Route::Renovate => assert_eq!(path, "/-/renovate.json"),
        Route::RegistryPage(_) => assert!(path.starts_with('/')),
        Route::Foreign => {}
    }
    match (Redirect::parse(query, MAX_REDIRECTS), Redirect::find(query)) {
        (Some(redirect), None) => assert_eq!(redirect, Redirect::default()),
        (Some(redirect), Some(said)) => {
            let nonce = redirect.nonce.expect("a redirect that is said has a nonce");
            assert!((1..=MAX_REDIRECTS).contains(&redirect.number));
            assert_eq!(format!("{}.{nonce}", redirect.number), said);
        }
        (None, said) => assert!(said.is_some(), "a request without a redirect was refused"),
    }
});

fn print(call: JobCall) -> String {
    match call {
        JobCall::Dep(n) => format!("deps/{n}"),
        JobCall::Sources(place) => format!("sources/{place}"),
        JobCall::Alive => "alive".into(),
        JobCall::Failure => "failure".into(),
        JobCall::Contents => "contents".into(),
        JobCall::Artifact(file) => format!("artifact/{file}"),
    }
}
