use super::*;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Two modules with the digests that the real command printed for them.
const UNITS: [(&str, &[u8]); 3] = [
    (
        "acme/units/v1/units.proto",
        b"syntax = \"proto3\";\n\npackage acme.units.v1;\n\nenum Unit {\n  UNIT_UNSPECIFIED = 0;\n  UNIT_CELSIUS = 1;\n}\n",
    ),
    ("LICENSE", b"Apache-2.0\n"),
    ("README.md", b"# units\n"),
];
const UNITS_B4: &str = "shake256:7a2289b0ea3c8214913612c2ac3a698f24413133fa8c5eca595a5051c5d957c97cc2dec199dc46efe48eaa9e67a372f795021b888a7af573c0233271ffe6d93c";
const UNITS_B5: &str = "b5:69ddeb5696493c35ee15516c6ed7d29dc30cc8bd94bc5b035d4b05693387650f35d1c367583a154074af6437c4c80035c1b8e74014819e25aa1c44881fae1667";
const WEATHER: [(&str, &[u8]); 1] = [(
    "acme/weather/v1/weather.proto",
    b"syntax = \"proto3\";\n\npackage acme.weather.v1;\n\nimport \"acme/units/v1/units.proto\";\n\nmessage Reading {\n  acme.units.v1.Unit unit = 1;\n}\n",
)];
const WEATHER_B5: &str = "b5:775e72d09cc35b0107a7b1decd8630eaa1171215c0a814ed100cf7e1acc8924571799c003accaf301a64fb2aee4c442a0a0fba9ea1dd4c5d0598d4825cf56e14";

#[test]
fn equals_what_the_real_command_computes() {
    let units = B4::of_files(UNITS);
    assert_eq!(units.to_string(), UNITS_B4);
    let units = B5::new(units, []);
    assert_eq!(units.to_string(), UNITS_B5);
    assert_eq!(B5::new(B4::of_files(WEATHER), [units]).to_string(), WEATHER_B5);
}

#[test]
fn the_order_of_files_and_dependencies_does_not_matter() {
    let mut reversed = UNITS;
    reversed.reverse();
    assert_eq!(B4::of_files(UNITS), B4::of_files(reversed));
    let files = B4::of_files(UNITS);
    let (one, two) = (B5::from([1; LENGTH]), B5::from([2; LENGTH]));
    assert_eq!(B5::new(files, [one, two]), B5::new(files, [two, one]));
}

#[test]
fn counts_what_belongs_to_a_module() {
    let paths = ["a.proto", "LICENSE", "sub/LICENSE", "README.markdown", "README.md", "buf.yaml"];
    let rows: Vec<_> = paths.iter().filter(|path| counted(path, &paths)).collect();
    assert_eq!(rows, [&"a.proto", &"LICENSE", &"README.md"]);
    assert!(counted("README.markdown", &["README.markdown"]));
    assert!(!counted("README.md", &["README.md", "buf.md"]));
}

#[test]
fn texts_round_trip() {
    assert_eq!(UNITS_B4.parse::<B4>().unwrap().to_string(), UNITS_B4);
    assert_eq!(UNITS_B5.parse::<B5>().unwrap().to_string(), UNITS_B5);
    let upper = UNITS_B5.to_uppercase();
    for bad in ["", "b5:", "b5:00", &UNITS_B5[1..], &UNITS_B5[..130], UNITS_B4, &upper] {
        assert!(bad.parse::<B5>().is_err(), "{bad}");
    }
    assert!(format!("b5:{}", "F".repeat(128)).parse::<B5>().is_err());
    assert!(UNITS_B5.parse::<B4>().is_err());
}

/// What buf 1.75.0 printed for modules that were made for it.
const VECTORS: &str = include_str!("../../vectors/module-digests.json");

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    files: BTreeMap<String, String>,
    dependency_closure: Vec<String>,
    b4: String,
    b5: String,
}

#[test]
fn equals_every_vector() {
    let vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
    let mut known: HashMap<&str, B5> = HashMap::new();
    for vector in &vectors.vectors {
        let files = vector.files.iter().map(|(path, text)| (path.as_str(), text.as_bytes()));
        let b4 = B4::of_files(files);
        let b5 = B5::new(b4, vector.dependency_closure.iter().map(|name| known[name.as_str()]));
        assert_eq!(b4.to_string(), format!("shake256:{}", vector.b4), "{}", vector.name);
        assert_eq!(b5.to_string(), format!("b5:{}", vector.b5), "{}", vector.name);
        known.insert(&vector.name, b5);
    }
    assert!(known.len() >= 9, "too few vectors: {}", known.len());
}
