//! Words of a name where they stand, and which of them are taken.
//!
//! In: the words of a name, pairs of runs of them. Out: what is taken and how surely, what is left over. It refuses to
//! know when two words agree.

use super::align::How;
use super::token::{Mark, Token, Words, letter};

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
    pub(super) fn among<T>(self, words: &[T]) -> &[T] {
        let from = usize::from(self.from);
        words.get(from..from + usize::from(self.count)).unwrap_or_default()
    }
}

/// Words of one side that are taken, and how sure each is, in hundredths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// A bit for each of the first words that is left over.
    free: u32,
    sure: [u8; WORDS],
}

impl Taken {
    pub(super) fn none_of(row: &Row<'_>) -> Self {
        Self { free: row.which(|_| true), sure: [0; WORDS] }
    }

    /// How sure it is that the word agrees with the other side; 0 where it is left over.
    pub(super) fn sure(&self, at: usize) -> u8 {
        self.sure.get(at).copied().unwrap_or(0)
    }

    /// A bit for each of the first words that is left over.
    pub(super) fn free(&self) -> u32 {
        self.free
    }

    pub(super) fn is_free(&self, run: Run) -> bool {
        self.free & run.bits() == run.bits()
    }

    pub(super) fn add(&mut self, run: Run, sure: u8) {
        self.free &= !run.bits();
        let from = usize::from(run.from);
        self.sure.get_mut(from..from + usize::from(run.count)).unwrap_or_default().fill(sure);
    }

    /// Those of the first words that are left over.
    pub(super) fn left<'a, T>(&self, words: &'a [T]) -> impl Iterator<Item = &'a T> + use<'a, T> {
        places(self.free).filter_map(|at| words.get(at))
    }
}

/// Where bits are set, the lowest first.
fn places(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = usize::try_from(bits.trailing_zeros()).ok().filter(|at| *at < WORDS)?;
        bits &= bits - 1;
        Some(at)
    })
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

    /// A bit for each word that fits.
    pub(super) fn which(&self, fits: impl Fn(&Mark) -> bool) -> u32 {
        self.marks.iter().rev().fold(0, |bits, mark| bits << 1 | u32::from(fits(mark)))
    }

    pub(super) fn any(&self, fits: impl Fn(&Mark) -> bool) -> bool {
        self.marks.iter().any(fits)
    }

    /// First letters of some words, a bit each.
    pub(super) fn firsts(&self, some: u32) -> u32 {
        self.words(some).fold(0, |all, word| all | letter(word.mark.first))
    }

    /// Words by their bits.
    pub(super) fn words(&self, some: u32) -> impl Iterator<Item = Word<'_>> {
        places(some).filter_map(|at| Some(Word { row: self, at, mark: self.marks.get(at)? }))
    }

    /// The words from here on.
    pub(super) fn from(&self, at: usize) -> impl Iterator<Item = Word<'_>> {
        self.marks.iter().enumerate().skip(at).map(|(at, mark)| Word { row: self, at, mark })
    }
}

/// A word where it stands; its mark is looked at first, its letters last.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    row: &'a Row<'a>,
    pub(super) at: usize,
    pub(super) mark: &'a Mark,
}

impl<'a> Word<'a> {
    pub(super) fn token(self) -> Option<&'a Token> {
        self.row.tokens.get(self.at)
    }

    pub(super) fn letters(self) -> &'a str {
        self.token().map_or("", |token| token.letters.as_str())
    }

    /// Whether two words stand for the same.
    pub(super) fn same(self, other: Self) -> bool {
        if !self.mark.ambiguous && !other.mark.ambiguous {
            return self.mark.id == other.mark.id;
        }
        self.token().zip(other.token()).is_some_and(|(one, other)| one.same(other))
    }
}
