//! Packages of the ecosystem for tests: what a plugin wrote is "compiled" against the code of its dependencies, and packed as
//! two files.

use crate::{
    artifact::{Artifact, Packed, content_digest, sizes},
    ecosystem::hashes::EcosystemHashes,
    error::CodegenError,
    protoc::Compiled,
    request::Request,
    work::Work,
};
use protoedge_sdk::JobSdk;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs};

/// What is left to do with a plugin's answer.
#[derive(Debug)]
pub struct Completion;

/// What a plugin is asked, and what is left to do with its answer.
pub(super) fn request(work: &Work, compiled: Compiled) -> (Request, Completion) {
    let mut request = Request::new(work.options.clone(), compiled.files, compiled.sources);
    request.cut_to_closure();
    (request, Completion)
}

/// What the compiler makes, below which nothing that a plugin wrote is.
const LINKED: &str = "compiled/linked";

impl Completion {
    /// Compiles the files: notes the hash of each dependency's code.
    ///
    /// # Errors
    /// If the code of a dependency cannot be read.
    pub(super) fn check(
        self,
        work: &Work,
        files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, Vec<u8>>, CodegenError> {
        let mut linked = String::new();
        for dep in &work.deps {
            let code = fs::read(dep).map_err(CodegenError::io("reading a dependency's code"))?;
            linked.push_str(&hex::encode(Sha256::digest(code)));
            linked.push('\n');
        }
        let texts = files.into_iter().chain([(LINKED.to_owned(), linked)]);
        Ok(texts.map(|(name, text)| (name, text.into_bytes())).collect())
    }
}

/// The package's own file.
pub(super) fn own_files(sdk: &JobSdk) -> impl Iterator<Item = (&'static str, &[u8])> {
    [("manifest", sdk.manifest.as_bytes())].into_iter()
}

/// Packs two files: the code, which is all of it, and the names of what it is made of.
///
/// # Errors
/// [`CodegenError::Rejected`] where the ecosystem's files are not these two.
pub(super) fn pack(
    sdk: &JobSdk,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Packed, CodegenError> {
    let [code, sources] = sdk.ecosystem.rules().files() else {
        return Err(CodegenError::rejected("the ecosystem has other files than code and sources"));
    };
    let bytes: Vec<u8> = files.values().flatten().copied().collect();
    let names: String = files.keys().map(|name| format!("{name}\n")).collect();
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let content = content_digest(sdk, files);
    let artifacts = [(code, bytes), (sources, names.into_bytes())];
    let artifacts = artifacts.map(|(file, bytes)| Artifact { file, bytes, content_hash: None });
    let hashes = EcosystemHashes::Test { sha256 };
    Ok(Packed { artifacts: artifacts.into(), hashes, content, files: sizes(files) })
}
