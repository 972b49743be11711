use super::{JobToken, WebhookSecrets};
use crate::{
    BadSdk, Catalogue, Closure, CommitId, Ecosystem, Entry, Hosts, ModuleName, PluginName,
    PluginVersion, Sdk,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One order to generate one SDK: the body of the webhook `POST {GENERATOR_URL}`[`/v1/jobs`](super::JOBS_PATH).
///
/// It is complete: a generator decides no name, no version and no manifest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// [`super::FORMAT`].
    pub format: u32,
    /// What is to be made.
    pub kind: JobKind,
    /// Names this order; the same SDK ordered again has another.
    pub id: String,
    /// What the generator shows at the callback: see [`super::JobToken`].
    pub token: String,
    /// RFC 3339: how long the token is good for.
    pub expires: String,
    /// What is made.
    pub sdk: JobSdk,
    /// What makes it.
    pub plugin: JobPlugin,
    /// The module that is generated, then its whole closure.
    pub modules: Vec<JobModule>,
    /// What the SDK is compiled against: files of the SDKs that it pins. They are stored before the job is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<JobDep>,
    /// `{PUBLIC_URL}/-/jobs/{id}`: sources are below it, heartbeats and results go there.
    pub callback: String,
}

/// What jobs make. A generator refuses a kind that it does not know, and another one may take it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// The files of an SDK.
    Sdk,
}

/// A file of another SDK, at `GET {callback}/deps/{its place in the job's list}`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct JobDep {
    /// The package's name in its ecosystem.
    pub package: String,
    /// The version as its ecosystem writes it.
    pub version: String,
    /// [`crate::ArtifactFile::name`].
    pub file: String,
}

/// How soon a generator is to make an SDK.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// A client waits meanwhile.
    #[default]
    Awaited,
    /// It is made before any client asks.
    Background,
}

impl Priority {
    /// The value of [`super::header::PRIORITY`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Background => "background",
        }
    }

    /// Reads the header: a job is awaited unless it says otherwise.
    pub fn of_header(value: Option<&str>) -> Self {
        if value == Some(Self::Background.as_str()) { Self::Background } else { Self::Awaited }
    }
}

/// The answer to a job's heartbeat.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Whether the registry still counts on this job.
    pub alive: bool,
    /// Whether a client has begun to wait for it.
    #[serde(default)]
    pub priority: Priority,
}

/// What a job makes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct JobSdk {
    /// Go or npm.
    pub ecosystem: Ecosystem,
    /// The package's name in its ecosystem.
    pub package: String,
    /// The version as its ecosystem writes it.
    pub version: String,
    /// The text of go.mod or package.json.
    pub manifest: String,
}

/// What makes an SDK.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct JobPlugin {
    /// The plugin.
    pub name: PluginName,
    /// Its version.
    pub version: PluginVersion,
    /// Its revision.
    pub revision: u32,
    /// [`crate::Entry::digest`]: a generator without exactly that entry answers `503`.
    pub digest: String,
    /// The options, sorted by key.
    pub options: Vec<String>,
}

/// One module of a job.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct JobModule {
    /// The module.
    pub name: ModuleName,
    /// The commit.
    pub commit: CommitId,
    /// The module digest, `b5:…`.
    pub digest: String,
    /// Per plugin that others import from: the Go import prefix or the npm package. `None` leaves
    /// the files' own `go_package`.
    pub imports: BTreeMap<PluginName, Option<String>>,
}

/// Whose fault a failed job is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// protoc or the plugin said no, or its output broke a rule: the same again next time.
    Rejected,
    /// Killed, out of limits, a bug of ours: another attempt may succeed.
    Trouble,
}

/// The body of `POST {callback}/failure`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// What the plugin said, or what went wrong.
    pub message: String,
    /// The generator's version: a rejection ends with a new one.
    #[serde(default)]
    pub generator: String,
}

/// What a registry knows when it orders an SDK.
pub struct Assembly<'a> {
    /// The new order's id.
    pub id: String,
    /// What generates the SDK.
    pub entry: &'a Entry,
    /// The commit, and those that it depends on.
    pub closure: &'a Closure,
    /// All plugins.
    pub catalogue: &'a Catalogue,
    /// The registry's names.
    pub hosts: &'a Hosts,
    /// Where the registry is reached, without a slash at the end.
    pub public_url: &'a str,
    /// What the token is sealed with.
    pub secrets: &'a WebhookSecrets,
    /// The end of the token: seconds since 1970, and RFC 3339.
    pub expires: (i64, String),
}

impl Job {
    /// Puts a job together.
    ///
    /// # Errors
    /// [`BadSdk`] for an SDK that cannot be described.
    pub fn assemble(of: Assembly<'_>) -> Result<Self, BadSdk> {
        let Assembly { id, entry, closure, catalogue, hosts, .. } = of;
        let sdk = Sdk::new(entry, &closure.target);
        let manifest = Sdk::manifest(entry, closure, catalogue, hosts)?;
        let deps = Sdk::compiled_against(entry, closure, catalogue)?;
        let deps = deps.into_iter().map(|(dep, file)| JobDep {
            package: closure.package_name(&dep, hosts),
            version: dep.version_text(),
            file: file.name.into(),
        });
        let (expires, expires_text) = of.expires;
        let token = JobToken { job: id.clone(), sdk: sdk.clone(), expires };
        Ok(Self {
            format: super::FORMAT,
            kind: JobKind::Sdk,
            token: of.secrets.seal(&token),
            expires: expires_text,
            sdk: JobSdk {
                ecosystem: sdk.ecosystem,
                package: closure.package_name(&sdk, hosts),
                version: sdk.version_text(),
                manifest,
            },
            plugin: JobPlugin {
                name: sdk.plugin.clone(),
                version: sdk.version.plugin.clone(),
                revision: sdk.version.revision,
                digest: entry.digest(),
                options: entry.options(),
            },
            modules: Sdk::job_modules(entry, closure, catalogue, hosts),
            deps: deps.collect(),
            callback: format!("{}/-/jobs/{id}", of.public_url),
            id,
        })
    }
}
