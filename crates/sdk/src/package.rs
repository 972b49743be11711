use crate::{Ecosystem, ModuleName, PluginName};

/// The two names that a registry gives to all its packages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hosts {
    /// `REGISTRY_HOST`: the first element of Go import paths; has a dot, has no port.
    pub registry_host: String,
    /// `NPM_SCOPE`, with `@`.
    pub npm_scope: String,
}

/// One package: all SDKs of one module by one plugin. In Go, each major version of the plugin from
/// 2 on has a package of its own.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Package {
    /// Where it goes.
    pub ecosystem: Ecosystem,
    /// Whose code it is.
    pub module: ModuleName,
    /// What generates it.
    pub plugin: PluginName,
    /// The plugin's major version where it is part of the name: Go, from 2 on.
    pub major: Option<u64>,
}

impl Package {
    /// The package that holds the SDKs of a plugin version with this major number.
    pub fn new(ecosystem: Ecosystem, module: ModuleName, plugin: PluginName, major: u64) -> Self {
        let major = match ecosystem {
            Ecosystem::Go => (major >= 2).then_some(major),
            Ecosystem::Npm => None,
        };
        Self { ecosystem, module, plugin, major }
    }

    /// Whether SDKs of a plugin version with this major number are in this package.
    pub fn holds(&self, major: u64) -> bool {
        match self.ecosystem {
            Ecosystem::Go => self.major == (major >= 2).then_some(major),
            Ecosystem::Npm => true,
        }
    }

    /// The name in its ecosystem: a Go module path, or `@scope/name`.
    pub fn name(&self, hosts: &Hosts) -> String {
        let Self { module, plugin, .. } = self;
        match self.ecosystem {
            Ecosystem::Go => format!("{}/gen/go/{}", hosts.registry_host, self.go_suffix()),
            Ecosystem::Npm => format!(
                "{}/{}_{}.{}_{}",
                hosts.npm_scope,
                module.owner(),
                module.name(),
                plugin.owner(),
                plugin.name()
            ),
        }
    }

    /// The part of a Go module path behind `{host}/gen/go/`: also this package's bucket path.
    pub fn go_suffix(&self) -> String {
        let major = self.major.map(|n| format!("/v{n}")).unwrap_or_default();
        format!("{}/{}{major}", self.module, self.plugin)
    }

    /// Parses a Go module path of this registry; `None` for any other.
    pub fn from_go(path: &str, hosts: &Hosts) -> Option<Self> {
        let suffix = path.strip_prefix(&hosts.registry_host)?.strip_prefix("/gen/go/")?;
        let parts: Vec<&str> = suffix.split('/').collect();
        let (names, major) = match parts.as_slice() {
            [names @ .., last] if names.len() == 4 => {
                (names, Some(last.strip_prefix('v')?.parse().ok()?))
            }
            names => (names, None),
        };
        let [owner, module, plugin_owner, plugin] = names else { return None };
        let package = Self {
            ecosystem: Ecosystem::Go,
            module: ModuleName::new(owner, module).ok()?,
            plugin: PluginName::new(plugin_owner, plugin).ok()?,
            major,
        };
        // One package, one path: `/v1` and `/v02` are none.
        (major != Some(0) && major != Some(1) && package.name(hosts) == path).then_some(package)
    }

    /// Parses an npm name of this registry's scope; `None` for any other.
    pub fn from_npm(name: &str, hosts: &Hosts) -> Option<Self> {
        let name = name.strip_prefix(&hosts.npm_scope)?.strip_prefix('/')?;
        let (module, plugin) = name.split_once('.')?;
        let (owner, module) = module.split_once('_')?;
        let (plugin_owner, plugin) = plugin.split_once('_')?;
        Some(Self {
            ecosystem: Ecosystem::Npm,
            module: ModuleName::new(owner, module).ok()?,
            plugin: PluginName::new(plugin_owner, plugin).ok()?,
            major: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() }
    }

    #[test]
    fn prints_what_it_parsed() {
        for path in [
            "reg.example.com/gen/go/acme/weather/connectrpc/go",
            "reg.example.com/gen/go/acme/weather/grpc-ecosystem/gateway/v2",
        ] {
            assert_eq!(Package::from_go(path, &hosts()).unwrap().name(&hosts()), path);
        }
        let name = "@protoedge/acme_weather.connectrpc_query-es";
        assert_eq!(Package::from_npm(name, &hosts()).unwrap().name(&hosts()), name);
    }

    #[test]
    fn refuses_foreign_and_malformed_names() {
        for path in [
            "",
            "reg.example.com",
            "reg.example.com/gen/go",
            "reg.example.com/gen/go/acme",
            "reg.example.com/gen/go/acme/weather/connectrpc",
            "other.example.com/gen/go/a1/b1/c1/d1",
            "reg.example.com/gen/go/acme/weather/connectrpc/go/v1",
            "reg.example.com/gen/go/acme/weather/connectrpc/go/v02",
            "reg.example.com/gen/go/acme/weather/connectrpc/go/acme",
            "reg.example.com/gen/go/acme//connectrpc/go",
            "reg.example.com/gen/go/../b1/c1/d1",
        ] {
            assert_eq!(Package::from_go(path, &hosts()), None, "{path}");
        }
        for name in [
            "",
            "@protoedge/",
            "@protoedge/acme_weather",
            "@x/acme_weather.connectrpc_es",
            "@protoedge/acme.connectrpc_es",
            "acme_weather.connectrpc_es",
            "@protoedge/acme_wea.ther_connectrpc.es",
        ] {
            assert_eq!(Package::from_npm(name, &hosts()), None, "{name}");
        }
    }

    #[test]
    fn majors_are_part_of_go_names_only() {
        let of = |ecosystem, major| {
            let module = "acme/weather".parse().unwrap();
            Package::new(ecosystem, module, "a1/b1".parse().unwrap(), major)
        };
        assert_eq!(of(Ecosystem::Go, 1).major, None);
        assert_eq!(of(Ecosystem::Go, 2).major, Some(2));
        assert_eq!(of(Ecosystem::Npm, 2).major, None);
        assert!(of(Ecosystem::Go, 2).holds(2) && !of(Ecosystem::Go, 2).holds(3));
        assert!(of(Ecosystem::Go, 0).holds(1) && of(Ecosystem::Npm, 0).holds(7));
    }
}
