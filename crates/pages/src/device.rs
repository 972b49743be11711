use crate::{
    frame::Frame,
    layout::{DAYS, Place, choice, document, form, scope_choice, text_field},
};
use maud::{Markup, html};

/// The page where a person lets a device in.
#[derive(Clone, Debug)]
pub struct Device {
    /// How far that is.
    pub state: DeviceState,
}

/// How far letting a device in is.
#[derive(Clone, Debug)]
pub enum DeviceState {
    /// The code is not known yet, or filled in by the address of the page.
    Code {
        /// What stands in the field.
        filled: String,
    },
    /// The device is shown.
    Asked(AskedDevice),
    /// It was let in.
    LetIn {
        /// What it calls itself.
        client: String,
    },
    /// It was refused.
    Refused,
}

/// A device that asks to be let in.
#[derive(Clone, Debug)]
pub struct AskedDevice {
    /// The code to compare.
    pub code: String,
    /// What the device calls itself.
    pub client: String,
    /// Where it asked from.
    pub address: Option<String>,
    /// When it asked.
    pub asked: String,
    /// The person whose token it would get.
    pub user: String,
}

/// The page.
pub fn device(frame: &Frame, model: &Device) -> String {
    let content = match &model.state {
        DeviceState::Code { filled } => code(filled),
        DeviceState::Asked(asked) => decision(asked),
        DeviceState::LetIn { client } => html! {
            h1 { "The device is let in" }
            p { b { (client) } " gets its token within a few seconds; you can close this page." }
            p { "It is in the list of your " a href="/-/tokens" { "tokens" } ", where you can revoke it." }
        },
        DeviceState::Refused => html! {
            h1 { "The device was refused" }
            p { "It gets no token." }
        },
    };
    document(frame, "Let a device in", Place::Elsewhere, &content)
}

fn code(filled: &str) -> Markup {
    let fields = html! {
        (text_field("user_code", "Code", "As buf registry login printed it, like BCDF-GHJK.", filled))
        div { button.btn.main type="submit" { "Show the device" } }
    };
    html! {
        h1 { "Let a device in" }
        p { "A program that you have just started, " code { "buf registry login" } " for instance, shows a code." }
        (form("/-/device", "fields", &fields))
    }
}

fn decision(asked: &AskedDevice) -> Markup {
    let fields = html! {
        input type="hidden" name="user_code" value=(asked.code);
        (scope_choice("write"))
        (choice("days", "For", "90", &DAYS))
        div.buttons {
            button.btn.main type="submit" name="decision" value="let-in" { "Let it in" }
            button.btn type="submit" name="decision" value="refuse" { "Refuse" }
        }
    };
    html! {
        h1 { "Did you start this just now?" }
        p.code { (asked.code) }
        p { "Let the device in only if it shows this code, and you started it yourself. It gets a token of yours." }
        dl {
            dt { "It calls itself" } dd { (asked.client) }
            dt { "Asked at" } dd { (asked.asked) }
            dt { "Asked from" } dd { (asked.address.as_deref().unwrap_or("an address that is not known")) }
            dt { "Acts as" } dd { (asked.user) }
        }
        (form("/-/device/decision", "fields", &fields))
    }
}
