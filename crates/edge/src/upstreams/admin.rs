//! What administrators ask for of other registries.

use super::{Upstream, mirror, move_in};
use crate::{
    auth,
    body::read_json,
    context::{Answer, Context},
    http::{Draft, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Source,
        method::allow,
        problem::{Kind, Problem},
    },
};
use protoedge_registry::{Mirror, upstreams};
use protoedge_sdk::{Label, ModuleName, OwnerName};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A name, a token and some labels.
const LONGEST_ORDER: usize = 16 * 1024;

/// What is answered about a body that is no [`WantedMirror`].
const MIRROR_WANTED: &str =
    r#"wanted {"module": "buf.build/acme/weather", "labels": [], "history": false}"#;

/// What is answered about a body that is no [`WantedMoveIn`].
const MOVE_IN_WANTED: &str = r#"wanted {"owner": "buf.build/acme", "token": "…", "member": "…"}, the token and the member if there are"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedMirror {
    /// `host/owner/name`.
    module: String,
    #[serde(default)]
    labels: BTreeSet<Label>,
    #[serde(default)]
    history: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedMoveIn {
    /// `host/owner`.
    owner: String,
    token: Option<String>,
    member: Option<OwnerName>,
}

/// `GET /-/admin/mirrors`: all of them. `PUT {module, labels, history}`: keeps a module of another registry from now on;
/// `POST {module}`: one step now; `DELETE {module}`: no more.
pub(crate) async fn mirrors<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, &["GET", "PUT", "POST", "DELETE"])?;
    let administrator = auth::administrator(context, &request)?;
    let store = &context.store;
    let method = request.method.clone();
    if method == "GET" {
        let all = upstreams::mirrors(store).await?;
        return Ok(answer(&json!({ "mirrors": all })));
    }
    let wanted: WantedMirror = read_json(context, request, LONGEST_ORDER, MIRROR_WANTED).await?;
    let (upstream, name) = at_upstream(context, &wanted.module, MIRROR_WANTED)?;
    let module: ModuleName = name.parse()?;
    let known = upstreams::find_mirror(store, &module).await?;
    let known = known.filter(|mirror| mirror.from == upstream.hosts);
    if method == "PUT" {
        upstreams::check_free(store, &upstream.hosts, module.owner()).await?;
        let there = mirror::check(context, upstream, &module, &wanted.labels).await;
        there.map_err(|problem| Problem { kind: Kind::Precondition, ..problem })?;
        let mirror = Mirror {
            page: wanted.history.then(String::new),
            module,
            from: upstream.hosts.clone(),
            labels: wanted.labels,
            has_history: wanted.history,
            added: store.now(),
            added_by: administrator.name.clone(),
            commits: 0,
            synced: None,
            error: None,
        };
        upstreams::add_mirror(store, &administrator, &mirror).await?;
        return Ok(answer(&json!({ "mirror": mirror })));
    }
    let missing = || Problem::new(Kind::Absent, format!("{} is not mirrored", wanted.module));
    let known = known.ok_or_else(missing)?;
    if method == "DELETE" {
        upstreams::remove_mirror(store, &administrator, &known).await?;
        return Ok(Draft::empty(204).cached(&Cache::NO_STORE, Source::Computed));
    }
    let mirror = mirror::sync(context, upstream, known).await?;
    Ok(answer(&json!({ "is_finished": !mirror.goes_on(), "mirror": mirror })))
}

/// `POST /-/admin/move-ins {owner, token, member}`: one step of an owner's move from another registry.
pub(crate) async fn move_ins<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, &["POST"])?;
    let administrator = auth::administrator(context, &request)?;
    let WantedMoveIn { owner, token, member } =
        read_json(context, request, LONGEST_ORDER, MOVE_IN_WANTED).await?;
    let (upstream, name) = at_upstream(context, &owner, MOVE_IN_WANTED)?;
    let (owner, token, member) = (name.parse()?, token.as_deref(), member.as_ref());
    let it = move_in::step(context, &administrator, upstream, &owner, token, member).await?;
    Ok(answer(&json!({ "is_finished": it.finished.is_some(), "move_in": it })))
}

fn answer<D>(body: &Value) -> Reply<D> {
    Draft::json(200, body).cached(&Cache::NO_STORE, Source::Computed)
}

/// The registry that a name begins with, and the rest of the name.
fn at_upstream<'a, 'n, P: Platform>(
    context: &'a Context<P>,
    name: &'n str,
    wanted: &str,
) -> Result<(&'a Upstream, &'n str), Problem> {
    let (host, rest) =
        name.split_once('/').ok_or_else(|| Problem::new(Kind::Malformed, wanted.to_owned()))?;
    let upstream = context.config.upstreams.of_host(host).ok_or_else(|| {
        let message = format!("{host} is none of the other registries that UPSTREAMS names");
        Problem::new(Kind::Precondition, message)
    })?;
    Ok((upstream, rest))
}
