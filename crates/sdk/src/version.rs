use crate::{ShortCommit, Stamp, text::text};
use semver::Version;
use std::{cmp::Ordering, fmt, str::FromStr};

/// Why a version was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadVersion {
    /// Not a plugin version.
    #[error("{0:?} is not a plugin version of the form v1.2.3")]
    Plugin(String),
    /// Not an SDK version.
    #[error(
        "{0:?} is not an SDK version: {{plugin version}}-{{YYYYMMDDHHMMSS}}-{{first 12 digits of the commit}}.{{plugin revision}}"
    )]
    Sdk(String),
    /// Not a version of archives.
    #[error(
        "{0:?} is not a version of an archive: {{plugin version}}-{{first 12 digits of the commit}}.{{plugin revision}}"
    )]
    Archive(String),
    /// Not an SDK version as it is stored.
    #[error("{0:?} is not a stored SDK version")]
    Stored(String),
}

/// The version of a plugin, printed with `v`: three numbers, nothing behind them. Those of protoc's own generators have two,
/// `v36.0`, which is read as `v36.0.0`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PluginVersion(Version);

impl PluginVersion {
    /// The first number.
    pub fn major(&self) -> u64 {
        self.0.major
    }
}

impl FromStr for PluginVersion {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let parse = |rest: &str| match rest.split('.').count() {
            2 => Version::parse(&format!("{rest}.0")),
            _ => Version::parse(rest),
        };
        match text.strip_prefix('v').and_then(|rest| parse(rest).ok()) {
            Some(version) if version.pre.is_empty() && version.build.is_empty() => {
                Ok(Self(version))
            }
            Some(_) | None => Err(BadVersion::Plugin(text.into())),
        }
    }
}

impl fmt::Display for PluginVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// The version of an SDK: `v1.2.3_20230727062025_d8fbf2620c60_1` in bucket paths and stored JSON. Clients see the text
/// of their ecosystem: [`crate::Rules::version_text`].
///
/// Ordered by plugin version, time, commit, revision.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SdkVersion {
    /// The plugin's version.
    pub plugin: PluginVersion,
    /// The commit's time.
    pub stamp: Stamp,
    /// The commit.
    pub commit: ShortCommit,
    /// The plugin's revision.
    pub revision: u32,
}

impl Ord for SdkVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |v: &'_ Self| (v.plugin.clone(), v.stamp.clone(), v.commit.clone(), v.revision);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for SdkVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for SdkVersion {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let parse = || {
            let parts: Vec<&str> = text.split('_').collect();
            let [plugin, stamp, commit, revision] = parts.as_slice() else { return None };
            Some(Self {
                plugin: plugin.parse().ok()?,
                stamp: stamp.parse().ok()?,
                commit: commit.parse().ok()?,
                revision: revision.parse().ok().filter(|number| *number > 0)?,
            })
        };
        match parse() {
            // One version, one text: `+1` and `01` parse as numbers, too.
            Some(version) if version.to_string() == text => Ok(version),
            Some(_) | None => Err(BadVersion::Stored(text.into())),
        }
    }
}

impl fmt::Display for SdkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, stamp, commit, revision } = self;
        write!(f, "{plugin}_{stamp}_{commit}_{revision}")
    }
}

text!(PluginVersion);
text!(SdkVersion);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Go, Npm, Rules};

    #[test]
    fn each_ecosystem_prints_what_it_parsed() {
        for (stored, go) in [
            ("v1.11.0_20230727062025_d8fbf2620c60_1", "v1.11.0-20230727062025-d8fbf2620c60.1"),
            ("v1.34.2_00000000000000_9761ea6a8cee_2", "v1.34.2-00000000000000-9761ea6a8cee.2"),
        ] {
            let version: SdkVersion = stored.parse().unwrap();
            assert_eq!(version.to_string(), stored);
            assert_eq!(Go.version_text(&version), go);
            assert_eq!(Go.parse_version(go), Ok(version.clone()));
            assert_eq!(Npm.version_text(&version), go[1..]);
            assert_eq!(Npm.parse_version(&go[1..]), Ok(version));
            assert!(Go.parse_version(&go[1..]).is_err() && Npm.parse_version(go).is_err());
        }
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "",
            "v1.11.0",
            "1.11.0-20230727062025-d8fbf2620c60.1",
            "v1.11.0-20230727062025-d8fbf2620c60",
            "v1.11.0-20230727062025-d8fbf2620c60.0",
            "v1.11.0-20230727062025-d8fbf2620c60.01",
            "v1.11.0-20230727062025-d8fbf2620c60.+1",
            "v1.11.0-20230727062025-D8FBF2620C60.1",
            "v1.11.0-20231327062025-d8fbf2620c60.1",
            "v01.11.0-20230727062025-d8fbf2620c60.1",
            "v1.11.0-rc1-20230727062025-d8fbf2620c60.1",
        ] {
            assert!(Go.parse_version(text).is_err(), "{text}");
            let stored = text.replace(['-', '.'], "_").replacen("_", ".", 2);
            for text in [text, &stored] {
                assert!(text.parse::<SdkVersion>().is_err(), "{text}");
            }
        }
    }

    #[test]
    fn orders_by_plugin_then_time_then_commit_then_revision() {
        let sorted = [
            "v1.9.0-20240101000000-ffffffffffff.1",
            "v1.10.0-00000000000000-ffffffffffff.1",
            "v1.10.0-20230101000000-aaaaaaaaaaaa.2",
            "v1.10.0-20230101000000-aaaaaaaaaaaa.10",
            "v1.10.0-20230101000000-bbbbbbbbbbbb.1",
            "v1.10.0-20230101000001-aaaaaaaaaaaa.1",
        ]
        .map(|text| Go.parse_version(text).unwrap());
        assert!(sorted.is_sorted());
        let semver = sorted.map(|version| Version::parse(&Npm.version_text(&version)).unwrap());
        assert!(semver.is_sorted());
    }
}
