use crate::text::text;
use std::{fmt, str::FromStr};
use time::{Date, Month, OffsetDateTime, Time};

/// Why a commit id, a short commit or a time stamp was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadCommit {
    /// Not a commit id.
    #[error("{0:?} is not a commit id: 32 digits of 0-9 and a-f, not all zero")]
    Id(String),
    /// Not a short commit.
    #[error("{0:?} is not a short commit: 12 digits of 0-9 and a-f")]
    Short(String),
    /// Not a time stamp.
    #[error("{0:?} is not a time of the form YYYYMMDDHHMMSS")]
    Stamp(String),
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The id of a commit: 32 lower-case hexadecimal digits, a UUID without dashes.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CommitId(String);

impl CommitId {
    /// Makes a UUID v4 of 16 random bytes. `None` where its first 12 digits hold no letter: other
    /// ecosystems would read such a short commit as a number.
    pub fn from_random(mut bytes: [u8; 16]) -> Option<Self> {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let id = hex::encode(bytes);
        id[..12].contains(|c: char| c.is_ascii_alphabetic()).then_some(Self(id))
    }

    /// The first 12 digits.
    pub fn short(&self) -> ShortCommit {
        ShortCommit(self.0[..12].into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CommitId {
    type Err = BadCommit;

    fn from_str(text: &str) -> Result<Self, BadCommit> {
        if is_hex(text, 32) && text.contains(|c| c != '0') {
            Ok(Self(text.into()))
        } else {
            Err(BadCommit::Id(text.into()))
        }
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first 12 digits of a commit id, unique in a registry.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ShortCommit(String);

impl ShortCommit {
    /// The digits as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ShortCommit {
    type Err = BadCommit;

    fn from_str(text: &str) -> Result<Self, BadCommit> {
        if is_hex(text, 12) { Ok(Self(text.into())) } else { Err(BadCommit::Short(text.into())) }
    }
}

impl fmt::Display for ShortCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A commit's time in SDK versions, UTC, `YYYYMMDDHHMMSS`; fourteen zeros for a commit that was not
/// pushed to the default label, so that it sorts below every commit that was.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Stamp(String);

impl Stamp {
    /// Fourteen zeros.
    pub fn zero() -> Self {
        Self("0".repeat(14))
    }

    /// The stamp of a point in time, given in seconds since 1970. Years beyond 9999 have none.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        let at = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        (1..=9999).contains(&at.year()).then(|| {
            let (month, day) = (u8::from(at.month()), at.day());
            let (hour, minute, second) = at.to_hms();
            Self(format!("{:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}", at.year()))
        })
    }

    /// Seconds since 1970; `None` for zeros.
    pub fn seconds(&self) -> Option<i64> {
        let number = |range: std::ops::Range<usize>| self.0[range].parse::<u16>().ok();
        let month = Month::try_from(u8::try_from(number(4..6)?).ok()?).ok()?;
        let byte = |range| u8::try_from(number(range)?).ok();
        let date = Date::from_calendar_date(i32::from(number(0..4)?), month, byte(6..8)?).ok()?;
        let time = Time::from_hms(byte(8..10)?, byte(10..12)?, byte(12..14)?).ok()?;
        Some(date.with_time(time).assume_utc().unix_timestamp())
    }

    /// Whether this is the stamp of a commit off the default label.
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }

    /// The digits as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Stamp {
    type Err = BadCommit;

    fn from_str(text: &str) -> Result<Self, BadCommit> {
        let digits = text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
        let stamp = Self(if digits { text.into() } else { String::new() });
        // A year 0 is a date, but no time that a commit can have.
        let is_time = || stamp.seconds().and_then(Self::from_seconds).is_some();
        if digits && (stamp.is_zero() || is_time()) {
            Ok(stamp)
        } else {
            Err(BadCommit::Stamp(text.into()))
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text!(CommitId);
text!(ShortCommit);
text!(Stamp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_4_and_hold_a_letter_early() {
        let id = CommitId::from_random([0xff; 16]).unwrap();
        assert_eq!(id.as_str(), "ffffffffffff4fffbfffffffffffffff");
        assert_eq!(id.short().as_str(), "ffffffffffff");
        assert_eq!(CommitId::from_random([0x11; 16]), None);
    }

    #[test]
    fn refuses_other_ids() {
        for id in ["", "0", &"0".repeat(32), &"F".repeat(32), &"a".repeat(31), &"g".repeat(32)] {
            assert!(id.parse::<CommitId>().is_err(), "{id}");
        }
        assert!("62b14f0b533c".parse::<ShortCommit>().is_ok());
        assert!("62B14F0b533c".parse::<ShortCommit>().is_err());
    }

    #[test]
    fn stamps_are_seconds() {
        let stamp = Stamp::from_seconds(1_700_000_000).unwrap();
        assert_eq!(stamp.as_str(), "20231114221320");
        assert_eq!(stamp.seconds(), Some(1_700_000_000));
        assert_eq!(Stamp::zero().seconds(), None);
        assert!("00000000000000".parse::<Stamp>().unwrap().is_zero());
        for bad in [
            "",
            "2023111422132",
            "20231314221320",
            "20231114246000",
            "2023111422132x",
            "00000101000000",
        ] {
            assert!(bad.parse::<Stamp>().is_err(), "{bad}");
        }
    }
}
