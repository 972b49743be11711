use percent_encoding::percent_decode_str;

/// What a client asks a registry for, read off the part of the path behind the registry's base URL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RegistryRequest {
    /// `-/ping`.
    Ping,
    /// `-/whoami`.
    Whoami,
    /// `{package}`: the packument.
    Packument {
        /// `@scope/name`.
        package: String,
    },
    /// `{package}/{version or tag}`.
    Version {
        /// `@scope/name`.
        package: String,
        /// A version or a dist-tag.
        reference: String,
    },
    /// `{package}/-/{name}-{version}.tgz`.
    Tarball {
        /// `@scope/name`.
        package: String,
        /// The version.
        version: String,
    },
    /// `-/package/{package}/dist-tags`.
    Tags {
        /// `@scope/name`.
        package: String,
    },
    /// `-/package/{package}/dist-tags/{tag}`: clients set and remove a tag there.
    Tag {
        /// `@scope/name`.
        package: String,
        /// The tag.
        tag: String,
    },
}

impl RegistryRequest {
    /// Reads a path, percent-encoded as it came. Between scope and name clients write `%2f`, `%2F` or
    /// `/`. `None` for anything else, packages without a scope included.
    pub fn parse(path: &str) -> Option<Self> {
        match path {
            "-/ping" => return Some(Self::Ping),
            "-/whoami" => return Some(Self::Whoami),
            _ => {}
        }
        let path = percent_decode_str(path).decode_utf8().ok()?;
        if let Some(rest) = path.strip_prefix("-/package/") {
            return Self::tags(rest);
        }
        let (scope, rest) = path.split_once('/')?;
        if !scope.starts_with('@') || scope.len() < 2 {
            return None;
        }
        let (name, rest) = match rest.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (rest, None),
        };
        if name.is_empty() || name == "-" {
            return None;
        }
        let package = format!("{scope}/{name}");
        let Some(rest) = rest else { return Some(Self::Packument { package }) };
        match rest.strip_prefix("-/") {
            Some(file) => {
                let version = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".tgz")?;
                (!version.is_empty() && !version.contains('/'))
                    .then(|| Self::Tarball { package, version: version.into() })
            }
            // A tag may hold a label's slash.
            None => (!rest.is_empty() && rest != "-")
                .then(|| Self::Version { package, reference: rest.into() }),
        }
    }

    fn tags(path: &str) -> Option<Self> {
        let (package, tag) = path.split_once("/dist-tags")?;
        let (scope, name) = package.split_once('/')?;
        if !scope.starts_with('@') || scope.len() < 2 || name.is_empty() || name.contains('/') {
            return None;
        }
        let package = package.to_owned();
        match tag.strip_prefix('/') {
            None if tag.is_empty() => Some(Self::Tags { package }),
            None | Some("") => None,
            Some(tag) => Some(Self::Tag { package, tag: tag.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(request: &RegistryRequest) -> String {
        match request {
            RegistryRequest::Ping => "ping".into(),
            RegistryRequest::Whoami => "whoami".into(),
            RegistryRequest::Packument { package } => format!("packument {package}"),
            RegistryRequest::Version { package, reference } => {
                format!("version {package} {reference}")
            }
            RegistryRequest::Tarball { package, version } => format!("tarball {package} {version}"),
            RegistryRequest::Tags { package } => format!("tags {package}"),
            RegistryRequest::Tag { package, tag } => format!("tag {package} {tag}"),
        }
    }

    #[test]
    fn reads_every_request_in_every_spelling() {
        for (path, wanted) in [
            ("-/ping", "ping"),
            ("-/whoami", "whoami"),
            ("@s%2fp", "packument @s/p"),
            ("@s%2Fp", "packument @s/p"),
            ("@s/p", "packument @s/p"),
            ("%40s%2fp", "packument @s/p"),
            ("@s%2fp/latest", "version @s/p latest"),
            ("@s/p/1.0.0-a.1", "version @s/p 1.0.0-a.1"),
            ("@s/p/label-feature%2Fx", "version @s/p label-feature/x"),
            ("@s/p/-/p-1.0.0-a.1.tgz", "tarball @s/p 1.0.0-a.1"),
            ("@s%2fp/-/p-1.0.0.tgz", "tarball @s/p 1.0.0"),
            ("@s%2Fp/-/p-1.0.0.tgz", "tarball @s/p 1.0.0"),
            ("-/package/@s%2fp/dist-tags", "tags @s/p"),
            ("-/package/@s/p/dist-tags", "tags @s/p"),
            ("-/package/@s%2fp/dist-tags/latest", "tag @s/p latest"),
            ("-/package/@s%2fp/dist-tags/label-a%2Fb", "tag @s/p label-a/b"),
        ] {
            let request = RegistryRequest::parse(path);
            assert_eq!(request.as_ref().map(text).as_deref(), Some(wanted), "{path}");
        }
    }

    #[test]
    fn refuses_anything_else() {
        for path in [
            "",
            "-",
            "-/",
            "-/x",
            "-/package/",
            "-/package/p/dist-tags",
            "-/package/@s/dist-tags",
            "-/package/@s/p",
            "-/package/@s/p/q/dist-tags",
            "-/package/@s/p/dist-tags/",
            "-/package/@s/p/dist-tagsx",
            "p",
            "p/1.0.0",
            "@s",
            "@s/",
            "@/p",
            "@s/p/",
            "@s/p/-",
            "@s/p/-/",
            "@s/p/-/q-1.0.0.tgz",
            "@s/p/-/p-1.0.0.zip",
            "@s/p/-/p-.tgz",
            "@s/p/-/p-1/2.tgz",
            "@s/%ff",
        ] {
            assert_eq!(RegistryRequest::parse(path), None, "{path}");
        }
    }
}
