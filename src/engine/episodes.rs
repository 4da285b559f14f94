//! Hours in which a condition holds, joined into episodes (D7, D8).
//!
//! In: hours in order. Out: episodes: hours with no more than `quiet` hours between them are one. It refuses to know why
//! an hour holds.

use crate::model::{AlertStatus, Episode, EventTime, Hour};

/// First and last hour of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: Hour,
    pub(super) last: Hour,
}

/// Episodes of one (rule, subject).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Episodes {
    quiet: i64,
    spans: Vec<Span>,
}

impl Episodes {
    pub(super) fn new(quiet: i64) -> Self {
        Self { quiet, spans: Vec::new() }
    }

    /// Adds an hour; hours come in order.
    pub(super) fn hold(&mut self, hour: Hour) {
        match self.spans.last_mut() {
            Some(span) if hour.0 - span.last.0 - 1 <= self.quiet => span.last = hour,
            _ => self.spans.push(Span { first: hour, last: hour }),
        }
    }

    /// First hour of all and last hour of all; `None` when nothing ever held.
    pub(super) fn bounds(&self) -> Option<Span> {
        Some(Span { first: self.spans.first()?.first, last: self.spans.last()?.last })
    }

    /// Whether `hour` lies in an episode.
    pub(super) fn covers(&self, hour: Hour) -> bool {
        let index = self.spans.partition_point(|span| span.last < hour);
        self.spans.get(index).is_some_and(|span| span.first <= hour)
    }

    /// Open while the hour of `now`, were it to hold, would still belong to the last episode.
    pub(super) fn status(&self, now: EventTime) -> AlertStatus {
        match self.spans.last() {
            Some(span) if now.hour().0 - span.last.0 - 1 <= self.quiet => AlertStatus::Open,
            _ => AlertStatus::Resolved,
        }
    }

    /// As alerts show them.
    pub(super) fn written(&self, now: EventTime) -> Vec<Episode> {
        let open = self.status(now) == AlertStatus::Open;
        let last = self.spans.len();
        let shown = |(index, span): (usize, &Span)| Episode {
            from: span.first.start(),
            to: (!open || index + 1 < last).then(|| span.last.end()),
        };
        self.spans.iter().enumerate().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(quiet: i64, hours: &[i64]) -> Episodes {
        let mut episodes = Episodes::new(quiet);
        hours.iter().for_each(|hour| episodes.hold(Hour(*hour)));
        episodes
    }

    #[test]
    fn gaps_up_to_quiet_are_joined_and_longer_ones_are_not() {
        assert_eq!(held(2, &[1, 4, 5]).spans, [Span { first: Hour(1), last: Hour(5) }]);
        let two = held(2, &[1, 5]);
        assert_eq!(two.spans.len(), 2);
        assert!(two.covers(Hour(5)) && !two.covers(Hour(3)));
    }

    #[test]
    fn an_episode_stays_open_until_quiet_has_passed() {
        let episodes = held(2, &[10]);
        assert_eq!(episodes.status(Hour(13).start()), AlertStatus::Open);
        assert_eq!(episodes.status(Hour(14).start()), AlertStatus::Resolved);
        assert_eq!(episodes.written(Hour(13).start())[0].to, None);
        assert_eq!(episodes.written(Hour(14).start())[0].to, Some(Hour(11).start()));
    }
}
