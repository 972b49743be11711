use crate::{
    frame::Frame,
    layout::{Place, document},
    modules::{ListedModule, module_rows},
    page::Page,
    paths,
};
use maud::{Markup, html};
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
    /// Plugins, each with a sentence.
    pub plugins: Vec<(String, String)>,
    /// Commits, by their ids: each with its module.
    pub commits: Vec<(String, String)>,
    /// The page that the next modules are on.
    pub next: Option<String>,
    /// A name that is spelled nearly so, where nothing was found.
    pub nearest: Option<String>,
}

impl Page for Search {
    fn html(&self, frame: &Frame) -> String {
        let is_empty = self.owners.is_empty()
            && self.modules.is_empty()
            && self.plugins.is_empty()
            && self.commits.is_empty();
        let content = html! {
            @if self.words.is_empty() { h1 { "All modules" } } @else { h1 { "Search: " (self.words) } }
            @if is_empty {
                p { "No module, owner or plugin has a name like that, and no commit begins so." }
                @if let Some(nearest) = &self.nearest { p { "Did you mean " a href=(paths::search(nearest)) { (nearest) } "?" } }
                p.soft { "Private modules are not found here: they are below " a href="/-/my" { "your modules" } "." }
            }
            (self.commits())
            @if !self.modules.is_empty() {
                section aria-labelledby="modules" {
                    h2 id="modules" { "Modules" }
                    (module_rows(&self.modules))
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
                    ul.rows { @for (name, about) in &self.plugins { li { a href=(paths::plugin(name)) { (name) } p { (about) } } } }
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
