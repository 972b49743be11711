use crate::{
    frame::Frame,
    install::PackageManager,
    layout::{command, copied, lines, web_link},
    markdown,
    module_head::{ModuleHead, Tab, module_document},
    page::Page,
    paths,
    sdk_state::SdkState,
    sdks::ShownCommit,
};
use maud::{Markup, html};
use serde::Serialize;
use std::collections::HashSet;

/// A module: what it is, and how it is installed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Readme {
    /// The module.
    pub module: ModuleHead,
    /// What its reference names; none where nothing was pushed.
    pub at: Option<ReadmeAt>,
    /// What the buf CLI calls the registry.
    pub buf_host: String,
}

/// A module at a commit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ReadmeAt {
    /// The commit.
    pub commit: ShownCommit,
    /// How packages of it are installed: one line for each language.
    pub installs: Vec<LanguageInstall>,
    /// The file that says what it is: its path and its text.
    pub readme: Option<(String, String)>,
    /// The paths of its files.
    pub files: Vec<String>,
    /// The folders with .proto files, each with how many.
    pub folders: Vec<(String, usize)>,
    /// The modules that it depends on, of those that everybody may see.
    pub dependencies: Vec<String>,
}

/// How a package for a language is installed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LanguageInstall {
    /// The language.
    pub language: &'static str,
    /// The plugin.
    pub plugin: String,
    /// The usual package manager, with its lines.
    pub manager: PackageManager,
    /// How far the package is, if that is known here.
    pub state: SdkState,
}

impl Page for Readme {
    fn html(&self, frame: &Frame) -> String {
        let module = &self.module.module;
        let content = match &self.at {
            Some(at) => self.content(at),
            None => html! {
                h1 { (module) }
                p { "Nothing was pushed to this module yet. From the folder with its .proto files:" }
                (lines(&format!("buf config init {}/{module}\nbuf push", self.buf_host)))
            },
        };
        module_document(frame, &self.module, Tab::Readme, module, &content)
    }
}

impl Readme {
    fn content(&self, at: &ReadmeAt) -> Markup {
        let ModuleHead { module, reference, homepage, .. } = &self.module;
        let known: HashSet<&str> = at.files.iter().map(String::as_str).collect();
        // What a buf.yaml names without a label is the default one.
        let label = if self.module.is_default() { String::new() } else { format!(":{reference}") };
        let resolve =
            |path: &str| known.contains(path).then(|| paths::file(module, reference, path));
        html! {
            div.cols {
                div {
                    h1.hide-visually { (module) }
                    section.first aria-labelledby="install" {
                        h2 id="install" { "Install" }
                        @for it in &at.installs {
                            p.soft { a href=(paths::sdks(module, reference, Some(&it.plugin))) { (it.language) } ", by " (it.plugin) @if it.state != SdkState::NotAskedFor { " " (it.state.mark()) } }
                            (command(&format!("the line for {}", it.language), &it.manager.install))
                        }
                        p { a href=(paths::sdks(module, reference, None)) { "All SDKs, other package managers, and how to set up" } }
                    }
                    section aria-label="Readme" {
                        @match &at.readme {
                            Some((_, text)) => div.prose { (markdown::rendered(text, &resolve)) },
                            None => { h2 { "Folders" } (folders(at)) }
                        }
                    }
                }
                div.side {
                    section {
                        h2 { "Commit" }
                        @if reference != &at.commit.id && reference != at.commit.short() { p { a href=(paths::commits(module, reference)) { (reference) } } }
                        p { a.mono href=(paths::commit(module, &at.commit.id)) { (at.commit.short()) } }
                        p.soft { "pushed " (at.commit.pushed) }
                    }
                    @if let Some(homepage) = homepage {
                        section { h2 { "Home page" } p { (web_link(homepage, homepage)) } }
                    }
                    section { h2 { "In buf.yaml" } (copied("the lines for buf.yaml", &format!("deps:\n  - {}/{module}{label}", self.buf_host))) }
                    @if at.readme.is_some() { section { h2 { "Folders" } (folders(at)) } }
                    section {
                        h2 { "Depends on" }
                        @if at.dependencies.is_empty() { p.soft { "nothing" } }
                        ul { @for it in &at.dependencies { li { a href=(paths::module(it)) { (it) } } } }
                    }
                }
            }
        }
    }
}

fn folders(at: &ReadmeAt) -> Markup {
    html! {
        @if at.folders.is_empty() { p.soft { "none" } }
        ul { @for (folder, files) in &at.folders {
            li { span.mono { (folder) } " " small.soft { (files) @if *files == 1 { " file" } @else { " files" } } }
        } }
    }
}
