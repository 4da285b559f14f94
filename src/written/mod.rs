//! Files as written: YAML with the place of every node, and problems gathered so that all of a file are told at once.
//!
//! In: text and the name it goes by. Out: [`Node`]s, [`Fields`] and [`Problems`]. It refuses to know what a key means,
//! and to open files.

mod table;
mod yaml;

use std::borrow::Cow;
use std::fmt;

use crate::model::Text;

pub use table::{Columns, Row, table};
pub use yaml::{Fields, Node, Shape, parse};

/// A file's name and text, handed in by whoever may read files.
#[derive(Clone, Debug)]
pub struct Source {
    /// As shown in messages: `config/policy/burst.yaml`.
    pub name: Text,
    /// Its content; of what ships it is not copied.
    pub text: Cow<'static, str>,
}

/// A place in a file, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// Something wrong in a file: `rule gpu-burst (config/policy/burst.yaml:14:9): window must be longer than 0 h, got 0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: Text,
    /// Where in it.
    pub place: Place,
    /// The thing that is wrong, where it has a name: `rule gpu-burst`.
    pub subject: Option<Text>,
    /// What is wrong, with the value; lower case, no full stop.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place: Place { line, column }, what, .. } = self;
        match &self.subject {
            Some(subject) => write!(f, "{subject} ({file}:{line}:{column}): {what}"),
            None => write!(f, "{file}:{line}:{column}: {what}"),
        }
    }
}

/// Problems of one or more files, in the order of file and place.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    list: Vec<Problem>,
    file: Text,
    subject: Option<Text>,
}

impl Problems {
    /// None yet; those that follow belong to `file`.
    pub fn of(file: impl AsRef<str>) -> Self {
        Self { file: Text::new(file), ..Self::default() }
    }

    /// Those that follow belong to this thing (`rule gpu-burst`), or to the file as a whole.
    pub fn about(&mut self, subject: Option<Text>) {
        self.subject = subject;
    }

    /// One more.
    pub fn add(&mut self, place: Place, what: impl Into<String>) {
        let (file, subject) = (self.file.clone(), self.subject.clone());
        self.list.push(Problem { file, place, subject, what: what.into() });
    }

    /// Takes over the problems of another file.
    pub fn append(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All, by file and place.
    pub fn sorted(mut self) -> Vec<Problem> {
        self.list.sort();
        self.list.dedup();
        self.list
    }

    /// `value` when there are none, else the problems.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.list.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.clone().sorted().iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
