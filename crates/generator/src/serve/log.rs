//! The service's own log: one line of JSON on standard output, never with a token or a secret.

use super::job_error::JobError;
use axum::http::{Request, StatusCode};
use protoedge_sdk::{FailureKind, Job};
use serde_json::json;
use std::{
    io::{Write, stdout},
    net::SocketAddr,
    time::Duration,
};

/// Says where the service listens.
pub(super) fn listening(address: SocketAddr) {
    print(&json!({"event": "listening", "address": address.to_string()}));
}

/// Says how a job ended. What a plugin said stays out: it may name what is private.
pub(super) fn job(job: &Job, result: Result<usize, &JobError>, took: Duration) {
    let (outcome, reason, bytes) = match result {
        Ok(bytes) => ("done", None, Some(bytes)),
        Err(error) => match error.kind() {
            FailureKind::Rejected => ("rejected", None, None),
            FailureKind::Trouble => ("trouble", Some(error.to_string()), None),
        },
    };
    print(&json!({
        "event": "job",
        "job": job.id,
        "package": job.sdk.package,
        "version": job.sdk.version,
        "outcome": outcome,
        "reason": reason,
        "bytes": bytes,
        "ms": took.as_millis() as u64,
    }));
}

/// As much of a reason as the log takes, in bytes: some repeat what was sent.
const LOGGED_REASON: usize = 300;

/// Says that a request was refused: what it asked for, as far as it got to that, and the status, if there
/// was an answer.
pub(super) fn refused(
    from: SocketAddr,
    request: Option<&RequestLine>,
    status: Option<StatusCode>,
    reason: &str,
) {
    print(&json!({
        "event": "refused",
        "from": from.ip().to_string(),
        "method": request.map(|request| &request.method),
        "path": request.map(|request| &request.path),
        "status": status.map(|status| status.as_u16()),
        "reason": &reason[..reason.floor_char_boundary(LOGGED_REASON)],
    }));
}

/// Says what was counted since this was said last.
pub(super) fn metrics(line: &serde_json::Value) {
    print(line);
}

/// What a request asked for, as the log has it.
pub(super) struct RequestLine {
    method: String,
    path: String,
}

/// As much of a sender's path as the log takes, in bytes.
const LOGGED_PATH: usize = 200;

impl RequestLine {
    /// That of a request.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let path = request.uri().path();
        let end = path.floor_char_boundary(LOGGED_PATH);
        Self { method: request.method().to_string(), path: path[..end].into() }
    }
}

fn print(line: &serde_json::Value) {
    // A log that is not read any more is no reason to stop.
    let _ = writeln!(stdout().lock(), "{line}");
}
