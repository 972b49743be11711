//! What the service counts, for the line of numbers that it prints once a minute. Counts only: no name, no token.

use axum::http::StatusCode;
use protoedge_sdk::FailureKind;
use serde::Serialize;
use serde_json::json;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// What was counted since the last line.
#[derive(Debug)]
pub(super) struct Metrics(Mutex<(Instant, Counts)>);

/// The line.
#[derive(Serialize)]
struct Line {
    event: &'static str,
    seconds: u64,
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    gauges: Gauges,
}

/// The keys of the line that are counted here; times are in milliseconds.
#[derive(Debug, Default, Serialize)]
struct Counts {
    jobs_accepted: u64,
    jobs_done: u64,
    jobs_rejected: u64,
    jobs_troubled: u64,
    job_ms_sum: u64,
    job_ms_max: u64,
    refused_400: u64,
    refused_401: u64,
    refused_403: u64,
    refused_408: u64,
    refused_409: u64,
    refused_413: u64,
    refused_429: u64,
    refused_503: u64,
    refused_other: u64,
    refused_unanswered: u64,
}

/// The keys of the line that say how things are when it is printed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Gauges {
    /// Jobs that run.
    pub(super) running: usize,
    /// Jobs in the queue.
    pub(super) waiting: usize,
    /// Connections that are open.
    pub(super) connections: usize,
}

impl Metrics {
    /// Counts from now on.
    pub(super) fn new() -> Self {
        Self(Mutex::new((Instant::now(), Counts::default())))
    }

    /// Counts a job that was accepted.
    pub(super) fn count_accepted(&self) {
        self.lock().1.jobs_accepted += 1;
    }

    /// Counts a job that ended: done, or failed in one of two ways.
    pub(super) fn count_ended(&self, failure: Option<FailureKind>, took: Duration) {
        let counts = &mut self.lock().1;
        match failure {
            None => counts.jobs_done += 1,
            Some(FailureKind::Rejected) => counts.jobs_rejected += 1,
            Some(FailureKind::Trouble) => counts.jobs_troubled += 1,
        }
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        counts.job_ms_sum = counts.job_ms_sum.saturating_add(ms);
        counts.job_ms_max = counts.job_ms_max.max(ms);
    }

    /// Counts what was refused, by the status if there was an answer.
    pub(super) fn count_refused(&self, status: Option<StatusCode>) {
        let counts = &mut self.lock().1;
        let count = match status.map(|status| status.as_u16()) {
            None => &mut counts.refused_unanswered,
            Some(400) => &mut counts.refused_400,
            Some(401) => &mut counts.refused_401,
            Some(403) => &mut counts.refused_403,
            Some(408) => &mut counts.refused_408,
            Some(409) => &mut counts.refused_409,
            Some(413) => &mut counts.refused_413,
            Some(429) => &mut counts.refused_429,
            Some(503) => &mut counts.refused_503,
            Some(_) => &mut counts.refused_other,
        };
        *count += 1;
    }

    /// The line of what was counted since the last one; all counts begin anew.
    pub(super) fn take(&self, gauges: Gauges) -> serde_json::Value {
        let mut counted = self.lock();
        let (since, counts) = std::mem::replace(&mut *counted, (Instant::now(), Counts::default()));
        // Rounded: two lines a second apart may lie a little less apart.
        let seconds = (since.elapsed() + Duration::from_millis(500)).as_secs();
        json!(Line { event: "metrics", seconds, counts, gauges })
    }

    fn lock(&self) -> MutexGuard<'_, (Instant, Counts)> {
        // Numbers have no half of a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const IDLE: Gauges = Gauges { running: 0, waiting: 0, connections: 0 };

    /// All keys of a line, as the operators' page lists them.
    const KEYS: [&str; 21] = [
        "connections",
        "event",
        "job_ms_max",
        "job_ms_sum",
        "jobs_accepted",
        "jobs_done",
        "jobs_rejected",
        "jobs_troubled",
        "refused_400",
        "refused_401",
        "refused_403",
        "refused_408",
        "refused_409",
        "refused_413",
        "refused_429",
        "refused_503",
        "refused_other",
        "refused_unanswered",
        "running",
        "seconds",
        "waiting",
    ];

    #[test]
    fn a_line_has_these_numbers_and_nothing_else() {
        let page = include_str!("../../../../docs/operating.md");
        let line = Metrics::new().take(IDLE);
        let fields = line.as_object().unwrap();
        let mut keys: Vec<_> = fields.keys().collect();
        keys.sort();
        assert_eq!(keys, KEYS);
        for (key, value) in fields.iter().filter(|(key, _)| *key != "event") {
            assert!(value.is_u64(), "{key}: {value}");
            assert!(page.contains(&format!("`{key}`")), "docs/operating.md says nothing of {key}");
        }
        assert_eq!(fields["event"], "metrics");
    }

    /// What is in a line beside zeros and the event.
    fn counted(metrics: &Metrics, gauges: Gauges) -> Value {
        let mut line = metrics.take(gauges);
        line.as_object_mut().unwrap().retain(|key, value| key != "event" && *value != 0);
        line
    }

    #[tokio::test(start_paused = true)]
    async fn counts_begin_anew_with_each_line() {
        let metrics = Metrics::new();
        metrics.count_accepted();
        metrics.count_accepted();
        let took = Duration::from_millis;
        metrics.count_ended(None, took(1200));
        metrics.count_ended(None, took(300));
        metrics.count_ended(Some(FailureKind::Rejected), took(1));
        metrics.count_ended(Some(FailureKind::Trouble), took(2));
        tokio::time::advance(Duration::from_secs(60)).await;
        let gauges = Gauges { running: 1, waiting: 2, connections: 3 };
        let wanted = json!({
            "jobs_accepted": 2, "jobs_done": 2, "jobs_rejected": 1, "jobs_troubled": 1,
            "job_ms_sum": 1503, "job_ms_max": 1200,
            "seconds": 60, "running": 1, "waiting": 2, "connections": 3,
        });
        assert_eq!(counted(&metrics, gauges), wanted);
        tokio::time::advance(Duration::from_millis(58_600)).await;
        assert_eq!(counted(&metrics, IDLE), json!({"seconds": 59}));
    }

    #[test]
    fn refusals_count_by_their_status() {
        let metrics = Metrics::new();
        for status in [400, 401, 403, 408, 409, 413, 429, 503] {
            metrics.count_refused(StatusCode::from_u16(status).ok());
            let key = format!("refused_{status}");
            assert_eq!(counted(&metrics, IDLE), json!({ key: 1 }));
        }
        for status in [404, 405, 500] {
            metrics.count_refused(StatusCode::from_u16(status).ok());
        }
        metrics.count_refused(None);
        let wanted = json!({"refused_other": 3, "refused_unanswered": 1});
        assert_eq!(counted(&metrics, IDLE), wanted);
    }
}
