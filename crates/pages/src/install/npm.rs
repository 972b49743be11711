use super::package::{InstalledPackage, PackageManager, Pin};
use protoedge_npm::dist_tag;

/// How the name of a file of code ends.
pub(super) const CODE: &str = ".js";

/// Where npm and those that read its settings keep a project's.
const NPMRC: &str = ".npmrc";

pub(super) fn managers(package: &InstalledPackage<'_>, pin: Pin<'_>) -> Vec<PackageManager> {
    let InstalledPackage { name, hosts, public_url, runtime, .. } = package;
    let scope = &hosts.npm_scope;
    let spec = format!("{name}{}", suffix(pin).unwrap_or_default());
    // They are peers of the package. yarn installs peers for nobody, pnpm and deno where no program finds them that imports them.
    let peers = |before: &str| -> String {
        runtime.iter().map(|(name, range)| format!(" \"{before}{name}@{range}\"")).collect()
    };
    let in_npmrc = format!("echo \"{}\" >> {NPMRC}", setting(scope, public_url));
    // yarn waits a day before it takes a new version of what it is not told to take at once.
    let of = |name, title, install: String| PackageManager {
        name,
        title,
        install,
        setup: in_npmrc.clone(),
        credentials: "~/.npmrc",
    };
    vec![
        of("npm", "npm", format!("npm install {spec}")),
        of("pnpm", "pnpm", format!("pnpm add {spec}{}", peers(""))),
        PackageManager {
            setup: yarn_setup(scope, public_url),
            credentials: "~/.yarnrc.yml",
            ..of("yarn", "yarn 2+", format!("yarn add {spec}{}", peers("")))
        },
        of("yarn-1", "yarn 1", format!("yarn add {spec}{}", peers(""))),
        of("bun", "bun", format!("bun add {spec}")),
        // It takes nothing that is younger than a day otherwise.
        of(
            "deno",
            "deno",
            format!("deno add --minimum-dependency-age=0 npm:{spec}{}", peers("npm:")),
        ),
    ]
}

/// The line of a `.npmrc` that leads to the registry's packages.
pub(crate) fn setting(scope: &str, public_url: &str) -> String {
    format!("{scope}:registry={public_url}/gen/npm/v1/")
}

/// What sets a project of yarn's up, from its version 2 on. It waits a day before it takes a new version of what it is not told to
/// take at once, and takes nothing over plain http otherwise.
pub(crate) fn yarn_setup(scope: &str, public_url: &str) -> String {
    let mut lines = format!(
        "yarn config set npmScopes.{}.npmRegistryServer {public_url}/gen/npm/v1/\nyarn config set --json npmPreapprovedPackages '[\"{scope}/*\"]'",
        scope.trim_start_matches('@')
    );
    if let Some(host) = public_url.strip_prefix("http://") {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        lines += &format!("\nyarn config set --json unsafeHttpWhitelist '[\"{name}\"]'");
    }
    lines
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
    let file = files.find(|path| path.ends_with(CODE))?;
    let stem = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".js");
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let name =
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name };
    Some(format!("import * as {name} from \"{}/{file}\";", package.name))
}
