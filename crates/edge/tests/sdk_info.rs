//! What `buf registry sdk info` is told.

mod common;

use common::{ADMIN, Generator, World, run};
use prost::Message;
use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::{
    GetRemotePackageVersionPlugin, GetSdkInfoRequest, GetSdkInfoResponse, LocalModuleReference,
};

const GET_SDK_INFO: &str = "/buf.alpha.registry.v1alpha1.ResolveService/GetSDKInfo";

/// What the caller names: `owner/module[:reference]`, `owner/plugin[:version]`, a revision and an SDK version.
async fn info(
    world: &World,
    module: &str,
    plugin: &str,
    revision: u32,
    version: &str,
) -> Result<GetSdkInfoResponse, String> {
    let (module, reference) = module.split_once(':').unwrap_or((module, ""));
    let (plugin, plugin_version) = plugin.split_once(':').unwrap_or((plugin, ""));
    let (module, plugin) = (module.split_once('/').unwrap(), plugin.split_once('/').unwrap());
    let request = GetSdkInfoRequest {
        module_reference: Some(LocalModuleReference {
            owner: module.0.into(),
            repository: module.1.into(),
            reference: reference.into(),
        }),
        plugin_reference: Some(GetRemotePackageVersionPlugin {
            owner: plugin.0.into(),
            name: plugin.1.into(),
            version: plugin_version.into(),
            revision,
        }),
        sdk_version: version.into(),
    };
    let seen = world.call_as(ADMIN, GET_SDK_INFO, &request).await;
    match seen.status {
        200 => Ok(GetSdkInfoResponse::decode(seen.body.as_slice()).unwrap()),
        400 => Err(format!("{}: {}", seen.json()["code"], seen.json()["message"])),
        other => panic!("{other}: {}", seen.text()),
    }
}

#[test]
fn a_version_is_of_the_commit_and_the_plugin_beside_it() {
    run(async {
        let world = World::new(Generator::Dies).await;
        let old = world.push("acme/units", &["main", "old"], "message A {}", &[]).await;
        let new = world.push("acme/units", &[], "message B {}", &[]).await;
        world.push("acme/weather", &[], "message C {}", &[]).await;
        let es = "bufbuild/es";
        let version = async |module: &str, plugin: &str| {
            info(&world, module, plugin, 0, "").await.unwrap().sdk_version
        };
        let of_old = version("acme/units:old", es).await;
        let of_weather = version("acme/weather", es).await;
        let of_connect = version("acme/units:old", "connectrpc/es").await;
        let stale = of_old.replace("-2026", "-2025");

        for (module, plugin) in [
            ("acme/units".to_owned(), es.to_owned()),
            ("acme/units:old".into(), es.into()),
            (format!("acme/units:{old}"), es.into()),
            (format!("acme/units:{}", &old[..12]), format!("{es}:v1.10.0")),
        ] {
            for text in [of_old.clone(), format!("v{of_old}")] {
                let found = info(&world, &module, &plugin, 1, &text).await.unwrap();
                assert_eq!(found.sdk_version, of_old, "{module} {plugin}");
                assert_eq!(found.module_info.unwrap().commit, old);
                assert_eq!(found.plugin_info.unwrap().version, "v1.10.0");
            }
        }
        let at_new = format!("acme/units:{new}");
        for (why, module, plugin, revision, text, words) in [
            ("another commit", at_new.as_str(), es, 0, &of_old, "is of commit"),
            ("another label", "acme/units:main", es, 0, &of_old, "is of commit"),
            ("another module", "acme/units", es, 0, &of_weather, "is of no commit of acme/units"),
            ("another time", "acme/units", es, 0, &stale, "is of no commit of acme/units"),
            ("another plugin", "acme/units", es, 0, &of_connect, "does not have"),
            (
                "another plugin version",
                "acme/units",
                "bufbuild/es:v1.9.0",
                0,
                &of_old,
                "not of bufbuild/es:v1.9.0",
            ),
            (
                "another revision",
                "acme/units",
                "bufbuild/es:v1.10.0",
                2,
                &of_old,
                "revision 1, not 2",
            ),
            ("no version", "acme/units", es, 0, &"1.2".to_owned(), "cannot be read"),
            ("two letters", "acme/units", es, 0, &format!("vv{of_old}"), "cannot be read"),
        ] {
            let refused = info(&world, module, plugin, revision, text).await.unwrap_err();
            assert!(refused.contains("invalid_argument"), "{why}: {refused}");
            assert!(refused.contains(words) && refused.contains(text), "{why}: {refused}");
        }
    });
}
