//! What an SDK is: the code that one plugin revision generates from one commit, published as one
//! package at one version.
//!
//! Everything here is a pure function of names, a commit with its dependency closure, and the
//! catalogue. Nothing is stored, fetched or timed.

mod catalogue;
mod commit;
mod ecosystem;
mod entry;
mod job;
mod names;
mod package;
mod published;
mod sdk;
mod text;
mod token;
mod version;
mod webhook;

pub use catalogue::{BadEntry, Catalogue};
pub use commit::{BadCommit, CommitId, ShortCommit, Stamp};
pub use ecosystem::{
    ArtifactFile, Ecosystem, Go, GoDep, GoElsewhere, GoElsewheres, GoRegistry, Lists,
    ManifestParts, Npm, NpmDep, NpmRegistry, PluginRules, Registry, Rules, Target,
    usual_go_elsewheres,
};
pub use entry::{Entry, FormatVersion, Install, PluginDep};
pub use job::{Failure, FailureKind, Heard, Job, JobModule, JobPlugin, JobSdk, Urgency};
pub use names::{BadName, Label, ModuleName, OwnerName, PluginName};
pub use package::{Hosts, Package};
pub use published::{Facts, Hashes, PublishedFile};
pub use sdk::{BadSdk, Closure, Locked, Sdk};
pub use token::{BadToken, JobToken};
pub use version::{BadVersion, PluginVersion, SdkVersion};
pub use webhook::{BadWebhook, WebhookSecret};
