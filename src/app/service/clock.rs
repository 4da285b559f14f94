//! The only clocks of the service: the hour of the day for ticks and logs, and a stopwatch for waiting.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::EventTime;

/// What time it is.
pub(super) fn now() -> EventTime {
    #[expect(clippy::disallowed_methods, reason = "the intake's clock: it becomes ticks in the log")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    EventTime::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Counts from when it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    pub(super) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "how long something has waited; it reaches no alert")]
        Self(Instant::now())
    }

    /// How long.
    pub(super) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Whether so long has passed; then it begins anew.
    pub(super) fn has_passed(&mut self, time: Duration) -> bool {
        let passed = self.elapsed() >= time;
        if passed {
            *self = Self::start();
        }
        passed
    }
}
