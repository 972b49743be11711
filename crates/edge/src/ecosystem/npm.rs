use crate::{
    auth,
    config::Config,
    context::{Answer, Context},
    delivery::{
        artifact,
        listed::{self, HEADS, Waited, by_need, wait_for_one},
        long_poll::{self, Next},
        resolve::{self, Found, NamedPackage, no_version},
        wait_policy::Awaited,
    },
    http::Request,
    platform::Platform,
    reply::{
        Cache, Lifetime,
        method::reading,
        problem::{Kind, Problem},
        text::text,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_npm::{Links, Packument, RegistryRequest, Repository, VersionDocument, dist_tag};
use protoedge_registry::{Archived, Commit, Grant, Listing, Published, Viewer, modules};
use protoedge_sdk::{CommitId, Ecosystem, Facts, Hashes, Label, Npm, Rules, Sdk, deprecation};
use serde_json::json;
use std::collections::BTreeMap;

/// The tag of what is installed where nothing is said.
const LATEST: &str = "latest";

/// Media type of what npm reads.
const JSON: &str = "application/json";

/// Answers an npm request. The path is understood before credentials are looked at.
pub(crate) async fn npm<P: Platform>(
    context: &Context<P>,
    npm: RegistryRequest,
    request: &Request<P::Body>,
) -> Answer<P> {
    if !matches!(npm, RegistryRequest::Tag { .. }) {
        reading(request)?;
    }
    match npm {
        RegistryRequest::Ping => Ok(text(request, "{}".into(), &Cache::NO_STORE, JSON)),
        RegistryRequest::Whoami => match auth::viewer(context, request).await? {
            Viewer::User(user) => {
                let body = json!({ "username": user.name }).to_string();
                Ok(text(request, body, &Cache::NO_STORE, JSON))
            }
            Viewer::Anonymous => Err(Problem::new(Kind::Anonymous, "no token was given")),
        },
        RegistryRequest::Packument { package } => {
            let package = npm_package(context, &package, request)?;
            packument(context, package, request).await
        }
        RegistryRequest::Version { package, reference } => {
            let package = npm_package(context, &package, request)?;
            version(context, package, &reference, request).await
        }
        RegistryRequest::Tarball { package, version } => {
            let package = npm_package(context, &package, request)?;
            let version = Npm.parse_version(&version).map_err(no_version)?;
            artifact::artifact(context, package, version, &Npm.files()[0], request).await
        }
        RegistryRequest::Tags { package } => {
            let package = npm_package(context, &package, request)?;
            dist_tags(context, package, request).await
        }
        RegistryRequest::Tag { package, tag } => {
            npm_package(context, &package, request)?;
            Err(no_tagging(&tag))
        }
    }
}

/// What is below a registry's address itself: proxies ask for it to see whether the registry is there.
pub(crate) fn npm_home<P: Platform>(context: &Context<P>, request: &Request<P::Body>) -> Answer<P> {
    reading(request)?;
    let Config { public_url, hosts, .. } = &*context.config;
    let body = json!({ "registry": format!("{public_url}/gen/npm/v1/"), "scope": hosts.npm_scope });
    Ok(text(request, body.to_string(), &Cache::without_module(Lifetime::Revalidated), JSON))
}

/// The tags alone, of what is listed now: a client that asks for them installs nothing yet.
async fn dist_tags<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    request: &Request<P::Body>,
) -> Answer<P> {
    let found = resolve::find(context, package, request).await?;
    let listing = resolve::listing(context, &found).await?;
    let body = json!(tags(context, &found, &listing).await?).to_string();
    Ok(text(request, body, &found.cache(Lifetime::Revalidated), JSON))
}

fn npm_package<P: Platform>(
    context: &Context<P>,
    name: &str,
    request: &Request<P::Body>,
) -> Result<NamedPackage, Problem> {
    NamedPackage::read(context, &Npm, name).ok_or_else(|| Problem::foreign(&request.path))
}

async fn packument<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    request: &Request<P::Body>,
) -> Answer<P> {
    match listed::wait_for_versions(context, package, request).await? {
        Waited::Versions { found, listing, .. } => {
            document(context, &found, &listing, request).await
        }
        Waited::Nothing(nothing) => Err(nothing.problem),
        Waited::Over(redirect) => Ok(redirect),
    }
}

async fn document<P: Platform>(
    context: &Context<P>,
    found: &Found,
    listing: &Listing,
    request: &Request<P::Body>,
) -> Answer<P> {
    let tags = tags(context, found, listing).await?;
    let latest = tags.get(LATEST).cloned();
    let documents = listing.versions().filter_map(|published| {
        let document = version_document(context, found, published)?;
        // npm finds nothing for the bare name of a package where that version is deprecated and all others are prereleases, as
        // they are here (npm-pick-manifest, of a range).
        let is_latest = latest.as_ref() == Some(&document.package.version);
        let is_deprecated = found.module.is_deprecated && !is_latest;
        let deprecated = is_deprecated.then(|| deprecation(&found.module.name));
        Some((VersionDocument { deprecated, ..document }, published.time.rfc3339()))
    });
    let name = found.package.name(&found.hosts);
    let packument = Packument::new(name, tags, documents);
    let body = serde_json::to_string(&packument)
        .map_err(|error| Problem::new(Kind::Trouble, error.to_string()))?;
    Ok(text(request, body, &found.cache(Lifetime::Revalidated), JSON))
}

fn version_document<P: Platform>(
    context: &Context<P>,
    found: &Found,
    published: &Published,
) -> Option<VersionDocument> {
    let Facts::Npm { package } = &published.facts else { return None };
    let registry = format!("{}/gen/npm/v1/", context.config.public_url);
    let Hashes { sha1, sha512, .. } = &published.files.first()?.hashes;
    let integrity = format!("sha512-{}", BASE64.encode(sha512));
    let links = Links {
        homepage: found.module.homepage().map(str::to_owned),
        repository: published.repository.as_deref().map(Repository::git),
    };
    let shasum = hex::encode(sha1);
    Some(VersionDocument::new((**package).clone(), links, &registry, integrity, shasum))
}

/// `latest`, `label-{label}` ([`label_tags`]) and `commit-{commit}`. A label's tag names the newest version of its
/// head; one whose head is not listed stays at the newest listed commit in its history.
async fn tags<P: Platform>(
    context: &Context<P>,
    found: &Found,
    listing: &Listing,
) -> Result<BTreeMap<String, String>, Problem> {
    let mut of_commit: BTreeMap<&CommitId, &Published> = BTreeMap::new();
    for published in listing.versions() {
        // In the order of the versions: the newest plugin stays.
        of_commit.insert(&published.commit, published);
    }
    let mut tags: BTreeMap<String, String> = of_commit
        .iter()
        .map(|(commit, published)| {
            (format!("commit-{commit}"), Npm.version_text(&published.version))
        })
        .collect();
    let label_tags = label_tags(listing.labels.iter().map(|head| &head.label)).into_iter();
    let tag_of: BTreeMap<&Label, String> = label_tags.map(|(tag, label)| (label, tag)).collect();
    for (n, head) in by_need(found, listing).into_iter().enumerate() {
        let mut named = of_commit.get(&head.commit).copied();
        // Those behind were never ordered: only a version that a client asked for is listed.
        if named.is_none() && n < HEADS {
            let record = modules::find_label(&context.store, &found.module, &head.label).await?;
            let history = record.map(|record| record.history).unwrap_or_default();
            named = history.iter().rev().find_map(|it| of_commit.get(&it.commit).copied());
        }
        let Some(named) = named else { continue };
        if head.label == found.module.default_label {
            tags.insert(LATEST.into(), Npm.version_text(&named.version));
        }
        if let Some(tag) = tag_of.get(&head.label) {
            tags.insert(format!("label-{tag}"), Npm.version_text(&named.version));
        }
    }
    Ok(tags)
}

/// `{package}/{version or tag}`: what was never made is made for it.
async fn version<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    reference: &str,
    request: &Request<P::Body>,
) -> Answer<P> {
    let mut long_poll = long_poll::start(context, request, Awaited::Metadata, Ecosystem::Npm)?;
    let mut found = resolve::find(context, package, request).await?;
    let (sdk, commit) = npm_reference(context, &mut found, reference).await?;
    loop {
        let listing = resolve::listing(context, &found).await?;
        let published = listing.get(&sdk.version);
        let document = published.and_then(|it| version_document(context, &found, it));
        if let Some(document) = document {
            resolve::note_use(context, &sdk);
            let body = serde_json::to_string(&document)
                .map_err(|error| Problem::new(Kind::Trouble, error.to_string()))?;
            return Ok(text(request, body, &found.cache(Lifetime::Revalidated), JSON));
        }
        let is_stored = long_poll.poll(context, &found.module, &sdk).await?;
        // What is stored and not listed waits for what it pins.
        let expected = (!is_stored).then_some(&sdk);
        let next = wait_for_one(context, &mut found, expected, &mut long_poll, request).await?;
        if let Next::Over = next {
            return long_poll.redirect(context, request);
        }
        // What it depends on may have become private, too.
        modules::check_deps(&context.store, &found.module, &commit).await?;
    }
}

/// The label of that name, or the one that the tag is made of.
async fn label_of_tag<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    tag: &str,
) -> Result<Option<Label>, Problem> {
    if let Ok(label) = tag.parse::<Label>()
        && let Some(record) = modules::find_label(&context.store, module, &label).await?
    {
        // An archived one is in no tag.
        return Ok(record.archived.is_none().then_some(label));
    }
    let heads = modules::labels(&context.store, module, Archived::No).await?;
    Ok(label_tags(heads.iter().map(|head| &head.label)).remove(tag).cloned())
}

/// What a version or a tag names.
async fn npm_reference<P: Platform>(
    context: &Context<P>,
    found: &mut Found,
    reference: &str,
) -> Result<(Sdk, Commit), Problem> {
    if let Ok(version) = Npm.parse_version(reference) {
        return resolve::sdk_at(context, found, &version).await;
    }
    let missing = || {
        let message = format!("{} has no version and no tag {reference:?}", found.label());
        Problem::new(Kind::Absent, message)
    };
    let (store, module) = (&context.store, &found.module);
    let commit = if reference == LATEST {
        modules::resolve(store, module, "").await?
    } else if let Some(id) = reference.strip_prefix("commit-") {
        modules::commit_spelled(store, module, id).await?.ok_or_else(missing)?
    } else {
        let tag = reference.strip_prefix("label-").ok_or_else(missing)?;
        let label = label_of_tag(context, module, tag).await?.ok_or_else(missing)?;
        modules::head(store, module, &label).await?
    };
    resolve::check_name(context, module, &found.named(), &commit.id.short()).await?;
    modules::check_deps(store, module, &commit).await?;
    Ok((Sdk::new(found.newest()?, &commit.locked()), commit))
}

/// Tags are those of labels and commits: clients set none.
fn no_tagging(tag: &str) -> Problem {
    let message = format!(
        "the dist-tag {tag:?} cannot be set or removed here: tags follow labels; move a label with `buf push --label` or `buf registry module commit add-label`"
    );
    Problem { allow: Some(String::new()), ..Problem::new(Kind::Method, message) }
}

/// What stands for labels in tags. Where several come to the same, it is the one that is that already, or none: which of
/// them is meant must not depend on who pushed last.
fn label_tags<'a>(labels: impl Iterator<Item = &'a Label>) -> BTreeMap<String, &'a Label> {
    let mut by_tag: BTreeMap<String, Vec<&Label>> = BTreeMap::new();
    for label in labels {
        by_tag.entry(dist_tag(label.as_str())).or_default().push(label);
    }
    let one = |(tag, labels): (String, Vec<&'a Label>)| {
        let same = labels.iter().find(|label| label.as_str() == tag);
        let label = same.or(if labels.len() == 1 { labels.first() } else { None });
        label.copied().map(|label| (tag, label))
    };
    by_tag.into_iter().filter_map(one).collect()
}
