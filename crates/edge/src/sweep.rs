use crate::{
    app::App,
    platform::Platform,
    problem::Problem,
    pursue::{Progress, Wish},
};
use protoedge_sdk::Sdk;
use serde_json::json;

/// How many pushes and orders one run looks at: a Worker may do 1,000 bucket operations in a run,
/// an order takes about five, an npm order five for each SDK in its closure.
const PUSHES: usize = 20;
const ORDERS: usize = 40;

/// How many uses of a new plugin one request or run looks at: each takes 25 bucket operations until it is ordered with what
/// its dependents pin, and as many as any order from there on.
pub(crate) const USES: u32 = 20;

impl<P: Platform> App<P> {
    /// The scheduled handler: finishes what was promised and not delivered, the oldest first.
    pub async fn sweep(&self) {
        let result = self.sweep_once().await;
        let line = match result {
            Ok(0) => return,
            Ok(orders) => json!({ "event": "sweep", "orders": orders }),
            Err(problem) => json!({ "event": "sweep", "error": problem.message }),
        };
        self.platform.log(&line);
    }

    async fn sweep_once(&self) -> Result<usize, Problem> {
        // One that cannot be finished now must not keep the others waiting.
        if let Err(error) = self.store.finish_pushes(PUSHES).await {
            self.complain(&error.to_string());
        }
        if let Err(error) = self.store.finish_publications(USES).await {
            self.complain(&error.to_string());
        }
        let orders = self.store.oldest_orders(ORDERS).await?;
        for order in &orders {
            if let Err(problem) = self.look_after(&order.sdk).await {
                self.complain(&problem.message);
                self.store.postpone_order(&order.sdk).await?;
            }
        }
        Ok(orders.len())
    }

    fn complain(&self, error: &str) {
        self.platform.log(&json!({ "event": "sweep", "error": error }));
    }

    /// Goes on with one order, or forgets it: it is listed, or it is rejected.
    async fn look_after(&self, sdk: &Sdk) -> Result<(), Problem> {
        if self.store.is_listed(sdk).await? {
            return Ok(self.store.forget_order(sdk).await?);
        }
        match self.pursue(sdk, Wish::Ours).await? {
            Progress::Rejected(_) => Ok(self.store.forget_order(sdk).await?),
            Progress::Coming => Ok(()),
            // Behind the others, which would else never be the oldest.
            Progress::Resting(_) => Ok(self.store.postpone_order(sdk).await?),
        }
    }
}
