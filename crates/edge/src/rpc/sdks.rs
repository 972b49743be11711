use super::call::{Call, field};
use crate::{
    auth::RateLimitKey,
    context::Context,
    delivery::dispatch::{self, Demand},
    ecosystem::clients::clients,
    platform::Platform,
    reply::problem::{Kind, Problem},
    rpc::modules::module_by_name,
};
use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::{
    self as alpha, get_sdk_info_response,
};
use protoedge_registry::{Commit, Credentials, catalogue, modules};
use protoedge_sdk::{Catalogue, Ecosystem, Entry, PluginName, PluginVersion, Sdk, SdkVersion};

/// `buf registry sdk version` asks this first: for the ecosystem of the plugin.
pub(super) async fn latest_plugin<P: Platform>(
    context: &Context<P>,
    _: &Credentials,
    request: alpha::GetLatestCuratedPluginRequest,
) -> Call<alpha::GetLatestCuratedPluginResponse> {
    let wanted = PluginReference {
        name: PluginName::new(&request.owner, &request.name)?,
        version: request.version,
        revision: request.revision,
    };
    let has = |catalogue: &Catalogue| wanted.find(catalogue).is_ok();
    let published = catalogue::catalogue_with(&context.store, has).await?;
    let entry = wanted.find(&published.catalogue)?;
    let registry_type = clients(entry.ecosystem()).registry_type;
    let plugin = alpha::CuratedPlugin {
        owner: entry.name.owner().to_string(),
        name: entry.name.name().into(),
        registry_type: registry_type.into(),
        version: entry.plugin_version.to_string(),
        revision: entry.revision,
        source_url: entry.source_url.clone().unwrap_or_default(),
        description: entry.description.clone().unwrap_or_default(),
        spdx_license_id: entry.spdx_license_id.clone().unwrap_or_default(),
        deprecated: entry.deprecated,
        visibility: alpha::CuratedPluginVisibility::Public.into(),
        ..alpha::CuratedPlugin::default()
    };
    Ok(alpha::GetLatestCuratedPluginResponse { plugin: Some(plugin), versions: Vec::new() })
}

pub(super) async fn go_version<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::GetGoVersionRequest,
) -> Call<alpha::GetGoVersionResponse> {
    let (plugin, module) = (request.plugin_reference, request.module_reference);
    let sdk = sdk_for(context, caller, Ecosystem::Go, plugin, module).await?;
    Ok(alpha::GetGoVersionResponse { version: sdk.version_text() })
}

pub(super) async fn npm_version<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    rate_limit_key: &RateLimitKey,
    request: alpha::GetNpmVersionRequest,
) -> Call<alpha::GetNpmVersionResponse> {
    let (plugin, module) = (request.plugin_reference, request.module_reference);
    let sdk = ordered(context, caller, rate_limit_key, Ecosystem::Npm, plugin, module).await?;
    Ok(alpha::GetNpmVersionResponse { version: sdk.version_text() })
}

pub(super) async fn python_version<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    rate_limit_key: &RateLimitKey,
    request: alpha::GetPythonVersionRequest,
) -> Call<alpha::GetPythonVersionResponse> {
    let (plugin, module) = (request.plugin_reference, request.module_reference);
    let sdk = ordered(context, caller, rate_limit_key, Ecosystem::Python, plugin, module).await?;
    Ok(alpha::GetPythonVersionResponse { version: sdk.version_text() })
}

/// [`sdk_for`], ordered: lists of these ecosystems have only what has bytes, or is ordered, and the caller wants to install it. What no
/// client has wanted before counts for the caller's budget.
async fn ordered<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    rate_limit_key: &RateLimitKey,
    ecosystem: Ecosystem,
    plugin: Option<alpha::GetRemotePackageVersionPlugin>,
    module: Option<alpha::LocalModuleReference>,
) -> Result<Sdk, Problem> {
    let sdk = sdk_for(context, caller, ecosystem, plugin, module).await?;
    dispatch::ensure_generating(context, &sdk, Demand::Waiting(Some(rate_limit_key))).await?;
    Ok(sdk)
}

/// [`Self::sdk_of`], which must be of this ecosystem.
async fn sdk_for<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    ecosystem: Ecosystem,
    plugin: Option<alpha::GetRemotePackageVersionPlugin>,
    module: Option<alpha::LocalModuleReference>,
) -> Result<Sdk, Problem> {
    let (sdk, _) = sdk_of(context, caller, plugin, module).await?;
    if sdk.ecosystem != ecosystem {
        let message = format!("packages by {} are for {}", sdk.plugin, sdk.ecosystem);
        return Err(Problem::new(Kind::Malformed, message));
    }
    Ok(sdk)
}

/// A version says which module commit and plugin it is of; a reference and a plugin version beside it must
/// be the same.
pub(super) async fn sdk_info<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::GetSdkInfoRequest,
) -> Call<alpha::GetSdkInfoResponse> {
    let (plugin, module) = (request.plugin_reference, request.module_reference);
    let (sdk, commit) = match request.sdk_version.as_str() {
        "" => sdk_of(context, caller, plugin, module).await?,
        version => sdk_with(context, caller, plugin, module, version).await?,
    };
    Ok(alpha::GetSdkInfoResponse {
        module_info: Some(get_sdk_info_response::ModuleInfo {
            owner: sdk.module.owner().to_string(),
            name: sdk.module.name().into(),
            commit: commit.id.to_string(),
            module_commit_create_time: Some(super::convert::timestamp(commit.created)),
        }),
        plugin_info: Some(get_sdk_info_response::PluginInfo {
            owner: sdk.plugin.owner().to_string(),
            name: sdk.plugin.name().into(),
            version: sdk.version.plugin.to_string(),
            plugin_revision: sdk.version.revision,
        }),
        sdk_version: sdk.version_text(),
    })
}

/// The newest SDK of what a caller names.
async fn sdk_of<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    plugin: Option<alpha::GetRemotePackageVersionPlugin>,
    module: Option<alpha::LocalModuleReference>,
) -> Result<(Sdk, Commit), Problem> {
    let (wanted, module) = (PluginReference::of(plugin)?, field(module, "module")?);
    let has = |catalogue: &Catalogue| wanted.find(catalogue).is_ok();
    let published = catalogue::catalogue_with(&context.store, has).await?;
    let entry = wanted.find(&published.catalogue)?;
    let reference = module.reference;
    let module = module_by_name(context, caller, &module.owner, &module.repository).await?;
    let commit = modules::resolve(&context.store, &module, &reference).await?;
    modules::check_deps(&context.store, &module, &commit).await?;
    Ok((Sdk::new(entry, &commit.locked()), commit))
}

/// The SDK that has this version, which must be of what the caller names besides.
async fn sdk_with<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    plugin: Option<alpha::GetRemotePackageVersionPlugin>,
    module: Option<alpha::LocalModuleReference>,
    text: &str,
) -> Result<(Sdk, Commit), Problem> {
    let wrong = |why: String| Problem::new(Kind::Malformed, format!("SDK version {text} {why}"));
    let (wanted, named) = (PluginReference::of(plugin)?, field(module, "module")?);
    let version = Ecosystem::read_version(text);
    let version = version.ok_or_else(|| wrong("cannot be read".into()))?;
    wanted.check(&version).map_err(wrong)?;

    let has = |it: &Catalogue| it.get(&wanted.name, &version.plugin, version.revision).is_some();
    let published = catalogue::catalogue_with(&context.store, has).await?;
    let entry = published.catalogue.get(&wanted.name, &version.plugin, version.revision);
    let entry = entry.ok_or_else(|| {
        let (plugin, revision) = (&version.plugin, version.revision);
        wrong(format!(
            "is of {}:{plugin}, revision {revision}, which this registry does not have",
            wanted.name
        ))
    })?;

    let module = module_by_name(context, caller, &named.owner, &named.repository).await?;
    let commit = modules::find_commit(&context.store, &module, &version.commit).await?;
    let commit = commit.filter(|it| Sdk::new(entry, &it.locked()).version == version);
    let commit = commit.ok_or_else(|| wrong(format!("is of no commit of {}", module.name)))?;
    modules::check_deps(&context.store, &module, &commit).await?;
    if !named.reference.is_empty() {
        let other = modules::resolve(&context.store, &module, &named.reference).await?;
        if other.id != commit.id {
            let (name, reference) = (&module.name, &named.reference);
            return Err(wrong(format!(
                "is of commit {}, and {name}:{reference} is commit {}",
                commit.id, other.id
            )));
        }
    }
    Ok((Sdk::new(entry, &commit.locked()), commit))
}

/// A plugin as a caller names it: without a version the newest, without a revision the newest.
struct PluginReference {
    name: PluginName,
    version: String,
    revision: u32,
}

impl PluginReference {
    fn of(plugin: Option<alpha::GetRemotePackageVersionPlugin>) -> Result<Self, Problem> {
        let plugin = field(plugin, "plugin")?;
        Ok(Self {
            name: PluginName::new(&plugin.owner, &plugin.name)?,
            version: plugin.version,
            revision: plugin.revision,
        })
    }

    /// Whether an SDK version is of the plugin version that the caller names, if any; else why not.
    fn check(&self, version: &SdkVersion) -> Result<(), String> {
        let Self { name, version: named, revision } = self;
        if !named.is_empty() && named.parse() != Ok(version.plugin.clone()) {
            return Err(format!("is of {name}:{}, not of {name}:{named}", version.plugin));
        }
        if *revision != 0 && *revision != version.revision {
            return Err(format!("is of revision {}, not {revision}", version.revision));
        }
        Ok(())
    }

    fn find<'a>(&self, catalogue: &'a Catalogue) -> Result<&'a Entry, Problem> {
        let entry = if self.version.is_empty() {
            catalogue.newest(&self.name, |_| true)
        } else {
            let version: PluginVersion =
                self.version.parse().map_err(|error: protoedge_sdk::BadVersion| {
                    Problem::new(Kind::Malformed, error.to_string())
                })?;
            match self.revision {
                0 => catalogue.revision(&self.name, &version),
                revision => catalogue.get(&self.name, &version, revision),
            }
        };
        entry.ok_or_else(|| {
            let version = if self.version.is_empty() { "" } else { ":" };
            let message =
                format!("this registry has no plugin {}{version}{}", self.name, self.version);
            Problem::new(Kind::Absent, message)
        })
    }
}
