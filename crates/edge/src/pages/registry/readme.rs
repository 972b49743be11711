//! A module: what it is, and how it is installed.

use super::{
    looked_at::{LookedAt, head, see},
    plugin_choice,
    sdks::{self, is_elsewhere},
};
use crate::{context::Context, http::Request, platform::Platform, reply::problem::Problem};
use protoedge_bufapi::module_path::DOCS;
use protoedge_pages::{
    InstalledPackage, LanguageInstall, ModuleHead, Readme, ReadmeAt, first_plugin, language,
};
use protoedge_registry::{Error, Grant, catalogue, modules, packages, search};
use protoedge_sdk::{Ecosystem, ModuleName, Sdk};
use std::collections::BTreeMap;

/// As much of what says what a module is as is shown, in bytes, and as many of its files.
const README: usize = 200_000;
const FILES: usize = 10_000;

/// How many folders are listed.
const FOLDERS: usize = 30;

/// The page, and whether it shows what the module is now.
pub(super) async fn readme<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
    name: &ModuleName,
    reference: Option<&str>,
) -> Result<(Readme, Grant, bool), Problem> {
    let module = see(context, request, name).await?;
    let buf_host = context.config.host().to_owned();
    let wanted = reference.unwrap_or(module.default_label.as_str());
    let empty = || Readme {
        module: ModuleHead { is_empty: true, ..head(&module, wanted) },
        at: None,
        buf_host: buf_host.clone(),
    };
    let at = match LookedAt::find_in(context, module.clone(), reference).await {
        Ok(at) => at,
        Err(problem) if problem.kind == crate::reply::problem::Kind::Empty => {
            return Ok((empty(), module, true));
        }
        Err(problem) => return Err(problem),
    };
    let page = Readme { module: at.head(), at: Some(shown(context, &at).await?), buf_host };
    let is_current = at.is_latest();
    Ok((page, at.module, is_current))
}

async fn shown<P: Platform>(context: &Context<P>, at: &LookedAt) -> Result<ReadmeAt, Problem> {
    let store = &context.store;
    let (files, readme) = match modules::sources(store, &at.module, &at.commit).await {
        Ok(mut sources) => {
            let all = sources.list()?.into_iter().map(|it| it.path);
            let files: Vec<String> = all.take(FILES).collect();
            let path = DOCS.iter().copied().find(|path| files.iter().any(|it| it == path));
            let text = match path {
                Some(path) => sources.read(path)?.map(|bytes| (path, bytes)),
                None => None,
            };
            let text = text.map(|(path, bytes)| (path.to_owned(), text_of(bytes)));
            (files, text)
        }
        Err(Error::TooMuch) => (Vec::new(), None),
        Err(error) => return Err(error.into()),
    };
    let index = search::index(store).await?;
    let deps = at.commit.deps.iter().map(|dep| &dep.module);
    let dependencies = deps.filter(|dep| index.get(dep).is_some()).map(ToString::to_string);
    Ok(ReadmeAt {
        commit: at.shown_commit(),
        installs: installs(context, at).await?,
        folders: folders(&files),
        readme,
        files,
        dependencies: dependencies.collect(),
    })
}

fn text_of(mut bytes: Vec<u8>) -> String {
    bytes.truncate(README);
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The folders that have .proto files, each with how many.
fn folders(files: &[String]) -> Vec<(String, usize)> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for path in files.iter().filter(|path| path.ends_with(".proto")) {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        *folders.entry(folder).or_default() += 1;
    }
    folders.into_iter().take(FOLDERS).map(|(folder, files)| (folder.to_owned(), files)).collect()
}

/// The line for each language, by its first plugin.
async fn installs<P: Platform>(
    context: &Context<P>,
    at: &LookedAt,
) -> Result<Vec<LanguageInstall>, Problem> {
    let commit = at.commit.id.short();
    let published = catalogue::catalogue(&context.store).await?;
    let hosts = modules::hosts_of(&context.store, &at.module, &commit).await?;
    let outcomes = packages::outcomes(&context.store, &at.module, &commit).await?;
    let mut installs = Vec::new();
    for ecosystem in Ecosystem::ALL {
        if first_plugin(*ecosystem).is_empty() {
            continue;
        }
        let Some(entry) = plugin_choice::usual_of(&published.catalogue, *ecosystem) else {
            continue;
        };
        let sdk = Sdk::new(entry, &at.commit.locked());
        let package = sdk.package();
        if is_elsewhere(&package, &hosts, &context.config.hosts) {
            continue;
        }
        let installed = InstalledPackage {
            runtime: &published.catalogue.runtime(entry),
            ecosystem: *ecosystem,
            name: &package.name(&hosts),
            hosts: &hosts,
            public_url: &context.config.public_url,
        };
        let managers = installed.managers(at.pin(&installed));
        let Some(manager) = managers.into_iter().next() else { continue };
        let (language, plugin) = (language(*ecosystem), entry.name.to_string());
        let state = sdks::final_state(&outcomes, &sdk, &published.generator);
        installs.push(LanguageInstall { language, plugin, manager, state });
    }
    Ok(installs)
}
