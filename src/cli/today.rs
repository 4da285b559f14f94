//! The day on which a command is given.
//!
//! In: the machine's clock. Out: a UTC day. It reaches what a command tells about today, and no alert.

use crate::model::{Day, EventTime};

/// Today.
pub(super) fn today() -> Day {
    #[expect(clippy::disallowed_methods, reason = "asked at the command line without a day: today is meant")]
    let now = jiff::Timestamp::now();
    EventTime::from_seconds(now.as_second()).map_or(Day(0), |time| time.day())
}
