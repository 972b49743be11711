use crate::{
    config::Config,
    goproxy,
    http::{Reply, Request},
    platform::Platform,
    problem::{Kind, Problem},
    reply::{Cache, Reader, Source, refuse},
    route::{Hop, Route},
};
use protoedge_bufapi::connect;
use protoedge_registry::Store;
use protoedge_sdk::{OwnerName, Sdk};
use protoedge_storage::Bucket;
use serde_json::json;
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// A stored body of a platform.
pub(crate) type Download<P> = <<P as Platform>::Bucket as Bucket>::Download;

/// A reply of a platform.
pub type AppReply<P> = Reply<Download<P>>;

pub(crate) type Answer<P> = Result<AppReply<P>, Problem>;

/// The registry as HTTP. Made anew for each request; what it remembers is in the store's memo.
pub struct App<P: Platform> {
    pub(crate) platform: Rc<P>,
    pub(crate) store: Store<P::Bucket>,
    pub(crate) config: Rc<Config>,
    pub(crate) noted: Rc<Noted>,
}

/// Which uses this machine has noted already, so that it does not ask the bucket each time.
#[derive(Default)]
pub struct Noted(pub(crate) RefCell<HashMap<Sdk, protoedge_storage::Timestamp>>);

impl<P: Platform> Clone for App<P> {
    fn clone(&self) -> Self {
        Self {
            platform: self.platform.clone(),
            store: self.store.clone(),
            config: self.config.clone(),
            noted: self.noted.clone(),
        }
    }
}

impl<P: Platform> App<P> {
    /// Joins the parts.
    pub fn new(
        platform: Rc<P>,
        store: Store<P::Bucket>,
        config: Rc<Config>,
        noted: Rc<Noted>,
    ) -> Self {
        Self { platform, store, config, noted }
    }

    /// Answers a request. A HEAD is a GET without its body.
    pub async fn handle(&self, request: Request<P::Body>) -> AppReply<P> {
        let started = self.store.now();
        let line = json!({ "event": "request", "method": request.method, "path": request.path });
        let route = Route::parse(&request.path, request.query.as_deref());
        let reply = self.answer(route, request).await.unsniffed();
        self.log(line, &reply, started);
        reply
    }

    fn log(
        &self,
        mut line: serde_json::Value,
        reply: &AppReply<P>,
        started: protoedge_storage::Timestamp,
    ) {
        let took = self.store.now().since(started).as_millis();
        line["status"] = reply.status.into();
        line["ms"] = u64::try_from(took).unwrap_or(u64::MAX).into();
        line["cache"] = reply.header("cache-status").into();
        if let Some(reason) = &reply.reason {
            line["error"] = reason.as_str().into();
        }
        self.platform.log(&line);
    }

    async fn answer(&self, route: Route, request: Request<P::Body>) -> AppReply<P> {
        let path = request.path.clone();
        let is_sent_on = Hop::find(request.query.as_deref()).is_some();
        let (reader, answer) = match route {
            Route::Go(go) => (Reader::Go, self.go(go, &request).await),
            Route::GoGet(path) => (Reader::Go, self.go_get(&path, &request)),
            Route::GoForeign => (Reader::Go, Err(Problem::foreign(&path))),
            Route::GoHome => (Reader::Go, self.home(&request)),
            Route::NpmHome => (Reader::Json, self.npm_home(&request)),
            Route::Npm(npm) => (Reader::Json, self.npm(npm, &request).await),
            Route::NpmForeign | Route::Foreign => (Reader::Json, Err(Problem::foreign(&path))),
            Route::Rpc(rpc) => {
                return match head(&request).check() {
                    Ok(()) => self.rpc(rpc, request).await,
                    Err(error) => refuse_head(&error),
                };
            }
            Route::UnknownRpc => {
                let problem = Problem::new(
                    Kind::Unimplemented,
                    format!("this registry does not have the RPC {path}"),
                );
                (Reader::Buf, Err(problem))
            }
            Route::Job { job, call } => (Reader::Json, self.job(&job, call, request).await),
            // In plain text: the buf CLI then asks for a token at the terminal, and gives up at anything else.
            Route::SignIn => (Reader::Go, Err(Self::no_sign_in(&path))),
            Route::Tokens => (Reader::Json, self.tokens(request).await),
            Route::Catalogue => (Reader::Json, self.catalogue(request).await),
            Route::Attempts => (Reader::Json, self.attempts(request).await),
            Route::Home => (Reader::Go, self.home(&request)),
        };
        let reply = answer.unwrap_or_else(|problem| refuse(&problem, reader));
        // Whatever is answered where we sent a client on to wait is for that client alone.
        if is_sent_on { reply.uncached() } else { reply }
    }

    fn home(&self, request: &Request<P::Body>) -> Answer<P> {
        reading(request)?;
        let Config { public_url, hosts, .. } = &*self.config;
        let text = format!(
            "This is a protoedge registry.\n\nGOPROXY={public_url}/gen/go,…  packages below {}/gen/go/\nnpm config set {}:registry {public_url}/gen/npm/v1/\n",
            hosts.registry_host, hosts.npm_scope
        );
        Ok(goproxy::text(request, text, Cache::Revalidated, "text/plain; charset=utf-8"))
    }

    fn no_sign_in(path: &str) -> Problem {
        let message = format!(
            "this registry serves nothing at {path}: it has no sign-in by browser; ask an administrator for a token"
        );
        Problem::new(Kind::Foreign, message)
    }

    /// The name that the administrators' token acts under.
    pub(crate) fn admin_name() -> Result<OwnerName, Problem> {
        "admin".parse().map_err(Problem::from)
    }
}

/// Refuses methods other than GET and HEAD.
pub(crate) fn reading<B>(request: &Request<B>) -> Result<(), Problem> {
    allow(request, &["GET", "HEAD"])
}

/// Refuses methods other than these.
pub(crate) fn allow<B>(request: &Request<B>, methods: &[&str]) -> Result<(), Problem> {
    if methods.contains(&request.method.as_str()) {
        return Ok(());
    }
    Err(Problem::method(&request.path, methods, &request.method))
}

fn head<B>(request: &Request<B>) -> connect::Request<'_> {
    connect::Request {
        method: &request.method,
        content_type: request.header("content-type"),
        content_encoding: request.header("content-encoding"),
        protocol_version: request.header("connect-protocol-version"),
    }
}

fn refuse_head<D>(error: &connect::BadRequest) -> Reply<D> {
    let mut reply = match error {
        connect::BadRequest::Method { .. } => Reply::empty(error.status()).with("allow", "POST"),
        connect::BadRequest::MediaType { .. } => {
            Reply::empty(error.status()).with("accept-post", connect::MEDIA_TYPE)
        }
        connect::BadRequest::Connect(error) => {
            Reply::bytes(error.status(), connect::ConnectError::MEDIA_TYPE, error.body())
        }
    };
    reply.reason = Some(error.to_string());
    reply.cached(Cache::NoStore, Source::Failed)
}
