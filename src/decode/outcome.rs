//! What became of a record.

use serde::Serialize;

use crate::model::{Fact, Position, Text};

/// One record and what became of it, or several irrelevant ones that follow one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where it was read: the source and the record's ordinal in it, from 1.
    pub position: Position,
    /// How many records; the position is that of the first. One, but where all are irrelevant.
    pub records: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// Its bytes, or those of all of them, as far as they were read; 0 where several records came out of one string or envelope.
    pub size: u64,
}

/// What became of a record: relevant (also where it repeats), irrelevant or rejected, so that
/// `read = relevant + irrelevant + rejected`.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It says something: at least one fact.
    Relevant(Vec<Fact>),
    /// It says something, and nothing that an earlier record of its source did not say: from where an account was used on a
    /// day. As relevant as that one (a duplicate is), and its fact is left out.
    Repeated,
    /// Understood, and nothing to do with capacity, models, sign-ins or bills.
    Irrelevant,
    /// Not understood.
    Rejected(Reason),
}

impl Outcome {
    /// Relevant, or irrelevant where there is no fact.
    pub fn of(facts: Vec<Fact>) -> Self {
        if facts.is_empty() { Self::Irrelevant } else { Self::Relevant(facts) }
    }

    /// Rejected.
    pub fn reject(code: &str, detail: impl Into<String>) -> Self {
        Self::Rejected(Reason::new(code, detail))
    }
}

impl From<Reason> for Outcome {
    fn from(reason: Reason) -> Self {
        Self::Rejected(reason)
    }
}

/// Letters of a reason: a cell or a record may be of any length.
const LONGEST: usize = 300;

/// Why a record was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// One of a bounded set of words, for counting: `malformed_json`, `malformed_csv`, `malformed_parquet`, `truncated`,
    /// `too_large`, `too_deep`, `too_many`, `missing_account`, `bad_account`, `mangled_account_id`, `bad_time`, `bad_value`, `missing_value`,
    /// `unknown_key`, `contradictory_count`, `unrecognised`, `other_format`, `tombstone`, `unreadable`, `unsupported:<format>`.
    pub code: Text,
    /// What and where, for people; never credentials, and at most a short piece of the record: 300 letters in all.
    pub detail: String,
}

impl Reason {
    /// A reason.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(LONGEST) {
            detail.truncate(end);
            detail.push('…');
        }
        Self { code: Text::new(code), detail }
    }
}
