use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sha2::{Digest, Sha256};

/// The `h1:` hash of a set of files, as `golang.org/x/mod/sumdb/dirhash` (`Hash1`) makes it: independent
/// of compression, times and order. Names are complete; where a name comes twice, both count.
pub fn h1<'a>(files: impl IntoIterator<Item = (String, &'a [u8])>) -> String {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort();
    let mut summary = Sha256::new();
    for (name, content) in files {
        summary.update(format!("{}  {name}\n", hex::encode(Sha256::digest(content))));
    }
    format!("h1:{}", BASE64.encode(summary.finalize()))
}

/// The hash of a module zip, from the names and contents below `{module}@{version}/`: the line
/// `{module} {version}` of go.sum.
pub fn zip_h1<'a>(
    module: &str,
    version: &str,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> String {
    let prefix = format!("{module}@{version}/");
    h1(files.into_iter().map(|(name, content)| (format!("{prefix}{name}"), content)))
}

/// The hash of a go.mod alone: the line `{module} {version}/go.mod` of go.sum.
pub fn go_mod_h1(text: &str) -> String {
    h1([("go.mod".to_owned(), text.as_bytes())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModFile;

    /// As the public checksum database has it for
    /// `v1.36.11-20260415201107-50325440f8f2.1` of this module.
    #[test]
    fn go_mod_hash_is_the_public_one() {
        let text = ModFile {
            deprecated: None,
            module: "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go".into(),
            go: Some("1.23".into()),
            require: vec![("google.golang.org/protobuf".into(), "v1.36.11".into())],
        };
        assert_eq!(go_mod_h1(&text.to_string()), "h1:tvtbpgaVXZX4g6Pn+AnzFycuRK3MOz5HJfEGeEllXYM=");
    }

    /// `sha256sum` of `{sha256 of the content}  {name}` lines, worked out with coreutils.
    #[test]
    fn order_does_not_matter_but_names_do() {
        let files = [("b".to_owned(), &b"2"[..]), ("a".to_owned(), &b"1"[..])];
        let mut turned = files.clone();
        turned.reverse();
        assert_eq!(h1(files.clone()), h1(turned));
        assert_ne!(h1(files), h1([("a".to_owned(), &b"1"[..])]));
        assert_eq!(
            zip_h1("m", "v1.0.0", [("a", &b"1"[..])]),
            h1([("m@v1.0.0/a".to_owned(), &b"1"[..])])
        );
        assert_eq!(h1([]), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
