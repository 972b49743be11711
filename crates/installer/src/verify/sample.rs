//! What every plugin is given to generate when it is verified.
//!
//! The files are for this alone: a change in them changes what is in every lock.

use super::error::VerifyError;
use protoedge_codegen::{
    describe,
    work::{Module, Work},
};
use protoedge_sdk::{Catalogue, Closure, Entry, Hosts, JobSdk, Locked, Sdk};
use std::{fs, io, path::Path};

/// A module: its name, its only commit and its files.
struct Sample {
    name: &'static str,
    commit: &'static str,
    files: &'static [(&'static str, &'static str)],
}

/// A table of files below a folder of `sample/`.
macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../sample/", $folder, "/", $name)))),+]
    };
}

const MONEY: Sample = Sample {
    name: "acme/money",
    commit: "a1000000000000000000000000000000",
    files: files!("acme_money": "acme/money/v1/money.proto"),
};

/// The annotations that gateways read, in the module whose Go code is elsewhere.
const ANNOTATIONS: Sample = Sample {
    name: "googleapis/googleapis",
    commit: "a2000000000000000000000000000000",
    files: files!("googleapis_googleapis": "google/api/annotations.proto", "google/api/http.proto"),
};

const SHOP: Sample = Sample {
    name: "acme/shop",
    commit: "a3000000000000000000000000000000",
    files: files!("acme_shop":
        "LICENSE",
        "acme/shop/admin/v1/admin.proto",
        "acme/shop/v1/item.proto",
        "acme/shop/v1/legacy.proto",
        "acme/shop/v1/shop.proto",
        "ping.proto",
    ),
};

const EDITION: Sample = Sample {
    name: "acme/edition",
    commit: "a4000000000000000000000000000000",
    files: files!("acme_edition": "acme/edition/v1/edition.proto"),
};

/// What is made of the module that nearly every plugin can read. Its files are written into the folder.
///
/// # Errors
/// If they cannot be written, or the SDK has no manifest.
pub fn shop(entry: &Entry, catalogue: &Catalogue, folder: &Path) -> Result<Work, VerifyError> {
    work(entry, catalogue, folder, &[SHOP, MONEY, ANNOTATIONS])
}

/// What is made of a module of messages alone, for plugins that do not know all of protobuf: groups, streams of requests.
///
/// # Errors
/// As [`shop`].
pub(super) fn money(
    entry: &Entry,
    catalogue: &Catalogue,
    folder: &Path,
) -> Result<Work, VerifyError> {
    work(entry, catalogue, folder, &[MONEY])
}

/// What is made of a module in an edition, which older plugins refuse.
pub(super) fn edition(
    entry: &Entry,
    catalogue: &Catalogue,
    folder: &Path,
) -> Result<Work, VerifyError> {
    work(entry, catalogue, folder, &[EDITION, MONEY])
}

/// What is made of the first of some modules; the others are its closure. Their files are written
/// into the folder.
fn work(
    entry: &Entry,
    catalogue: &Catalogue,
    folder: &Path,
    samples: &[Sample],
) -> Result<Work, VerifyError> {
    let mut locked = samples.iter().map(lock);
    let target = locked.next().ok_or_else(|| io::Error::other("no sample"))??;
    let closure = Closure { target, deps: locked.collect::<Result<_, _>>()?, is_deprecated: false };
    let hosts = Hosts { registry_host: "example.com".into(), npm_scope: "@example".into() };
    let mut modules = Vec::new();
    let jobs = Sdk::job_modules(entry, &closure, catalogue, &hosts);
    for (place, (job, sample)) in jobs.iter().zip(samples).enumerate() {
        let folder = folder.join(format!("sources/{place}"));
        for (name, text) in sample.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(path, text)?;
        }
        modules.push(Module::read(job, &folder)?);
    }
    let work = describe(entry, &closure, catalogue, &hosts, modules)?;
    let manifest = entry.code().ecosystem().rules().locked_manifest(&work.sdk.manifest);
    let manifest = manifest.map_err(io::Error::other)?;
    Ok(Work { sdk: JobSdk { manifest, ..work.sdk }, ..work })
}

fn lock(sample: &Sample) -> Result<Locked, VerifyError> {
    let broken = |_| io::Error::other(format!("the name, commit or time of {}", sample.name));
    let locked = Locked {
        module: sample.name.parse().map_err(|_| broken(()))?,
        commit: sample.commit.parse().map_err(|_| broken(()))?,
        stamp: "20260102030405".parse().map_err(|_| broken(()))?,
        digest: String::new(),
        go_elsewhere: None,
        upstream: None,
    };
    // As usual, also where an operator says otherwise: what a plugin makes of it is compared with what it once made.
    Ok(Catalogue::default().lock(locked))
}
