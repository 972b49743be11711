//! Several who write at once, in every order of their bucket operations.
//!
//! What runs here is the code itself, not a picture of it: shuttle tries one schedule after the other, with
//! a choice at every operation of the bucket, until all were tried.

use protoedge_registry::catalogue;
use protoedge_registry::generation;
use protoedge_registry::packages;
use protoedge_registry::push;
mod common;

use common::{
    WAITS, World, content, file_of, hashes,
    races::{Shuttled, in_every_order, machine, prepared},
};
use futures::future::{FutureExt, LocalBoxFuture};
use protoedge_registry::{GenerationState, Grant, Key, Memo, Requested, Store, Upload, User};
use protoedge_sdk::{Failure, FailureKind, Hosts, Sdk};
use protoedge_storage::{Clock, Fault, MemoryBucket, Snapshot, Timestamp};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

/// What is there when the race begins.
#[derive(Clone)]
struct Scene {
    bucket: Snapshot,
    now: Timestamp,
    /// units by es, weather by es (which pins it).
    units: Sdk,
    weather: Sdk,
    /// The job that the making of units names, if any.
    job: String,
}

/// One who takes part.
#[derive(Clone)]
struct Racer {
    store: Store<MemoryBucket>,
    bucket: Rc<MemoryBucket>,
    scene: Scene,
    /// What was sent, by whom and how often.
    sent: Rc<RefCell<Vec<String>>>,
}

type Task = fn(Racer) -> LocalBoxFuture<'static, ()>;

/// Prepares a bucket: a module that depends on another, and what `prepare` does.
fn scene(prepare: impl AsyncFn(&World, &Sdk, &Sdk) -> String) -> Scene {
    let (bucket, now, (units, weather, job)) = prepared(async |world| {
        let contents = vec![
            content("acme/units", &[], &[], ""),
            content("acme/weather", &[], &["units.proto"], ""),
        ];
        let commits = world.push(contents, &[]).await.commits;
        let catalogue = catalogue::catalogue(&world.store).await.unwrap();
        let entry = catalogue.catalogue.newest(&"bufbuild/es".parse().unwrap(), |_| true).unwrap();
        let (units, weather) =
            (Sdk::new(entry, &commits[0].locked()), Sdk::new(entry, &commits[1].locked()));
        let job = prepare(world, &units, &weather).await;
        (units, weather, job)
    });
    // Any generator that was alive is silent for too long now.
    Scene { bucket, now: now + Duration::from_secs(60), units, weather, job }
}

/// Lets tasks race in every order of their operations on the objects that they share, whose keys contain
/// one of `shared`, and looks at the end of each. What only one of them writes or nobody does is the same
/// in every order.
fn race(
    scene: Scene,
    shared: &'static [&'static str],
    tasks: &'static [Task],
    end: fn(&Racer) -> LocalBoxFuture<'_, ()>,
) {
    in_every_order(move || {
        let scene = scene.clone();
        async move {
            let racer = racer(scene);
            catalogue::catalogue(&racer.store).await.unwrap();
            watch(&racer, shared);
            let started: Vec<_> = tasks
                .iter()
                .map(|task| shuttle::future::spawn_local(task(racer.clone())))
                .collect();
            for task in started {
                task.await.unwrap();
            }
            racer.bucket.heal();
            end(&racer).await;
        }
        .boxed_local()
    });
}

fn racer(scene: Scene) -> Racer {
    let clock: Rc<dyn Clock> = Rc::new(Shuttled::new(scene.now));
    let bucket = Rc::new(MemoryBucket::restored(clock.clone(), scene.bucket.clone()));
    let store = machine(&bucket, &clock);
    Racer { store, bucket, scene, sent: Rc::default() }
}

/// At every operation somebody else may go first, and what must never be seen is looked for.
fn watch(racer: &Racer, shared: &'static [&'static str]) {
    let Scene { units, weather, .. } = &racer.scene;
    let (units, weather) = (units.clone(), weather.clone());
    let bucket = Rc::downgrade(&racer.bucket);
    let mut seen: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    racer.bucket.fault_on(move |_, key| {
        let bucket = bucket.upgrade().unwrap();
        let is_there = |key: Key<'_>| bucket.peek(&key.path());
        for sdk in [&units, &weather] {
            let path = Key::File(sdk, file_of(sdk)).path();
            let body = bucket.peek(&path);
            assert!(body.is_some() || is_there(Key::Listed(sdk)).is_none(), "listed without bytes");
            if let Some(body) = body {
                let first = seen.entry(path).or_insert_with(|| body.clone());
                assert_eq!(*first, body, "two artifacts for one version");
            }
        }
        let is_early =
            is_there(Key::Listed(&weather)).is_some() && is_there(Key::Listed(&units)).is_none();
        assert!(!is_early, "listed before what it pins");
        let is_shared = shared.iter().any(|part| key.contains(part));
        is_shared.then_some(Fault::Slow(Duration::ZERO))
    });
}

impl Racer {
    async fn grant(&self, sdk: &Sdk) -> Grant {
        common::seen(&self.store, &sdk.module).await
    }

    async fn state_of_units(&self) -> Option<GenerationState> {
        let units = &self.scene.units;
        generation::state(&self.store, &self.grant(units).await, units).await.unwrap()
    }

    /// The generator says that the job of units failed; what is sent then counts.
    async fn tell(&self, kind: FailureKind) {
        let failure = Failure { kind, message: "died".into(), generator: "1".into() };
        let Scene { units, job, .. } = &self.scene;
        let asked = generation::failed(&self.store, units, job, &failure, "1").await.unwrap();
        if let Some(Requested::Send { job, .. }) = asked {
            self.sent.borrow_mut().push(job);
        }
    }

    /// Units is shown, and its making is over.
    async fn is_made(&self) {
        let units = &self.scene.units;
        assert!(self.is_shown(units).await);
        assert_eq!(self.state_of_units().await, Some(GenerationState::Done));
    }

    async fn put(&self, sdk: &Sdk, bytes: &str) {
        let bytes = bytes.as_bytes();
        packages::put_file(&self.store, sdk, file_of(sdk), bytes.to_vec(), &hashes(bytes), None)
            .await
            .unwrap();
    }

    async fn publish(&self, sdk: &Sdk) {
        let catalogue = catalogue::catalogue(&self.store).await.unwrap();
        packages::publish(&self.store, sdk, &catalogue.catalogue).await.unwrap();
    }

    async fn ask(&self) {
        if let Requested::Send { job, .. } =
            generation::request(&self.store, &self.scene.units, WAITS).await.unwrap()
        {
            self.sent.borrow_mut().push(job);
        }
    }

    async fn is_shown(&self, sdk: &Sdk) -> bool {
        let module = self.grant(sdk).await;
        let listing = packages::listing(&self.store, &module, &sdk.package()).await.unwrap();
        listing.get(&sdk.version).is_some()
    }
}

fn ask(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move { racer.ask().await }.boxed_local()
}

fn alive(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move {
        generation::heartbeat(&racer.store, &racer.scene.units, &racer.scene.job).await.unwrap();
    }
    .boxed_local()
}

fn fail(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move { racer.tell(FailureKind::Trouble).await }.boxed_local()
}

fn reject(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move { racer.tell(FailureKind::Rejected).await }.boxed_local()
}

fn bring_one(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move {
        racer.put(&racer.scene.units, "one").await;
        racer.publish(&racer.scene.units).await;
    }
    .boxed_local()
}

fn bring_other(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move {
        racer.put(&racer.scene.units, "other").await;
        racer.publish(&racer.scene.units).await;
    }
    .boxed_local()
}

fn publish_units(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move { racer.publish(&racer.scene.units).await }.boxed_local()
}

fn publish_weather(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move { racer.publish(&racer.scene.weather).await }.boxed_local()
}

fn fold(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move {
        let package = racer.scene.units.package();
        let module = racer.grant(&racer.scene.units).await;
        let listing = packages::listing(&racer.store, &module, &package).await.unwrap();
        packages::compact(&racer.store, &package, &listing).await.unwrap();
    }
    .boxed_local()
}

fn read(racer: Racer) -> LocalBoxFuture<'static, ()> {
    async move { assert!(racer.is_shown(&racer.scene.units).await, "a listed version is not shown") }
        .boxed_local()
}

const MAKING: &[&str] = &["state.json"];
const LISTED: &[&str] = &["/listed", "/waiting/"];

/// Whoever comes first, the others hear that somebody is at it.
#[test]
fn of_those_who_ask_at_once_one_sends() {
    let scene = scene(async |_, _, _| String::new());
    race(scene, MAKING, &[ask, ask, ask], |racer| {
        async move { assert_eq!(racer.sent.borrow().len(), 1) }.boxed_local()
    });
}

/// A job that was silent for too long comes back to life while somebody takes over: the making names one
/// job, and nobody else was sent.
#[test]
fn a_late_sign_of_life_and_a_takeover_end_with_one_job() {
    let scene = scene(running);
    race(scene, MAKING, &[alive, ask], |racer| {
        async move {
            let making = racer.state_of_units().await;
            let sent = racer.sent.borrow().clone();
            match making {
                Some(GenerationState::Running { job, .. }) => {
                    assert_eq!((job, sent), (racer.scene.job.clone(), vec![]));
                }
                Some(GenerationState::Wanted { job, .. }) => assert_eq!(sent, [job]),
                other => panic!("{other:?}"),
            }
        }
        .boxed_local()
    });
}

/// A job's failure counts once, whether a waiting client or the failure itself starts the next attempt.
#[test]
fn a_failure_and_a_takeover_start_one_attempt() {
    let scene = scene(running);
    race(scene, MAKING, &[fail, ask], |racer| {
        async move {
            let making = racer.state_of_units().await;
            let Some(GenerationState::Wanted { job, effort, .. }) = making else {
                panic!("{making:?}")
            };
            assert_eq!((*racer.sent.borrow()).clone(), [job]);
            assert_eq!(effort.attempt, 2);
        }
        .boxed_local()
    });
}

/// Two generators make the same SDK, one of them given up for dead, and differ: the first artifact stays.
#[test]
fn two_jobs_bring_one_artifact() {
    let scene = scene(running);
    let shared = &["/files/", "/listed"];
    race(scene, shared, &[bring_one, bring_other], |racer| racer.is_made().boxed_local());
}

/// One who asks while the artifact is brought starts no making that nobody ends.
#[test]
fn asking_while_it_is_brought_leaves_it_done() {
    let scene = scene(running);
    race(scene, &["/files/", "state.json"], &[bring_one, ask], |racer| {
        async move {
            assert!(racer.is_shown(&racer.scene.units).await);
            // A stored artifact beats every state: whoever was sent finds it.
            racer.publish(&racer.scene.units).await;
            racer.is_made().await;
        }
        .boxed_local()
    });
}

/// An SDK and the one that it pins are published at once: in every order both are listed in the end, by one
/// or the other, and never the wrong one first.
#[test]
fn what_is_pinned_and_what_pins_it_are_both_listed() {
    let scene = scene(brought);
    race(scene, LISTED, &[publish_units, publish_weather], |racer| {
        async move {
            assert!(racer.is_shown(&racer.scene.units).await);
            assert!(racer.is_shown(&racer.scene.weather).await, "it waits for ever");
        }
        .boxed_local()
    });
}

/// A listed version is shown to a reader in every order of a folder's steps.
#[test]
fn folding_hides_nothing() {
    let scene = scene(async |world: &World, units: &Sdk, weather: &Sdk| {
        let none = brought(world, units, weather).await;
        let catalogue = catalogue::catalogue(&world.store).await.unwrap();
        packages::publish(&world.store, units, &catalogue.catalogue).await.unwrap();
        none
    });
    race(scene, &["index.json", "/live/", "pending"], &[fold, read], |racer| {
        async move { assert!(racer.is_shown(&racer.scene.units).await) }.boxed_local()
    });
}

/// The making of units names a job that was alive long ago.
async fn running(world: &World, units: &Sdk, _: &Sdk) -> String {
    let Requested::Send { job, .. } =
        generation::request(&world.store, units, WAITS).await.unwrap()
    else {
        panic!()
    };
    generation::heartbeat(&world.store, units, &job).await.unwrap();
    job
}

/// Both artifacts are stored, and neither is listed.
async fn brought(world: &World, units: &Sdk, weather: &Sdk) -> String {
    for sdk in [units, weather] {
        packages::put_file(
            &world.store,
            sdk,
            file_of(sdk),
            b"bytes".to_vec(),
            &hashes(b"bytes"),
            None,
        )
        .await
        .unwrap();
    }
    String::new()
}

/// One generator brings what another one fails at or rejects: what is stored counts.
#[test]
fn what_was_brought_beats_a_failure() {
    let shared = &["/files/", "state.json"];
    for tasks in [&[bring_one as Task, fail], &[bring_one as Task, reject]] {
        race(scene(running), shared, tasks, |racer| racer.is_made().boxed_local());
    }
}

/// Somebody folds what is pending while another version is published: nothing is lost on the way.
#[test]
fn folding_and_publishing_lose_nothing() {
    let mut scene = scene(brought);
    scene.weather = other_version(&mut scene);
    race(scene, &["/index.json", "/live/"], &[fold, publish_weather], |racer| {
        async move {
            assert!(racer.is_shown(&racer.scene.units).await, "the older version is gone");
            assert!(racer.is_shown(&racer.scene.weather).await, "the newer version is gone");
            // And what is folded once more is the same.
            fold(racer.clone()).await;
            assert!(racer.is_shown(&racer.scene.units).await);
            assert!(racer.is_shown(&racer.scene.weather).await);
        }
        .boxed_local()
    });
}

/// Lists units, and brings another version of the same package, which is not listed yet.
fn other_version(scene: &mut Scene) -> Sdk {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let clock: Rc<dyn Clock> = Rc::new(protoedge_storage::testing::Simulated::new());
        let bucket = Rc::new(MemoryBucket::restored(clock.clone(), scene.bucket.clone()));
        let hosts =
            Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() };
        let store = Store::new(bucket.clone(), clock, hosts, Rc::new(Memo::default()));
        let user = User::unlimited("alice".parse().unwrap());
        let contents = vec![content("acme/units", &[], &[], "message Other {}")];
        let upload = Upload { contents, deps: Vec::new() };
        // Chance starts over, and some ids are taken.
        let commit = push::push(&store, &user, &upload).await.unwrap().commits.remove(0);
        let published = catalogue::catalogue(&store).await.unwrap();
        let entry = published.catalogue.newest(&scene.units.plugin, |_| true).unwrap();
        let other = Sdk::new(entry, &commit.locked());
        packages::publish(&store, &scene.units, &published.catalogue).await.unwrap();
        packages::put_file(
            &store,
            &other,
            file_of(&other),
            b"other".to_vec(),
            &hashes(b"other"),
            None,
        )
        .await
        .unwrap();
        scene.bucket = bucket.snapshot();
        other
    })
}
