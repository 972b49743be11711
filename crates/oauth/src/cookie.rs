/// The value of a cookie in the header that a browser sends (RFC 6265, 5.4). None where it is not there, empty, or there more than
/// once: somebody else may have set the other one.
pub fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut found = header.split(';').filter_map(|pair| {
        let (known, value) = pair.trim_matches([' ', '\t']).split_once('=')?;
        (known == name).then_some(value)
    });
    let value = found.next().filter(|value| !value.is_empty())?;
    found.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::cookie;

    #[test]
    fn one_cookie_is_found_and_two_are_none() {
        for (header, wanted) in [
            ("__Host-session=a", Some("a")),
            ("x=1; __Host-session=a; y=2", Some("a")),
            ("x=1;__Host-session=a", Some("a")),
            ("__Host-session=a; __Host-session=b", None),
            ("__Host-session=a; __Host-session=a", None),
            ("__host-session=a", None),
            ("x__Host-session=a", None),
            ("__Host-session=", None),
            ("__Host-session", None),
            ("", None),
        ] {
            assert_eq!(cookie(header, "__Host-session"), wanted, "{header}");
        }
    }
}
