//! Signing in meets every fault at every step. Whatever breaks: no session and no token works that no list shows, nobody has a name
//! whose identity is another one's, and who tries again succeeds.

mod common;

use common::{
    World,
    faults::{Objects, Path, Suite},
};
use futures::future::FutureExt;
use protoedge_registry::{
    Error, Role, Scope, User,
    accounts::{self, Decision, Identity, Polled, SignedIn, SignedInBy},
};
use protoedge_sdk::OwnerName;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    time::Duration,
};

const SUITE: Suite = Suite {
    paths: PATHS,
    view: |w| view(w).boxed_local(),
    settle: |w| settle(w).boxed_local(),
    holds: Some(|_, now| holds(now)),
};

const PATHS: &[Path] = &[
    Path {
        name: "first sign-in",
        setup: |w| nobody(w).boxed_local(),
        act: |w| sign_up(w).boxed_local(),
        // A name, what groups give, a session.
        is_atomic: false,
    },
    Path {
        name: "sign-in after the groups are others",
        setup: |w| zoe(w).boxed_local(),
        act: |w| sign_in(w, &[("other", Role::Admin)]).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "identity of a person who is there",
        setup: |w| nobody(w).boxed_local(),
        act: |w| link(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "signing out everywhere",
        setup: |w| zoe(w).boxed_local(),
        act: |w| sign_out(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "device",
        setup: |w| zoe(w).boxed_local(),
        act: |w| let_in(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "trust",
        setup: |w| robot(w).boxed_local(),
        act: |w| trust(w).boxed_local(),
        is_atomic: false,
    },
    Path {
        name: "end of a trust",
        setup: |w| trusting(w).boxed_local(),
        act: |w| end_trusts(w).boxed_local(),
        is_atomic: true,
    },
    Path {
        name: "token for a job's",
        setup: |w| trusting(w).boxed_local(),
        act: |w| exchange(w).boxed_local(),
        is_atomic: false,
    },
];

fn owner(text: &str) -> OwnerName {
    text.parse().unwrap()
}

fn identity() -> Identity {
    Identity { issuer: "https://id.example.com".into(), subject: "1".into() }
}

async fn nobody(world: &World) {
    accounts::ensure_user(&world.store, &owner("bob")).await.unwrap();
    accounts::create_organization(&world.store, &world.user, &owner("other"), "", "")
        .await
        .unwrap();
}

async fn zoe(world: &World) {
    nobody(world).await;
    sign_up(world).await.unwrap();
}

async fn robot(world: &World) {
    let (acme, robot) = (owner("acme"), owner("acme-ci"));
    accounts::create_robot(&world.store, &world.user, &acme, &robot, Role::Write).await.unwrap();
}

async fn trusting(world: &World) {
    robot(world).await;
    trust(world).await.unwrap();
}

async fn sign_up(world: &World) -> Result<(), Error> {
    accounts::register(&world.store, &identity(), &owner("zoe")).await?;
    sign_in(world, &[("acme", Role::Write)]).await
}

async fn sign_in(world: &World, groups: &[(&str, Role)]) -> Result<(), Error> {
    let store = &world.store;
    let user = accounts::person_of(store, &identity()).await?.expect("it was registered");
    let roles: BTreeMap<_, _> = groups.iter().map(|(name, role)| (owner(name), *role)).collect();
    accounts::note_groups(store, &user, roles).await?;
    begin(world, &user).await.map(drop)
}

async fn begin(world: &World, user: &OwnerName) -> Result<SignedIn, Error> {
    let (store, text) = (&world.store, accounts::draw_session(&world.store));
    accounts::begin_session(store, &text, user, SignedInBy::Identity(identity().hash())).await?;
    let signed_in = accounts::signed_in_now(store, &text).await?;
    Ok(signed_in.expect("the session is good"))
}

async fn link(world: &World) -> Result<(), Error> {
    let administrator = User::administrator(owner("admin"));
    accounts::link_identity(&world.store, &administrator, &owner("bob"), &identity()).await
}

async fn sign_out(world: &World) -> Result<(), Error> {
    let zoe = owner("zoe");
    accounts::end_sessions(&world.store, &User::unlimited(zoe.clone()), &zoe).await
}

/// All of a login: who gets nothing begins anew.
async fn let_in(world: &World) -> Result<(), Error> {
    let store = &world.store;
    let device = accounts::add_device(store, "laptop", "client", None).await?;
    let zoe = begin(world, &owner("zoe")).await?;
    let looked_up = accounts::waiting_device(store, &zoe.user, &device.user_code).await;
    if matches!(looked_up, Err(Error::TooManyCodes { .. })) {
        store.sleep(Duration::from_secs(60 * 60)).await;
    }
    looked_up?;
    let expires = store.now() + Duration::from_secs(24 * 60 * 60);
    let decision = Decision::LetIn { scope: Scope::Write, expires };
    match accounts::decide(store, &zoe, &device.user_code, &decision).await {
        // The answer to a first try may have been lost.
        Ok(()) | Err(Error::BadDevice { .. }) => {}
        Err(error) => return Err(error),
    }
    match accounts::poll_device(store, &device.device_code, "client").await? {
        Polled::LetIn(text, _) => {
            let user = accounts::user_of(store, text.expose()).await?;
            assert_eq!(user.map(|it| it.name), Some(owner("zoe")));
            Ok(())
        }
        other => panic!("a device that was let in hears {other:?}"),
    }
}

async fn trust(world: &World) -> Result<(), Error> {
    let claims = BTreeMap::from([("repository_id".to_owned(), "1".to_owned())]);
    let (acme, robot, issuer) = (owner("acme"), owner("acme-ci"), "https://token.example.com");
    accounts::add_trust(&world.store, &world.user, &acme, &robot, issuer, claims).await.map(drop)
}

async fn end_trusts(world: &World) -> Result<(), Error> {
    let (store, acme, robot) = (&world.store, owner("acme"), owner("acme-ci"));
    for trust in accounts::trusts_of(store, &robot).await? {
        accounts::remove_trust(store, &world.user, &acme, &robot, &trust.id).await?;
    }
    Ok(())
}

async fn exchange(world: &World) -> Result<(), Error> {
    let (store, robot) = (&world.store, owner("acme-ci"));
    let trusts = accounts::trusts_of(store, &robot).await?;
    let (text, _) = accounts::exchange(store, &robot, &trusts[0]).await?;
    let user = accounts::user_of(store, text.expose()).await?;
    assert_eq!(user.map(|it| it.name), Some(robot));
    Ok(())
}

async fn settle(world: &World) {
    world.bucket.heal();
    // Longer than anything is remembered.
    world.store.sleep(Duration::from_secs(61)).await;
}

async fn view(world: &World) -> String {
    let (store, mut seen) = (&world.store, String::new());
    writeln!(seen, "{:?}", accounts::person_of(store, &identity()).await.unwrap()).unwrap();
    let administrator = User::administrator(owner("admin"));
    for name in ["zoe", "bob"] {
        let Some(person) = accounts::find_owner(store, &owner(name)).await.unwrap() else {
            continue;
        };
        let groups = person.groups.map(|it| it.roles).unwrap_or_default();
        let tokens = accounts::list_tokens(store, &administrator, &person.name).await.unwrap();
        let tokens: BTreeSet<String> = tokens.into_iter().map(|it| it.record.name).collect();
        let is_in = !sessions(world, name).is_empty();
        writeln!(seen, "{name} {} {groups:?} {tokens:?} {is_in}", person.identity.is_some())
            .unwrap();
    }
    for name in ["acme", "other"] {
        let listed = accounts::group_members(store, &administrator, &owner(name)).await;
        let listed = listed.unwrap_or_default();
        let listed: Vec<_> = listed.into_iter().map(|it| (it.user, it.role)).collect();
        writeln!(seen, "{name} {listed:?}").unwrap();
    }
    let trusts = accounts::trusts_of(store, &owner("acme-ci")).await.unwrap();
    writeln!(seen, "{}", !trusts.is_empty()).unwrap();
    seen
}

fn sessions(world: &World, name: &str) -> Vec<String> {
    let is_good = |key: &String| {
        let body = world.bucket.peek(key).map(|body| json(&body));
        key.starts_with("sessions/") && body.is_some_and(|it| it["user"] == name)
    };
    world.bucket.keys().into_iter().filter(is_good).collect()
}

/// The data of a stored object.
fn json(body: &[u8]) -> Value {
    let mut stored: Value = serde_json::from_slice(body).unwrap();
    stored["data"].take()
}

/// What holds at every moment, whatever breaks at the next one.
fn holds(now: &Objects) {
    for (folder, list) in [("tokens/", "tokens"), ("sessions/", "sessions")] {
        for (key, body) in now.iter().filter(|(key, _)| key.starts_with(folder)) {
            let it = json(body);
            let (user, id) = (it["user"].as_str().unwrap(), it["id"].as_str().unwrap());
            let listed = now.get(&format!("owners/{user}/{list}/{id}.json"));
            let hash = listed.map(|body| json(body)["hash"].as_str().unwrap().to_owned());
            assert_eq!(hash.map(|hash| format!("{folder}{hash}.json")).as_ref(), Some(key));
        }
    }
    for (key, body) in now.iter().filter(|(key, _)| key.starts_with("identities/")) {
        let name = json(body)["user"].as_str().unwrap().to_owned();
        let person = now.get(&format!("owners/{name}.json")).map(|body| json(body));
        // The identity says first what becomes of it.
        let hash = person.unwrap_or_default()["identity"].clone();
        assert!(hash.is_null() || key.contains(hash.as_str().unwrap()), "{key} of {name}");
    }
    for (key, body) in now {
        let ["owners", file] = key.split('/').collect::<Vec<_>>()[..] else { continue };
        let (person, name) = (json(body), file.trim_end_matches(".json"));
        for organization in
            person["groups"]["roles"].as_object().into_iter().flat_map(|it| it.keys())
        {
            let shown = format!("owners/{organization}/group-members/{name}");
            assert!(
                now.contains_key(&shown),
                "{name} is in {organization}, which does not show it"
            );
        }
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
