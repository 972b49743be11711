//! Every way of writing meets every fault at every step. Whatever breaks: nothing accepted is lost, nothing
//! half-made is seen, and who tries again succeeds.

use protoedge_registry::accounts;
use protoedge_registry::catalogue;
use protoedge_registry::generation;
use protoedge_registry::modules;
use protoedge_registry::packages;
use protoedge_registry::push;
mod common;

use common::{
    WAITS, World, content,
    faults::{Path, Suite},
    file_of, hashes,
};
use futures::future::FutureExt;
use protoedge_registry::{
    Archived, Commit, Content, Credentials, Error, GenerationState, Grant, Key, Move, NewModule,
    NewToken, Requested, Scope, StoredCatalogue, Upload, User, Visibility,
};
use protoedge_sdk::{
    Failure, FailureKind, Label, ModuleName, OwnerName, Priority, Sdk, usual_go_elsewheres,
};
use protoedge_storage::Fault;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

const MODULES: [&str; 3] = ["acme/units", "acme/weather", "acme/app"];
const PLUGINS: [&str; 3] = ["bufbuild/es", "connectrpc/es", "protocolbuffers/go"];

/// Longer than a push takes that is not cut off.
const SETTLED: Duration = Duration::from_secs(61);

const SUITE: Suite = Suite {
    paths: PATHS,
    view: |w| view(w).boxed_local(),
    settle: |w| settle(w).boxed_local(),
    holds: None,
};

const PATHS: &[Path] = &[
    Path {
        name: "push",
        setup: |w| old(w).boxed_local(),
        act: |w| push(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "first push",
        setup: |_| nothing().boxed_local(),
        act: |w| push(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "push to a module that awaits it",
        setup: |w| awaited(w).boxed_local(),
        act: |w| push_new(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "push to another label",
        setup: |w| old(w).boxed_local(),
        act: |w| push_feature(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "push of what is in use",
        setup: |w| used(w).boxed_local(),
        act: |w| push(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "label moved by hand",
        setup: |w| two(w).boxed_local(),
        act: |w| move_back(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "a label's two hundredth move",
        setup: |w| moved(w).boxed_local(),
        act: |w| move_on(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "organization",
        setup: |_| nothing().boxed_local(),
        act: |w| organization(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "module",
        setup: |_| nothing().boxed_local(),
        act: |w| module(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "token",
        setup: |_| nothing().boxed_local(),
        act: |w| token(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "catalogue",
        setup: |w| used(w).boxed_local(),
        act: |w| catalogue(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "sweep of a push that was cut off",
        setup: |w| cut_off(w).boxed_local(),
        act: |w| sweep(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "sweep of a published catalogue that was cut off",
        setup: |w| published(w).boxed_local(),
        act: |w| sweep(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "another attempt by hand",
        setup: |w| rejected(w).boxed_local(),
        act: |w| try_again(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "order",
        setup: |w| old(w).boxed_local(),
        act: |w| order(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "making",
        setup: |w| old(w).boxed_local(),
        act: |w| make(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "rejection",
        setup: |w| old(w).boxed_local(),
        act: |w| reject(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "publication and folding",
        setup: |w| made(w).boxed_local(),
        act: |w| publish(w).boxed_local(),
        is_atomic: false,
    },
];

fn contents(extra: &str) -> Vec<Content> {
    vec![
        content("acme/app", &[], &["weather.proto"], extra),
        content("acme/weather", &[], &["units.proto"], extra),
        content("acme/units", &[], &[], extra),
    ]
}

async fn nothing() {}

/// Modules were made for a push that has not come yet.
async fn awaited(world: &World) {
    old(world).await;
    let new = NewModule {
        visibility: Visibility::Public,
        name: name("acme/new"),
        default_label: main(),
        description: String::new(),
        url: String::new(),
        awaits_push: true,
    };
    modules::create_module(&world.store, &world.user, new).await.unwrap();
}

async fn push_new(world: &World) -> Result<(), Error> {
    let contents = vec![
        content("acme/new", &[], &["units.proto"], ""),
        content("acme/units", &[], &[], "message New {}"),
    ];
    push::push(&world.store, &world.user, &Upload { contents, deps: Vec::new() }).await.map(drop)
}

async fn old(world: &World) {
    world.push(contents("message Old {}"), &[]).await;
}

async fn two(world: &World) {
    old(world).await;
    world.push(contents("message Newer {}"), &[]).await;
}

async fn used(world: &World) {
    old(world).await;
    for sdk in sdks(world).await.unwrap() {
        packages::note_usage(&world.store, &sdk).await.unwrap();
    }
}

async fn made(world: &World) {
    old(world).await;
    for sdk in sdks(world).await.unwrap() {
        generation::order(&world.store, &sdk).await.unwrap();
        packages::put_file(
            &world.store,
            &sdk,
            file_of(&sdk),
            b"bytes".to_vec(),
            &hashes(b"bytes"),
            None,
        )
        .await
        .unwrap();
    }
}

/// A push of what is in use to two labels took place and went no further.
async fn cut_off(world: &World) {
    used(world).await;
    let mut took_place = false;
    world.bucket.fault_on(move |_, key| {
        let fault = took_place.then_some(Fault::Before);
        took_place |= key.starts_with("pushes/");
        fault
    });
    let contents = vec![
        content("acme/units", &["feature", "main"], &[], "message New {}"),
        content("acme/weather", &[], &["units.proto"], "message New {}"),
    ];
    let cut = push::push(&world.store, &world.user, &Upload { contents, deps: Vec::new() }).await;
    assert!(cut.is_err());
    world.bucket.heal();
    assert!(world.bucket.keys().iter().any(|key| key.starts_with("pushes/")));
}

/// A catalogue was published, and nothing ordered for it.
async fn published(world: &World) {
    used(world).await;
    let (_, publication) =
        generation::publish_catalogue(&world.store, newer(world).await.unwrap()).await.unwrap();
    drop(publication);
}

async fn rejected(world: &World) {
    old(world).await;
    reject(world).await.unwrap();
}

/// What the scheduled handler does in the end, however often it has to.
async fn sweep(world: &World) -> Result<(), Error> {
    world.store.sleep(SETTLED).await;
    push::finish_pushes(&world.store, 10).await?;
    while !generation::finish_publications(&world.store, 1).await?.is_empty() {}
    Ok(())
}

async fn try_again(world: &World) -> Result<(), Error> {
    let sdk = sdks(world).await?.remove(0);
    generation::try_again(&world.store, &sdk, Priority::Awaited)
        .await
        .map(drop)
        .map_err(Error::from)
}

async fn push(world: &World) -> Result<(), Error> {
    let upload = Upload { contents: contents("message New {}"), deps: Vec::new() };
    push::push(&world.store, &world.user, &upload).await.map(drop)
}

async fn push_feature(world: &World) -> Result<(), Error> {
    let content = content("acme/units", &["feature"], &[], "message Feature {}");
    let upload = Upload { contents: vec![content], deps: Vec::new() };
    push::push(&world.store, &world.user, &upload).await.map(drop)
}

async fn move_back(world: &World) -> Result<(), Error> {
    let store = &world.store;
    let module = accounts::see(store, &Credentials::None, &name("acme/units")).await?;
    let (commits, _) = modules::list_commits(store, &module, None, 9, false).await?;
    modules::move_by_hand(store, &world.user, &module, &main(), &commits[0]).await.map(drop)
}

/// A label that has moved to and fro.
async fn moved(world: &World) {
    two(world).await;
    let (module, commits) = two_commits(world).await.unwrap();
    for n in 0..199 {
        let (user, odd) = (&world.user, "odd".parse().unwrap());
        modules::move_by_hand(&world.store, user, &module, &odd, &commits[n % 2]).await.unwrap();
    }
}

async fn move_on(world: &World) -> Result<(), Error> {
    let (module, commits) = two_commits(world).await?;
    let odd = "odd".parse().unwrap();
    modules::move_by_hand(&world.store, &world.user, &module, &odd, &commits[1]).await.map(drop)
}

async fn two_commits(world: &World) -> Result<(Grant, Vec<Commit>), Error> {
    let module = accounts::see(&world.store, &Credentials::None, &name("acme/units")).await?;
    let (commits, _) = modules::list_commits(&world.store, &module, None, 9, false).await?;
    Ok((module, commits))
}

async fn organization(world: &World) -> Result<(), Error> {
    match accounts::create_organization(&world.store, &world.user, &owner("beta"), "", "").await {
        // The answer to the first try was lost.
        Err(Error::Exists { .. }) => Ok(()),
        other => other.map(drop),
    }
}

async fn module(world: &World) -> Result<(), Error> {
    let new = NewModule {
        visibility: Visibility::Public,
        name: name("acme/new"),
        default_label: main(),
        description: String::new(),
        url: String::new(),
        awaits_push: false,
    };
    match modules::create_module(&world.store, &world.user, new).await {
        Err(Error::Exists { .. }) => Ok(()),
        other => other.map(drop),
    }
}

async fn token(world: &World) -> Result<(), Error> {
    let new = NewToken {
        name: "laptop".into(),
        scope: Scope::Admin,
        modules: None,
        expires: world.store.now() + Duration::from_secs(3600),
    };
    let administrator = User::administrator(owner("admin"));
    let (token, _) =
        accounts::create_token(&world.store, &administrator, &owner("bob"), &new).await?;
    let user = accounts::user_of(&world.store, token.expose()).await?;
    assert_eq!(user.map(|user| user.name), Some(owner("bob")));
    Ok(())
}

/// The catalogue with a newer version of one plugin.
async fn newer(world: &World) -> Result<StoredCatalogue, Error> {
    let published = catalogue::catalogue(&world.store).await?;
    let mut entries: Vec<_> = published.catalogue.iter().cloned().collect();
    let mut newer = entries[0].clone();
    newer.plugin_version = "v1.1.0".parse().unwrap();
    if entries.iter().all(|known| known.id() != newer.id()) {
        entries.push(newer);
    }
    Ok(StoredCatalogue { generator: "2".into(), entries, go_elsewhere: usual_go_elsewheres() })
}

async fn catalogue(world: &World) -> Result<(), Error> {
    let (_, publication) = generation::publish_catalogue(&world.store, newer(world).await?).await?;
    match publication {
        Some(publication) => {
            generation::order_default_heads(&world.store, publication, 1).await.map(drop)
        }
        None => Ok(()),
    }
}

async fn order(world: &World) -> Result<(), Error> {
    let sdk = sdks(world).await?.remove(0);
    generation::order(&world.store, &sdk).await?;
    generation::postpone_order(&world.store, &sdk).await?;
    Ok(())
}

/// Somebody waits for an SDK, and a generator makes it: both go on until it is there.
async fn make(world: &World) -> Result<(), Error> {
    let sdk = sdks(world).await?.remove(0);
    let catalogue = catalogue::catalogue(&world.store).await?;
    for _ in 0..30 {
        if packages::is_stored(&world.store, &sdk).await? {
            packages::publish(&world.store, &sdk, &catalogue.catalogue).await?;
            return Ok(());
        }
        if let Requested::Send { job, .. } = generation::request(&world.store, &sdk, WAITS).await? {
            generation::heartbeat(&world.store, &sdk, &job).await?;
            packages::put_file(
                &world.store,
                &sdk,
                file_of(&sdk),
                b"bytes".to_vec(),
                &hashes(b"bytes"),
                None,
            )
            .await?;
            continue;
        }
        world.store.sleep(Duration::from_secs(5)).await;
    }
    panic!("nothing is made")
}

async fn reject(world: &World) -> Result<(), Error> {
    let sdk = sdks(world).await?.remove(0);
    let failure =
        Failure { kind: FailureKind::Rejected, message: "no".into(), generator: "1".into() };
    for _ in 0..30 {
        match generation::request(&world.store, &sdk, WAITS).await? {
            Requested::Rejected { .. } => {
                generation::forget_order(&world.store, &sdk).await?;
                return Ok(());
            }
            Requested::Send { job, .. } => {
                generation::heartbeat(&world.store, &sdk, &job).await?;
                generation::failed(&world.store, &sdk, &job, &failure, "1").await?;
            }
            Requested::Wait | Requested::Resting { .. } => {
                world.store.sleep(Duration::from_secs(5)).await;
            }
        }
    }
    panic!("nothing is rejected")
}

async fn publish(world: &World) -> Result<(), Error> {
    let catalogue = catalogue::catalogue(&world.store).await?;
    for sdk in sdks(world).await?.iter().rev() {
        packages::publish(&world.store, sdk, &catalogue.catalogue).await?;
        let module = accounts::see(&world.store, &Credentials::None, &sdk.module).await?;
        let listing = packages::listing(&world.store, &module, &sdk.package()).await?;
        packages::compact(&world.store, &sdk.package(), &listing).await?;
    }
    Ok(())
}

fn name(text: &str) -> ModuleName {
    text.parse().unwrap()
}

fn owner(text: &str) -> OwnerName {
    text.parse().unwrap()
}

fn main() -> Label {
    "main".parse().unwrap()
}

/// The SDKs of the first commits that two modules' labels named.
async fn sdks(world: &World) -> Result<Vec<Sdk>, Error> {
    let catalogue = catalogue::catalogue(&world.store).await?;
    let mut sdks = Vec::new();
    for module in &MODULES[..2] {
        let module = accounts::see(&world.store, &Credentials::None, &name(module)).await?;
        let Some(record) = modules::find_label(&world.store, &module, &main()).await? else {
            continue;
        };
        let first = record.history[0].commit.short();
        let Some(commit) = modules::find_commit(&world.store, &module, &first).await? else {
            continue;
        };
        for plugin in PLUGINS {
            let version = "v1.0.0".parse().unwrap();
            let entry = catalogue.catalogue.get(&plugin.parse().unwrap(), &version, 1).unwrap();
            sdks.push(Sdk::new(entry, &commit.locked()));
        }
    }
    Ok(sdks)
}

/// What readers see, without what chance or the clock decided; and what must hold whatever they see.
async fn view(world: &World) -> String {
    let store = &world.store;
    let mut seen = String::new();
    for module in [&MODULES[..], &["acme/new"]].concat() {
        let Some(grant) =
            accounts::visible(store, &Credentials::None, &name(module)).await.unwrap()
        else {
            // Nobody can read what has been written of it, but it is there.
            // That it depends on another one says nothing before it does.
            let (live, deps) = (Key::live(&name(module)), Key::deps(&name(module)));
            let keys = world.bucket.keys();
            let hidden = keys.iter().filter(|it| it.starts_with(&live) && !it.starts_with(&deps));
            let hidden: Vec<&String> = hidden.collect();
            writeln!(seen, "{module} hides {hidden:?}").unwrap();
            continue;
        };
        let mut labels = BTreeMap::new();
        for head in modules::labels(store, &grant, Archived::Both).await.unwrap() {
            let commit =
                modules::find_commit(store, &grant, &head.commit.short()).await.unwrap().unwrap();
            // What a label names can be read, and so can all that it depends on.
            modules::files(store, &grant, &commit, 1 << 20).await.unwrap();
            for dep in &commit.deps {
                let module = common::seen(store, &dep.module).await;
                let dep = modules::find_commit(store, &module, &dep.commit.short())
                    .await
                    .unwrap()
                    .unwrap();
                modules::files(store, &module, &dep, 1 << 20).await.unwrap();
            }
            labels.insert(head.label.to_string(), commit.digest);
            // And so can all that it has named.
            let record = modules::find_label(store, &grant, &head.label).await.unwrap().unwrap();
            // What lists show of a label is what its record says, or said before.
            let is_before = |it: &Move| it.commit == head.commit && it.at == head.updated;
            let is_shown = record.shown().as_ref() == Some(&head);
            assert!(is_shown || record.history.iter().any(is_before), "{head:?} {record:?}");
            let mut history = modules::history(store, &grant, record);
            for number in 0..history.moves() {
                let before = history.get(number).await.unwrap().unwrap().commit.short();
                modules::find_commit(store, &grant, &before).await.unwrap().unwrap();
            }
        }
        writeln!(seen, "{module} {labels:?}").unwrap();
    }
    let organization = accounts::find_owner(store, &owner("beta")).await.unwrap().is_some();
    let catalogue = catalogue::catalogue(store).await.unwrap();
    let entries: Vec<String> = catalogue.catalogue.iter().map(|entry| entry.id()).collect();
    writeln!(seen, "{organization} {} {entries:?}", catalogue.generator).unwrap();
    let orders = generation::oldest_orders(store, 100).await.unwrap();
    let mut orders: Vec<String> =
        orders.iter().map(|it| format!("{} {}", it.sdk.module, it.sdk.plugin)).collect();
    orders.sort();
    // A push whose answer was lost and that is tried again may order both commits' SDKs.
    orders.dedup();
    writeln!(seen, "{orders:?}").unwrap();
    for sdk in sdks(world).await.unwrap() {
        let module = common::seen(store, &sdk.module).await;
        let listing = packages::listing(store, &module, &sdk.package()).await.unwrap();
        let is_listed = listing.get(&sdk.version).is_some();
        let is_stored = packages::is_stored(store, &sdk).await.unwrap();
        assert!(is_stored || !is_listed, "listed without bytes: {sdk:?}");
        if is_listed {
            for pin in Sdk::pins(
                catalogue.catalogue.get(&sdk.plugin, &sdk.version.plugin, 1).unwrap(),
                &modules::find_commit(store, &module, &sdk.version.commit)
                    .await
                    .unwrap()
                    .unwrap()
                    .closure(),
                &catalogue.catalogue,
            )
            .unwrap()
            {
                let of = common::seen(store, &pin.module).await;
                let pinned = packages::listing(store, &of, &pin.package()).await.unwrap();
                let is_npm = sdk.ecosystem == protoedge_sdk::Ecosystem::Npm;
                assert!(!is_npm || pinned.get(&pin.version).is_some(), "{sdk:?} before {pin:?}");
            }
        }
        let making = match generation::state(store, &module, &sdk).await.unwrap() {
            Some(GenerationState::Rejected { .. }) => "rejected",
            Some(GenerationState::Done) => "done",
            Some(_) => "open",
            None => "none",
        };
        writeln!(seen, "{} {} {is_listed} {making}", sdk.module, sdk.plugin).unwrap();
    }
    seen
}

async fn settle(world: &World) {
    world.bucket.heal();
    world.store.sleep(SETTLED).await;
    // Many tries leave many that were given up.
    push::finish_pushes(&world.store, 100).await.unwrap();
    generation::finish_publications(&world.store, 10).await.unwrap();
    let left = world.bucket.keys();
    let is_left = |key: &String| key.starts_with("pushes/") || key.starts_with("publications/");
    assert!(!left.iter().any(is_left), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn every_fault_at_every_step() {
    SUITE.every_fault_at_every_step().await;
}

#[tokio::test(start_paused = true)]
async fn many_faults_in_any_order() {
    SUITE.many_faults_in_any_order().await;
}
