use super::package::{InstalledPackage, PackageManager, Pin};
use protoedge_npm::dist_tag;

const YARN_ADD: &str = "yarn add ";

/// Where npm and those that read its settings keep a project's.
const NPMRC: &str = ".npmrc";

pub(super) fn managers(package: &InstalledPackage<'_>, pin: Pin<'_>) -> Vec<PackageManager> {
    let InstalledPackage { name, hosts, public_url, runtime, .. } = package;
    let (scope, registry) = (&hosts.npm_scope, format!("{public_url}/gen/npm/v1/"));
    let spec = format!("{name}{}", suffix(pin).unwrap_or_default());
    // They are peers of the package, which yarn installs for nobody.
    let peers: String =
        runtime.iter().map(|(name, range)| format!(" \"{name}@{range}\"")).collect();
    let in_npmrc = format!("echo \"{scope}:registry={registry}\" >> {NPMRC}");
    // yarn waits a day before it takes a new version of what it is not told to take at once.
    let yarn = format!(
        "yarn config set npmScopes.{}.npmRegistryServer {registry}\nyarn config set --json npmPreapprovedPackages '[\"{scope}/*\"]'",
        scope.trim_start_matches('@')
    );
    let of = |name, install: &str, setup: &str| PackageManager {
        name,
        install: match install {
            YARN_ADD => format!("{install}{spec}{peers}"),
            _ => format!("{install}{spec}"),
        },
        setup: setup.into(),
        credentials: if name == "yarn" { "~/.yarnrc.yml" } else { "~/.npmrc" },
    };
    vec![
        of("npm", "npm install ", &in_npmrc),
        of("pnpm", "pnpm add ", &in_npmrc),
        of("yarn", YARN_ADD, &yarn),
        of("yarn-1", YARN_ADD, &in_npmrc),
        of("bun", "bun add ", &in_npmrc),
        // It takes nothing that is younger than a day otherwise.
        of("deno", "deno add --minimum-dependency-age=0 npm:", &in_npmrc),
    ]
}

/// A version or a tag. A label that no tag can be may share its tag with another one.
pub(super) fn suffix(pin: Pin<'_>) -> Option<String> {
    match pin {
        Pin::Latest => Some("@latest".into()),
        Pin::Label(label) => (dist_tag(label) == label).then(|| format!("@label-{label}")),
        Pin::Commit(commit) => Some(format!("@commit-{commit}")),
        Pin::Version(version) => Some(format!("@{version}")),
    }
}

/// The first module of the package, under a name that its file's name makes.
pub(super) fn import<'a>(
    package: &InstalledPackage<'_>,
    mut files: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let file = files.find(|path| path.ends_with(".js"))?;
    let stem = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".js");
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let name =
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name };
    Some(format!("import * as {name} from \"{}/{file}\";", package.name))
}
