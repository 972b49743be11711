//! The Worker: carries requests from Cloudflare to `crates/edge` and replies back. It decides
//! nothing.

mod bucket;
mod clock;
#[cfg(feature = "bucket-suite")]
mod conformance;
mod convert;
mod crypto;
mod platform;
mod purge;
mod settings;

use crate::{bucket::R2, clock::Machine, convert::Invocation, platform::Cloudflare};
use protoedge_edge::{Config, Context, Issuers, Metrics, NotedUsage, Platform};
use protoedge_registry::{Memo, Store};
use protoedge_storage::{Counting, Retrying};
use std::{cell::OnceCell, rc::Rc};
use wasm_bindgen::JsCast;
use worker::{Env, RateLimiter, ScheduleContext, ScheduledEvent, event};

/// Five of a hundred operations.
#[cfg(feature = "faulty")]
const FAILS_ONE_IN: u16 = 20;

thread_local! {
    /// What this machine remembers between requests: values only, never anything to wait on.
    static MEMO: Rc<Memo> = Rc::default();
    static USAGE: Rc<NotedUsage> = Rc::default();
    static METRICS: Rc<Metrics> = Rc::default();
    static ISSUERS: Rc<Issuers> = Rc::default();
    /// What this machine is set up with: it does not change while the machine runs.
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
    static BINDINGS: OnceCell<Bindings> = const { OnceCell::new() };
}

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
    convert::start();
}

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    invocation: worker::Context,
) -> worker::Result<web_sys::Response> {
    #[cfg(feature = "bucket-suite")]
    if request.url().ends_with("/-/bucket-suite") {
        return conformance::run(&env).await.map(Into::into);
    }
    let context = match context(&env, Invocation::Request(invocation)) {
        Ok(context) => context,
        Err(error) => return convert::not_set_up(&error),
    };
    let reply = protoedge_edge::handle(&context, convert::request(request)).await;
    convert::reply(reply)
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, invocation: ScheduleContext) {
    let purge = match js_sys::Reflect::get(&env, &"PURGE".into()).map(JsCast::dyn_into) {
        Ok(Ok(purge)) => purge,
        Ok(Err(_)) | Err(_) => return worker::console_error!("src/entry.mjs gives no PURGE"),
    };
    match context(&env, Invocation::Schedule { context: invocation, purge }) {
        Ok(context) => protoedge_edge::sweep(&context).await,
        Err(error) => worker::console_error!("{error}"),
    }
}

fn context(env: &Env, invocation: Invocation) -> worker::Result<Context<Cloudflare>> {
    let (config, Bindings { bucket, budgets }) = (config(env)?, bindings(env)?);
    let clock = Rc::new(Machine);
    let store = Store::new(bucket, clock, config.hosts.clone(), MEMO.with(Rc::clone))
        .requiring_sign_in(config.requires_sign_in)
        .telling_private_addresses(config.tells_private_addresses)
        .sealing_with(config.admin_tokens.primary());
    let platform = Rc::new(Cloudflare::new(invocation, budgets));
    let (usage, metrics) = (USAGE.with(Rc::clone), METRICS.with(Rc::clone));
    let issuers = ISSUERS.with(Rc::clone);
    Ok(Context { platform, store, config, usage, metrics, issuers, bell: Rc::default() })
}

/// What the runtime gives a Worker to work with. It belongs to no request, and does not change while the machine runs.
#[derive(Clone)]
struct Bindings {
    bucket: Rc<<Cloudflare as Platform>::Bucket>,
    /// None where no rate limit is bound.
    budgets: Rc<Option<RateLimiter>>,
}

fn bindings(env: &Env) -> worker::Result<Bindings> {
    if let Some(bindings) = BINDINGS.with(|known| known.get().cloned()) {
        return Ok(bindings);
    }
    let bucket = R2::new(env.bucket("BUCKET")?);
    #[cfg(feature = "faulty")]
    let bucket = protoedge_storage::Faulty::new(bucket, Rc::new(Machine), FAILS_ONE_IN, |error| {
        let line = serde_json::json!({ "event": "fault", "error": error.to_string() });
        convert::log(&line.to_string());
    });
    let bucket = Counting::new(Rc::new(bucket), METRICS.with(|metrics| metrics.bucket()));
    let bucket = Rc::new(Retrying::new(Rc::new(bucket), Rc::new(Machine)));
    let bindings = Bindings { bucket, budgets: Rc::new(env.rate_limiter("BUDGETS").ok()) };
    BINDINGS.with(|known| known.set(bindings.clone()).ok());
    Ok(bindings)
}

/// The settings. Those that are wrong are read again: the log says each time which.
fn config(env: &Env) -> worker::Result<Rc<Config>> {
    if let Some(config) = CONFIG.with(|config| config.get().cloned()) {
        return Ok(config);
    }
    let config = Rc::new(settings::read(env)?);
    CONFIG.with(|known| known.set(config.clone()).ok());
    Ok(config)
}
