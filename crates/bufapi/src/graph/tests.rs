use super::*;

/// Commits by name, each `module@age`: their ages are their times.
type Store = &'static [(&'static str, &'static [&'static str])];

fn module(commit: &str) -> &str {
    commit.split('@').next().unwrap()
}

fn member(store: Store, commit: &'static str) -> Member<&'static str, &'static str> {
    let (_, closure) = store.iter().find(|(name, _)| *name == commit).unwrap();
    Member {
        commit,
        module: module(commit),
        created: commit.split('@').nth(1).unwrap().parse().unwrap(),
        closure: closure.iter().map(|dep| (module(dep), *dep)).collect(),
    }
}

fn resolve(store: Store, roots: &[&'static str]) -> Resolved<&'static str> {
    let mut graph = Graph::new(roots.iter().map(|root| member(store, root))).unwrap();
    for missing in graph.missing() {
        graph.insert(member(store, missing));
    }
    assert_eq!(graph.missing(), [""; 0]);
    graph.finish()
}

const DIAMOND: Store = &[
    ("units@1", &[]),
    ("units@5", &[]),
    ("weather@2", &["units@1"]),
    ("app@6", &["units@5", "weather@2"]),
];

/// The newer `units` needs nothing any more; `app` was pushed without `time`.
const SHRUNK: Store = &[
    ("time@1", &[]),
    ("units@2", &["time@1"]),
    ("units@5", &[]),
    ("weather@3", &["units@2", "time@1"]),
    ("app@6", &["units@5", "weather@3"]),
];

const APART: Store = &[
    ("units@1", &[]),
    ("units@5", &[]),
    ("left@6", &["units@1"]),
    ("right@7", &["units@5"]),
    ("late@8", &["units@1"]),
];

/// Name, store, roots, nodes, edges.
type Row = (
    &'static str,
    Store,
    &'static [&'static str],
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

#[test]
fn each_module_once() {
    let rows: &[Row] = &[
        ("alone", DIAMOND, &["units@5"], &["units@5"], &[]),
        (
            "its own closure, though not the newest",
            DIAMOND,
            &["weather@2"],
            &["weather@2", "units@1"],
            &[("weather@2", "units@1")],
        ),
        (
            "edges move to the commit chosen for a module",
            DIAMOND,
            &["app@6"],
            &["app@6", "units@5", "weather@2"],
            &[("app@6", "units@5"), ("app@6", "weather@2"), ("weather@2", "units@5")],
        ),
        (
            "a root stands for its module",
            DIAMOND,
            &["units@5", "weather@2"],
            &["units@5", "weather@2"],
            &[("weather@2", "units@5")],
        ),
        (
            "an old root too",
            DIAMOND,
            &["units@1", "app@6"],
            &["units@1", "app@6", "weather@2"],
            &[("app@6", "units@1"), ("app@6", "weather@2"), ("weather@2", "units@1")],
        ),
        (
            "nothing beyond the closure of the only root",
            SHRUNK,
            &["app@6"],
            &["app@6", "units@5", "weather@3"],
            &[("app@6", "units@5"), ("app@6", "weather@3"), ("weather@3", "units@5")],
        ),
        (
            "the closures of all roots",
            SHRUNK,
            &["units@5", "weather@3"],
            &["units@5", "weather@3", "time@1"],
            &[("weather@3", "units@5"), ("weather@3", "time@1")],
        ),
        (
            "the newest of several, whichever root is newer",
            APART,
            &["late@8", "right@7", "left@6"],
            &["late@8", "right@7", "left@6", "units@5"],
            &[("late@8", "units@5"), ("right@7", "units@5"), ("left@6", "units@5")],
        ),
        (
            "a root that is named twice",
            DIAMOND,
            &["weather@2", "weather@2"],
            &["weather@2", "units@1"],
            &[("weather@2", "units@1")],
        ),
    ];
    for (name, store, roots, nodes, edges) in rows {
        let resolved = resolve(store, roots);
        assert_eq!(resolved.nodes, *nodes, "{name}");
        assert_eq!(resolved.edges, *edges, "{name}");
    }
}

#[test]
fn two_roots_of_one_module_are_refused() {
    let roots = ["units@1", "units@5"].map(|root| member(DIAMOND, root));
    assert_eq!(Graph::new(roots).unwrap_err(), TwoRoots { module: "units" });
}

#[test]
fn only_what_could_be_chosen_is_missing() {
    let root = |name| member(DIAMOND, name);
    assert_eq!(Graph::new([root("app@6")]).unwrap().missing(), ["units@5", "weather@2"]);
    assert_eq!(Graph::new([root("units@5"), root("weather@2")]).unwrap().missing(), [""; 0]);
}
