//! Which revisions of plugins there are: facts do not tell of them.

/// Revisions above 1, equal to those that the BSR's published packages show.
const REVISIONS: [(&str, &str, u32); 5] = [
    ("connectrpc/go", "v1.19.1", 2),
    ("grpc/go", "v1.5.1", 2),
    ("protocolbuffers/go", "v1.31.0", 2),
    ("protocolbuffers/go", "v1.34.2", 2),
    ("protocolbuffers/go", "v1.36.12", 2),
];

/// Earlier revisions that published packages depend on: what differs from the facts, which tell of
/// the last one.
const EARLIER: [(&str, &str, u32, &str); 1] =
    [("grpc/go", "v1.5.1", 1, "protocolbuffers/go:v1.34.2")];

/// The revisions of a version, each with the base plugin that it depends on if that is another one
/// than the facts say.
pub(crate) fn revisions(plugin: &str, version: &str) -> Vec<(u32, Option<&'static str>)> {
    let earlier = EARLIER.iter().filter(|(name, of, ..)| *name == plugin && *of == version);
    let mut all: Vec<_> = earlier.map(|(.., revision, base)| (*revision, Some(*base))).collect();
    all.push((newest(plugin, version), None));
    all
}

fn newest(plugin: &str, version: &str) -> u32 {
    let found = REVISIONS.iter().find(|(name, of, _)| *name == plugin && *of == version);
    found.map_or(1, |(.., revision)| *revision)
}

/// The revision of a dependency: one that was made with the same base plugin, else the newest.
pub(crate) fn revision_of(dep: &str, version: &str, base: Option<&str>) -> u32 {
    let earlier = EARLIER.iter().find(|(name, of, _, with)| {
        *name == dep && *of == version && base.is_some_and(|base| base == *with)
    });
    earlier.map_or_else(|| newest(dep, version), |(.., revision, _)| *revision)
}
