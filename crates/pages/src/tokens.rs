use crate::{
    frame::Frame,
    layout::{
        DAYS, Place, choice, document, form, lines, optional_field, scope_choice, table, text_field,
    },
};
use maud::{Markup, html};

/// The tokens of a person, or of a robot.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Those that are good.
    pub tokens: Vec<ListedToken>,
}

/// A token in the list.
#[derive(Clone, Debug)]
pub struct ListedToken {
    /// What names it.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// `read`, `write` or `admin`.
    pub scope: String,
    /// The modules that it is good for; none where it is good for all.
    pub modules: Vec<String>,
    /// When it was made.
    pub created: String,
    /// The day of its last use.
    pub last_used: Option<String>,
    /// Until when it is good.
    pub expires: String,
}

/// The page of a person's own tokens.
pub fn tokens(frame: &Frame, model: &Tokens) -> String {
    let content = html! {
        h1 { "Tokens" }
        p.soft { "What programs sign in with: buf, go, npm and your own. A token does no more than you may do yourself." }
        (listed("/-/tokens", &model.tokens))
        section aria-labelledby="new" {
            h2 id="new" { "New token" }
            (new_token("/-/tokens", &scope_choice("read")))
        }
    };
    document(frame, "Tokens", Place::Tokens, &content)
}

/// The list with a button for each to revoke it, at a path below this one.
pub(crate) fn listed(path: &str, tokens: &[ListedToken]) -> Markup {
    if tokens.is_empty() {
        return html! { p { "There is none yet." } };
    }
    let heads = ["Name", "Good to", "Modules", "Made", "Last used", "Good until", "Change"];
    let rows = html! {
        @for token in tokens {
            tr {
                th scope="row" { (token.name) }
                td { (token.scope) }
                td { @if token.modules.is_empty() { "all" } @else { (token.modules.join(", ")) } }
                td { (token.created) }
                td { (token.last_used.as_deref().unwrap_or("never")) }
                td { (token.expires) }
                td {
                    (form(&format!("{path}/{}/revoke", token.id), "cell", &html! {
                        button.btn type="submit" aria-label={ "Revoke " (token.name) } { "Revoke" }
                    }))
                }
            }
        }
    };
    table("Tokens", &heads, &rows)
}

/// The form for a new one.
pub(crate) fn new_token(action: &str, scope: &Markup) -> Markup {
    let fields = html! {
        (text_field("name", "Name", "What it is for: laptop, release job.", ""))
        (scope)
        (optional_field("modules", "Only for these modules", "owner/name, with blanks between them; empty for all. Private modules that they depend on belong here, too."))
        (choice("days", "Good for", "90", &DAYS))
        div { button.btn.main type="submit" { "Make the token" } }
    };
    form(action, "fields", &fields)
}

/// A token that was just made, and the lines that programs need for it.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// Its text.
    pub token: String,
    /// Whose it is.
    pub user: String,
    /// The registry's host, with its port where it has one: what stands in a netrc.
    pub host: String,
    /// Where npm's registry is, without its scheme.
    pub npm_place: String,
    /// The scope of its packages.
    pub npm_scope: String,
    /// The address of npm's registry.
    pub npm_registry: String,
    /// Until when it is good.
    pub expires: String,
    /// Where the list is.
    pub back: String,
}

/// The page, which shows it this once.
pub fn new_secret(frame: &Frame, model: &NewSecret) -> String {
    let NewSecret { token, user, host, npm_place, npm_scope, npm_registry, expires, back } = model;
    let netrc = format!("machine {host}\n  login {user}\n  password {token}");
    let npmrc = format!("{npm_scope}:registry={npm_registry}\n//{npm_place}:_authToken={token}");
    let content = html! {
        h1 { "Your new token" }
        p { b.warn { "It is shown this once." } " It is good until " (expires) "." }
        (lines(token))
        section aria-labelledby="netrc" {
            h2 id="netrc" { "For buf and go: " code { "~/.netrc" } }
            (lines(&netrc))
        }
        section aria-labelledby="npmrc" {
            h2 id="npmrc" { "For npm and its like: " code { "~/.npmrc" } }
            (lines(&npmrc))
        }
        section aria-labelledby="ci" {
            h2 id="ci" { "For continuous integration" }
            (lines(&format!("BUF_TOKEN={token}@{host}")))
        }
        p { a href=(back) { "To the list" } }
    };
    document(frame, "New token", Place::Tokens, &content)
}
