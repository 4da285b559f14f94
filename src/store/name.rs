//! Names of snapshots: `shard-0003/epoch-0001/00000000000000041827.snapshot`.
//!
//! In: shard, epoch and position. Out: a path, and back from one. It refuses every name that it would not give itself.

use std::fmt;

use object_store::path::Path;

use super::header::Header;
use crate::model::Text;

/// Which snapshot; ordered by shard, then age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) shard: u32,
    pub(super) epoch: u32,
    pub(super) position: u64,
}

impl Name {
    pub(super) fn of(header: &Header) -> Self {
        Self { shard: header.shard, epoch: header.epoch, position: header.position }
    }

    /// From the names of directory and file; of a file that is still being written, what it will be.
    pub(super) fn parse(shard: u32, directory: &str, file: &str) -> Option<Self> {
        let epoch = epoch(directory)?;
        let position = file.strip_suffix(".snapshot")?.parse().ok()?;
        let name = Self { shard, epoch, position };
        (name.file() == file).then_some(name)
    }

    /// Under the prefix of a store.
    pub(super) fn path(&self, prefix: &Path) -> Path {
        shard_directory(prefix, self.shard).join(epoch_directory(self.epoch)).join(self.file())
    }

    pub(super) fn text(&self) -> Text {
        Text::new(self.to_string())
    }

    fn file(&self) -> String {
        format!("{:020}.snapshot", self.position)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard-{:04}/{}/{}", self.shard, epoch_directory(self.epoch), self.file())
    }
}

/// Where the epochs of a shard lie.
pub(super) fn shard_directory(prefix: &Path, shard: u32) -> Path {
    prefix.clone().join(format!("shard-{shard:04}"))
}

fn epoch_directory(epoch: u32) -> String {
    format!("epoch-{epoch:04}")
}

/// The epoch that a directory is named after.
fn epoch(directory: &str) -> Option<u32> {
    let epoch = directory.strip_prefix("epoch-")?.parse().ok()?;
    (epoch_directory(epoch) == directory).then_some(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_position_and_are_read_back() {
        let name = Name { shard: 3, epoch: 1, position: 41_827 };
        assert_eq!(name.to_string(), "shard-0003/epoch-0001/00000000000000041827.snapshot");
        assert_eq!(name.path(&Path::default()).as_ref(), name.to_string());
        assert_eq!(Name::parse(3, "epoch-0001", "00000000000000041827.snapshot"), Some(name));
        let last = Name { position: u64::MAX, epoch: 12_345, ..name };
        assert_eq!(Name::parse(3, "epoch-12345", "18446744073709551615.snapshot"), Some(last));
        assert!(name.to_string() < Name { position: 41_828, ..name }.to_string());
    }

    #[test]
    fn other_names_are_none() {
        let file = "00000000000000041827.snapshot";
        for directory in ["", "epoch-", "epoch-1", "epoch-00001", "epoch-+001", "epoch-x001", "Epoch-0001"] {
            assert_eq!(Name::parse(3, directory, file), None, "{directory}");
        }
        for file in ["41827.snapshot", "+0000000000000041827.snapshot", "00000000000000041827.snapshot#1", ".snapshot"]
        {
            assert_eq!(Name::parse(3, "epoch-0001", file), None, "{file}");
        }
    }
}
