use crate::text::text;
use std::{fmt, str::FromStr};

/// Why a name was refused. The texts are shown to users of the clients.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadName {
    /// The characters or the length are wrong.
    #[error(
        "{kind} name {name:?} must be {min} to {max} characters of a-z, 0-9 and '-', start with a letter and not end with '-'"
    )]
    Form {
        /// `owner`, `module` or `plugin`.
        kind: &'static str,
        /// What was given.
        name: String,
        /// The least number of characters.
        min: usize,
        /// The greatest number of characters.
        max: usize,
    },
    /// A name that Go or npm cannot carry.
    #[error("the name {name:?} is reserved: Go modules and npm packages cannot carry it")]
    Reserved {
        /// What was given.
        name: String,
    },
    /// Owner and module together would not fit an npm package name.
    #[error("{name:?} is too long: owner and module together may have {max} characters")]
    TooLong {
        /// What was given.
        name: String,
        /// The greatest number of characters.
        max: usize,
    },
    /// No `owner/name`.
    #[error("{name:?} is not of the form owner/name")]
    NotAPair {
        /// What was given.
        name: String,
    },
    /// A label that cannot be addressed.
    #[error("label {name:?} must be 1 to 250 bytes without ':' and control characters")]
    Label {
        /// What was given.
        name: String,
    },
}

/// Windows' device names, which no path element of a Go module may be
/// (`golang.org/x/mod/module`, `badWindowsNames`); `internal` and `vendor`, below which no other Go module may import
/// (`go help packages`); and `gen`, the first element of our own paths.
const RESERVED: [&str; 7] = ["con", "prn", "aux", "nul", "gen", "internal", "vendor"];

fn is_reserved(name: &str) -> bool {
    let device = |prefix| {
        name.strip_prefix(prefix).is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']))
    };
    RESERVED.contains(&name) || device("com") || device("lpt")
}

/// Whether a name at the end of a Go module path would be read as the major version: `v2`
/// (`golang.org/x/mod/module`, `SplitPathVersion`).
fn is_major(name: &str) -> bool {
    name.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

fn check(kind: &'static str, name: &str, min: usize, max: usize) -> Result<(), BadName> {
    let bytes = name.as_bytes();
    let good = (min..=max).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes[bytes.len() - 1] != b'-'
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
    if !good {
        return Err(BadName::Form { kind, name: name.into(), min, max });
    }
    if is_reserved(name) {
        return Err(BadName::Reserved { name: name.into() });
    }
    Ok(())
}

/// The name of an owner, a user or an organization: 2 to 32 characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OwnerName(String);

impl OwnerName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OwnerName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        check("owner", name, 2, 32)?;
        Ok(Self(name.into()))
    }
}

impl fmt::Display for OwnerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `owner/name` of a module; the name has 2 to 100 characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ModuleName {
    owner: OwnerName,
    name: String,
}

impl ModuleName {
    /// Owner and module name together: an npm package name has at most 214 characters, of which 32
    /// are kept for the scope with its slash, 2 for the separators and 60 for the plugin.
    pub const MAX_TOGETHER: usize = 214 - 32 - 2 - 60;

    /// Checks both parts.
    pub fn new(owner: &str, name: &str) -> Result<Self, BadName> {
        let owner = owner.parse()?;
        check("module", name, 2, 100)?;
        let module = Self { owner, name: name.into() };
        if module.owner.0.len() + module.name.len() > Self::MAX_TOGETHER {
            return Err(BadName::TooLong { name: module.to_string(), max: Self::MAX_TOGETHER });
        }
        Ok(module)
    }

    /// The owner.
    pub fn owner(&self) -> &OwnerName {
        &self.owner
    }

    /// The name without its owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Both, joined by `-`, with one for every run of them: what the module is called where names of packages have no other
    /// separator. A registry has one module at most of each.
    pub fn joined(&self) -> String {
        with_single_dashes(&format!("{}-{}", self.owner, self.name))
    }

    /// Whether several modules may be called so: the first `-` alone parts an owner from a name.
    pub fn may_be_several(joined: &str) -> bool {
        joined.matches('-').count() > 1
    }

    /// The modules that are called so, but for those with a run of `-`: [`ModuleName::joined`].
    pub fn of_joined(joined: &str) -> impl Iterator<Item = Self> {
        let dashes = joined.match_indices('-').map(|(at, _)| at);
        dashes.filter_map(|at| Self::new(&joined[..at], &joined[at + 1..]).ok())
    }
}

/// A text with one `-` for every run of them.
pub(crate) fn with_single_dashes(text: &str) -> String {
    let mut single = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '-' || !single.ends_with('-') {
            single.push(c);
        }
    }
    single
}

impl FromStr for ModuleName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        match text.split_once('/') {
            Some((owner, name)) => Self::new(owner, name),
            None => Err(BadName::NotAPair { name: text.into() }),
        }
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// `owner/name` of a plugin. Neither part holds `_` or `.`, which separate them in npm names. A plugin that makes several
/// packages of a module has variants besides: `owner/name+variant`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PluginName {
    owner: OwnerName,
    name: String,
    variant: Option<String>,
}

impl PluginName {
    /// Checks both parts.
    pub fn new(owner: &str, name: &str) -> Result<Self, BadName> {
        let owner = owner.parse()?;
        check("plugin", name, 2, 60)?;
        if is_major(name) {
            return Err(BadName::Reserved { name: name.into() });
        }
        Ok(Self { owner, name: name.into(), variant: None })
    }

    /// A variant of the same plugin.
    ///
    /// # Errors
    /// [`BadName`] unless it consists of at most 20 lower-case letters and digits, a letter first.
    pub fn with_variant(&self, variant: &str) -> Result<Self, BadName> {
        check("variant", variant, 1, 20)?;
        if variant.contains('-') {
            return Err(BadName::NotAPair { name: format!("{self}+{variant}") });
        }
        Ok(Self { variant: Some(variant.into()), ..self.clone() })
    }

    /// The plugin without its variant.
    pub fn plain(&self) -> Self {
        Self { variant: None, ..self.clone() }
    }

    /// The owner.
    pub fn owner(&self) -> &OwnerName {
        &self.owner
    }

    /// The name without its owner and variant.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of several packages that the plugin makes of a module; `None` for the plain one.
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }
}

impl FromStr for PluginName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let (plain, variant) = text.split_once('+').map_or((text, None), |(it, v)| (it, Some(v)));
        let Some((owner, name)) = plain.split_once('/') else {
            return Err(BadName::NotAPair { name: text.into() });
        };
        let plain = Self::new(owner, name)?;
        match variant {
            Some(variant) => plain.with_variant(variant),
            None => Ok(plain),
        }
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)?;
        match &self.variant {
            Some(variant) => write!(f, "+{variant}"),
            None => Ok(()),
        }
    }
}

/// The name of a label: 1 to 250 bytes, which fit a bucket key even when every byte is escaped.
/// `:` cannot be addressed by the buf CLI.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Label(String);

impl Label {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        if (1..=250).contains(&name.len()) && !name.chars().any(|c| c == ':' || c.is_control()) {
            Ok(Self(name.into()))
        } else {
            Err(BadName::Label { name: name.into() })
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text!(OwnerName);
text!(ModuleName);
text!(PluginName);
text!(Label);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parsed() {
        for name in ["acme/weather", "a1/b2", "open-feature/flagd"] {
            assert_eq!(name.parse::<ModuleName>().unwrap().to_string(), name);
            assert_eq!(name.parse::<PluginName>().unwrap().to_string(), name);
        }
        for name in ["a1/b2+lite", "a1/b2+x9"] {
            assert_eq!(name.parse::<PluginName>().unwrap().to_string(), name);
            assert!(name.parse::<ModuleName>().is_err(), "{name}");
        }
        for name in ["a1/b2+", "a1/b2+Lite", "a1/b2+9", "a1/b2+a-b", "a1/b2+a+b", "a1+x/b2"] {
            assert!(name.parse::<PluginName>().is_err(), "{name}");
        }
        for label in ["main", "feature/x", "release 1", "v1.2.3+meta"] {
            assert_eq!(label.parse::<Label>().unwrap().to_string(), label);
        }
    }

    #[test]
    fn refuses_what_go_or_npm_cannot_carry() {
        let long = format!("acme/{}", "a".repeat(100));
        assert!(long.parse::<ModuleName>().is_ok());
        let longer = format!("{}/{}", "a".repeat(32), "a".repeat(100));
        for name in [
            "",
            "a",
            "acme",
            "acme/",
            "/weather",
            "a/weather",
            "acme/w",
            "Acme/weather",
            "acme/Weather",
            "1acme/weather",
            "acme/1weather",
            "acme-/weather",
            "acme/weather-",
            "ac_me/weather",
            "acme/wea.ther",
            "acme/wea_ther",
            "gen/weather",
            "acme/con",
            "acme/internal",
            "vendor/app",
            "aux/weather",
            "acme/com1",
            "lpt9/weather",
            "acme/weather/x",
            "../weather",
            "acme/..",
            "acmé/weather",
            longer.as_str(),
        ] {
            assert!(name.parse::<ModuleName>().is_err(), "{name}");
        }
        for name in ["acme/v1", "acme/v2", "acme/v02"] {
            assert!(name.parse::<PluginName>().is_err(), "{name}");
            assert!(name.parse::<ModuleName>().is_ok(), "{name}: not the end of a path");
        }
        for label in ["", "a:b", "a\nb", &"a".repeat(251)] {
            assert!(label.parse::<Label>().is_err(), "{label}");
        }
    }
}
