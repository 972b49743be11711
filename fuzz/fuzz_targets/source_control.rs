//! Addresses of sources as pushers say them: what is read of one is its beginning, a plain address without credentials.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_registry::SourceControl;

fuzz_target!(|address: &str| {
    let Some(SourceControl { repository, hash }) = SourceControl::read(address) else { return };
    let rest = address.strip_prefix(&repository).expect("the repository is the beginning");
    assert!(rest.starts_with('/'), "{rest}");
    let (scheme, path) = repository.split_once("://").expect("an absolute address");
    assert!(matches!(scheme, "http" | "https"), "{scheme}");
    assert!(path.split('/').count() >= 3 && !path.split('/').any(str::is_empty), "{path}");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]".contains(c);
    assert!(repository.len() < 255 && path.chars().all(is_plain), "{repository}");
    if let Some(hash) = hash {
        assert!(rest.contains(&hash) && matches!(hash.len(), 40 | 64), "{hash}");
    }
});
