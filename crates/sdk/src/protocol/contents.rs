use super::limit;
use serde::{Deserialize, Serialize};

/// What is in an SDK, for people to read: the body of `PUT {callback}/contents`, before its files.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PackageContents {
    /// The files in the package, sorted by path: at most [`PackageContents::MOST`] of them.
    pub files: Vec<PackedFile>,
    /// How many more there are.
    #[serde(default)]
    pub more: usize,
    /// How long it took to make it, in milliseconds.
    pub millis: u64,
}

/// A file in a package.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PackedFile {
    /// Its path in the package.
    pub path: String,
    /// In bytes.
    pub size: u64,
}

impl PackageContents {
    /// How many files are listed.
    pub const MOST: usize = 1000;

    /// The list of these files, in the order in which they come: as many as may be, with paths that are no longer together than fits.
    pub fn new(files: impl ExactSizeIterator<Item = PackedFile>, millis: u64) -> Self {
        let (count, mut bytes) = (files.len(), 0);
        let fits = |file: &PackedFile| {
            bytes += file.path.len();
            bytes <= limit::CONTENTS / 4
        };
        let files: Vec<PackedFile> = files.take(Self::MOST).take_while(fits).collect();
        Self { more: count - files.len(), files, millis }
    }

    /// The same as it is kept: no more than [`Self::new`] would list.
    #[must_use]
    pub fn bounded(self) -> Self {
        let Self { files, more, millis } = self;
        let bounded = Self::new(files.into_iter(), millis);
        Self { more: bounded.more.saturating_add(more), ..bounded }
    }
}
