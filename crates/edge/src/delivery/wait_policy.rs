use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};

/// What is asked for while it is being made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Awaited {
    /// A zip or a tarball.
    Artifact,
    /// A packument or the document of one version.
    Metadata,
}

/// How long a request waits before its client is redirected, and how often it is redirected.
#[derive(Clone, Debug)]
pub struct WaitPolicy {
    /// The first request.
    pub first_wait: Duration,
    /// The ones that it was redirected to.
    pub wait: Duration,
    /// The same for npm metadata.
    pub metadata_wait: Duration,
    /// How often a client is redirected: go gives up at the tenth redirect.
    pub max_redirects: u32,
}

/// A setting that does not say how long clients wait.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the setting {name} is {value:?}; make it {wanted}, or leave it out")]
pub struct BadWaitPolicy {
    /// Which setting.
    pub name: &'static str,
    /// What it was.
    pub value: String,
    /// What it may be.
    pub wanted: String,
}

/// Seconds of the first wait. Yarn 1 gives up after 30 s of silence; 0 redirects every client at once.
const FIRST_WAIT: RangeInclusive<f64> = 0.0..=28.0;

/// Seconds of the others. Below a tenth, clients would do nothing but ask.
const WAIT: RangeInclusive<f64> = 0.1..=28.0;

/// The same for npm metadata: some bots give up on a packument after 20 s.
const METADATA_WAIT: RangeInclusive<f64> = 0.1..=18.0;

/// go gives up at the tenth redirect.
const REDIRECTS: RangeInclusive<u32> = 1..=9;

impl Default for WaitPolicy {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(3),
            // Yarn 1 gives up after 30 s of silence.
            wait: Duration::from_secs(25),
            // Some bots give up on a packument after 20 s.
            metadata_wait: Duration::from_secs(14),
            max_redirects: 9,
        }
    }
}

impl WaitPolicy {
    /// Reads `FIRST_HOLD_SECONDS`, `HOLD_SECONDS`, `METADATA_HOLD_SECONDS` (fractions are allowed) and
    /// `MAX_HOPS`. What is not set stays as it is by default; metadata never makes clients wait
    /// longer than artifacts unless its own setting says so.
    ///
    /// # Errors
    /// Names the setting that is no number or out of its bounds.
    pub fn read(setting: impl Fn(&str) -> Option<String>) -> Result<Self, BadWaitPolicy> {
        let seconds = |name, bounds| {
            let read = number::<f64>(&setting, name, bounds, " of seconds")?;
            Ok(read.map(Duration::from_secs_f64))
        };
        let mut policy = Self::default();
        if let Some(first) = seconds("FIRST_HOLD_SECONDS", FIRST_WAIT)? {
            policy.first_wait = first;
        }
        if let Some(wait) = seconds("HOLD_SECONDS", WAIT)? {
            policy.wait = wait;
            policy.metadata_wait = policy.metadata_wait.min(wait);
        }
        if let Some(wait) = seconds("METADATA_HOLD_SECONDS", METADATA_WAIT)? {
            policy.metadata_wait = wait;
        }
        if let Some(most) = number(&setting, "MAX_HOPS", REDIRECTS, "")? {
            policy.max_redirects = most;
        }
        Ok(policy)
    }

    /// How long a request waits whose client was redirected so often before.
    pub fn wait_after(&self, redirects: u32, awaited: Awaited) -> Duration {
        if redirects == 0 {
            return self.first_wait;
        }
        match awaited {
            Awaited::Metadata => self.metadata_wait,
            Awaited::Artifact => self.wait,
        }
    }
}

fn number<N: FromStr + PartialOrd + Display>(
    setting: impl Fn(&str) -> Option<String>,
    name: &'static str,
    bounds: RangeInclusive<N>,
    unit: &str,
) -> Result<Option<N>, BadWaitPolicy> {
    let Some(value) = setting(name) else { return Ok(None) };
    // NaN is in no range.
    match value.parse().ok().filter(|number| bounds.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => {
            let wanted = format!("a number{unit} from {} to {}", bounds.start(), bounds.end());
            Err(BadWaitPolicy { name, value, wanted })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits in milliseconds (first, others, metadata) and the redirects, or what is wrong.
    fn read(settings: &[(&str, &str)]) -> Result<(u128, u128, u128, u32), String> {
        let find = |name: &str| settings.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        let read = WaitPolicy::read(find).map_err(|error| error.to_string())?;
        let ms = |wait: Duration| wait.as_millis();
        Ok((ms(read.first_wait), ms(read.wait), ms(read.metadata_wait), read.max_redirects))
    }

    #[test]
    fn what_is_not_set_stays() {
        for (name, settings, wanted) in [
            ("nothing", &[][..], (3000, 25_000, 14_000, 9)),
            ("a fraction", &[("FIRST_HOLD_SECONDS", "0.6")], (600, 25_000, 14_000, 9)),
            ("no first wait", &[("FIRST_HOLD_SECONDS", "0")], (0, 25_000, 14_000, 9)),
            ("a long wait", &[("HOLD_SECONDS", "20")], (3000, 20_000, 14_000, 9)),
            ("a short wait is metadata's too", &[("HOLD_SECONDS", "5")], (3000, 5000, 5000, 9)),
            (
                "unless it has its own",
                &[("HOLD_SECONDS", "5"), ("METADATA_HOLD_SECONDS", "2.8")],
                (3000, 5000, 2800, 9),
            ),
            ("redirects", &[("MAX_HOPS", "1")], (3000, 25_000, 14_000, 1)),
        ] {
            assert_eq!(read(settings), Ok(wanted), "{name}");
        }
    }

    #[test]
    fn what_clients_do_not_bear_is_refused() {
        for (name, value, bounds) in [
            ("FIRST_HOLD_SECONDS", "-1", "a number of seconds from 0 to 28"),
            ("FIRST_HOLD_SECONDS", "29", "a number of seconds from 0 to 28"),
            ("HOLD_SECONDS", "0", "a number of seconds from 0.1 to 28"),
            ("HOLD_SECONDS", "NaN", "a number of seconds from 0.1 to 28"),
            ("HOLD_SECONDS", "", "a number of seconds from 0.1 to 28"),
            ("HOLD_SECONDS", "25 s", "a number of seconds from 0.1 to 28"),
            ("METADATA_HOLD_SECONDS", "19", "a number of seconds from 0.1 to 18"),
            ("MAX_HOPS", "0", "a number from 1 to 9"),
            ("MAX_HOPS", "10", "a number from 1 to 9"),
            ("MAX_HOPS", "2.5", "a number from 1 to 9"),
        ] {
            let said = read(&[(name, value)]).unwrap_err();
            let wanted =
                format!("the setting {name} is {value:?}; make it {bounds}, or leave it out");
            assert_eq!(said, wanted);
        }
    }
}
