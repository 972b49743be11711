use crate::{
    auth,
    body::read_json,
    context::{Answer, Context},
    delivery::dispatch,
    http::{Draft, Request},
    platform::Platform,
    purge::{self, TAGS},
    reply::{
        Cache, Source,
        method::allow,
        problem::{Kind, Problem},
    },
    sweep::USES,
};
use protoedge_bufapi::text::is_hidden;
use protoedge_registry::{
    Credentials, GenerationState, NewToken, PurgeReason, PurgeScope, Scope, StoredCatalogue,
    accounts, audit, generation, purges, takedowns,
};
use protoedge_sdk::{BadVersion, Ecosystem, ModuleName, OwnerName, PluginName, Priority, Sdk};
use protoedge_storage::Timestamp;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// A name and a time.
const LONGEST_ORDER: usize = 4 * 1024;

/// Some ten thousand plugin versions.
const LARGEST_CATALOGUE: usize = 16 * 1024 * 1024;

/// What is answered about a body that is no [`WantedToken`].
const TOKEN_WANTED: &str = r#"wanted {"user": "…", "expires": "2026-12-31T00:00:00Z"}, and perhaps "name", "scope" and "modules""#;

/// What is answered about a body that is no [`NewAttempt`].
const ATTEMPT_WANTED: &str = r#"wanted {"ecosystem": "go", "module": "acme/weather", "plugin": "connectrpc/go", "version": "v1.20.0-…"}"#;

/// What is answered about a body that is no [`WantedPurge`].
const PURGE_WANTED: &str = r#"wanted {"everything": true} or {"modules": ["acme/weather"]}"#;

/// Twice as many of the longest names.
const LARGEST_PURGE: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedToken {
    user: OwnerName,
    /// RFC 3339.
    expires: String,
    #[serde(default = "unnamed")]
    name: String,
    #[serde(default)]
    scope: Scope,
    modules: Option<BTreeSet<ModuleName>>,
}

/// What is answered about a body that is no [`WantedTakedown`].
const TAKEDOWN_WANTED: &str = r#"wanted {"module": "acme/weather", "commit": "…", "reason": "…"}, without a commit for all of the module"#;

/// The same where it ends one.
const RELEASE_WANTED: &str =
    r#"wanted {"module": "acme/weather", "commit": "…"} as it was withheld"#;

/// The longest reason, in characters: clients show some hundred bytes of what they are told.
const LONGEST_REASON: usize = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedTakedown {
    module: ModuleName,
    commit: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum WantedPurge {
    Everything(bool),
    Modules(BTreeSet<ModuleName>),
}

fn unnamed() -> String {
    "made by an administrator".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAttempt {
    ecosystem: Ecosystem,
    module: ModuleName,
    plugin: PluginName,
    /// As `go` or `npm` show it.
    version: String,
}

impl NewAttempt {
    fn sdk(self) -> Result<Sdk, Problem> {
        let Self { ecosystem, module, plugin, version } = self;
        let version = Ecosystem::read_version(&version).ok_or_else(|| {
            let error = BadVersion::Sdk(version);
            Problem::new(Kind::Malformed, error.to_string())
        })?;
        Ok(Sdk { ecosystem, module, plugin, version })
    }
}

/// `POST /-/admin/tokens {user, expires}`: makes a token, and the user if there is none. Its scope is all that the user may
/// do, unless another one is named.
pub(crate) async fn tokens<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, &["POST"])?;
    let administrator = auth::administrator(context, &request)?;
    let wanted: WantedToken = read_json(context, request, LONGEST_ORDER, TOKEN_WANTED).await?;
    let WantedToken { user, expires, name, scope, modules } = wanted;
    let expires = Timestamp::parse(&expires).ok_or_else(|| {
        Problem::new(Kind::Malformed, "`expires` must be a time like 2026-12-31T00:00:00Z")
    })?;
    let new = NewToken { name, scope, modules, expires };
    let (token, record) =
        accounts::create_token(&context.store, &administrator, &user, &new).await?;
    let body = json!({
        "token": token.expose(), "id": record.id, "user": user, "expires": expires.rfc3339(),
    });
    Ok(Draft::json(201, &body).cached(&Cache::NO_STORE, Source::Computed))
}

/// `POST /-/admin/attempts {ecosystem, module, plugin, version}`: tries an SDK again that was rejected
/// or rests, now and from its first attempt on.
pub(crate) async fn attempts<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, &["POST"])?;
    let administrator = auth::administrator(context, &request)?;
    let wanted: NewAttempt = read_json(context, request, LONGEST_ORDER, ATTEMPT_WANTED).await?;
    let sdk = wanted.sdk()?;
    let credentials = Credentials::Verified(administrator.clone());
    let module = accounts::see(&context.store, &credentials, &sdk.module).await?;
    match generation::state(&context.store, &module, &sdk).await? {
        // Kept first: a caller who is cut off behind the next step does not call again.
        Some(GenerationState::Rejected { .. } | GenerationState::Resting { .. }) => {
            generation::order(&context.store, &sdk).await?;
        }
        Some(
            GenerationState::Wanted { .. }
            | GenerationState::Running { .. }
            | GenerationState::Done,
        ) => {}
        None => {
            let package = sdk.package().name(&context.config.hosts);
            let message = format!("nobody has asked for {package} {}", sdk.version_text());
            return Err(Problem::new(Kind::Absent, message));
        }
    }
    let package = sdk.package().name(&context.config.hosts);
    let object = format!("{package} {}", sdk.version_text());
    audit::note(&context.store, &administrator, "generation.retry", object).await?;
    // An administrator looks at it.
    let priority = Priority::Awaited;
    let sent = generation::try_again(&context.store, &sdk, priority).await?;
    if let Some(job) = sent.clone() {
        dispatch::dispatch(context, &sdk, job, priority).await;
    }
    let state = generation::state(&context.store, &module, &sdk).await?;
    let body = json!({ "sent": sent.is_some(), "state": state });
    Ok(Draft::json(200, &body).cached(&Cache::NO_STORE, Source::Computed))
}

/// `POST /-/admin/purges {everything}` or `{modules}`: has the cache in front of the registry forget all replies, or those
/// about modules, and whatever else is due.
pub(crate) async fn purges<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, &["POST"])?;
    let administrator = auth::administrator(context, &request)?;
    let wanted: WantedPurge = read_json(context, request, LARGEST_PURGE, PURGE_WANTED).await?;
    let scopes: Vec<PurgeScope> = match wanted {
        WantedPurge::Everything(true) => vec![PurgeScope::Everything],
        WantedPurge::Everything(false) => Vec::new(),
        WantedPurge::Modules(modules) => modules.into_iter().map(PurgeScope::Module).collect(),
    };
    let (store, count) = (&context.store, scopes.len());
    if count == 0 || count > TAGS {
        let message = format!("{PURGE_WANTED}, at most {TAGS} of them");
        return Err(Problem::new(Kind::Malformed, message));
    }
    for scope in scopes {
        purges::want(store, PurgeReason::Wanted, &scope).await?;
    }
    audit::note(store, &administrator, "cache.purge", format!("{count} scopes")).await?;
    let purge::Outcome { purged, has_cache, error } = purge::purge_due(context).await?;
    if let Some(error) = error {
        let message = format!("the cache did not forget, and will within minutes: {error}");
        return Err(Problem::new(Kind::Trouble, message));
    }
    let body = json!({ "purged": purged, "has_cache": has_cache.unwrap_or_default() });
    Ok(Draft::json(200, &body).cached(&Cache::NO_STORE, Source::Computed))
}

/// `GET /-/admin/takedowns`: what is withheld. `POST {module, commit, reason}`: withholds a commit, or without one the module;
/// `DELETE {module, commit}`: ends that.
pub(crate) async fn takedowns<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, &["GET", "POST", "DELETE"])?;
    let administrator = auth::administrator(context, &request)?;
    let store = &context.store;
    let method = request.method.clone();
    if method == "GET" {
        let body = json!({ "takedowns": takedowns::takedowns(store).await? });
        return Ok(Draft::json(200, &body).cached(&Cache::NO_STORE, Source::Computed));
    }
    let wanted = if method == "POST" { TAKEDOWN_WANTED } else { RELEASE_WANTED };
    let WantedTakedown { module, commit, reason } =
        read_json(context, request, LONGEST_ORDER, wanted).await?;
    let commit = match commit {
        Some(commit) => Some(takedowns::commit_of(store, &module, &commit).await?),
        None => None,
    };
    if method == "DELETE" {
        takedowns::release(store, &administrator, &module, commit.as_ref()).await?;
        return Ok(Draft::empty(204).cached(&Cache::NO_STORE, Source::Computed));
    }
    let reason = reason.filter(|reason| is_reason(reason)).ok_or_else(|| {
        let message =
            format!("{wanted}; a reason is one line of at most {LONGEST_REASON} characters");
        Problem::new(Kind::Malformed, message)
    })?;
    let done =
        takedowns::withhold(store, &administrator, &module, commit.as_ref(), &reason).await?;
    // At once, so that its outcome is in the reply: what fails is tried again by the scheduled runs.
    let purge::Outcome { has_cache, error, .. } = purge::purge_due(context).await?;
    let body = json!({
        "takedown": done, "cache": { "is_purged": error.is_none(), "is_there": has_cache, "error": error },
    });
    Ok(Draft::json(200, &body).cached(&Cache::NO_STORE, Source::Computed))
}

fn is_reason(reason: &str) -> bool {
    let length = reason.chars().count();
    (1..=LONGEST_REASON).contains(&length) && !reason.contains(is_hidden)
}

/// `PUT /-/admin/catalogue {generator, entries, go_elsewhere}`: adds entries, and takes the modules whose Go code is
/// elsewhere in place of the former ones; orders the default heads of the
/// packages in use where a plugin has a newer one; the sweep goes on where there are many.
pub(crate) async fn catalogue<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, &["PUT"])?;
    let administrator = auth::administrator(context, &request)?;
    let mut new: StoredCatalogue =
        read_json(context, request, LARGEST_CATALOGUE, "this is not a catalogue").await?;
    let hosts = &context.config.hosts;
    new.go_elsewhere.retain(|module, it| !it.is_here(module, hosts));
    let total = new.entries.len();
    let object = format!("catalogue of generator {}", new.generator);
    audit::note(&context.store, &administrator, "catalogue.publish", object).await?;
    let (added, publication) = generation::publish_catalogue(&context.store, new).await?;
    let ordered = match publication {
        Some(publication) => {
            generation::order_default_heads(&context.store, publication, USES).await?
        }
        None => Vec::new(),
    };
    let body = json!({ "entries": total, "added": added, "ordered": ordered.len() });
    dispatch::dispatch_later(context, ordered);
    Ok(Draft::json(200, &body).cached(&Cache::NO_STORE, Source::Computed))
}
