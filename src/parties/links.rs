//! Pairs of numbers, each once, found by their first.
//!
//! In: pairs. Out: every second of a first, in no order. It refuses to take one away. There are millions of pairs, and
//! some of one first: each names the next of the same first, so that another costs the same however many there are.

use super::numbers::{ByNumber, Number, hash};
use super::table::Table;

/// Every `B` that belongs to an `A`.
#[derive(Clone, Debug)]
pub(super) struct Links<A, B> {
    all: Vec<Link<A, B>>,
    first: ByNumber<A, Option<Number<Link<A, B>>>>,
    known: Table<Link<A, B>>,
}

#[derive(Debug)]
struct Link<A, B> {
    of: Number<A>,
    to: Number<B>,
    next: Option<Number<Self>>,
}

impl<A, B> Clone for Link<A, B> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<A, B> Default for Links<A, B> {
    fn default() -> Self {
        Self { all: Vec::new(), first: ByNumber::default(), known: Table::default() }
    }
}

impl<A, B> Links<A, B> {
    pub(super) fn put(&mut self, of: Number<A>, to: Number<B>) {
        let (all, hashed) = (&self.all, hash(&(of, to)));
        let same = |link: &Link<A, B>| link.of == of && link.to == to;
        if self.known.find(hashed, |known| all.get(known.index()).is_some_and(same)).is_some() {
            return;
        }
        let Some(number) = Number::at(self.all.len()) else { return };
        let mut next = None;
        self.first.change(of, |first| next = first.replace(number));
        self.all.push(Link { of, to, next });
        self.known.put(hashed, number);
    }

    pub(super) fn of(&self, of: Number<A>) -> impl Iterator<Item = Number<B>> {
        let get = |number: Number<Link<A, B>>| self.all.get(number.index());
        let first = self.first.get(of).copied().flatten().and_then(get);
        std::iter::successors(first, move |link| link.next.and_then(get)).map(|link| link.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_put_again_is_there_once() {
        let number = |index| Number::<u8>::at(index).unwrap();
        let mut links = Links::default();
        for (of, to) in [(0, 5), (3, 4), (0, 6), (0, 5), (3, 4)] {
            links.put(number(of), number(to));
        }
        let of = |of| {
            let mut of: Vec<_> = links.of(number(of)).map(Number::index).collect();
            of.sort_unstable();
            of
        };
        assert_eq!([of(0), of(1), of(3), of(9)], [vec![5, 6], vec![], vec![4], vec![]]);
    }
}
