use crate::unescape;
use percent_encoding::percent_decode_str;

/// What a client asks a module proxy for, read off the part of the path behind the proxy's base
/// URL (`go help goproxy`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProxyRequest {
    /// `{module}/@v/list`.
    List {
        /// The module's path.
        module: String,
    },
    /// `{module}/@latest`.
    Latest {
        /// The module's path.
        module: String,
    },
    /// `{module}/@v/{query}.info`: of a version, a branch or a commit.
    Info {
        /// The module's path.
        module: String,
        /// A version, or what the proxy takes for one.
        query: String,
    },
    /// `{module}/@v/{version}.mod`.
    Mod {
        /// The module's path.
        module: String,
        /// The version.
        version: String,
    },
    /// `{module}/@v/{version}.zip`.
    Zip {
        /// The module's path.
        module: String,
        /// The version.
        version: String,
    },
}

impl ProxyRequest {
    /// Reads a path such as `example.com/m/@v/v1.0.0.info`, percent-encoded as it came. `None` for
    /// anything else.
    pub fn parse(path: &str) -> Option<Self> {
        let path = percent_decode_str(path).decode_utf8().ok()?;
        if let Some(module) = path.strip_suffix("/@latest") {
            let module = unescape(module).filter(|module| !module.is_empty())?;
            return Some(Self::Latest { module });
        }
        let (module, file) = path.split_once("/@v/")?;
        let module = unescape(module)?;
        if module.is_empty() || file.contains('/') {
            return None;
        }
        if file == "list" {
            return Some(Self::List { module });
        }
        let (name, extension) = file.rsplit_once('.')?;
        let version = unescape(name).filter(|version| !version.is_empty())?;
        match extension {
            "info" => Some(Self::Info { module, query: version }),
            "mod" => Some(Self::Mod { module, version }),
            "zip" => Some(Self::Zip { module, version }),
            _ => None,
        }
    }

    /// The module that is asked for.
    pub fn module(&self) -> &str {
        match self {
            Self::List { module }
            | Self::Latest { module }
            | Self::Info { module, .. }
            | Self::Mod { module, .. }
            | Self::Zip { module, .. } => module,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(request: &ProxyRequest) -> String {
        match request {
            ProxyRequest::List { module } => format!("list {module}"),
            ProxyRequest::Latest { module } => format!("latest {module}"),
            ProxyRequest::Info { module, query } => format!("info {module} {query}"),
            ProxyRequest::Mod { module, version } => format!("mod {module} {version}"),
            ProxyRequest::Zip { module, version } => format!("zip {module} {version}"),
        }
    }

    #[test]
    fn reads_every_request() {
        for (path, wanted) in [
            ("example.com/m/@v/list", "list example.com/m"),
            ("example.com/m/@latest", "latest example.com/m"),
            ("example.com/m/@v/v1.0.0.info", "info example.com/m v1.0.0"),
            ("example.com/m/@v/main.info", "info example.com/m main"),
            ("example.com/m/@v/!feature-!x.info", "info example.com/m Feature-X"),
            ("example.com/m/@v/%21feature.info", "info example.com/m Feature"),
            ("example.com/!m/@v/v1.0.0-a.1.mod", "mod example.com/M v1.0.0-a.1"),
            ("example.com/%21m/v2/@v/v2.0.0.zip", "zip example.com/M/v2 v2.0.0"),
        ] {
            let request = ProxyRequest::parse(path);
            assert_eq!(request.as_ref().map(text).as_deref(), Some(wanted), "{path}");
        }
    }

    #[test]
    fn refuses_anything_else() {
        for path in [
            "",
            "whatever",
            "example.com/m",
            "example.com/m/@v/",
            "example.com/m/@v/v1.0.0",
            "example.com/m/@v/v1.0.0.exe",
            "example.com/m/@v/.info",
            "/@v/list",
            "/@latest",
            "example.com/m/@v/a/b.info",
            "example.com/M/@v/list",
            "example.com/m/@v/%ff.info",
        ] {
            assert_eq!(ProxyRequest::parse(path), None, "{path}");
        }
    }
}
