//! Keys and tokens: only ever read from files, never shown.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::Secret;

/// Most bytes of a file that holds a secret.
const MOST: u64 = 4_096;

/// A file that holds no usable secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read.
    #[error("cannot read {path}: {error}", path = .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// There is nothing in it.
    #[error("{path} is empty", path = .0.display())]
    Empty(PathBuf),
    /// It is some other file.
    #[error("{path} is longer than {MOST} bytes", path = .0.display())]
    Long(PathBuf),
}

/// The secret in a file, line ends behind it left out.
pub fn read_secret(path: &Path) -> Result<Secret, SecretError> {
    let unreadable = |error| SecretError::Unreadable { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST {
        return Err(SecretError::Long(path.to_owned()));
    }
    Secret::new(&bytes).ok_or_else(|| SecretError::Empty(path.to_owned()))
}
