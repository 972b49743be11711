//! Archives of generated code, which every plugin has: of its packages' code where it has some, else of what it generates.

use super::{
    facts::Facts,
    go::elsewhere::GoElsewhere,
    kind::Ecosystem,
    rules::{ArtifactFile, Lists, ManifestParts, PluginRules, Rules},
    target::{ArchiveRegistry, Target},
};
use crate::{
    commit::Stamp,
    entry::Entry,
    names::{ModuleName, PluginName},
    package::{Hosts, Package},
    sdk::{Locked, Sdk},
    version::{BadVersion, SdkVersion},
};
use protoedge_archive::Format;

/// The rules of archives.
#[derive(Clone, Copy, Debug)]
pub struct Archive;

/// The variant of every plugin that is its archives.
const VARIANT: &str = "archive";

/// One for each [`Format`], in their order.
const FILES: [ArtifactFile; 2] = [
    ArtifactFile { name: "archive.tar.gz", media_type: "application/gzip" },
    ArtifactFile { name: "archive.zip", media_type: "application/zip" },
];

impl Archive {
    /// The file of a format.
    pub const fn file(format: Format) -> &'static ArtifactFile {
        match format {
            Format::TarGz => &FILES[0],
            Format::Zip => &FILES[1],
        }
    }

    /// Reads `v1.2.3-{short commit}.{revision}`, also where the plugin's version has two numbers, as plugins of protoc's own
    /// generators have: one version may have two texts here.
    pub fn read_version(text: &str) -> Option<SdkVersion> {
        let (rest, revision) = text.rsplit_once('.')?;
        let (plugin, commit) = rest.rsplit_once('-')?;
        Some(SdkVersion {
            plugin: plugin.parse().ok()?,
            stamp: Stamp::zero(),
            commit: commit.parse().ok()?,
            revision: revision.parse().ok().filter(|number| *number > 0)?,
        })
    }
}

impl Rules for Archive {
    fn files(&self) -> &'static [ArtifactFile] {
        &FILES
    }

    fn lists(&self) -> Lists {
        Lists::Makeable
    }

    fn major_in_name(&self, _major: u64) -> Option<u64> {
        None
    }

    /// Versions tell a commit and no time.
    fn stamp(&self, _of_commit: &Stamp) -> Stamp {
        Stamp::zero()
    }

    /// Who unpacks an archive brings what its code needs.
    fn pins(&self) -> bool {
        false
    }

    fn of_every_plugin(&self, target: &Target) -> Option<(&'static str, Target)> {
        let code = match target {
            Target::Archive(archive) => archive.code.clone(),
            other => Some(Box::new(other.clone())),
        };
        Some((VARIANT, Target::Archive(ArchiveRegistry { code })))
    }

    /// `{owner}/{module}/{plugin owner}/{plugin}`, as in addresses.
    fn package_name(&self, package: &Package, _hosts: &Hosts) -> String {
        let Package { module, plugin, .. } = package;
        format!("{module}/{}/{}", plugin.owner(), plugin.name())
    }

    fn parse_package(&self, name: &str, _hosts: &Hosts) -> Option<Package> {
        let parts: Vec<&str> = name.split('/').collect();
        let [owner, module, plugin_owner, plugin] = parts.as_slice() else { return None };
        Some(Package {
            ecosystem: Ecosystem::Archive,
            module: ModuleName::new(owner, module).ok()?,
            plugin: PluginName::new(plugin_owner, plugin).ok()?.with_variant(VARIANT).ok()?,
            major: None,
        })
    }

    fn version_text(&self, version: &SdkVersion) -> String {
        let SdkVersion { plugin, commit, revision, .. } = version;
        format!("{plugin}-{commit}.{revision}")
    }

    fn parse_version(&self, text: &str) -> Result<SdkVersion, BadVersion> {
        // `+1` and `01` parse as numbers, too.
        Self::read_version(text)
            .filter(|version| self.version_text(version) == text)
            .ok_or_else(|| BadVersion::Archive(text.into()))
    }

    fn facts(
        &self,
        _manifest: &dyn Fn() -> Result<String, String>,
        _content_hash: Option<String>,
    ) -> Result<Facts, String> {
        Ok(Facts::Archive {})
    }
}

impl PluginRules for ArchiveRegistry {
    fn code(&self) -> Option<&Target> {
        self.code.as_deref()
    }

    fn unknown(&self, _known: Option<&Target>) -> Target {
        Target::Archive(self.clone())
    }

    fn pins_of(&self, _entry: &Entry, _bases: &[&Entry], _dep: &Locked) -> Vec<Sdk> {
        Vec::new()
    }

    fn runtime(&self) -> Vec<(String, String)> {
        self.code().map(|code| code.rules().runtime()).unwrap_or_default()
    }

    /// An archive has none.
    fn manifest(&self, _parts: &ManifestParts<'_>) -> String {
        String::new()
    }

    fn imported(&self, _entry: &Entry) -> Option<(PluginName, u64)> {
        None
    }

    fn elsewhere<'a>(&self, _dep: &'a Locked) -> Option<&'a GoElsewhere> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_print_what_they_parsed() {
        let hosts = Hosts { registry_host: "r.example.com".into(), npm_scope: "@x".into() };
        let name = "acme/weather/bufbuild/es";
        let package = Archive.parse_package(name, &hosts).unwrap();
        assert_eq!(package.plugin.to_string(), "bufbuild/es+archive");
        assert_eq!(package.name(&hosts), name);
        for name in [
            "acme/weather/bufbuild",
            "acme/weather/bufbuild/es/x",
            "acme/weather/bufbuild/es+archive",
        ] {
            assert_eq!(Archive.parse_package(name, &hosts), None, "{name}");
        }
        let text = "v36.2.0-0123456789ab.2";
        let version = Archive.parse_version(text).unwrap();
        assert_eq!(Archive.version_text(&version), text);
        assert_eq!(Archive::read_version("v36.2-0123456789ab.2"), Some(version));
        for text in [
            "v36.2-0123456789ab.2",
            "36.2.0-0123456789ab.2",
            "v36.2.0-0123456789ab.0",
            "v36.2.0-0123456789ab.02",
            "v36.2.0-0123456789ab",
            "v36.2.0-20260102030405-0123456789ab.2",
            "main",
        ] {
            assert!(Archive.parse_version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_format_has_its_file() {
        for (format, file) in Format::ALL.into_iter().zip(Archive.files()) {
            assert_eq!(Archive::file(format), file);
            assert!(file.name.ends_with(format.ending()));
        }
    }
}
