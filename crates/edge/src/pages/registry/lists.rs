//! Modules, owners and plugins by name.

use super::{looked_at::nothing, plugin_choice::newest_of_each, shown::Query};
use crate::{context::Context, pages::call::time, platform::Platform, reply::problem::Problem};
use protoedge_pages::{FoundPlugin, Home, ListedModule, Owner, Search, paths};
use protoedge_registry::{
    Credentials, IndexedModule, ModuleIndex, accounts, catalogue, modules, search,
};
use protoedge_sdk::{Ecosystem, Entry, Hosts, ModuleName, OwnerName, PluginName, PluginVersion};

/// How many modules a page has.
const ON_A_PAGE: usize = 20;

/// How many owners, plugins and commits a search shows.
const BESIDE: usize = 10;

/// As few digits as a commit is found by: fewer would be many commits.
const DIGITS: usize = 8;

fn listed(module: &IndexedModule) -> ListedModule {
    ListedModule {
        name: module.name.to_string(),
        description: module.description.clone(),
        commit: module.commit.as_ref().map(ToString::to_string),
        updated: time(module.updated),
        is_deprecated: module.is_deprecated,
        is_private: false,
    }
}

/// `/`.
pub(super) async fn home<P: Platform>(context: &Context<P>) -> Result<Home, Problem> {
    let index = search::index(&context.store).await?;
    Ok(Home {
        modules: index.newest(ON_A_PAGE).into_iter().map(listed).collect(),
        count: index.all().count(),
        buf_host: context.config.host().to_owned(),
    })
}

/// A page of some modules, and the number that the next one begins with.
fn page_of<'a>(
    modules: impl Iterator<Item = &'a IndexedModule>,
    query: &Query,
) -> (Vec<ListedModule>, Option<usize>) {
    let from = query.get("from").and_then(|it| it.parse().ok()).unwrap_or(0_usize);
    let mut modules = modules.skip(from);
    let page = modules.by_ref().take(ON_A_PAGE).map(listed).collect();
    (page, modules.next().map(|_| from + ON_A_PAGE))
}

/// `/{owner}`.
pub(super) async fn owner<P: Platform>(
    context: &Context<P>,
    name: &OwnerName,
    query: &Query,
) -> Result<Owner, Problem> {
    let owner = accounts::recall_owner(&context.store, name).await?.ok_or_else(nothing)?;
    let index = search::index(&context.store).await?;
    let (modules, next) = page_of(index.of_owner(name), query);
    Ok(Owner {
        name: name.to_string(),
        description: owner.description.clone(),
        homepage: Some(owner.url.clone()).filter(|it| !it.is_empty()),
        modules,
        next: next.map(|from| format!("/{name}?from={from}")),
        buf_host: context.config.host().to_owned(),
        is_own: false,
    })
}

/// Where a search leads that is for the packages of one module by a plugin: `plugin=` and `version=` say which.
pub(super) async fn sdk_of_search<P: Platform>(
    context: &Context<P>,
    query: &Query,
) -> Result<Option<String>, Problem> {
    let Some((plugin, version)) = wanted_plugin(query) else { return Ok(None) };
    let Ok(module) = query.get("q").unwrap_or_default().trim().parse::<ModuleName>() else {
        return Ok(None);
    };
    let index = search::index(&context.store).await?;
    let is_there = index.get(&module).is_some();
    Ok(is_there.then(|| paths::sdks_by(&module.to_string(), &plugin, version.as_deref())))
}

/// The plugin, and its version, that a search is for packages by.
fn wanted_plugin(query: &Query) -> Option<(String, Option<String>)> {
    let plugin = query.get("plugin")?.parse::<PluginName>().ok()?;
    let version = query.get("version").and_then(|it| it.parse::<PluginVersion>().ok());
    Some((plugin.to_string(), version.map(|it| it.to_string())))
}

/// The module that words name as others write it: a package, an import path, what buf calls it, its address.
fn pasted(words: &str, hosts: &Hosts) -> Option<ModuleName> {
    let words = words.trim_matches(|c: char| "\"'`;,".contains(c));
    let first_two = |path: &str, ends: &[char]| {
        let mut parts = path.split(ends);
        ModuleName::new(parts.next()?, parts.next()?).ok()
    };
    if let Some((_, path)) = words.split_once("/gen/go/") {
        return first_two(path, &['/', '@']);
    }
    if let Some(package) = words.strip_prefix(&format!("{}/", hosts.npm_scope)) {
        // No owner's name has a `_`.
        let (owner, name) = package.split('.').next()?.split_once('_')?;
        return ModuleName::new(owner, name).ok();
    }
    let of_package = |it: &Ecosystem| it.rules().parse_package(words, hosts);
    if let Some(package) = Ecosystem::ALL.iter().find_map(of_package) {
        return Some(package.module);
    }
    let path = words.split_once("://").map_or(words, |(_, path)| path);
    let (host, path) = path.split_once('/')?;
    // What has no dot and no port is an owner.
    let is_host = host.contains(['.', ':']);
    is_host.then(|| first_two(path, &['/', ':', '?', '#', '@'])).flatten()
}

/// `/-/search`.
pub(super) async fn search<P: Platform>(
    context: &Context<P>,
    query: &Query,
) -> Result<Search, Problem> {
    let words = query.get("q").unwrap_or_default().trim().to_owned();
    let wanted = words.to_lowercase();
    let index = search::index(&context.store).await?;
    let (modules, next) = match wanted.is_empty() {
        true => page_of(index.all(), query),
        false => {
            let pasted = pasted(&wanted, &context.config.hosts);
            let found = match pasted.and_then(|name| index.get(&name)) {
                Some(module) => vec![module],
                None => matching(&index, &wanted),
            };
            page_of(found.into_iter(), query)
        }
    };
    let published = catalogue::catalogue(&context.store).await?;
    let plugins = newest_of_each(&published.catalogue);
    let is_named = |name: &str| !wanted.is_empty() && name.contains(&wanted);
    let mut plugins: Vec<&Entry> = plugins
        .into_iter()
        .filter(|it| {
            !wanted.is_empty()
                && has_all(&[&it.name.to_string(), &about(it).to_lowercase()], &wanted)
        })
        .collect();
    plugins.sort_by_key(|it| (it.deprecated, !is_named(&it.name.to_string())));
    let plugins = plugins.into_iter().take(BESIDE).map(|entry| FoundPlugin {
        name: entry.name.to_string(),
        description: about(entry).to_owned(),
        is_deprecated: entry.deprecated,
    });
    let mut owners: Vec<String> = index.all().map(|it| it.name.owner().to_string()).collect();
    owners.dedup();
    owners.retain(|owner| is_named(owner));
    owners.truncate(BESIDE);
    let next = next.map(|from| format!("{}&from={from}", paths::search(&words)));
    let mut page = Search {
        owners,
        modules,
        plugins: plugins.collect(),
        commits: commits(context, &wanted).await?,
        next,
        nearest: None,
        by: wanted_plugin(query),
        words,
    };
    if page.owners.is_empty()
        && page.modules.is_empty()
        && page.plugins.is_empty()
        && page.commits.is_empty()
    {
        page.nearest = nearest(&index, &wanted);
    }
    Ok(page)
}

/// What a plugin says of itself.
fn about(entry: &Entry) -> &str {
    entry.description.as_deref().unwrap_or_default()
}

/// Whether each of some words is in one of these texts, in any order; all of them in lower case, as names are.
fn has_all(texts: &[&str], words: &str) -> bool {
    words.split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
}

/// The modules whose name or description has all of some words, the best first: those that are called so, those whose name begins so,
/// those whose name has it, the others.
fn matching<'a>(index: &'a ModuleIndex, wanted: &str) -> Vec<&'a IndexedModule> {
    let rank = |it: &IndexedModule| {
        let (name, own) = (it.name.to_string(), it.name.name());
        match () {
            () if name == wanted || own == wanted => Some(0),
            () if own.starts_with(wanted) || name.starts_with(wanted) => Some(1),
            () if name.contains(wanted) => Some(2),
            () if has_all(&[&name], wanted) => Some(3),
            () if has_all(&[&name, &it.description.to_lowercase()], wanted) => Some(4),
            () => None,
        }
    };
    let ranked = index.all().filter_map(|it| Some((rank(it)?, it.is_deprecated, it)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, is_deprecated, _)| (*is_deprecated, *rank));
    ranked.into_iter().map(|(_, _, it)| it).collect()
}

/// The public commits whose ids begin so, or that a version of a package is of.
async fn commits<P: Platform>(
    context: &Context<P>,
    wanted: &str,
) -> Result<Vec<(String, String)>, Problem> {
    let of_version = Ecosystem::read_version(wanted).map(|it| it.commit.to_string());
    let digits = of_version.as_deref().unwrap_or(wanted);
    let is_hex = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !is_hex || !(DIGITS..=32).contains(&digits.len()) {
        return Ok(Vec::new());
    }
    let most = u32::try_from(BESIDE).unwrap_or(u32::MAX);
    let found = search::commits_beginning(&context.store, digits, most).await?;
    let mut commits = Vec::new();
    for (name, short) in found {
        let seen = accounts::visible(&context.store, &Credentials::None, &name).await;
        // One that is withheld is in no list, and an id may be of a module of that name that was deleted.
        let Ok(Some(module)) = seen else { continue };
        if modules::recall_commit(&context.store, &module, &short)
            .await
            .is_ok_and(|it| it.is_some())
        {
            commits.push((name.to_string(), short.to_string()));
        }
    }
    Ok(commits)
}

/// The name of a module or owner that differs in the fewest letters, two at most.
fn nearest(index: &ModuleIndex, wanted: &str) -> Option<String> {
    let names = index.all().flat_map(|it| {
        [it.name.to_string(), it.name.name().to_owned(), it.name.owner().to_string()]
    });
    let near = names.filter(|name| name.len().abs_diff(wanted.len()) <= 2 && wanted.len() < 100);
    let near = near.map(|name| (distance(&name, wanted), name)).filter(|(far, _)| *far <= 2);
    near.min().map(|(_, name)| name)
}

/// How many letters have to be put in, left out or changed to make one text of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, c) in a.chars().enumerate() {
        let mut before = n;
        row[0] = n + 1;
        for (m, d) in b.iter().enumerate() {
            let changed = before + usize::from(c != *d);
            before = row[m + 1];
            row[m + 1] = changed.min(row[m] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// The modules of an owner that a caller may read.
pub(crate) async fn own_modules<P: Platform>(
    context: &Context<P>,
    credentials: &Credentials,
    owner: &OwnerName,
    after: Option<ModuleName>,
) -> Result<(Vec<ListedModule>, Option<ModuleName>), Problem> {
    let store = &context.store;
    let (grants, next) = modules::list_modules(store, credentials, owner, after, ON_A_PAGE).await?;
    let listed = grants.iter().map(|module| ListedModule {
        name: module.name.to_string(),
        description: module.description.clone(),
        commit: None,
        updated: time(module.updated.unwrap_or(module.created)),
        is_deprecated: module.is_deprecated,
        is_private: module.visibility == protoedge_registry::Visibility::Private,
    });
    Ok((listed.collect(), next))
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances() {
        for (a, b, want) in
            [("", "", 0), ("a", "", 1), ("weather", "wether", 1), ("abc", "acb", 2), ("ä", "a", 1)]
        {
            assert_eq!(distance(a, b), want, "{a} {b}");
            assert_eq!(distance(b, a), want, "{b} {a}");
        }
    }
}
