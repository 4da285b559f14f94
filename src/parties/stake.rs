//! Stakes: how much of a party others hold, in all, through any number of parties in between.
//!
//! In: holdings already walked (`walk`). Out: who holds anything at all, the aggregate of one holder, and how much
//! several hold together. It refuses to guess: a stake of unknown size counts as nothing held, and every answer that could
//! therefore be greater says which stake that is (P4). All sums are whole millionths of a per cent, rounded down.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::graph::Graph;
use super::numbers::PartyNumber;
use super::places::Places;
use crate::model::{Micros, PartyId, Text};

/// All of a party.
pub(super) const WHOLE: Micros = Micros(100_000_000);
/// From this stake on a parent controls.
pub(super) const HALF: Micros = Micros(50_000_000);
/// Most parties on a path that adds to an aggregate; only paths that run in circles are longer.
const ROUNDS: usize = 64;

/// A share of one party in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) at_least: Micros,
    /// Whether it is no greater.
    pub(super) exact: bool,
}

impl Share {
    pub(super) const NOTHING: Self = Self { at_least: Micros(0), exact: true };

    /// Two edges say how much: the same share, told twice.
    pub(super) fn or(self, other: Self) -> Self {
        Self { at_least: self.at_least.max(other.at_least), exact: self.exact && other.exact }
    }

    fn at_most(self) -> Micros {
        if self.exact { self.at_least } else { WHOLE }
    }
}

/// Everyone who holds anything of a party, directly or through others, at an instant. Ids that are the same party count as
/// one, under the smallest.
#[derive(Clone)]
pub struct Holdings<'a> {
    pub(super) graph: &'a Graph,
    /// The id asked about, where nothing is known of it.
    pub(super) unheard: Option<PartyId>,
    /// The party asked about, then those above it, nearer ones first, and of one distance in no order. A place is one here.
    pub(super) all: Vec<PartyNumber>,
    /// Places of holders and their shares, those of one party after those of the one before.
    pub(super) shares: Vec<(usize, Share)>,
    /// By the place of the party held: where its shares end.
    pub(super) ends: Vec<usize>,
    /// Parties of which somebody has a share of unknown size.
    pub(super) unsure: Places,
    pub(super) cut: bool,
}

/// How much is held, at the least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stake {
    /// Per cent of what is known, up to 100.
    pub at_least: Micros,
    /// Stakes of unknown size that could add to it: who holds, and of whom.
    pub unknown: BTreeSet<(PartyId, PartyId)>,
}

/// What several hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// In all.
    pub stake: Stake,
    /// Whether it would be half or more, if every stake of unknown size were a whole.
    pub may_be_half: bool,
    /// Who holds directly, of those that are named or held half or more by them; by id, with the share.
    pub parts: Vec<(PartyId, Micros)>,
    /// Those named that the parts go back to.
    pub by: BTreeSet<PartyId>,
}

impl Together {
    /// Whether they hold half or more for sure.
    pub fn is_half(&self) -> bool {
        self.stake.at_least >= HALF
    }

    /// Whether they may hold half or more, and nobody knows.
    pub fn is_in_doubt(&self) -> bool {
        self.may_be_half && !self.is_half()
    }
}

impl fmt::Debug for Holdings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = |held: usize| {
            self.shares_of(held).iter().map(move |(holder, share)| (self.id(held), self.id(*holder), share))
        };
        let shares: BTreeMap<_, _> =
            self.places().flat_map(shares).map(|(held, holder, share)| ((held, holder), share)).collect();
        write!(f, "{:?} {shares:?} {}", self.held(), self.cut)
    }
}

impl<'a> Holdings<'a> {
    /// The party asked about.
    pub fn held(&self) -> Option<&PartyId> {
        self.unheard.as_ref().or_else(|| self.id(0))
    }

    /// Everyone above it, in no order.
    pub fn holders(&self) -> impl Iterator<Item = &'a PartyId> {
        self.all.iter().skip(1).filter_map(|party| self.graph.id(*party))
    }

    fn id(&self, place: usize) -> Option<&'a PartyId> {
        self.graph.id(*self.all.get(place)?)
    }

    /// Where a party above the one asked about stands.
    fn place(&self, id: &PartyId) -> Option<usize> {
        let party = self.graph.number(id)?;
        self.all.iter().position(|known| *known == party).filter(|place| *place > 0)
    }

    /// Whether there are more parties above it than were looked at.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// What one holds in all: for every way from it down to the party, the product of the stakes along the way; the sum
    /// of these. Where parties hold each other there are ways without end: those of up to 64 steps count, none of
    /// which comes by the holder twice, so that the sum is a lower bound and at most 100 %.
    pub fn stake_of(&self, holder: &PartyId) -> Stake {
        let Some(from) = self.place(holder) else { return Stake { at_least: Micros(0), unknown: BTreeSet::new() } };
        let reached = self.reached_from(from);
        let ways: Vec<usize> = self.places().filter(|place| *place != from && reached.has(*place)).collect();
        let mut held = vec![0_i64; self.all.len()];
        let mut next = held.clone();
        for _ in 0..ROUNDS {
            for place in &ways {
                if let Some(next) = next.get_mut(*place) {
                    *next = through(self.shares_of(*place), from, &held);
                }
            }
            if next == held {
                break;
            }
            std::mem::swap(&mut next, &mut held);
        }
        let unknown = self.unknown(&reached, &Places::default());
        Stake { at_least: Micros(held.first().copied().unwrap_or_default()), unknown }
    }

    /// What these hold together, as the 50 % rules count it (OFAC's revised guidance of 2014-08-13 and its FAQ 401; BIS's
    /// affiliates rule, FR doc 2025-19001): a party of which they hold half or more is theirs, and what is theirs holds its
    /// whole stake for them. Circles need no bound: whoever is theirs is so by a way that has a beginning.
    pub fn together(&self, named: &BTreeSet<PartyId>) -> Together {
        let named = Places::of(named.iter().filter_map(|id| self.place(id)));
        let (theirs, at_least) = self.theirs(named, |share| share.at_least);
        let hangs = self.unsure_of(&theirs, &theirs).next().is_some();
        let (perhaps, at_most) = if hangs { self.theirs(theirs, Share::at_most) } else { (theirs, at_least) };
        let direct = self.shares_of(0).iter();
        let parts = direct.filter(|(holder, share)| theirs.has(*holder) && share.at_least > Micros(0));
        let parts = parts.filter_map(|(holder, share)| Some((self.id(*holder)?.clone(), share.at_least)));
        let mut parts: Vec<_> = parts.collect();
        parts.sort();
        Together {
            may_be_half: at_most >= HALF || self.cut && !named.is_empty(),
            parts,
            by: self.behind(&theirs, &named),
            // What is theirs already is no more so by another share.
            stake: Stake { at_least, unknown: self.unknown(&perhaps, &theirs) },
        }
    }

    /// In words that nobody knows whether these hold half, with the stakes it hangs on.
    pub fn doubt(&self, together: &Together, who: &str) -> Text {
        let held = self.held().map_or("", PartyId::as_str);
        let stakes = together.stake.unknown.iter().map(|(holder, held)| format!("stake of {holder} in {held} unknown"));
        let why: Vec<String> = stakes.chain(self.cut.then(|| "more holders than are looked at".to_owned())).collect();
        let at_least = together.stake.at_least;
        Text::new(format!("whether {who} hold half of {held}: at least {at_least} %; {}", why.join("; ")))
    }

    /// The shares in the party at a place.
    fn shares_of(&self, place: usize) -> &[(usize, Share)] {
        let end = |place: usize| self.ends.get(place).copied();
        let begin = place.checked_sub(1).and_then(end).unwrap_or(0);
        end(place).and_then(|end| self.shares.get(begin..end)).unwrap_or_default()
    }

    /// Every place, the furthest first: who holds stands mostly further than what is held.
    fn places(&self) -> impl Iterator<Item = usize> {
        (0..self.all.len()).rev()
    }

    /// Those of whom these hold half or more, these among them, and what they hold of the party asked about, where a share
    /// counts so much.
    fn theirs(&self, named: Places, counts: impl Fn(Share) -> Micros) -> (Places, Micros) {
        let held = |place: usize, theirs: &Places| {
            let shares = self.shares_of(place).iter().filter(|(holder, _)| theirs.has(*holder));
            let sum: i64 = shares.map(|(_, share)| counts(*share).0).sum();
            Micros(sum.min(WHOLE.0))
        };
        let theirs = self.spread(named, |place, theirs| place > 0 && held(place, theirs) >= HALF);
        (theirs, held(0, &theirs))
    }

    /// Those of `named` who hold of the party asked about, directly or through those that are theirs.
    fn behind(&self, theirs: &Places, named: &Places) -> BTreeSet<PartyId> {
        let mut behind = Places::default();
        let mut open = vec![0];
        while let Some(held) = open.pop() {
            for (holder, share) in self.shares_of(held) {
                if share.at_least > Micros(0) && theirs.has(*holder) && !behind.has(*holder) {
                    behind.put(*holder);
                    open.push(*holder);
                }
            }
        }
        self.places()
            .filter(|place| behind.has(*place) && named.has(*place))
            .filter_map(|p| self.id(p).cloned())
            .collect()
    }

    /// Everyone of whom this one holds anything, and it.
    fn reached_from(&self, from: usize) -> Places {
        self.spread(Places::of([from]), |place, reached| {
            self.shares_of(place).iter().any(|(holder, _)| reached.has(*holder))
        })
    }

    /// These, and whoever joins them because of those who have.
    fn spread(&self, mut all: Places, joins: impl Fn(usize, &Places) -> bool) -> Places {
        let mut more = !all.is_empty();
        while more {
            more = false;
            for place in self.places() {
                if !all.has(place) && joins(place, &all) {
                    all.put(place);
                    more = true;
                }
            }
        }
        all
    }

    /// The same by places.
    fn unsure_of(&self, of: &Places, but: &Places) -> impl Iterator<Item = (usize, usize)> {
        self.unsure.iter().filter(|held| !but.has(*held)).flat_map(|held| {
            let unsure = self.shares_of(held).iter().filter(|(holder, share)| !share.exact && of.has(*holder));
            unsure.map(move |(holder, _)| (*holder, held))
        })
    }

    /// Stakes of unknown size that any of these hold, but in those: who, and of whom.
    fn unknown(&self, of: &Places, but: &Places) -> BTreeSet<(PartyId, PartyId)> {
        let mut unknown = BTreeSet::new();
        for (holder, held) in self.unsure_of(of, but) {
            unknown.extend(self.id(holder).cloned().zip(self.id(held).cloned()));
        }
        unknown
    }
}

/// What a holder has of a party whose holders have these shares, where it has so much of each of them.
fn through(shares: &[(usize, Share)], from: usize, held: &[i64]) -> i64 {
    let part = |(holder, share): &(usize, Share)| {
        let share = share.at_least.0;
        // Nobody holds more than a whole, so that a product stays below 10¹⁶.
        if *holder == from { share } else { share * held.get(*holder).copied().unwrap_or_default() / WHOLE.0 }
    };
    shares.iter().map(part).sum::<i64>().min(WHOLE.0)
}
