//! What listings tell of labels.

use protoedge_registry::modules;
mod common;

use common::{World, content};
use protoedge_registry::{Key, LabelHead};
use protoedge_storage::{Bucket, Condition, PutOptions};
use std::collections::BTreeMap;

/// Labels that were written before listings told when they were made are read themselves.
#[tokio::test(start_paused = true)]
async fn labels_of_older_versions_are_listed_alike() {
    let world = World::new().await;
    let (module, labels) = ("acme/units".parse().unwrap(), ["ü", "a/b", "main"]);
    let grant = common::seen(&world.store, &module).await;
    world.push(vec![content("acme/units", &labels, &[], "")], &[]).await;
    let listed = modules::labels(&world.store, &grant).await.unwrap();
    assert_eq!(listed.iter().map(|head| head.label.as_str()).collect::<Vec<_>>(), labels);
    for head in &listed {
        let record = modules::find_label(&world.store, &grant, &head.label).await.unwrap().unwrap();
        assert_eq!(LabelHead::of(&record).as_ref(), Some(head));
        let path = Key::Label(&module, &head.label).path();
        let body = world.bucket.peek(&path).unwrap();
        let mut metadata: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in [
            ("label", path.rsplit_once('/').unwrap().1.trim_end_matches(".json")),
            ("commit", head.commit.as_str()),
            ("stamp", &head.stamp.to_string()),
        ] {
            metadata.insert(name.into(), value.into());
        }
        let options = PutOptions { media_type: "application/json", metadata };
        world.bucket.put(&path, body, Condition::Always, options).await.unwrap();
    }
    assert_eq!(modules::labels(&world.store, &grant).await.unwrap(), listed);
}
