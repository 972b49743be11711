//! How much one person may make, and how much one owner or one module may have; and which names are reserved.

use protoedge_registry::accounts;
use protoedge_registry::modules;
use protoedge_registry::push;
mod common;

use common::{World, content};
use futures::future::join_all;
use protoedge_registry::{Error, Key, NewModule, Series, Upload, User, Visibility};
use protoedge_sdk::{Label, ModuleName, OwnerName};
use protoedge_storage::{Bucket, Condition, Fault, PutOptions};
use std::time::Duration;

fn owner(name: &str) -> OwnerName {
    name.parse().unwrap()
}

fn module(name: &str) -> ModuleName {
    name.parse().unwrap()
}

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

fn admin() -> User {
    User::administrator(owner("admin"))
}

impl World {
    /// As if so many of a series had been made.
    async fn has_made(&self, series: Series<'_>, number: u32) {
        let body = br#"{"name": "x"}"#.to_vec();
        let path = Key::Numbered(series, number).path();
        self.bucket.put(&path, body, Condition::Always, PutOptions::default()).await.unwrap();
    }

    async fn organize(&self, user: &User, name: &str) -> Result<(), Error> {
        accounts::create_organization(&self.store, user, &owner(name), "", "").await.map(drop)
    }

    async fn create(&self, user: &User, name: &str) -> Result<(), Error> {
        let new = NewModule {
            visibility: Visibility::Public,
            name: module(name),
            default_label: label("main"),
            description: String::new(),
            url: String::new(),
            awaits_push: false,
        };
        modules::create_module(&self.store, user, new).await.map(drop)
    }

    async fn push_to(&self, user: &User, labels: &[&str], extra: &str) -> Result<(), Error> {
        let contents = vec![content("acme/units", labels, &[], extra)];
        push::push(&self.store, user, &Upload { contents, deps: Vec::new() }).await.map(drop)
    }
}

fn full(whose: &str, what: &'static str, most: u32) -> Result<(), Error> {
    Err(Error::Full { whose: whose.into(), what, most })
}

#[tokio::test(start_paused = true)]
async fn one_person_makes_some_organizations_and_the_administrator_any_number() {
    let world = World::new().await;
    let bob = User::unlimited(owner("bob"));
    // One was made with the world.
    for n in 1..20 {
        world.organize(&world.user, &format!("team-{n}")).await.unwrap();
    }
    assert_eq!(world.organize(&world.user, "team-20").await, full("alice", "organizations", 20));
    let taken = Error::Exists { what: "owner", name: "acme".into() };
    assert_eq!(world.organize(&world.user, "acme").await, Err(taken), "it is known before");
    world.organize(&bob, "team-20").await.unwrap();
    for n in 0..30 {
        world.organize(&admin(), &format!("admins-{n}")).await.unwrap();
    }
    let words = full("alice", "organizations", 20).unwrap_err().to_string();
    assert!(words.contains("20 organizations") && words.contains("administrator"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn organizations_made_at_once_are_bounded_all_the_same() {
    let world = World::new().await;
    // Every operation lets others go first.
    world.bucket.fault(|_| Some(Fault::Slow(Duration::from_millis(10))));
    let names: Vec<String> = (0..40).map(|n| format!("team-{n}")).collect();
    let made = join_all(names.iter().map(|name| world.organize(&world.user, name))).await;
    assert_eq!(made.iter().filter(|it| it.is_ok()).count(), 19, "and acme");
    let refused = full("alice", "organizations", 20);
    assert!(made.iter().all(|it| it.is_ok() || *it == refused), "{made:?}");
    world.bucket.heal();
    for (name, made) in names.iter().zip(made) {
        let is_there = accounts::find_owner(&world.store, &owner(name)).await.unwrap().is_some();
        assert_eq!(is_there, made.is_ok(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_owner_has_a_bounded_number_of_modules() {
    let world = World::new().await;
    let acme = owner("acme");
    world.has_made(Series::Modules(&acme), 4_999).await;
    world.create(&world.user, "acme/last").await.unwrap();
    let before = world.bucket.keys();
    assert_eq!(world.create(&world.user, "acme/more").await, full("acme", "modules", 5_000));
    assert_eq!(world.bucket.keys(), before, "nothing was made");
    world.create(&admin(), "acme/more").await.unwrap();
    world.organize(&world.user, "beta").await.unwrap();
    world.create(&world.user, "beta/more").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_module_has_a_bounded_number_of_labels() {
    let world = World::new().await;
    let units = module("acme/units");
    world.has_made(Series::Labels(&units), 19_998).await;
    let alice = &world.user;
    let refused = full("module acme/units", "labels", 20_000);
    world.push_to(alice, &["main", "a", "b"], "").await.unwrap();
    let before = world.bucket.keys();
    assert_eq!(world.push_to(alice, &["c"], "message C {}").await, refused);
    assert_eq!(world.push_to(alice, &["main", "c"], "message C {}").await, refused);
    let seen = common::seen(&world.store, &units).await;
    let head = modules::head(&world.store, &seen, &label("main")).await.unwrap();
    let by_hand = modules::move_by_hand(&world.store, alice, &seen, &label("c"), &head).await;
    assert_eq!(by_hand.map(drop), refused);
    assert_eq!(world.bucket.keys(), before, "nothing was made");
    world.push_to(alice, &["a", "b"], "message D {}").await.unwrap();
    world.push_to(alice, &[], "message E {}").await.unwrap();
    modules::move_by_hand(&world.store, alice, &seen, &label("a"), &head).await.unwrap();
    world.push_to(&admin(), &["c"], "message F {}").await.unwrap();
}

/// What the bounds cost: nothing where nothing new is named, and two operations for each new label.
#[tokio::test(start_paused = true)]
async fn pushes_to_known_labels_cost_what_they_always_did() {
    let world = World::new().await;
    let units = module("acme/units");
    let numbered = || {
        let prefix = Series::Labels(&units).prefix();
        world.bucket.keys().iter().filter(|key| key.starts_with(&prefix)).count()
    };
    let mut costs = Vec::new();
    for (user, labels, extra) in [
        (&world.user, vec![], "message A {}"),
        (&world.user, vec![], "message B {}"),
        (&world.user, vec!["main"], "message C {}"),
        (&world.user, vec!["feature"], "message D {}"),
        (&world.user, vec!["feature"], "message E {}"),
        (&admin(), vec!["other"], "message F {}"),
    ] {
        let before = world.bucket.operations();
        world.push_to(user, &labels, extra).await.unwrap();
        costs.push((world.bucket.operations() - before, numbered()));
    }
    let [first, second, named, new, known, admins] = costs[..] else { panic!("{costs:?}") };
    assert_eq!((first.1, second.1, named.1), (0, 0, 0), "the default label needs no number");
    assert_eq!((new.1, known.1, admins.1), (1, 1, 1));
    // One listing and one put; and there is no former place in lists to be taken away.
    assert_eq!(new.0, known.0 + 2 - 1);
}

#[tokio::test(start_paused = true)]
async fn names_that_everybody_knows_are_for_administrators() {
    let world = World::new().await;
    let before = world.bucket.keys();
    for (name, known) in [("googleapis", "googleapis"), ("google-apis", "googleapis")] {
        let refused = Err(Error::ReservedOwner { name: owner(name), known });
        assert_eq!(world.organize(&world.user, name).await, refused);
    }
    assert_eq!(world.bucket.keys(), before, "nothing was made");
    world.organize(&admin(), "googleapis").await.unwrap();
    // Tokens are the administrator's to make, and so are the users that they are for.
    let token = common::token(&world.store, "bufbuild", Duration::from_secs(60)).await;
    let user = accounts::user_of(&world.store, &token).await.unwrap().unwrap();
    assert!(!user.is_admin);
    world.create(&user, "bufbuild/protovalidate").await.unwrap();
}
