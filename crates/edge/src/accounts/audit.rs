use crate::{
    context::{Answer, Context},
    http::{Draft, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Source,
        problem::{Kind, Problem},
    },
};
use protoedge_registry::{AuditEntry, Error, Role, User, accounts, audit};
use protoedge_sdk::OwnerName;

/// `GET owners/{owner}/audit`.
pub(super) async fn of_owner<P: Platform>(
    context: &Context<P>,
    user: &User,
    owner: &OwnerName,
    request: &Request<P::Body>,
) -> Answer<P> {
    accounts::require_in(&context.store, user, owner, Role::Admin).await?;
    let entries = audit::read(&context.store, Some(owner), before(request)?).await?;
    lines(&entries)
}

/// `GET audit`: for administrators.
pub(super) async fn of_all<P: Platform>(
    context: &Context<P>,
    user: &User,
    request: &Request<P::Body>,
) -> Answer<P> {
    if !user.is_admin {
        let (user, what) =
            (user.name.to_string(), "the registry, and so not read its audit".into());
        return Err(Error::Forbidden { user, what }.into());
    }
    let entries = audit::read(&context.store, None, before(request)?).await?;
    lines(&entries)
}

/// `?before={id}`: the entry that was read last.
fn before<B>(request: &Request<B>) -> Result<Option<&str>, Problem> {
    let Some(query) = request.query.as_deref().filter(|query| !query.is_empty()) else {
        return Ok(None);
    };
    let is_id = |id: &&str| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let before = query.strip_prefix("before=").filter(is_id);
    before.map(Some).ok_or_else(|| {
        Problem::new(
            Kind::Malformed,
            "what may stand behind `?` is `before=` and the id of an entry",
        )
    })
}

/// One line of JSON for each entry, the youngest first.
fn lines<D>(entries: &[AuditEntry]) -> Result<Reply<D>, Problem> {
    let mut text = String::new();
    for entry in entries {
        text += &serde_json::to_string(entry)
            .map_err(|error| Problem::new(Kind::Trouble, error.to_string()))?;
        text.push('\n');
    }
    let reply = Draft::bytes(200, "application/jsonl", text);
    Ok(reply.cached(&Cache::NO_STORE, Source::Computed))
}
