//! Words of a name where they stand, and which of them are taken.
//!
//! In: the words of a name, pairs of runs of them. Out: what is taken and how surely, what is left over. It refuses to
//! know when two words agree.

use super::align::How;
use super::token::{Mark, Token, Words};

/// Names are compared by their first so many words.
pub(super) const WORDS: usize = 32;

/// Words of the left name that stand for words of the right one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) left: Run,
    pub(super) right: Run,
    /// Hundredths.
    pub(super) sure: u8,
    pub(super) how: How,
}

/// Words in a row: the first, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    pub(super) from: u8,
    pub(super) count: u8,
}

impl Run {
    pub(super) fn of(from: usize, count: usize) -> Self {
        let [from, count] = [from, count].map(|number| u8::try_from(number.min(WORDS)).unwrap_or_default());
        Self { from, count }
    }

    pub(super) fn one(at: usize) -> Self {
        Self::of(at, 1)
    }

    fn bits(self) -> u32 {
        ((1_u32 << self.count.min(31)) - 1) << self.from.min(31)
    }

    /// These words of a name.
    pub(super) fn among(self, tokens: &[Token]) -> &[Token] {
        let from = usize::from(self.from);
        tokens.get(from..from + usize::from(self.count)).unwrap_or_default()
    }
}

/// Words of one side that are taken, and how sure each is, in hundredths.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    bits: u32,
    sure: [u8; WORDS],
}

impl Taken {
    /// How sure it is that the word agrees with the other side; `None` where it is left over.
    pub(super) fn sure(&self, at: usize) -> Option<u8> {
        if at < WORDS && self.has(at) { self.sure.get(at).copied() } else { None }
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.has_any(Run::one(at))
    }

    pub(super) fn has_any(&self, run: Run) -> bool {
        self.bits & run.bits() != 0
    }

    pub(super) fn add(&mut self, run: Run, sure: u8) {
        self.bits |= run.bits();
        let from = usize::from(run.from);
        self.sure.get_mut(from..from + usize::from(run.count)).unwrap_or_default().fill(sure);
    }

    /// The first words that are left over, each with its place.
    pub(super) fn free<'a, T>(&self, row: &'a [T]) -> impl Iterator<Item = (usize, &'a T)> + use<'a, T> {
        let bits = self.bits;
        row.iter().take(WORDS).enumerate().filter(move |(at, _)| bits & (1 << at) == 0)
    }
}

/// The first words of a name.
pub(super) struct Row<'a> {
    pub(super) marks: &'a [Mark],
    tokens: &'a [Token],
}

impl<'a> Row<'a> {
    pub(super) fn of(words: &'a Words) -> Self {
        let first = words.marks().len().min(WORDS);
        Self { marks: words.marks().get(..first).unwrap_or_default(), tokens: words.get(..first).unwrap_or_default() }
    }

    pub(super) fn letters(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.letters.as_str())
    }
}

/// A word where it stands; its mark is looked at first, its letters last.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) row: &'a Row<'a>,
    pub(super) at: usize,
    pub(super) mark: &'a Mark,
}

impl<'a> Word<'a> {
    pub(super) fn token(self) -> Option<&'a Token> {
        self.row.tokens.get(self.at)
    }

    pub(super) fn letters(self) -> &'a str {
        self.row.letters(self.at)
    }

    /// Whether two words stand for the same.
    pub(super) fn same(self, other: Self) -> bool {
        if !self.mark.ambiguous && !other.mark.ambiguous {
            return self.mark.id == other.mark.id;
        }
        self.token().zip(other.token()).is_some_and(|(one, other)| one.same(other))
    }
}
