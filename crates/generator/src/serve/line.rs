//! The service's own log: one line of JSON on standard output, never with a token or a secret.

use crate::error::MakeError;
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
pub(super) fn job(job: &Job, result: Result<usize, &MakeError>, took: Duration) {
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

fn print(line: &serde_json::Value) {
    // Nobody reads any more: that is no reason to stop.
    let _ = writeln!(stdout().lock(), "{line}");
}
