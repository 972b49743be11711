use crate::{
    frame::Frame,
    layout::{even_table, table, web_link},
    module_head::{ModuleHead, Tab, module_document},
    page::Page,
    paths,
    sdk_state::SdkState,
    sdks::ShownCommit,
};
use maud::html;
use serde::Serialize;

/// Where a label has been.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Commits {
    /// The module.
    pub module: ModuleHead,
    /// The label.
    pub label: String,
    /// The commits that it named, the newest first, each with when it was moved there.
    pub moves: Vec<ShownMove>,
    /// The page that the next ones are on.
    pub next: Option<String>,
}

/// A move of a label.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ShownMove {
    /// To which commit: 32 hexadecimal digits.
    pub commit: String,
    /// When.
    pub at: String,
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

impl Page for Commits {
    fn html(&self, frame: &Frame) -> String {
        let module = &self.module.module;
        let content = html! {
            h1 { "Commits on " (self.label) }
            p.soft { "What the label has named, the newest first." }
            ul.rows {
                @for it in &self.moves {
                    li {
                        a.mono href=(paths::commit(module, &it.commit)) { (short(&it.commit)) }
                        small { (it.at) " · " a href=(paths::sdks(module, short(&it.commit), None)) aria-label={ "SDKs of " (short(&it.commit)) } { "SDKs" } }
                    }
                }
            }
            @if let Some(next) = &self.next { p.more { a href=(next) { "Older" } } }
        };
        let title = format!("Commits of {module}");
        module_document(frame, &self.module, Tab::Commits, &title, &content)
    }
}

/// A commit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CommitPage {
    /// The module.
    pub module: ModuleHead,
    /// The commit.
    pub commit: ShownCommit,
    /// Its number in the module.
    pub sequence: u32,
    /// Who pushed it, if that is known.
    pub pushed_by: Option<String>,
    /// The digest of its files and dependencies.
    pub digest: String,
    /// Where its source is.
    pub source: Option<String>,
    /// The labels that name it now, of those that moved last.
    pub labels: Vec<String>,
    /// How far its SDKs are, by the newest version of each plugin.
    pub sdks: Vec<(String, SdkState)>,
}

impl Page for CommitPage {
    fn html(&self, frame: &Frame) -> String {
        let module = &self.module.module;
        let id = &self.commit.id;
        let rows = html! {
            @for (plugin, state) in &self.sdks {
                tr {
                    th scope="row" { a.mono href=(paths::sdks(module, short(id), Some(plugin))) { (plugin) } }
                    td { (state.mark()) }
                }
            }
        };
        let content = html! {
            h1 { "Commit " span.mono { (short(id)) } }
            dl {
                dt { "Pushed" } dd { (self.commit.pushed) @if let Some(who) = &self.pushed_by { " by " (who) } }
                dt { "Id" } dd { code { (id) } }
                dt { "Number" } dd { (self.sequence) }
                dt { "Digest" } dd { code { (self.digest) } }
                @if let Some(source) = &self.source {
                    dt { "Source" } dd { (web_link(source, source)) }
                }
                dt { "Labels" } dd {
                    @if self.labels.is_empty() { "none names it now" }
                    @for (n, label) in self.labels.iter().enumerate() {
                        @if n > 0 { ", " }
                        a href=(paths::commits(module, label)) { (label) }
                    }
                }
            }
            p { a href=(paths::module_at(module, short(id))) { "Readme" } " · " a href=(paths::tree(module, short(id))) { "Files" } " · " a href=(paths::dependencies(module, short(id))) { "Dependencies" } }
            section aria-labelledby="sdks" {
                h2 id="sdks" { "SDKs" }
                p { "By the newest version of each plugin." }
                (table("SDKs of the commit", &["Plugin", "State"], &rows))
            }
        };
        let title = format!("Commit {} of {module}", short(id));
        module_document(frame, &self.module, Tab::Commits, &title, &content)
    }
}

/// The labels of a module.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Labels {
    /// The module.
    pub module: ModuleHead,
    /// The labels, the newest moved first.
    pub labels: Vec<ShownLabel>,
    /// Whether these are the archived ones.
    pub are_archived: bool,
    /// The page that the next ones are on.
    pub next: Option<String>,
}

/// A label.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ShownLabel {
    /// The name.
    pub name: String,
    /// Whether it is the default one.
    pub is_default: bool,
    /// The commit that it names: 32 hexadecimal digits.
    pub commit: String,
    /// When it was moved last, or archived.
    pub at: String,
}

impl Page for Labels {
    fn html(&self, frame: &Frame) -> String {
        let module = &self.module.module;
        let rows = html! {
            @for it in &self.labels {
                tr {
                    th scope="row" { a href=(paths::commits(module, &it.name)) { (it.name) } @if it.is_default { " " span.mark { "default" } } }
                    td { a.mono href=(paths::commit(module, &it.commit)) { (short(&it.commit)) } }
                    td { (it.at) }
                    td {
                        a href=(paths::sdks(module, &it.name, None)) aria-label={ "SDKs of " (it.name) } { "SDKs" } " · "
                        a href=(paths::module_at(module, &it.name)) aria-label={ "Readme of " (it.name) } { "Readme" } " · "
                        a href=(paths::tree(module, &it.name)) aria-label={ "Files of " (it.name) } { "Files" }
                    }
                }
            }
        };
        let (title, other) = match self.are_archived {
            true => (
                "Archived labels",
                html! { a href=(paths::labels(module)) { "Labels that are not archived" } },
            ),
            false => (
                "Labels",
                html! { a href={ (paths::labels(module)) "?archived=yes" } { "Archived labels" } },
            ),
        };
        let content = html! {
            h1 { (title) }
            p.soft { "Names for commits. Each push moves one; packages can be installed by them." }
            @if self.labels.is_empty() { p { "There is none." } }
            @else { (even_table(title, &["Label", "Commit", if self.are_archived { "Archived" } else { "Moved" }, "Pages"], &rows)) }
            @if let Some(next) = &self.next { p.more { a href=(next) { "Older" } } }
            p.more { (other) }
        };
        module_document(frame, &self.module, Tab::Labels, &format!("Labels of {module}"), &content)
    }
}

/// What a reference depends on, and what depends on the module.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Dependencies {
    /// The module.
    pub module: ModuleHead,
    /// The commit.
    pub commit: ShownCommit,
    /// What it depends on, directly and through others: each module with its commit.
    pub dependencies: Vec<(String, String)>,
    /// How many more there are that not everybody may see.
    pub hidden: usize,
    /// The modules whose default labels depend on the module.
    pub dependents: Vec<String>,
    /// Whether there are more of them.
    pub are_more: bool,
}

impl Page for Dependencies {
    fn html(&self, frame: &Frame) -> String {
        let module = &self.module.module;
        let rows = html! {
            @for (name, commit) in &self.dependencies {
                tr {
                    th scope="row" { a href=(paths::module(name)) { (name) } }
                    td { a.mono href=(paths::commit(name, commit)) { (short(commit)) } }
                }
            }
        };
        let content = html! {
            h1 { "Dependencies" }
            p.soft { "Of commit " a.mono href=(paths::commit(module, &self.commit.id)) { (self.commit.short()) } ": the module's own, and what those depend on. They are fixed with the commit." }
            @if self.dependencies.is_empty() && self.hidden == 0 { p { "It depends on nothing." } }
            @else if !self.dependencies.is_empty() { (table("Dependencies", &["Module", "Commit"], &rows)) }
            @if self.hidden > 0 { p { "And " (self.hidden) " that not everybody may see." } }
            section aria-labelledby="dependents" {
                h2 id="dependents" { "Dependents" }
                p { "The modules that everybody may see whose default labels depend on this one." }
                @if self.dependents.is_empty() { p { "There is none." } }
                ul.rows { @for it in &self.dependents { li { a href=(paths::module(it)) { (it) } } } }
                @if self.are_more { p { "And more." } }
            }
        };
        let title = format!("Dependencies of {module}");
        module_document(frame, &self.module, Tab::Dependencies, &title, &content)
    }
}
