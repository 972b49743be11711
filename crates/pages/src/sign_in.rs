use crate::{
    frame::Frame,
    layout::{Place, document, form, text_field},
};
use maud::{Markup, html};

/// The page where people sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The host of the identity provider; none where there is none.
    pub provider: Option<String>,
    /// Where the provider's page is reached from, with the way back in it.
    pub start: String,
    /// Where to go on.
    pub next: String,
}

/// The page. With an identity provider, the field is for administrators alone.
pub fn sign_in(frame: &Frame, model: &SignIn) -> String {
    let content = html! {
        h1 { "Sign in" }
        @match &model.provider {
            Some(provider) => {
                p { "You sign in with the account that you have at " b { (provider) } "." }
                p { a.btn.main href=(model.start) { "Sign in with " (provider) } }
                section aria-labelledby="administrators" {
                    h2 id="administrators" { "Administrators" }
                    p.soft { "Administrators of this registry sign in with its administrators' token." }
                    (token_form(&model.next, "Administrators' token"))
                }
            }
            None => {
                p { "This registry has no single sign-on: sign in with one of your tokens. An administrator hands out the first one." }
                (token_form(&model.next, "Token"))
            }
        }
    };
    document(frame, "Sign in", Place::Elsewhere, &content)
}

fn token_form(next: &str, label: &str) -> Markup {
    let fields = html! {
        input type="hidden" name="next" value=(next);
        label {
            (label)
            input type="password" name="token" autocomplete="current-password" required;
        }
        div { button.btn type="submit" { "Sign in" } }
    };
    form("/-/login", "fields", &fields)
}

/// The page where a person takes a name at the first sign-in.
#[derive(Clone, Debug)]
pub struct ChooseName {
    /// The identity provider.
    pub provider: String,
    /// The name that the person has there, or has just tried.
    pub wished: String,
    /// Where to go on.
    pub next: String,
}

/// The page.
pub fn choose_name(frame: &Frame, model: &ChooseName) -> String {
    let hint = "Small letters, digits and hyphens. It stands before the names of your modules, and stays yours.";
    let fields = html! {
        input type="hidden" name="next" value=(model.next);
        (text_field("name", "Name", hint, &model.wished))
        div { button.btn.main type="submit" { "Take this name" } }
    };
    let content = html! {
        h1 { "Welcome" }
        p { "You have signed in at " b { (model.provider) } " for the first time. Which name do you want to have here?" }
        (form("/-/login/name", "fields", &fields))
    };
    document(frame, "Choose a name", Place::Elsewhere, &content)
}
