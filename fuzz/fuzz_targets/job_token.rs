//! Tokens of jobs: opens what it sealed, nothing with a bit changed, and nothing made elsewhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_sdk::{BadToken, Ecosystem, JobToken, Sdk, WebhookSecret};

// Two bytes and one that say which bit is changed, then a text: once a token, once a job's id.
fuzz_target!(|input: (u16, u8, &str)| {
    let (place, bit, text) = input;
    let secret: WebhookSecret = "whsec_c2VjcmV0".parse().expect("is a secret");
    if let Ok(token) = JobToken::open(text, &secret, 0) {
        assert_eq!(token.seal(&secret), text, "a token with two texts");
        assert!(token.expires > 0);
    }

    let expires = i64::from(place);
    let token = JobToken { job: text.into(), sdk: sdk(), expires };
    let sealed = token.seal(&secret);
    assert_eq!(JobToken::open(&sealed, &secret, expires - 1), Ok(token));
    assert_eq!(JobToken::open(&sealed, &secret, expires), Err(BadToken::Expired));

    let changed = change(&sealed, place.into(), bit);
    assert_eq!(JobToken::open(&changed, &secret, i64::MIN), Err(BadToken::Forged), "{changed}");
    let other: WebhookSecret = "whsec_b3RoZXI=".parse().expect("is a secret");
    assert_eq!(JobToken::open(&sealed, &other, i64::MIN), Err(BadToken::Forged));
});

/// Changes one of the lower seven bits of a byte: tokens are ASCII and stay it.
fn change(sealed: &str, place: usize, bit: u8) -> String {
    let mut bytes = sealed.as_bytes().to_vec();
    let place = place % bytes.len();
    bytes[place] ^= 1 << (bit % 7);
    String::from_utf8(bytes).expect("ASCII stays ASCII")
}

fn sdk() -> Sdk {
    Sdk {
        ecosystem: Ecosystem::Go,
        module: "acme/weather".parse().expect("is a module"),
        plugin: "connectrpc/go".parse().expect("is a plugin"),
        version: "v1.20.0_20260102030405_aaaaaaaaaaaa_1".parse().expect("is a version"),
    }
}
