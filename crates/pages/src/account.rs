use crate::{
    frame::Frame,
    layout::{Place, document, form},
};
use maud::html;

/// What a person sees of the own account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The person.
    pub name: String,
    /// How the person signed in, in words.
    pub signed_in_by: String,
    /// When.
    pub since: String,
    /// Until when the session lasts.
    pub until: String,
}

/// The page.
pub fn account(frame: &Frame, model: &Account) -> String {
    let content = html! {
        h1 { (model.name) }
        dl {
            dt { "Signed in" } dd { (model.since) ", " (model.signed_in_by) }
            dt { "Until" } dd { (model.until) }
        }
        section aria-labelledby="leave" {
            h2 id="leave" { "Sign out" }
            p { "Tokens stay as they are: revoke them on the page of your " a href="/-/tokens" { "tokens" } "." }
            div.buttons {
                (form("/-/logout", "cell", &html! { button.btn type="submit" { "Sign out" } }))
                (form("/-/logout", "cell", &html! {
                    input type="hidden" name="everywhere" value="yes";
                    button.btn type="submit" { "Sign out everywhere" }
                }))
            }
        }
        section aria-labelledby="device" {
            h2 id="device" { "A device" }
            p { "After " code { "buf registry login" } ", compare its code and " a href="/-/device" { "let the device in" } "." }
        }
    };
    document(frame, "Account", Place::Account, &content)
}
