//! What an answer means, and when to try again.
//!
//! In: a status or a failure, how often and since when was tried. Out: an answer, a wait or giving up. Pure: jitter comes
//! from a hash of the message and the attempt.

use std::time::Duration;

use jiff::fmt::rfc2822;

use crate::model::{Digest, EventTime, words};

/// Longest wait that a target's `Retry-After` can ask for.
pub const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

words! {
    /// Why an attempt failed and another may not.
    Why {
        /// Status 408, 425, 429 or 5xx.
        Status = "status",
        /// It took too long.
        Timeout = "timeout",
        /// The host's name is not known.
        Name = "name",
        /// No connection, or it broke.
        Connection = "connection",
        /// No TLS: certificate, protocol.
        Tls = "tls",
        /// What answered does not speak HTTP.
        Protocol = "protocol",
    }
}

/// What a target said to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It took it.
    Delivered,
    /// It does not want it, and would say so again.
    Refused { status: u16 },
    /// Not now.
    Again {
        why: Why,
        /// As it asked, bounded.
        after: Option<Duration>,
    },
}

/// Reads an answer. Redirects are not followed: they are refusals.
pub(super) fn answer(status: u16, retry_after: Option<&str>, now: EventTime) -> Answer {
    match status {
        200..=299 => Answer::Delivered,
        408 | 425 | 429 | 500.. => {
            let after = retry_after.and_then(|text| wait_asked(text.trim(), now));
            Answer::Again { why: Why::Status, after }
        }
        status => Answer::Refused { status },
    }
}

/// `Retry-After`: seconds or a date.
fn wait_asked(text: &str, now: EventTime) -> Option<Duration> {
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let until = rfc2822::parse(text).ok()?.timestamp().as_second();
            u64::try_from(until.saturating_sub(now.nanos().div_euclid(1_000_000_000))).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds).min(LONGEST_ASKED))
}

/// How long to wait between attempts: doubling from `first` to `most`, each shortened by up to half.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) first: Duration,
    pub(super) most: Duration,
}

impl Pace {
    pub(super) const STATED: Self = Self { first: Duration::from_secs(1), most: Duration::from_secs(300) };

    /// The wait after the attempt of this number, from 1.
    pub(super) fn wait(self, key: &str, attempt: u32, asked: Option<Duration>) -> Duration {
        let doubled = 2_u32.checked_pow(attempt.saturating_sub(1)).map(|factor| self.first.saturating_mul(factor));
        let whole = doubled.unwrap_or(self.most).min(self.most);
        let [a, b, ..] = Digest::new("webhook jitter").field(key).number(i64::from(attempt)).finish();
        let share = u32::from(u16::from_be_bytes([a, b]));
        let shorter = whole.saturating_sub(whole.saturating_mul(share) / (2 * 65_536));
        asked.unwrap_or_default().max(shorter)
    }
}

/// Whether to give up: the message is old, and the target has failed for as long.
pub(super) fn is_over(give_up_after: Duration, at: EventTime, failing_since: EventTime, now: EventTime) -> bool {
    let age = now.nanos().saturating_sub(at.max(failing_since).nanos());
    u64::try_from(age).is_ok_and(|nanos| Duration::from_nanos(nanos) >= give_up_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_taken_refused_or_tried_again() {
        let now = EventTime::from_nanos(0);
        for (statuses, expected) in [
            (&[200, 202, 204, 299][..], "delivered"),
            (&[408, 425, 429, 500, 502, 503, 599][..], "again"),
            (&[301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422][..], "refused"),
        ] {
            for status in statuses {
                let got = match answer(*status, None, now) {
                    Answer::Delivered => "delivered",
                    Answer::Refused { .. } => "refused",
                    Answer::Again { .. } => "again",
                };
                assert_eq!(got, expected, "{status}");
            }
        }
    }

    #[test]
    fn retry_after_is_honoured_up_to_an_hour() {
        let now = EventTime::parse("2015-10-21T07:00:00Z").unwrap();
        let asked = |text| match answer(429, Some(text), now) {
            Answer::Again { after, .. } => after.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        for (text, seconds) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("99999999999999", Some(3_600)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(28 * 60)),
            ("Wed, 21 Oct 2015 06:28:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            assert_eq!(asked(text), seconds, "{text}");
        }
    }

    #[test]
    fn waits_double_up_to_a_bound_and_are_shortened_by_at_most_half() {
        for attempt in 1..200 {
            let whole = Duration::from_secs(1 << (attempt - 1).min(20)).min(Pace::STATED.most);
            let wait = Pace::STATED.wait("k", attempt, None);
            assert!(wait <= whole && wait >= whole / 2, "{attempt}: {wait:?}");
        }
        assert_eq!(Pace::STATED.wait("k", 3, None), Pace::STATED.wait("k", 3, None));
        assert_ne!(Pace::STATED.wait("k", 3, None), Pace::STATED.wait("l", 3, None));
        assert_eq!(Pace::STATED.wait("k", 1, Some(Duration::from_secs(90))), Duration::from_secs(90));
    }

    #[test]
    fn a_message_is_given_up_when_it_is_old_and_the_target_failed_for_as_long() {
        let at = |hours: i64| EventTime::from_seconds(hours * 3_600).unwrap();
        let over = |written, failing, now| is_over(Duration::from_secs(86_400), at(written), at(failing), at(now));
        assert!(over(0, 0, 24));
        assert!(!over(0, 0, 23));
        assert!(!over(0, 10, 24), "an old message has its time with a target that fails since lately");
        assert!(!over(10, 0, 24), "a young message has its time with a target that fails since long");
        assert!(!over(30, 0, 24), "a clock that was set back gives up nothing");
    }
}
