use url::Url;

/// The origin of a URL as browsers send it in the header `Origin`: scheme, host and a port that is not the scheme's own. None
/// for what is no URL of the web.
pub fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origins_are_those_of_browsers() {
        for (url, wanted) in [
            ("https://reg.example.com/", Some("https://reg.example.com")),
            ("https://Reg.example.com:443/x?y", Some("https://reg.example.com")),
            ("http://127.0.0.1:8787", Some("http://127.0.0.1:8787")),
            ("ftp://reg.example.com", None),
            ("reg.example.com", None),
            ("null", None),
        ] {
            assert_eq!(origin(url).as_deref(), wanted, "{url}");
        }
    }
}
