use crate::{
    frame::Frame,
    layout::table,
    module_head::{ModuleHead, Tab, module_document},
    page::Page,
    paths,
    proto::{Kind, pieces},
    sdks::{ShownCommit, size},
};
use maud::{Markup, PreEscaped, html};
use serde::Serialize;
use std::{fmt::Write, ops::Range};

/// The files of a module at a reference.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Files {
    /// The module.
    pub module: ModuleHead,
    /// The commit.
    pub commit: ShownCommit,
    /// The files, by path, with their sizes in bytes.
    pub files: Vec<ListedFile>,
    /// How many more there are.
    pub more: usize,
}

/// A file in a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ListedFile {
    /// Its path in the module.
    pub path: String,
    /// In bytes.
    pub size: u64,
}

impl Page for Files {
    fn html(&self, frame: &Frame) -> String {
        let ModuleHead { module, reference, .. } = &self.module;
        let rows = html! {
            @for file in &self.files {
                tr {
                    th scope="row" { a.mono href=(paths::file(module, reference, &file.path)) { (file.path) } }
                    td.num { (size(file.size)) }
                }
            }
        };
        let content = html! {
            h1 { "Files" }
            p.soft {
                "Of commit " a.mono href=(paths::commit(module, &self.commit.id)) { (self.commit.short()) } ", pushed " (self.commit.pushed) "."
            }
            (table("Files of the module", &["File", "Size"], &rows))
            @if self.more > 0 { p { "And " (self.more) " more: " code { "buf export" } " writes all of them." } }
        };
        let title = format!("Files of {module}");
        module_document(frame, &self.module, Tab::Files, &title, &content)
    }
}

/// A file of a module.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SourceFile {
    /// The module.
    pub module: ModuleHead,
    /// The commit.
    pub commit: ShownCommit,
    /// The path in the module.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// What is in it; none for one that is too long to show, or no text.
    pub text: Option<String>,
    /// The places in it that lead somewhere, in their order.
    pub links: Vec<SourceLink>,
}

/// A place in a file that leads somewhere.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SourceLink {
    /// Where it stands, in bytes of UTF-8.
    pub at: Range<usize>,
    /// Where it leads.
    pub address: String,
}

impl Page for SourceFile {
    fn html(&self, frame: &Frame) -> String {
        let ModuleHead { module, reference, .. } = &self.module;
        let content = html! {
            h1.mono { (self.path) }
            p.soft {
                (size(self.size)) ", commit " a.mono href=(paths::commit(module, &self.commit.id)) { (self.commit.short()) } ". "
                a href=(paths::raw(module, reference, &self.path)) { "Raw" } " · "
                a href=(paths::tree(module, reference)) { "All files" }
            }
            @match &self.text {
                Some(text) => (source(text, self.path.ends_with(".proto"), &self.links)),
                None => { p { "It is too long to be shown here, or no text." } }
            }
        };
        let title = format!("{} of {module}", self.path);
        module_document(frame, &self.module, Tab::Files, &title, &content)
    }
}

/// A file with more pieces than this is shown in one colour: each of them is a piece of HTML.
const MOST_PIECES: usize = 100_000;

/// A part of a source that is shown alike.
struct Part {
    at: Range<usize>,
    class: Option<&'static str>,
    address: Option<usize>,
}

/// The words of the Protobuf language that stand where no name can.
const KEYWORDS: [&str; 29] = [
    "syntax",
    "edition",
    "package",
    "import",
    "public",
    "weak",
    "option",
    "message",
    "enum",
    "service",
    "rpc",
    "returns",
    "stream",
    "oneof",
    "map",
    "extend",
    "extensions",
    "reserved",
    "optional",
    "required",
    "repeated",
    "group",
    "to",
    "max",
    "true",
    "false",
    "inf",
    "nan",
    "export",
];

/// Lines of source code, each with its number, and a name to link to.
fn source(text: &str, is_proto: bool, links: &[SourceLink]) -> Markup {
    let parts = parts(text, is_proto, links);
    let mut shown = String::with_capacity(text.len() * 2);
    let (mut start, mut number, mut next) = (0, 0, 0);
    shown.push_str("<div class=\"source\">");
    for line in text.split_inclusive('\n') {
        number += 1;
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        // Writing to a string does not fail.
        let _ = write!(
            shown,
            "<div id=\"L{number}\"><a href=\"#L{number}\" aria-label=\"Line {number}\"></a>"
        );
        let mut at = start;
        for part in parts[next..].iter().take_while(|part| part.at.start < end) {
            let (from, to) = (part.at.start.max(at), part.at.end.min(end));
            escape(&mut shown, &text[at..from]);
            shown_part(&mut shown, part, &text[from..to], links);
            at = to;
        }
        escape(&mut shown, &text[at..end]);
        shown.push_str("</div>");
        start += line.len();
        // What is not over yet goes on in the next line; what ended within the line break is over.
        next += parts[next..].iter().take_while(|part| part.at.end <= start).count();
    }
    shown.push_str("</div>");
    PreEscaped(shown)
}

fn shown_part(shown: &mut String, part: &Part, text: &str, links: &[SourceLink]) {
    if text.is_empty() {
        return;
    }
    let link = part.address.and_then(|n| links.get(n));
    let (open, close) = match (link, part.class) {
        (Some(link), class) => {
            let mut open = "<a href=\"".to_owned();
            escape(&mut open, &link.address);
            open.push('"');
            if let Some(class) = class {
                let _ = write!(open, " class=\"{class}\"");
            }
            (open + ">", "</a>")
        }
        (None, Some(class)) => (format!("<span class=\"{class}\">"), "</span>"),
        (None, None) => (String::new(), ""),
    };
    shown.push_str(&open);
    escape(shown, text);
    shown.push_str(close);
}

fn escape(shown: &mut String, text: &str) {
    let _ = write!(maud::Escaper::new(shown), "{text}");
}

/// What is shown otherwise than the rest, in its order and without overlaps.
fn parts(text: &str, is_proto: bool, links: &[SourceLink]) -> Vec<Part> {
    let linked = links.iter().enumerate().map(|(n, link)| {
        let class = text.get(link.at.clone()).filter(|it| it.starts_with(['"', '\''])).map(|_| "s");
        Part { at: link.at.clone(), class, address: Some(n) }
    });
    let mut parts: Vec<Part> = linked.filter(|part| text.get(part.at.clone()).is_some()).collect();
    let pieces = if is_proto { pieces(text) } else { Vec::new() };
    if pieces.len() <= MOST_PIECES {
        parts.extend(pieces.into_iter().filter_map(|piece| {
            let class = match piece.kind {
                Kind::Comment => "c",
                Kind::String => "s",
                Kind::Word if KEYWORDS.contains(&&text[piece.at.clone()]) => "k",
                Kind::Word | Kind::Symbol => return None,
            };
            Some(Part { at: piece.at, class: Some(class), address: None })
        }));
    }
    // Of two at one place the one that leads somewhere counts.
    parts.sort_by_key(|part| (part.at.start, part.address.is_none()));
    let mut end = 0;
    parts.retain(|part| {
        let is_behind = part.at.start >= end && !part.at.is_empty();
        end = if is_behind { part.at.end } else { end };
        is_behind
    });
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn source_is_numbered_and_colored() {
        let text = "// a\nimport \"b\"; x.Y y = 1;\r\n/* c\n<d> */";
        let at = text.find("x.Y").unwrap();
        let links = [SourceLink { at: at..at + 3, address: "/f?a&b".into() }];
        let line = |n: usize, rest: &str| {
            format!("<div id=\"L{n}\"><a href=\"#L{n}\" aria-label=\"Line {n}\"></a>{rest}</div>")
        };
        let want = [
            line(1, "<span class=\"c\">// a</span>"),
            line(
                2,
                "<span class=\"k\">import</span> <span class=\"s\">&quot;b&quot;</span>; <a href=\"/f?a&amp;b\">x.Y</a> y = 1;",
            ),
            line(3, "<span class=\"c\">/* c</span>"),
            line(4, "<span class=\"c\">&lt;d&gt; */</span>"),
        ];
        let shown = source(text, true, &links).into_string();
        assert_eq!(shown, format!("<div class=\"source\">{}</div>", want.concat()));
    }

    #[test]
    fn line_breaks_of_windows_end_what_they_are_within() {
        for text in ["// a\r\nb\r\n", "'a\r\nb\r\n", "/* a\r\nb */\r\n", "// a\r\r\r\nb"] {
            let shown = source(text, true, &[]).into_string();
            assert_eq!(words(&shown), text.replace(['\r', '\n'], ""), "{text:?}");
        }
    }

    const ODD: [&str; 12] =
        ["\"", "'", "//", "/*", "*/", "\n", "\r\n", "\r", "ä", "a", " ", "import"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn sources_of_any_kind_are_shown_whole(
            odd in prop::collection::vec(prop::sample::select(&ODD[..]), 20),
            at in any::<prop::sample::Index>(),
        ) {
            let text = odd.concat();
            let at = at.index(text.len() + 1);
            let links = [SourceLink { at: at..at + 3, address: "/x".into() }];
            let shown = source(&text, true, &links).into_string();
            let want: String = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
            prop_assert_eq!(words(&shown), want);
        }
    }

    /// The text of a piece of HTML, without its tags.
    fn words(html: &str) -> String {
        let text: String =
            html.split('<').filter_map(|it| it.split_once('>')).map(|it| it.1).collect();
        text.replace("&quot;", "\"").replace("&amp;", "&")
    }

    #[test]
    fn places_that_are_none_are_left_out() {
        let links = [0..9, 1..2, 3..3].map(|at| SourceLink { at, address: "/x".into() });
        let shown = source("aäb", false, &links).into_string();
        assert!(!shown.contains("/x"), "{shown}");
        source("", true, &[]);
    }
}
