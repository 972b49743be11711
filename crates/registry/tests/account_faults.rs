//! What people change of accounts meets every fault at every step. Whatever breaks: no token works that no list shows,
//! nothing takes effect without its entry in the audit, and who tries again succeeds.

use protoedge_registry::accounts;
use protoedge_registry::catalogue;
use protoedge_registry::modules;
use protoedge_registry::packages;
mod common;

use common::{
    World, content,
    faults::{Objects, Path, Suite},
};
use futures::future::FutureExt;
use protoedge_registry::{
    Credentials, Error, Grant, Key, ListedToken, NewToken, RobotChange, Role, Scope, User,
    Visibility,
};
use protoedge_sdk::{Label, ModuleName, OwnerName, Sdk};
use serde_json::Value;
use std::{collections::BTreeSet, fmt::Write, time::Duration};

const SUITE: Suite = Suite {
    paths: PATHS,
    view: |w| view(w).boxed_local(),
    settle: |w| settle(w).boxed_local(),
    holds: Some(holds),
};

const PATHS: &[Path] = &[
    Path {
        name: "token",
        setup: |w| people(w).boxed_local(),
        act: |w| make_token(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "token of a robot",
        setup: |w| robot(w).boxed_local(),
        act: |w| make_robot_token(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "revocation of a token",
        setup: |w| tokens(w).boxed_local(),
        act: |w| revoke(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "new member",
        setup: |w| people(w).boxed_local(),
        act: |w| set_member(w, "carol", Role::Write).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "another role",
        setup: |w| people(w).boxed_local(),
        act: |w| set_member(w, "bob", Role::Owner).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "removal of a member",
        setup: |w| people(w).boxed_local(),
        act: |w| remove_member(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "robot",
        setup: |w| people(w).boxed_local(),
        act: |w| make_robot(w).boxed_local(),
        // It is there before it is a member.
        is_atomic: false,
    },
    Path {
        name: "change of a robot",
        setup: |w| robot(w).boxed_local(),
        act: |w| change_robot(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "deletion of a robot",
        setup: |w| robot(w).boxed_local(),
        act: |w| delete_robot(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "collaborator",
        setup: |w| people(w).boxed_local(),
        act: |w| set_collaborator(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "removal of a collaborator",
        setup: |w| collaborator(w).boxed_local(),
        act: |w| remove_collaborator(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "a module that others depend on becomes private",
        setup: |w| dependents(w).boxed_local(),
        act: |w| set_visibility(w, "acme/units", Visibility::Private).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "it becomes public again",
        setup: |w| withdrawn(w).boxed_local(),
        act: |w| set_visibility(w, "acme/units", Visibility::Public).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "a module with an older commit that depends on a private one becomes public",
        setup: |w| grown_apart(w).boxed_local(),
        act: |w| set_visibility(w, "acme/weather", Visibility::Public).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "disabling",
        setup: |w| tokens(w).boxed_local(),
        act: |w| set_disabled(w, true).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "enabling",
        setup: |w| disabled(w).boxed_local(),
        act: |w| set_disabled(w, false).boxed_local(),
        is_atomic: true,
    },
];

/// Alice's organization with bob as a member and carol as nobody.
async fn people(world: &World) {
    for name in ["bob", "carol"] {
        accounts::ensure_user(&world.store, &owner(name)).await.unwrap();
    }
    set_member(world, "bob", Role::Read).await.unwrap();
}

/// Bob has two tokens.
async fn tokens(world: &World) {
    people(world).await;
    for name in ["old", "other"] {
        token(world, &person("bob"), "bob", name).await.unwrap();
    }
}

/// The organization has a robot with two tokens.
async fn robot(world: &World) {
    people(world).await;
    make_robot(world).await.unwrap();
    for name in ["old", "other"] {
        token(world, &world.user, "acme-ci", name).await.unwrap();
    }
}

async fn collaborator(world: &World) {
    people(world).await;
    set_collaborator(world).await.unwrap();
}

async fn disabled(world: &World) {
    tokens(world).await;
    set_disabled(world, true).await.unwrap();
}

/// The public module weather depends on units.
async fn dependents(world: &World) {
    people(world).await;
    let units = content("acme/units", &[], &[], "");
    world.push(vec![units, content("acme/weather", &[], &["units.proto"], "")], &[]).await;
}

async fn withdrawn(world: &World) {
    dependents(world).await;
    set_visibility(world, "acme/units", Visibility::Private).await.unwrap();
}

/// Both are private, and weather depends on units no more.
async fn grown_apart(world: &World) {
    withdrawn(world).await;
    set_visibility(world, "acme/weather", Visibility::Private).await.unwrap();
    let alone = content("acme/weather", &["main", "alone"], &[], "message Alone {}");
    world.push(vec![alone], &[]).await;
}

async fn token(world: &World, by: &User, user: &str, name: &str) -> Result<(), Error> {
    let new = NewToken {
        name: name.into(),
        scope: Scope::Admin,
        modules: None,
        expires: world.store.now() + Duration::from_secs(24 * 60 * 60),
    };
    let (text, _) = accounts::create_token(&world.store, by, &owner(user), &new).await?;
    let known = accounts::user_of(&world.store, text.expose()).await?;
    assert_eq!(known.map(|it| it.name), Some(owner(user)));
    Ok(())
}

async fn make_token(world: &World) -> Result<(), Error> {
    token(world, &person("bob"), "bob", "new").await
}

async fn make_robot_token(world: &World) -> Result<(), Error> {
    token(world, &world.user, "acme-ci", "new").await
}

async fn revoke(world: &World) -> Result<(), Error> {
    let (bob, name) = (person("bob"), owner("bob"));
    let listed = accounts::list_tokens(&world.store, &bob, &name).await?;
    let is_old = |it: &ListedToken| it.record.name == "old";
    // The answer to the first try was lost.
    let Some(old) = listed.into_iter().find(is_old) else { return Ok(()) };
    accounts::revoke_token(&world.store, &bob, &name, &old.record.id).await
}

async fn set_member(world: &World, user: &str, role: Role) -> Result<(), Error> {
    accounts::set_member(&world.store, &world.user, &owner("acme"), &owner(user), role).await
}

async fn remove_member(world: &World) -> Result<(), Error> {
    let (acme, bob) = (owner("acme"), owner("bob"));
    gone(accounts::remove_member(&world.store, &world.user, &acme, &bob).await)
}

/// What the first try took away is gone.
fn gone(removed: Result<(), Error>) -> Result<(), Error> {
    match removed {
        Err(Error::NoMember { .. }) => Ok(()),
        other => other,
    }
}

async fn make_robot(world: &World) -> Result<(), Error> {
    let (acme, robot) = (owner("acme"), owner("acme-ci"));
    accounts::create_robot(&world.store, &world.user, &acme, &robot, Role::Write).await.map(drop)
}

async fn change_robot(world: &World) -> Result<(), Error> {
    let (acme, robot) = (owner("acme"), owner("acme-ci"));
    let change = RobotChange { role: Some(Role::Admin), is_disabled: Some(true) };
    accounts::change_robot(&world.store, &world.user, &acme, &robot, change).await.map(drop)
}

async fn delete_robot(world: &World) -> Result<(), Error> {
    let (acme, robot) = (owner("acme"), owner("acme-ci"));
    gone(accounts::delete_robot(&world.store, &world.user, &acme, &robot).await)
}

async fn set_collaborator(world: &World) -> Result<(), Error> {
    let (units, carol) = (grant(world, "acme/units").await?, owner("carol"));
    accounts::set_collaborator(&world.store, &world.user, &units, &carol, Role::Write).await
}

async fn remove_collaborator(world: &World) -> Result<(), Error> {
    let (units, carol) = (grant(world, "acme/units").await?, owner("carol"));
    gone(accounts::remove_collaborator(&world.store, &world.user, &units, &carol).await)
}

async fn set_visibility(world: &World, name: &str, visibility: Visibility) -> Result<(), Error> {
    let module = grant(world, name).await?;
    modules::set_visibility(&world.store, &world.user, &module, visibility).await.map(drop)
}

async fn set_disabled(world: &World, is_disabled: bool) -> Result<(), Error> {
    let administrator = User::administrator(owner("admin"));
    accounts::set_disabled(&world.store, &administrator, &owner("bob"), is_disabled).await.map(drop)
}

fn owner(text: &str) -> OwnerName {
    text.parse().unwrap()
}

fn module(text: &str) -> ModuleName {
    text.parse().unwrap()
}

fn person(name: &str) -> User {
    User::unlimited(owner(name))
}

async fn grant(world: &World, name: &str) -> Result<Grant, Error> {
    accounts::see(&world.store, &Credentials::Verified(world.user.clone()), &module(name)).await
}

async fn settle(world: &World) {
    world.bucket.heal();
    // Longer than anything is remembered.
    world.store.sleep(Duration::from_secs(61)).await;
}

async fn view(world: &World) -> String {
    let (store, alice, acme) = (&world.store, &world.user, owner("acme"));
    let mut seen = String::new();
    let members = accounts::members(store, alice, &acme).await.unwrap();
    writeln!(seen, "{members:?}").unwrap();
    for robot in accounts::robots(store, alice, &acme).await.unwrap() {
        writeln!(seen, "{} {:?} {}", robot.owner.name, robot.role, robot.owner.is_disabled)
            .unwrap();
    }
    let administrator = User::administrator(owner("admin"));
    for name in ["alice", "bob", "acme-ci"] {
        let Some(owner) = accounts::find_owner(store, &owner(name)).await.unwrap() else {
            continue;
        };
        let tokens = accounts::list_tokens(store, &administrator, &owner.name).await.unwrap();
        // One that is made again after its answer was lost is there twice.
        let names: BTreeSet<String> = tokens.into_iter().map(|it| it.record.name).collect();
        writeln!(seen, "{name} {names:?} {}", owner.is_disabled).unwrap();
    }
    for name in ["acme/units", "acme/weather"] {
        writeln!(seen, "{name} {}", view_module(world, name).await).unwrap();
    }
    seen
}

/// Who may read a module and what a list of its packages shows.
async fn view_module(world: &World, name: &str) -> String {
    let (store, module) = (&world.store, grant(world, name).await.unwrap());
    let roles = accounts::collaborators(store, &world.user, &module).await.unwrap();
    let nobody = accounts::visible(store, &Credentials::None, &module.name).await.unwrap();
    let mut seen = format!("{} {roles:?}", nobody.is_some());
    let main: Label = "main".parse().unwrap();
    let Ok(head) = modules::head(store, &module, &main).await else { return seen };
    let is_open = modules::check_deps(store, &module, &head).await.is_ok();
    let catalogue = catalogue::catalogue(store).await.unwrap();
    let plugin = "bufbuild/es".parse().unwrap();
    let entry = catalogue.catalogue.newest(&plugin, |_| true).unwrap();
    let package = Sdk::new(entry, &head.locked()).package();
    let withdrawn = packages::listing(store, &module, &package).await.unwrap().withdrawn;
    assert_eq!(withdrawn.contains(&head.id), !is_open, "{name}: the list and the commit differ");
    write!(seen, " {is_open}").unwrap();
    seen
}

/// What holds at every moment, whatever breaks at the next one.
fn holds(before: &Objects, now: &Objects) {
    every_token_is_listed(now);
    every_effect_has_an_entry(before, now);
    what_is_withdrawn_is_found(now);
}

/// The data of a stored object.
fn json(body: &[u8]) -> Value {
    let mut stored: Value = serde_json::from_slice(body).unwrap();
    stored["data"].take()
}

/// No token works that its owner's list does not show.
fn every_token_is_listed(now: &Objects) {
    for (key, body) in now.iter().filter(|(key, _)| key.starts_with("tokens/")) {
        let token = json(body);
        let (user, id) = (token["user"].as_str().unwrap(), token["id"].as_str().unwrap());
        let listed = now.get(&format!("owners/{user}/tokens/{id}.json"));
        let hash = listed.map(|body| json(body)["hash"].as_str().unwrap().to_owned());
        assert_eq!(hash.map(|hash| format!("tokens/{hash}.json")).as_ref(), Some(key));
    }
}

/// Nothing has changed without an entry that says so, among all and among its owner's.
fn every_effect_has_an_entry(before: &Objects, now: &Objects) {
    let is_new = |key: &String| key.starts_with(Key::AUDIT) && !before.contains_key(key);
    let entries: Vec<(&String, Value)> =
        now.iter().filter(|(key, _)| is_new(key)).map(|(key, body)| (key, json(body))).collect();
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    for key in keys {
        let (old, new) = (before.get(key), now.get(key));
        if old == new {
            continue;
        }
        let actions = actions(key, old.map(|it| json_of(key, it)), new.map(|it| json_of(key, it)));
        let is_told = |(all, entry): &(&String, Value)| {
            let name = all.strip_prefix(Key::AUDIT).unwrap();
            let is_owners = |it: &String| it.starts_with("audit/owners/") && it.ends_with(name);
            actions.contains(&entry["action"].as_str().unwrap()) && now.keys().any(is_owners)
        };
        assert!(actions.is_empty() || entries.iter().any(is_told), "{key} without {actions:?}");
    }
}

/// What is no JSON changes nothing that the audit tells of.
fn json_of(key: &str, body: &[u8]) -> Value {
    if key.ends_with(".zip") { Value::Null } else { json(body) }
}

/// The actions of which one must be told where an object has changed.
fn actions(key: &str, old: Option<Value>, new: Option<Value>) -> &'static [&'static str] {
    let parts: Vec<&str> = key.split('/').collect();
    match (parts.as_slice(), old, new) {
        (["tokens", _], None, _) => &["token.create"],
        (["tokens", _], Some(_), _) => &["token.revoke", "robot.delete"],
        (["owners", _, "robots", _], None, _) => &["robot.create"],
        (["owners", _, "robots", _], Some(_), _) => &["robot.delete"],
        (["owners", _], Some(old), Some(new)) if old["members"] != new["members"] => {
            &["member.set", "member.remove"]
        }
        (["owners", _], Some(_), Some(_)) => &["user.disable", "user.enable"],
        (["owners", _], _, _) => &["robot.create"],
        (["modules", _, _, "module.json"], Some(old), Some(new))
            if old["visibility"] != new["visibility"] =>
        {
            &["module.visibility"]
        }
        (["modules", _, _, "module.json"], _, _) => &["collaborator.set", "collaborator.remove"],
        _ => &[],
    }
}

/// A list of a public module finds each private module that one of its commits depends on.
fn what_is_withdrawn_is_found(now: &Objects) {
    let closed = now.get("closed.json").map(|body| json(body)).unwrap_or_default();
    let is = |module: &str, visibility: &str| {
        json(&now[&format!("modules/{module}/module.json")])["visibility"] == visibility
    };
    for key in now.keys() {
        let parts: Vec<&str> = key.split('/').collect();
        let ["modules", owner, name, "live", "dep", of, dep] = parts[..] else { continue };
        let (module, dep) = (format!("{owner}/{name}"), format!("{of}/{dep}"));
        let is_withdrawn = is(&module, "public") && is(&dep, "private");
        let is_found = closed.as_array().is_some_and(|all| all.contains(&dep.clone().into()));
        assert!(!is_withdrawn || is_found, "{module} depends on {dep}");
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
