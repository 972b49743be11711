use flate2::{Compression, GzBuilder, write::GzEncoder};
use std::io::{self, Write};
use tar::{Builder, EntryType, Header};

/// "Unknown" as the operating system in the gzip header (RFC 1952, 2.3.1).
const OS_UNKNOWN: u8 = 255;

/// A .tar.gz that is written: every file of one time, one mode and one owner.
pub struct Tarball<W: Write> {
    tar: Builder<GzEncoder<W>>,
    mtime: u64,
}

impl<W: Write> Tarball<W> {
    /// Begins a tarball whose files have this time, in seconds since 1970.
    pub fn new(to: W, mtime: u64) -> Self {
        let gzip = GzBuilder::new().mtime(0).operating_system(OS_UNKNOWN);
        Self { tar: Builder::new(gzip.write(to, Compression::default())), mtime }
    }

    /// Adds a file. Its name is the caller's to check.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(self.mtime);
        header.set_uid(0);
        header.set_gid(0);
        self.tar.append_data(&mut header, name, content)
    }

    /// Ends the tarball.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.tar.into_inner()?.finish()
    }
}
