//! Several who change accounts at once, and those who push meanwhile, in every order of their bucket operations, or in
//! thousands where there are too many.

use protoedge_registry::accounts;
use protoedge_registry::audit;
use protoedge_registry::catalogue;
use protoedge_registry::modules;
use protoedge_registry::packages;
use protoedge_registry::push;
mod common;

use common::{
    World, content,
    races::{Shuttled, in_every_order, in_random_orders, machine, prepared},
    token,
};
use futures::future::{FutureExt, LocalBoxFuture, join};
use protoedge_registry::{
    Commit, Credentials, Error, Key, NewToken, Role, Scope, Store, TokenText, Upload, User,
    Visibility,
};
use protoedge_sdk::{CommitId, ModuleName, OwnerName, Sdk};
use protoedge_storage::{Bucket, Clock, Fault, MemoryBucket, Snapshot, Timestamp};
use std::{cell::RefCell, rc::Rc, time::Duration};

type Machine = Store<MemoryBucket>;

/// What each of those does who race, on a machine of its own.
type Task = fn(Machine, CommitId) -> LocalBoxFuture<'static, Result<(), Error>>;

/// What is looked at when both have ended, and with what they did.
type End = for<'a> fn(&'a Machine, [Result<(), Error>; 2]) -> LocalBoxFuture<'a, ()>;

/// What was there when the race began, and a commit that tasks name.
#[derive(Clone)]
struct Scene {
    bucket: Snapshot,
    now: Timestamp,
    commit: CommitId,
}

fn scene(prepare: impl AsyncFnOnce(&World) -> CommitId) -> Scene {
    let (bucket, now, commit) = prepared(prepare);
    Scene { bucket, now, commit }
}

/// Lets two race for the objects whose keys contain one of `shared`, and looks at the end of each order, on a third machine.
fn race(scene: Scene, shared: &'static [&'static str], tasks: [Task; 2], end: End) {
    in_every_order(order(scene, shared, tasks, end));
}

/// One order of [`race`].
fn order(
    scene: Scene,
    shared: &'static [&'static str],
    tasks: [Task; 2],
    end: End,
) -> impl Fn() -> LocalBoxFuture<'static, ()> {
    move || {
        let scene = scene.clone();
        async move {
            let clock: Rc<dyn Clock> = Rc::new(Shuttled::new(scene.now));
            let bucket = Rc::new(MemoryBucket::restored(clock.clone(), scene.bucket));
            let watched = Rc::downgrade(&bucket);
            bucket.fault_on(move |_, key| {
                has_owner(&watched.upgrade().unwrap());
                let is_shared = shared.iter().any(|part| key.contains(part));
                is_shared.then_some(Fault::Slow(Duration::ZERO))
            });
            let started = tasks.map(|task| {
                let task = task(machine(&bucket, &clock), scene.commit.clone());
                shuttle::future::spawn_local(task)
            });
            let [one, other] = started;
            let ended = [one.await.unwrap(), other.await.unwrap()];
            bucket.heal();
            has_owner(&bucket);
            end(&machine(&bucket, &clock), ended).await;
        }
        .boxed_local()
    }
}

/// At every moment the organization has an owner.
fn has_owner(bucket: &MemoryBucket) {
    let stored = bucket.peek(&Key::Owner(&owner("acme")).path()).unwrap();
    let stored: serde_json::Value = serde_json::from_slice(&stored).unwrap();
    let members = stored["data"]["members"].as_object().unwrap();
    assert!(members.values().any(|role| role == "owner"), "{members:?}");
}

fn owner(name: &str) -> OwnerName {
    name.parse().unwrap()
}

fn module(name: &str) -> ModuleName {
    name.parse().unwrap()
}

fn person(name: &str) -> User {
    User::unlimited(owner(name))
}

async fn set_role(store: &Machine, user: &str, role: Role) -> Result<(), Error> {
    accounts::set_member(store, &person("alice"), &owner("acme"), &owner(user), role).await
}

async fn remove(store: &Machine, by: &str, user: &str) -> Result<(), Error> {
    accounts::remove_member(store, &person(by), &owner("acme"), &owner(user)).await
}

async fn set_visibility(store: &Machine, name: &str, to: Visibility) -> Result<(), Error> {
    let alice = Credentials::Verified(person("alice"));
    let module = accounts::see(store, &alice, &module(name)).await?;
    modules::set_visibility(store, &person("alice"), &module, to).await.map(drop)
}

/// A push of one module, perhaps with a dependency.
async fn push_one(
    store: &Machine,
    by: &User,
    name: &str,
    import: &[&str],
    deps: &[CommitId],
) -> Result<Commit, Error> {
    let contents = vec![content(name, &[], import, "message New {}")];
    let upload = Upload { contents, deps: deps.to_vec() };
    push::push(store, by, &upload).await.map(|mut pushed| pushed.commits.remove(0))
}

/// Bob is a member with this role; gives the commit of units, which is public.
async fn with_bob(world: &World, role: Role) -> CommitId {
    accounts::ensure_user(&world.store, &owner("bob")).await.unwrap();
    set_role(&world.store, "bob", role).await.unwrap();
    world.push(vec![content("acme/units", &[], &[], "")], &[]).await.commits[0].id.clone()
}

async fn owners(store: &Machine) -> Vec<String> {
    let acme = accounts::find_owner(store, &owner("acme")).await.unwrap().unwrap();
    let owners = acme.members.iter().filter(|(_, role)| **role == Role::Owner);
    owners.map(|(name, _)| name.to_string()).collect()
}

/// Of two owners who remove each other, or who both leave, one stays, whether there is a third one or not.
#[test]
fn of_two_owners_who_remove_each_other_one_stays() {
    let remove_bob: Task =
        |store, _| async move { remove(&store, "alice", "bob").await }.boxed_local();
    let remove_alice: Task =
        |store, _| async move { remove(&store, "bob", "alice").await }.boxed_local();
    let alice_leaves: Task =
        |store, _| async move { remove(&store, "alice", "alice").await }.boxed_local();
    let bob_leaves: Task =
        |store, _| async move { remove(&store, "bob", "bob").await }.boxed_local();
    let two = scene(async |world| with_bob(world, Role::Owner).await);
    let three = scene(async |world| {
        accounts::ensure_user(&world.store, &owner("carol")).await.unwrap();
        set_role(&world.store, "carol", Role::Owner).await.unwrap();
        with_bob(world, Role::Owner).await
    });
    for (scene, tasks) in [
        (two.clone(), [remove_bob, remove_alice]),
        (two, [alice_leaves, bob_leaves]),
        (three, [remove_bob, remove_alice]),
    ] {
        race(scene, &["owners/acme.json"], tasks, |store, ended| {
            async move {
                let left = owners(store).await;
                assert_eq!(left.iter().filter(|name| *name != "carol").count(), 1, "{left:?}");
                let refused: Vec<Error> = ended.into_iter().filter_map(Result::err).collect();
                let is_refused =
                    matches!(&refused[..], [Error::Forbidden { .. } | Error::LastOwner { .. }]);
                assert!(is_refused, "{refused:?}");
            }
            .boxed_local()
        });
    }
}

/// A push by a member who is removed meanwhile takes place as a whole or not at all, and is the last one.
#[test]
fn a_push_by_one_who_is_removed_is_whole_or_nothing() {
    let removal: Task =
        |store, _| async move { remove(&store, "alice", "bob").await }.boxed_local();
    let pushing: Task = |store, _| {
        async move { push_one(&store, &person("bob"), "acme/units", &[], &[]).await.map(drop) }
            .boxed_local()
    };
    let scene = scene(async |world| with_bob(world, Role::Write).await);
    race(scene, &["owners/acme.json", "pushes/"], [removal, pushing], |store, ended| {
        async move {
            let [removed, pushed] = ended;
            assert_eq!(removed, Ok(()));
            is_whole_or_nothing(store, &pushed).await;
            assert!(matches!(pushed, Ok(()) | Err(Error::Forbidden { .. })), "{pushed:?}");
            let again = push_one(store, &person("bob"), "acme/units", &[], &[]).await;
            assert!(matches!(again, Err(Error::Forbidden { .. })), "{again:?}");
        }
        .boxed_local()
    });
}

/// Bob's push of units has left a commit on the label and an entry, or neither.
async fn is_whole_or_nothing(store: &Machine, pushed: &Result<(), Error>) {
    let units = common::seen(store, &module("acme/units")).await;
    let (commits, _) = modules::list_commits(store, &units, None, 9, true).await.unwrap();
    let head = modules::head(store, &units, &"main".parse().unwrap()).await.unwrap();
    let entries = audit::read(store, Some(&owner("acme")), None).await.unwrap();
    let is_bobs = |it: &&audit::AuditEntry| it.actor == owner("bob") && it.action == "push";
    let told: Vec<_> =
        entries.iter().filter(is_bobs).map(|it| it.details["commit"].clone()).collect();
    match pushed {
        Ok(()) => assert_eq!(told, [head.id.to_string()]),
        Err(_) => assert_eq!((told.len(), commits.len()), (0, 1)),
    }
}

/// Whether anything shows or resolves a public module's head that depends on a private module.
async fn is_withdrawn(store: &Machine, name: &str) {
    let module = common::seen(store, &module(name)).await;
    let catalogue = catalogue::catalogue(store).await.unwrap();
    let entry = catalogue.catalogue.newest(&"bufbuild/es".parse().unwrap(), |_| true).unwrap();
    let Ok(head) = modules::head(store, &module, &module.default_label).await else { return };
    if head.deps.is_empty() {
        return;
    }
    let checked = modules::check_deps(store, &module, &head).await;
    assert!(matches!(checked, Err(Error::Withdrawn { .. })), "{checked:?}");
    let package = Sdk::new(entry, &head.locked()).package();
    let listing = packages::listing(store, &module, &package).await.unwrap();
    assert!(listing.withdrawn.contains(&head.id), "{name} is listed");
}

/// A module is made private while a public one is pushed that depends on it: that push is refused or withdrawn.
#[test]
fn what_is_pushed_onto_a_module_that_becomes_private_is_withdrawn() {
    let closing: Task = |store, _| {
        async move { set_visibility(&store, "acme/units", Visibility::Private).await }.boxed_local()
    };
    let scene = scene(async |world| with_bob(world, Role::Write).await);
    let shared = &["units/module.json", "closed.json", "live/dep/", "pushes/"];
    race(scene, shared, [closing, push_weather], |store, ended| {
        async move {
            let [closed, pushed] = ended;
            assert_eq!(closed, Ok(()));
            assert!(matches!(pushed, Ok(()) | Err(Error::Push(_))), "{pushed:?}");
            is_withdrawn(store, "acme/weather").await;
        }
        .boxed_local()
    });
}

/// Two change a module's visibility, of whom one finds it as wanted at first: the last change that an
/// hour allows is one of theirs, and no other one follows it.
#[test]
fn the_visibility_is_changed_no_more_often_by_two_at_once() {
    const MOST: usize = 10;
    let opening: Task = |store, _| {
        async move { set_visibility(&store, "acme/units", Visibility::Public).await }.boxed_local()
    };
    let closing: Task = |store, _| {
        async move { set_visibility(&store, "acme/units", Visibility::Private).await }.boxed_local()
    };
    let scene = scene(async |world| {
        let commit = with_bob(world, Role::Write).await;
        for n in 1..MOST {
            let to = if n % 2 == 1 { Visibility::Private } else { Visibility::Public };
            set_visibility(&world.store, "acme/units", to).await.unwrap();
        }
        commit
    });
    race(scene, &["units/module.json"], [opening, closing], |store, ended| {
        async move {
            for ended in ended {
                assert!(matches!(ended, Ok(()) | Err(Error::TooManyFlips { .. })), "{ended:?}");
            }
            let alice = Credentials::Verified(person("alice"));
            let units = accounts::see(store, &alice, &module("acme/units")).await.unwrap();
            assert_eq!(units.visibility_changes.len(), MOST);
            assert_eq!(units.visibility, Visibility::Public);
        }
        .boxed_local()
    });
}

/// A private module is made public while what depends on another private one is pushed to it: one of both is refused, or
/// what was pushed is withdrawn.
#[test]
fn what_is_pushed_to_a_module_that_becomes_public_is_withdrawn() {
    let opening: Task = |store, _| {
        async move { set_visibility(&store, "acme/weather", Visibility::Public).await }
            .boxed_local()
    };
    let scene = scene(async |world| {
        let commit = with_bob(world, Role::Write).await;
        for name in ["acme/units", "acme/weather"] {
            set_visibility(&world.store, name, Visibility::Private).await.unwrap();
        }
        // Units is private from its beginning: nothing was withdrawn on its account.
        world.bucket.delete(&[Key::Closed.path()]).await.unwrap();
        commit
    });
    let shared = &["weather/module.json", "closed.json", "live/dep/"];
    let order = order(scene, shared, [opening, push_weather], |store, ended| {
        async move {
            let [opened, pushed] = ended;
            assert!(matches!(pushed, Ok(()) | Err(Error::Push(_))), "{pushed:?}");
            match opened {
                Ok(()) => is_withdrawn(store, "acme/weather").await,
                Err(error) => assert!(matches!(error, Error::DependsOnPrivate { .. }), "{error:?}"),
            }
        }
        .boxed_local()
    });
    in_random_orders(10_000, order);
}

fn push_weather(store: Machine, units: CommitId) -> LocalBoxFuture<'static, Result<(), Error>> {
    async move {
        let alice = person("alice");
        push_one(&store, &alice, "acme/weather", &["units.proto"], &[units]).await.map(drop)
    }
    .boxed_local()
}

/// What is taken from bob while his push waits.
#[derive(Clone, Copy, Debug)]
enum Loss {
    Membership,
    Role,
    Token,
    Person,
}

async fn take(world: &World, loss: Loss, bob: &User) {
    let (store, bobs) = (&world.store, owner("bob"));
    let administrator = User::administrator(owner("admin"));
    match loss {
        Loss::Membership => remove(store, "alice", "bob").await.unwrap(),
        Loss::Role => set_role(store, "bob", Role::Read).await.unwrap(),
        Loss::Token => {
            let id = bob.proof.token().cloned().unwrap();
            accounts::revoke_token(store, &administrator, &bobs, &id).await.unwrap();
        }
        Loss::Person => {
            accounts::set_disabled(store, &administrator, &bobs, true).await.unwrap();
        }
    }
}

/// Bob with a token in a registry where he may push.
async fn bob() -> (World, User) {
    let world = World::with_catalogue().await;
    with_bob(&world, Role::Write).await;
    let token = token(&world.store, "bob", Duration::from_secs(24 * 60 * 60)).await;
    let bob = accounts::user_of(&world.store, &token).await.unwrap().unwrap();
    (world, bob)
}

/// The keys of a push's operations, the one that makes it take place excluded, and what follows.
async fn steps_before_it_takes_place() -> u64 {
    let (world, bob) = bob().await;
    let keys: Rc<RefCell<Vec<String>>> = Rc::default();
    let noted = keys.clone();
    world.bucket.fault_on(move |_, key| {
        noted.borrow_mut().push(key.to_owned());
        None
    });
    push_one(&world.store, &bob, "acme/units", &[], &[]).await.unwrap();
    world.bucket.heal();
    let place = keys.borrow().iter().position(|key| key.starts_with("pushes/")).unwrap();
    place as u64
}

/// However long a push waits at whatever step: ten seconds after somebody has lost the right, nothing takes place any more.
#[tokio::test(start_paused = true)]
async fn a_push_that_waits_is_looked_at_again() {
    let steps = steps_before_it_takes_place().await;
    for loss in [Loss::Membership, Loss::Role, Loss::Token, Loss::Person] {
        for step in 1..=steps {
            let (world, bob) = bob().await;
            let is_waiting = Fault::Slow(Duration::from_secs(12));
            world.bucket.fault(move |n| (n == step).then_some(is_waiting));
            let pushing = push_one(&world.store, &bob, "acme/units", &[], &[]);
            let taking = async {
                world.store.sleep(Duration::from_secs(1)).await;
                take(&world, loss, &bob).await;
            };
            let (pushed, ()) = join(pushing, taking).await;
            let what = format!("{loss:?} at step {step} of {steps}: {pushed:?}");
            let is_refused =
                matches!(pushed, Err(Error::Forbidden { .. } | Error::BadCredentials { .. }));
            assert!(is_refused, "{what}");
            is_whole_or_nothing(&world.store, &pushed.map(drop)).await;
        }
    }
}

/// One that is just being made is not taken for one whose making was cut off: no token works that no list shows.
#[tokio::test(start_paused = true)]
async fn a_token_that_is_made_meanwhile_stays_in_the_list() {
    let world = World::new().await;
    accounts::ensure_user(&world.store, &owner("bob")).await.unwrap();
    let make = async || {
        let expires = world.store.now() + Duration::from_secs(3600);
        let new = NewToken { name: "new".into(), scope: Scope::Admin, modules: None, expires };
        accounts::create_token(&world.store, &person("bob"), &owner("bob"), &new).await
    };
    for _ in 0..99 {
        make().await.unwrap();
    }
    let mut is_first = true;
    world.bucket.fault_on(move |_, key| {
        let is_slow = key.starts_with("tokens/") && std::mem::take(&mut is_first);
        is_slow.then_some(Fault::Slow(Duration::from_secs(5)))
    });
    let later = async {
        world.store.sleep(Duration::from_secs(1)).await;
        make().await
    };
    let (one, other) = join(make(), later).await;
    let made: Vec<TokenText> = [one, other].into_iter().flatten().map(|(text, _)| text).collect();
    assert!(!made.is_empty());
    let listed = accounts::list_tokens(&world.store, &person("bob"), &owner("bob")).await.unwrap();
    for text in &made {
        let user = accounts::user_of(&world.store, text.expose()).await.unwrap().unwrap();
        assert!(listed.iter().any(|it| Some(&it.record.id) == user.proof.token()));
    }
}
