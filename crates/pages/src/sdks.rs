use crate::{
    frame::Frame,
    install::PackageManager,
    layout::{command, copied, even_table, table},
    module_head::{ModuleHead, Tab, module_document},
    page::Page,
    paths,
    sdk_state::{SdkState, Words, seconds},
};
use maud::{Markup, html};
use serde::Serialize;

/// What can be installed of a module, and how one of it is installed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Sdks {
    /// The module.
    pub module: ModuleHead,
    /// The commit.
    pub commit: ShownCommit,
    /// The languages that there are packages for.
    pub languages: Vec<Language>,
    /// The plugins for the chosen language.
    pub plugins: Vec<ListedPlugin>,
    /// Labels that can be chosen, the newest moved first.
    pub labels: Vec<String>,
    /// The versions of the plugin, the newest first.
    pub plugin_versions: Vec<String>,
    /// The SDK; none where there is no plugin.
    pub sdk: Option<ShownSdk>,
}

/// A commit as pages name it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ShownCommit {
    /// 32 hexadecimal digits.
    pub id: String,
    /// When it was pushed.
    pub pushed: String,
}

impl ShownCommit {
    /// The first 12 digits.
    pub fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }
}

/// A language that there are packages for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Language {
    /// Its name.
    pub name: &'static str,
    /// The ecosystem of the packages.
    pub ecosystem: String,
    /// Its first plugin: where the page goes that is about it.
    pub plugin: String,
    /// Whether it is the chosen one.
    pub is_chosen: bool,
}

/// A plugin that can be chosen.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ListedPlugin {
    /// `owner/name`.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// How far the SDK by its newest version is, if that is known here.
    pub state: SdkState,
    /// Whether it is the chosen one.
    pub is_chosen: bool,
    /// Whether it is advised against.
    pub is_deprecated: bool,
}

/// One SDK.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ShownSdk {
    /// The plugin: `owner/name`.
    pub plugin: String,
    /// The plugin's version.
    pub plugin_version: String,
    /// Its revision.
    pub revision: u32,
    /// Whether this is not the newest version of the plugin.
    pub is_older_plugin: bool,
    /// The package's name in its ecosystem.
    pub package: String,
    /// The version there.
    pub version: String,
    /// How far it is.
    pub state: SdkState,
    /// The package managers, each with its lines.
    pub managers: Vec<PackageManager>,
    /// The name of the chosen one.
    pub manager: &'static str,
    /// The line that imports it in a program, if that is known.
    pub import: Option<String>,
    /// Ways to name this version, and what moves each.
    pub pins: Vec<ShownPin>,
    /// Whether the label that the page shows is none of them, since clients could not ask for it.
    pub is_label_unnamed: bool,
    /// What the package manager installs with it.
    pub with_it: Vec<Companion>,
    /// What is in it, once it was made.
    pub contents: Option<Contents>,
    /// The digest of the module's files and dependencies.
    pub source_digest: String,
}

/// A way to name a version.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ShownPin {
    /// As it stands behind the package's name.
    pub suffix: String,
    /// What leads to another version under that name.
    pub moved_by: String,
}

/// What is installed with an SDK.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Companion {
    /// The package.
    pub package: String,
    /// Its page, if it is of this registry.
    pub address: Option<String>,
    /// The version, or the range of versions.
    pub version: String,
    /// Why.
    pub because: String,
}

/// What was made.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Contents {
    /// The files in the package, with their sizes in bytes.
    pub files: Vec<PackedFile>,
    /// How many more there are.
    pub more: usize,
    /// Whether the plugin made no code of the module.
    pub has_no_code: bool,
    /// The hashes that clients compare, each with its name.
    pub hashes: Vec<(String, String)>,
    /// The size of what is downloaded, in bytes.
    pub size: u64,
    /// How long it took to make it, in milliseconds.
    pub millis: Option<u64>,
}

/// A file in a package.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PackedFile {
    /// Its path.
    pub path: String,
    /// In bytes.
    pub size: u64,
}

impl Page for Sdks {
    fn html(&self, frame: &Frame) -> String {
        let module = &self.module.module;
        let title = match &self.sdk {
            Some(sdk) => format!("{} for {module}", sdk.plugin),
            None => format!("SDKs of {module}"),
        };
        let content = html! {
            div.cols {
                div.sdk {
                    @match &self.sdk {
                        Some(sdk) => (self.sdk(sdk)),
                        None => { h1 { "SDKs" } p { "This registry has no plugin that makes packages: its operator publishes the catalogue." } }
                    }
                }
                div.side #choose { (self.chooser()) }
            }
        };
        module_document(frame, &self.module, Tab::Sdks, &title, &content)
    }
}

impl Sdks {
    fn sdk(&self, sdk: &ShownSdk) -> Markup {
        let module = &self.module.module;
        let can_be_had = sdk.state.can_be_had();
        let manager = sdk.managers.iter().find(|it| it.name == sdk.manager && can_be_had);
        html! {
            div.head {
                h1 { (sdk.plugin) " " span { "for " (module) } }
                (sdk.state.mark())
                a.other href="#choose" { "Other languages and plugins" }
                p.facts {
                    "Commit " a.mono href=(paths::commit(module, &self.commit.id)) { (self.commit.short()) }
                    ", pushed " (self.commit.pushed) ". Plugin " a href=(paths::plugin_at(&sdk.plugin, &sdk.plugin_version)) { (sdk.plugin_version) }
                    @if sdk.is_older_plugin { ", which is not the newest" }
                    "."
                    @if let Some(contents) = &sdk.contents {
                        " " (size(contents.size))
                        @if let Some(millis) = contents.millis { ", made in " (format!("{}.{} s", millis / 1000, millis % 1000 / 100)) }
                        "."
                    }
                }
            }
            (self.slot(sdk))
            @if let Some(manager) = manager {
                section aria-labelledby="install" {
                    h2 id="install" { "Install" }
                    (self.managers(sdk))
                    (command("the install line", &manager.install))
                    @if let Some(import) = &sdk.import { (copied("the import line", import)) }
                    details open[self.module.is_private] {
                        summary { "First SDK from this registry on this machine?" }
                        (command("the set-up lines", &manager.setup))
                        @if self.module.is_private {
                            p { "The module is private: its packages need a token in " code { (manager.credentials) } ", too. " a href="/-/tokens" { "Make one" } "." }
                        } @else {
                            p { "Packages of private modules need a token in " code { (manager.credentials) } ", too: " a href="/-/tokens" { "make one" } "." }
                        }
                    }
                }
            }
            @if can_be_had { (self.pins(sdk)) (with_it(sdk)) }
            (inside(sdk))
        }
    }

    fn managers(&self, sdk: &ShownSdk) -> Markup {
        let at = paths::sdks(&self.module.module, &self.module.reference, Some(&sdk.plugin));
        let version = match sdk.is_older_plugin {
            true => format!("&version={}", sdk.plugin_version),
            false => String::new(),
        };
        html! {
            @if sdk.managers.len() > 1 {
                nav aria-label="Package manager" { ul.langs {
                    @for manager in &sdk.managers {
                        li {
                            a href={ (at) "?pm=" (manager.name) (version) } aria-current=[(manager.name == sdk.manager).then_some("true")] { (manager.title) }
                        }
                    }
                } }
            }
        }
    }

    /// What is to be said of the state, where something is.
    fn slot(&self, sdk: &ShownSdk) -> Markup {
        let at = paths::sdks(&self.module.module, &self.module.reference, Some(&sdk.plugin));
        let version = &sdk.plugin_version;
        html! {
            @match &sdk.state {
                SdkState::Ready => {}
                SdkState::BeingMade { seconds: so_far } => {
                    div.slot.wait data-is=(sdk.state.key()) data-state={ (at) "?format=json&wait=10&version=" (version) } {
                        p { "Being made" @if let Some(so_far) = so_far { ", " (seconds(*so_far)) " so far" } }
                        p { "The install line works already: the package manager waits for it." }
                        p { a href={ (at) "?wait=10&version=" (version) } { "Look now" } " (waits up to 10 seconds for it)" }
                    }
                }
                SdkState::Rejected { by, words, accepted } => (self.rejected(sdk, by, words, accepted.as_deref())),
                SdkState::Resting { seconds: left } => {
                    div.slot.wait {
                        p { "The registry's generator failed several times" }
                        p { "It is no fault of the module. The next try is in " (seconds(*left)) "." }
                    }
                }
                SdkState::NotAskedFor => {
                    div.slot {
                        p { "Not asked for yet" }
                        p { "It is made when someone installs it: the install line works now, and waits for it." }
                        form method="post" action={ (at) "?version=" (version) } { button.btn type="submit" { "Make it now" } }
                    }
                }
                SdkState::Unavailable { reason } => { div.slot.stop { p { "It cannot be had" } p { (reason) } } }
            }
        }
    }

    fn rejected(
        &self,
        sdk: &ShownSdk,
        by: &str,
        words: &[Words],
        accepted: Option<&str>,
    ) -> Markup {
        let module = &self.module.module;
        html! {
            div.slot.stop {
                p { "Rejected by " (by) }
                pre { code {
                    @for (n, line) in words.iter().enumerate() {
                        @if n > 0 { "\n" }
                        @match &line.address {
                            Some(address) => a href=(address) { (line.text) },
                            None => (line.text),
                        }
                    }
                } }
                p {
                    "The same commit gives the same answer, so nothing is tried again until the plugin or the generator changes. "
                    "Push a change"
                    @match accepted {
                        Some(commit) => {
                            ", or take " a.mono href=(paths::sdks(module, commit, Some(&sdk.plugin))) { (commit) } ", the newest commit it accepts."
                        }
                        None => { ": it has accepted no commit of this module." }
                    }
                }
            }
        }
    }

    fn pins(&self, sdk: &ShownSdk) -> Markup {
        html! {
            @if !sdk.pins.is_empty() {
                section aria-labelledby="pin" {
                    h2 id="pin" { "Pin" }
                    p { "Each of these names the same code now. They differ in what moves them." }
                    @if sdk.is_label_unnamed {
                        p { "The label " code { (self.module.reference) } " is none of them: package managers cannot ask for a label of that name, or for one that is archived." }
                    }
                    dl.pin {
                        @for pin in &sdk.pins { div { dt { code { (pin.suffix) } } dd { (pin.moved_by) } } }
                    }
                }
            }
        }
    }

    fn chooser(&self) -> Markup {
        let (module, reference) = (&self.module.module, &self.module.reference);
        let plugin = self.sdk.as_ref().map(|sdk| sdk.plugin.as_str());
        let version = self.sdk.as_ref().map(|sdk| sdk.plugin_version.as_str());
        // The package manager stays what it is, for all plugins of the language.
        let manager = match &self.sdk {
            Some(sdk) if sdk.managers.first().is_some_and(|it| it.name != sdk.manager) => {
                format!("?pm={}", sdk.manager)
            }
            Some(_) | None => String::new(),
        };
        html! {
            nav aria-label="Language" {
                h2 { "Language" }
                ul.langs {
                    @for language in &self.languages {
                        li { a href=(paths::sdks(module, reference, Some(&language.plugin))) aria-current=[language.is_chosen.then_some("true")] { (language.name) } }
                    }
                }
            }
            nav aria-label="Plugin" {
                h2 { "Plugin" }
                ul.plugins {
                    @for it in &self.plugins {
                        li {
                            a href={ (paths::sdks(module, reference, Some(&it.name))) (manager) } aria-current=[it.is_chosen.then_some("page")] {
                                span.mono { (it.name) }
                                @if it.state != SdkState::NotAskedFor { (it.state.mark()) }
                                small { @if it.is_deprecated { "Deprecated. " } (it.description) }
                            }
                        }
                    }
                }
            }
            @if let Some(plugin) = plugin {
                form.pick action={ "/" (module) "/sdks" } {
                    h2 { "Commit and version" }
                    input type="hidden" name="plugin" value=(plugin);
                    label { "Label or commit" input type="text" name="ref" value=(reference) list="labels" autocomplete="off" spellcheck="false" required; }
                    datalist id="labels" { @for label in &self.labels { option value=(label) {} } }
                    label { "Plugin version"
                        select name="version" {
                            @for it in &self.plugin_versions { option value=(it) selected[Some(it.as_str()) == version] { (it) } }
                        }
                    }
                    button.btn type="submit" { "Show" }
                }
            }
        }
    }
}

fn with_it(sdk: &ShownSdk) -> Markup {
    let rows = html! {
        @for it in &sdk.with_it {
            tr {
                th scope="row" {
                    @match &it.address {
                        Some(address) => a.mono href=(address) { (it.package) },
                        None => span.mono { (it.package) },
                    }
                }
                td { code { (it.version) } }
                td { (it.because) }
            }
        }
    };
    html! {
        @if !sdk.with_it.is_empty() {
            section aria-labelledby="deps" {
                h2 id="deps" { "Comes with it" }
                p { "The package manager fetches these, too. Install only the SDK above." }
                (even_table("Packages that come with it", &["Package", "Version", "Because"], &rows))
            }
        }
    }
}

fn inside(sdk: &ShownSdk) -> Markup {
    let files = sdk.contents.iter().flat_map(|it| &it.files);
    let rows = html! {
        @for file in files { tr { th scope="row" { span.mono { (file.path) } } td.num { (size(file.size)) } } }
    };
    html! {
        section aria-labelledby="inside" {
            h2 id="inside" { "Inside" }
            @if let Some(contents) = &sdk.contents {
                @if contents.has_no_code { p { "There is no code in it: the plugin makes none of these files. One that makes code of services, for instance, makes none of a module without services." } }
                @if !contents.files.is_empty() { (table("Files of the package", &["File", "Size"], &rows)) }
                @if contents.more > 0 { p { "And " (contents.more) " more." } }
            }
            dl.made {
                dt { "Package" } dd { code { (sdk.package) } }
                dt { "Version" } dd { code { (sdk.version) } }
                @if let Some(contents) = &sdk.contents {
                    @for (name, hash) in &contents.hashes { dt { (name) } dd { code { (hash) } } }
                }
                dt { "Source digest" } dd { code { (sdk.source_digest) } }
                dt { "Plugin" } dd { a href=(paths::plugin_at(&sdk.plugin, &sdk.plugin_version)) { (sdk.plugin) " " (sdk.plugin_version) ", revision " (sdk.revision) } }
            }
        }
    }
}

/// A number of bytes in words.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MB", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20),
    }
}
