//! What became of every record (P2): `read = relevant + irrelevant + rejected`, for every source.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decode::Outcome;
use crate::telemetry::Records;

/// Records of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All.
    pub read: u64,
    /// Those that gave facts, or said what an earlier one said.
    pub relevant: u64,
    /// Those understood and left.
    pub irrelevant: u64,
    /// Those not understood, by reason.
    pub rejected: BTreeMap<String, u64>,
}

/// A source and its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceTally {
    /// The file, `archive.zip!member` inside an archive.
    pub path: String,
    /// Its records.
    #[serde(flatten)]
    pub tally: Tally,
}

impl Tally {
    /// Counts so many records that became this.
    pub(super) fn count(&mut self, outcome: &Outcome, records: u64) {
        self.read += records;
        match outcome {
            Outcome::Relevant(_) | Outcome::Repeated => self.relevant += records,
            Outcome::Irrelevant => self.irrelevant += records,
            Outcome::Rejected(reason) => *self.rejected.entry(reason.code.to_string()).or_default() += records,
        }
    }

    /// Rejected for any reason.
    pub fn rejected(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Whether every record is accounted for.
    pub fn adds_up(&self) -> bool {
        self.read == self.relevant + self.irrelevant + self.rejected()
    }

    /// As metrics count them.
    pub fn records(&self) -> Records<'_> {
        let rejected = self.rejected.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        Records { relevant: self.relevant, irrelevant: self.irrelevant, rejected }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.relevant += other.relevant;
        self.irrelevant += other.irrelevant;
        for (reason, count) in &other.rejected {
            *self.rejected.entry(reason.clone()).or_default() += count;
        }
    }
}
