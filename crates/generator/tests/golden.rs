//! The SDKs of the example module, file by file. `UPDATE_GOLDEN=1 cargo test -p protoedge-generator
//! --test golden` writes down what comes out now.

mod util;

use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, path::Path};
use util::{build_example, here, made, unpack};

const PLUGINS: [&str; 41] = [
    "bufbuild/es:v1.10.0",
    "bufbuild/es:v2.13.0",
    "bufbuild/es:v2.14.0",
    "connectrpc/es:v1.6.1",
    "connectrpc/query-es:v2.3.1",
    "community/timostamm-protobuf-ts:v2.11.1",
    "bufbuild/connect-es:v0.13.0",
    "bufbuild/connect-query:v0.4.1",
    "bufbuild/connect-web:v0.8.6",
    "connectrpc/go:v1.20.0",
    "connectrpc/gosimple:v1.20.0",
    "pluginrpc/go:v0.5.0",
    "grpc/go:v1.6.2",
    "protocolbuffers/go:v1.36.11",
    "protocolbuffers/python:v36.0.0",
    "protocolbuffers/pyi:v36.0.0",
    "grpc/python:v1.83.0",
    "bufbuild/py:v0.3.0",
    "connectrpc/py:v0.11.1",
    "community/nipunn1313-mypy:v5.1.0",
    "bufbuild/es+archive:v2.14.0",
    "connectrpc/go+archive:v1.20.0",
    "protocolbuffers/pyi+archive:v36.0.0",
    "bufbuild/protoschema-jsonschema:v0.6.0",
    "bufbuild/protoschema-pubsub:v0.6.0",
    "bufbuild/validate-cpp:v1.3.3",
    "bufbuild/validate-go:v1.3.3",
    "community/google-gnostic-openapi:v0.7.1",
    "community/nanopb:v0.4.9",
    "community/planetscale-vtprotobuf:v0.6.0",
    "community/pseudomuto-doc:v1.5.1",
    "community/stephenh-ts-proto:v2.12.1",
    "grpc-ecosystem/openapiv2:v2.30.0",
    "grpc-ecosystem/openapiv3:v2.30.0",
    "protocolbuffers/cpp:v36.0.0",
    "protocolbuffers/csharp:v36.0.0",
    "protocolbuffers/java:v36.0.0",
    "protocolbuffers/kotlin:v36.0.0",
    "protocolbuffers/objc:v36.0.0",
    "protocolbuffers/php:v36.0.0",
    "protocolbuffers/ruby:v36.0.0",
];

/// Name and SHA-256 of every file, a line each; and the files that people should read.
fn listing(files: &BTreeMap<String, Vec<u8>>) -> String {
    let line = |(name, content): (&String, &Vec<u8>)| {
        format!("{}  {name}\n", hex::encode(Sha256::digest(content)))
    };
    files.iter().map(line).collect()
}

#[test]
fn sdks_of_the_example_module() {
    let out = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for plugin in PLUGINS {
        let made = made(&build_example(out.path(), plugin));
        let listing = listing(&unpack(Path::new(made["file"].as_str().unwrap())));
        let name = plugin.replace(['/', ':'], "_");
        let golden = here("tests/golden").join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &listing).unwrap();
        } else if fs::read_to_string(&golden).ok().as_deref() != Some(&listing) {
            wrong.push(format!("{}: now\n{listing}", golden.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn npm_packages_import_from_each_other_by_name() {
    let out = tempfile::tempdir().unwrap();
    let text = |plugin: &str, file: &str| {
        let made = made(&build_example(out.path(), plugin));
        let mut files = unpack(Path::new(made["file"].as_str().unwrap()));
        String::from_utf8(files.remove(&format!("package/{file}")).unwrap()).unwrap()
    };
    for (plugin, file, imports) in [
        (
            "bufbuild/es:v2.14.0",
            "acme/weather/v1/weather_pb.js",
            &[
                "\"@protoedge/acme_units.bufbuild_es/acme/units/v1/units_pb.js\"",
                "\"./station_pb.js\"",
                "\"@bufbuild/protobuf/wkt\"",
            ][..],
        ),
        (
            "bufbuild/es:v1.10.0",
            "acme/weather/v1/weather_pb.d.ts",
            &[
                "\"@protoedge/acme_units.bufbuild_es/acme/units/v1/units_pb.js\"",
                "\"./station_pb.js\"",
            ],
        ),
        (
            "connectrpc/es:v1.6.1",
            "acme/weather/v1/weather_connect.js",
            &[
                "\"@protoedge/acme_units.bufbuild_es/acme/units/v1/units_pb.js\"",
                "\"@protoedge/acme_weather.bufbuild_es/acme/weather/v1/weather_pb.js\"",
            ],
        ),
        (
            "connectrpc/query-es:v2.3.1",
            "acme/weather/v1/weather-WeatherService_connectquery.js",
            &["\"@protoedge/acme_weather.bufbuild_es/acme/weather/v1/weather_pb.js\""],
        ),
        (
            "community/timostamm-protobuf-ts:v2.11.1",
            "acme/weather/v1/weather_pb.d.ts",
            &[
                "\"@protoedge/acme_units.community_timostamm-protobuf-ts/acme/units/v1/units_pb.js\"",
                "\"./station_pb.js\"",
                "\"../../../google/protobuf/timestamp_pb.js\"",
            ],
        ),
    ] {
        let text = text(plugin, file);
        for import in imports {
            assert!(text.contains(import), "{plugin} {file} lacks {import}:\n{text}");
        }
        assert!(!text.contains("../../units"), "{plugin} {file} leads out of its package:\n{text}");
    }
}
