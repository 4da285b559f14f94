//! What stands in the way of snapshots: of keeping them, and of using one.
//!
//! In: what was tried and what came of it. Out: messages that name the thing and, where somebody must choose, say
//! between what.

use crate::model::Text;

/// What a disk, a network or a thread said.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why snapshots cannot be kept, found or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The place is none.
    #[error("snapshot store {place}: {why}")]
    Place {
        /// As configured, credentials left out.
        place: Text,
        /// What is wrong with it.
        why: String,
    },
    /// The place is of a kind that this build cannot reach.
    #[error(
        "snapshot store {place} needs a build with the feature {feature}: cargo build --release --features {feature}"
    )]
    NotBuiltIn {
        /// As configured.
        place: Text,
        /// The cargo feature.
        feature: &'static str,
    },
    /// Something could not be read or written.
    #[error("cannot {what}: {cause}")]
    Failed {
        /// What was tried, with the name of the thing.
        what: String,
        /// Why it failed.
        cause: Cause,
    },
    /// A state larger than [`MOST`](super::MOST).
    #[error("cannot write snapshot {name}: it holds more than {most} bytes, and would not be read again")]
    TooLarge {
        /// Which.
        name: Text,
        /// Most bytes before compression.
        most: u64,
    },
    /// A text too long for a header.
    #[error("cannot write snapshot {name}: the {field} of its header is {bytes} bytes long, at most {most} fit")]
    LongText {
        /// Which.
        name: Text,
        /// `log` or `configuration`.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// The newest sound snapshot is of another log.
    #[error(
        "snapshot {name} is of the log {found}, not of {expected}: a new log needs a new epoch (this is epoch {epoch}) or \
         a place of its own for its snapshots"
    )]
    OtherLog {
        /// Which.
        name: Text,
        /// The log it is of.
        found: Text,
        /// The log there is.
        expected: Text,
        /// The epoch of both.
        epoch: u32,
    },
    /// The newest sound snapshot is of a log with another number of shards.
    #[error(
        "snapshot {name} is one of {found} shards, not of {expected}: the number is fixed when a log is created; go back \
         to {found}, or create a new log with {expected} shards and start it as epoch {next}"
    )]
    OtherShards {
        /// Which.
        name: Text,
        /// Its number of shards.
        found: u32,
        /// The number there is.
        expected: u32,
        /// The epoch after this one.
        next: u64,
    },
    /// A later epoch has been run already.
    #[error(
        "snapshot {name} is of a later epoch than {epoch}: this instance is configured for a log that has been replaced; \
         give it the newer log and its epoch, or remove that snapshot to go back"
    )]
    LaterEpoch {
        /// One of the later epoch.
        name: Text,
        /// The epoch there is.
        epoch: u32,
    },
    /// The log begins after the newest snapshot ends.
    #[error(
        "the log begins at offset {log_start} and the newest sound snapshot of shard {shard} ends at {position}: what lay \
         between is gone; put back a snapshot that reaches offset {needed} or the part of the log that is missing, or \
         accept the loss: create a new log and start it as epoch {next}"
    )]
    Gap {
        /// Which shard.
        shard: u32,
        /// Where the snapshot ends.
        position: u64,
        /// The log's first offset.
        log_start: u64,
        /// Where a snapshot must end to be of use.
        needed: u64,
        /// The epoch after this one.
        next: u64,
    },
    /// There is no snapshot, and the log has lost its beginning.
    #[error(
        "the log begins at offset {log_start} and there is no sound snapshot: what lay before is gone; put back a snapshot \
         that reaches offset {needed} or the part of the log that is missing, or accept the loss: create a new log and \
         start it as the next epoch"
    )]
    NoSnapshot {
        /// The log's first offset.
        log_start: u64,
        /// Where a snapshot must end to be of use.
        needed: u64,
    },
}

impl StoreError {
    /// What was tried, and why it failed.
    pub(super) fn failed(what: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self::Failed { what: what.into(), cause: cause.into() }
    }
}

/// Why one snapshot is not used though it bears the right name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It does not begin like one.
    #[error("not a snapshot: its first bytes are others")]
    Foreign,
    /// It is of a format that this build does not know.
    #[error("of format version {0}: this build reads up to version {newest}", newest = super::format::VERSION)]
    Version(u16),
    /// Bytes have changed or are missing.
    #[error("damaged or cut short: its checksum differs")]
    Checksum,
    /// Sound bytes that say what cannot be.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// The payload cannot be decompressed.
    #[error("malformed: its payload cannot be decompressed: {0}")]
    Compression(std::io::Error),
    /// Larger than anything that is written.
    #[error("holds {bytes} bytes, at most {most} are read")]
    TooLarge {
        /// How many.
        bytes: u64,
        /// How many are read at most.
        most: u64,
    },
    /// Its header and its name contradict each other.
    #[error("misnamed: by its header it is {0}")]
    Misnamed(Text),
    /// It could not be read at all.
    #[error("unreadable: {0}")]
    Unreadable(Cause),
}
