//! Whether snapshot and log together reach from the beginning.
//!
//! In: the newest sound snapshot, if any, and the log's first offset. Out: where to read on. It refuses to start over a
//! gap: what fell into it would be missing from every alert, and nobody would know.

use super::error::StoreError;
use super::header::Header;

/// Where the log is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From its beginning, into an empty state.
    Beginning,
    /// From this offset, into the state of the snapshot.
    At(u64),
}

/// Where to start. `log_start` is the offset of the first record that the log still holds, 0 where it never lost any;
/// of an empty log it is the offset that the next record will get.
///
/// That the log still reaches to the snapshot's position from the other side is not asked here: a log that lost its end
/// must not keep its identity.
pub fn reach(found: Option<&Header>, log_start: u64) -> Result<Start, StoreError> {
    let needed = log_start.saturating_sub(1);
    match found {
        Some(Header { shard, epoch, position, .. }) => {
            let next = position.saturating_add(1);
            if next < log_start {
                let (shard, position, next) = (*shard, *position, u64::from(*epoch) + 1);
                return Err(StoreError::Gap { shard, position, log_start, needed, next });
            }
            Ok(Start::At(next))
        }
        None if log_start > 0 => Err(StoreError::NoSnapshot { log_start, needed }),
        None => Ok(Start::Beginning),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;

    fn at(position: u64) -> Header {
        let (log, configuration) = (Text::new("log"), Text::new("sha256:0"));
        Header { log, shards: 16, shard: 3, epoch: 2, position, configuration }
    }

    #[test]
    fn without_a_snapshot_a_whole_log_is_read_from_its_beginning() {
        assert_eq!(reach(None, 0).unwrap(), Start::Beginning);
    }

    #[test]
    fn after_a_snapshot_the_log_is_read_from_the_next_record() {
        assert_eq!(reach(Some(&at(0)), 0).unwrap(), Start::At(1));
        assert_eq!(reach(Some(&at(41_827)), 7).unwrap(), Start::At(41_828));
        // The log holds nothing that is folded already, and everything that is not.
        assert_eq!(reach(Some(&at(41_827)), 41_828).unwrap(), Start::At(41_828));
        assert_eq!(reach(Some(&at(u64::MAX)), u64::MAX).unwrap(), Start::At(u64::MAX));
    }

    #[test]
    fn a_gap_of_one_record_is_refused_with_what_to_do() {
        let refused = reach(Some(&at(41_827)), 41_829).unwrap_err().to_string();
        assert_eq!(
            refused,
            "the log begins at offset 41829 and the newest sound snapshot of shard 3 ends at 41827: what lay between is \
             gone; put back a snapshot that reaches offset 41828 or the part of the log that is missing, or accept the \
             loss: create a new log and start it as epoch 3"
        );
        let refused = reach(None, 1).unwrap_err().to_string();
        assert_eq!(
            refused,
            "the log begins at offset 1 and there is no sound snapshot: what lay before is gone; put back a snapshot that \
             reaches offset 0 or the part of the log that is missing, or accept the loss: create a new log and start it as \
             the next epoch"
        );
    }
}
