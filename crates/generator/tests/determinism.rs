//! The same module gives the same package, wherever and beside whatever it is made.

mod util;

use protoedge_installer::catalogue_folder;
use serde_json::Value;
use std::thread;
use util::{build_example, build_units, made, plugins};

/// It knows no streams of requests.
const OF_MESSAGES_ALONE: &str = "community/danielgtaylor-betterproto";

/// Everything that is printed but where the files were put.
fn build(plugin: &str) -> Value {
    let out = tempfile::tempdir().unwrap();
    let built = match plugin.starts_with(OF_MESSAGES_ALONE) {
        true => build_units(out.path(), plugin),
        false => build_example(out.path(), plugin),
    };
    let mut made = made(&built);
    let made_of = made.as_object_mut().unwrap();
    made_of.remove("file").unwrap();
    made_of.remove("more_files");
    made
}

#[test]
fn the_newest_of_every_plugin_is_deterministic() {
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    let newest = catalogue.iter().filter(|entry| {
        catalogue.newest(&entry.name, |_| true).is_some_and(|newest| newest.id() == entry.id())
    });
    for entry in newest {
        let id = entry.id();
        let alone = build(&id);
        thread::scope(|scope| {
            let jobs: Vec<_> = (0..4).map(|_| scope.spawn(|| build(&id))).collect();
            for job in jobs {
                assert_eq!(job.join().unwrap(), alone, "{id}");
            }
        });
    }
}
