//! Durable snapshots of a shard's state, in a directory or an object store.
//!
//! In: a [`Header`] and bytes. Out: files that are whole or not there, and of those the newest that is sound, with what
//! was passed over on the way and why. It refuses to know what is inside, when to save, and how the log is read.
//!
//! A place holds `shard-0003/epoch-0001/00000000000000041827.snapshot`: the position is that of the last record folded.
//! Within an epoch there is one log with one number of shards; another log, or another number, is another epoch.

mod error;
mod format;
mod header;
mod load;
mod name;
mod place;
mod prune;
mod reach;
mod save;

use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;

use crate::model::Text;

pub use error::{Damage, StoreError};
pub use header::{Expect, Header};
pub use load::{Found, Loaded, PassedOver};
pub use prune::KEEP;
pub use reach::{Start, reach};
pub use save::Saved;

/// Most bytes of a payload before compression; more is neither written nor read.
pub const MOST: u64 = 16 << 30;

/// A place that keeps snapshots. Cheap to clone; used within a tokio runtime.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// Under which everything lies.
    prefix: Path,
    /// The place as configured, for messages.
    place: Text,
    /// Where `objects` is a directory: which.
    directory: Option<PathBuf>,
    /// [`MOST`], less in tests.
    most: u64,
}

#[cfg(test)]
mod tests;
