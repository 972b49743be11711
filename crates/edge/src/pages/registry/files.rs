//! The files of a module, and where what they name is declared.

use super::looked_at::{LookedAt, nothing, see};
use crate::{
    context::{Answer, Context},
    http::{Draft, Request},
    pages::reply::onward,
    platform::Platform,
    reply::{
        Source,
        conditional::has_etag,
        problem::{Kind, Problem},
    },
};
use protoedge_pages::{
    Files, ListedFile, SourceFile, SourceLink, paths,
    paths::Definition,
    proto::{ProtoOutline, Referred},
};
use protoedge_registry::{Commit, Error, Grant, Sources, modules};
use protoedge_sdk::Locked;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many files are listed.
const LISTED: usize = 1000;

/// The longest file that is shown as a page, in bytes, and the most lines: each is some 70 bytes of HTML.
const SHOWN: usize = 512 << 10;
const SHOWN_LINES: usize = 20_000;

/// How many modules are looked through for what a file names.
const LOOKED_THROUGH: usize = 20;

/// How many files are read to find what one file names.
const READ: usize = 50;

/// `tree/{reference}`.
pub(super) async fn files<P: Platform>(
    context: &Context<P>,
    at: &LookedAt,
) -> Result<Files, Problem> {
    let mut files = sources(context, &at.module, &at.commit).await?.list()?;
    let more = files.len().saturating_sub(LISTED);
    files.truncate(LISTED);
    let files = files.into_iter().map(|it| ListedFile { path: it.path, size: it.size });
    Ok(Files { module: at.head(), commit: at.shown_commit(), files: files.collect(), more })
}

async fn sources<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    commit: &Commit,
) -> Result<Sources, Problem> {
    let too_large = "This module is too large to be shown here: `buf export` writes its files.";
    match modules::sources(&context.store, module, commit).await {
        Err(Error::TooMuch) => Err(Problem::new(Kind::TooLarge, too_large)),
        other => Ok(other?),
    }
}

fn no_file(at: &LookedAt, path: &str) -> Problem {
    let message = format!("{} has no file {path} at {}.", at.module.name, at.reference);
    Problem::new(Kind::Absent, message)
}

/// `file/{reference}:{path}`.
pub(super) async fn file<P: Platform>(
    context: &Context<P>,
    at: &LookedAt,
    path: &str,
) -> Result<SourceFile, Problem> {
    let mut sources = sources(context, &at.module, &at.commit).await?;
    let bytes = sources.read(path)?.ok_or_else(|| no_file(at, path))?;
    let size = bytes.len() as u64;
    let text = shown_text(bytes).filter(|text| text.lines().count() <= SHOWN_LINES);
    let links = match &text {
        Some(text) if path.ends_with(".proto") => links(at, path, text, &mut sources)?,
        Some(_) | None => Vec::new(),
    };
    Ok(SourceFile {
        module: at.head(),
        commit: at.shown_commit(),
        path: path.to_owned(),
        size,
        text,
        links,
    })
}

/// The text of a file that is not too long to be read.
fn shown_text(bytes: Vec<u8>) -> Option<String> {
    Some(bytes).filter(|it| it.len() <= SHOWN).and_then(|bytes| String::from_utf8(bytes).ok())
}

/// What a file of a module imports, and the lines of what it declares, by full name.
struct Outlined {
    imports: Vec<(String, bool)>,
    lines: HashMap<String, usize>,
}

impl Outlined {
    fn of(text: &str, outline: ProtoOutline) -> Self {
        let imports = outline.imports().map(|(path, is_public)| (path.to_owned(), is_public));
        let imports = imports.collect();
        let (mut lines, mut at, mut line) = (HashMap::new(), 0, 1);
        // In the order in which they stand.
        for declaration in outline.declarations {
            let between = text.as_bytes().get(at..declaration.at.start).unwrap_or_default();
            line += between.iter().filter(|byte| **byte == b'\n').count();
            at = declaration.at.start;
            lines.entry(declaration.name).or_insert(line);
        }
        Self { imports, lines }
    }
}

/// Files of one module, read once each.
struct Known<'a> {
    sources: &'a mut Sources,
    files: BTreeMap<String, Option<Outlined>>,
}

impl Known<'_> {
    /// A file; none for one that is not there, or is no text, or where enough were read.
    fn get(&mut self, path: &str) -> Result<Option<&Outlined>, Error> {
        if !self.files.contains_key(path) {
            let is_one_more = self.files.len() < READ;
            let bytes = if is_one_more { self.sources.read(path)? } else { None };
            let text = bytes.and_then(shown_text);
            let outlined = text.map(|text| Outlined::of(&text, ProtoOutline::read(&text)));
            self.files.insert(path.to_owned(), outlined);
        }
        Ok(self.files.get(path).and_then(Option::as_ref))
    }

    /// The files that one file sees: what it imports, and what those import for others. `false` beside them where one of them is not
    /// of this module.
    fn seen_by(&mut self, path: &str) -> Result<(Vec<String>, bool), Error> {
        let (mut seen, mut is_all_here) = (BTreeSet::from([path.to_owned()]), true);
        let mut next = vec![path.to_owned()];
        while let Some(from) = next.pop() {
            let Some(file) = self.get(&from)? else {
                is_all_here = false;
                continue;
            };
            let is_first = from == path;
            let imports = file.imports.iter().filter(|(_, is_public)| is_first || *is_public);
            let new = imports.filter(|(path, _)| seen.insert(path.clone()));
            next.extend(new.map(|(path, _)| path.clone()));
        }
        Ok((seen.into_iter().collect(), is_all_here))
    }

    /// Where the first of some full names is declared, among these files.
    fn declared(
        &mut self,
        paths: &[String],
        names: impl Iterator<Item = String>,
    ) -> Result<Option<(String, usize)>, Error> {
        for name in names {
            for path in paths {
                if let Some(line) = self.get(path)?.and_then(|file| file.lines.get(&name)) {
                    return Ok(Some((path.clone(), *line)));
                }
            }
        }
        Ok(None)
    }
}

/// The places in a file that lead somewhere: to the module's own files at once, to those of other modules by an address that finds
/// them.
fn links(
    at: &LookedAt,
    path: &str,
    text: &str,
    sources: &mut Sources,
) -> Result<Vec<SourceLink>, Problem> {
    let (module, reference) = (at.module.name.to_string(), at.reference.as_str());
    let outline = ProtoOutline::read(text);
    let mut known = Known { sources, files: BTreeMap::new() };
    let (seen, is_all_here) = known.seen_by(path)?;
    let mut links = Vec::new();
    let mut answers: HashMap<Referred, Option<(String, usize)>> = HashMap::new();
    for it in &outline.references {
        let address = match &it.to {
            Referred::File { path: imported, .. } => match known.get(imported)?.is_some() {
                true => Some(paths::file(&module, reference, imported)),
                false => is_of_others(at, imported).then(|| {
                    paths::definition(&module, reference, path, Definition::Import(imported))
                }),
            },
            Referred::Type { name, .. } => {
                let found = match answers.get(&it.to) {
                    Some(found) => found.clone(),
                    None => {
                        let found = known.declared(&seen, it.to.candidates())?;
                        answers.insert(it.to.clone(), found.clone());
                        found
                    }
                };
                match found {
                    Some((file, line)) if file == path => Some(format!("#L{line}")),
                    Some((file, line)) => {
                        Some(format!("{}#L{line}", paths::file(&module, reference, &file)))
                    }
                    None => {
                        (!is_all_here && is_of_others(at, &name.replace('.', "/"))).then(|| {
                            paths::definition(&module, reference, path, Definition::Type(name))
                        })
                    }
                }
            }
        };
        links.extend(address.map(|address| SourceLink { at: it.at.clone(), address }));
    }
    Ok(links)
}

/// Whether a path, or a name made one, can be of a module that this one depends on: what comes with every compiler is of none, unless
/// one of them has it.
fn is_of_others(at: &LookedAt, path: &str) -> bool {
    let path = path.trim_start_matches('/');
    !at.commit.deps.is_empty() && !path.starts_with("google/protobuf/")
}

/// `raw/{reference}:{path}`: the bytes, which no browser runs.
pub(super) async fn raw<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
    at: &LookedAt,
    path: &str,
    cache: &crate::reply::Cache,
) -> Answer<P> {
    let mut sources = sources(context, &at.module, &at.commit).await?;
    let bytes = sources.read(path)?.ok_or_else(|| no_file(at, path))?;
    let media_type = match std::str::from_utf8(&bytes) {
        Ok(_) => "text/plain; charset=utf-8",
        Err(_) => "application/octet-stream",
    };
    let etag = format!("\"{}\"", &hex::encode(Sha256::digest(&bytes))[..32]);
    let draft = match (has_etag(request, &etag), request.method == "HEAD") {
        (true, _) => Draft::empty(304),
        (false, true) => Draft::empty(200)
            .with("content-type", media_type)
            .with("content-length", bytes.len().to_string()),
        (false, false) => Draft::bytes(200, media_type, bytes),
    };
    let draft = draft
        .with("etag", etag)
        .with("content-security-policy", "default-src 'none'; sandbox")
        .with("content-disposition", "inline");
    Ok(draft.cached(cache, Source::Computed))
}

/// `definition/{reference}:{path}`: to what a file imports or names, in a module that its own one depends on.
pub(super) async fn definition<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
    at: &LookedAt,
    path: &str,
    of: Definition<'_>,
) -> Answer<P> {
    let mut own = sources(context, &at.module, &at.commit).await?;
    let bytes = own.read(path)?.ok_or_else(|| no_file(at, path))?;
    let outline = ProtoOutline::read(&shown_text(bytes).unwrap_or_default());
    drop(own);
    let imported: Vec<String> = match of {
        Definition::Import(path) => vec![path.to_owned()],
        Definition::Type(_) => outline.imports().map(|(path, _)| path.to_owned()).collect(),
    };
    let mut looked_through = 0;
    for dep in &at.commit.deps {
        let Some((module, commit)) = dependency(context, request, dep).await? else { continue };
        let paths = modules::proto_paths(&context.store, &module, &commit).await?;
        let here: Vec<&String> = imported.iter().filter(|it| paths.contains(it)).collect();
        let (name, short) = (dep.module.to_string(), commit.id.short().to_string());
        let Some(first) = here.first() else { continue };
        let Definition::Type(wanted) = of else {
            return Ok(onward(&paths::file(&name, &short, first), []));
        };
        looked_through += 1;
        if looked_through > LOOKED_THROUGH {
            break;
        }
        let Ok(mut sources) = modules::sources(&context.store, &module, &commit).await else {
            continue;
        };
        let mut known = Known { sources: &mut sources, files: BTreeMap::new() };
        let named = outline
            .references
            .iter()
            .find(|it| matches!(&it.to, Referred::Type { name, .. } if name == wanted));
        let Some(named) = named else { break };
        for file in here {
            let (seen, _) = known.seen_by(file)?;
            if let Some((file, line)) = known.declared(&seen, named.to.candidates())? {
                let address = paths::file(&name, &short, &file);
                return Ok(onward(&format!("{address}#L{line}"), []));
            }
        }
    }
    let what = match of {
        Definition::Import(path) => path,
        Definition::Type(name) => name,
    };
    let message =
        format!("{what} is in no module that you may see of those that this one depends on.");
    Err(Problem::new(Kind::Absent, message))
}

/// A dependency at the commit that is locked, if the viewer may see it.
async fn dependency<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
    dep: &Locked,
) -> Result<Option<(Grant, std::rc::Rc<Commit>)>, Problem> {
    let module = match see(context, request, &dep.module).await {
        Err(problem) if problem == nothing() => return Ok(None),
        other => other?,
    };
    match modules::recall_commit(&context.store, &module, &dep.commit.short()).await {
        Err(Error::Withheld { .. }) => Ok(None),
        other => Ok(other?.map(|commit| (module, commit))),
    }
}

/// What an address asks the definition of.
pub(super) fn definition_of<'a>(query: &'a super::shown::Query) -> Option<Definition<'a>> {
    let import = query.get("import").map(Definition::Import);
    import.or_else(|| query.get("type").map(Definition::Type))
}
