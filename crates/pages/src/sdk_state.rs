use maud::{Markup, html};
use serde::Serialize;

/// How far an SDK is, as people are told.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SdkState {
    /// It can be installed.
    Ready,
    /// A generator has it, or will have it in a moment.
    BeingMade {
        /// For how long so far, in seconds, if that is known.
        seconds: Option<u64>,
    },
    /// The plugin says no, and would say so again.
    Rejected {
        /// The plugin at its version.
        by: String,
        /// What it said, each line with the place in the sources that it speaks of.
        words: Vec<Words>,
        /// The newest commit of which there is an SDK by this plugin, by its first 12 digits.
        accepted: Option<String>,
    },
    /// Generating it failed several times, and not by the module's fault.
    Resting {
        /// In how many seconds it is tried again.
        seconds: u64,
    },
    /// Nobody has asked for it.
    NotAskedFor,
    /// It cannot be had.
    Unavailable {
        /// Why.
        reason: String,
    },
}

/// A line of what a plugin said.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Words {
    /// The line.
    pub text: String,
    /// Where the place is that it names, if it names one.
    pub address: Option<String>,
}

impl SdkState {
    /// The name in `data-is`, which is that in JSON.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::BeingMade { .. } => "being_made",
            Self::Rejected { .. } => "rejected",
            Self::Resting { .. } => "resting",
            Self::NotAskedFor => "not_asked_for",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// Whether a client that asks for it gets it, sooner or later.
    pub(crate) fn can_be_had(&self) -> bool {
        match self {
            Self::Ready | Self::BeingMade { .. } | Self::Resting { .. } | Self::NotAskedFor => true,
            Self::Rejected { .. } | Self::Unavailable { .. } => false,
        }
    }

    /// The word for it, with its sign.
    pub(crate) fn mark(&self) -> Markup {
        let (class, word) = match self {
            Self::Ready => ("done", "ready"),
            Self::BeingMade { .. } => ("wait", "being made"),
            Self::Rejected { .. } => ("stop", "rejected"),
            Self::Resting { .. } => ("wait", "delayed"),
            Self::NotAskedFor => ("idle", "not asked for"),
            Self::Unavailable { .. } => ("stop", "not available"),
        };
        html! { span class={ "state " (class) } { (word) } }
    }
}

/// A number of seconds in words.
pub(crate) fn seconds(seconds: u64) -> String {
    match seconds {
        1 => "1 second".into(),
        0..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
