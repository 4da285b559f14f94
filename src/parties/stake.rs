//! Stakes: how much of a party others hold, in all, through any number of parties in between.
//!
//! In: holdings already walked (`walk`). Out: who holds anything at all, the aggregate of one holder, and how much
//! several hold together. It refuses to guess: a stake of unknown size counts as nothing held, and every answer that could
//! therefore be greater says which stake that is (P4). All sums are whole millionths of a per cent, rounded down.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::graph::Graph;
use super::numbers::PartyNumber;
use super::places::{Place, Places};
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

/// What one party has of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) holder: Place,
    pub(super) held: Place,
    pub(super) share: Share,
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
    /// Who holds of whom, by the place of the party held; each two once.
    pub(super) parts: Vec<Part>,
    /// How many of these are in the party asked about: they come first.
    pub(super) direct: usize,
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
        let share = |part: &Part| ((self.id(part.held), self.id(part.holder)), part.share);
        let shares: BTreeMap<_, _> = self.parts.iter().map(share).collect();
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

    fn id(&self, place: Place) -> Option<&'a PartyId> {
        self.graph.id(*self.all.get(usize::from(place))?)
    }

    /// Where a party above the one asked about stands.
    fn place(&self, id: &PartyId) -> Option<Place> {
        let party = self.graph.number(id)?;
        let place = self.all.iter().position(|known| *known == party)?;
        Place::try_from(place).ok().filter(|place| *place > 0)
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
        let ways = self.parts.iter().filter(|part| reached.has(part.holder) && part.held != from);
        let ways: Vec<Part> = ways.copied().collect();
        let mut held = vec![0_i64; self.all.len()];
        let mut next = held.clone();
        for _ in 0..ROUNDS {
            next.fill(0);
            for Part { holder, held: of, share } in &ways {
                let above =
                    if *holder == from { WHOLE.0 } else { held.get(usize::from(*holder)).copied().unwrap_or_default() };
                if let Some(next) = next.get_mut(usize::from(*of)) {
                    // Nobody holds more than a whole, so that a product stays within 10¹⁶.
                    *next = (*next + share.at_least.0 * above / WHOLE.0).min(WHOLE.0);
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
        let hangs = self.unsure(&theirs, &theirs).next().is_some();
        let (perhaps, at_most) = if hangs { self.theirs(theirs, Share::at_most) } else { (theirs, at_least) };
        let (direct, _) = self.split();
        let parts = direct.iter().filter(|part| theirs.has(part.holder) && part.share.at_least > Micros(0));
        let parts = parts.filter_map(|part| Some((self.id(part.holder)?.clone(), part.share.at_least)));
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

    /// What is held of the party asked about, and of others.
    fn split(&self) -> (&[Part], &[Part]) {
        self.parts.split_at_checked(self.direct).unwrap_or_default()
    }

    /// Those of whom these hold half or more, these among them, and what they hold of the party asked about, where a share
    /// counts so much.
    fn theirs(&self, named: Places, counts: impl Fn(Share) -> Micros) -> (Places, Micros) {
        let (direct, others) = self.split();
        let counted = |part: &Part, theirs: &Places| if theirs.has(part.holder) { counts(part.share).0 } else { 0 };
        let theirs = until_settled(named, |theirs| {
            let (mut of, mut sum) = (0, 0);
            // The furthest first: who holds stands mostly further than what is held.
            for part in others.iter().rev() {
                let before = if part.held == of { sum } else { 0 };
                (of, sum) = (part.held, before + counted(part, theirs));
                theirs.put_if(sum >= HALF.0, of);
            }
        });
        let sum: i64 = direct.iter().map(|part| counted(part, &theirs)).sum();
        (theirs, Micros(sum.min(WHOLE.0)))
    }

    /// Those of `named` who hold of the party asked about, directly or through those that are theirs.
    fn behind(&self, theirs: &Places, named: &Places) -> BTreeSet<PartyId> {
        if named.is_empty() {
            return BTreeSet::new();
        }
        let behind = until_settled(Places::of([0]), |behind| {
            for part in &self.parts {
                let holds = part.share.at_least > Micros(0) && theirs.has(part.holder);
                behind.put_if(holds && behind.has(part.held), part.holder);
            }
        });
        let places = (0..=Place::MAX).zip(&self.all).map(|(place, _)| place);
        places.filter(|place| behind.has(*place) && named.has(*place)).filter_map(|p| self.id(p).cloned()).collect()
    }

    /// Everyone of whom this one holds anything, and it.
    fn reached_from(&self, from: Place) -> Places {
        until_settled(Places::of([from]), |reached| {
            for part in self.parts.iter().rev() {
                reached.put_if(reached.has(part.holder), part.held);
            }
        })
    }

    /// Stakes of unknown size that any of these hold, but in those.
    fn unsure(&self, of: &Places, but: &Places) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| !part.share.exact && of.has(part.holder) && !but.has(part.held))
    }

    /// The same in words: who, and of whom.
    fn unknown(&self, of: &Places, but: &Places) -> BTreeSet<(PartyId, PartyId)> {
        let ids = |part: &Part| Some((self.id(part.holder)?.clone(), self.id(part.held)?.clone()));
        self.unsure(of, but).filter_map(ids).collect()
    }
}

/// These, and whoever is put among them, until nobody is any more.
fn until_settled(mut all: Places, more: impl Fn(&mut Places)) -> Places {
    loop {
        let before = all;
        more(&mut all);
        if all == before {
            return all;
        }
    }
}
