//! Ways of writing, each of which meets every fault at every step.

use super::World;
use futures::future::LocalBoxFuture;
use protoedge_registry::Error;
use protoedge_storage::{Fault, MemoryBucket, testing::random};
use std::{collections::BTreeMap, rc::Rc, time::Duration};

/// One way of writing.
pub struct Path {
    pub name: &'static str,
    /// What was there before.
    pub setup: for<'a> fn(&'a World) -> LocalBoxFuture<'a, ()>,
    /// What is done. It may be done twice.
    pub act: for<'a> fn(&'a World) -> LocalBoxFuture<'a, Result<(), Error>>,
    /// Whether readers see all of it or nothing. What takes several requests is seen in steps.
    pub is_atomic: bool,
}

/// Ways of writing with what is looked at.
pub struct Suite {
    pub paths: &'static [Path],
    /// What readers see, without what chance or the clock decided; and what must hold whatever they see.
    pub view: for<'a> fn(&'a World) -> LocalBoxFuture<'a, String>,
    /// What goes on behind a request, until nothing is left to do.
    pub settle: for<'a> fn(&'a World) -> LocalBoxFuture<'a, ()>,
    /// What must hold at every operation, of what was there before the first one and is there now.
    pub holds: Option<fn(&Objects, &Objects)>,
}

/// All objects of a bucket, by their keys.
pub type Objects = BTreeMap<String, Vec<u8>>;

fn objects(bucket: &MemoryBucket) -> Objects {
    bucket.keys().into_iter().filter_map(|key| bucket.peek(&key).map(|body| (key, body))).collect()
}

impl Suite {
    async fn world(&self, path: &Path) -> (World, Objects) {
        let world = World::with_catalogue().await;
        (path.setup)(&world).await;
        let before = objects(&world.bucket);
        (world, before)
    }

    /// What is seen before and after, and how many operations it takes.
    async fn undisturbed(&self, path: &Path) -> (String, String, u64) {
        let (world, before) = self.world(path).await;
        let seen = (self.view)(&world).await;
        let operations = world.bucket.operations();
        self.meet(&world, before, |_| None);
        (path.act)(&world).await.unwrap();
        let operations = world.bucket.operations() - operations;
        (self.settle)(&world).await;
        (seen, (self.view)(&world).await, operations)
    }

    /// Lets the operations from now on meet faults, and looks at each what must hold.
    fn meet(
        &self,
        world: &World,
        before: Objects,
        mut fault: impl FnMut(u64) -> Option<Fault> + 'static,
    ) {
        let (bucket, holds) = (Rc::downgrade(&world.bucket), self.holds);
        world.bucket.fault(move |n| {
            if let (Some(holds), Some(bucket)) = (holds, bucket.upgrade()) {
                holds(&before, &objects(&bucket));
            }
            fault(n)
        });
    }

    pub async fn every_fault_at_every_step(&self) {
        let slow = Fault::Slow(Duration::from_secs(10));
        for path in self.paths {
            let (before, done, operations) = self.undisturbed(path).await;
            for fault in [Fault::Before, Fault::After, Fault::Contended, Fault::Cut, slow] {
                for step in 1..=operations {
                    let what =
                        format!("{} meets {fault:?} at step {step} of {operations}", path.name);
                    let (world, objects) = self.world(path).await;
                    self.meet(&world, objects.clone(), move |n| (n == step).then_some(fault));
                    let acted = (path.act)(&world).await;
                    (self.settle)(&world).await;
                    let after = (self.view)(&world).await;
                    if fault == Fault::Contended || fault == slow {
                        assert!(acted.is_ok(), "{what}: {acted:?}");
                    }
                    if acted.is_ok() {
                        assert_eq!(after, done, "{what}");
                    } else if path.is_atomic {
                        assert!(after == before || after == done, "{what}: {acted:?}\n{after}");
                    }
                    self.meet(&world, objects, |_| None);
                    let again = (path.act)(&world).await;
                    again.unwrap_or_else(|error| panic!("{what}, again: {error:?}"));
                    (self.settle)(&world).await;
                    assert_eq!((self.view)(&world).await, done, "{what}, tried again");
                }
            }
        }
    }

    /// Many faults in one go, at random but the same in every run.
    pub async fn many_faults_in_any_order(&self) {
        const FAULTS: [Fault; 5] = [
            Fault::Before,
            Fault::After,
            Fault::Contended,
            Fault::Cut,
            Fault::Slow(Duration::from_secs(3)),
        ];
        for path in self.paths {
            let (_, done, operations) = self.undisturbed(path).await;
            // Some four in each try of a long way, and more often in a short one.
            let one_in = (operations / 4).max(8);
            for seed in 1..=100_u64 {
                let what = format!("{}, seed {seed}", path.name);
                let (world, objects) = self.world(path).await;
                let mut random = random(seed);
                self.meet(&world, objects, move |_| {
                    let drawn = random();
                    drawn
                        .is_multiple_of(one_in)
                        .then(|| FAULTS[(drawn >> 8) as usize % FAULTS.len()])
                });
                let mut tries = 0;
                while (path.act)(&world).await.is_err() {
                    tries += 1;
                    assert!(tries < 200, "{what}: no progress");
                    world.store.sleep(Duration::from_secs(5)).await;
                }
                (self.settle)(&world).await;
                assert_eq!((self.view)(&world).await, done, "{what}");
            }
        }
    }
}
