//! What a plugin was: the file beside its entry.

use serde::{Deserialize, Serialize};

/// What a plugin was when its entry was made: the file beside it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The digest of the entry.
    pub entry: String,
    /// The digest of what was installed: for Go, of the checksums of all modules in the command; else
    /// of the tree of files.
    pub installed: String,
    /// The digest of the built command, with what built it: another compiler builds another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<Built>,
    /// The digest of all files that the plugin makes of the sample module.
    pub output: String,
    /// The same of a sample module in an edition; none where the plugin refuses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
}

/// A built command.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// The compiler and the platform.
    pub by: String,
    /// The command's digest.
    pub digest: String,
}

impl Lock {
    /// What is different now, one sentence each.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut all = Vec::new();
        if self.entry != now.entry {
            all.push("its entry changed without a new revision".to_owned());
        }
        if self.installed != now.installed {
            all.push("what is installed changed without a new revision".to_owned());
        }
        if let (Some(was), Some(is)) = (&self.built, &now.built)
            && was.by == is.by
            && was.digest != is.digest
        {
            all.push(format!("{} builds another command of the same source", is.by));
        }
        if self.output != now.output {
            all.push("its output changed without a new revision".to_owned());
        }
        if self.edition != now.edition {
            all.push("its output for an edition changed without a new revision".to_owned());
        }
        all
    }
}
