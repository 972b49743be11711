//! What differs from one ecosystem to the next, as rules that each of them has.

use super::{facts::Facts, go::elsewhere::GoElsewhere, target::Target};
use crate::{
    catalogue::Catalogue,
    commit::Stamp,
    entry::Entry,
    names::{ModuleName, PluginName},
    package::{Hosts, Package},
    sdk::{Closure, Locked, Sdk},
    version::{BadVersion, SdkVersion},
};
use std::cmp::Ordering;

/// Which versions the lists of an ecosystem show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lists {
    /// Also the newest one that can be generated: the first client that downloads it has it generated.
    Makeable,
    /// Only what has bytes, and each version after all that it pins: lists say the files' hashes.
    WithBytes,
}

/// One of the files that an SDK consists of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ArtifactFile {
    /// The same for each SDK of the ecosystem; one path element.
    pub name: &'static str,
    /// The media type that it is stored and served with.
    pub media_type: &'static str,
}

/// What differs from one ecosystem to the next and depends on no plugin.
pub trait Rules: Sync {
    /// The files that each SDK consists of, at least one.
    fn files(&self) -> &'static [ArtifactFile];

    /// The file of each SDK that the ones which pin it are compiled against; `None` where generated code is not compiled
    /// before it is published. With it, lists show only what has bytes: pins are made first.
    fn compiled_against(&self) -> Option<&'static ArtifactFile> {
        None
    }

    /// Which versions lists show.
    fn lists(&self) -> Lists;

    /// The plugin's major version where it is part of a package's name.
    fn major_in_name(&self, major: u64) -> Option<u64>;

    /// Whether the public registry has no packages of a module, since its code is elsewhere.
    fn is_elsewhere(&self, _module: &ModuleName) -> bool {
        false
    }

    /// The time that versions have of a commit with this one.
    fn stamp(&self, of_commit: &Stamp) -> Stamp {
        of_commit.clone()
    }

    /// Whether packages name others that they need, which whoever installs one gets with it.
    fn pins(&self) -> bool {
        true
    }

    /// The packages of this ecosystem that every plugin makes besides what it is for, if every plugin does: the name of that
    /// variant, and what the ecosystem wants to know of a plugin with this target.
    fn of_every_plugin(&self, _target: &Target) -> Option<(&'static str, Target)> {
        None
    }

    /// Two of these plugins by either of which one name may be: a catalogue has one of them at most.
    fn ambiguous<'a>(
        &self,
        _plugins: &[&'a PluginName],
    ) -> Option<(&'a PluginName, &'a PluginName)> {
        None
    }

    /// A package's name.
    fn package_name(&self, package: &Package, hosts: &Hosts) -> String;

    /// Reads a package's name; `None` for one that is not of the registry with these names.
    fn parse_package(&self, name: &str, hosts: &Hosts) -> Option<Package>;

    /// A version as clients write it.
    fn version_text(&self, version: &SdkVersion) -> String;

    /// Reads a version as clients write it. One version has one text.
    ///
    /// # Errors
    /// [`BadVersion::Sdk`] for any other text.
    fn parse_version(&self, text: &str) -> Result<SdkVersion, BadVersion>;

    /// The order in which clients see versions; nothing else counts as equal to a version but itself.
    fn compare(&self, a: &SdkVersion, b: &SdkVersion) -> Ordering {
        a.cmp(b)
    }

    /// A manifest without what tells nothing of the plugin and has changed since locks were made.
    ///
    /// # Errors
    /// Says what is wrong with the manifest.
    fn locked_manifest(&self, manifest: &str) -> Result<String, String> {
        Ok(manifest.into())
    }

    /// What lists show of a published SDK besides its files: from the text of its manifest, which is written only where it
    /// is needed, and from the hash of its contents where the ecosystem has one of its own.
    ///
    /// # Errors
    /// Says why there is no manifest, or what is wrong with it.
    fn facts(
        &self,
        manifest: &dyn Fn() -> Result<String, String>,
        content_hash: Option<String>,
    ) -> Result<Facts, String>;
}

/// What a manifest is written of.
pub struct ManifestParts<'a> {
    /// The SDK.
    pub sdk: &'a Sdk,
    /// Its package's name.
    pub name: String,
    /// Name and version of each SDK that it pins.
    pub pins: Vec<(String, String)>,
    /// What generates it.
    pub entry: &'a Entry,
    /// Its commit, and those that this one depends on.
    pub closure: &'a Closure,
    /// All plugins.
    pub catalogue: &'a Catalogue,
    /// The registry's names.
    pub hosts: &'a Hosts,
}

/// One of the packages that a plugin makes of a module besides the plain one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Variant {
    /// Lower-case letters and digits.
    pub name: String,
    /// The plugin's options, in place of the entry's.
    pub opts: Vec<String>,
}

/// What differs from one ecosystem to the next and depends on the plugin.
pub trait PluginRules {
    /// The packages that the plugin makes of a module besides the plain one.
    fn variants(&self) -> Vec<Variant> {
        Vec::new()
    }

    /// What another ecosystem wants to know of the plugin, where packages have the code that they have there.
    fn code(&self) -> Option<&Target> {
        None
    }

    /// What can be said of a version of another plugin that is not in the catalogue, on which this one depends: `known` is
    /// what is said of the other plugin's newest version, if it has one.
    fn unknown(&self, known: Option<&Target>) -> Target;

    /// The SDKs of a module's dependency that the module's SDK pins; `bases` are the plugin's own dependencies.
    fn pins_of(&self, entry: &Entry, bases: &[&Entry], dep: &Locked) -> Vec<Sdk>;

    /// The libraries that generated code runs with: each with its version, or the range of versions that it takes.
    fn runtime(&self) -> Vec<(String, String)>;

    /// The manifest's text.
    fn manifest(&self, parts: &ManifestParts<'_>) -> String;

    /// The plugin, with its major version, from whose packages generated code imports besides those of the entry's
    /// dependencies.
    fn imported(&self, entry: &Entry) -> Option<(PluginName, u64)>;

    /// Where a dependency's code is, if in no SDK of this registry.
    fn elsewhere<'a>(&self, dep: &'a Locked) -> Option<&'a GoElsewhere>;
}

/// Reads the form that Go and npm share, less npm's missing `v`:
/// `v{plugin}-{YYYYMMDDHHMMSS}-{short commit}.{revision}`, as the BSR writes it.
pub(super) fn parse_pseudo_version(text: &str) -> Option<SdkVersion> {
    let (rest, revision) = text.rsplit_once('.')?;
    let (rest, commit) = rest.rsplit_once('-')?;
    let (plugin, stamp) = rest.rsplit_once('-')?;
    Some(SdkVersion {
        plugin: plugin.parse().ok()?,
        stamp: stamp.parse().ok()?,
        commit: commit.parse().ok()?,
        revision: revision.parse().ok().filter(|number| *number > 0)?,
    })
}
