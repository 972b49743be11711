//! Text that module authors write, as HTML of which nothing but text, its form and links is theirs.

use maud::{Escaper, Markup, PreEscaped};
use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::{collections::BTreeMap, fmt::Write};

/// How many headings of a text can be led to.
const MOST_NAMED: usize = 1000;

/// The longest text that is rendered, in bytes; a longer one is shown up to here.
const LONGEST: usize = 200_000;

/// A CommonMark text with tables and lists of tasks. What is HTML in it is shown as text, images are links, and a link leads to the web, to an e-mail
/// address, to a heading, or to what `resolve` makes of a path.
pub(crate) fn rendered(text: &str, resolve: &dyn Fn(&str) -> Option<String>) -> Markup {
    let end = text.floor_char_boundary(LONGEST);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut rendering = Rendering { resolve, open: Vec::new(), ids: BTreeMap::new(), level: 1 };
    let mut events = Vec::new();
    let mut heading = String::new();
    for event in Parser::new_ext(&text[..end], options) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading.clear();
                events.push(rendering.heading(level));
            }
            Event::End(TagEnd::Heading(_)) => {
                rendering.name(&mut events, &heading);
                events.push(Event::End(TagEnd::Heading(rendering.shown_level())));
            }
            event => {
                if let Event::Text(text) | Event::Code(text) = &event {
                    heading.push_str(text);
                }
                events.extend(rendering.event(event));
            }
        }
    }
    let mut shown = String::with_capacity(end * 3 / 2);
    html::push_html(&mut shown, events.into_iter());
    PreEscaped(shown)
}

struct Rendering<'a> {
    resolve: &'a dyn Fn(&str) -> Option<String>,
    /// For each link and image that is open, whether it is one in HTML.
    open: Vec<bool>,
    /// How often each name of a heading was given.
    ids: BTreeMap<String, usize>,
    /// The level of the heading before, as it is shown; the page's own is 1.
    level: usize,
}

impl Rendering<'_> {
    fn event<'e>(&mut self, event: Event<'e>) -> Vec<Event<'e>> {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(text)],
            Event::Start(Tag::HtmlBlock) => vec![Event::Start(Tag::Paragraph)],
            Event::End(TagEnd::HtmlBlock) => vec![Event::End(TagEnd::Paragraph)],
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let address = self.address(&dest_url).filter(|_| !self.open.contains(&true));
                self.open.push(address.is_some());
                address.map(|address| Event::Html(opening(&address).into())).into_iter().collect()
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let is_link = self.open.pop().unwrap_or_default();
                is_link.then(|| Event::Html("</a>".into())).into_iter().collect()
            }
            // How columns are aligned is left out: it would be a style of its own, which the page's policy does not let in.
            Event::Start(Tag::Table(alignments)) => vec![
                Event::Html(
                    "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">"
                        .into(),
                ),
                Event::Start(Tag::Table(vec![Alignment::None; alignments.len()])),
            ],
            Event::TaskListMarker(is_done) => {
                vec![Event::Text(if is_done { "☑ " } else { "☐ " }.into())]
            }
            Event::End(TagEnd::Table) => {
                vec![Event::End(TagEnd::Table), Event::Html("</div>".into())]
            }
            // The language is for highlighters, and there is none.
            Event::Start(Tag::CodeBlock(_)) => {
                vec![Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Indented))]
            }
            other => vec![other],
        }
    }

    /// A heading one level below what it says, and never more than one below the heading before it.
    fn heading(&mut self, level: HeadingLevel) -> Event<'static> {
        let wanted = level as usize + 1;
        self.level = wanted.min(self.level + 1).clamp(2, 6);
        Event::Start(Tag::Heading {
            level: self.shown_level(),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        })
    }

    fn shown_level(&self) -> HeadingLevel {
        HeadingLevel::try_from(self.level).unwrap_or(HeadingLevel::H6)
    }

    /// Gives the heading that is open a name that no part of the page itself has.
    fn name(&mut self, events: &mut [Event<'_>], words: &str) {
        let mut name = slug(words);
        if self.ids.len() >= MOST_NAMED {
            return;
        }
        let count = self.ids.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name = format!("{name}-{}", *count - 1);
            // Another heading may be called so.
            if self.ids.insert(name.clone(), 1).is_some() {
                return;
            }
        }
        let opened = events.iter_mut().rev().find_map(|event| match event {
            Event::Start(Tag::Heading { id, .. }) => Some(id),
            _ => None,
        });
        if let Some(id) = opened {
            *id = Some(CowStr::from(format!("user-{name}")));
        }
    }

    /// Where a link may lead.
    fn address(&self, to: &str) -> Option<String> {
        let lower = to.to_ascii_lowercase();
        if ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme)) {
            return Some(to.to_owned());
        }
        if let Some(heading) = to.strip_prefix('#') {
            return Some(format!("#user-{}", slug(heading)));
        }
        // A scheme that is none of those, or the host of another site.
        let first = to.split(['/', '?', '#']).next().unwrap_or_default();
        if first.contains(':') || to.starts_with("//") || to.starts_with('\\') {
            return None;
        }
        let (path, anchor) = to.split_once('#').unwrap_or((to, ""));
        let path = path.split('?').next().unwrap_or_default();
        let file = (self.resolve)(path.trim_start_matches("./").trim_start_matches('/'))?;
        // Of what is in a file the page about it names its lines.
        let is_number = |it: &&str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
        Some(match anchor.strip_prefix('L').filter(is_number) {
            Some(line) => format!("{file}#L{line}"),
            None => file,
        })
    }
}

/// The tag of a link. One that leads away says nothing of where it comes from.
fn opening(address: &str) -> String {
    let mut tag = "<a href=\"".to_owned();
    // Writing to a string does not fail.
    let _ = write!(Escaper::new(&mut tag), "{address}");
    tag.push('"');
    if !address.starts_with(['/', '#']) {
        tag.push_str(" rel=\"nofollow ugc noopener noreferrer\"");
    }
    tag.push('>');
    tag
}

/// A heading as a part of an address, as others make it of Markdown: letters, digits and dashes.
fn slug(words: &str) -> String {
    let mut slug = String::new();
    for c in words.trim().chars().take(100) {
        match c {
            ' ' | '-' => slug.push('-'),
            c if c.is_alphanumeric() || c == '_' => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        let resolve =
            |path: &str| (path == "docs/a.md").then(|| "/acme/weather/file/main:docs/a.md".into());
        rendered(text, &resolve).into_string().trim().to_owned()
    }

    #[test]
    fn forms_are_kept() {
        for (text, want) in [
            (
                "# Weather\n\n### Deep\n\n# Weather",
                "<h2 id=\"user-weather\">Weather</h2>\n<h3 id=\"user-deep\">Deep</h3>\n<h2 id=\"user-weather-1\">Weather</h2>",
            ),
            (
                "a *b* **c** ~~d~~ `e`",
                "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e</code></p>",
            ),
            ("```go\nx < y\n```", "<pre><code>x &lt; y\n</code></pre>"),
            (
                "|a|\n|-:|\n|b|",
                "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table><thead><tr><th>a</th></tr></thead><tbody>\n<tr><td>b</td></tr>\n</tbody></table>\n</div>",
            ),
        ] {
            assert_eq!(html(text), want);
        }
        let tasks = html("- [x] a\n- [ ] b");
        assert_eq!(tasks, "<ul>\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>");
    }

    #[test]
    fn links_lead_to_the_web_or_into_the_module() {
        let rel = " rel=\"nofollow ugc noopener noreferrer\"";
        for (text, want) in [
            (
                "[a](https://example.com/?x=1&y=\"2\")",
                format!("<a href=\"https://example.com/?x=1&amp;y=&quot;2&quot;\"{rel}>a</a>"),
            ),
            (
                "<mailto:a@example.com>",
                format!("<a href=\"mailto:a@example.com\"{rel}>mailto:a@example.com</a>"),
            ),
            ("[a](docs/a.md#x)", "<a href=\"/acme/weather/file/main:docs/a.md\">a</a>".into()),
            (
                "[a](docs/a.md?x#L41)",
                "<a href=\"/acme/weather/file/main:docs/a.md#L41\">a</a>".into(),
            ),
            ("[a](docs/a.md#L4x)", "<a href=\"/acme/weather/file/main:docs/a.md\">a</a>".into()),
            ("[a](./docs/a.md)", "<a href=\"/acme/weather/file/main:docs/a.md\">a</a>".into()),
            ("[a](docs/b.md)", "a".into()),
            ("[a](#The-Heading)", "<a href=\"#user-the-heading\">a</a>".into()),
            (
                "![alt](https://example.com/a.png)",
                format!("<a href=\"https://example.com/a.png\"{rel}>alt</a>"),
            ),
            (
                "[![alt](b.png)](https://example.com)",
                format!("<a href=\"https://example.com\"{rel}>alt</a>"),
            ),
            ("[a](javascript:alert(1))", "a".into()),
            ("[a](JaVaScRiPt:alert(1))", "a".into()),
            ("[a](data:text/html,x)", "a".into()),
            ("[a](//example.com)", "a".into()),
            ("[a](\\\\example.com)", "a".into()),
        ] {
            assert_eq!(html(text), format!("<p>{want}</p>"), "{text}");
        }
    }

    #[test]
    fn html_is_text() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<!-- x -->",
            "<div>\n\n*a*\n\n</div>",
            "<style>*{}</style>",
            "[a](https://x/\"onmouseover=alert(1))",
            "`<b>`",
            "# <i>x</i>",
            "|<b>|\n|-|\n|<script>|",
            "```<script>\n</code></pre><script>\n```",
        ] {
            let shown = html(text);
            for tag in ["<script", "<img", "<!--", "<div>", "<style", "<b>", "<i>"] {
                assert!(!shown.contains(tag), "{text}: {shown}");
            }
            assert!(!shown.contains("\"onmouseover"), "{shown}");
        }
    }

    #[test]
    fn long_texts_end_somewhere() {
        let long = "ä".repeat(LONGEST);
        assert!(html(&long).len() < LONGEST + 100);
        html(&"[".repeat(100_000));
        html(&"> ".repeat(10_000));
        html(&"*a ".repeat(50_000));
        html(&"#\n".repeat(100_000));
    }
}
