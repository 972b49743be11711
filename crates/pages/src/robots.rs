use crate::{
    frame::Frame,
    layout::{Place, SCOPES, choice, document, form, lines_field, row_choice, table},
    tokens::{self, ListedToken},
};
use maud::{Markup, html};

/// A robot in the list of an organization's.
#[derive(Clone, Debug)]
pub struct RobotRow {
    /// Its name.
    pub name: String,
    /// `read`, `write` or `admin`; empty while it is made or deleted.
    pub role: String,
    /// Whether its tokens are good for nothing.
    pub is_disabled: bool,
}

/// A robot with what it has.
#[derive(Clone, Debug)]
pub struct Robot {
    /// Its organization.
    pub organization: String,
    /// The robot.
    pub robot: RobotRow,
    /// The tokens that were made for it.
    pub tokens: Vec<ListedToken>,
    /// What it trusts.
    pub trusts: Vec<Trust>,
    /// The issuers that an administrator of the registry allows.
    pub issuers: Vec<String>,
    /// Whom the tokens of continuous integration must be for.
    pub audience: String,
}

/// Which tokens of an issuer's it is given tokens for.
#[derive(Clone, Debug)]
pub struct Trust {
    /// What names it.
    pub id: String,
    /// Who signs them.
    pub issuer: String,
    /// What they must say.
    pub claims: Vec<(String, String)>,
    /// When it was made.
    pub created: String,
}

const ROLES: [(&str, &str); 3] = [("read", "read"), ("write", "write"), ("admin", "admin")];

/// The page.
pub fn robot(frame: &Frame, model: &Robot) -> String {
    let Robot { organization, robot, tokens, .. } = model;
    let path = format!("/-/organizations/{organization}/robots/{}", robot.name);
    let content = html! {
        h1 { (robot.name) }
        p.soft { "A robot of " a href={ "/-/organizations/" (organization) } { (organization) } "." }
        (form(&path, "line", &html! {
            (row_choice("role", "Role", &robot.role, &ROLES))
            button.btn type="submit" { "Set the role" }
            @if robot.is_disabled {
                button.btn type="submit" name="change" value="enable" { "Enable" }
            } @else {
                button.btn type="submit" name="change" value="disable" { "Disable" }
            }
            button.btn type="submit" name="change" value="delete" { "Delete" }
        }))
        @if robot.is_disabled { p.warn { "It is disabled: its tokens are good for nothing." } }
        section aria-labelledby="trusts" {
            h2 id="trusts" { "Continuous integration without secrets" }
            p.soft {
                "A job shows a token that its system has signed, for the audience " code { (model.audience) }
                ", and gets one of the robot's for some minutes, if all claims are these to the letter."
            }
            (trusts(&path, model))
        }
        section aria-labelledby="tokens" {
            h2 id="tokens" { "Tokens" }
            (tokens::listed(&format!("{path}/tokens"), tokens))
            (tokens::new_token(&format!("{path}/tokens"), &choice("scope", "It is good to", "write", &SCOPES)))
        }
    };
    document(frame, &robot.name, Place::Organizations, &content)
}

fn trusts(path: &str, model: &Robot) -> Markup {
    let rows = html! {
        @for trust in &model.trusts {
            tr {
                th scope="row" { (trust.issuer) }
                td { @for (name, value) in &trust.claims { div.mono { (name) " = " (value) } } }
                td { (trust.created) }
                td {
                    (form(&format!("{path}/trusts/{}/delete", trust.id), "cell", &html! {
                        button.btn type="submit" aria-label={ "End the trust in " (trust.issuer) } { "End" }
                    }))
                }
            }
        }
    };
    let issuers: Vec<(&str, &str)> =
        model.issuers.iter().map(|it| (it.as_str(), it.as_str())).collect();
    html! {
        @if !model.trusts.is_empty() {
            (table("Trusts", &["Issuer", "Claims", "Made", "Change"], &rows))
        }
        @if issuers.is_empty() {
            p { "An administrator of this registry allows no issuer yet: the setting is " code { "TRUSTED_ISSUERS" } "." }
        } @else {
            (form(&format!("{path}/trusts"), "fields", &html! {
                (choice("issuer", "Issuer", "", &issuers))
                (lines_field("claims", "Claims", "One a line: repository_id=1234, then ref=refs/heads/main. One of them must say whose token it is."))
                div { button.btn.main type="submit" { "Trust these" } }
            }))
        }
    }
}
