//! Waiting for something to become true. In: a deadline and a question; out: its first answer, or a panic that says
//! what never came. Knows nothing of what is asked; it is the only place of these tests that reads a clock.

use std::thread;
use std::time::{Duration, Instant};

/// For what takes a moment on an idle machine: other builds may hold both cores for long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(20);

#[expect(clippy::disallowed_methods, reason = "deadlines of tests are wall-clock deadlines")]
pub fn now() -> Instant {
    Instant::now()
}

/// Asks until there is an answer; panics once `deadline` has passed without one.
pub fn eventually<T>(deadline: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < deadline, "not within {deadline:?}: {what}");
        thread::sleep(PAUSE);
    }
}
