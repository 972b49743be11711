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
        Self { ecosystem, module, plugin, major: ecosystem.rules().major_in_name(major) }
    }

    /// Whether SDKs of a plugin version with this major number are in this package.
    pub fn holds(&self, major: u64) -> bool {
        self.major == self.ecosystem.rules().major_in_name(major)
    }

    /// The name in its ecosystem: a Go module path, or `@scope/name`.
    pub fn name(&self, hosts: &Hosts) -> String {
        self.ecosystem.rules().package_name(self, hosts)
    }

    /// `{module}/{plugin}`, and `/v{major}` where the name has it: the bucket path of a package of one ecosystem.
    pub fn path(&self) -> String {
        let major = self.major.map(|n| format!("/v{n}")).unwrap_or_default();
        format!("{}/{}{major}", self.module, self.plugin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Go, Npm, Rules};

    fn hosts() -> Hosts {
        Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() }
    }

    #[test]
    fn prints_what_it_parsed() {
        for path in [
            "reg.example.com/gen/go/acme/weather/connectrpc/go",
            "reg.example.com/gen/go/acme/weather/grpc-ecosystem/gateway/v2",
        ] {
            assert_eq!(Go.parse_package(path, &hosts()).unwrap().name(&hosts()), path);
        }
        let name = "@protoedge/acme_weather.connectrpc_query-es";
        assert_eq!(Npm.parse_package(name, &hosts()).unwrap().name(&hosts()), name);
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
            assert_eq!(Go.parse_package(path, &hosts()), None, "{path}");
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
            assert_eq!(Npm.parse_package(name, &hosts()), None, "{name}");
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
