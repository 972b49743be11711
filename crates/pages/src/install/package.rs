use protoedge_sdk::{CommitId, Ecosystem, Hosts};
use serde::Serialize;

/// A program that installs packages, with the lines for its users.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PackageManager {
    /// Its name, as in addresses.
    pub name: &'static str,
    /// Its name, for people: with the versions of it, where others have other lines.
    pub title: &'static str,
    /// The command that installs the SDK.
    pub install: String,
    /// The commands that set a machine or a project up, once.
    pub setup: String,
    /// Where credentials for private modules go.
    pub credentials: &'static str,
}

/// What of a package is installed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pin<'a> {
    /// What the default label names, by the newest plugin.
    Latest,
    /// What a label names, by the newest plugin.
    Label(&'a str),
    /// A commit, by the newest plugin.
    Commit(&'a CommitId),
    /// One version for ever, as the ecosystem writes it.
    Version(&'a str),
}

/// A package of this registry, as its users name it.
#[derive(Clone, Copy, Debug)]
pub struct InstalledPackage<'a> {
    /// Where it goes.
    pub ecosystem: Ecosystem,
    /// Its name there.
    pub name: &'a str,
    /// The names of the registry that it has its name from.
    pub hosts: &'a Hosts,
    /// The libraries that its code runs with, each with its version or range of versions: some package managers leave them to who
    /// installs the package.
    pub runtime: &'a [(String, String)],
    /// Where clients reach the registry, without a slash at the end.
    pub public_url: &'a str,
}
