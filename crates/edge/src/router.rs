#[cfg(feature = "test-ecosystem")]
use crate::ecosystem::test_ecosystem;
use crate::{
    accounts, admin,
    config::Config,
    context::{Answer, Context, PlatformReply},
    ecosystem::{archive, clients::clients, go, npm, python},
    http::{Reply, Request},
    jobs, oauth2, pages,
    pages::Page,
    platform::Platform,
    renovate,
    reply::{
        Cache, Lifetime, Reader,
        method::reading,
        problem::{Kind, Problem},
        refuse,
        text::text,
    },
    route::{Redirect, Route},
    rpc, upstreams,
};
use protoedge_registry::accounts as registry;
use protoedge_sdk::Ecosystem;
use protoedge_storage::Timestamp;
use serde_json::json;

/// Answers a request. A HEAD is a GET without its body.
pub async fn handle<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> PlatformReply<P> {
    let started = context.store.now();
    context.metrics.begin(started);
    let line = json!({ "event": "request", "method": request.method, "path": request.path });
    let route = Route::parse(&request.path, request.query.as_deref());
    let mut reply = answer(context, route, request).await.unsniffed();
    if context.config.requires_sign_in {
        reply = reply.for_viewer();
    }
    note_token_uses(context);
    log(context, line, &reply, started);
    reply
}

/// What every request gets while the registry lacks a setting. `reason` names it, and never its value.
pub fn not_set_up<D>(reason: &str) -> Reply<D> {
    let problem = Problem::new(Kind::Trouble, format!("this registry is not set up: {reason}"));
    refuse(&problem, Reader::Go).unsniffed()
}

/// Writes down on which days tokens were used, after the reply is out.
fn note_token_uses<P: Platform>(context: &Context<P>) {
    if registry::has_token_uses(&context.store) {
        let store = context.store.clone();
        context.in_background(async move { registry::note_token_uses(&store).await });
    }
}

fn log<P: Platform>(
    context: &Context<P>,
    mut line: serde_json::Value,
    reply: &PlatformReply<P>,
    started: Timestamp,
) {
    let took = context.store.now().since(started);
    line["status"] = reply.status.into();
    line["ms"] = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into();
    line["cache"] = reply.source.status().into();
    if let Some(reason) = &reply.reason {
        line["error"] = reason.as_str().into();
    }
    context.platform.log(&line);
    context.metrics.count_reply(reply.status, reply.source, took);
    context.log_metrics();
}

async fn answer<P: Platform>(
    context: &Context<P>,
    route: Route,
    request: Request<P::Body>,
) -> PlatformReply<P> {
    let path = request.path.clone();
    let is_redirected = Redirect::find(request.query.as_deref()).is_some();
    let is_of_accounts = matches!(&route, Route::Api(_)) || is_own_page(&route);
    let (reader, answer) = match route {
        Route::Go(it) => {
            let answer = go::go(context, it, &request).await;
            (Reader::Go, answer.map_err(told(Ecosystem::Go, &request)))
        }
        Route::GoGet(path) => (Reader::Go, go::go_get(context, &path, &request)),
        Route::GoForeign => (Reader::Go, Err(Problem::foreign(&path))),
        Route::GoHome => (Reader::Go, home(context, &request)),
        Route::Renovate => (Reader::Json, renovate::renovate(context, &request)),
        Route::NpmHome => (Reader::Json, npm::npm_home(context, &request)),
        Route::Npm(it) => {
            let answer = npm::npm(context, it, &request).await;
            (Reader::Json, answer.map_err(told(Ecosystem::Npm, &request)))
        }
        // pip and uv print neither form of a problem; people who look at an address with a browser or curl read this one.
        Route::Python(it) => {
            let answer = Box::pin(python::python(context, it, &request)).await;
            (Reader::Go, answer.map_err(told(Ecosystem::Python, &request)))
        }
        // Also to who only prints what the status was.
        Route::Archive(it) => {
            let answer = Box::pin(archive::archive(context, it, &request)).await;
            (Reader::Go, answer.map_err(told(Ecosystem::Archive, &request)))
        }
        Route::ArchiveForeign => (Reader::Go, Err(archive::foreign())),
        Route::PythonForeign => (Reader::Go, Err(Problem::foreign(&path))),
        Route::Foreign if wants_page(&request) => {
            let reply = refuse(&pages::nothing(), Reader::Browser);
            // To a program the same address says so otherwise.
            (Reader::Browser, Ok(reply.uncached()))
        }
        Route::NpmForeign | Route::Foreign => (Reader::Json, Err(Problem::foreign(&path))),
        #[cfg(feature = "test-ecosystem")]
        Route::Test(it) => {
            let answer = test_ecosystem::test(context, it, &request).await;
            (Reader::Json, answer.map_err(told(Ecosystem::Test, &request)))
        }
        Route::Rpc(call) => return Box::pin(rpc::rpc(context, call, request)).await,
        Route::UnknownRpc => {
            let problem = Problem::new(
                Kind::Unimplemented,
                format!("this registry does not have the RPC {path}"),
            );
            (Reader::Buf, Err(problem))
        }
        Route::Job { job, call } => (Reader::Json, jobs::job(context, &job, call, request).await),
        Route::OAuth(call) => (Reader::Json, Box::pin(oauth2::call(context, call, request)).await),
        Route::OAuthForeign => (Reader::Go, Err(Problem::foreign(&path))),
        Route::Page(page) => (Reader::Browser, Box::pin(pages::page(context, page, request)).await),
        Route::RegistryPage(page) => {
            let reader = pages::reader(&request);
            (reader, Box::pin(pages::registry_page(context, page, request)).await)
        }
        Route::Api(endpoint) => {
            (Reader::Json, Box::pin(accounts::api(context, endpoint, request)).await)
        }
        Route::Tokens => (Reader::Json, admin::tokens(context, request).await),
        Route::Catalogue => (Reader::Json, admin::catalogue(context, request).await),
        Route::Purges => (Reader::Json, admin::purges(context, request).await),
        Route::Takedowns => (Reader::Json, admin::takedowns(context, request).await),
        Route::Attempts => (Reader::Json, admin::attempts(context, request).await),
        Route::Mirrors => (Reader::Json, upstreams::admin::mirrors(context, request).await),
        Route::MoveIns => (Reader::Json, upstreams::admin::move_ins(context, request).await),
    };
    let reply = answer.unwrap_or_else(|problem| refuse(&problem, reader));
    // What is answered where a waiting client was redirected to is for that client alone.
    match (is_of_accounts, is_redirected) {
        (true, _) => reply.for_viewer(),
        (false, true) => reply.uncached(),
        (false, false) => reply,
    }
}

/// Whether a route is a page that somebody is signed in for, or signs in on: all but the files that pages use.
fn is_own_page(route: &Route) -> bool {
    matches!(route, Route::Page(page) if !matches!(page, Page::Asset(_)))
}

/// Whether it is a person's browser that asks, to show what it gets.
fn wants_page<B>(request: &Request<B>) -> bool {
    request.method == "GET"
        && request.header("accept").is_some_and(|it| it.trim_start().starts_with("text/html"))
}

/// A problem as it is told to who asks for packages.
fn told<B>(ecosystem: Ecosystem, request: &Request<B>) -> fn(Problem) -> Problem {
    if clients(ecosystem).is_package_manager(request) {
        |problem| problem
    } else {
        Problem::for_proxy
    }
}

fn home<P: Platform>(context: &Context<P>, request: &Request<P::Body>) -> Answer<P> {
    reading(request)?;
    let Config { public_url, hosts, .. } = &*context.config;
    let body = format!(
        "This is a protoedge registry.\n\nGOPROXY={public_url}/gen/go,…  packages below {}/gen/go/\nnpm config set {}:registry {public_url}/gen/npm/v1/\n",
        hosts.registry_host, hosts.npm_scope
    );
    Ok(text(
        request,
        body,
        &Cache::without_module(Lifetime::Revalidated),
        "text/plain; charset=utf-8",
    ))
}
