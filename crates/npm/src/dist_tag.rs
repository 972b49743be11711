/// A text as a part of a dist-tag that every client can carry: ASCII letters and digits, `.`, `_` and `-`; any other character
/// becomes `-`.
///
/// npm refuses what a URL would have to escape (`npm-package-arg`), and takes `name@a/b` for a repository; yarn 4
/// allows no more than these (`TAG_REGEXP`).
pub fn dist_tag(text: &str) -> String {
    let carried = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }
    };
    text.chars().map(carried).collect()
}

#[cfg(test)]
mod tests {
    use super::dist_tag;

    #[test]
    fn tags() {
        for (text, want) in [
            ("main", "main"),
            ("v1.0.0-rc_1", "v1.0.0-rc_1"),
            ("feature/x", "feature-x"),
            ("a+b@c d~e", "a-b-c-d-e"),
            ("größe", "gr--e"),
        ] {
            assert_eq!(dist_tag(text), want);
        }
    }
}
