use super::{Call, field};
use crate::{
    app::App,
    platform::Platform,
    problem::{Kind, Problem},
    pursue::Wish,
};
use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::{
    self as alpha, get_sdk_info_response,
};
use protoedge_registry::{Commit, Viewer};
use protoedge_sdk::{Catalogue, Ecosystem, Entry, PluginName, PluginVersion, Sdk, SdkVersion};

impl<P: Platform> App<P> {
    /// `buf registry sdk version` asks this first: for the ecosystem of the plugin.
    pub(super) async fn latest_plugin(
        &self,
        _: &Viewer,
        request: alpha::GetLatestCuratedPluginRequest,
    ) -> Call<alpha::GetLatestCuratedPluginResponse> {
        let wanted = Wanted {
            name: PluginName::new(&request.owner, &request.name)?,
            version: request.version,
            revision: request.revision,
        };
        let has = |catalogue: &Catalogue| wanted.find(catalogue).is_ok();
        let published = self.store.catalogue_with(has).await?;
        let entry = wanted.find(&published.catalogue)?;
        let registry_type = match entry.ecosystem() {
            Ecosystem::Go => alpha::PluginRegistryType::Go,
            Ecosystem::Npm => alpha::PluginRegistryType::Npm,
        };
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

    pub(super) async fn go_version(
        &self,
        caller: &Viewer,
        request: alpha::GetGoVersionRequest,
    ) -> Call<alpha::GetGoVersionResponse> {
        let (plugin, module) = (request.plugin_reference, request.module_reference);
        let sdk = self.sdk_for(caller, Ecosystem::Go, plugin, module).await?;
        Ok(alpha::GetGoVersionResponse { version: sdk.version_text() })
    }

    /// Also orders the SDK: npm lists only what has bytes, and whoever asks wants to install it. What nobody
    /// has wanted before counts for the payer's budget.
    pub(super) async fn npm_version(
        &self,
        caller: &Viewer,
        payer: Option<&str>,
        request: alpha::GetNpmVersionRequest,
    ) -> Call<alpha::GetNpmVersionResponse> {
        let (plugin, module) = (request.plugin_reference, request.module_reference);
        let sdk = self.sdk_for(caller, Ecosystem::Npm, plugin, module).await?;
        self.pursue(&sdk, Wish::Waiting(payer)).await?;
        Ok(alpha::GetNpmVersionResponse { version: sdk.version_text() })
    }

    /// [`Self::sdk_of`], which must be of this ecosystem.
    async fn sdk_for(
        &self,
        caller: &Viewer,
        ecosystem: Ecosystem,
        plugin: Option<alpha::GetRemotePackageVersionPlugin>,
        module: Option<alpha::LocalModuleReference>,
    ) -> Result<Sdk, Problem> {
        let (sdk, _, _) = self.sdk_of(caller, plugin, module).await?;
        if sdk.ecosystem != ecosystem {
            let message = format!("packages by {} are for {}", sdk.plugin, sdk.ecosystem);
            return Err(Problem::new(Kind::Malformed, message));
        }
        Ok(sdk)
    }

    pub(super) async fn sdk_info(
        &self,
        caller: &Viewer,
        request: alpha::GetSdkInfoRequest,
    ) -> Call<alpha::GetSdkInfoResponse> {
        let (plugin, module) = (request.plugin_reference, request.module_reference);
        let (mut sdk, mut commit, module) = self.sdk_of(caller, plugin, module).await?;
        if !request.sdk_version.is_empty() {
            let wrong = || {
                let message = format!("{} has no version {}", sdk.plugin, request.sdk_version);
                Problem::new(Kind::Malformed, message)
            };
            let text = format!("v{}", request.sdk_version.trim_start_matches('v'));
            let version: SdkVersion = text.parse().map_err(|_| wrong())?;
            let found = self.store.commit(&module, &version.commit).await?;
            commit = found.filter(|it| it.stamp == version.stamp).ok_or_else(wrong)?;
            sdk.version = version;
        }
        Ok(alpha::GetSdkInfoResponse {
            module_info: Some(get_sdk_info_response::ModuleInfo {
                owner: module.owner().to_string(),
                name: module.name().into(),
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

    async fn sdk_of(
        &self,
        caller: &Viewer,
        plugin: Option<alpha::GetRemotePackageVersionPlugin>,
        module: Option<alpha::LocalModuleReference>,
    ) -> Result<(Sdk, Commit, protoedge_sdk::ModuleName), Problem> {
        let (plugin, module) = (field(plugin, "plugin")?, field(module, "module")?);
        let wanted = Wanted {
            name: PluginName::new(&plugin.owner, &plugin.name)?,
            version: plugin.version,
            revision: plugin.revision,
        };
        let has = |catalogue: &Catalogue| wanted.find(catalogue).is_ok();
        let published = self.store.catalogue_with(has).await?;
        let entry = wanted.find(&published.catalogue)?;
        let reference = module.reference;
        let module = self.module_by_name(caller, &module.owner, &module.repository).await?;
        let commit = self.store.resolve(&module, &reference).await?;
        Ok((Sdk::new(entry, &commit.locked()), commit, module.name.clone()))
    }
}

/// A plugin as a caller names it: without a version the newest, without a revision the newest.
struct Wanted {
    name: PluginName,
    version: String,
    revision: u32,
}

impl Wanted {
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
