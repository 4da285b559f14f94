//! Writing a snapshot: under its name it is whole, or not there.
//!
//! In: a header and a payload in pieces. Out: a file or object, and what it weighs. It refuses to hold the compressed
//! whole in memory: one thread compresses, a few parts wait, the store takes them.
//!
//! In a directory the bytes go to a file of another name beside it, are flushed to the disk, and are renamed; in an
//! object store they are parts of an upload that counts only when it is completed. What a crash leaves of either is no
//! snapshot: see `prune` for directories; for object stores set the bucket's rule for unfinished uploads.

use std::io::{self, Write};

use object_store::{ObjectStoreExt, WriteMultipart};
use tokio::sync::mpsc;

use super::Store;
use super::error::{Cause, StoreError};
use super::format::{self, Sizes, Unwritten};
use super::header::Header;
use super::name::Name;
use crate::model::Text;

/// Bytes of a part; object stores want at least 5 MiB, and at most 10,000 parts.
const PART: usize = 8 << 20;
/// Parts that wait for the store.
const WAITING: usize = 2;
/// Parts on their way.
const SENDING: usize = 4;

/// A snapshot that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its name within the store.
    pub name: Text,
    /// Bytes of the payload.
    pub payload: u64,
    /// Bytes it takes in the store.
    pub stored: u64,
}

impl Store {
    /// Writes a snapshot and returns when it is durable; one of the same shard, epoch and position is replaced.
    ///
    /// The payload is taken piece by piece on a thread for blocking work, so it may be made while it is written. When
    /// this fails nothing has changed but, after a crash, a leftover that [`Store::prune`] sweeps.
    pub async fn save<P>(&self, header: &Header, payload: P) -> Result<Saved, StoreError>
    where
        P: IntoIterator<Item: AsRef<[u8]>> + Send + 'static,
    {
        let name = Name::of(header);
        let (most, bytes) = (self.most, header.write()?);
        let failed = |cause: Cause| StoreError::failed(format!("write snapshot {name} to {}", self.place), cause);
        let upload = self.objects.put_multipart(&name.path(&self.prefix)).await.map_err(|e| failed(e.into()))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let (to, parts) = mpsc::channel(WAITING);
        let writing =
            tokio::task::spawn_blocking(move || format::write(&bytes, payload, most, Parts { part: Vec::new(), to }));
        let sent = send(&mut upload, parts).await;
        let outcome = match (sent, writing.await) {
            (Ok(()), Ok(Ok(sizes))) => Ok(sizes),
            // Where the store refused a part, the writer only knows that nobody listens.
            (Err(error), _) => Err(failed(error.into())),
            (Ok(()), Ok(Err(Unwritten::TooLarge))) => Err(StoreError::TooLarge { name: name.text(), most }),
            (Ok(()), Ok(Err(Unwritten::Refused(error)))) => Err(failed(error.into())),
            (Ok(()), Err(error)) => Err(failed(error.into())),
        };
        match outcome {
            Ok(Sizes { payload, stored }) => {
                upload.finish().await.map_err(|e| failed(e.into()))?;
                Ok(Saved { name: name.text(), payload, stored })
            }
            Err(error) => {
                // What cannot be taken back is a leftover, and why there is one matters more.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }
}

/// Hands parts on until there are no more.
async fn send(upload: &mut WriteMultipart, mut parts: mpsc::Receiver<Vec<u8>>) -> object_store::Result<()> {
    while let Some(part) = parts.recv().await {
        upload.wait_for_capacity(SENDING).await?;
        upload.put(part.into());
    }
    upload.wait_for_capacity(0).await
}

/// Cuts what is written into parts.
struct Parts {
    part: Vec<u8>,
    to: mpsc::Sender<Vec<u8>>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.part.len() == PART {
            self.flush()?;
        }
        let taken = bytes.get(..PART - self.part.len()).unwrap_or(bytes);
        self.part.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let part = std::mem::take(&mut self.part);
        self.to.blocking_send(part).map_err(|_| io::Error::other("the store takes no more"))
    }
}
