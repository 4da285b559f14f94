//! Removing what is no longer needed.
//!
//! In: a shard and how many snapshots to keep. Out: what was removed. It refuses to remove the newest sound snapshot,
//! and everything where none is sound: somebody may still want to look.

use std::fs;
use std::path::{Path, PathBuf};

use object_store::ObjectStoreExt;

use super::Store;
use super::error::StoreError;
use super::name::{Name, shard_directory};
use crate::model::Text;

/// How many snapshots of a shard are kept where nobody says otherwise.
pub const KEEP: usize = 3;

impl Store {
    /// Removes a shard's snapshots, of whatever epoch, but for the newest `keep` and the newest sound one, and returns
    /// the names of those removed. To know which is sound the newest is read again, and older ones until one is.
    ///
    /// In a directory it also sweeps what crashes have left of older ones.
    pub async fn prune(&self, shard: u32, keep: usize) -> Result<Vec<Text>, StoreError> {
        let mut names = self.names(shard).await?;
        names.reverse();
        let mut removed = Vec::new();
        if names.len() > keep {
            let Some(sound) = self.newest_sound(&names).await else { return Ok(removed) };
            for name in names.iter().skip(keep.max(sound + 1)) {
                match self.objects.delete(&name.path(&self.prefix)).await {
                    // Somebody else prunes too.
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => removed.push(name.text()),
                    Err(e) => return Err(StoreError::failed(format!("remove snapshot {name} in {}", self.place), e)),
                }
            }
        }
        if let (Some(newest), Some(directory)) = (names.first(), &self.directory) {
            sweep(&directory.join(shard_directory(&self.prefix, shard).as_ref()), *newest)
                .map_err(|error| StoreError::failed(format!("sweep leftovers in {}", self.place), error))?;
        }
        Ok(removed)
    }

    async fn newest_sound(&self, names: &[Name]) -> Option<usize> {
        for (index, name) in names.iter().enumerate() {
            if self.is_sound(name).await {
                return Some(index);
            }
        }
        None
    }
}

/// Removes files that were to become snapshots and are older than the newest: `….snapshot#1`. A younger one may still be
/// written to, by this instance or another.
fn sweep(shard: &Path, newest: Name) -> std::io::Result<()> {
    for epoch in entries(shard)? {
        for file in entries(&epoch)? {
            let leftover = staged(newest.shard, &epoch, &file);
            if leftover.is_some_and(|name| name < newest) {
                fs::remove_file(file)?;
            }
        }
    }
    Ok(())
}

/// What a file that is still being written will be.
fn staged(shard: u32, epoch: &Path, file: &Path) -> Option<Name> {
    let (name, number) = file.file_name()?.to_str()?.rsplit_once('#')?;
    number.parse::<u64>().ok()?;
    Name::parse(shard, epoch.file_name()?.to_str()?, name)
}

/// What a directory holds; nothing, where it is none.
fn entries(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
}
