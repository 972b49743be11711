use crate::{
    frame::Frame,
    layout::{Place, copied, document, lines, table, web_link},
    page::Page,
    paths,
};
use maud::html;
use serde::Serialize;

/// The plugins of the registry.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Plugins {
    /// For each language, its plugins.
    pub languages: Vec<PluginsFor>,
}

/// The plugins that make packages for a language.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PluginsFor {
    /// The language.
    pub language: &'static str,
    /// The plugins, those that are advised against last.
    pub plugins: Vec<PluginRow>,
}

/// A plugin in the list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PluginRow {
    /// `owner/name`.
    pub name: String,
    /// Its newest version.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Whether it is advised against.
    pub is_deprecated: bool,
}

impl Page for Plugins {
    fn html(&self, frame: &Frame) -> String {
        let content = html! {
            h1 { "Plugins" }
            p.soft { "What generates the code of packages. Each works with every module: choose one on the SDKs page of a module." }
            @if self.languages.is_empty() {
                p { "There is none yet: the operator of this registry publishes them." }
                (lines("protoedge-generator catalogue publish"))
            }
            @for (n, it) in self.languages.iter().enumerate() {
                section aria-labelledby={ "l" (n) } {
                    h2 id={ "l" (n) } { (it.language) }
                    ul.rows {
                        @for plugin in &it.plugins {
                            li {
                                a.mono href=(paths::plugin(&plugin.name)) { (plugin.name) } " " span.soft { (plugin.version) }
                                @if plugin.is_deprecated { " " span.mark.warn { "deprecated" } }
                                p { (plugin.description) }
                            }
                        }
                    }
                }
            }
        };
        document(frame, "Plugins", Place::Plugins, &content)
    }
}

/// A plugin at a version.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Plugin {
    /// `owner/name`.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// The version that is shown.
    pub version: String,
    /// Its newest revision.
    pub revision: u32,
    /// Whether it is advised against.
    pub is_deprecated: bool,
    /// The language of its packages.
    pub language: &'static str,
    /// The languages of the files that it makes.
    pub output_languages: Vec<String>,
    /// Its licence, as SPDX names it, and where its text is.
    pub license: Option<(String, Option<String>)>,
    /// Where its source is.
    pub source: Option<String>,
    /// A guide for users.
    pub guide: Option<String>,
    /// The options that it is run with.
    pub options: Vec<String>,
    /// The libraries that its code runs with, each with its version or range of versions.
    pub runtime: Vec<(String, String)>,
    /// The plugins whose packages its code imports: name, version, revision.
    pub dependencies: Vec<(String, String, u32)>,
    /// Where a generator gets it from.
    pub installed_from: String,
    /// `sha256:…` of all of that.
    pub digest: String,
    /// All versions with their revisions, the newest first.
    pub versions: Vec<(String, u32)>,
    /// What a buf.gen.yaml says that runs it on a machine of one's own.
    pub buf_gen: String,
}

impl Page for Plugin {
    fn html(&self, frame: &Frame) -> String {
        let pairs = |of: &[(String, String)]| {
            html! { @for (name, version) in of { tr { th scope="row" { span.mono { (name) } } td { code { (version) } } } } }
        };
        let content = html! {
            h1 { (self.name) " " span.soft { (self.version) } }
            @if self.is_deprecated { p.notice { b.warn { "Deprecated. " } "New programs take another plugin; what there is of this one stays." } }
            p { (self.description) }
            form.line action="/-/search" {
                div.field {
                    label for="module" { "Use it with a module" }
                    input #module type="text" name="q" placeholder="owner/module" autocomplete="off" spellcheck="false" required;
                }
                input type="hidden" name="plugin" value=(self.name);
                input type="hidden" name="version" value=(self.version);
                button.btn type="submit" { "Show" }
            }
            section aria-labelledby="facts" {
                h2 id="facts" { "What it is" }
                dl {
                    dt { "Packages for" } dd { (self.language) }
                    @if !self.output_languages.is_empty() { dt { "Writes" } dd { (self.output_languages.join(", ")) } }
                    @if let Some((license, text)) = &self.license {
                        dt { "Licence" } dd { @match text { Some(text) => (web_link(text, license)), None => (license) } }
                    }
                    @if let Some(source) = &self.source { dt { "Source" } dd { (web_link(source, source)) } }
                    @if let Some(guide) = &self.guide { dt { "Guide" } dd { (web_link(guide, guide)) } }
                    dt { "Installed from" } dd { code { (self.installed_from) } }
                    dt { "Options" } dd { @if self.options.is_empty() { "none" } @else { code { (self.options.join(",")) } } }
                    dt { "Revision" } dd { (self.revision) }
                    dt { "Digest" } dd { code { (self.digest) } }
                }
            }
            @if !self.runtime.is_empty() {
                section aria-labelledby="runtime" {
                    h2 id="runtime" { "Its code runs with" }
                    (table("Runtime libraries", &["Package", "Version"], &pairs(&self.runtime)))
                }
            }
            @if !self.dependencies.is_empty() {
                section aria-labelledby="builds" {
                    h2 id="builds" { "It builds on" }
                    ul.rows { @for (name, version, revision) in &self.dependencies {
                        li { a.mono href=(paths::plugin_at(name, version)) { (name) } small { (version) ", revision " (revision) } }
                    } }
                }
            }
            section aria-labelledby="own" {
                h2 id="own" { "On your own machine" }
                p { "In buf.gen.yaml, with the plugin installed:" }
                (copied("the lines for buf.gen.yaml", &self.buf_gen))
            }
            section aria-labelledby="versions" {
                h2 id="versions" { "Versions" }
                ul.langs { @for (version, _) in &self.versions {
                    li { a href=(paths::plugin_at(&self.name, version)) aria-current=[(*version == self.version).then_some("true")] { (version) } }
                } }
            }
        };
        document(frame, &self.name, Place::Plugins, &content)
    }
}
