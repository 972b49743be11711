//! What all pages have in common.

use crate::{asset::Asset, frame::Frame, visible::visible};
use maud::{DOCTYPE, Markup, html};

/// Where a page stands in the navigation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Plugins,
    Guide,
    Modules,
    Tokens,
    Organizations,
    Account,
    Elsewhere,
}

/// What is in the navigation for everybody, whoever looks.
const FOR_ALL: [(&str, &str, Place); 3] = [
    ("/-/plugins", "Plugins", Place::Plugins),
    ("/-/guide", "Guide", Place::Guide),
    ("/-/account", "Account", Place::Account),
];

/// The same on pages that only the one who is signed in sees.
const FOR_USER: [(&str, &str, Place); 6] = [
    ("/-/plugins", "Plugins", Place::Plugins),
    ("/-/guide", "Guide", Place::Guide),
    ("/-/my", "Modules", Place::Modules),
    ("/-/tokens", "Tokens", Place::Tokens),
    ("/-/organizations", "Organizations", Place::Organizations),
    ("/-/account", "Account", Place::Account),
];

/// A link to an address that somebody said, where it is one of the web; the text alone where it is not.
pub(crate) fn web_link(address: &str, text: &str) -> Markup {
    let is_web = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    html! {
        @if is_web { a href=(address) rel="nofollow ugc noopener noreferrer" { (text) } } @else { (text) }
    }
}

/// A whole document.
pub(crate) fn document(frame: &Frame, title: &str, place: Place, content: &Markup) -> String {
    document_below(frame, title, place, &Markup::default(), content)
}

/// [`document`] with a part of its head of its own, below the navigation.
pub(crate) fn document_below(
    frame: &Frame,
    title: &str,
    place: Place,
    head: &Markup,
    content: &Markup,
) -> String {
    let links: &[_] = if frame.user.is_some() { &FOR_USER } else { &FOR_ALL };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if !frame.is_indexed { meta name="robots" content="noindex"; }
                title { (title) " · protoedge" }
                link rel="icon" href=(Asset::Icon.path());
                link rel="stylesheet" href=(Asset::Style.path());
                script src=(Asset::Script.path()) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    div.top { div.wrap {
                        a.brand href="/" { "proto" b { "edge" } }
                        (search_form(frame))
                        nav aria-label="Site" {
                            @for (path, name, its) in links {
                                a href=(path) aria-current=[(*its == place).then_some("page")] { (name) }
                            }
                        }
                    } }
                    (head)
                }
                main.wrap #main {
                    @if let Some(error) = &frame.error {
                        div.error role="alert" { p { b { "Not done. " } (error) } }
                    }
                    (content)
                }
                footer { div.wrap {
                    span { "protoedge, served from one bucket" }
                    a href="/-/plugins" { "Plugins" } a href="/-/guide" { "Guide" }
                } }
            }
        }
    };
    visible(markup.into_string())
}

fn search_form(frame: &Frame) -> Markup {
    html! {
        form.search role="search" action="/-/search" {
            label.hide for="q" { "Search modules, owners, plugins and commits" }
            input #q name="q" type="search" value=(frame.search) placeholder="Search" autocomplete="off";
            button.btn.hide type="submit" { "Search" }
        }
    }
}

/// A form whose action changes something.
pub(crate) fn form(action: &str, class: &str, content: &Markup) -> Markup {
    html! { form method="post" action=(action) class=(class) { (content) } }
}

/// A field of one line.
pub(crate) fn text_field(name: &str, label: &str, hint: &str, value: &str) -> Markup {
    let id = id_of(label);
    let input = html! {
        input id=(id) type="text" name=(name) value=(value) autocomplete="off" spellcheck="false"
            required aria-describedby=[(!hint.is_empty()).then(|| format!("{id}-hint"))];
    };
    field(&id, label, hint, &input)
}

/// [`text_field`] that may stay empty.
pub(crate) fn optional_field(name: &str, label: &str, hint: &str) -> Markup {
    let id = id_of(label);
    let input = html! {
        input id=(id) type="text" name=(name) autocomplete="off" spellcheck="false"
            aria-describedby={ (id) "-hint" };
    };
    field(&id, label, hint, &input)
}

/// A field of several lines.
pub(crate) fn lines_field(name: &str, label: &str, hint: &str) -> Markup {
    let id = id_of(label);
    let area = html! {
        textarea id=(id) name=(name) rows="4" spellcheck="false" required
            aria-describedby={ (id) "-hint" } {}
    };
    field(&id, label, hint, &area)
}

/// A field that takes one of several words; the second of each pair is shown.
pub(crate) fn choice(name: &str, label: &str, chosen: &str, options: &[(&str, &str)]) -> Markup {
    let id = id_of(label);
    field(&id, label, "", &html! { select id=(id) name=(name) { (choices(chosen, options)) } })
}

/// What a field has around it. What is to be said of it beside its label is none of its name.
fn field(id: &str, label: &str, hint: &str, control: &Markup) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            @if !hint.is_empty() { small id={ (id) "-hint" } { (hint) } }
            (control)
        }
    }
}

/// What a field is called in its page: labels of one page differ.
fn id_of(label: &str) -> String {
    label
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect()
}

/// [`choice`] in a row of a table, whose heading says what it is.
pub(crate) fn row_choice(
    name: &str,
    label: &str,
    chosen: &str,
    options: &[(&str, &str)],
) -> Markup {
    html! { select name=(name) aria-label=(label) { (choices(chosen, options)) } }
}

fn choices(chosen: &str, options: &[(&str, &str)]) -> Markup {
    html! {
        @for (value, shown) in options {
            option value=(value) selected[*value == chosen] { (shown) }
        }
    }
}

/// Lines to copy.
pub(crate) fn lines(text: &str) -> Markup {
    html! { div.cmd { pre tabindex="0" { code { (text) } } } }
}

/// Lines to copy with one click; `what` says which.
pub(crate) fn copied(what: &str, text: &str) -> Markup {
    html! {
        div.cmd {
            pre { code { (text) } }
            button.copy type="button" aria-label={ "Copy " (what) } { "Copy" }
        }
    }
}

/// [`copied`] for a shell.
pub(crate) fn command(what: &str, text: &str) -> Markup {
    html! {
        div.cmd.sh {
            pre { code { (text) } }
            button.copy type="button" aria-label={ "Copy " (what) } { "Copy" }
        }
    }
}

/// A table in a box that scrolls on narrow screens.
pub(crate) fn table(label: &str, heads: &[&str], rows: &Markup) -> Markup {
    table_of(label, (heads.len() > 2).then_some("wide"), heads, rows)
}

/// [`table`] with columns of one width: it stands still while its rows arrive.
pub(crate) fn even_table(label: &str, heads: &[&str], rows: &Markup) -> Markup {
    table_of(label, Some("wide even"), heads, rows)
}

fn table_of(label: &str, class: Option<&str>, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(label) {
            table class=[class] {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// What tokens can be good for, each with what that is.
pub(crate) const SCOPES: [(&str, &str); 3] = [
    ("read", "Read: read what you may read"),
    ("write", "Write: push and move labels, too"),
    ("admin", "Admin: all that you may do"),
];

/// For how many days tokens can be good.
pub(crate) const DAYS: [(&str, &str); 5] =
    [("1", "1 day"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "365 days")];

/// The choice of a scope, as a group.
pub(crate) fn scope_choice(chosen: &str) -> Markup {
    html! {
        fieldset {
            legend { "It is good to" }
            @for (value, shown) in SCOPES {
                label { input type="radio" name="scope" value=(value) checked[value == chosen]; (shown) }
            }
        }
    }
}
