//! Where a target goes on in a partition that is given to it.
//!
//! In: what the broker has committed, where the partition begins and ends, what this process saw of it before. Out: offset
//! of the first record that is new to the target. It asks nobody.

use std::collections::{BTreeMap, BTreeSet};

/// How reading a partition came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// For a moment: nobody else can have read on.
    Interrupted,
    /// It was taken.
    Taken,
}

/// A partition as it was last read here.
#[derive(Clone, Copy, Debug)]
struct Left {
    /// Offset of the first record that was not dealt with.
    next: i64,
    /// Offset of the first record that was not read; not less than `next`.
    read: i64,
    end: End,
}

/// What this process knows of partitions from before.
#[derive(Debug, Default)]
pub(super) struct Past {
    left: BTreeMap<i32, Left>,
    /// Those of which the broker had an offset of this target.
    known: BTreeSet<i32>,
}

impl Past {
    /// Whether the broker had an offset of the partition.
    pub(super) fn is_known(&self, partition: i32) -> bool {
        self.known.contains(&partition)
    }

    /// The broker has an offset of the partition.
    pub(super) fn is_committed(&mut self, partition: i32) {
        self.known.insert(partition);
    }

    /// The partition is taken; `next` is the first record not dealt with, `None` where it was not read.
    pub(super) fn taken(&mut self, partition: i32, next: Option<i64>) {
        match (next, self.left.get_mut(&partition)) {
            (Some(next), _) => drop(self.left.insert(partition, Left { next, read: next, end: End::Taken })),
            (None, Some(left)) => left.end = End::Taken,
            (None, None) => {}
        }
    }

    /// The partition stays ours and is read again: what was not dealt with begins at `next`, what was not read at `read`.
    pub(super) fn interrupted(&mut self, partition: i32, next: i64, read: i64) {
        self.left.insert(partition, Left { next, read: read.max(next), end: End::Interrupted });
    }

    /// Offset of the first record that is new, of a partition that holds those from `low` until before `high`.
    pub(super) fn begins(&mut self, partition: i32, committed: Option<i64>, low: i64, high: i64) -> i64 {
        let known = self.is_known(partition);
        if committed.is_some() {
            self.is_committed(partition);
        }
        // One that ends before what was read was made anew.
        let unless_anew = |next, read| if read > high { low } else { next };
        match (committed, self.left.remove(&partition)) {
            // The broker has forgotten what it knew, as it does with a topic that is deleted.
            (None, _) if known => low,
            // Later than what is committed: nothing is sent again.
            (_, Some(Left { next, read, end: End::Interrupted })) => unless_anew(next, read),
            (Some(committed), _) => unless_anew(committed, committed),
            (None, Some(Left { next, read, end: End::Taken })) => unless_anew(next, read),
            // Nobody knew the target when what stands there was said.
            (None, None) => high,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_goes_on_where_it_was_left_and_at_the_end_where_it_never_was() {
        let mut past = Past::default();
        assert_eq!(past.begins(0, None, 2, 9), 9);
        assert_eq!(past.begins(1, Some(5), 2, 9), 5);
        assert_eq!(past.begins(1, Some(6), 2, 9), 6);
    }

    #[test]
    fn a_partition_that_ends_before_what_was_committed_is_another_one() {
        assert_eq!(Past::default().begins(0, Some(10), 0, 9), 0);
    }

    #[test]
    fn a_partition_of_which_the_broker_has_forgotten_what_it_knew_is_told_from_its_beginning() {
        let mut past = Past::default();
        assert_eq!(past.begins(0, Some(5), 2, 9), 5);
        past.taken(0, Some(7));
        assert_eq!(past.begins(0, None, 0, 9), 0);
        // Known by a commit of our own.
        assert_eq!(past.begins(1, None, 0, 4), 4);
        past.is_committed(1);
        past.taken(1, Some(4));
        assert_eq!(past.begins(1, None, 0, 9), 0);
        // While it was ours.
        past.interrupted(1, 3, 4);
        assert_eq!(past.begins(1, None, 0, 9), 0);
    }

    #[test]
    fn a_start_that_was_never_committed_is_kept() {
        let mut past = Past::default();
        assert_eq!(past.begins(0, None, 0, 4), 4);
        past.taken(0, Some(5));
        assert_eq!(past.begins(0, None, 0, 9), 5);
        // Nobody answered for it before it was taken again.
        past.interrupted(0, 6, 7);
        past.taken(0, None);
        assert_eq!(past.begins(0, None, 0, 9), 6);
        past.taken(0, Some(6));
        assert_eq!(past.begins(0, None, 0, 3), 0, "made anew");
    }

    #[test]
    fn what_was_dealt_with_is_not_told_again_after_an_interruption() {
        let mut past = Past::default();
        assert_eq!(past.begins(0, Some(5), 0, 9), 5);
        past.interrupted(0, 7, 9);
        assert_eq!(past.begins(0, Some(5), 0, 9), 7);
        // It holds what was dealt with, and not what was read: it was made anew.
        past.interrupted(0, 7, 9);
        assert_eq!(past.begins(0, Some(7), 0, 8), 0);
        // Taken meanwhile, it may have been read on by somebody else.
        past.interrupted(0, 7, 9);
        past.taken(0, None);
        assert_eq!(past.begins(0, Some(8), 0, 9), 8);
    }
}
