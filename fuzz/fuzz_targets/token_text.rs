//! The texts of tokens, and paths below `/-/api/`: one text for each token and each endpoint, and nothing else is one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_edge::{Endpoint, Route};
use protoedge_registry::TokenText;

// A text: once a token, once what is behind `/-/api/`.
fuzz_target!(|text: &str| {
    if let Some(token) = TokenText::parse(text) {
        assert_eq!(token.expose(), text);
        assert!(!format!("{token:?}").contains(text), "a token printed itself");
        // Its checksum tells it from every text that differs in one character.
        let other = if text.ends_with('0') { '1' } else { '0' };
        let changed = format!("{}{other}", &text[..text.len() - 1]);
        assert_eq!(TokenText::parse(&changed), None, "{changed}");
    }
    let path = format!("/-/api/{text}");
    match Route::parse(&path, None) {
        Route::Api(endpoint) => assert_eq!(print(&endpoint), text, "an endpoint with two texts"),
        other => assert_eq!(other, Route::Foreign, "{path}"),
    }
});

fn print(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::CurrentUser => "user".into(),
        Endpoint::User(user) => format!("users/{user}"),
        Endpoint::Tokens(user) => format!("users/{user}/tokens"),
        Endpoint::Token(user, id) => format!("users/{user}/tokens/{id}"),
        Endpoint::Members(organization) => format!("organizations/{organization}/members"),
        Endpoint::Member(organization, user) => {
            format!("organizations/{organization}/members/{user}")
        }
        Endpoint::Robots(organization) => format!("organizations/{organization}/robots"),
        Endpoint::Robot(organization, robot) => {
            format!("organizations/{organization}/robots/{robot}")
        }
        Endpoint::Trusts(organization, robot) => {
            format!("organizations/{organization}/robots/{robot}/trusts")
        }
        Endpoint::Trust(organization, robot, id) => {
            format!("organizations/{organization}/robots/{robot}/trusts/{id}")
        }
        Endpoint::Identity(user) => format!("users/{user}/identity"),
        Endpoint::Sessions(user) => format!("users/{user}/sessions"),
        Endpoint::Module(module) => format!("modules/{module}"),
        Endpoint::Collaborators(module) => format!("modules/{module}/collaborators"),
        Endpoint::Collaborator(module, user) => format!("modules/{module}/collaborators/{user}"),
        Endpoint::Webhooks(module) => format!("modules/{module}/webhooks"),
        Endpoint::Webhook(module, id) => format!("modules/{module}/webhooks/{id}"),
        Endpoint::WebhookSecret(module, id) => format!("modules/{module}/webhooks/{id}/secret"),
        Endpoint::WebhookAttempts(module, id) => format!("modules/{module}/webhooks/{id}/attempts"),
        Endpoint::AuditOf(owner) => format!("owners/{owner}/audit"),
        Endpoint::Audit => "audit".into(),
    }
}
