//! Where a record was read. Never part of a fact's content.

use std::fmt;

use serde::Serialize;

use super::{Text, words::from_text};

/// A source and the ordinal of a record in it, from 1: `audit/aws.ndjson:17`, `audit/3:5512`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// File (`archive.zip!member` inside an archive), or topic and partition.
    pub source: Text,
    /// Ordinal of the record, or offset of the message.
    pub at: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.at)
    }
}

impl Position {
    /// Reads what it is written as: everything up to the last colon is the source.
    pub fn parse(text: &str) -> Option<Self> {
        let (source, at) = text.rsplit_once(':')?;
        Some(Self { source: Text::new(source), at: at.parse().ok()? })
    }
}

from_text!(Position, "source:ordinal");

impl Serialize for Position {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
