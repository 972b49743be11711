use crate::{
    config::Config, delivery::bell::Bell, http::Reply, metrics::Metrics, platform::Platform,
    reply::problem::Problem, sign_in::known_issuers::Issuers,
};
use protoedge_registry::Store;
use protoedge_sdk::Sdk;
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde_json::json;
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// A stored body of a platform.
pub(crate) type Download<P> = <<P as Platform>::Bucket as Bucket>::Download;

/// A reply of a platform.
pub type PlatformReply<P> = Reply<Download<P>>;

/// What a handler gives: a reply, or why there is none.
pub(crate) type Answer<P> = Result<PlatformReply<P>, Problem>;

/// What handlers work with. Made anew for each request; what it remembers is in the store's memo.
pub struct Context<P: Platform> {
    /// What carries requests and replies.
    pub platform: Rc<P>,
    /// The registry.
    pub store: Store<P::Bucket>,
    /// How it is set up.
    pub config: Rc<Config>,
    /// The uses that this machine has noted.
    pub usage: Rc<NotedUsage>,
    /// What this machine counts.
    pub metrics: Rc<Metrics>,
    /// What this machine knows of issuers of tokens.
    pub issuers: Rc<Issuers>,
    /// Rung when a generator has made what this request sent it.
    pub bell: Rc<Bell>,
}

/// Which uses this machine has noted already, so that it does not ask the bucket each time.
#[derive(Default)]
pub struct NotedUsage(pub(crate) RefCell<HashMap<Sdk, Timestamp>>);

impl<P: Platform> Clone for Context<P> {
    fn clone(&self) -> Self {
        Self {
            platform: self.platform.clone(),
            store: self.store.clone(),
            config: self.config.clone(),
            usage: self.usage.clone(),
            metrics: self.metrics.clone(),
            issuers: self.issuers.clone(),
            bell: self.bell.clone(),
        }
    }
}

impl<P: Platform> Context<P> {
    /// Writes the line of metrics, if it is time for one.
    pub(crate) fn log_metrics(&self) {
        if let Some(line) = self.metrics.take_if_due(self.store.now()) {
            self.platform.log(&line);
        }
    }

    /// Does something after the reply is out; what goes wrong is logged.
    pub(crate) fn in_background<F>(&self, task: F)
    where
        F: Future<Output = Result<(), BucketError>> + 'static,
    {
        let platform = self.platform.clone();
        self.platform.spawn(Box::pin(async move {
            if let Err(error) = task.await {
                let error = error.to_string();
                platform.log(&json!({ "event": "background", "error": error }));
            }
        }));
    }
}
