//! How the command line names plugins and modules.

use protoedge_sdk::{CommitId, Entry, Locked, ModuleName, PluginName, PluginVersion, Stamp};
use std::{path::PathBuf, str::FromStr};

/// A plugin as the command line names it: `owner/name`, `owner/name:v1.2.3` or `owner/name:v1.2.3:4`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PluginRef {
    /// The plugin.
    pub name: PluginName,
    /// Its version; the newest where none is named.
    pub version: Option<PluginVersion>,
    /// Its revision; the newest where none is named.
    pub revision: Option<u32>,
}

impl PluginRef {
    /// Whether it means this entry, among others where it names no version or revision.
    pub fn names(&self, entry: &Entry) -> bool {
        entry.name == self.name
            && self.version.as_ref().is_none_or(|version| entry.plugin_version == *version)
            && self.revision.is_none_or(|revision| entry.revision == revision)
    }
}

impl FromStr for PluginRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let name = parts.next().unwrap_or_default().parse().map_err(|e| format!("{e}"))?;
        let version = parts.next().map(str::parse).transpose().map_err(|e| format!("{e}"))?;
        let revision = match parts.next().map(str::parse::<u32>) {
            None => None,
            Some(Ok(number)) if number > 0 => Some(number),
            Some(_) => return Err("a revision is a number from 1 on".into()),
        };
        Ok(Self { name, version, revision })
    }
}

/// A module in a folder: `owner/name:{commit, 32 hex}@{YYYYMMDDHHMMSS}=DIR`.
#[derive(Clone, Debug)]
pub struct ModuleRef {
    /// The module and its commit.
    pub locked: Locked,
    /// Where its files are.
    pub folder: PathBuf,
}

impl FromStr for ModuleRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "a module is owner/name:{commit, 32 hex digits}@{YYYYMMDDHHMMSS}=DIR";
        let (id, folder) = text.split_once('=').ok_or(form)?;
        let (module, rest) = id.split_once(':').ok_or(form)?;
        let (commit, stamp) = rest.split_once('@').ok_or(form)?;
        let module: ModuleName = module.parse().map_err(|e| format!("{e}"))?;
        let commit: CommitId = commit.parse().map_err(|e| format!("{e}"))?;
        let stamp: Stamp = stamp.parse().map_err(|e| format!("{e}"))?;
        // Folders carry no digest, and no manifest holds one.
        let locked = Locked {
            module,
            commit,
            stamp,
            digest: String::new(),
            go_elsewhere: None,
            upstream: None,
        };
        Ok(Self { locked, folder: folder.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_and_modules() {
        let plugin: PluginRef = "connectrpc/go:v1.19.1:2".parse().unwrap();
        assert_eq!(plugin.revision, Some(2));
        assert_eq!("a1/b1".parse::<PluginRef>().unwrap().version, None);
        for bad in ["", "a1", "a1/b1:1.0.0", "a1/b1:v1.0.0:0", "a1/b1:v1.0.0:x", "a1/b1:v1.0.0:1:1"]
        {
            assert!(bad.parse::<PluginRef>().is_err(), "{bad}");
        }
        let commit = "a".repeat(32);
        let module: ModuleRef = format!("a1/b1:{commit}@20260102030405=/x=y").parse().unwrap();
        assert_eq!(module.folder, PathBuf::from("/x=y"));
        for bad in ["", "a1/b1", "a1/b1:a@0=x", &format!("a1/b1:{commit}@20260102030405")] {
            assert!(bad.parse::<ModuleRef>().is_err(), "{bad}");
        }
    }
}
