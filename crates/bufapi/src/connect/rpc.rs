use std::fmt;

/// Declares the enum and its two tables from one list.
macro_rules! rpcs {
    ($($name:ident = $path:literal,)*) => {
        /// Every RPC that this registry answers. `Beta…` are those of `module.v1beta1`, which
        /// modules with a buf.yaml of version v1 use; `AlphaGetCurrentUser` is the older of two.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Rpc {
            $(#[doc = concat!("`", $path, "`")] $name,)*
        }

        impl Rpc {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The path of the URL: `/package.Service/Method`.
            pub fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }

            /// Reads the path of a URL. `None`: no RPC of ours.
            pub fn parse(path: &str) -> Option<Self> {
                match path {
                    $($path => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

rpcs! {
    GetCommits = "/buf.registry.module.v1.CommitService/GetCommits",
    ListCommits = "/buf.registry.module.v1.CommitService/ListCommits",
    Download = "/buf.registry.module.v1.DownloadService/Download",
    GetGraph = "/buf.registry.module.v1.GraphService/GetGraph",
    GetLabels = "/buf.registry.module.v1.LabelService/GetLabels",
    ListLabels = "/buf.registry.module.v1.LabelService/ListLabels",
    ListLabelHistory = "/buf.registry.module.v1.LabelService/ListLabelHistory",
    CreateOrUpdateLabels = "/buf.registry.module.v1.LabelService/CreateOrUpdateLabels",
    ArchiveLabels = "/buf.registry.module.v1.LabelService/ArchiveLabels",
    UnarchiveLabels = "/buf.registry.module.v1.LabelService/UnarchiveLabels",
    GetModules = "/buf.registry.module.v1.ModuleService/GetModules",
    ListModules = "/buf.registry.module.v1.ModuleService/ListModules",
    CreateModules = "/buf.registry.module.v1.ModuleService/CreateModules",
    UpdateModules = "/buf.registry.module.v1.ModuleService/UpdateModules",
    DeleteModules = "/buf.registry.module.v1.ModuleService/DeleteModules",
    GetResources = "/buf.registry.module.v1.ResourceService/GetResources",
    Upload = "/buf.registry.module.v1.UploadService/Upload",
    BetaGetCommits = "/buf.registry.module.v1beta1.CommitService/GetCommits",
    BetaDownload = "/buf.registry.module.v1beta1.DownloadService/Download",
    BetaGetGraph = "/buf.registry.module.v1beta1.GraphService/GetGraph",
    BetaUpload = "/buf.registry.module.v1beta1.UploadService/Upload",
    GetOrganizations = "/buf.registry.owner.v1.OrganizationService/GetOrganizations",
    CreateOrganizations = "/buf.registry.owner.v1.OrganizationService/CreateOrganizations",
    UpdateOrganizations = "/buf.registry.owner.v1.OrganizationService/UpdateOrganizations",
    DeleteOrganizations = "/buf.registry.owner.v1.OrganizationService/DeleteOrganizations",
    GetOwners = "/buf.registry.owner.v1.OwnerService/GetOwners",
    GetCurrentUser = "/buf.registry.owner.v1.UserService/GetCurrentUser",
    AlphaGetCurrentUser = "/buf.alpha.registry.v1alpha1.AuthnService/GetCurrentUser",
    GetLatestCuratedPlugin = "/buf.alpha.registry.v1alpha1.PluginCurationService/GetLatestCuratedPlugin",
    GetSdkInfo = "/buf.alpha.registry.v1alpha1.ResolveService/GetSDKInfo",
    GetGoVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetGoVersion",
    GetSwiftVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetSwiftVersion",
    GetMavenVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetMavenVersion",
    GetNpmVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetNPMVersion",
    GetPythonVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetPythonVersion",
    GetCargoVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetCargoVersion",
    GetNugetVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetNugetVersion",
    GetCmakeVersion = "/buf.alpha.registry.v1alpha1.ResolveService/GetCmakeVersion",
    CreateWebhook = "/buf.alpha.registry.v1alpha1.WebhookService/CreateWebhook",
    DeleteWebhook = "/buf.alpha.registry.v1alpha1.WebhookService/DeleteWebhook",
    ListWebhooks = "/buf.alpha.registry.v1alpha1.WebhookService/ListWebhooks",
}

impl Rpc {
    /// Whether a call changes anything. Those that do not may be called by GET, too (protobuf, `idempotency_level`).
    pub fn has_side_effects(self) -> bool {
        match self {
            Self::CreateOrUpdateLabels
            | Self::ArchiveLabels
            | Self::UnarchiveLabels
            | Self::CreateModules
            | Self::UpdateModules
            | Self::DeleteModules
            | Self::Upload
            | Self::BetaUpload
            | Self::CreateOrganizations
            | Self::UpdateOrganizations
            | Self::DeleteOrganizations
            | Self::CreateWebhook
            | Self::DeleteWebhook => true,
            Self::GetCommits
            | Self::ListCommits
            | Self::Download
            | Self::GetGraph
            | Self::GetLabels
            | Self::ListLabels
            | Self::ListLabelHistory
            | Self::GetModules
            | Self::ListModules
            | Self::GetResources
            | Self::BetaGetCommits
            | Self::BetaDownload
            | Self::BetaGetGraph
            | Self::GetOrganizations
            | Self::GetOwners
            | Self::GetCurrentUser
            | Self::AlphaGetCurrentUser
            | Self::GetLatestCuratedPlugin
            | Self::GetSdkInfo
            | Self::GetGoVersion
            | Self::GetSwiftVersion
            | Self::GetMavenVersion
            | Self::GetNpmVersion
            | Self::GetPythonVersion
            | Self::GetCargoVersion
            | Self::GetNugetVersion
            | Self::GetCmakeVersion
            | Self::ListWebhooks => false,
        }
    }

    /// Whether `path` has the form of an RPC's path of any of the packages that the `buf` command
    /// calls, so that a method which we lack is answered in its protocol rather than with a missing page.
    pub fn looks_like_one(path: &str) -> bool {
        path.strip_prefix("/buf.").is_some_and(|rest| {
            rest.split_once('/').is_some_and(|(service, method)| {
                !service.is_empty() && !method.is_empty() && !method.contains('/')
            })
        })
    }
}

impl fmt::Display for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use prost_types::{FileDescriptorSet, MethodOptions, method_options::IdempotencyLevel};
    use std::collections::BTreeSet;

    #[test]
    fn paths_round_trip() {
        for &rpc in Rpc::ALL {
            assert_eq!(Rpc::parse(rpc.path()), Some(rpc));
            assert!(Rpc::looks_like_one(rpc.path()));
        }
    }

    #[test]
    fn other_paths_are_no_rpcs() {
        let known = Rpc::GetModules.path();
        for path in ["", "/", &known[1..], &format!("{known}/"), &known.to_lowercase()] {
            assert_eq!(Rpc::parse(path), None, "{path}");
        }
        assert!(Rpc::looks_like_one("/buf.alpha.registry.v1alpha1.PushService/Push"));
        for path in ["/buf.", "/buf.x", "/buf.x/", "/buf.x/y/z", "/gen/go"] {
            assert!(!Rpc::looks_like_one(path), "{path}");
        }
    }

    #[test]
    fn every_declared_method_is_an_rpc() {
        let bytes = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
        let files = FileDescriptorSet::decode(&bytes[..]).unwrap().file;
        let declared: BTreeSet<(String, bool)> = files
            .iter()
            .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
            .flat_map(|(package, service)| {
                let name = format!("/{package}.{}", service.name());
                service.method.iter().map(move |method| {
                    let level = method.options.as_ref().map(MethodOptions::idempotency_level);
                    let has_side_effects = level != Some(IdempotencyLevel::NoSideEffects);
                    (format!("{name}/{}", method.name()), has_side_effects)
                })
            })
            .collect();
        let ours = Rpc::ALL.iter().map(|rpc| (rpc.path().to_owned(), rpc.has_side_effects()));
        assert_eq!(declared, ours.collect());
    }
}
