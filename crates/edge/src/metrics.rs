//! What a machine counts, and the line of numbers that it writes of it once a minute. Counts only: no name, no path, no
//! token.

use crate::reply::Source;
use protoedge_storage::{OperationCounts, Timestamp};
use serde::Serialize;
use serde_json::json;
use std::{cell::RefCell, rc::Rc, time::Duration};

/// The least time between two lines. No timer outlives its request on a Worker: the request or the scheduled run that
/// ends next writes the line.
const EVERY: Duration = Duration::from_secs(60);

/// What this machine has counted since its last line.
#[derive(Debug, Default)]
pub struct Metrics {
    /// When the first request came, or the last line was written.
    since: RefCell<Option<Timestamp>>,
    counts: RefCell<Counts>,
    bucket: Rc<OperationCounts>,
}

/// How a generator answered a webhook.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WebhookAnswer {
    /// It has the job.
    Taken,
    /// It said no.
    Refused,
    /// It said nothing.
    None,
}

/// The line.
#[derive(Serialize)]
struct Line {
    event: &'static str,
    seconds: u64,
    #[serde(flatten)]
    counts: Counts,
    bucket_operations: u64,
    bucket_failures: u64,
}

/// The keys of the line that are counted here; times are in milliseconds.
#[derive(Debug, Default, Serialize)]
struct Counts {
    requests: u64,
    status_2xx: u64,
    status_3xx: u64,
    status_4xx: u64,
    status_5xx: u64,
    cache_hit: u64,
    cache_computed: u64,
    cache_generated: u64,
    cache_waiting: u64,
    cache_failed: u64,
    ms_sum: u64,
    ms_max: u64,
    ms_le_100: u64,
    ms_le_1000: u64,
    ms_le_10000: u64,
    jobs_sent: u64,
    jobs_refused: u64,
    jobs_unanswered: u64,
}

impl Metrics {
    /// What counts the operations of the bucket.
    pub fn bucket(&self) -> Rc<OperationCounts> {
        self.bucket.clone()
    }

    /// Says that a request or a scheduled run begins: the time that the first line covers begins with the first one.
    pub(crate) fn begin(&self, now: Timestamp) {
        self.since.borrow_mut().get_or_insert(now);
    }

    /// Counts a reply.
    pub(crate) fn count_reply(&self, status: u16, source: Source, took: Duration) {
        let mut counts = self.counts.borrow_mut();
        counts.requests += 1;
        match status {
            ..300 => counts.status_2xx += 1,
            300..400 => counts.status_3xx += 1,
            400..500 => counts.status_4xx += 1,
            500.. => counts.status_5xx += 1,
        }
        match source {
            Source::Hit => counts.cache_hit += 1,
            Source::Computed => counts.cache_computed += 1,
            Source::Generated => counts.cache_generated += 1,
            Source::Waiting => counts.cache_waiting += 1,
            Source::Failed => counts.cache_failed += 1,
        }
        counts.count_time(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    }

    /// Counts a webhook.
    pub(crate) fn count_webhook(&self, answer: WebhookAnswer) {
        let mut counts = self.counts.borrow_mut();
        counts.jobs_sent += 1;
        match answer {
            WebhookAnswer::Taken => {}
            WebhookAnswer::Refused => counts.jobs_refused += 1,
            WebhookAnswer::None => counts.jobs_unanswered += 1,
        }
    }

    /// The line, if it is time for one; all counts begin anew then.
    pub(crate) fn take_if_due(&self, now: Timestamp) -> Option<serde_json::Value> {
        let covered = now.since((*self.since.borrow())?);
        if covered < EVERY {
            return None;
        }
        self.since.replace(Some(now));
        let bucket = self.bucket.take();
        Some(json!(Line {
            event: "metrics",
            seconds: covered.as_secs(),
            counts: self.counts.take(),
            bucket_operations: bucket.operations,
            bucket_failures: bucket.failures,
        }))
    }
}

impl Counts {
    fn count_time(&mut self, ms: u64) {
        self.ms_sum = self.ms_sum.saturating_add(ms);
        self.ms_max = self.ms_max.max(ms);
        self.ms_le_100 += u64::from(ms <= 100);
        self.ms_le_1000 += u64::from(ms <= 1000);
        self.ms_le_10000 += u64::from(ms <= 10_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_line_is_due_after_a_minute_and_begins_anew() {
        let metrics = Metrics::default();
        assert_eq!(metrics.take_if_due(at(1000)), None, "nothing has begun");
        metrics.begin(at(1000));
        metrics.begin(at(1030));
        metrics.count_reply(200, Source::Hit, Duration::ZERO);
        assert_eq!(metrics.take_if_due(at(900)), None, "a clock that was set back");
        assert_eq!(metrics.take_if_due(at(1059)), None);
        let line = metrics.take_if_due(at(1075)).unwrap();
        assert_eq!((&line["seconds"], &line["requests"]), (&json!(75), &json!(1)));
        assert_eq!(metrics.take_if_due(at(1134)), None);
        let line = metrics.take_if_due(at(1135)).unwrap();
        assert_eq!((&line["seconds"], &line["requests"]), (&json!(60), &json!(0)));
    }

    /// What is in a line beside the event, the seconds and zeros.
    fn counted(count: impl FnOnce(&Metrics)) -> Value {
        let metrics = Metrics::default();
        metrics.begin(at(0));
        count(&metrics);
        let mut line = metrics.take_if_due(at(60)).unwrap();
        let fields = line.as_object_mut().unwrap();
        assert_eq!(fields.remove("event"), Some(json!("metrics")));
        assert_eq!(fields.remove("seconds"), Some(json!(60)));
        assert!(fields.values().all(Value::is_u64), "{fields:?}");
        fields.retain(|_, value| *value != 0);
        line
    }

    #[test]
    fn replies_count_by_status_source_and_time() {
        let within = |ms: u64| match ms {
            0..=100 => json!({"ms_le_100": 1, "ms_le_1000": 1, "ms_le_10000": 1}),
            101..=1000 => json!({"ms_le_1000": 1, "ms_le_10000": 1}),
            1001..=10_000 => json!({"ms_le_10000": 1}),
            10_001.. => json!({}),
        };
        for (status, class, source, kind, ms) in [
            (200, "status_2xx", Source::Hit, "cache_hit", 1),
            (201, "status_2xx", Source::Computed, "cache_computed", 100),
            (206, "status_2xx", Source::Generated, "cache_generated", 101),
            (307, "status_3xx", Source::Waiting, "cache_waiting", 1000),
            (404, "status_4xx", Source::Failed, "cache_failed", 1001),
            (503, "status_5xx", Source::Failed, "cache_failed", 10_000),
            (500, "status_5xx", Source::Failed, "cache_failed", 10_001),
        ] {
            let took = Duration::from_millis(ms);
            let line = counted(|metrics| metrics.count_reply(status, source, took));
            let mut wanted = within(ms);
            for (key, value) in
                [("requests", 1), (class, 1), (kind, 1), ("ms_sum", ms), ("ms_max", ms)]
            {
                wanted[key] = value.into();
            }
            assert_eq!(line, wanted, "{status}");
        }
        let line = counted(|metrics| {
            for ms in [5, 20_000, 300] {
                metrics.count_reply(200, Source::Hit, Duration::from_millis(ms));
            }
        });
        let wanted = json!({"requests": 3, "status_2xx": 3, "cache_hit": 3, "ms_sum": 20_305, "ms_max": 20_000,
            "ms_le_100": 1, "ms_le_1000": 2, "ms_le_10000": 2});
        assert_eq!(line, wanted);
    }

    #[test]
    fn webhooks_count_by_their_answer() {
        let line = counted(|metrics| {
            for answer in [WebhookAnswer::Taken, WebhookAnswer::Refused, WebhookAnswer::None] {
                metrics.count_webhook(answer);
            }
        });
        assert_eq!(line, json!({"jobs_sent": 3, "jobs_refused": 1, "jobs_unanswered": 1}));
    }
}
