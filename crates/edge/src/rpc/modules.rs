use super::{
    call::{Call, field, known, page_size},
    convert,
};
use crate::{
    context::Context,
    platform::Platform,
    purge,
    reply::problem::{Kind, Problem},
    rpc::owners,
    sweep::erase_later,
};
use protoedge_bufapi::proto::buf::registry::{
    module::v1::{self, create_modules_request, module_ref, update_modules_request},
    owner::v1::owner_ref,
};
use protoedge_registry::{
    Credentials, Error, Grant, Identified, ModuleChange, NewModule, Visibility, accounts, modules,
};
use protoedge_sdk::ModuleName;

/// The default label of a module whose creator names none.
const DEFAULT_LABEL: &str = "main";

pub(super) async fn get_modules<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::GetModulesRequest,
) -> Call<v1::GetModulesResponse> {
    let mut modules = Vec::new();
    for reference in request.module_refs {
        let module = module_of(context, caller, field(reference.value, "module")?).await?;
        modules.push(convert::module(&module));
    }
    Ok(v1::GetModulesResponse { modules })
}

/// A page of the modules of an owner, in the order of their names.
pub(super) async fn list_modules<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::ListModulesRequest,
) -> Call<v1::ListModulesResponse> {
    let [owner] = <[_; 1]>::try_from(request.owner_refs).map_err(|_| {
        Problem::new(Kind::Malformed, "a call lists the modules of one owner: name that")
    })?;
    let owner = match field(owner.value, "owner")? {
        owner_ref::Value::Id(id) => owners::owner_by_id(context, &id).await?,
        owner_ref::Value::Name(name) => owners::owner_by_name(context, &name).await?,
    };
    let wrong = |_| Problem::new(Kind::Malformed, "the page token is not one of ours");
    let after = match request.page_token.as_str() {
        "" => None,
        name => Some(ModuleName::new(owner.name.as_str(), name).map_err(wrong)?),
    };
    let (found, next) = modules::list_modules(
        &context.store,
        caller,
        &owner.name,
        after,
        page_size(request.page_size),
    )
    .await?;
    Ok(v1::ListModulesResponse {
        next_page_token: next.map(|next| next.name().to_owned()).unwrap_or_default(),
        modules: found.iter().map(|module| convert::module(module)).collect(),
    })
}

pub(super) async fn create_modules<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::CreateModulesRequest,
) -> Call<v1::CreateModulesResponse> {
    let user = &known(context, caller).await?;
    let mut new = Vec::new();
    for value in request.values {
        new.push(new_module(context, value).await?);
    }
    let mut modules = Vec::new();
    for new in new {
        modules.push(convert::module(&modules::create_module(&context.store, user, new).await?));
    }
    Ok(v1::CreateModulesResponse { modules })
}

/// Changes modules: what they say of themselves, who may read them, whether they are deprecated.
pub(super) async fn update_modules<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::UpdateModulesRequest,
) -> Call<v1::UpdateModulesResponse> {
    let (store, user) = (&context.store, &known(context, caller).await?);
    // All are looked at before the first one is changed.
    let mut changes = Vec::new();
    for mut value in request.values {
        let reference = field(value.module_ref.take().and_then(|it| it.value), "module")?;
        let module = module_of(context, caller, reference).await?;
        let change = wanted_change(value)?;
        modules::check_change(store, user, &module, &change).await?;
        changes.push((module, change));
    }
    let closes = changes.iter().any(|(_, change)| change.visibility == Some(Visibility::Private));
    let change = async {
        let mut modules = Vec::new();
        for (module, change) in changes {
            let made = modules::change_module(store, user, &module, &change).await?;
            modules.push(convert::module(&made));
        }
        Ok(v1::UpdateModulesResponse { modules })
    };
    let changed = change.await;
    // Once for all of them, and for those that were changed before one was refused: the platform allows few purges.
    if closes {
        purge::purge_later(context);
    }
    changed
}

/// Deletes modules that nobody needs. Of those that are needed the API deletes what is named with `force`: the buf CLI's flag of
/// that name only leaves out its question.
pub(super) async fn delete_modules<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::DeleteModulesRequest,
) -> Call<v1::DeleteModulesResponse> {
    let user = &known(context, caller).await?;
    let mut doomed = Vec::new();
    for reference in request.module_refs {
        doomed.push(module_of(context, caller, field(reference.value, "module")?).await?);
    }
    let delete = async {
        for module in &doomed {
            modules::delete_module(&context.store, user, module, false).await?;
        }
        Ok(v1::DeleteModulesResponse {})
    };
    let deleted = delete.await;
    purge::purge_later(context);
    erase_later(context);
    deleted
}

fn wanted_change(value: update_modules_request::Value) -> Result<ModuleChange, Problem> {
    let wanted = |what: &str| Problem::new(Kind::Malformed, format!("the call names no {what}"));
    let visibility = match value.visibility.map(|_| value.visibility()) {
        None => None,
        Some(v1::ModuleVisibility::Public) => Some(Visibility::Public),
        Some(v1::ModuleVisibility::Private) => Some(Visibility::Private),
        Some(v1::ModuleVisibility::Unspecified) => return Err(wanted("visibility that there is")),
    };
    let is_deprecated = match value.state.map(|_| value.state()) {
        None => None,
        Some(v1::ModuleState::Active) => Some(false),
        Some(v1::ModuleState::Deprecated) => Some(true),
        Some(v1::ModuleState::Unspecified) => return Err(wanted("state that there is")),
    };
    let update_modules_request::Value { description, url, default_label_name, .. } = value;
    let default_label = default_label_name.map(|name| name.parse()).transpose()?;
    let change = ModuleChange {
        visibility,
        is_deprecated,
        successor: None,
        description,
        url,
        default_label,
    };
    if change == ModuleChange::default() {
        return Err(wanted("change"));
    }
    Ok(change)
}

async fn module_of<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    reference: module_ref::Value,
) -> Result<Grant, Problem> {
    match reference {
        module_ref::Value::Id(id) => module_by_id(context, caller, &id).await,
        module_ref::Value::Name(name) => {
            module_by_name(context, caller, &name.owner, &name.module).await
        }
    }
}

async fn new_module<P: Platform>(
    context: &Context<P>,
    value: create_modules_request::Value,
) -> Result<NewModule, Problem> {
    let visibility = match value.visibility() {
        v1::ModuleVisibility::Public => Visibility::Public,
        // As in buf, where nothing is said.
        v1::ModuleVisibility::Private | v1::ModuleVisibility::Unspecified => Visibility::Private,
    };
    let owner = match field(value.owner_ref.and_then(|it| it.value), "owner")? {
        owner_ref::Value::Id(id) => owners::owner_by_id(context, &id).await?.name.to_string(),
        owner_ref::Value::Name(name) => name,
    };
    // `buf push --create` names no default label unless its user does, `buf registry module create` always does.
    let awaits_push = value.default_label_name.is_empty();
    let default_label = match value.default_label_name.as_str() {
        "" => DEFAULT_LABEL.parse()?,
        name => name.parse()?,
    };
    Ok(NewModule {
        name: ModuleName::new(&owner, &value.name)?,
        visibility,
        default_label,
        description: value.description,
        url: value.url,
        awaits_push,
    })
}

/// A module by name. A name that no module can have is a module that does not exist: that
/// answer makes the CLI create it, which then says what is wrong with the name.
pub(super) async fn module_by_name<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    owner: &str,
    module: &str,
) -> Result<Grant, Problem> {
    let name = ModuleName::new(owner, module).map_err(|error| {
        Problem::new(Kind::Absent, format!("there is no module {owner}/{module}: {error}"))
    })?;
    Ok(accounts::see(&context.store, caller, &name).await?)
}

pub(super) async fn module_by_id<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    id: &str,
) -> Result<Grant, Problem> {
    let missing = || Error::NoId { id: id.into() };
    let parsed = id.parse().map_err(|_| missing())?;
    match accounts::identify(&context.store, &parsed).await? {
        Some(Identified::Module(name)) => {
            Ok(accounts::visible(&context.store, caller, &name).await?.ok_or_else(missing)?)
        }
        Some(Identified::Owner(_) | Identified::Commit(_) | Identified::Webhook(_)) | None => {
            accounts::see_nothing(&context.store, caller).await?;
            Err(missing().into())
        }
    }
}
