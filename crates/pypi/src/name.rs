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

/// The file name of a wheel of plain Python: `{name}-{version}-py3-none-any.whl`, where `-` in the name is `_` ("Binary
/// distribution format", "Escaping and Unicode").
pub fn wheel_name(name: &str, version: &str) -> String {
    format!("{}-{version}-py3-none-any.whl", name.replace(['-', '.'], "_"))
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
