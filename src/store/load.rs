//! Finding the newest snapshot that can be used.
//!
//! In: what it must be of. Out: its payload, and every newer one that was passed over with the reason. It refuses to
//! take what is of another log or another number of shards for damage: going on without it would be a silent restart.

use object_store::ObjectStoreExt;

use super::Store;
use super::error::{Cause, Damage, StoreError};
use super::format;
use super::header::{Expect, Header};
use super::name::{Name, shard_directory};
use crate::model::Text;

/// What the search came to.
#[derive(Debug, Default)]
pub struct Found {
    /// The newest sound snapshot; `None`: there is none, and the log must be read from its beginning.
    pub loaded: Option<Loaded>,
    /// Newer ones that are damaged, newest first. Somebody should be told.
    pub passed_over: Vec<PassedOver>,
}

/// A snapshot that was read whole and is what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its name within the store.
    pub name: Text,
    /// What it is of.
    pub header: Header,
    /// The bytes handed in when it was saved.
    pub payload: Vec<u8>,
}

/// A snapshot that cannot be used.
#[derive(Debug)]
pub struct PassedOver {
    /// Its name within the store.
    pub name: Text,
    /// Why.
    pub why: Damage,
}

impl Found {
    /// Nothing was sound: that is an answer only where everything could be read.
    fn or_unreadable(mut self, place: &str) -> Result<Self, StoreError> {
        match self.passed_over.iter().position(|passed| matches!(passed.why, Damage::Unreadable(_))) {
            None => Ok(self),
            Some(index) => {
                let PassedOver { name, why } = self.passed_over.swap_remove(index);
                Err(StoreError::failed(format!("tell whether there is a sound snapshot in {place}: {name}"), why))
            }
        }
    }
}

impl Store {
    /// The newest sound snapshot of a shard in this epoch.
    ///
    /// Fails where the newest sound one is of another log or number of shards, where there is one of a later epoch, and
    /// where none is sound but some could not be read at all: that there is none is not known then.
    pub async fn newest(&self, expect: &Expect) -> Result<Found, StoreError> {
        let names = self.names(expect.shard).await?;
        if let Some(later) = names.last().filter(|name| name.epoch > expect.epoch) {
            return Err(StoreError::LaterEpoch { name: later.text(), epoch: expect.epoch });
        }
        let mut found = Found::default();
        for name in names.iter().rev().filter(|name| name.epoch == expect.epoch) {
            match self.load(name).await {
                Ok((header, payload)) => {
                    expect.check(&header)?;
                    found.loaded = Some(Loaded { name: name.text(), header, payload });
                    return Ok(found);
                }
                Err(why) => found.passed_over.push(PassedOver { name: name.text(), why }),
            }
        }
        found.or_unreadable(&self.place)
    }

    /// What bears the name of a snapshot of this shard, oldest first.
    pub(super) async fn names(&self, shard: u32) -> Result<Vec<Name>, StoreError> {
        let failed =
            |cause: Cause| StoreError::failed(format!("list snapshots of shard {shard} in {}", self.place), cause);
        // An object store has no directories that could be missing; a directory that went away is not an empty one.
        if let Some(directory) = &self.directory {
            std::fs::read_dir(directory).map_err(|e| failed(e.into()))?;
        }
        let mut names = Vec::new();
        let epochs = self.objects.list_with_delimiter(Some(&shard_directory(&self.prefix, shard))).await;
        for epoch in epochs.map_err(|e| failed(e.into()))?.common_prefixes {
            let Some(directory) = epoch.filename() else { continue };
            let files = self.objects.list_with_delimiter(Some(&epoch)).await.map_err(|e| failed(e.into()))?.objects;
            let files = files.iter().filter_map(|file| file.location.filename());
            names.extend(files.filter_map(|file| Name::parse(shard, directory, file)));
        }
        names.sort();
        Ok(names)
    }

    /// Whether a snapshot is whole and what its name says.
    pub(super) async fn is_sound(&self, name: &Name) -> bool {
        let name = *name;
        self.read(name, move |stored| named(&format::open(stored)?.header, name)).await.is_ok()
    }

    async fn load(&self, name: &Name) -> Result<(Header, Vec<u8>), Damage> {
        let (name, most) = (*name, self.most);
        self.read(name, move |stored| {
            let sound = format::open(stored)?;
            named(&sound.header, name)?;
            Ok((sound.payload(most)?, sound.header))
        })
        .await
        .map(|(payload, header)| (header, payload))
    }

    /// Fetches what was stored, within bounds, and has it looked at on a thread for blocking work.
    async fn read<T, F>(&self, name: Name, look: F) -> Result<T, Damage>
    where
        T: Send + 'static,
        F: FnOnce(&[u8]) -> Result<T, Damage> + Send + 'static,
    {
        let most = format::most_stored(self.most);
        let object = self.objects.get(&name.path(&self.prefix)).await.map_err(unreadable)?;
        if object.meta.size > most {
            return Err(Damage::TooLarge { bytes: object.meta.size, most });
        }
        let stored = object.bytes().await.map_err(unreadable)?;
        tokio::task::spawn_blocking(move || look(&stored)).await.map_err(|error| Damage::Unreadable(error.into()))?
    }
}

impl Expect {
    /// Shard and epoch are those of the name, which was looked for.
    fn check(&self, header: &Header) -> Result<(), StoreError> {
        let name = || Name::of(header).text();
        if header.log != self.log {
            let (found, expected) = (header.log.clone(), self.log.clone());
            return Err(StoreError::OtherLog { name: name(), found, expected, epoch: self.epoch });
        }
        if header.shards != self.shards {
            let next = u64::from(self.epoch) + 1;
            return Err(StoreError::OtherShards { name: name(), found: header.shards, expected: self.shards, next });
        }
        Ok(())
    }
}

fn named(header: &Header, name: Name) -> Result<(), Damage> {
    let meant = Name::of(header);
    if meant == name { Ok(()) } else { Err(Damage::Misnamed(meant.text())) }
}

fn unreadable(error: object_store::Error) -> Damage {
    Damage::Unreadable(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(name: &str, why: Damage) -> PassedOver {
        PassedOver { name: Text::new(name), why }
    }

    #[test]
    fn damage_alone_means_that_there_is_none() {
        let found =
            Found { loaded: None, passed_over: vec![passed("a", Damage::Checksum), passed("b", Damage::Foreign)] };
        assert_eq!(found.or_unreadable("/snapshots").unwrap().passed_over.len(), 2);
    }

    #[test]
    fn what_could_not_be_read_may_be_sound() {
        let unreadable = Damage::Unreadable("input/output error".into());
        let found = Found { loaded: None, passed_over: vec![passed("a", Damage::Checksum), passed("b", unreadable)] };
        assert_eq!(
            found.or_unreadable("/snapshots").unwrap_err().to_string(),
            "cannot tell whether there is a sound snapshot in /snapshots: b: unreadable: input/output error"
        );
    }
}
