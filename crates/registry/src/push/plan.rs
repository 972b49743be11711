use super::{BadPush, Content};
use crate::{
    Commit,
    web_address::{LONGEST_URL, is_url},
};
use protoedge_bufapi::{
    module_path,
    proto_file::{ProtoFile, comment_lines},
};
use protoedge_sdk::{CommitId, ModuleName};
use std::collections::{BTreeMap, BTreeSet};

/// A commit that a push depends on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Dependency {
    pub(crate) commit: Commit,
    pub(crate) paths: Vec<String>,
}

/// In which order the contents are committed, and what each of them depends on.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    /// The contents by number, those that others depend on first.
    pub(crate) order: Vec<usize>,
    /// For every content its whole closure.
    pub(crate) closures: Vec<Uses>,
}

/// What a content depends on, directly and through others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Uses {
    /// Other contents of the push, by number.
    pub(crate) contents: BTreeSet<usize>,
    /// Dependencies of the push, by number.
    pub(crate) deps: BTreeSet<usize>,
}

/// Where an import leads.
#[derive(Clone, Copy)]
enum Provider {
    Content(usize),
    Dep(usize),
}

/// The files that every compiler brings along: those that protoc 36 bundles.
const WELL_KNOWN: [&str; 15] = [
    "any",
    "api",
    "compiler/plugin",
    "cpp_features",
    "descriptor",
    "duration",
    "empty",
    "field_mask",
    "go_features",
    "java_features",
    "source_context",
    "struct",
    "timestamp",
    "type",
    "wrappers",
];

/// The folder of protobuf's own files.
const PROTOBUF: &str = "google/protobuf/";

fn is_well_known(import: &str) -> bool {
    let name = import.strip_prefix(PROTOBUF).and_then(|it| it.strip_suffix(".proto"));
    name.is_some_and(|name| WELL_KNOWN.contains(&name))
}

impl Plan {
    /// Checks everything that can be told without writing anything.
    pub(crate) fn new(contents: &[Content], deps: &[Dependency]) -> Result<Self, BadPush> {
        check_each(contents)?;
        check_modules(contents, deps)?;
        let providers = providers(contents, deps);
        let direct = contents
            .iter()
            .map(|content| direct(content, &providers))
            .collect::<Result<Vec<_>, _>>()?;
        let order = order(contents, &direct)?;
        let mut closures = vec![Uses::default(); contents.len()];
        for &n in &order {
            closures[n] = match contents.len() {
                // The CLI narrowed them down already.
                1 => Uses { contents: BTreeSet::new(), deps: (0..deps.len()).collect() },
                _ => closure(n, &direct, &closures, deps),
            };
        }
        for (n, uses) in closures.iter().enumerate() {
            check_paths(n, uses, contents, deps)?;
        }
        Ok(Self { order, closures })
    }
}

/// The labels of one content: more than an author names in one push, few enough to move in one request.
const MOST_LABELS: usize = 50;

/// The commits that a push may depend on: more than any module has, few enough to look at in one
/// request.
const MOST_DEPS: usize = 250;

/// Checks what can be told of the dependencies before they are looked up.
pub(crate) fn check_deps(ids: &[CommitId]) -> Result<(), BadPush> {
    if ids.len() > MOST_DEPS {
        return Err(BadPush::ManyDeps { given: ids.len(), max: MOST_DEPS });
    }
    let mut seen = BTreeSet::new();
    match ids.iter().find(|id| !seen.insert(*id)) {
        Some(id) => Err(BadPush::DepTwice { id: id.clone() }),
        None => Ok(()),
    }
}

fn check_each(contents: &[Content]) -> Result<(), BadPush> {
    if contents.is_empty() {
        return Err(BadPush::Empty);
    }
    for content in contents {
        let module = || content.module.clone();
        let paths = content.files.iter().map(|(path, _)| path.as_str());
        module_path::parse_all(paths).map_err(|error| BadPush::Path { module: module(), error })?;
        if !content.files.iter().any(|(path, _)| path.ends_with(".proto")) {
            return Err(BadPush::NoProtoFile { module: module() });
        }
        if content.labels.len() > MOST_LABELS {
            let given = content.labels.len();
            return Err(BadPush::ManyLabels { module: module(), given, max: MOST_LABELS });
        }
        if !is_url(&content.source_control_url) {
            return Err(BadPush::Url { module: module(), max: LONGEST_URL });
        }
        check_well_known(content)?;
        check_comments(content)?;
    }
    Ok(())
}

/// Refuses copies of protobuf's own files, whose generated code would be there twice. A module that holds nothing else is a
/// mirror of them, which others may name among their dependencies.
fn check_well_known(content: &Content) -> Result<(), BadPush> {
    let is_mirror = protos(content).all(|path| path.starts_with(PROTOBUF));
    match protos(content).find(|path| is_well_known(path)) {
        Some(path) if !is_mirror => {
            Err(BadPush::WellKnown { module: content.module.clone(), path: path.into() })
        }
        _ => Ok(()),
    }
}

/// Refuses what the generator would reject for every Go plugin: plugins copy comments, and Go requests
/// are not altered. Here the author learns it, and not a user of the SDK.
fn check_comments(content: &Content) -> Result<(), BadPush> {
    let files = content.files.iter().filter(|(path, _)| path.ends_with(".proto"));
    for (path, bytes) in files {
        for comment in comment_lines(bytes) {
            if let Some(directive) = protoedge_gomod::directive(&comment.text) {
                return Err(BadPush::GoDirective {
                    module: content.module.clone(),
                    path: path.clone(),
                    line: comment.line,
                    directive,
                });
            }
        }
    }
    Ok(())
}

fn check_modules(contents: &[Content], deps: &[Dependency]) -> Result<(), BadPush> {
    let mut seen = BTreeSet::new();
    let contents = contents.iter().map(|content| &content.module);
    for module in contents.chain(deps.iter().map(|dep| &dep.commit.module)) {
        if !seen.insert(module) {
            return Err(BadPush::ModuleTwice { module: module.clone() });
        }
    }
    Ok(())
}

fn protos(content: &Content) -> impl Iterator<Item = &str> {
    content.files.iter().map(|(path, _)| path.as_str()).filter(|path| path.ends_with(".proto"))
}

/// Who defines which path. Where two do, either will do here: [`check_paths`] refuses them.
fn providers<'a>(contents: &'a [Content], deps: &'a [Dependency]) -> BTreeMap<&'a str, Provider> {
    let mut providers = BTreeMap::new();
    for (n, dep) in deps.iter().enumerate() {
        providers.extend(dep.paths.iter().map(|path| (path.as_str(), Provider::Dep(n))));
    }
    for (n, content) in contents.iter().enumerate() {
        providers.extend(protos(content).map(|path| (path, Provider::Content(n))));
    }
    providers
}

/// What a content's own files import.
fn direct(content: &Content, providers: &BTreeMap<&str, Provider>) -> Result<Uses, BadPush> {
    let own: BTreeSet<&str> = protos(content).collect();
    let mut uses = Uses::default();
    for (path, bytes) in content.files.iter().filter(|(path, _)| path.ends_with(".proto")) {
        for import in ProtoFile::read(bytes).imports {
            if own.contains(import.path.as_str()) {
                continue;
            }
            match providers.get(import.path.as_str()) {
                Some(Provider::Content(n)) => uses.contents.insert(*n),
                Some(Provider::Dep(n)) => uses.deps.insert(*n),
                None if is_well_known(&import.path) => false,
                None => {
                    return Err(BadPush::NoSuchImport {
                        module: content.module.clone(),
                        path: path.clone(),
                        import: import.path,
                    });
                }
            };
        }
    }
    Ok(uses)
}

/// Puts contents behind those that they import from.
fn order(contents: &[Content], direct: &[Uses]) -> Result<Vec<usize>, BadPush> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < contents.len() {
        let is_ready = |n: &usize| {
            !order.contains(n) && direct[*n].contents.iter().all(|it| order.contains(it))
        };
        let mut rest = (0..contents.len()).filter(|n| !order.contains(n));
        match (0..contents.len()).find(is_ready) {
            Some(n) => order.push(n),
            None => {
                let stuck = rest.next().unwrap_or_default();
                return Err(BadPush::Circle { module: contents[stuck].module.clone() });
            }
        }
    }
    Ok(order)
}

/// The whole closure of one content among several; those before it in the order have theirs.
fn closure(n: usize, direct: &[Uses], closures: &[Uses], deps: &[Dependency]) -> Uses {
    let mut uses = direct[n].clone();
    for &content in &direct[n].contents {
        uses.contents.extend(&closures[content].contents);
        uses.deps.extend(&closures[content].deps);
    }
    let number = |module: &ModuleName| deps.iter().position(|dep| dep.commit.module == *module);
    let through: Vec<usize> = uses
        .deps
        .iter()
        .flat_map(|&dep| &deps[dep].commit.deps)
        .filter_map(|locked| number(&locked.module))
        .collect();
    uses.deps.extend(through);
    uses
}

fn check_paths(
    n: usize,
    uses: &Uses,
    contents: &[Content],
    deps: &[Dependency],
) -> Result<(), BadPush> {
    let mut seen: BTreeMap<&str, &ModuleName> = BTreeMap::new();
    let own = std::iter::once(&n).chain(&uses.contents).map(|&n| &contents[n]);
    let own = own.flat_map(|content| protos(content).map(move |path| (path, &content.module)));
    let theirs = uses.deps.iter().map(|&dep| &deps[dep]);
    let theirs = theirs
        .flat_map(|dep| dep.paths.iter().map(move |path| (path.as_str(), &dep.commit.module)));
    for (path, module) in own.chain(theirs) {
        if let Some(one) = seen.insert(path, module) {
            return Err(BadPush::PathTwice {
                path: path.into(),
                one: one.clone(),
                other: module.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protoedge_sdk::{Locked, Stamp};
    use protoedge_storage::Timestamp;

    fn content(module: &str, files: &[(&str, &str)]) -> Content {
        Content {
            module: module.parse().unwrap(),
            files: files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec().into()))
                .collect(),
            labels: Vec::new(),
            source_control_url: String::new(),
        }
    }

    fn dep(module: &str, digit: char, paths: &[&str], deps: &[(&str, char)]) -> Dependency {
        let locked = |module: &str, digit: char| Locked {
            module: module.parse().unwrap(),
            commit: digit.to_string().repeat(32).parse().unwrap(),
            stamp: Stamp::zero(),
            digest: "b5:".into(),
            go_elsewhere: None,
            upstream: None,
        };
        let it = locked(module, digit);
        Dependency {
            commit: Commit {
                id: it.commit.clone(),
                module: it.module,
                sequence: 1,
                created: Timestamp::from_millis(0),
                stamp: it.stamp,
                digest: it.digest,
                files_digest: String::new(),
                deps: deps.iter().map(|(module, digit)| locked(module, *digit)).collect(),
                created_by: it.commit,
                source_control_url: String::new(),
                first_proto: None,
                is_deprecated: false,
                upstream: None,
            },
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    #[test]
    fn one_content_depends_on_all_that_is_named() {
        let deps =
            [dep("acme/units", '1', &["u.proto"], &[]), dep("acme/extra", '2', &["e.proto"], &[])];
        let contents = [content("acme/weather", &[("w.proto", "import \"u.proto\";")])];
        let plan = Plan::new(&contents, &deps).unwrap();
        assert_eq!(plan.closures[0].deps, [0, 1].into());
    }

    #[test]
    fn several_contents_are_ordered_and_narrowed() {
        let deps = [
            dep("acme/units", '1', &["u.proto"], &[("acme/base", '2')]),
            dep("acme/base", '2', &["b.proto"], &[]),
            dep("acme/extra", '3', &["e.proto"], &[]),
        ];
        let contents = [
            content(
                "acme/app",
                &[("a.proto", "import \"w.proto\";import \"google/protobuf/any.proto\";")],
            ),
            content("acme/weather", &[("w.proto", "import \"u.proto\";")]),
            content("acme/other", &[("o.proto", "import \"e.proto\";")]),
        ];
        let plan = Plan::new(&contents, &deps).unwrap();
        assert!(plan.order.iter().position(|n| *n == 1) < plan.order.iter().position(|n| *n == 0));
        assert_eq!(plan.closures[0], Uses { contents: [1].into(), deps: [0, 1].into() });
        assert_eq!(plan.closures[1], Uses { contents: [].into(), deps: [0, 1].into() });
        assert_eq!(plan.closures[2], Uses { contents: [].into(), deps: [2].into() });
    }

    #[test]
    fn refuses_what_would_not_compile() {
        let units = || dep("acme/units", '1', &["u.proto"], &[]);
        let refused =
            |contents: &[Content], deps: &[Dependency]| Plan::new(contents, deps).unwrap_err();
        let weather = |files: &[(&str, &str)]| content("acme/weather", files);
        assert_eq!(refused(&[], &[]), BadPush::Empty);
        assert!(matches!(
            refused(&[weather(&[("LICENSE", "")])], &[]),
            BadPush::NoProtoFile { .. }
        ));
        assert!(matches!(refused(&[weather(&[("../x.proto", "")])], &[]), BadPush::Path { .. }));
        for url in [
            "not a url",
            "/relative",
            &format!("https://example.com/{}", "a".repeat(255)),
            "javascript:alert(1)",
            "JavaScript://example.com/%0aalert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "https:",
            "https://example.com/\u{1b}[31m",
            "https://example.com/\u{202e}gpj.exe",
            " https://example.com/",
        ] {
            let mut content = weather(&[("w.proto", "")]);
            content.source_control_url = url.into();
            assert!(matches!(refused(&[content], &[]), BadPush::Url { .. }), "{url}");
        }
        let copies = [("google/protobuf/timestamp.proto", ""), ("google/protobuf/other.proto", "")];
        assert!(Plan::new(&[weather(&copies)], &[]).is_ok(), "a mirror");
        let copied = refused(&[weather(&[copies[0], ("log/v1/log.proto", "")])], &[]);
        let path = copies[0].0.to_owned();
        assert_eq!(copied, BadPush::WellKnown { module: "acme/weather".parse().unwrap(), path });
        let directive = "message M {\n  // a\n  string s = 1; //go:linkname a b\n}\n";
        let error = refused(&[weather(&[("w.proto", directive)])], &[]);
        let said = "\"w.proto\", line 3, in module acme/weather: ";
        assert!(error.to_string().starts_with(said), "{error}");
        assert!(error.to_string().contains("the directive go:linkname,"), "{error}");
        assert!(matches!(
            refused(&[weather(&[("w.proto", "import \"none.proto\";")])], &[units()]),
            BadPush::NoSuchImport { .. }
        ));
        assert!(matches!(
            refused(&[weather(&[("u.proto", "")])], &[units()]),
            BadPush::PathTwice { .. }
        ));
        assert!(matches!(
            refused(&[weather(&[("w.proto", "")]), weather(&[("x.proto", "")])], &[]),
            BadPush::ModuleTwice { .. }
        ));
        assert!(matches!(
            refused(&[content("acme/units", &[("v.proto", "")])], &[units()]),
            BadPush::ModuleTwice { .. }
        ));
        assert!(matches!(
            refused(
                &[
                    weather(&[("w.proto", "import \"a.proto\";")]),
                    content("acme/app", &[("a.proto", "import \"w.proto\";")])
                ],
                &[]
            ),
            BadPush::Circle { .. }
        ));
    }
}
