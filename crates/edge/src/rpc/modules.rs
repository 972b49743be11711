use super::{
    call::{Call, field, known},
    convert,
};
use crate::{
    context::Context,
    platform::Platform,
    purge,
    reply::problem::{Kind, Problem},
    rpc::owners,
};
use protoedge_bufapi::proto::buf::registry::{
    module::v1::{self, create_modules_request, module_ref, update_modules_request},
    owner::v1::owner_ref,
};
use protoedge_registry::{
    Credentials, Error, Grant, Identified, NewModule, Role, Visibility, accounts, modules,
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

/// Changes who may read modules. What else a module says of itself cannot be changed yet.
pub(super) async fn update_modules<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::UpdateModulesRequest,
) -> Call<v1::UpdateModulesResponse> {
    let user = &known(context, caller).await?;
    // All are looked at before the first one is changed.
    let mut changes = Vec::new();
    for value in request.values {
        let visibility = wanted_visibility(&value)?;
        let reference = field(value.module_ref.and_then(|it| it.value), "module")?;
        let module = module_of(context, caller, reference).await?;
        accounts::require(&context.store, user, &module, Role::Owner).await?;
        changes.push((module, visibility));
    }
    let closes = changes.iter().any(|(_, visibility)| *visibility == Visibility::Private);
    let change = async {
        let mut modules = Vec::new();
        for (module, visibility) in changes {
            let made = modules::set_visibility(&context.store, user, &module, visibility).await?;
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

fn wanted_visibility(value: &update_modules_request::Value) -> Result<Visibility, Problem> {
    let update_modules_request::Value { state, description, url, default_label_name, .. } = value;
    let has_others =
        state.is_some() || description.is_some() || url.is_some() || default_label_name.is_some();
    match (value.visibility(), has_others) {
        (v1::ModuleVisibility::Public, false) => Ok(Visibility::Public),
        (v1::ModuleVisibility::Private, false) => Ok(Visibility::Private),
        (_, true) | (v1::ModuleVisibility::Unspecified, false) => {
            let message =
                "this registry does not answer changes of a module yet, but for its visibility";
            Err(Problem::new(Kind::Unimplemented, message))
        }
    }
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
        Some(Identified::Owner(_) | Identified::Commit(_)) | None => {
            accounts::see_nothing(&context.store, caller).await?;
            Err(missing().into())
        }
    }
}
