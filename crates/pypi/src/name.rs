/// A project's name as indexes spell it: lower case, with one `-` for every run of `-`, `_` and `.` (PEP 503, "Normalized
/// Names").
pub fn normalized(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normalized.ends_with('-') => {}
            '-' | '_' | '.' => normalized.push('-'),
            c => normalized.extend(c.to_lowercase()),
        }
    }
    normalized
}

/// Whether a character can be in a project's name ("Names and normalization").
pub(crate) fn is_in_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// What wheels of plain Python can be used with ("Platform compatibility tags").
pub(crate) const TAG: &str = "py3-none-any";

/// How the names of a wheel and of its folder `.dist-info` begin: `{name}-{version}`, where `-` in the name is `_` ("Binary
/// distribution format", "Escaping and Unicode").
pub(crate) fn stem(name: &str, version: &str) -> String {
    format!("{}-{version}", name.replace(['-', '.'], "_"))
}

/// The file name of a wheel of plain Python: `{name}-{version}-py3-none-any.whl`.
pub fn wheel_name(name: &str, version: &str) -> String {
    format!("{}-{TAG}.whl", stem(name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, wanted) in
            [("acme-weather", "acme-weather"), ("Acme__Weather.-x", "acme-weather-x"), ("", "")]
        {
            assert_eq!(normalized(name), wanted);
        }
        assert_eq!(wheel_name("a-b", "1.0+c"), "a_b-1.0+c-py3-none-any.whl");
    }
}
