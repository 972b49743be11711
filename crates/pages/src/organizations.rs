use crate::{
    frame::Frame,
    layout::{Place, choice, document, form, row_choice, table, text_field},
    robots::RobotRow,
};
use maud::{Markup, html};

/// The organizations of a person.
#[derive(Clone, Debug)]
pub struct Organizations {
    /// Each with what the person may do there.
    pub organizations: Vec<(String, String)>,
}

/// The page.
pub fn organizations(frame: &Frame, model: &Organizations) -> String {
    let rows = html! {
        @for (name, role) in &model.organizations {
            tr {
                th scope="row" { a href={ "/-/organizations/" (name) } { (name) } }
                td { (role) }
            }
        }
    };
    let fields = html! {
        (text_field("name", "Name", "Small letters, digits and hyphens.", ""))
        button.btn.main type="submit" { "Make the organization" }
    };
    let content = html! {
        h1 { "Organizations" }
        @if model.organizations.is_empty() {
            p { "You are in none yet. Modules of an organization are shared by its members." }
        } @else {
            (table("Organizations", &["Name", "Your role"], &rows))
        }
        section aria-labelledby="new" {
            h2 id="new" { "New organization" }
            (form("/-/organizations", "line", &fields))
        }
    };
    document(frame, "Organizations", Place::Organizations, &content)
}

/// An organization as a member sees it.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub description: String,
    /// What the person who looks may do.
    pub role: String,
    /// Whether that is to change members and robots.
    pub may_change: bool,
    /// The members.
    pub members: Vec<Member>,
    /// The robots; none for those who may not change them.
    pub robots: Vec<RobotRow>,
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub name: String,
    /// `read`, `write`, `admin` or `owner`.
    pub role: String,
    /// Until when a group of the identity provider gives it; none for one that was given here.
    pub by_group_until: Option<String>,
}

/// What members may do, in words.
pub(crate) const ROLES: [(&str, &str); 4] = [
    ("read", "read: read private modules"),
    ("write", "write: push, too"),
    ("admin", "admin: modules, robots and members below, too"),
    ("owner", "owner: everything"),
];

const ROLE_NAMES: [(&str, &str); 4] =
    [("read", "read"), ("write", "write"), ("admin", "admin"), ("owner", "owner")];

/// The page.
pub fn organization(frame: &Frame, model: &Organization) -> String {
    let path = format!("/-/organizations/{}", model.name);
    let content = html! {
        h1 { (model.name) }
        @if !model.description.is_empty() { p { (model.description) } }
        p.soft { "Your role: " (model.role) }
        section aria-labelledby="members" {
            h2 id="members" { "Members" }
            (members(&path, model))
            @if model.may_change {
                (form(&format!("{path}/members"), "line", &html! {
                    (text_field("user", "Person", "", ""))
                    (choice("role", "Role", "write", &ROLES))
                    button.btn.main type="submit" { "Add" }
                }))
            }
        }
        @if model.may_change {
            section aria-labelledby="robots" {
                h2 id="robots" { "Robots" }
                p.soft { "Accounts for machines: they have tokens, and never sign in." }
                (robots(&path, &model.robots))
                (form(&format!("{path}/robots"), "line", &html! {
                    (text_field("name", "Name of the robot", "", ""))
                    (choice("role", "Role of the robot", "write", &ROLES[..3]))
                    button.btn.main type="submit" { "Make the robot" }
                }))
            }
        }
        section aria-labelledby="leave" {
            h2 id="leave" { "Leave" }
            (form(&format!("{path}/leave"), "cell", &html! {
                button.btn type="submit" { "Leave " (model.name) }
            }))
        }
    };
    document(frame, &model.name, Place::Organizations, &content)
}

fn members(path: &str, model: &Organization) -> Markup {
    let rows = html! {
        @for member in &model.members {
            tr {
                th scope="row" { (member.name) }
                td { (member.role) }
                td {
                    @match &member.by_group_until {
                        Some(until) => { "by a group, until " (until) " or the next sign-in" }
                        None if model.may_change => { (change_member(path, member)) }
                        None => {}
                    }
                }
            }
        }
    };
    table("Members", &["Name", "Role", "Change"], &rows)
}

fn change_member(path: &str, member: &Member) -> Markup {
    form(
        &format!("{path}/members"),
        "cell",
        &html! {
            input type="hidden" name="user" value=(member.name);
            (row_choice("role", &format!("Role of {}", member.name), &member.role, &ROLE_NAMES))
            button.btn type="submit" aria-label={ "Set the role of " (member.name) } { "Set" }
            button.btn type="submit" name="remove" value="yes" aria-label={ "Remove " (member.name) } { "Remove" }
        },
    )
}

fn robots(path: &str, robots: &[RobotRow]) -> Markup {
    if robots.is_empty() {
        return html! { p { "There is none yet." } };
    }
    let rows = html! {
        @for robot in robots {
            tr {
                th scope="row" { a href={ (path) "/robots/" (robot.name) } { (robot.name) } }
                td { (robot.role) }
                td { @if robot.is_disabled { "disabled" } @else { "good" } }
            }
        }
    };
    table("Robots", &["Name", "Role", "Its tokens are"], &rows)
}
