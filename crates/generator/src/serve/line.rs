//! The service's own log: one line of JSON on standard output, never with a token or a secret.

use super::{door::Asked, job_error::JobError};
use axum::http::StatusCode;
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
    asked: Option<&Asked>,
    status: Option<StatusCode>,
    reason: &str,
) {
    print(&json!({
        "event": "refused",
        "from": from.ip().to_string(),
        "method": asked.map(|asked| &asked.method),
        "path": asked.map(|asked| &asked.path),
        "status": status.map(|status| status.as_u16()),
        "reason": &reason[..reason.floor_char_boundary(LOGGED_REASON)],
    }));
}

fn print(line: &serde_json::Value) {
    // Nobody reads any more: that is no reason to stop.
    let _ = writeln!(stdout().lock(), "{line}");
}
