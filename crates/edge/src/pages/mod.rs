//! Pages for people with a browser, below `/-/`. What their forms do, the API does as well, by the same functions of
//! `crates/registry`; a session opens pages and nothing else.

mod account;
pub(crate) mod call;
mod device;
mod my;
mod organizations;
mod path;
mod registry;
mod reply;
mod robots;
mod sign_in;
mod tokens;

pub use path::Page;
pub use registry::{ModulePage, RegistryPage};
pub(crate) use registry::{nothing, reader, registry_page};

use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
    reply::method::allow,
    sign_in::{same_origin, session},
};
use call::Caller;

/// Answers a request for a page, or what a form of a page sends.
pub(crate) async fn page<P: Platform>(
    context: &Context<P>,
    page: Page,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, page.methods())?;
    if let Page::Asset(asset) = page {
        return Ok(reply::asset(&request, asset));
    }
    let is_change = request.method == "POST";
    if is_change {
        same_origin::check(&context.config, &request)?;
    }
    let signed_in = session::of(context, &request, is_change).await?;
    match page {
        Page::SignIn => sign_in::sign_in(context, signed_in.as_ref(), request).await,
        Page::SignInStart => sign_in::start(context, &request).await,
        Page::SignInCallback => sign_in::callback(context, &request).await,
        Page::ChooseName => sign_in::choose_name(context, request).await,
        page => match signed_in {
            Some(signed_in) => own(&Caller { context, signed_in }, page, request).await,
            None => Ok(sign_in::first(&request)),
        },
    }
}

/// Pages of somebody who is signed in.
async fn own<P: Platform>(
    caller: &Caller<'_, P>,
    page: Page,
    request: Request<P::Body>,
) -> Answer<P> {
    match page {
        Page::Asset(_)
        | Page::SignIn
        | Page::SignInStart
        | Page::SignInCallback
        | Page::ChooseName => Ok(sign_in::first(&request)),
        Page::SignOut => account::sign_out(caller, request).await,
        Page::Account => account::account(caller),
        Page::My => my::owners(caller).await,
        Page::MyOwner(owner) => my::modules(caller, &owner, &request).await,
        Page::Device => device::device(caller, request).await,
        Page::DeviceDecision => device::decision(caller, request).await,
        Page::Tokens => tokens::tokens(caller, request).await,
        Page::RevokeToken(id) => tokens::revoke(caller, &id).await,
        Page::Organizations => organizations::organizations(caller, request).await,
        Page::Organization(name) => organizations::organization(caller, &name).await,
        Page::Members(name) => organizations::members(caller, &name, request).await,
        Page::Leave(name) => organizations::leave(caller, &name).await,
        Page::Robots(name) => robots::robots(caller, &name, request).await,
        Page::Robot(organization, robot) => {
            robots::robot(caller, &organization, &robot, request).await
        }
        Page::RobotTokens(organization, robot) => {
            robots::make_token(caller, &organization, &robot, request).await
        }
        Page::RevokeRobotToken(organization, robot, id) => {
            robots::revoke_token(caller, &organization, &robot, &id).await
        }
        Page::Trusts(organization, robot) => {
            robots::add_trust(caller, &organization, &robot, request).await
        }
        Page::EndTrust(organization, robot, id) => {
            robots::end_trust(caller, &organization, &robot, &id).await
        }
    }
}
