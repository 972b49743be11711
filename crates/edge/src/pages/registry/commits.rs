//! Where a module's labels have been, its commits, and what it depends on.

use super::{
    looked_at::{LookedAt, head},
    plugin_choice::newest_of_each,
    sdks::final_state,
    shown::Query,
};
use crate::{
    context::Context,
    pages::call::time,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_pages::{
    CommitPage, Commits, Dependencies, Labels, ModuleHead, ShownLabel, ShownMove, paths,
};
use protoedge_registry::{Error, Grant, accounts, catalogue, modules, packages, search};
use protoedge_sdk::{CommitId, Label, Sdk, ShortCommit};

/// How many commits, or labels, a page has.
const ON_A_PAGE: u32 = 50;

/// How many dependents are shown.
const DEPENDENTS: u32 = 200;

/// `commits/{label}`; of a commit, the page of its module's default label.
pub(super) async fn commits<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    label: &str,
    query: &Query,
) -> Result<Commits, Problem> {
    let store = &context.store;
    let is_commit = label.parse::<CommitId>().is_ok() || label.parse::<ShortCommit>().is_ok();
    let mut label = label.parse::<Label>()?;
    let mut record = modules::find_label(store, module, &label).await?;
    if record.is_none() && is_commit {
        label = module.default_label.clone();
        record = modules::find_label(store, module, &label).await?;
    }
    let missing = || Error::NoLabel { module: module.name.clone(), label: label.clone() };
    let record = record.ok_or_else(missing)?;
    let is_archived = record.archived.is_some();
    let mut history = modules::history(store, module, record);
    let newest = history.moves();
    let from = query.get("from").and_then(|it| it.parse().ok()).unwrap_or(newest).min(newest);
    let last = from.saturating_sub(ON_A_PAGE);
    let mut moves = Vec::new();
    for number in (last..from).rev() {
        let Some(it) = history.get(number).await? else { continue };
        if module.check_commit(&it.commit.short()).is_ok() {
            moves.push(ShownMove { commit: it.commit.to_string(), at: time(it.at) });
        }
    }
    let here = paths::commits(&module.name.to_string(), label.as_str());
    Ok(Commits {
        module: ModuleHead { is_archived, ..head(module, label.as_str()) },
        label: label.to_string(),
        moves,
        next: (last > 0).then(|| format!("{here}?from={last}")),
    })
}

/// `commit/{id}`.
pub(super) async fn commit<P: Platform>(
    context: &Context<P>,
    at: &LookedAt,
) -> Result<CommitPage, Problem> {
    if at.label.is_some() {
        let message =
            format!("{} is a label: its commits are on the page of its commits.", at.reference);
        return Err(Problem::new(Kind::Absent, message));
    }
    let (store, commit) = (&context.store, &at.commit);
    let outcomes = packages::outcomes(store, &at.module, &commit.id.short()).await?;
    let published = catalogue::catalogue(store).await?;
    let newest = newest_of_each(&published.catalogue).into_iter().filter(|it| !it.deprecated);
    let packaged = newest.map(|entry| published.catalogue.packaged(entry));
    let sdks = packaged.map(|entry| {
        let sdk = Sdk::new(entry, &commit.locked());
        let state = final_state(&outcomes, &sdk, &published.generator);
        (entry.name.to_string(), state)
    });
    let labels = at.labels.iter().filter(|head| head.commit == commit.id);
    let pushed_by = accounts::owner_named_by(store, &commit.created_by).await?;
    Ok(CommitPage {
        module: at.head(),
        commit: at.shown_commit(),
        sequence: commit.sequence,
        pushed_by: pushed_by.map(|it| it.to_string()),
        digest: commit.digest.clone(),
        source: Some(commit.source_control_url.clone()).filter(|it| !it.is_empty()),
        labels: labels.map(|head| head.label.to_string()).collect(),
        sdks: sdks.collect(),
    })
}

/// `labels`.
pub(super) async fn labels<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    query: &Query,
) -> Result<Labels, Problem> {
    let are_archived = query.get("archived").is_some();
    let after = query.get("after");
    let page =
        modules::recent_labels(&context.store, module, are_archived, after, ON_A_PAGE).await?;
    let labels = page.heads.into_iter().map(|head| ShownLabel {
        is_default: head.label == module.default_label,
        commit: head.commit.to_string(),
        at: time(head.archived.unwrap_or(head.updated)),
        name: head.label.to_string(),
    });
    let here = paths::labels(&module.name.to_string());
    let archived = if are_archived { "archived=yes&" } else { "" };
    let next = page.next.map(|next| {
        let next = percent_encoding::utf8_percent_encode(&next, percent_encoding::NON_ALPHANUMERIC);
        format!("{here}?{archived}after={next}")
    });
    let labels: Vec<ShownLabel> = labels.collect();
    let default = &module.default_label;
    let is_empty =
        labels.is_empty() && modules::find_label(&context.store, module, default).await?.is_none();
    Ok(Labels {
        module: ModuleHead { is_empty, ..head(module, default.as_str()) },
        labels,
        are_archived,
        next,
    })
}

/// `deps/{reference}`.
pub(super) async fn dependencies<P: Platform>(
    context: &Context<P>,
    at: &LookedAt,
) -> Result<Dependencies, Problem> {
    let store = &context.store;
    let index = search::index(store).await?;
    let (dependents, more) = modules::dependents(store, &at.module, DEPENDENTS).await?;
    let shown = at.commit.deps.iter().filter(|dep| index.get(&dep.module).is_some());
    let dependencies: Vec<_> =
        shown.map(|dep| (dep.module.to_string(), dep.commit.to_string())).collect();
    let dependents = dependents.iter().filter(|it| index.get(it).is_some());
    Ok(Dependencies {
        module: at.head(),
        commit: at.shown_commit(),
        hidden: at.commit.deps.len() - dependencies.len(),
        dependencies,
        dependents: dependents.map(ToString::to_string).collect(),
        are_more: more,
    })
}
