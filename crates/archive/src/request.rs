use crate::format::Format;
use percent_encoding::percent_decode_str;

/// A request for an archive, below the address of the registry of archives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArchiveRequest {
    /// `{owner}/{module}/{plugin owner}/{plugin}`.
    pub package: String,
    /// A version, or what stands for one: a label, which may have slashes, or a commit.
    pub reference: String,
    /// What is wanted.
    pub format: Format,
}

impl ArchiveRequest {
    /// Reads `{owner}/{module}/{plugin owner}/{plugin}/{reference}.{tar.gz|zip}`, percent-encoded as it came; `None` for what is no
    /// such request.
    pub fn parse(rest: &str) -> Option<Self> {
        let rest = percent_decode_str(rest).decode_utf8().ok()?;
        let (end, _) = rest.match_indices('/').nth(3)?;
        let (package, file) = (&rest[..end], &rest[end + 1..]);
        let (reference, format) = Format::split(file)?;
        let is_whole = package.split('/').all(|part| !part.is_empty());
        is_whole.then(|| Self { package: package.into(), reference: reference.into(), format })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_may_have_slashes_and_dots() {
        for (path, reference, format) in [
            ("a/b/c/d/main.tar.gz", "main", Format::TarGz),
            ("a/b/c/d/v1.2.3-0123456789ab.1.zip", "v1.2.3-0123456789ab.1", Format::Zip),
            ("a/b/c/d/feature/x.zip", "feature/x", Format::Zip),
            ("a/b/c/d/feature%2Fx%20y.zip", "feature/x y", Format::Zip),
        ] {
            let package = "a/b/c/d".to_owned();
            let wanted = ArchiveRequest { package, reference: reference.into(), format };
            assert_eq!(ArchiveRequest::parse(path), Some(wanted), "{path}");
        }
    }

    #[test]
    fn nothing_else_is_one() {
        for path in [
            "",
            "a/b/c/d",
            "a/b/c/d/",
            "a/b/c/d/.zip",
            "a/b/c/main.zip",
            "a//c/d/main.zip",
            "a/b/c/d/%ff.zip",
        ] {
            assert_eq!(ArchiveRequest::parse(path), None, "{path}");
        }
    }
}
