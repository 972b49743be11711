use crate::{
    frame::Frame,
    layout::{Place, document},
    modules::{ListedModule, module_rows_to},
    page::Page,
    paths,
};
use maud::{Markup, html};
use protoedge_sdk::ModuleName;
use serde::Serialize;

/// What was found for some words.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Search {
    /// The words; empty where all modules are listed.
    pub words: String,
    /// Owners.
    pub owners: Vec<String>,
    /// Modules.
    pub modules: Vec<ListedModule>,
    /// Plugins.
    pub plugins: Vec<FoundPlugin>,
    /// Commits, by their ids: each with its module.
    pub commits: Vec<(String, String)>,
    /// The page that the next modules are on.
    pub next: Option<String>,
    /// A name that is spelled nearly so, where nothing was found.
    pub nearest: Option<String>,
    /// The plugin whose packages modules are looked for, and its version: modules lead to those.
    pub by: Option<(String, Option<String>)>,
}

/// A plugin that was found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FoundPlugin {
    /// `owner/name`.
    pub name: String,
    /// A sentence.
    pub description: String,
    /// Whether it is advised against.
    pub is_deprecated: bool,
}

impl Page for Search {
    fn html(&self, frame: &Frame) -> String {
        let is_empty = self.owners.is_empty()
            && self.modules.is_empty()
            && self.plugins.is_empty()
            && self.commits.is_empty();
        let to = |module: &str| match &self.by {
            Some((plugin, version)) => paths::sdks_by(module, plugin, version.as_deref()),
            None => paths::module(module),
        };
        let is_name = self.words.parse::<ModuleName>().is_ok();
        let content = html! {
            @if self.words.is_empty() { h1 { "All modules" } } @else { h1 { "Search: " (self.words) } }
            @if is_empty {
                p { "No module, owner or plugin has a name like that, and no commit begins so. Commits are found by eight of their digits, or more." }
                @if let Some(nearest) = &self.nearest { p { "Did you mean " a href=(paths::search(nearest)) { (nearest) } "?" } }
                p.soft { "Private modules are not found here: they are below " a href="/-/my" { "your modules" }
                    @if is_name { ", or " a href=(to(&self.words)) { "open " (self.words) } " itself" }
                    "."
                }
            }
            (self.commits())
            @if !self.modules.is_empty() {
                section aria-labelledby="modules" {
                    h2 id="modules" { "Modules" }
                    @if let Some((plugin, _)) = &self.by { p { "Each leads to its packages by " (plugin) "." } }
                    (module_rows_to(&self.modules, &to))
                    @if let Some(next) = &self.next { p.more { a href=(next) { "More" } } }
                }
            }
            @if !self.owners.is_empty() {
                section aria-labelledby="owners" {
                    h2 id="owners" { "Owners" }
                    ul.rows { @for it in &self.owners { li { a href={ "/" (it) } { (it) } } } }
                }
            }
            @if !self.plugins.is_empty() {
                section aria-labelledby="plugins" {
                    h2 id="plugins" { "Plugins" }
                    ul.rows { @for it in &self.plugins {
                        li {
                            a href=(paths::plugin(&it.name)) { (it.name) }
                            @if it.is_deprecated { " " span.mark.warn { "deprecated" } }
                            p { (it.description) }
                        }
                    } }
                }
            }
        };
        document(frame, "Search", Place::Elsewhere, &content)
    }
}

impl Search {
    fn commits(&self) -> Markup {
        html! {
            @if !self.commits.is_empty() {
                section aria-labelledby="commits" {
                    h2 id="commits" { "Commits" }
                    ul.rows {
                        @for (module, commit) in &self.commits {
                            li { a.mono href=(paths::commit(module, commit)) { (commit) } p { "of " (module) } }
                        }
                    }
                }
            }
        }
    }
}
