//! Webhooks: takes what it signed lately, and nothing with a bit changed, with another signature or of
//! another time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_sdk::{BadWebhook, WebhookSecret};

/// Seconds that a time stamp may be off.
const TOLERANCE: i64 = 300;

// Lines: id, timestamp, signatures, and all the rest is the body. The body's length says which bit is
// changed.
fuzz_target!(|text: &str| {
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (id, timestamp, signatures, body) = (line(), line(), line(), line().as_bytes());
    let secret: WebhookSecret = "whsec_c2VjcmV0".parse().expect("is a secret");
    let at: i64 = timestamp.parse().unwrap_or_default();
    let ours = secret.sign(id, at, body);
    let verify = |id: &str, signatures: &str, body: &[u8], now| {
        secret.verify(id, &at.to_string(), signatures, body, now)
    };

    if secret.verify(id, timestamp, signatures, body, at).is_ok() && at.to_string() == timestamp {
        assert!(signatures.split(' ').any(|it| it == ours), "{signatures} passes for {ours}");
    }
    assert_eq!(verify(id, &ours, body, at), Ok(()));
    assert_eq!(verify(id, &format!("{signatures} {ours}"), body, at), Ok(()));
    for (off, wanted) in [(TOLERANCE, Ok(())), (TOLERANCE + 1, Err(BadWebhook::Stale))] {
        for now in [at.checked_sub(off), at.checked_add(off)].into_iter().flatten() {
            assert_eq!(verify(id, &ours, body, now), wanted, "{now} for {at}");
        }
    }

    let bit = body.len();
    if let Some(changed) = change(body, bit) {
        assert_eq!(verify(id, &ours, &changed, at), Err(BadWebhook::Signature));
    }
    let changed = change(ours.as_bytes(), bit).and_then(|it| String::from_utf8(it).ok());
    if let Some(changed) = changed {
        assert_eq!(verify(id, &changed, body, at), Err(BadWebhook::Signature), "{changed}");
    }
    assert_eq!(verify(&format!("{id}x"), &ours, body, at), Err(BadWebhook::Signature));
});

/// Changes one of the lower seven bits of a byte. `None` where there is no byte.
fn change(bytes: &[u8], bit: usize) -> Option<Vec<u8>> {
    let mut changed = bytes.to_vec();
    let place = (bit / 7) % bytes.len().max(1);
    *changed.get_mut(place)? ^= 1 << (bit % 7);
    Some(changed)
}
