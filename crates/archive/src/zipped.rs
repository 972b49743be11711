use std::io::{self, Seek, Write};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// A zip that is written: every file of one time, the earliest that there is, and of one mode.
#[derive(Debug)]
pub struct Zipped<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> Zipped<W> {
    /// Begins a zip.
    pub fn new(to: W) -> Self {
        Self(ZipWriter::new(to))
    }

    /// Adds a file. Its name is the caller's to check.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        self.0.start_file(name, options)?;
        self.0.write_all(content)
    }

    /// Ends the zip.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.0.finish()?)
    }
}
