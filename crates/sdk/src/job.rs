use crate::{CommitId, Ecosystem, ModuleName, PluginName, PluginVersion};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One order to generate one SDK: the body of the webhook `POST {GENERATOR_URL}/v1/jobs`.
///
/// It is complete: a generator decides no name, no version and no manifest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Names this order; the same SDK ordered again has another.
    pub id: String,
    /// What the generator shows at the callback: see [`crate::JobToken`].
    pub token: String,
    /// RFC 3339: how long the token is good for.
    pub expires: String,
    /// What is made.
    pub sdk: JobSdk,
    /// What makes it.
    pub plugin: JobPlugin,
    /// The module that is generated, then its whole closure.
    pub modules: Vec<JobModule>,
    /// `{PUBLIC_URL}/-/jobs/{id}`: sources are below it, signs of life and results go there.
    pub callback: String,
}

/// Whether somebody waits for an SDK: a generator makes those first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// A client is held meanwhile.
    #[default]
    Awaited,
    /// It is made before anybody asks.
    Background,
}

impl Urgency {
    /// The webhook's header that says so. Not signed: whoever could change it could keep the job back
    /// altogether.
    pub const HEADER: &str = "protoedge-urgency";

    /// The header's value.
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

/// The answer to a job's sign of life.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Whether the registry still counts on this job.
    pub alive: bool,
    /// Whether somebody has begun to wait for it.
    #[serde(default)]
    pub urgency: Urgency,
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
