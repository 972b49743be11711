//! What an SDK is: the code that one plugin revision generates from one commit, published as one
//! package at one version.
//!
//! Everything here is a pure function of names, a commit with its dependency closure, and the
//! catalogue. Nothing is stored, fetched or timed.

mod catalogue;
mod commit;
mod described;
mod ecosystem;
mod entry;
mod names;
mod package;
pub mod protocol;
mod published;
mod sdk;
mod text;
mod variants;
mod version;

pub use catalogue::{BadEntry, Catalogue};
pub use commit::{BadCommit, CommitId, ShortCommit, Stamp};
pub use ecosystem::{
    Archive, ArchiveRegistry, ArtifactFile, Ecosystem, Facts, Go, GoDep, GoElsewhere, GoElsewheres,
    GoRegistry, Lists, ManifestParts, Npm, NpmDep, NpmRegistry, PluginRules, Python,
    PythonPackageType, PythonRegistry, RegistryConfig, Rules, Target, Variant, usual_go_elsewheres,
};
#[cfg(feature = "test-ecosystem")]
pub use ecosystem::{TestEcosystem, TestRegistry, TestRequest};
pub use entry::{Entry, FormatVersion, Install, PluginDep};
pub use names::{BadName, Label, ModuleName, OwnerName, PluginName};
pub use package::{Hosts, Package};
pub use protocol::{
    Acknowledgement, Assembly, BadSecret, BadToken, BadWebhook, Failure, FailureKind, Job, JobDep,
    JobKind, JobModule, JobPlugin, JobSdk, JobToken, PackageContents, PackedFile, Priority,
    WebhookSecret, WebhookSecrets,
};
pub use published::{Hashes, PublishedFile};
pub use sdk::{BadSdk, Closure, Locked, Sdk, deprecation};
pub use version::{BadVersion, PluginVersion, SdkVersion};
