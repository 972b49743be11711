use crate::{
    config::Config,
    context::{Answer, Context},
    delivery::{
        artifact,
        long_poll::{self, rejected},
        resolve::{self, Found, NamedPackage, no_version},
    },
    http::{Reply, Request},
    platform::Platform,
    reply::{
        Cache, Lifetime,
        method::reading,
        problem::{Kind, Problem},
        text::text,
    },
};
use protoedge_gomod::ProxyRequest;
use protoedge_registry::{Commit, SourceControl, generation, modules};
use protoedge_sdk::{Go, Rules, Sdk};
use protoedge_storage::Timestamp;
use semver::Version;
use serde_json::{Value, json};

/// Answers a GOPROXY request. The path is understood before credentials are looked at: a stale
/// password must not turn a foreign path into 401.
pub(crate) async fn go<P: Platform>(
    context: &Context<P>,
    go: ProxyRequest,
    request: &Request<P::Body>,
) -> Answer<P> {
    reading(request)?;
    let package = NamedPackage::read(context, &Go, go.module());
    let package = package.ok_or_else(|| Problem::foreign(&request.path))?;
    long_poll::redirect_of(context, request)?;
    match go {
        ProxyRequest::List { .. } => go_list(context, package, request).await,
        ProxyRequest::Latest { .. } => go_latest(context, package, request).await,
        ProxyRequest::Info { query, .. } => go_info(context, package, &query, request).await,
        ProxyRequest::Mod { version, .. } => go_mod(context, package, &version, request).await,
        ProxyRequest::Zip { version, .. } => {
            let version = Go.parse_version(&version).map_err(no_version)?;
            artifact::artifact(context, package, version, &Go.files()[0], request).await
        }
    }
}

/// What exists, and `latest`: never a rejected version, none above `latest`, none without time.
async fn go_list<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    request: &Request<P::Body>,
) -> Answer<P> {
    let found = resolve::find(context, package, request).await?;
    let listing = resolve::listing(context, &found).await?;
    let default = &found.module.default_label;
    let head = listing.labels.iter().find(|head| head.label == *default);
    let Some(head) = head else {
        return Ok(text(request, String::new(), &found.cache(Lifetime::Revalidated), "text/plain"));
    };
    let newest = found.newest_at(head)?;
    let latest = &newest.version;
    let exists = listing.versions().map(|it| &it.version);
    let mut versions: Vec<String> = exists
        .filter(|version| *version < latest && !version.stamp.is_zero())
        .map(|version| Go.version_text(version))
        .collect();
    let is_made = listing.get(latest).is_some();
    let is_withdrawn = listing.withdrawn.contains(&head.commit);
    if !latest.stamp.is_zero()
        && !is_withdrawn
        && (is_made || rejection(context, &found, &newest).await?.is_none())
    {
        versions.push(Go.version_text(latest));
    }
    resolve::compact_pending(context, &found, &listing);
    let lines = versions.iter().map(|version| format!("{version}\n")).collect();
    Ok(text(request, lines, &found.cache(Lifetime::Revalidated), "text/plain"))
}

/// Why an SDK is rejected, if it is.
async fn rejection<P: Platform>(
    context: &Context<P>,
    found: &Found,
    sdk: &Sdk,
) -> Result<Option<Problem>, Problem> {
    let state = generation::state(&context.store, &found.module, sdk).await?;
    let words = state.as_ref().and_then(|state| state.rejection(&found.published.generator));
    Ok(words.map(|words| rejected(&found.module, sdk, words)))
}

async fn go_latest<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    request: &Request<P::Body>,
) -> Answer<P> {
    let found = resolve::find(context, package, request).await?;
    let commit = modules::resolve(&context.store, &found.module, "").await?;
    resolve::check_name(context, &found.module, &found.named(), &commit.id.short()).await?;
    modules::check_deps(&context.store, &found.module, &commit).await?;
    let sdk = Sdk::new(found.newest()?, &commit.locked());
    if let Some(problem) = rejection(context, &found, &sdk).await? {
        return Err(problem);
    }
    Ok(info(request, &sdk, &commit, &found.cache(Lifetime::Revalidated)))
}

/// A version, a commit (32 or 12 digits) or a label, tried in this order.
async fn go_info<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    query: &str,
    request: &Request<P::Body>,
) -> Answer<P> {
    let mut found = resolve::find(context, package, request).await?;
    if let Ok(version) = Go.parse_version(query) {
        let (sdk, commit) = resolve::sdk_at(context, &mut found, &version).await?;
        return Ok(info(request, &sdk, &commit, &found.cache(Lifetime::Immutable)));
    }
    let commit = modules::resolve(&context.store, &found.module, query).await?;
    resolve::check_name(context, &found.module, &found.named(), &commit.id.short()).await?;
    modules::check_deps(&context.store, &found.module, &commit).await?;
    if is_version(query) {
        let message = format!(
            "{query} is a label of {} here, but go takes it for a version, of which there is none: ask for the label's \
             commit, @{}",
            found.package.module,
            commit.id.short()
        );
        return Err(Problem::new(Kind::Absent, message));
    }
    let sdk = Sdk::new(found.newest()?, &commit.locked());
    Ok(info(request, &sdk, &commit, &found.cache(Lifetime::Revalidated)))
}

async fn go_mod<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    version: &str,
    request: &Request<P::Body>,
) -> Answer<P> {
    let mut found = resolve::find(context, package, request).await?;
    let version = Go.parse_version(version).map_err(no_version)?;
    let manifest = resolve::manifest_at(context, &mut found, &version).await?;
    Ok(text(request, manifest, &found.cache(Lifetime::Immutable), "text/plain; charset=utf-8"))
}

/// `?go-get=1`: where the module of an import path is.
pub(crate) fn go_get<P: Platform>(
    context: &Context<P>,
    path: &str,
    request: &Request<P::Body>,
) -> Answer<P> {
    reading(request)?;
    let Config { hosts, public_url: url, .. } = &*context.config;
    // An import path goes on behind the module's path, and the module's may end in `/vN`.
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let package = [5, 4].into_iter().find_map(|length| {
        let module = format!("{}/gen/go/{}", hosts.registry_host, parts.get(..length)?.join("/"));
        Go.parse_package(&module, hosts)
    });
    let package = package.ok_or_else(|| Problem::foreign(&request.path))?;
    let name = package.name(hosts);
    let html =
        format!("<!DOCTYPE html>\n<meta name=\"go-import\" content=\"{name} mod {url}/gen/go\">\n");
    Ok(text(
        request,
        html,
        &Cache::without_module(Lifetime::Revalidated),
        "text/html; charset=utf-8",
    ))
}

/// Whether go takes what it asks for to be a version: the answer has to be of that very version
/// (`golang.org/x/mod/semver`, `IsValid`). It asks for none of the forms `v1` and `v1.2`, but looks into the list.
fn is_version(query: &str) -> bool {
    query.strip_prefix('v').is_some_and(|version| Version::parse(version).is_ok())
}

fn info<D>(request: &Request<impl Sized>, sdk: &Sdk, commit: &Commit, cache: &Cache) -> Reply<D> {
    let seconds = commit.stamp.seconds().unwrap_or_else(|| commit.created.seconds());
    let time = Timestamp::from_millis(seconds * 1000).rfc3339();
    let mut json = json!({ "Version": sdk.version_text(), "Time": time });
    if let Some(source) = commit.source_control() {
        json["Origin"] = origin(source);
    }
    text(request, json.to_string(), cache, "application/json")
}

/// Where a version came from (`go help modules`, `cmd/go/internal/modfetch/codehost`, `Origin`): go prints it, and update
/// bots link to it. It is of the commit's source, from which go would make another zip; go fetches none from there.
fn origin(source: SourceControl) -> Value {
    let SourceControl { repository, hash } = source;
    let mut origin = json!({ "VCS": "git", "URL": repository });
    if let Some(hash) = hash {
        origin["Hash"] = hash.into();
    }
    origin
}
