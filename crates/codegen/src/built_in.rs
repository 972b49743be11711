//! protoc's own generators. They are no plugins: protoc is given descriptors and writes files.

use crate::{
    error::CodegenError,
    protoc,
    request::Request,
    response::{self, BadResponse, MAX_ANSWER},
    wire::BadWire,
};
use prost::Message;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// The generators that copy no comments into code: most of what a descriptor holds is where its comments are.
const WITHOUT_COMMENTS: [&str; 3] = ["python", "pyi", "ruby"];

/// What one of protoc's generators is asked by, in a folder of its own.
pub(crate) struct BuiltIn<'a> {
    /// The `python` of `--python_out`.
    generator: &'a str,
    folder: &'a Path,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RawDescriptorSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<bytes::Bytes>,
}

impl<'a> BuiltIn<'a> {
    /// Prepares a folder for it.
    pub(crate) fn new(generator: &'a str, folder: &'a Path) -> Self {
        Self { generator, folder }
    }

    /// Where it writes: nothing else is its own.
    pub(crate) fn output(&self) -> PathBuf {
        self.folder.join("out")
    }

    /// Writes down what it reads; gives its argument. A command line could not hold the names of all files.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] for a file whose name protoc takes for an option; [`CodegenError::Descriptors`] where a file is no
    /// message.
    pub(crate) fn prepare(&self, request: Request) -> Result<String, CodegenError> {
        let (out, set) = (self.output(), self.folder.join("descriptors.binpb"));
        let mut args = vec![format!("--descriptor_set_in={}", set.display())];
        args.push(format!("--{}_out={}", self.generator, out.display()));
        // Not before the folder: from there on, each `:` would count.
        args.extend(request.options.iter().map(|it| format!("--{}_opt={it}", self.generator)));
        for name in &request.targets {
            if name.starts_with('-') || name.contains(['\n', '\r']) {
                return Err(CodegenError::rejected(format_args!(
                    "protoc takes {name:?} for an option: give the file another name"
                )));
            }
            args.push(name.clone());
        }
        let is_bare = WITHOUT_COMMENTS.contains(&self.generator);
        let file = request.files.into_iter().map(|file| {
            let file = if is_bare { file.without_source_info()? } else { file };
            Ok(file.into_raw())
        });
        let file = file.collect::<Result<_, BadWire>>().map_err(CodegenError::descriptors)?;
        let list = self.folder.join("arguments");
        let write = || -> io::Result<()> {
            fs::create_dir_all(&out)?;
            fs::write(&set, RawDescriptorSet { file }.encode_to_vec())?;
            let mut text = File::create(&list)?;
            args.iter().try_for_each(|arg| writeln!(text, "{arg}"))
        };
        write().map_err(CodegenError::io("preparing what protoc reads"))?;
        Ok(format!("@{}", list.display()))
    }

    /// What it wrote, as a plugin answers.
    ///
    /// # Errors
    /// Trouble where that cannot be read, or is more than a plugin may answer.
    pub(crate) fn answer(&self) -> Result<Vec<u8>, CodegenError> {
        let out = self.output();
        let mut files = Vec::new();
        let mut room = MAX_ANSWER;
        for entry in WalkDir::new(&out).sort_by_file_name() {
            let entry = entry.map_err(|error| reading(error.into()))?;
            if !entry.file_type().is_file() {
                continue;
            }
            let content = protoc::read(entry.path()).map_err(reading)?;
            let Some(left) = room.checked_sub(content.len()) else {
                let what = format!("more than {MAX_ANSWER} bytes");
                return Err(CodegenError::rejected(BadResponse::TooMuch { what }));
            };
            room = left;
            let name = entry.path().strip_prefix(&out).unwrap_or(entry.path());
            files.push((name.to_string_lossy().into_owned(), content));
        }
        Ok(response::encode(files))
    }
}

fn reading(source: io::Error) -> CodegenError {
    CodegenError::Io { doing: "reading what protoc wrote", source }
}
