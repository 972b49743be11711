//! Every fault at every step of what caretakers do: archiving, changing, deleting, withholding.

use protoedge_registry::accounts;
use protoedge_registry::modules;
use protoedge_registry::takedowns;
mod common;

use common::{
    World, content,
    faults::{Objects, Path, Suite},
};
use futures::future::FutureExt;
use protoedge_registry::{
    About, Archived, Credentials, Error, Grant, ModuleChange, Owner, User, Visibility,
};
use protoedge_sdk::{CommitId, Label, ModuleName, OwnerName};
use serde_json::Value;
use std::{fmt::Write, time::Duration};

const SUITE: Suite = Suite {
    paths: PATHS,
    view: |w| view(w).boxed_local(),
    settle: |w| settle(w).boxed_local(),
    holds: Some(holds),
};

const PATHS: &[Path] = &[
    Path {
        name: "archiving",
        setup: |w| pushed(w).boxed_local(),
        act: |w| set_archived(w, "feature", true).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "bringing back",
        setup: |w| archived(w).boxed_local(),
        act: |w| set_archived(w, "feature", false).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "change of a module",
        setup: |w| pushed(w).boxed_local(),
        act: |w| change(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "deletion of a module",
        setup: |w| pushed(w).boxed_local(),
        act: |w| delete(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "making a deleted module again",
        setup: |w| deleted(w).boxed_local(),
        act: |w| make_again(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "takedown of a commit",
        setup: |w| pushed(w).boxed_local(),
        act: |w| withhold(w, true).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "takedown of a module",
        setup: |w| pushed(w).boxed_local(),
        act: |w| withhold(w, false).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "end of a takedown",
        setup: |w| withheld(w).boxed_local(),
        act: |w| release(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "change of an organization",
        setup: |w| pushed(w).boxed_local(),
        act: |w| change_organization(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "deletion of an organization",
        setup: |w| emptied(w).boxed_local(),
        act: |w| delete_organization(w).boxed_local(),
        is_atomic: true,
    },
];

fn units() -> ModuleName {
    "acme/units".parse().unwrap()
}

fn acme() -> OwnerName {
    "acme".parse().unwrap()
}

fn administrator() -> User {
    User::administrator("admin".parse().unwrap())
}

async fn grant(world: &World) -> Result<Grant, Error> {
    accounts::see(&world.store, &Credentials::Verified(world.user.clone()), &units()).await
}

async fn pushed(world: &World) {
    let labels = ["main", "trunk", "feature"];
    world.push(vec![content("acme/units", &labels, &[], "message A {}")], &[]).await;
    // The same content again, which is another commit.
    world.push(vec![content("acme/units", &[], &[], "message B {}")], &[]).await;
    world.push(vec![content("acme/units", &[], &[], "message A {}")], &[]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}

async fn set_archived(world: &World, label: &str, is_archived: bool) -> Result<(), Error> {
    let (grant, label): (_, Label) = (grant(world).await?, label.parse().unwrap());
    modules::set_archived(&world.store, &world.user, &grant, &label, is_archived).await.map(drop)
}

async fn archived(world: &World) {
    pushed(world).await;
    set_archived(world, "feature", true).await.unwrap();
}

async fn change(world: &World) -> Result<(), Error> {
    let change = ModuleChange {
        visibility: Some(Visibility::Private),
        is_deprecated: Some(true),
        description: Some("Units.".into()),
        url: Some("https://example.com".into()),
        default_label: Some("trunk".parse().unwrap()),
        successor: Some(Some("acme/others".parse().unwrap())),
    };
    let grant = grant(world).await?;
    modules::change_module(&world.store, &world.user, &grant, &change).await.map(drop)
}

async fn delete(world: &World) -> Result<(), Error> {
    match grant(world).await {
        Ok(grant) => modules::delete_module(&world.store, &world.user, &grant, true).await,
        // The answer to the first try was lost.
        Err(Error::NoModule { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn deleted(world: &World) {
    pushed(world).await;
    delete(world).await.unwrap();
    modules::finish_deletions(&world.store).await.unwrap();
}

async fn make_again(world: &World) -> Result<(), Error> {
    let new = protoedge_registry::NewModule {
        visibility: Visibility::Public,
        name: units(),
        default_label: "main".parse().unwrap(),
        description: String::new(),
        url: String::new(),
        awaits_push: false,
    };
    match modules::create_module(&world.store, &world.user, new).await {
        Err(Error::Exists { .. }) => Ok(()),
        other => other.map(drop),
    }
}

/// The commit that `trunk` names.
async fn commit(world: &World) -> Result<CommitId, Error> {
    let id = |key: &String| {
        let short = key.strip_prefix("modules/acme/units/commits/")?.strip_suffix(".json")?;
        (!short.contains('.')).then(|| short.to_owned())
    };
    let mut commits = Vec::new();
    for short in world.bucket.keys().iter().filter_map(id) {
        let body = world.bucket.peek(&format!("modules/acme/units/commits/{short}.json")).unwrap();
        let stored: Value = serde_json::from_slice(&body).unwrap();
        let sequence = stored["data"]["sequence"].as_u64().unwrap();
        commits.push((sequence, stored["data"]["id"].as_str().unwrap().parse().unwrap()));
    }
    commits.sort();
    Ok(commits.swap_remove(0).1)
}

async fn withhold(world: &World, is_commit: bool) -> Result<(), Error> {
    let commit = if is_commit { Some(commit(world).await?) } else { None };
    let by = administrator();
    let done = takedowns::withhold(&world.store, &by, &units(), commit.as_ref(), "a key").await;
    done.map(drop)
}

async fn withheld(world: &World) {
    pushed(world).await;
    withhold(world, true).await.unwrap();
}

async fn release(world: &World) -> Result<(), Error> {
    let commit = commit(world).await?;
    match takedowns::release(&world.store, &administrator(), &units(), Some(&commit)).await {
        // The answer to the first try was lost.
        Err(Error::NoTakedown { .. }) => Ok(()),
        other => other,
    }
}

async fn change_organization(world: &World) -> Result<(), Error> {
    let about = About { description: Some("All.".into()), url: None };
    accounts::change_organization(&world.store, &world.user, &acme(), &about).await.map(drop)
}

async fn emptied(world: &World) {
    for name in ["acme/units", "acme/weather", "acme/app"] {
        let credentials = Credentials::Verified(world.user.clone());
        let grant = accounts::see(&world.store, &credentials, &name.parse().unwrap()).await;
        modules::delete_module(&world.store, &world.user, &grant.unwrap(), true).await.unwrap();
    }
    modules::finish_deletions(&world.store).await.unwrap();
}

async fn delete_organization(world: &World) -> Result<(), Error> {
    match accounts::delete_organization(&world.store, &world.user, &acme()).await {
        Err(Error::NoOwner { .. }) => Ok(()),
        other => other,
    }
}

async fn settle(world: &World) {
    world.bucket.heal();
    tokio::time::sleep(Duration::from_secs(61)).await;
    modules::finish_deletions(&world.store).await.unwrap();
    let left = world.bucket.keys();
    assert!(!left.iter().any(|key| key.starts_with("deletions/")), "{left:?}");
}

/// What readers see, and what must hold whatever they see.
async fn view(world: &World) -> String {
    let mut seen = String::new();
    let owner = accounts::find_owner(&world.store, &acme()).await.unwrap();
    let shown = |owner: Owner| format!("{:?} {:?}", owner.description, owner.url);
    writeln!(seen, "{:?}", owner.map(shown)).unwrap();
    let takedowns = takedowns::takedowns(&world.store).await.unwrap();
    writeln!(seen, "{} takedowns", takedowns.len()).unwrap();
    match grant(world).await {
        Ok(grant) => writeln!(seen, "{}", view_module(world, &grant).await).unwrap(),
        Err(Error::NoModule { .. }) => {
            let is_left = |key: &&String| {
                key.starts_with("modules/acme/units/") && !key.ends_with("/module.json")
            };
            let keys = world.bucket.keys();
            let left: Vec<&String> = keys.iter().filter(is_left).collect();
            assert!(left.is_empty(), "{left:?}");
            writeln!(seen, "no module").unwrap();
        }
        Err(error) => writeln!(seen, "{error}").unwrap(),
    }
    seen
}

async fn view_module(world: &World, grant: &Grant) -> String {
    let store = &world.store;
    let mut seen = format!(
        "{:?} {} {:?} {:?} {}",
        grant.visibility, grant.is_deprecated, grant.description, grant.url, grant.default_label
    );
    let page = modules::newest_labels(store, grant, Archived::Both, None, 10, None).await.unwrap();
    let mut heads = page.heads;
    heads.sort_by_key(|head| head.label.to_string());
    for head in heads {
        let is_served = grant.check_commit(&head.commit.short()).is_ok();
        write!(seen, "; {} {} {is_served}", head.label, head.archived.is_some()).unwrap();
    }
    seen
}

/// What is not to be shown any more is in the list of what is closed, and caches are told to forget it, before it takes effect; and
/// there is an entry of it in the audit.
fn holds(before: &Objects, now: &Objects) {
    let key = "modules/acme/units/module.json";
    let record = |objects: &Objects| {
        let body = objects.get(key)?;
        let stored: Value = serde_json::from_slice(body).unwrap();
        Some(stored["data"].clone())
    };
    let (Some(old), Some(new)) = (record(before), record(now)) else { return };
    let is_closed = |it: &Value| {
        !it["deleted"].is_null() || !it["withheld"].is_null() || !it["withheld_commits"].is_null()
    };
    let count = |objects: &Objects, prefix: &str| {
        objects.keys().filter(|key| key.starts_with(prefix)).count()
    };
    if is_closed(&new) && !is_closed(&old) {
        let closed: Value = serde_json::from_slice(&now["closed.json"]).unwrap();
        assert!(closed["data"].to_string().contains("acme/units"), "{closed}");
        assert!(count(now, "purges/") > count(before, "purges/"));
    }
    if old != new {
        assert!(count(now, "audit/owners/acme/") > count(before, "audit/owners/acme/"));
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_at_every_step() {
    SUITE.every_fault_at_every_step().await;
}

#[tokio::test(start_paused = true)]
async fn many_faults_in_any_order() {
    SUITE.many_faults_in_any_order().await;
}
