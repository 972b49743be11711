//! Connections: how much a sender may send and how long it may take before it is believed.

use super::{
    connection_limit::Permit,
    log::{self, RequestLine},
    service::Service,
};
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// How many connections are open at once. A job needs one for moments; each is an open file, and a
/// container often has 1,024 for these and all that plugins read.
pub(super) const MOST: usize = 256;

/// How long the head of a request may take. The registry waits 5 s for a job to be accepted.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// The greatest size of a request's head, in bytes: a job's has some 500.
const MAX_HEAD: usize = 16 << 10;

/// The most headers of a request: a job has ten, and a balancer before us adds some.
const MAX_HEADERS: usize = 64;

/// The pause after a connection could not be taken, for want of files as a rule: others close meanwhile.
const ACCEPT_AGAIN: Duration = Duration::from_secs(1);

/// Takes connections until the service stops, and ends when the requests that came are answered.
pub(super) async fn serve(listener: TcpListener, router: Router, service: &Arc<Service>) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = service.stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, from)) => {
                let connection = Connection {
                    from,
                    permit: service.connections.enter(),
                    has_asked: AtomicBool::new(false),
                    service: service.clone(),
                };
                connections.spawn(receive(stream, router.clone(), Arc::new(connection)));
            }
            Err(error) if is_of_the_sender(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    service.connections.close_silent();
    connections.close();
    connections.wait().await;
}

/// Whether a connection was gone before it was taken.
fn is_of_the_sender(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// One connection.
struct Connection {
    from: SocketAddr,
    permit: Arc<Permit>,
    /// Whether a request's head came, so that its outcome was logged.
    has_asked: AtomicBool,
    service: Arc<Service>,
}

/// Why a request was refused, for the log: an extension of its response.
#[derive(Clone)]
pub(super) struct Reason(pub(super) String);

async fn receive(stream: TcpStream, router: Router, connection: Arc<Connection>) {
    let stop = &connection.service.stop;
    let service = TowerToHyperService::new(router);
    let own = connection.clone();
    let service = service_fn(move |request| {
        let (service, own) = (service.clone(), own.clone());
        async move { Ok::<_, Infallible>(own.answer(service, request).await) }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // One that is kept may be closed just when the next job is sent on it: lost, that job costs its
        // clients 5 s, and a new connection costs it a moment.
        .keep_alive(false)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = pin!(http);
    let finish = async {
        tokio::select! {
            ended = http.as_mut() => return ended,
            () = stop.cancelled() => http.as_mut().graceful_shutdown(),
        }
        http.await
    };
    tokio::select! {
        ended = finish => {
            if let Err(error) = ended {
                connection.broke(&error);
            }
        }
        () = connection.permit.closed() => {
            if !stop.is_cancelled() && !connection.has_asked.load(Ordering::Relaxed) {
                connection.refused(None, None, "closed to make room for another connection");
            }
        }
    }
}

impl Connection {
    async fn answer(
        &self,
        service: TowerToHyperService<Router>,
        request: hyper::Request<Incoming>,
    ) -> Response {
        let _answering = self.permit.answering();
        self.has_asked.store(true, Ordering::Relaxed);
        let line = RequestLine::of(&request);
        let log = LogOnce { connection: self, request: Some(line) };
        let request: Request = request.map(axum::body::Body::new);
        let answer = hyper::service::Service::call(&service, request).await;
        let answer = answer.unwrap_or_else(|never| match never {}).into_response();
        log.ended(&answer);
        answer
    }

    /// Logs what ended a connection, where no request's own line does.
    fn broke(&self, error: &hyper::Error) {
        let is_silent = error.is_timeout() || error.is_incomplete_message();
        let has_asked = self.has_asked.load(Ordering::Relaxed);
        if error.is_parse() || (is_silent && !has_asked) {
            self.refused(None, None, &error.to_string());
        }
    }

    /// Logs and counts what was refused.
    fn refused(&self, request: Option<&RequestLine>, status: Option<StatusCode>, reason: &str) {
        self.service.metrics.count_refused(status);
        log::refused(self.from, request, status, reason);
    }
}

/// Sees to it that a refused request has its one line, even if its connection is closed before the answer.
struct LogOnce<'a> {
    connection: &'a Connection,
    request: Option<RequestLine>,
}

impl LogOnce<'_> {
    fn ended(mut self, answer: &Response) {
        let Some(line) = self.request.take() else { return };
        let status = answer.status();
        if !status.is_client_error() && !status.is_server_error() {
            return;
        }
        let reason = answer.extensions().get::<Reason>();
        let reason = reason.map_or_else(|| status.to_string(), |reason| reason.0.clone());
        self.connection.refused(Some(&line), Some(status), &reason);
    }
}

impl Drop for LogOnce<'_> {
    fn drop(&mut self) {
        if let Some(line) = self.request.take() {
            let reason = "the connection ended before the answer";
            self.connection.refused(Some(&line), None, reason);
        }
    }
}
