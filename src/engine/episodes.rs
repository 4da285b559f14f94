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

/// Hours in which a condition held, in order, as runs of hours without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holds {
    spans: Vec<Span>,
}

impl Holds {
    /// Forgets every hour from one on.
    pub(super) fn cut(&mut self, from: Hour) {
        while self.spans.last().is_some_and(|span| span.first >= from) {
            self.spans.pop();
        }
        if let Some(span) = self.spans.last_mut() {
            span.last = span.last.min(from.plus(-1));
        }
    }

    /// Forgets every hour before one.
    pub(super) fn cut_before(&mut self, first: Hour) {
        self.spans.retain(|span| span.last >= first);
        if let Some(span) = self.spans.first_mut() {
            span.first = span.first.max(first);
        }
    }

    /// Adds hours; they come in order.
    pub(super) fn hold(&mut self, first: Hour, last: Hour) {
        match self.spans.last_mut() {
            Some(span) if first <= span.last.plus(1) => span.last = last,
            _ => self.spans.push(Span { first, last }),
        }
    }

    /// Hours with no more than `quiet` hours between them are one episode.
    pub(super) fn episodes(&self, quiet: i64) -> Episodes {
        let mut spans: Vec<Span> = Vec::new();
        for span in &self.spans {
            match spans.last_mut() {
                Some(open) if span.first.0 - open.last.0 - 1 <= quiet => open.last = span.last,
                _ => spans.push(*span),
            }
        }
        Episodes { quiet, spans }
    }
}

impl Episodes {
    /// The first hour that lies in an episode here and in none there, or the other way round.
    pub(super) fn differ_from(&self, other: &Self) -> Option<Hour> {
        let both = self.spans.len().max(other.spans.len());
        let mut pairs = (0..both).map(|index| (self.spans.get(index), other.spans.get(index)));
        match pairs.find(|(one, other)| one != other)? {
            (Some(one), Some(other)) if one.first == other.first => Some(one.last.min(other.last).plus(1)),
            (one, other) => one.into_iter().chain(other).map(|span| span.first).min(),
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

    /// The hour from whose start on the last episode is over, as long as nothing else holds.
    pub(super) fn resolves(&self) -> Option<Hour> {
        self.spans.last().map(|span| span.last.plus(self.quiet).plus(2))
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
        let mut holds = Holds::default();
        hours.iter().for_each(|hour| holds.hold(Hour(*hour), Hour(*hour)));
        holds.episodes(quiet)
    }

    #[test]
    fn gaps_up_to_quiet_are_joined_and_longer_ones_are_not() {
        assert_eq!(held(2, &[1, 4, 5]).spans, [Span { first: Hour(1), last: Hour(5) }]);
        let two = held(2, &[1, 5]);
        assert_eq!(two.spans.len(), 2);
        assert!(two.covers(Hour(5)) && !two.covers(Hour(3)));
    }

    #[test]
    fn what_is_cut_off_and_held_anew_is_as_if_never_cut() {
        let hours = [1, 2, 3, 7, 8, 20];
        for from in 0..22 {
            let mut holds = Holds::default();
            hours.iter().for_each(|hour| holds.hold(Hour(*hour), Hour(*hour)));
            let whole = holds.clone();
            holds.cut(Hour(from));
            hours.iter().filter(|hour| **hour >= from).for_each(|hour| holds.hold(Hour(*hour), Hour(*hour)));
            assert_eq!(holds, whole, "cut at {from}");
        }
        assert_eq!(held(0, &[1, 2]).differ_from(&held(0, &[1, 2, 3])), Some(Hour(3)));
        assert_eq!(held(0, &[1, 2]).differ_from(&held(0, &[1, 2])), None);
        assert_eq!(held(0, &[1, 5]).differ_from(&held(0, &[1, 4])), Some(Hour(4)));
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
