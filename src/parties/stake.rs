//! Stakes: how much of a party others hold, in all, through any number of parties in between.
//!
//! In: `owns` and `sub_unit_of` edges in force. Out: who holds anything at all, the aggregate of one holder, and how much
//! several hold together. It refuses to guess: a stake of unknown size counts as nothing held, and every answer that could
//! therefore be greater says which stake that is (P4). All sums are whole millionths of a per cent, rounded down.

use std::collections::{BTreeMap, BTreeSet};

use super::Parties;
use crate::model::{EdgeKind, EventTime, Micros, PartyId, Text};

/// All of a party.
pub(super) const WHOLE: Micros = Micros(100_000_000);
/// From this stake on a parent controls.
pub(super) const HALF: Micros = Micros(50_000_000);
/// Most parties looked at above one.
const PARTIES: usize = 256;
/// Most parties on a path that adds to an aggregate; only paths that run in circles are longer.
const ROUNDS: usize = 64;

/// A share of one party in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    at_least: Micros,
    /// Whether it is no greater.
    exact: bool,
}

impl Share {
    const NOTHING: Self = Self { at_least: Micros(0), exact: true };

    /// Two edges say how much: the same share, told twice.
    fn or(self, other: Self) -> Self {
        Self { at_least: self.at_least.max(other.at_least), exact: self.exact && other.exact }
    }

    fn at_most(self) -> Micros {
        if self.exact { self.at_least } else { WHOLE }
    }
}

/// Everyone who holds anything of a party, directly or through others, at an instant. Ids that are the same party count as
/// one, under the smallest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// The party asked about, then those above it, nearest first.
    ids: Vec<PartyId>,
    /// By the place of the party held: places of its holders and their shares.
    holders: Vec<Vec<(usize, Share)>>,
    cut: bool,
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

impl Parties {
    /// Everyone who holds anything of `party` at `at`; at most 256 parties are looked at, the nearest.
    pub fn holdings(&self, party: &PartyId, at: EventTime) -> Holdings {
        let mut found = Holdings { ids: vec![self.canonical(party, at)], holders: Vec::new(), cut: false };
        let mut places: BTreeMap<PartyId, usize> = found.ids.iter().map(|id| (id.clone(), 0)).collect();
        while let Some(held) = found.ids.get(found.holders.len()) {
            let mut shares = Vec::new();
            for (holder, share) in self.holders(held, at) {
                let place = match places.get(&holder) {
                    Some(place) => *place,
                    None if found.ids.len() == PARTIES => {
                        found.cut = true;
                        continue;
                    }
                    None => {
                        places.insert(holder.clone(), found.ids.len());
                        found.ids.push(holder);
                        found.ids.len() - 1
                    }
                };
                shares.push((place, share));
            }
            found.holders.push(shares);
        }
        found
    }

    /// Who holds shares of a party directly, itself left out: shares that it holds in itself are nobody's. Of several
    /// edges between the same two the greatest counts.
    fn holders(&self, held: &PartyId, at: EventTime) -> BTreeMap<PartyId, Share> {
        let mut shares: BTreeMap<PartyId, Share> = BTreeMap::new();
        let mut put = |holder: PartyId, share: Share| {
            let known = shares.entry(holder).or_insert(Share::NOTHING);
            *known = known.or(share);
        };
        for id in self.same(held, at) {
            for edge in self.edges_out_of(EdgeKind::SubUnitOf, &id, at) {
                put(self.canonical(&edge.to, at), Share { at_least: WHOLE, exact: true });
            }
            for edge in self.edges_into(EdgeKind::Owns, &id, at) {
                let at_least = edge.percent.unwrap_or_default().clamp(Micros(0), WHOLE);
                put(self.canonical(&edge.from, at), Share { at_least, exact: edge.percent.is_some() });
            }
        }
        shares.retain(|holder, share| holder != held && *share != Share::NOTHING);
        shares
    }
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

impl Holdings {
    /// The party asked about.
    pub fn held(&self) -> Option<&PartyId> {
        self.ids.first()
    }

    /// Everyone above it, nearest first.
    pub fn holders(&self) -> impl Iterator<Item = &PartyId> {
        self.ids.iter().skip(1)
    }

    /// Whether there are more parties above it than were looked at.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// What one holds in all: for every way from it down to the party, the product of the stakes along the way; the sum
    /// of these. Where parties hold each other there are ways without end: those of up to 64 steps count, none of
    /// which comes by the holder twice, so that the sum is a lower bound and at most 100 %.
    pub fn stake_of(&self, holder: &PartyId) -> Stake {
        let nothing = Stake { at_least: Micros(0), unknown: BTreeSet::new() };
        let Some(from) = self.ids.iter().skip(1).position(|id| id == holder).map(|place| place + 1) else {
            return nothing;
        };
        let mut held = vec![0_i64; self.ids.len()];
        for _ in 0..ROUNDS {
            let next: Vec<i64> = self.holders.iter().map(|shares| through(shares, from, &held)).collect();
            if next == held {
                break;
            }
            held = next;
        }
        let unknown = self.unknown(&self.reached_from(&BTreeSet::from([from])));
        Stake { at_least: Micros(held.first().copied().unwrap_or_default()), unknown }
    }

    /// What these hold together, as the 50 % rules count it (OFAC's revised guidance of 2014-08-13 and its FAQ 401; BIS's
    /// affiliates rule, FR doc 2025-19001): a party of which they hold half or more is theirs, and what is theirs holds its
    /// whole stake for them. Circles need no bound: whoever is theirs is so by a way that has a beginning.
    pub fn together(&self, named: &BTreeSet<PartyId>) -> Together {
        let places = |(place, id): (usize, &PartyId)| (place > 0 && named.contains(id)).then_some(place);
        let named: BTreeSet<usize> = self.ids.iter().enumerate().filter_map(places).collect();
        let (theirs, at_least) = self.theirs(&named, |share| share.at_least);
        let (perhaps, at_most) = self.theirs(&named, Share::at_most);
        let mut unknown = self.unknown(&perhaps);
        // What is theirs already is no more so by another share.
        let settled: BTreeSet<&PartyId> = theirs.iter().filter_map(|place| self.ids.get(*place)).collect();
        unknown.retain(|(_, held)| !settled.contains(held));
        let direct = self.holders.first().into_iter().flatten();
        let parts = direct.filter(|(holder, share)| theirs.contains(holder) && share.at_least > Micros(0));
        let parts = parts.filter_map(|(holder, share)| Some((self.ids.get(*holder)?.clone(), share.at_least)));
        Together {
            may_be_half: at_most >= HALF || self.cut && !named.is_empty(),
            by: self.behind(&theirs, &named).filter_map(|place| self.ids.get(place).cloned()).collect(),
            stake: Stake { at_least, unknown },
            parts: parts.collect(),
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

    /// Those of whom these hold half or more, these among them, and what they hold of the party asked about, where a share
    /// counts so much.
    fn theirs(&self, named: &BTreeSet<usize>, counts: impl Fn(Share) -> Micros) -> (BTreeSet<usize>, Micros) {
        let mut theirs = named.clone();
        let held = |shares: &[(usize, Share)], theirs: &BTreeSet<usize>| {
            let shares = shares.iter().filter(|(holder, _)| theirs.contains(holder));
            let sum: i64 = shares.map(|(_, share)| counts(*share).0).sum();
            Micros(sum.min(WHOLE.0))
        };
        loop {
            let above = self.holders.iter().enumerate().skip(1);
            let more = above.filter(|(place, shares)| !theirs.contains(place) && held(shares, &theirs) >= HALF);
            let more: Vec<usize> = more.map(|(place, _)| place).collect();
            if more.is_empty() {
                let sum = self.holders.first().map_or(Micros(0), |shares| held(shares, &theirs));
                return (theirs, sum);
            }
            theirs.extend(more);
        }
    }

    /// Those of `named` who hold of the party asked about, directly or through those that are theirs.
    fn behind(&self, theirs: &BTreeSet<usize>, named: &BTreeSet<usize>) -> impl Iterator<Item = usize> {
        let mut behind = BTreeSet::from([0]);
        let mut open = vec![0];
        while let Some(held) = open.pop() {
            let holders = self.holders.get(held).into_iter().flatten();
            let holders = holders.filter(|(_, share)| share.at_least > Micros(0));
            for (holder, _) in holders.filter(|(holder, _)| theirs.contains(holder)) {
                if behind.insert(*holder) {
                    open.push(*holder);
                }
            }
        }
        behind.retain(|place| named.contains(place));
        behind.into_iter()
    }

    /// Everyone of whom these hold anything, and these.
    fn reached_from(&self, start: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut reached = start.clone();
        loop {
            let holds = |shares: &[(usize, Share)]| shares.iter().any(|(holder, _)| reached.contains(holder));
            let more =
                self.holders.iter().enumerate().filter(|(place, shares)| !reached.contains(place) && holds(shares));
            let more: Vec<usize> = more.map(|(place, _)| place).collect();
            if more.is_empty() {
                return reached;
            }
            reached.extend(more);
        }
    }

    /// Stakes of unknown size that any of these hold, but for those held by whom nobody asks: every stake here leads down.
    fn unknown(&self, of: &BTreeSet<usize>) -> BTreeSet<(PartyId, PartyId)> {
        let all = self.holders.iter().zip(&self.ids).flat_map(|(shares, held)| shares.iter().map(move |s| (s, held)));
        let unknown = all.filter(|((holder, share), _)| !share.exact && of.contains(holder));
        unknown.filter_map(|((holder, _), held)| Some((self.ids.get(*holder)?.clone(), held.clone()))).collect()
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
