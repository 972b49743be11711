//! How somebody sets a machine or a pipeline up once, with this registry's names filled in.

use crate::{
    frame::Frame,
    install::{archive, go, npm, python},
    layout::{Place, command, copied, document},
    modules::{login, make_organization, push_module},
    page::Page,
};
use maud::{Markup, html};
use serde::Serialize;

/// The names of the registry, as its users write them.
#[derive(Clone, Debug)]
pub struct GuideNames {
    /// Where clients reach it, without a slash at the end.
    pub public_url: String,
    /// Its host, with the port where it has one: what buf and a netrc call it.
    pub host: String,
    /// Its name in Go import paths.
    pub registry_host: String,
    /// The scope of its npm packages, with `@`.
    pub npm_scope: String,
}

/// A chapter.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Guide {
    /// Its name in addresses; none for the page that lists the chapters.
    pub chapter: Option<&'static str>,
    /// What it is about.
    pub title: &'static str,
    /// Its sections.
    pub sections: Vec<GuideSection>,
}

/// A section of a chapter.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct GuideSection {
    /// What it is about.
    pub title: &'static str,
    /// What stands in it, in its order.
    pub blocks: Vec<GuideBlock>,
}

/// A part of a section.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuideBlock {
    /// Sentences; what stands between backquotes is code.
    Text(String),
    /// Commands for a shell.
    Commands(String),
    /// Lines for a file.
    File {
        /// Which file.
        name: &'static str,
        /// The lines.
        lines: String,
    },
}

/// The chapters, each with its name in addresses and what it is about.
pub const CHAPTERS: [(&str, &str); 8] = [
    ("go", "Go"),
    ("npm", "npm, pnpm, yarn, bun and deno"),
    ("python", "pip, uv, Poetry and PDM"),
    ("archive", "Archives, for every language"),
    ("buf", "Pushing with buf"),
    ("ci", "Continuous integration"),
    ("proxy", "Behind a company's proxy"),
    ("bots", "Update bots"),
];

impl Guide {
    /// A chapter; the list of all of them where none is named.
    pub fn of(chapter: Option<&str>, names: &GuideNames) -> Option<Self> {
        let Some(wanted) = chapter else {
            return Some(Self { chapter: None, title: "Guide", sections: Vec::new() });
        };
        let (chapter, title) = CHAPTERS.into_iter().find(|(name, _)| *name == wanted)?;
        let sections = match chapter {
            "go" => go_chapter(names),
            "npm" => npm_chapter(names),
            "python" => python_chapter(names),
            "archive" => archive_chapter(names),
            "buf" => buf(names),
            "ci" => ci(names),
            "proxy" => proxy(names),
            _ => bots(names),
        };
        Some(Self { chapter: Some(chapter), title, sections })
    }
}

fn text(text: impl Into<String>) -> GuideBlock {
    GuideBlock::Text(text.into())
}

fn commands(lines: impl Into<String>) -> GuideBlock {
    GuideBlock::Commands(lines.into())
}

fn file(name: &'static str, lines: impl Into<String>) -> GuideBlock {
    GuideBlock::File { name, lines: lines.into() }
}

/// What curl, go and others read a host's credentials from.
fn netrc(host: &str) -> GuideBlock {
    file("~/.netrc", format!("machine {host}\n  login USER\n  password TOKEN"))
}

fn section(title: &'static str, blocks: impl Into<Vec<GuideBlock>>) -> GuideSection {
    GuideSection { title, blocks: blocks.into() }
}

fn go_chapter(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { public_url, host, registry_host, .. } = names;
    vec![
        section(
            "Set a machine up",
            [
                text(
                    "go asks this registry first, and everything else as before. The checksum database cannot ask for these packages.",
                ),
                commands(go::setup(registry_host, public_url)),
                text(format!(
                    "Where a machine's variables are set instead: `GOPROXY={public_url}/gen/go,…` and `GONOSUMDB={registry_host}`."
                )),
            ],
        ),
        section(
            "Install",
            [
                text(
                    "The page of each module has the line. A package by another plugin, or of a module that it depends on, comes with it.",
                ),
                commands(format!(
                    "go get {registry_host}/gen/go/OWNER/MODULE/protocolbuffers/go/...@latest"
                )),
                text(
                    "`/...` is go's word for all packages below: with them comes what they import. In place of `latest` stands a label, a commit, or a whole version.",
                ),
            ],
        ),
        section(
            "Private modules",
            [
                text(
                    "go sends a token over https alone. It reads it from `~/.netrc`, where `buf registry login` writes it, too; the user's name may be any.",
                ),
                netrc(host),
            ],
        ),
    ]
}

fn npm_chapter(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { public_url, host, npm_scope, .. } = names;
    vec![
        section(
            "Set a project up",
            [
                text(format!(
                    "Packages whose names begin with `{npm_scope}/` come from here, all others as before. npm, pnpm, yarn 1, bun and deno read `.npmrc`:"
                )),
                file(".npmrc", npm::setting(npm_scope, public_url)),
                text("yarn from 2 on has settings of its own:"),
                commands(npm::yarn_setup(npm_scope, public_url)),
                text(format!(
                    "The second line is for versions that are younger than a day, which yarn from 4.10 on does not take otherwise. deno does likewise unless `exclude` in `minimumDependencyAge` of its `deno.json` has `npm:{npm_scope}/*`; pnpm from 11 on prefers older ones unless `minimumReleaseAgeExclude` has `{npm_scope}/*`."
                )),
            ],
        ),
        section(
            "Install",
            [
                text("The page of each module has the line."),
                commands(format!("npm install {npm_scope}/OWNER_MODULE.bufbuild_es@latest")),
                text(
                    "In place of `latest` stands `label-` with a label, `commit-` with a commit, or a whole version. pnpm, yarn and deno want the runtime library, too, if a program imports it: `@bufbuild/protobuf`.",
                ),
            ],
        ),
        section(
            "Private modules",
            [
                text("npm, pnpm, yarn 1, bun and deno:"),
                file("~/.npmrc", format!("//{host}/gen/npm/v1/:_authToken=TOKEN")),
                text("yarn from 2 on:"),
                file(
                    "~/.yarnrc.yml",
                    format!("npmRegistries:\n  \"//{host}/gen/npm/v1\":\n    npmAuthToken: TOKEN"),
                ),
            ],
        ),
    ]
}

fn python_chapter(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { public_url, host, .. } = names;
    let name = host.split(':').next().unwrap_or(host);
    vec![
        section(
            "Set an environment or a project up",
            [
                text("pip asks this registry besides the index that it asks otherwise:"),
                commands(python::pip_setup(public_url)),
                text(
                    "The page of each module has the lines for uv, Poetry and PDM. uv takes a package from the first index that has it; pip takes the highest version that any has.",
                ),
            ],
        ),
        section(
            "Install",
            [
                text("What a package needs comes with it, types of protoc's messages, too."),
                commands("pip install OWNER-MODULE-protocolbuffers-python"),
                text(
                    "Without more it is the newest version of the default label. `buf registry sdk version` prints the one of another label or commit, which is installed as `NAME==VERSION`.",
                ),
            ],
        ),
        section(
            "Private modules",
            [
                text(
                    "pip, uv, Poetry and PDM read a token from `~/.netrc`; pip and Poetry look for the host's name without its port. pip and uv take it in the index's address, too, and uv in `UV_INDEX_PROTOEDGE_USERNAME` and `UV_INDEX_PROTOEDGE_PASSWORD`.",
                ),
                netrc(name),
            ],
        ),
    ]
}

fn archive_chapter(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { public_url, host, .. } = names;
    let name = host.split(':').next().unwrap_or(host);
    let address = format!("{public_url}/gen/archive/OWNER/MODULE/protocolbuffers/ruby/latest");
    vec![
        section(
            "Fetch the files",
            [
                text(
                    "What any plugin makes of a module can be had as files, for PHP, Ruby, Java, C++ and others, too:",
                ),
                commands(archive::make_folder()),
                commands(archive::unpack(&address)),
                text(
                    "In place of `latest` there may be a label, a commit, or a version, as an archive's address says it after a redirect. With `.zip` it is a zip. The code of the modules that it depends on is in theirs: unpack them into the same folder.",
                ),
            ],
        ),
        section(
            "Private modules",
            [
                text(
                    "curl reads a token from `~/.netrc` with `-n`; CMake's `FetchContent` with `NETRC REQUIRED`.",
                ),
                netrc(name),
            ],
        ),
    ]
}

fn buf(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { host, public_url, .. } = names;
    let mut sign_in = Vec::new();
    if public_url.starts_with("http://") {
        sign_in.push(text(
            "This registry is asked over plain http, which buf has to be told. It reads settings from `~/.config/buf`, or from the folder that `BUF_CONFIG_DIR` names:",
        ));
        sign_in.push(file("~/.config/buf/config.yaml", "version: v1\ntls:\n  use: \"false\""));
    }
    sign_in.extend([
        text(
            "buf opens a browser, shows a code to compare, and writes the token that it gets into `~/.netrc`. On a machine without a browser it takes one that you make on the page of your tokens.",
        ),
        commands(login(host)),
    ]);
    vec![
        section("Sign in", sign_in),
        section(
            "Push a module",
            [
                text(
                    "A module belongs to an organization, or to you by your own name. This makes an organization that is not there yet:",
                ),
                commands(make_organization(host, "acme")),
                text(
                    "From the folder with the .proto files. Where there is a `buf.yaml` already, its `name` is all that it needs. The module is private unless it is made public.",
                ),
                commands(push_module(host, "acme")),
                text(format!(
                    "The module is then at `{public_url}/acme/weather`, with its packages. Nothing was generated yet: each is made when somebody installs it first."
                )),
            ],
        ),
        section(
            "Depend on another module",
            [
                file(
                    "buf.yaml",
                    format!(
                        "version: v2\nname: {host}/acme/forecast\ndeps:\n  - {host}/acme/weather"
                    ),
                ),
                commands("buf dep update\nbuf build"),
            ],
        ),
        section(
            "Labels",
            [
                text(
                    "A push moves the default label, `main` unless set. Another one, of a branch for instance:",
                ),
                commands("buf push --label feature/hourly"),
            ],
        ),
    ]
}

fn ci(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { public_url, host, .. } = names;
    vec![
        section(
            "With a token",
            [
                text(
                    "A robot of an organization has tokens and no sign-in. Its token is a secret of the pipeline:",
                ),
                commands(format!("export BUF_TOKEN=\"$REGISTRY_TOKEN@{host}\"\nbuf push")),
            ],
        ),
        section(
            "Without a stored secret",
            [
                text(
                    "An administrator of the organization says on the robot's page which jobs it trusts. A job then shows the token that its system gives it, and gets one of the robot's for some minutes. GitHub Actions:",
                ),
                file(
                    ".github/workflows/push.yaml",
                    format!(
                        "permissions:\n  contents: read\n  id-token: write\njobs:\n  push:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v6\n      - uses: bufbuild/buf-action@v1\n        with:\n          domain: {host}\n          username: acme-ci"
                    ),
                ),
                text("GitLab:"),
                file(
                    ".gitlab-ci.yml",
                    format!(
                        "push:\n  image:\n    name: bufbuild/buf\n    entrypoint: [\"\"]\n  id_tokens:\n    ID_TOKEN:\n      aud: {}\n  script:\n    - >\n      TOKEN=$(wget -qO- --post-data \"grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=$ID_TOKEN&subject_token_type=urn:ietf:params:oauth:token-type:id_token&account=acme-ci\"\n      {public_url}/oauth2/token | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n    - BUF_TOKEN=$TOKEN@{host} buf push",
                        public_url.replacen("http://", "https://", 1)
                    ),
                ),
            ],
        ),
        section(
            "Installing packages",
            [text(
                "Public packages need nothing but the lines of the chapters about Go and npm. For private ones a robot's token with scope `read` stands in `~/.netrc` or `.npmrc`.",
            )],
        ),
    ]
}

fn proxy(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { public_url, npm_scope, registry_host, .. } = names;
    vec![
        section(
            "Go",
            [
                text(format!(
                    "A proxy that is asked for everything is given `{public_url}/gen/go` as one more remote repository, before the public one. It is not to verify what comes from here: `GONOSUMDB={registry_host}`."
                )),
                file(
                    "Artifactory, Nexus, Athens: the remote's URL",
                    format!("{public_url}/gen/go"),
                ),
            ],
        ),
        section(
            "npm",
            [
                text(format!("A remote repository for the scope `{npm_scope}`:")),
                file(
                    "Artifactory, Nexus, Verdaccio: the remote's URL",
                    format!("{public_url}/gen/npm/v1/"),
                ),
            ],
        ),
        section(
            "What proxies keep",
            [text(
                "What is not made yet is made while its first client waits. A proxy is answered within 12 seconds, with the package or with `429` and when to ask again, which none of them takes for absence. Nexus remembers absences for a day unless its Not Found Cache is set to a minute.",
            )],
        ),
    ]
}

fn bots(names: &GuideNames) -> Vec<GuideSection> {
    let GuideNames { public_url, npm_scope, registry_host, .. } = names;
    vec![
        section(
            "Renovate",
            [
                text("Behind all other presets:"),
                file(
                    "renovate.json",
                    format!(
                        "{{\n  \"extends\": [\"config:recommended\", \"{public_url}/-/renovate.json\"]\n}}"
                    ),
                ),
                text("For Go, who runs Renovate sets the proxy in its own environment:"),
                commands(format!(
                    "export GOPROXY=\"{public_url}/gen/go,$(go env GOPROXY)\"\nexport GONOSUMDB={registry_host}"
                )),
            ],
        ),
        section(
            "Dependabot",
            [
                text(
                    "It proposes new commits by the same plugin version. It reads npm packages where the project's `.npmrc` names the registry:",
                ),
                file(".npmrc", npm::setting(npm_scope, public_url)),
            ],
        ),
    ]
}

impl Page for Guide {
    fn html(&self, frame: &Frame) -> String {
        let content = html! {
            @match self.chapter {
                None => {
                    h1 { "Guide" }
                    p.soft { "Lines to set up once, with the names of this registry in them." }
                    ul.rows { @for (name, title) in CHAPTERS { li { a href={ "/-/guide/" (name) } { (title) } } } }
                }
                Some(_) => {
                    p.soft { a href="/-/guide" { "Guide" } }
                    h1 { (self.title) }
                    @for (n, section) in self.sections.iter().enumerate() {
                        section aria-labelledby={ "s" (n) } {
                            h2 id={ "s" (n) } { (section.title) }
                            @for block in &section.blocks { (shown(section.title, block)) }
                        }
                    }
                }
            }
        };
        document(frame, self.title, Place::Guide, &content)
    }
}

fn shown(title: &str, block: &GuideBlock) -> Markup {
    match block {
        GuideBlock::Text(text) => html! { p.said { (with_code(text)) } },
        GuideBlock::Commands(lines) => command(&format!("the lines of: {title}"), lines),
        GuideBlock::File { name, lines } => html! {
            p.soft.file { (name) }
            (copied(&format!("the lines for {name}"), lines))
        },
    }
}

/// Sentences in which what stands between backquotes is code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chapter_is_there() {
        let names = GuideNames {
            public_url: "https://pb.acme.dev".into(),
            host: "pb.acme.dev".into(),
            registry_host: "pb.acme.dev".into(),
            npm_scope: "@acme".into(),
        };
        for (chapter, title) in CHAPTERS {
            let guide = Guide::of(Some(chapter), &names).unwrap();
            assert_eq!(guide.title, title);
            let html = guide.html(&Frame::default());
            assert!(html.contains("pb.acme.dev"), "{chapter}");
            assert!(!html.contains('`'), "{chapter}");
        }
        assert_eq!(Guide::of(Some("x"), &names), None);
    }
}
