//! What Python's installers ask: pages of a simple index, wheels and their metadata.

use crate::{
    context::{Answer, Context},
    delivery::{
        artifact,
        listed::{self, Nothing, Waited},
        resolve::{self, NamedPackage, no_version},
    },
    http::Request,
    platform::Platform,
    reply::{
        Cache, Lifetime,
        method::reading,
        problem::{Kind, Problem},
        text::text,
    },
};
use protoedge_pypi::{Index, IndexFile, IndexRequest, Metadata, Projects, normalized, wheel_name};
use protoedge_registry::{Listing, Published, catalogue, modules, search};
use protoedge_sdk::{Ecosystem, Facts, ModuleName, Package, PluginName, Python, Rules, SdkVersion};
use sha2::{Digest, Sha256};

/// What a page depends on besides its address.
const ACCEPT: &str = "Accept";

/// The media type of a wheel's metadata.
const METADATA: &str = "text/plain; charset=utf-8";

/// Answers a request. The path is understood before credentials are looked at.
pub(crate) async fn python<P: Platform>(
    context: &Context<P>,
    asked: IndexRequest,
    request: &Request<P::Body>,
) -> Answer<P> {
    reading(request)?;
    let package = async |name: &str| {
        let named = named(context, name).await?;
        named.ok_or_else(|| Problem::foreign(&request.path))
    };
    match asked {
        IndexRequest::Projects => projects(context, request).await,
        IndexRequest::Project { name } => project(context, package(&name).await?, request).await,
        IndexRequest::Wheel { name, version } => {
            let package = package(&name).await?;
            let version = Python.parse_version(&version).map_err(no_version)?;
            artifact::artifact(context, package, version, &Python.files()[0], request).await
        }
        IndexRequest::Metadata { name, version } => {
            metadata(context, package(&name).await?, &version, request).await
        }
    }
}

/// The package that a project's name is of. Installers ask for everything that they install: what is by no plugin of the
/// registry is known from the catalogue alone, which machines remember.
async fn named<P: Platform>(
    context: &Context<P>,
    name: &str,
) -> Result<Option<NamedPackage>, Problem> {
    let name = normalized(name);
    let published = catalogue::catalogue(&context.store).await?;
    let plugins = published.catalogue.plugins(Ecosystem::Python);
    let Some((joined, plugin)) = Python::split(&name, plugins) else { return Ok(None) };
    let Some(module) = module_called(context, &joined).await? else { return Ok(None) };
    Ok(Some(NamedPackage::of(context, package(module, plugin))))
}

fn package(module: ModuleName, plugin: PluginName) -> Package {
    Package { ecosystem: Ecosystem::Python, module, plugin, major: None }
}

/// The module that is called so where owner and name are joined. If it can be several, the registry has noted which one it is;
/// before that, it is one of another registry that may be fetched, or none.
async fn module_called<P: Platform>(
    context: &Context<P>,
    joined: &str,
) -> Result<Option<ModuleName>, Problem> {
    let candidates: Vec<ModuleName> = ModuleName::of_joined(joined).collect();
    if !ModuleName::may_be_several(joined) {
        return Ok(candidates.into_iter().next());
    }
    if let Some(module) = modules::joined(&context.store, joined).await? {
        return Ok(Some(module));
    }
    let upstreams = &context.config.upstreams;
    let is_fetched =
        |module: &&ModuleName| upstreams.iter().any(|it| it.owners.names(module.owner()));
    let fetched = candidates.iter().find(is_fetched);
    Ok(fetched.or(candidates.first()).cloned())
}

/// The packages of all public modules by all plugins: nobody installs from this list, but mirrors read it.
async fn projects<P: Platform>(context: &Context<P>, request: &Request<P::Body>) -> Answer<P> {
    let mut names = Vec::new();
    if !context.config.requires_sign_in {
        let published = catalogue::catalogue(&context.store).await?;
        let index = search::index(&context.store).await?;
        let pushed = index.all().filter(|module| module.commit.is_some());
        let plugins: Vec<&PluginName> = published.catalogue.plugins(Ecosystem::Python).collect();
        for module in pushed {
            names.extend(plugins.iter().map(|&plugin| {
                package(module.name.clone(), plugin.clone()).name(&context.config.hosts)
            }));
        }
    }
    names.sort();
    let (body, media_type) = Projects { names }.answer(request.header("accept"));
    let cache = Cache::without_module(Lifetime::Revalidated);
    Ok(text(request, body, &cache, media_type).varying(ACCEPT))
}

/// The page of a package: what has bytes, with hashes; without them what is coming, so that who pins it, or resolves before it is
/// there, waits for its wheel.
async fn project<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    request: &Request<P::Body>,
) -> Answer<P> {
    let (found, listing, coming) =
        match listed::wait_for_versions(context, package, request).await? {
            Waited::Versions { found, listing, coming } => (*found, listing, coming),
            // pip hides what is said in place of a page, and shows what is said in place of a file: there the plugin's words are read.
            Waited::Nothing(nothing) => match *nothing {
                Nothing { found, listing, head: Some(head), problem }
                    if problem.kind == Kind::Rejected =>
                {
                    (found, listing, vec![head])
                }
                Nothing { problem, .. } => return Err(problem),
            },
            Waited::Over(redirect) => return Ok(redirect),
        };
    let name = found.package.name(&found.hosts);
    let page = page(name, &listing, coming.into_iter().map(|sdk| sdk.version));
    let (body, media_type) = page.answer(request.header("accept"));
    let cache = found.cache(Lifetime::Revalidated);
    Ok(text(request, body, &cache, media_type).varying(ACCEPT))
}

/// What has bytes, and what is coming, of which nothing has: in the order of Python's versions.
fn page(name: String, listing: &Listing, coming: impl Iterator<Item = SdkVersion>) -> Index {
    let made = listing.versions().filter_map(|it| Some((it.version.clone(), file(&name, it)?)));
    let bare = coming.map(|version| (version.clone(), bare_file(&name, &version)));
    let mut files: Vec<(SdkVersion, IndexFile)> = made.chain(bare).collect();
    files.sort_by(|(a, _), (b, _)| Python.compare(a, b));
    Index { files: files.into_iter().map(|(_, file)| file).collect(), name }
}

fn file(name: &str, published: &Published) -> Option<IndexFile> {
    let Facts::Python { metadata } = &published.facts else { return None };
    let wheel = published.files.first()?;
    Some(IndexFile {
        sha256: Some(wheel.hashes.sha256),
        metadata_sha256: Some(Sha256::digest(metadata).into()),
        requires_python: Metadata::requires_python(metadata).map(str::to_owned),
        size: Some(wheel.size),
        upload_time: Some(published.time.rfc3339()),
        ..bare_file(name, &published.version)
    })
}

/// A wheel of which nothing is known but what it is called.
fn bare_file(name: &str, version: &SdkVersion) -> IndexFile {
    let version = Python.version_text(version);
    IndexFile {
        name: wheel_name(name, &version),
        version,
        sha256: None,
        metadata_sha256: None,
        requires_python: None,
        size: None,
        upload_time: None,
        yanked: None,
    }
}

/// A wheel's metadata: what is in it, or what will be.
async fn metadata<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    version: &str,
    request: &Request<P::Body>,
) -> Answer<P> {
    let mut found = resolve::find(context, package, request).await?;
    let version = Python.parse_version(version).map_err(no_version)?;
    let listing = resolve::listing(context, &found).await?;
    if let Some(Published { facts: Facts::Python { metadata }, .. }) = listing.get(&version) {
        let cache = found.cache(Lifetime::Immutable);
        return Ok(text(request, metadata.clone(), &cache, METADATA));
    }
    let metadata = resolve::manifest_at(context, &mut found, &version).await?;
    Ok(text(request, metadata, &found.cache(Lifetime::Revalidated), METADATA))
}
