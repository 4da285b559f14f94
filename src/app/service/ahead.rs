//! How far a source partition may be committed, and what became of its records up to there (P2, P3).
//!
//! In: offsets as they are read, with how many facts each gave, and deliveries in any order. Out: the offset before which
//! everything is durable downstream, with the running totals as of that offset, which are committed together with it: so
//! that they are right after any crash. It refuses to know Kafka.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::app::Tally;

/// Most characters of the totals as committed: brokers take 4,096 bytes by default.
const METADATA: usize = 3_900;

/// Running totals of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    /// Records.
    #[serde(flatten)]
    pub(super) tally: Tally,
    /// Messages that the source removed before they were read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) lost: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Totals {
    /// As committed beside an offset. Where reasons would not fit, those are added up.
    pub(super) fn write(&self) -> String {
        let text = |totals: &Self| serde_json::to_string(totals).unwrap_or_default();
        let whole = text(self);
        if whole.len() <= METADATA {
            return whole;
        }
        let rejected = BTreeMap::from([("other".to_owned(), self.tally.rejected())]);
        text(&Self { tally: Tally { rejected, ..self.tally.clone() }, lost: self.lost })
    }

    /// The same again; totals that somebody else wrote, or nobody, begin at nought.
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// A message whose facts are not all durable.
#[derive(Debug)]
struct Waiting {
    offset: u64,
    left: usize,
    /// Totals before it.
    before: Totals,
}

/// What the broker says was committed of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Committed {
    /// This offset.
    Offset(u64),
    /// No offset.
    Nothing,
    /// It did not say.
    Unknown,
}

/// One source partition.
#[derive(Debug)]
pub(super) struct Ahead {
    next: u64,
    totals: Totals,
    waiting: VecDeque<Waiting>,
    /// What the broker said it has.
    committed: Option<u64>,
    /// What it was last sent.
    sent: Option<u64>,
    start: Start,
}

/// Where a partition is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// From an offset.
    Known,
    /// From its beginning, wherever that is: nobody answered who knows.
    Beginning,
}

/// What an answer of the broker means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confirmed {
    /// It has what it was sent, as far as it says.
    Yes,
    /// It has not: what was sent was refused, or is on its way.
    No,
    /// It had an offset and has none any more: it forgets them with the source.
    Forgotten,
}

impl Ahead {
    /// From an offset and the totals before it; of which the broker knows nothing.
    pub(super) fn new(next: u64, totals: Totals) -> Self {
        Self { next, totals, waiting: VecDeque::new(), committed: None, sent: None, start: Start::Known }
    }

    /// From the partition's beginning, which nobody who could say it has said.
    pub(super) fn beginning(totals: Totals) -> Self {
        Self { start: Start::Beginning, ..Self::new(0, totals) }
    }

    /// From a committed offset and its totals.
    pub(super) fn committed(next: u64, totals: Totals) -> Self {
        Self { committed: Some(next), ..Self::new(next, totals) }
    }

    /// A message was read: what its records came to, and how many facts and rejects are to be delivered.
    pub(super) fn read(&mut self, offset: u64, records: &Tally, sent: usize) {
        if sent > 0 {
            self.waiting.push_back(Waiting { offset, left: sent, before: self.totals.clone() });
        }
        self.totals.tally.add(records);
        (self.next, self.start) = (offset + 1, Start::Known);
    }

    /// A fact of the message at this offset is durable.
    pub(super) fn delivered(&mut self, offset: u64) {
        if let Ok(at) = self.waiting.binary_search_by_key(&offset, |waiting| waiting.offset)
            && let Some(waiting) = self.waiting.get_mut(at)
        {
            waiting.left = waiting.left.saturating_sub(1);
        }
        while self.waiting.front().is_some_and(|first| first.left == 0) {
            self.waiting.pop_front();
        }
    }

    /// The source removed everything before this offset. How much was lost of what had not been read.
    pub(super) fn begins_at(&mut self, first: u64) -> u64 {
        let lost = match std::mem::replace(&mut self.start, Start::Known) {
            Start::Known => first.saturating_sub(self.next),
            // What was removed before anybody read here is nothing that was lost to us.
            Start::Beginning => 0,
        };
        self.totals.lost += lost;
        self.next = self.next.max(first);
        lost
    }

    /// Whether the source is another one under the same name: it ends before what was read, or the broker knows nothing of
    /// what was committed, which it forgets with the source. `committed`: what it says now, where it was asked.
    pub(super) fn is_another(&self, end: u64, committed: Committed) -> bool {
        end < self.next || self.forgotten(committed)
    }

    /// Whether the broker had an offset of us and has none any more.
    pub(super) fn forgotten(&self, committed: Committed) -> bool {
        self.committed.is_some() && committed == Committed::Nothing
    }

    /// The source that took this one's place, from its start; what was counted stays counted.
    pub(super) fn anew(&self, first: u64) -> Self {
        Self::new(first, self.totals.clone())
    }

    /// Where to read on.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Where to begin; `None`: where the partition does.
    pub(super) fn begins(&self) -> Option<u64> {
        (self.start == Start::Known).then_some(self.next)
    }

    /// Running totals of everything read.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What may be committed, where it is more than the broker has.
    pub(super) fn commit(&mut self) -> Option<(u64, String)> {
        let due = self.due()?;
        self.sent = Some(due.0);
        Some(due)
    }

    /// Whether more may be committed than the broker has.
    pub(super) fn is_due(&self) -> bool {
        self.due().is_some()
    }

    fn due(&self) -> Option<(u64, String)> {
        if self.start == Start::Beginning {
            return None;
        }
        let (offset, totals) = match self.waiting.front() {
            Some(first) => (first.offset, &first.before),
            None => (self.next, &self.totals),
        };
        if self.committed.is_some_and(|committed| committed >= offset) {
            return None;
        }
        Some((offset, totals.write()))
    }

    /// What the broker says it has.
    pub(super) fn confirm(&mut self, committed: Committed) -> Confirmed {
        if self.forgotten(committed) {
            return Confirmed::Forgotten;
        }
        // Any other offset is of a source that had this one's name before, or older than what was sent.
        if let Committed::Offset(offset) = committed
            && self.sent == Some(offset)
        {
            self.committed = self.sent;
        }
        let refused = committed != Committed::Unknown && self.sent > self.committed;
        if refused { Confirmed::No } else { Confirmed::Yes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(reason: Option<&str>) -> Tally {
        let rejected = reason.map(|reason| (reason.to_owned(), 1)).into_iter().collect();
        Tally { read: 1, relevant: u64::from(reason.is_none()), irrelevant: 0, rejected }
    }

    #[test]
    fn nothing_is_committed_past_a_message_whose_facts_are_not_all_durable() {
        let mut ahead = Ahead::new(10, Totals::default());
        ahead.read(10, &one(None), 2);
        ahead.read(11, &one(None), 1);
        ahead.read(12, &one(Some("truncated")), 0);
        ahead.delivered(11);
        ahead.delivered(10);
        assert_eq!(ahead.commit().map(|(offset, _)| offset), Some(10), "one of two facts is missing");
        ahead.delivered(10);
        let (offset, totals) = ahead.commit().unwrap();
        assert_eq!((offset, Totals::read(&totals)), (13, ahead.totals().clone()));
        assert_eq!(ahead.confirm(Committed::Offset(10)), Confirmed::No);
        assert_eq!(ahead.commit().map(|(offset, _)| offset), Some(13), "the broker has refused it");
        assert_eq!(ahead.confirm(Committed::Unknown), Confirmed::Yes, "it may have it");
        assert!(ahead.is_due());
        assert_eq!(ahead.confirm(Committed::Offset(13)), Confirmed::Yes);
        assert_eq!(ahead.commit(), None, "nothing new");
    }

    #[test]
    fn totals_are_those_of_the_offset_they_are_committed_with() {
        let mut ahead = Ahead::new(0, Totals::default());
        ahead.read(0, &one(None), 0);
        ahead.read(1, &one(None), 1);
        ahead.read(2, &one(None), 0);
        let (offset, totals) = ahead.commit().unwrap();
        assert_eq!((offset, Totals::read(&totals).tally.read), (1, 1));
    }

    #[test]
    fn what_the_source_removed_is_counted_once() {
        let mut ahead = Ahead::new(5, Totals::default());
        assert_eq!((ahead.begins_at(9), ahead.begins_at(9), ahead.begins_at(3)), (4, 0, 0));
        assert_eq!((ahead.next(), ahead.totals().lost), (9, 4));
    }

    #[test]
    fn of_a_partition_that_begins_nobody_knows_where_nothing_is_committed_or_lost() {
        let mut ahead = Ahead::beginning(Totals::default());
        assert!(!ahead.is_due());
        let mut told = Ahead::beginning(Totals::default());
        assert_eq!((told.begins_at(7), told.next(), told.is_due()), (0, 7, true));
        ahead.read(9, &one(None), 0);
        assert_eq!(ahead.commit().map(|(offset, _)| offset), Some(10));
        assert_eq!(ahead.totals().lost, 0);
    }

    #[test]
    fn a_source_that_ends_before_what_was_read_is_read_from_its_start() {
        let mut ahead = Ahead::new(9, Totals::default());
        ahead.read(9, &one(None), 1);
        assert!(!ahead.is_another(10, Committed::Unknown), "nothing new has come");
        assert!(ahead.is_another(4, Committed::Unknown));
        let mut anew = ahead.anew(0);
        assert_eq!((anew.next(), anew.commit().map(|(offset, _)| offset), anew.totals().tally.read), (0, Some(0), 1));
    }

    #[test]
    fn a_source_of_which_nothing_is_committed_any_more_is_another_however_long_it_is() {
        let mut ahead = Ahead::new(9, Totals::default());
        assert!(!ahead.is_another(20, Committed::Nothing), "nothing was committed yet");
        assert_eq!(ahead.confirm(Committed::Nothing), Confirmed::Yes);
        assert_eq!(ahead.confirm(Committed::Offset(4)), Confirmed::Yes, "of the one before");
        assert_eq!(ahead.confirm(Committed::Nothing), Confirmed::Yes);
        assert_eq!(ahead.commit().map(|(offset, _)| offset), Some(9));
        assert_eq!(ahead.confirm(Committed::Offset(9)), Confirmed::Yes);
        assert_eq!(ahead.confirm(Committed::Nothing), Confirmed::Forgotten);
        assert!(ahead.is_another(20, Committed::Nothing));
        assert!(!ahead.is_another(20, Committed::Offset(9)) && !ahead.is_another(20, Committed::Unknown));
    }

    #[test]
    fn totals_with_any_number_of_reasons_fit_beside_an_offset() {
        let rejected = (0..500).map(|n| (format!("unsupported:format_{n}"), 7)).collect();
        let totals = Totals { tally: Tally { read: 3_500, rejected, ..Tally::default() }, lost: 0 };
        let read = Totals::read(&totals.write());
        assert!(totals.write().len() < METADATA && read.tally.adds_up() && read.tally.rejected() == 3_500);
    }
}
