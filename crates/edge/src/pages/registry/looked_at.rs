//! Who looks, what they see, and what a reference in an address means.

use crate::{
    auth,
    context::Context,
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
    sign_in::session,
};
use protoedge_pages::{InstalledPackage, ModuleHead, Pin, ShownCommit};
use protoedge_registry::{
    Commit, Credentials, Error, Grant, LabelHead, Visibility, accounts, modules,
};
use protoedge_sdk::{CommitId, ModuleName, ShortCommit};
use std::rc::Rc;

/// What everybody hears of what is missing and of what is not theirs: the two are never told apart.
const NOTHING: &str =
    "There is nothing here, or nothing that you may see. If it is yours, sign in.";

/// How many labels a page lets choose from: those that moved last.
const LABELS: u32 = 100;

/// What a caller shows besides what everybody sees. Nothing of it is looked at for what is public.
pub(super) async fn credentials<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<Credentials, Problem> {
    if request.header("authorization").is_some() {
        return auth::credentials(context, request);
    }
    let signed_in = session::of(context, request, false).await?;
    Ok(signed_in.map_or(Credentials::None, |it| Credentials::Verified(it.user)))
}

/// The module, for a viewer who may see it.
pub(super) async fn see<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
    name: &ModuleName,
) -> Result<Grant, Problem> {
    if let Some(grant) = accounts::visible(&context.store, &Credentials::None, name).await? {
        return Ok(grant);
    }
    let credentials = credentials(context, request).await?;
    if credentials != Credentials::None
        && let Some(grant) = accounts::visible(&context.store, &credentials, name).await?
    {
        return Ok(grant);
    }
    Err(nothing())
}

/// The one answer about what is missing.
pub(crate) fn nothing() -> Problem {
    Problem::new(Kind::Absent, NOTHING)
}

/// A module at what a reference names.
pub(super) struct LookedAt {
    pub(super) module: Grant,
    pub(super) commit: Rc<Commit>,
    /// As it stands in addresses.
    pub(super) reference: String,
    /// The label that names the commit, if it was named by one.
    pub(super) label: Option<LabelHead>,
    /// The labels that moved last.
    pub(super) labels: Vec<LabelHead>,
}

impl LookedAt {
    /// Finds what a reference names; the default label's head where there is none. One operation, and one more for a commit that
    /// this machine has not seen lately, or for a label that moved long ago.
    pub(super) async fn find<P: Platform>(
        context: &Context<P>,
        request: &Request<P::Body>,
        name: &ModuleName,
        reference: Option<&str>,
    ) -> Result<Self, Problem> {
        let module = see(context, request, name).await?;
        Self::find_in(context, module, reference).await
    }

    /// [`Self::find`] in a module that is seen already.
    pub(super) async fn find_in<P: Platform>(
        context: &Context<P>,
        module: Grant,
        reference: Option<&str>,
    ) -> Result<Self, Problem> {
        let store = &context.store;
        let reference = reference.unwrap_or(module.default_label.as_str()).to_owned();
        let labels = modules::recent_labels(store, &module, false, None, LABELS).await?.heads;
        if let Some(commit) = by_id(context, &module, &reference).await? {
            return Ok(Self { module, commit, reference, label: None, labels });
        }
        let known = labels.iter().find(|head| head.label.as_str() == reference).cloned();
        let label = match known {
            Some(head) => head,
            None => match modules::named(store, &module, &reference).await? {
                modules::Named::Label(head, _) => head,
                modules::Named::Commit(commit) => {
                    let commit = Rc::new(commit);
                    return Ok(Self { module, commit, reference, label: None, labels });
                }
            },
        };
        let commit = modules::recall_commit(store, &module, &label.commit.short()).await?;
        let commit = commit.ok_or_else(|| Error::NoCommit { id: label.commit.clone() })?;
        Ok(Self { module, commit, reference, label: Some(label), labels })
    }

    /// Whether it is what `latest` means.
    pub(super) fn is_latest(&self) -> bool {
        self.label.as_ref().is_some_and(|head| head.label == self.module.default_label)
    }

    /// The label with its pin, where clients can ask for it: package managers list no archived one, and not every name.
    pub(super) fn label_pin(&self, installed: &InstalledPackage<'_>) -> Option<(&str, Pin<'_>)> {
        let head = self.label.as_ref().filter(|head| head.archived.is_none())?;
        let label = head.label.as_str();
        installed.suffix(Pin::Label(label)).map(|_| (label, Pin::Label(label)))
    }

    /// What an install line asks for, by the newest plugin: what moves with the reference, where the reference moves.
    pub(super) fn pin(&self, installed: &InstalledPackage<'_>) -> Pin<'_> {
        if self.is_latest() {
            return Pin::Latest;
        }
        self.label_pin(installed).map_or(Pin::Commit(&self.commit.id), |(_, label)| label)
    }

    /// What all pages say of it.
    pub(super) fn head(&self) -> ModuleHead {
        let is_archived = self.label.as_ref().is_some_and(|head| head.archived.is_some());
        ModuleHead { is_archived, ..head(&self.module, &self.reference) }
    }

    /// The commit as pages name it.
    pub(super) fn shown_commit(&self) -> ShownCommit {
        shown_commit(&self.commit)
    }
}

/// A commit as pages name it.
pub(super) fn shown_commit(commit: &Commit) -> ShownCommit {
    let pushed = crate::pages::call::time(commit.created);
    ShownCommit { id: commit.id.to_string(), pushed }
}

/// What all pages say of a module, at a reference.
pub(super) fn head(module: &Grant, reference: &str) -> ModuleHead {
    ModuleHead {
        module: module.name.to_string(),
        description: module.description.clone(),
        homepage: module.homepage().map(str::to_owned),
        is_private: module.visibility == Visibility::Private,
        is_deprecated: module.is_deprecated,
        successor: module.successor.as_ref().map(ToString::to_string),
        upstream: module.upstream.as_ref().map(|it| it.registry_host.clone()),
        reference: reference.to_owned(),
        default_label: module.default_label.to_string(),
        is_empty: false,
        is_archived: false,
    }
}

/// The commit that a reference is the id of, whole or its first 12 digits.
async fn by_id<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    reference: &str,
) -> Result<Option<Rc<Commit>>, Problem> {
    let short = match (reference.parse::<CommitId>(), reference.parse::<ShortCommit>()) {
        (Ok(id), _) => id.short(),
        (Err(_), Ok(short)) => short,
        (Err(_), Err(_)) => return Ok(None),
    };
    let commit = modules::recall_commit(&context.store, module, &short).await?;
    Ok(commit.filter(|commit| commit.id.as_str().starts_with(reference)))
}
