//! Event time: instants, hours and days in UTC.
//!
//! In: RFC 3339 text. Out: integers with their unit in the type. It refuses to know what time it is now.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::from_text;

/// Seconds in an hour.
pub const SECONDS_PER_HOUR: i64 = 3_600;
const NANOS: i64 = 1_000_000_000;
const HOURS_PER_DAY: i64 = 24;

/// A time that cannot be read or does not fit (1677-09-21 to 2262-04-11).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time between 1677-09-22 and 2262-04-11: {0:?}")]
pub struct InvalidTime(pub String);

/// An instant, nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventTime(i64);

impl EventTime {
    /// The earliest instant that can be held.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be held.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds since the epoch; `None` outside 1677–2262.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        seconds.checked_mul(NANOS).map(Self)
    }

    /// Reads RFC 3339 (`2024-03-01T10:00:00Z`, any offset, any fraction).
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let invalid = || InvalidTime(text.chars().take(64).collect());
        let stamp: jiff::Timestamp = text.trim().parse().map_err(|_| invalid())?;
        i64::try_from(stamp.as_nanosecond()).map(Self).map_err(|_| invalid())
    }

    /// Whether a record may be dated so: from 2000 up to 2050. Outside, a clock is wrong, and one such record would make
    /// every machine that still runs, run for centuries.
    pub fn is_plausible(self) -> bool {
        const YEAR_2000: i64 = 946_684_800;
        const YEAR_2050: i64 = 2_524_608_000;
        (YEAR_2000..YEAR_2050).contains(&self.0.div_euclid(NANOS))
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The hour this instant lies in.
    pub const fn hour(self) -> Hour {
        Hour(self.0.div_euclid(NANOS * SECONDS_PER_HOUR))
    }

    /// The UTC day this instant lies in.
    pub const fn day(self) -> Day {
        self.hour().day()
    }
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "{} ns", self.0),
        }
    }
}

from_text!(EventTime, "a time");

impl Serialize for EventTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An hour, counted from 1970-01-01T00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hour(pub i64);

impl Hour {
    /// Its first instant, held at the ends of what can be represented.
    pub const fn start(self) -> EventTime {
        EventTime(self.0.saturating_mul(SECONDS_PER_HOUR * NANOS))
    }

    /// The first instant after it.
    pub const fn end(self) -> EventTime {
        self.plus(1).start()
    }

    /// The hour `hours` later (earlier when negative).
    pub const fn plus(self, hours: i64) -> Self {
        Self(self.0.saturating_add(hours))
    }

    /// The UTC day it lies in.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(HOURS_PER_DAY))
    }
}

/// A UTC day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// Reads `2024-03-01`; anything else, and days that do not exist, are refused.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let invalid = || InvalidTime(text.chars().take(64).collect());
        let text = text.trim();
        if text.len() != 10 {
            return Err(invalid());
        }
        let date: jiff::civil::Date = text.parse().map_err(|_| invalid())?;
        let days = date.since(jiff::civil::date(1970, 1, 1)).map_err(|_| invalid())?;
        Ok(Self(i64::from(days.get_days())))
    }

    /// Its first hour.
    pub const fn first_hour(self) -> Hour {
        Hour(self.0.saturating_mul(HOURS_PER_DAY))
    }

    /// Its last hour.
    pub const fn last_hour(self) -> Hour {
        self.next().first_hour().plus(-1)
    }

    /// Its first instant.
    pub const fn start(self) -> EventTime {
        self.first_hour().start()
    }

    /// The next day.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.start().to_string();
        f.write_str(text.split('T').next().unwrap_or(&text))
    }
}

from_text!(Day, "a day");

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From `from` up to, not including, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Period {
    /// First instant.
    pub from: EventTime,
    /// First instant after.
    pub to: EventTime,
}

impl Period {
    /// The hours it touches, first to last; empty when `to` is not after `from`.
    pub fn hours(self) -> std::ops::RangeInclusive<i64> {
        if self.to <= self.from {
            #[expect(clippy::reversed_empty_ranges, reason = "an empty range is meant")]
            return 1..=0;
        }
        self.from.hour().0..=EventTime(self.to.0.saturating_sub(1)).hour().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_any_offset_and_written_in_utc() {
        let time = EventTime::parse("2024-03-01T18:00:00.5+08:00").unwrap();
        assert_eq!(time.to_string(), "2024-03-01T10:00:00.5Z");
        assert_eq!(time.hour().start().to_string(), "2024-03-01T10:00:00Z");
    }

    #[test]
    fn times_beyond_2262_are_refused_not_wrapped() {
        assert!(EventTime::parse("2263-01-01T00:00:00Z").is_err());
        assert!(EventTime::parse("2262-04-11T23:00:00Z").is_ok());
        assert_eq!(EventTime::MAX.hour().end().nanos(), i64::MAX);
    }

    #[test]
    fn days_before_1970_and_leap_days_are_days() {
        assert_eq!(Day::parse("1969-12-31").unwrap(), Day(-1));
        assert_eq!(Day::parse("2024-02-29").unwrap().next().to_string(), "2024-03-01");
        assert!(Day::parse("2023-02-29").is_err());
    }

    #[test]
    fn a_period_that_ends_on_the_hour_does_not_touch_the_next() {
        let at = |h: i64| Hour(h).start();
        assert_eq!(Period { from: at(1), to: at(3) }.hours(), 1..=2);
        assert!(Period { from: at(3), to: at(3) }.hours().is_empty());
    }
}
