//! The addresses of pages about what is in the registry. They are printed here and read by `crates/edge`; they are those of the
//! BSR wherever it has the page, so that a link survives a change of the host.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a reference: everything else, the slash of a label among it, is percent-encoded.
const REFERENCE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stays as it is in a path of files.
const FILES: &AsciiSet = &REFERENCE.remove(b'/');

/// A module's page; `module` is `owner/name`.
pub fn module(module: &str) -> String {
    format!("/{module}")
}

/// [`module`] at a label or commit.
pub fn module_at(module: &str, reference: &str) -> String {
    format!("/{module}?ref={}", encode(reference))
}

/// Leads to what can be installed of a module's default label by a plugin; to its newest version, or to this one.
pub fn sdks_by(module: &str, plugin: &str, version: Option<&str>) -> String {
    let version = version.map(|it| format!("&version={}", encode(it))).unwrap_or_default();
    format!("/{module}/sdks?plugin={}{version}", encode(plugin))
}

/// What can be installed of a reference: by the first plugin, or by this one.
pub fn sdks(module: &str, reference: &str, plugin: Option<&str>) -> String {
    let plugin = plugin.map(|plugin| format!(":{plugin}")).unwrap_or_default();
    format!("/{module}/sdks/{}{plugin}", encode(reference))
}

/// The files of a reference.
pub fn tree(module: &str, reference: &str) -> String {
    format!("/{module}/tree/{}", encode(reference))
}

/// A file, highlighted.
pub fn file(module: &str, reference: &str, path: &str) -> String {
    format!("/{module}/file/{}:{}", encode(reference), utf8_percent_encode(path, FILES))
}

/// A file's own bytes.
pub fn raw(module: &str, reference: &str, path: &str) -> String {
    format!("/{module}/raw/{}:{}", encode(reference), utf8_percent_encode(path, FILES))
}

/// Leads to what a file imports, or to the declaration of what it names, in whichever module that is.
pub fn definition(module: &str, reference: &str, path: &str, of: Definition<'_>) -> String {
    let (field, value) = match of {
        Definition::Import(path) => ("import", path),
        Definition::Type(name) => ("type", name),
    };
    let path = utf8_percent_encode(path, FILES);
    format!("/{module}/definition/{}:{path}?{field}={}", encode(reference), encode(value))
}

/// What [`definition`] leads to.
#[derive(Clone, Copy, Debug)]
pub enum Definition<'a> {
    /// A file, by the path that is imported.
    Import(&'a str),
    /// A message or an enum, by its full name.
    Type(&'a str),
}

/// Where a label has been.
pub fn commits(module: &str, label: &str) -> String {
    format!("/{module}/commits/{}", encode(label))
}

/// A commit; `id` has 12 or 32 digits.
pub fn commit(module: &str, id: &str) -> String {
    format!("/{module}/commit/{id}")
}

/// The labels of a module.
pub fn labels(module: &str) -> String {
    format!("/{module}/labels")
}

/// What a reference depends on, and what depends on the module.
pub fn dependencies(module: &str, reference: &str) -> String {
    format!("/{module}/deps/{}", encode(reference))
}

/// A plugin; `plugin` is `owner/name`.
pub fn plugin(plugin: &str) -> String {
    format!("/-/plugins/{plugin}")
}

/// A plugin at a version.
pub fn plugin_at(plugin: &str, version: &str) -> String {
    format!("/-/plugins/{plugin}?version={}", encode(version))
}

/// The search, for these words.
pub fn search(words: &str) -> String {
    format!("/-/search?q={}", encode(words))
}

/// A text whose slashes part it, in an address.
pub(crate) fn slashed(text: &str) -> String {
    utf8_percent_encode(text, FILES).to_string()
}

/// A text as one part of an address.
fn encode(text: &str) -> String {
    utf8_percent_encode(text, REFERENCE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_paths_are_one_part_of_an_address() {
        assert_eq!(
            sdks("acme/weather", "feature/ä?#:", Some("connectrpc/go")),
            "/acme/weather/sdks/feature%2F%C3%A4%3F%23%3A:connectrpc/go"
        );
        assert_eq!(
            file("acme/weather", "main", "a b/c?.proto"),
            "/acme/weather/file/main:a%20b/c%3F.proto"
        );
        assert_eq!(
            definition("acme/weather", "main", "a.proto", Definition::Type("x.Y")),
            "/acme/weather/definition/main:a.proto?type=x.Y"
        );
    }
}
