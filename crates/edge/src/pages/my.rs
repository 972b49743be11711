//! What somebody who is signed in sees besides what everybody sees.

use super::{
    call::Caller,
    registry::{nothing, own_modules},
    reply::html,
};
use crate::{context::Answer, http::Request, platform::Platform};
use protoedge_oauth::Form;
use protoedge_pages::{MyOwners, Owner, Page};
use protoedge_registry::{Credentials, accounts};
use protoedge_sdk::{ModuleName, OwnerName};

/// `my`.
pub(super) async fn owners<P: Platform>(caller: &Caller<'_, P>) -> Answer<P> {
    let user = caller.user();
    let mut owners = vec![(user.name.to_string(), "your own".to_owned())];
    let mut organizations = accounts::organizations_of(&caller.context.store, user).await?;
    organizations.sort();
    owners.extend(
        organizations.into_iter().map(|(name, role)| (name.to_string(), role.as_str().to_owned())),
    );
    Ok(html(200, MyOwners { owners }.html(&caller.frame())))
}

/// `my/{owner}`.
pub(super) async fn modules<P: Platform>(
    caller: &Caller<'_, P>,
    name: &OwnerName,
    request: &Request<P::Body>,
) -> Answer<P> {
    let context = caller.context;
    let owner = accounts::recall_owner(&context.store, name).await?.ok_or_else(nothing)?;
    let query = request.query.as_deref().and_then(|query| Form::parse(query).ok());
    let after = query.as_ref().and_then(|query| query.get("after"));
    let after = after.and_then(|after| ModuleName::new(name.as_str(), after).ok());
    let credentials = Credentials::Verified(caller.user().clone());
    let (modules, next) = own_modules(context, &credentials, name, after).await?;
    let page = Owner {
        name: name.to_string(),
        description: owner.description.clone(),
        homepage: Some(owner.url.clone()).filter(|it| !it.is_empty()),
        modules,
        next: next.map(|next| format!("/-/my/{name}?after={}", next.name())),
        buf_host: context.config.host().to_owned(),
        is_own: true,
    };
    Ok(html(200, page.html(&caller.frame())))
}
