//! How much of a record is read, and how much of it is kept.

use crate::model::words;

/// Bounds on what is read; a breach is a rejected record with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Greatest record in bytes (`too_large`).
    pub record_bytes: usize,
    /// Deepest nesting of a record (`too_deep`); above 127 the JSON reader's own bound holds.
    pub depth: usize,
    /// Greatest array or `{"Records":[…]}` in bytes; what lies beyond is not read (`too_large`).
    pub container_bytes: u64,
    /// Most records of one such container; what lies beyond is not read (`too_many`).
    pub records_per_container: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { record_bytes: 4 << 20, depth: 100, container_bytes: 256 << 20, records_per_container: 4_000_000 }
    }
}

/// What is kept of a principal's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PrincipalPolicy {
    /// Nothing: without a key there is no safe hash.
    #[default]
    Omit,
    /// A hash under this key: equal principals stay equal, none can be read back.
    Hashed {
        /// The operator's secret.
        key: Vec<u8>,
    },
    /// The name.
    Clear,
}

/// Which records also tell from where an account was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sightings {
    /// Those that are facts themselves, and sign-ins.
    #[default]
    Relevant,
    /// Every audit record of which an account, a time and an address can be read. A sign-in that failed is none: nobody
    /// used the account.
    All,
}

words! {
    /// Whose records they are.
    Format {
        /// Ours (docs/records.md).
        Native = "native",
        /// CloudTrail, EventBridge, cost and usage reports.
        Aws = "aws",
        /// Activity Log, cost details.
        Azure = "azure",
        /// Cloud Audit Logs, Cloud Billing's export.
        Gcp = "gcp",
        /// Audit, Events, cost reports.
        Oci = "oci",
        /// FOCUS billing, whoever exports it.
        Focus = "focus",
    }
}

/// How records are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Bounds.
    pub limits: Limits,
    /// What is kept of principals.
    pub principals: PrincipalPolicy,
    /// Which records yield sightings.
    pub sightings: Sightings,
    /// What all records must be; `None`: each is looked at.
    pub format: Option<Format>,
}
