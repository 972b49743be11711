//! What everybody sees of modules and plugins.

use protoedge_pages::{
    CommitPage, Commits, Companion, Contents, Dependencies, Files, FoundPlugin, Frame, Guide,
    GuideNames, Home, Labels, Language, LanguageInstall, ListedFile, ListedModule, ListedPlugin,
    ModuleHead, MyOwners, Owner, PackageManager, PackedFile, Page, Plugin, PluginRow, Plugins,
    PluginsFor, Readme, ReadmeAt, SdkState, Sdks, Search, ShownCommit, ShownLabel, ShownMove,
    ShownPin, ShownSdk, SourceFile, Words,
};

/// Each page with a text wherever there is one, and what somebody says is an address.
pub fn pages(text: &str, address: &str) -> Vec<String> {
    let it = || text.to_owned();
    let address = || Some(address.to_owned());
    // Names of modules, plugins and owners begin with a letter: `ModuleName` and the like have seen to it.
    let name = || format!("acme{text}");
    let frame = Frame { user: Some(it()), error: Some(it()), search: it(), is_indexed: true };
    let module = || ModuleHead {
        module: name(),
        description: it(),
        homepage: address(),
        is_private: true,
        is_deprecated: true,
        successor: Some(name()),
        upstream: Some(it()),
        reference: it(),
        default_label: "main".into(),
        is_empty: false,
        is_archived: true,
    };
    let commit = || ShownCommit { id: it(), pushed: it() };
    let listed = || ListedModule {
        name: name(),
        description: it(),
        commit: Some(it()),
        updated: it(),
        is_deprecated: true,
        is_private: true,
    };
    let manager = || PackageManager {
        name: "go",
        title: "go",
        install: it(),
        setup: it(),
        credentials: "~/.netrc",
    };
    let words = || Words { text: it(), address: None };
    let sdk = |state: SdkState| Sdks {
        module: module(),
        commit: commit(),
        languages: vec![Language { name: "Go", ecosystem: it(), plugin: name(), is_chosen: true }],
        plugins: vec![ListedPlugin {
            name: name(),
            description: it(),
            state: state.clone(),
            is_chosen: true,
            is_deprecated: true,
        }],
        labels: vec![it()],
        plugin_versions: vec![it()],
        sdk: Some(ShownSdk {
            is_label_unnamed: true,
            plugin: name(),
            plugin_version: it(),
            revision: 1,
            is_older_plugin: true,
            package: it(),
            version: it(),
            state,
            managers: vec![manager()],
            manager: "go",
            import: Some(it()),
            pins: vec![ShownPin { suffix: it(), moved_by: it() }],
            with_it: vec![Companion { package: it(), address: None, version: it(), because: it() }],
            contents: Some(Contents {
                has_no_code: true,
                files: vec![PackedFile { path: it(), size: 1 }],
                more: 1,
                hashes: vec![(it(), it())],
                size: 1,
                millis: Some(1),
            }),
            source_digest: it(),
        }),
    };
    let file = |path: &str, text: String| SourceFile {
        module: module(),
        commit: commit(),
        path: format!("{}{path}", it()),
        size: 1,
        text: Some(text),
        links: Vec::new(),
    };
    let read_me = |text: String| Readme {
        module: module(),
        at: Some(ReadmeAt {
            commit: commit(),
            installs: vec![LanguageInstall {
                language: "Go",
                plugin: name(),
                manager: manager(),
                state: SdkState::Ready,
            }],
            readme: Some((it(), text)),
            files: vec![it()],
            folders: vec![(it(), 1)],
            dependencies: vec![name()],
        }),
        buf_host: it(),
    };
    let empty = ModuleHead { is_empty: true, ..module() };
    let chapters = protoedge_pages::CHAPTERS.iter().map(|(name, _)| Some(*name));
    let names = GuideNames { public_url: it(), host: it(), registry_host: it(), npm_scope: it() };
    let guides = std::iter::once(None).chain(chapters);
    let mut pages: Vec<Box<dyn Shown>> = vec![
        Box::new(Home { modules: vec![listed()], count: 1, buf_host: it() }),
        Box::new(Home { modules: Vec::new(), count: 0, buf_host: it() }),
        Box::new(Owner {
            name: name(),
            description: it(),
            homepage: address(),
            modules: vec![listed()],
            next: Some("/next".into()),
            buf_host: it(),
            is_own: true,
        }),
        Box::new(MyOwners { owners: vec![(name(), it())] }),
        Box::new(Search {
            words: it(),
            owners: vec![name()],
            modules: vec![listed()],
            plugins: vec![FoundPlugin { name: name(), description: it(), is_deprecated: true }],
            by: Some((name(), Some(it()))),
            commits: vec![(name(), it())],
            next: Some("/next".into()),
            nearest: Some(name()),
        }),
        Box::new(sdk(SdkState::Ready)),
        Box::new(sdk(SdkState::BeingMade { seconds: None })),
        Box::new(sdk(SdkState::Rejected { by: it(), words: vec![words()], accepted: Some(it()) })),
        Box::new(sdk(SdkState::Resting { seconds: 1 })),
        Box::new(sdk(SdkState::NotAskedFor)),
        Box::new(sdk(SdkState::Unavailable { reason: it() })),
        Box::new(read_me(it())),
        Box::new(read_me(format!("# {text}\n\n{text}\n\n- `{text}`\n\n|a|\n|-|\n|{text}|\n"))),
        Box::new(read_me(format!("[x]({text}) [y]: {text}\n\n```{text}\n{text}\n```\n"))),
        Box::new(Readme { module: empty, at: None, buf_host: it() }),
        Box::new(Files {
            module: module(),
            commit: commit(),
            files: vec![ListedFile { path: it(), size: 1 }],
            more: 1,
        }),
        Box::new(file("x", it())),
        Box::new(file(".proto", it())),
        Box::new(file(
            ".proto",
            format!("message A {{}} // {text}\n/* {text} */ \"{text}\" {text}"),
        )),
        Box::new(Commits {
            module: module(),
            label: it(),
            moves: vec![ShownMove { commit: it(), at: it() }],
            next: Some("/next".into()),
        }),
        Box::new(CommitPage {
            module: module(),
            commit: commit(),
            sequence: 1,
            pushed_by: Some(it()),
            digest: it(),
            source: address(),
            labels: vec![it()],
            sdks: vec![(name(), SdkState::Ready)],
        }),
        Box::new(Labels {
            module: module(),
            labels: vec![ShownLabel { name: it(), is_default: true, commit: it(), at: it() }],
            are_archived: true,
            next: Some("/next".into()),
        }),
        Box::new(Dependencies {
            module: module(),
            commit: commit(),
            dependencies: vec![(name(), it())],
            hidden: 1,
            dependents: vec![name()],
            are_more: true,
        }),
        Box::new(Plugins {
            languages: vec![PluginsFor {
                language: "Go",
                plugins: vec![PluginRow {
                    name: name(),
                    version: it(),
                    description: it(),
                    is_deprecated: true,
                }],
            }],
        }),
        Box::new(Plugin {
            name: name(),
            description: it(),
            version: it(),
            revision: 1,
            is_deprecated: true,
            language: "Go",
            output_languages: vec![it()],
            license: Some((it(), address())),
            source: address(),
            guide: address(),
            options: vec![it()],
            runtime: vec![(it(), it())],
            dependencies: vec![(name(), it(), 1)],
            installed_from: it(),
            digest: it(),
            versions: vec![(it(), 1)],
            buf_gen: it(),
        }),
    ];
    pages.extend(
        guides.filter_map(|chapter| Guide::of(chapter, &names)).map(|it| Box::new(it) as _),
    );
    pages.iter().map(|page| page.shown(&frame)).collect()
}

/// A page of any kind.
trait Shown {
    fn shown(&self, frame: &Frame) -> String;
}

impl<P: Page> Shown for P {
    fn shown(&self, frame: &Frame) -> String {
        self.html(frame)
    }
}
