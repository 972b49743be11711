//! What is asked for archives: one version of one, or where the newest one is that a label or a commit has.

use crate::{
    context::{Answer, Context},
    delivery::{
        artifact, long_poll,
        resolve::{self, NamedPackage},
    },
    http::{Draft, Request},
    platform::Platform,
    reply::{
        Lifetime, Source,
        method::reading,
        problem::{Kind, Problem},
    },
};
use protoedge_archive::ArchiveRequest;
use protoedge_registry::modules;
use protoedge_sdk::{Archive, Rules, Sdk};

/// What stands for the head of the default label.
const LATEST: &str = "latest";

/// What the BSR also packs where it is asked to.
const ADDED: [&str; 2] = ["imports=true", "wkt=true"];

/// Answers a request. The path is understood before credentials are looked at.
pub(crate) async fn archive<P: Platform>(
    context: &Context<P>,
    asked: ArchiveRequest,
    request: &Request<P::Body>,
) -> Answer<P> {
    reading(request)?;
    let ArchiveRequest { package, reference, format } = asked;
    let package = named(context, &package).ok_or_else(foreign)?;
    let query = request.query.as_deref().unwrap_or_default();
    if query.split('&').any(|pair| ADDED.contains(&pair)) {
        let message = "an archive holds the code of its module alone: ask for those of the modules that it depends on, too";
        return Err(Problem::new(Kind::Malformed, message));
    }
    let exact = Archive::read_version(&reference);
    if let Some(version) = exact.clone().filter(|it| Archive.version_text(it) == reference) {
        return artifact::artifact(context, package, version, Archive::file(format), request).await;
    }
    long_poll::redirect_of(context, request)?;
    let mut found = resolve::find(context, package, request).await?;
    let (sdk, lifetime) = match exact {
        Some(version) => {
            let (sdk, _) = resolve::sdk_at(context, &mut found, &version).await?;
            (sdk, Lifetime::Immutable)
        }
        None => {
            let wanted = if reference == LATEST { "" } else { &reference };
            let commit = modules::resolve(&context.store, &found.module, wanted).await?;
            resolve::check_name(context, &found.module, &found.named(), &commit.id.short()).await?;
            modules::check_deps(&context.store, &found.module, &commit).await?;
            (Sdk::new(found.newest()?, &commit.locked()), Lifetime::Revalidated)
        }
    };
    let name = found.package.name(&found.hosts);
    let location = format!("/gen/archive/{name}/{}{}", sdk.version_text(), format.ending());
    let reply = Draft::empty(302).with("location", location);
    Ok(reply.cached(&found.cache(lifetime), Source::Computed))
}

/// The package that archives are of. Its name says nothing of a registry.
fn named<P: Platform>(context: &Context<P>, name: &str) -> Option<NamedPackage> {
    let package = Archive.parse_package(name, &context.config.hosts)?;
    Some(NamedPackage::of(context, package))
}

/// What is no address of an archive.
pub(crate) fn foreign() -> Problem {
    let message = "archives are at /gen/archive/{owner}/{module}/{plugin owner}/{plugin}/{label, commit or version}.tar.gz or .zip";
    Problem::new(Kind::Foreign, message)
}
