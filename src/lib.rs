//! The Worker: carries requests from Cloudflare to `crates/edge` and replies back. It decides
//! nothing.

mod bucket;
mod carry;
mod clock;
#[cfg(feature = "bucket-suite")]
mod conformance;
mod platform;
mod settings;

use crate::{bucket::R2, carry::Lifetime, clock::Machine, platform::Cloudflare};
use protoedge_edge::{App, Noted};
use protoedge_registry::{Memo, Store};
use protoedge_storage::Retrying;
use std::rc::Rc;
use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event};

/// Five of a hundred operations.
#[cfg(feature = "faulty")]
const FAILS_ONE_IN: u16 = 20;

thread_local! {
    /// What this machine remembers between requests: values only, never anything to wait on.
    static MEMO: Rc<Memo> = Rc::default();
    static NOTED: Rc<Noted> = Rc::default();
}

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    #[cfg(feature = "bucket-suite")]
    if request.path() == "/-/bucket-suite" {
        return conformance::run(&env).await;
    }
    let app = match app(&env, Lifetime::Request(context)) {
        Ok(app) => app,
        Err(error) => return carry::not_set_up(&error),
    };
    let reply = app.handle(carry::request(request)?).await;
    carry::reply(reply)
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, context: ScheduleContext) {
    match app(&env, Lifetime::Schedule(context)) {
        Ok(app) => app.sweep().await,
        Err(error) => worker::console_error!("{error}"),
    }
}

fn app(env: &Env, lifetime: Lifetime) -> worker::Result<App<Cloudflare>> {
    let config = Rc::new(settings::read(env)?);
    let bucket = R2::new(env.bucket("BUCKET")?);
    #[cfg(feature = "faulty")]
    let bucket = protoedge_storage::Faulty::new(bucket, Rc::new(Machine), FAILS_ONE_IN, |error| {
        worker::console_log!(
            "{}",
            serde_json::json!({ "event": "fault", "error": error.to_string() })
        );
    });
    let bucket = Retrying::new(Rc::new(bucket), Rc::new(Machine));
    let store =
        Store::new(Rc::new(bucket), Rc::new(Machine), config.hosts.clone(), MEMO.with(Rc::clone));
    let platform = Cloudflare::new(lifetime, env.rate_limiter("BUDGETS").ok());
    Ok(App::new(Rc::new(platform), store, config, NOTED.with(Rc::clone)))
}
