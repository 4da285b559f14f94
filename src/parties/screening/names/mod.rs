//! Names of organisations and persons, read and compared.
//!
//! In: names in Latin letters, Han or pinyin. Out: how much two of them resemble one another and why. Everything
//! follows from the two names and the tables in `config/screening`: nothing depends on what else is screened or listed.
//! It refuses to know entries, lists and verdicts about parties.

mod align;
mod clean;
mod dictionary;
mod edit;
mod han;
mod keys;
mod mail;
mod persons;
mod read;
mod refine;
mod row;
mod score;
mod sound;
mod tables;
mod token;
mod why;
mod words;

use keys::Keys;
pub(super) use mail::is_free_mail;
use read::Name;
pub use score::{Likeness, Relation};

/// What a score means for a pair of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// They do not name the same.
    None,
    /// They may; somebody should look.
    Review,
    /// They do, as far as names can tell.
    Match,
}

/// From this score on two names match.
pub const MATCH: f64 = 0.78;
/// From this score on somebody should look.
pub const REVIEW: f64 = 0.60;

impl Strength {
    /// What a score means: [`MATCH`] and above, [`REVIEW`] and above, less.
    pub fn of(score: f64) -> Self {
        if score >= MATCH {
            Self::Match
        } else if score >= REVIEW {
            Self::Review
        } else {
            Self::None
        }
    }

    /// As written in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Review => "review",
            Self::Match => "match",
        }
    }
}

/// A name with the keys it meets others under.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    name: Name,
    keys: Keys,
    person: bool,
}

impl Probe {
    /// Reads the name of an organisation, or of nobody knows whom.
    pub fn of(name: &str) -> Self {
        let name = Name::read(name);
        Self { keys: Keys::of(&name), name, person: false }
    }

    /// Reads the name of a person.
    pub fn of_person(name: &str) -> Self {
        let name = Name::person(name);
        Self { keys: Keys::of_person(&name), name, person: true }
    }

    /// Whether it is the name of a person.
    pub(super) fn is_person(&self) -> bool {
        self.person
    }

    /// Found under these keys; gives them away, as they take as much room as the name.
    pub(super) fn take_own(&mut self) -> Vec<u64> {
        self.keys.seeks = Vec::new();
        std::mem::take(&mut self.keys.own)
    }

    /// Looks for these keys.
    pub(super) fn seeks(&self) -> &[u64] {
        &self.keys.seeks
    }

    /// How much it resembles another name of its kind; `None` where they share no key.
    pub fn likeness(&self, other: &Self) -> Option<Likeness> {
        self.keys.meet(&other.keys).then(|| self.compared(other))
    }

    /// The same with a name that shares a key.
    pub(super) fn compared(&self, other: &Self) -> Likeness {
        if self.person { persons::likeness(&self.name, &other.name) } else { score::likeness(&self.name, &other.name) }
    }

    /// The same, in words.
    pub fn why(&self, other: &Self, likeness: &Likeness) -> String {
        why::why(&self.name, &other.name, likeness)
    }
}

#[cfg(test)]
mod tests;
