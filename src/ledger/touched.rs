//! Which days of which accounts are to be asked about again.
//!
//! In: spans of days, one by one. Out: those that are left when what overlaps is joined, in order. A card that many accounts hang on
//! touches all their days, and there may be any number of such cards before anybody asks: it refuses to hold the same day twice
//! for long.

use super::AccountIndex;
use crate::model::Day;

/// An account, the first day and the last.
pub type TouchedDays = (AccountIndex, Day, Day);

/// TouchedDayss that are held before they are joined for the first time.
const LEAST: usize = 1 << 16;

#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    spans: Vec<TouchedDays>,
    /// How many were left when they were last joined.
    joined: usize,
}

impl Touched {
    pub(super) fn push(&mut self, span: TouchedDays) {
        if self.spans.len() >= LEAST.max(2 * self.joined) {
            join(&mut self.spans);
            self.joined = self.spans.len();
        }
        self.spans.push(span);
    }

    /// All of them, joined, in order; from now on there are none.
    pub(super) fn take(&mut self) -> Vec<TouchedDays> {
        let Self { mut spans, .. } = std::mem::take(self);
        join(&mut spans);
        spans
    }
}

/// Sorts spans and makes one of those of an account that overlap or follow one another.
fn join(spans: &mut Vec<TouchedDays>) {
    spans.retain(|(_, from, to)| from <= to);
    spans.sort_unstable();
    spans.dedup_by(|(account, from, to), (of, _, until)| {
        let goes_on = account == of && from.0 <= until.0.saturating_add(1);
        if goes_on {
            *until = (*until).max(*to);
        }
        goes_on
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn however_often_a_day_is_touched_it_is_held_a_few_times_at_most() {
        let mut touched = Touched::default();
        for n in 0..10 * LEAST {
            touched.push(((n % 7) as AccountIndex, Day(0), Day((n % 5) as i64)));
        }
        assert!(touched.spans.capacity() <= 2 * LEAST);
        assert_eq!(touched.take(), (0..7).map(|account| (account, Day(0), Day(4))).collect::<Vec<_>>());
        assert!(touched.take().is_empty());
    }

    proptest! {
        #[test]
        fn joined_spans_hold_each_day_that_was_touched_once(
            spans in prop::collection::vec((0u32..3, -9i64..9, -9i64..9), 0..30),
        ) {
            let mut touched = Touched::default();
            spans.iter().for_each(|(account, from, to)| touched.push((*account, Day(*from), Day(*to))));
            let days = |(account, from, to): (AccountIndex, i64, i64)| (from..=to).map(move |day| (account, day));
            let joined: Vec<_> = touched.take().into_iter().flat_map(|(a, from, to)| days((a, from.0, to.0))).collect();
            let each: BTreeSet<_> = spans.into_iter().flat_map(days).collect();
            prop_assert!(joined.iter().copied().eq(each), "{:?}", joined);
        }
    }
}
