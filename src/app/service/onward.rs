//! Whether a shard can read on when a partition of ours does not hold what was to be read next.
//!
//! In: how far the partition was read, and what it holds now. Out: that it can, or that the shard must be opened anew: facts
//! that were removed before they were folded would be missing from every alert, and nobody would know. It refuses to know
//! Kafka.

use super::held::Topic;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onward {
    /// Read on, at the partition's first offset where that is later.
    On,
    /// What is held cannot go on: whoever opens the shard looks for a snapshot that can, and ends where there is none.
    Anew,
}

/// `next`: the offset that was to be read. `low` and `high`: the partition's first offset, and the one after its last.
pub(super) fn onward(topic: Topic, next: u64, low: u64, high: u64) -> Onward {
    // One that ends before what was read is another one under the same name.
    if next > high || (topic == Topic::Facts && next < low) {
        return Onward::Anew;
    }
    // Compacted topics begin where they begin: what is gone of them was said anew, or taken back.
    Onward::On
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_were_removed_before_they_were_folded_are_not_passed_over() {
        assert_eq!(onward(Topic::Facts, 7, 8, 20), Onward::Anew);
        assert_eq!(onward(Topic::Alerts, 7, 8, 20), Onward::On);
        assert_eq!(onward(Topic::Contributions, 0, 3, 20), Onward::On);
    }

    #[test]
    fn what_is_still_held_is_read_on_from_where_it_was() {
        for topic in Topic::ALL {
            assert_eq!(onward(topic, 8, 8, 20), Onward::On);
            assert_eq!(onward(topic, 20, 8, 20), Onward::On, "nothing new has come");
        }
    }

    #[test]
    fn a_partition_that_ends_before_what_was_read_is_another_one() {
        for topic in Topic::ALL {
            assert_eq!(onward(topic, 21, 0, 20), Onward::Anew);
        }
    }
}
