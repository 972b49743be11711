//! What browsers, devices, identity providers and jobs show: tokens, keys, forms, cookies, codes. Nothing that is no such thing is
//! taken for one, and what is taken is what it prints.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_oauth::{Claims, Expected, Form, Issuer, Jwt, KeySet, cookie, origin};
use protoedge_registry::accounts::{SessionText, UserCode};

const NOW: i64 = 1_800_000_000;

fuzz_target!(|text: &str| {
    if let Ok(jwt) = Jwt::parse(text) {
        let signed = std::str::from_utf8(jwt.signed()).expect("what is signed is text");
        assert!(text.starts_with(signed) && text[signed.len()..].starts_with('.'));
        check(jwt.unverified_claims());
    }
    if let Some(claims) = Claims::of_user_info(text.as_bytes()) {
        check(&claims);
    }
    if let Ok(keys) = KeySet::parse(text.as_bytes()) {
        let printed =
            serde_json::json!({ "keys": keys.iter().map(|key| key.to_jwk()).collect::<Vec<_>>() });
        let again = KeySet::parse(printed.to_string().as_bytes()).expect("keys print what is read");
        assert!(keys.iter().map(|key| key.to_jwk()).eq(again.iter().map(|key| key.to_jwk())));
    }
    if let Ok(form) = Form::parse(text) {
        assert!(form.names().count() <= 100);
        assert!(form.names().all(|name| form.get(name).is_none_or(|value| !value.is_empty())));
    }
    if let Some(value) = cookie(text, "__Host-session") {
        let is_it = |pair: &&str| pair.trim_matches([' ', '\t']).starts_with("__Host-session=");
        assert_eq!(text.split(';').filter(is_it).count(), 1, "{value}");
    }
    if let Ok(issuer) = Issuer::parse(text) {
        assert_eq!(issuer.as_str(), text);
        assert!(origin(text).is_some(), "an issuer without an origin");
        let _ = issuer.read(text.as_bytes());
    }
    if let Some(code) = UserCode::parse(text) {
        assert_eq!(UserCode::parse(&code.shown()), Some(code));
    }
    if let Some(session) = SessionText::parse(text) {
        assert_eq!(session.expose(), text);
        assert!(!format!("{session:?}").contains(text), "a session printed itself");
    }
});

/// What says that it is good is of the issuer and for the audience that are expected.
fn check(claims: &Claims) {
    let expected = Expected { issuer: "https://x", audience: "y", nonce: None, now: NOW };
    if claims.check(&expected).is_ok() {
        assert_eq!(claims.issuer(), Some("https://x"));
        assert!(claims.texts("aud") == ["y"], "for others, too");
        assert!(claims.subject().is_some_and(|it| !it.is_empty()));
    }
}
