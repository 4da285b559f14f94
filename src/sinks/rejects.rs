//! Rejected records: reason, place and size, never their bytes.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::Position;

/// A record that gave neither facts nor irrelevance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reject {
    /// Why, as metrics count it.
    pub reason: String,
    /// What was wrong.
    pub detail: String,
    /// Where it was read.
    pub position: Position,
    /// Its size in bytes.
    pub size: u64,
}

/// Writes one reject a line.
pub fn write_reject(out: &mut dyn Write, reject: &Reject) -> io::Result<()> {
    serde_json::to_writer(&mut *out, reject)?;
    out.write_all(b"\n")
}
