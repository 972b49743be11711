use crate::{
    frame::Frame,
    layout::{Place, document, lines, web_link},
    page::Page,
    paths,
};
use maud::{Markup, html};
use serde::Serialize;

/// A module in a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ListedModule {
    /// `owner/name`.
    pub name: String,
    /// The beginning of what it says of itself.
    pub description: String,
    /// The commit that its default label names, by its first 12 digits.
    pub commit: Option<String>,
    /// When that label moved last.
    pub updated: String,
    /// Whether its owner advises against it.
    pub is_deprecated: bool,
    /// Whether not everybody sees it.
    pub is_private: bool,
}

/// A list of modules, each leading to its page.
pub(crate) fn module_rows(modules: &[ListedModule]) -> Markup {
    module_rows_to(modules, &paths::module)
}

/// A list of modules, each leading where `to` says for its name.
pub(crate) fn module_rows_to(modules: &[ListedModule], to: &dyn Fn(&str) -> String) -> Markup {
    html! {
        ul.rows {
            @for it in modules {
                li {
                    a href=(to(&it.name)) { (it.name) }
                    @if it.is_private { " " span.mark { "private" } }
                    @if it.is_deprecated { " " span.mark.warn { "deprecated" } }
                    @if !it.description.is_empty() { p { (it.description) } }
                    small {
                        @match &it.commit {
                            Some(commit) => { span.mono { (commit) } ", " (it.updated) },
                            None => { "nothing pushed yet" }
                        }
                    }
                }
            }
        }
    }
}

/// The page that everybody sees first.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Home {
    /// The modules that were pushed last.
    pub modules: Vec<ListedModule>,
    /// How many modules there are that everybody may see.
    pub count: usize,
    /// The registry as the buf CLI names it.
    pub buf_host: String,
}

impl Page for Home {
    fn html(&self, frame: &Frame) -> String {
        let content = html! {
            @if self.modules.is_empty() {
                h1 { "An empty registry" }
                p { "Nothing was pushed yet that everybody may see. With the buf CLI and a token, from a folder with .proto files:" }
                (lines(&[login(&self.buf_host), make_organization(&self.buf_host, "acme"), push_module(&self.buf_host, "acme")].join("\n")))
                p { a href="/-/guide/buf" { "What these lines do" } ", and how to get a token." }
            } @else {
                h1 { "Modules" }
                p.soft {
                    "Protobuf modules, and packages of code generated from them. "
                    @if self.count == self.modules.len() { "Those pushed last come first." }
                    @else { "The " (self.modules.len()) " pushed last, of " (self.count) "." }
                }
                (module_rows(&self.modules))
                @if self.count > self.modules.len() { p.more { a href="/-/search" { "All modules" } } }
            }
        };
        document(frame, "Modules", Place::Elsewhere, &content)
    }
}

/// The line that signs somebody in with the buf CLI.
pub(crate) fn login(buf_host: &str) -> String {
    format!("buf registry login {buf_host}")
}

/// The line that makes an organization.
pub(crate) fn make_organization(buf_host: &str, organization: &str) -> String {
    format!("buf registry organization create {buf_host}/{organization}")
}

/// The lines that push a first module of an owner's. buf leaves a buf.yaml alone that is there.
pub(crate) fn push_module(buf_host: &str, owner: &str) -> String {
    format!(
        "buf config init {buf_host}/{owner}/weather\nbuf push --create --create-visibility public"
    )
}

/// An owner, and what it publishes for everybody.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Owner {
    /// The name.
    pub name: String,
    /// A sentence.
    pub description: String,
    /// The home page.
    pub homepage: Option<String>,
    /// Its modules.
    pub modules: Vec<ListedModule>,
    /// The page that the next modules are on.
    pub next: Option<String>,
    /// The registry as the buf CLI names it.
    pub buf_host: String,
    /// Whether those are there, too, that only the one who looks sees.
    pub is_own: bool,
}

impl Page for Owner {
    fn html(&self, frame: &Frame) -> String {
        let content = html! {
            h1 { (self.name) }
            @if !self.description.is_empty() { p { (self.description) } }
            @if let Some(homepage) = &self.homepage {
                p { (web_link(homepage, homepage)) }
            }
            section aria-labelledby="modules" {
                h2 id="modules" { "Modules" }
                @if self.modules.is_empty() {
                    p { "There is none" @if !self.is_own { " that everybody may see" } ". To push one:" }
                    (lines(&[login(&self.buf_host), push_module(&self.buf_host, &self.name)].join("\n")))
                } @else { (module_rows(&self.modules)) }
                @if let Some(next) = &self.next { p.more { a href=(next) { "More" } } }
            }
            p.more {
                @if self.is_own { a href={ "/" (self.name) } { "What everybody sees" } }
                @else { a href={ "/-/my/" (self.name) } { "What you see besides" } " (signed in)" }
            }
        };
        let place = if self.is_own { Place::Modules } else { Place::Elsewhere };
        document(frame, &self.name, place, &content)
    }
}

/// The owners that somebody who is signed in belongs to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MyOwners {
    /// The person, then the organizations, each with what the person may do there.
    pub owners: Vec<(String, String)>,
}

impl Page for MyOwners {
    fn html(&self, frame: &Frame) -> String {
        let content = html! {
            h1 { "Your modules" }
            p.soft { "With the private ones, which nobody else finds here." }
            ul.rows {
                @for (owner, role) in &self.owners { li { a href={ "/-/my/" (owner) } { (owner) } small { (role) } } }
            }
        };
        document(frame, "Your modules", Place::Modules, &content)
    }
}
