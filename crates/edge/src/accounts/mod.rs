//! `/-/api/…`: who has which tokens, who is a member of what, who may read which module, and what was changed.
//!
//! Every call needs a token. Bodies and replies are JSON; `docs/api.md` describes them.

mod audit;
mod call;
pub(crate) mod endpoint;
mod members;
mod modules;
mod robots;
mod tokens;
pub(crate) mod trusts;
mod users;
mod webhooks;

use crate::{
    auth,
    context::{Answer, Context},
    http::Request,
    platform::Platform,
    reply::{
        method::allow,
        problem::{Kind, Problem},
    },
};
use call::ok;
use endpoint::Endpoint;
use protoedge_registry::{User, Viewer};

/// Answers a call.
pub(crate) async fn api<P: Platform>(
    context: &Context<P>,
    endpoint: Endpoint,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, endpoint.methods())?;
    let user = &caller(context, &request).await?;
    match endpoint {
        Endpoint::CurrentUser => Ok(ok(&users::shown(user))),
        Endpoint::User(name) => users::change(context, user, &name, request).await,
        Endpoint::Tokens(of) => tokens::tokens(context, user, &of, request).await,
        Endpoint::Token(of, id) => tokens::revoke(context, user, &of, &id).await,
        Endpoint::Members(organization) => members::list(context, user, &organization).await,
        Endpoint::Member(organization, name) => {
            members::member(context, user, &organization, &name, request).await
        }
        Endpoint::Robots(organization) => {
            robots::robots(context, user, &organization, request).await
        }
        Endpoint::Robot(organization, name) => {
            robots::robot(context, user, &organization, &name, request).await
        }
        Endpoint::Trusts(organization, robot) => {
            trusts::trusts(context, user, &organization, &robot, request).await
        }
        Endpoint::Trust(organization, robot, id) => {
            trusts::delete(context, user, &organization, &robot, &id).await
        }
        Endpoint::Identity(name) => users::link(context, user, &name, request).await,
        Endpoint::Sessions(name) => users::sign_out(context, user, &name).await,
        Endpoint::Module(name) => modules::module(context, user, &name, request).await,
        Endpoint::Collaborators(name) => modules::collaborators(context, user, &name).await,
        Endpoint::Collaborator(module, name) => {
            modules::collaborator(context, user, &module, &name, request).await
        }
        Endpoint::Webhooks(module) => webhooks::webhooks(context, user, &module, request).await,
        Endpoint::Webhook(module, id) => webhooks::delete(context, user, &module, &id).await,
        Endpoint::WebhookSecret(module, id) => {
            webhooks::renew_secret(context, user, &module, &id).await
        }
        Endpoint::WebhookAttempts(module, id) => {
            webhooks::attempts(context, user, &module, &id).await
        }
        Endpoint::AuditOf(owner) => audit::of_owner(context, user, &owner, &request).await,
        Endpoint::Audit => audit::of_all(context, user, &request).await,
    }
}

/// The user who calls; a caller without a token may not.
async fn caller<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<User, Problem> {
    match auth::viewer_now(context, request).await? {
        Viewer::User(user) => Ok(user),
        Viewer::Anonymous => Err(Problem::new(
            Kind::Anonymous,
            "this needs a token: send the header `Authorization: Bearer TOKEN`",
        )),
    }
}
