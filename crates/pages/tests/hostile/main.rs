//! Every text of every model is text in its page, whatever it says.

mod own;
mod registry;

use std::collections::BTreeSet;

const HOSTILE: [&str; 8] = [
    "\"><script>alert(1)</script>",
    "' onfocus='alert(1)' autofocus='",
    "</textarea></title></option></pre></code><img src=x onerror=alert(1)>",
    "<!--",
    "javascript:alert(1)",
    "[x](javascript:alert(1)) ![y](data:text/html,z) <https://a onload=b>",
    "//evil.example/\u{202e}\u{200b}\0",
    "../../-/account?x=\"&y=<",
];

/// The tags of a page with the names of their attributes, in their order: what a text must not change.
fn structure(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("every tag ends");
        let mut is_value = false;
        let outside: String = tag
            .chars()
            .filter(|c| {
                is_value ^= *c == '"';
                !is_value && *c != '"'
            })
            .collect();
        found.push(outside);
    }
    found
}

/// The addresses that a page names.
fn addresses(page: &str) -> impl Iterator<Item = &str> {
    let names = ["href=\"", "src=\"", "action=\"", "formaction=\""];
    let found = names.into_iter().flat_map(|name| page.split(name).skip(1));
    found.filter_map(|rest| rest.split_once('"')).map(|(address, _)| address)
}

#[test]
fn no_text_of_a_persons_pages_becomes_anything_else() {
    let harmless: Vec<Vec<String>> = own::pages("x").iter().map(|page| structure(page)).collect();
    for text in HOSTILE {
        for (page, wanted) in own::pages(text).iter().zip(&harmless) {
            assert_eq!(&structure(page), wanted, "{text}\n{page}");
        }
    }
}

/// What is no address of the kind that belongs there is no link, so that less may be in a page. More may not.
#[test]
fn no_text_of_the_registrys_pages_becomes_anything_else() {
    let harmless = registry::pages("x", "https://example.com/x");
    let known: Vec<BTreeSet<String>> =
        harmless.iter().map(|page| structure(page).into_iter().collect()).collect();
    for text in HOSTILE {
        for (page, known) in registry::pages(text, text).iter().zip(&known) {
            for tag in structure(page) {
                assert!(known.contains(&tag), "{text}: <{tag}>\n{page}");
            }
            for address in addresses(page) {
                let is_ours = address.starts_with(['/', '#', '?']) && !address.starts_with("//");
                let is_web = address.starts_with("https://example.com/");
                assert!(is_ours || is_web, "{text}: {address}\n{page}");
            }
            assert!(!page.contains(['\u{202e}', '\u{200b}', '\0']), "{text}\n{page}");
        }
    }
}
