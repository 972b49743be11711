use crate::{
    frame::Frame,
    layout::{Place, document_below},
    paths,
};
use maud::{Markup, html};
use serde::Serialize;

/// What all pages of a module say of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ModuleHead {
    /// `owner/name`.
    pub module: String,
    /// A sentence.
    pub description: String,
    /// Its home page.
    pub homepage: Option<String>,
    /// Whether not everybody sees it.
    pub is_private: bool,
    /// Whether its owner advises against it.
    pub is_deprecated: bool,
    /// The module to take instead of one that is deprecated.
    pub successor: Option<String>,
    /// The other registry that it is fetched from.
    pub upstream: Option<String>,
    /// The label or the commit that the page shows, as it stands in addresses.
    pub reference: String,
    /// The label that is shown where none is named.
    pub default_label: String,
    /// Whether nothing was pushed to it.
    pub is_empty: bool,
    /// Whether that is a label that was archived.
    pub is_archived: bool,
}

/// The pages of a module, each with its tab.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tab {
    Readme,
    Sdks,
    Files,
    Commits,
    Labels,
    Dependencies,
}

impl ModuleHead {
    /// The owner's name.
    pub(crate) fn owner(&self) -> &str {
        self.module.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// The name without its owner.
    pub(crate) fn name(&self) -> &str {
        self.module.split_once('/').map_or("", |(_, name)| name)
    }

    /// Whether the page shows what its default label names.
    pub(crate) fn is_default(&self) -> bool {
        self.reference == self.default_label
    }

    /// The module's page, at the reference of this one.
    fn readme(&self) -> String {
        match self.is_default() {
            true => paths::module(&self.module),
            false => paths::module_at(&self.module, &self.reference),
        }
    }

    fn tabs(&self) -> [(Tab, String, &'static str); 6] {
        let (module, reference) = (&self.module, &self.reference);
        [
            (Tab::Readme, self.readme(), "Readme"),
            (Tab::Sdks, paths::sdks(module, reference, None), "SDKs"),
            (Tab::Files, paths::tree(module, reference), "Files"),
            (Tab::Commits, paths::commits(module, reference), "Commits"),
            (Tab::Labels, paths::labels(module), "Labels"),
            (Tab::Dependencies, paths::dependencies(module, reference), "Dependencies"),
        ]
    }
}

/// A page of a module: its head, the tabs, and what the page is about.
pub(crate) fn module_document(
    frame: &Frame,
    head: &ModuleHead,
    tab: Tab,
    title: &str,
    content: &Markup,
) -> String {
    let (owner, name) = (head.owner(), head.name());
    let top = html! {
        div.module { div.wrap {
            p.name {
                a.own href={ "/" (owner) } { (owner) } " " span.own { "/" } " "
                a href=(paths::module(&head.module)) { (name) }
                @if head.is_private { " " span.mark { "private" } }
                @if head.is_deprecated { " " span.mark.warn { "deprecated" } }
            }
            @if !head.description.is_empty() { p.about { (head.description) } }
            nav.tabs aria-label="Module" {
                @for (its, path, shown) in head.tabs() {
                    @if !head.is_empty || [Tab::Readme, Tab::Labels].contains(&its) { a href=(path) aria-current=[(its == tab).then_some("page")] { (shown) } }
                }
            }
        } }
    };
    let content = html! { (notices(head)) (content) };
    document_below(frame, title, Place::Elsewhere, &top, &content)
}

/// What somebody should know before they use the module.
fn notices(head: &ModuleHead) -> Markup {
    html! {
        @if head.is_deprecated {
            p.notice {
                b.warn { "Deprecated. " } "Its owner advises against this module"
                @match &head.successor {
                    Some(successor) => { " and names another one: " a href=(paths::module(successor)) { (successor) } "." }
                    None => { "." }
                }
            }
        }
        @if head.is_archived {
            p.notice { b.warn { "Archived. " } "The label " code { (head.reference) } " was archived: nothing is pushed to it any more." }
        }
        @if let Some(upstream) = &head.upstream {
            p.notice { "This module is fetched from " b { (upstream) } ". Its packages have their names of there." }
        }
    }
}
