/// Undoes the escaping of module paths and versions in GOPROXY requests, where `!a` stands for `A`
/// so that file systems which fold case keep them apart. `None` for what no client sends.
pub fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '!' => match chars.next() {
                Some(lower) if lower.is_ascii_lowercase() => plain.push(lower.to_ascii_uppercase()),
                Some(_) | None => return None,
            },
            upper if upper.is_ascii_uppercase() => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn bangs_are_capitals() {
        assert_eq!(unescape("example.com/!azure").as_deref(), Some("example.com/Azure"));
        assert_eq!(unescape("v1.0.0-!r!c1").as_deref(), Some("v1.0.0-RC1"));
        for bad in ["Azure", "!", "a!", "!!a", "!A", "!1"] {
            assert_eq!(unescape(bad), None, "{bad}");
        }
    }
}
