//! What clients of the ecosystem for tests ask: an index of a package with the hash of each version's code, and files.

use crate::{
    context::{Answer, Context},
    delivery::{
        artifact,
        long_poll::{self, Next},
        resolve::{self, NamedPackage, no_version},
        wait_policy::Awaited,
    },
    http::Request,
    platform::Platform,
    reply::{Lifetime, method::reading, problem::Problem, text::text},
};
use protoedge_registry::Listing;
use protoedge_sdk::{Ecosystem, Facts, Rules, TestEcosystem, TestRequest};
use serde_json::json;

/// Answers a request.
pub(crate) async fn test<P: Platform>(
    context: &Context<P>,
    asked: Option<TestRequest>,
    request: &Request<P::Body>,
) -> Answer<P> {
    reading(request)?;
    let foreign = || Problem::foreign(&request.path);
    let package = |name: &str| NamedPackage::read(context, &TestEcosystem, name);
    match asked.ok_or_else(foreign)? {
        TestRequest::Index { package: name } => {
            index(context, package(&name).ok_or_else(foreign)?, request).await
        }
        TestRequest::File { package: name, version, file } => {
            let package = package(&name).ok_or_else(foreign)?;
            let file = package.package.ecosystem.file(&file).ok_or_else(foreign)?;
            let version = TestEcosystem.parse_version(&version).map_err(no_version)?;
            artifact::artifact(context, package, version, file, request).await
        }
    }
}

/// Lists what has bytes. Waits for the default label's head.
async fn index<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    request: &Request<P::Body>,
) -> Answer<P> {
    let mut long_poll = long_poll::start(context, request, Awaited::Metadata, Ecosystem::Test)?;
    let mut found = resolve::find(context, package, request).await?;
    loop {
        let listing = resolve::listing(context, &found).await?;
        let default = &found.module.default_label;
        let head = listing.labels.iter().find(|head| head.label == *default);
        let head = head.map(|head| found.newest_at(head)).transpose()?;
        let Some(missing) = head.filter(|sdk| listing.get(&sdk.version).is_none()) else {
            let cache = &found.cache(Lifetime::Revalidated);
            return Ok(text(request, shown(&listing), cache, "application/json"));
        };
        long_poll.poll(context, &found.module, &missing).await?;
        if let Next::Over = long_poll.pause(context).await {
            return long_poll.redirect(context, request);
        }
        resolve::look_again(context, &mut found, request).await?;
    }
}

fn shown(listing: &Listing) -> String {
    let versions = listing.versions().filter_map(|published| {
        let Facts::Test { manifest } = &published.facts else { return None };
        let code = published.files.first()?;
        Some(json!({
            "version": TestEcosystem.version_text(&published.version),
            "sha256": hex::encode(code.hashes.sha256),
            "manifest": manifest,
        }))
    });
    json!({ "versions": versions.collect::<Vec<_>>() }).to_string()
}
