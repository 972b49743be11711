//! Several who push to one module at once, and some who are cut off: whatever the order of their bucket
//! operations, a module's commits are those that pushes returned, and no others.

use protoedge_registry::accounts;
use protoedge_registry::modules;
use protoedge_registry::push;
mod common;

use common::{World, content};
use futures::{
    FutureExt,
    future::{LocalBoxFuture, poll_fn},
};
use protoedge_registry::{Commit, Content, Credentials, Error, Memo, Store, Upload, User};
use protoedge_sdk::{CommitId, Hosts, ModuleName};
use protoedge_storage::{Clock, Fault, MemoryBucket, Snapshot, Timestamp, testing::random};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

const MODULES: [&str; 2] = ["acme/units", "acme/weather"];

/// Who sleeps is not asked before somebody else could go first; then it is as late as it wanted.
struct Machine {
    now: Rc<Cell<Timestamp>>,
    chance: RefCell<Box<dyn FnMut() -> u64>>,
}

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn random(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let drawn = (self.chance.borrow_mut())().to_be_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        let (now, mut until) = (self.now.clone(), None);
        poll_fn(move |_| match until {
            None => {
                until = Some(now.get() + time);
                Poll::Pending
            }
            Some(until) => {
                now.set(now.get().max(until));
                Poll::Ready(())
            }
        })
        .boxed_local()
    }
}

/// A module that depends on another, with a commit each.
struct Scene {
    bucket: Snapshot,
    now: Timestamp,
}

fn scene() -> Scene {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::new().await;
        world.push(both(&[], "message Old {}"), &[]).await;
        Scene { bucket: world.bucket.snapshot(), now: world.store.now() }
    })
}

fn both(labels: &[&str], extra: &str) -> Vec<Content> {
    vec![
        content("acme/weather", &[], &["units.proto"], extra),
        content("acme/units", labels, &[], extra),
    ]
}

/// What each of them does: a push, or nothing but moving the default label back.
fn contents() -> Vec<Option<Vec<Content>>> {
    let units = |labels: &[&str], extra| Some(vec![content("acme/units", labels, &[], extra)]);
    vec![
        units(&[], "message A {}"),
        units(&[], "message B {}"),
        units(&[], "message A {}"),
        units(&["feature", "main"], "message C {}"),
        units(&["feature"], "message D {}"),
        Some(both(&[], "message E {}")),
        Some(both(&["main", "other"], "message A {}")),
        None,
    ]
}

/// One of those who write at once.
struct Writer<'a> {
    user: User,
    task: Option<LocalBoxFuture<'a, Result<Vec<Commit>, Error>>>,
    /// How often it is chosen, compared with others.
    weight: u64,
    /// After how many operations it is cut off.
    operations: u64,
    pushed: Option<Result<Vec<Commit>, Error>>,
}

struct Registry {
    store: Store<MemoryBucket>,
    bucket: Rc<MemoryBucket>,
    machine: Rc<Machine>,
}

impl Registry {
    fn new(scene: &Scene, seed: u64) -> Self {
        let machine = Rc::new(Machine {
            now: Rc::new(Cell::new(scene.now + Duration::from_secs(5))),
            chance: RefCell::new(Box::new(random(seed ^ 0xabcd))),
        });
        let bucket = MemoryBucket::restored(machine.clone(), scene.bucket.clone());
        let bucket = Rc::new(bucket);
        let hosts =
            Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() };
        let store = Store::new(bucket.clone(), machine.clone(), hosts, Rc::new(Memo::default()));
        Self { store, bucket, machine }
    }

    /// The commits that anybody can find, by what leads to them: logs and ids.
    fn found(&self) -> BTreeMap<CommitId, Commit> {
        let mut found = BTreeMap::new();
        for name in MODULES {
            let seen = alone(common::seen(&self.store, &name.parse().unwrap()));
            let (listed, _) =
                alone(modules::list_commits(&self.store, &seen, None, 100, true)).unwrap();
            found.extend(listed.into_iter().map(|commit| (commit.id.clone(), commit)));
        }
        for key in self.bucket.keys().iter().filter(|key| key.starts_with("ids/")) {
            let record: serde_json::Value =
                serde_json::from_slice(&self.bucket.peek(key).unwrap()).unwrap();
            let id: CommitId = record["data"]["id"].as_str().unwrap().parse().unwrap();
            if let Ok((_, commit)) =
                alone(modules::commit_by_id(&self.store, &Credentials::None, &id))
            {
                found.insert(commit.id.clone(), commit);
            }
        }
        found
    }

    /// What the default label of a module has named, the oldest first.
    fn named(&self, module: &str) -> Vec<CommitId> {
        let (module, label) = (module.parse().unwrap(), "main".parse().unwrap());
        let module = alone(common::seen(&self.store, &module));
        let record = alone(modules::find_label(&self.store, &module, &label)).unwrap().unwrap();
        record.history.into_iter().map(|it| it.commit).collect()
    }

    /// What the scheduled handler does once nobody is at it any more.
    fn sweep(&self) {
        self.machine.now.set(self.store.now() + Duration::from_secs(61));
        alone(push::finish_pushes(&self.store, 100)).unwrap();
        let left = self.bucket.keys();
        assert!(!left.iter().any(|key| key.starts_with("pushes/")), "{left:?}");
    }

    async fn write(
        &self,
        user: &User,
        contents: Option<Vec<Content>>,
    ) -> Result<Vec<Commit>, Error> {
        if let Some(contents) = contents {
            let upload = Upload { contents, deps: Vec::new() };
            return Ok(push::push(&self.store, user, &upload).await?.commits);
        }
        let units: ModuleName = "acme/units".parse().unwrap();
        let module = accounts::see(&self.store, &Credentials::None, &units).await?;
        let (commits, _) = modules::list_commits(&self.store, &module, None, 1, false).await?;
        modules::move_by_hand(&self.store, user, &module, &module.default_label, &commits[0])
            .await?;
        Ok(Vec::new())
    }
}

/// Runs something while nobody else does anything.
fn alone<T>(task: impl Future<Output = T>) -> T {
    let mut task = Box::pin(task);
    let mut context = Context::from_waker(futures::task::noop_waker_ref());
    loop {
        if let Poll::Ready(done) = task.as_mut().poll(&mut context) {
            return done;
        }
    }
}

/// Lets all of them write, one operation of one of them after the other, as chance wills.
fn interleave(writers: &mut [Writer<'_>], mut chance: impl FnMut() -> u64) {
    let mut context = Context::from_waker(futures::task::noop_waker_ref());
    loop {
        let weight = |writer: &Writer<'_>| writer.task.as_ref().map_or(0, |_| writer.weight);
        let total: u64 = writers.iter().map(weight).sum();
        if total == 0 {
            return;
        }
        let mut drawn = chance() % total;
        let chosen = writers.iter_mut().find(|writer| {
            let is_it = drawn < weight(writer);
            drawn = drawn.saturating_sub(weight(writer));
            is_it
        });
        let writer = chosen.unwrap();
        if writer.operations == 0 {
            writer.task = None;
            continue;
        }
        writer.operations -= 1;
        if let Poll::Ready(pushed) = writer.task.as_mut().unwrap().as_mut().poll(&mut context) {
            writer.pushed = Some(pushed);
            writer.task = None;
        }
    }
}

/// Some write at once; of `cut_off` some never go on after a while.
fn race(scene: &Scene, seed: u64, cut_off: bool) {
    let registry = Registry::new(scene, seed);
    let initial = registry.found();
    if seed.is_multiple_of(2) {
        registry.bucket.contend();
    }
    registry.bucket.fault_on(|_, _| Some(Fault::Slow(Duration::from_millis(20))));
    let mut chance = random(seed);
    let mut writers: Vec<Writer<'_>> = Vec::new();
    for (n, contents) in contents().into_iter().enumerate() {
        let user = User::administrator(format!("writer{n}").parse().unwrap());
        let is_cut_off = cut_off && chance().is_multiple_of(3);
        let task = {
            let (registry, user) = (&registry, user.clone());
            async move { registry.write(&user, contents).await }.boxed_local()
        };
        writers.push(Writer {
            user,
            task: Some(task),
            // Some are so slow that others give them up.
            weight: [1, 8, 64, 64][(chance() % 4) as usize],
            operations: if is_cut_off { chance() % 60 } else { u64::MAX },
            pushed: None,
        });
    }
    interleave(&mut writers, &mut chance);
    registry.bucket.heal();
    let gone: BTreeSet<CommitId> = writers
        .iter()
        .filter(|writer| writer.pushed.is_none())
        .filter_map(|writer| {
            alone(accounts::find_owner(&registry.store, &writer.user.name)).unwrap()
        })
        .map(|owner| owner.id)
        .collect();
    registry.sweep();

    let found = registry.found();
    let mut told: BTreeSet<CommitId> = initial.keys().cloned().collect();
    for writer in &writers {
        match &writer.pushed {
            Some(Ok(commits)) => told.extend(commits.iter().map(|commit| commit.id.clone())),
            Some(Err(error)) => panic!("seed {seed}: {}: {error}", writer.user.name),
            None => assert!(cut_off),
        }
    }
    for id in &told {
        assert!(found.contains_key(id), "seed {seed}: a push returned {id}, which is not there");
    }
    // Those who were cut off may have pushed, and were not told.
    for (id, commit) in &found {
        let is_told = told.contains(id) || gone.contains(&commit.created_by);
        assert!(is_told, "seed {seed}: nobody was told of {commit:?}");
    }
    for name in MODULES {
        let named = registry.named(name);
        let times: BTreeSet<_> = named.iter().map(|id| found[id].stamp.clone()).collect();
        let once: BTreeSet<_> = named.iter().collect();
        assert_eq!(times.len(), once.len(), "seed {seed}: two commits have one time");
        for commit in found.values().filter(|it| it.module.to_string() == name) {
            let is_named = named.contains(&commit.id);
            assert_eq!(is_named, !commit.stamp.is_zero(), "seed {seed}: {commit:?}");
        }
    }
    // And it goes on.
    let user = User::administrator("next".parse().unwrap());
    let next = alone(registry.write(&user, Some(both(&[], "message Next {}")))).unwrap();
    for (name, commit) in ["acme/weather", "acme/units"].iter().zip(&next) {
        assert_eq!(registry.named(name).last(), Some(&commit.id), "seed {seed}");
    }
}

#[test]
fn commits_are_those_that_pushes_returned() {
    let scene = scene();
    for seed in 1..=200 {
        race(&scene, seed, false);
    }
}

#[test]
fn whoever_is_cut_off_leaves_no_commit_that_did_not_take_place() {
    let scene = scene();
    for seed in 1..=400 {
        race(&scene, seed, true);
    }
}
