//! Pages about what is in the registry. Those of public modules are the same to everybody; nobody is told apart on them. A private
//! module's are for those who may read it, by their session or a token, and look like missing ones to everybody else.

mod commits;
mod files;
mod lists;
mod looked_at;
mod path;
mod plugin_choice;
mod plugins;
mod readme;
mod sdks;
mod shown;

pub(super) use lists::own_modules;
pub(crate) use looked_at::nothing;
pub use path::{ModulePage, OfReference, RegistryPage};
pub(crate) use shown::reader;

use crate::{
    config::Config,
    context::{Answer, Context},
    http::Request,
    pages::{reply::onward, sign_in},
    platform::Platform,
    reply::{method::allow, text::text},
    sign_in::{same_origin, session},
};
use looked_at::{LookedAt, credentials};
use protoedge_pages::{Frame, Guide, GuideNames, SdkState, paths};
use protoedge_registry::{Credentials, accounts};
use protoedge_sdk::{ModuleName, PluginName};
use sdks::Choice;
use shown::{Kept, Query, shown, shown_in};

/// Answers a request for a page about what is in the registry.
pub(crate) async fn registry_page<P: Platform>(
    context: &Context<P>,
    page: RegistryPage,
    request: Request<P::Body>,
) -> Answer<P> {
    allow(&request, page.methods())?;
    if request.method == "POST" {
        same_origin::check(&context.config, &request)?;
    }
    if context.config.requires_sign_in {
        let credentials = credentials(context, &request).await?;
        if credentials == Credentials::None {
            return Ok(sign_in::first(&request));
        }
        accounts::viewer(&context.store, &credentials).await?;
    }
    let (query, request) = (Query::of(&request), &request);
    match page {
        RegistryPage::Home => shown(request, &lists::home(context).await?, Kept::ByAll),
        RegistryPage::Search => {
            if let Some(to) = lists::sdk_of_search(context, &query).await? {
                return Ok(onward(&to, []));
            }
            let page = lists::search(context, &query).await?;
            let frame = Frame { search: page.words.clone(), ..Frame::default() };
            shown_in(request, &page, Kept::ByAllUnindexed, frame)
        }
        RegistryPage::Owner(name) => {
            shown(request, &lists::owner(context, &name, &query).await?, Kept::ByAll)
        }
        RegistryPage::Module(module, page) => {
            module_page(context, &module, page, &query, request).await
        }
        RegistryPage::Plugins => shown(request, &plugins::plugins(context).await?, Kept::ByAll),
        RegistryPage::Plugin(name) => {
            shown(request, &plugins::plugin(context, &name, &query).await?, Kept::ByAll)
        }
        RegistryPage::Moved(to) => {
            let query = request.query.as_deref().map(|it| format!("?{it}")).unwrap_or_default();
            Ok(onward(&format!("{to}{query}"), []))
        }
        RegistryPage::Robots => {
            let (cache, media_type) = (Kept::ByAll.cache(), "text/plain; charset=utf-8");
            Ok(text(request, ROBOTS.into(), &cache, media_type))
        }
        RegistryPage::Guide(chapter) => {
            let guide = Guide::of(chapter.as_deref(), &guide_names(context));
            shown(request, &guide.ok_or_else(nothing)?, Kept::ByAll)
        }
    }
}

/// Packages are for package managers; searches, raw files and former states are without end, and old ones say what is no more.
const ROBOTS: &str = "User-agent: *\nDisallow: /gen/\nDisallow: /-/search\nDisallow: /-/login\nDisallow: /*/*/commit/\nDisallow: /*/*/raw/\nDisallow: /*/*/definition/\nDisallow: /*?\n";

fn guide_names<P: Platform>(context: &Context<P>) -> GuideNames {
    let Config { public_url, hosts, .. } = &*context.config;
    GuideNames {
        public_url: public_url.clone(),
        host: context.config.host().to_owned(),
        registry_host: hosts.registry_host.clone(),
        npm_scope: hosts.npm_scope.clone(),
    }
}

async fn module_page<P: Platform>(
    context: &Context<P>,
    module: &ModuleName,
    page: ModulePage,
    query: &Query,
    request: &Request<P::Body>,
) -> Answer<P> {
    let find =
        async |reference: &str| LookedAt::find(context, request, module, Some(reference)).await;
    let kept = |at: &LookedAt| Kept::of(&at.module, at.is_latest());
    match page {
        ModulePage::Readme => {
            let (page, module, is_current) =
                readme::readme(context, request, module, query.get("ref")).await?;
            shown(request, &page, Kept::of(&module, is_current))
        }
        ModulePage::ChooseSdk => choose_sdk(context, module, request).await,
        ModulePage::Sdk(reference, plugin) => {
            sdk(context, module, (&reference, plugin.as_ref()), query, request).await
        }
        ModulePage::Tree(reference) => {
            let at = find(&reference).await?;
            shown(request, &files::files(context, &at).await?, kept(&at))
        }
        ModulePage::File(reference, path) => {
            let at = find(&reference).await?;
            shown(request, &files::file(context, &at, &path).await?, kept(&at))
        }
        ModulePage::Raw(reference, path) => {
            let at = find(&reference).await?;
            files::raw(context, request, &at, &path, &kept(&at).cache()).await
        }
        ModulePage::Definition(reference, path) => {
            let of = files::definition_of(query).ok_or_else(nothing)?;
            let at = find(&reference).await?;
            files::definition(context, request, &at, &path, of).await
        }
        ModulePage::Commits(label) => {
            let grant = looked_at::see(context, request, module).await?;
            let page = commits::commits(context, &grant, &label, query).await?;
            shown(request, &page, Kept::of(&grant, false))
        }
        ModulePage::Commit(id) => {
            let at = find(&id).await?;
            shown(request, &commits::commit(context, &at).await?, kept(&at))
        }
        ModulePage::OfDefault(page) => {
            let grant = looked_at::see(context, request, module).await?;
            let (module, label) = (module.to_string(), grant.default_label.as_str());
            let to = match page {
                OfReference::Tree => paths::tree(&module, label),
                OfReference::Commits => paths::commits(&module, label),
                OfReference::Dependencies => paths::dependencies(&module, label),
            };
            Ok(onward(&to, []))
        }
        ModulePage::Labels => {
            let grant = looked_at::see(context, request, module).await?;
            let page = commits::labels(context, &grant, query).await?;
            shown(request, &page, Kept::of(&grant, false))
        }
        ModulePage::Dependencies(reference) => {
            let at = find(&reference).await?;
            shown(request, &commits::dependencies(context, &at).await?, kept(&at))
        }
    }
}

/// `sdks`: to the page of what the form there says.
async fn choose_sdk<P: Platform>(
    context: &Context<P>,
    module: &ModuleName,
    request: &Request<P::Body>,
) -> Answer<P> {
    let grant = looked_at::see(context, request, module).await?;
    let query = Query::of(request);
    let reference = query.get("ref").unwrap_or(grant.default_label.as_str()).trim();
    let plugin = query.get("plugin").and_then(|it| it.parse::<PluginName>().ok());
    let plugin = plugin.map(|it| it.to_string());
    let to = paths::sdks(&module.to_string(), reference, plugin.as_deref());
    let version =
        query.get("version").and_then(|it| it.parse::<protoedge_sdk::PluginVersion>().ok());
    Ok(onward(&version.map_or(to.clone(), |version| format!("{to}?version={version}")), []))
}

/// `sdks/{reference}:{plugin}`; a form there has the SDK made.
async fn sdk<P: Platform>(
    context: &Context<P>,
    module: &ModuleName,
    (reference, plugin): (&str, Option<&PluginName>),
    query: &Query,
    request: &Request<P::Body>,
) -> Answer<P> {
    let choose = Choice::find(context, request, module, reference, plugin, query);
    if request.method == "POST" {
        let to = request.path.clone();
        let to =
            query.get("version").map_or(to.clone(), |version| format!("{to}?version={version}"));
        let Some(signed_in) = session::of(context, request, true).await? else {
            return Ok(sign_in::first_for(&to));
        };
        choose.await?.make(context, request, &signed_in.user).await?;
        return Ok(onward(&to, []));
    }
    let choice = choose.await?;
    let page = choice.page(context, query).await?;
    let kept = Kept::of(&choice.at.module, choice.at.is_latest());
    let is_changing = page.sdk.as_ref().is_some_and(|sdk| match sdk.state {
        SdkState::BeingMade { .. } | SdkState::Resting { .. } => true,
        SdkState::Ready
        | SdkState::Rejected { .. }
        | SdkState::NotAskedFor
        | SdkState::Unavailable { .. } => false,
    });
    shown(request, &page, if is_changing { kept.changing() } else { kept })
}
