//! What began to run and until when (D3).
//!
//! In: the transitions of one resource. Out: its intervals. A start while running with the same SKU and count is a no-op;
//! with others it closes and reopens. The SKU of a start that names none is that of the latest earlier transition that
//! does, else of the earliest later one, else of a billed line for that resource, else unknown.

use std::collections::BTreeMap;

use super::arena::Loc;
use crate::model::{EventTime, FactId, Market, Text};

/// Order of transitions at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Stop,
    Start,
    Terminate,
}

/// A change of one resource. SKUs are named by their index.
#[derive(Clone, Debug)]
pub(super) struct Transition {
    pub(super) time: EventTime,
    pub(super) rank: Rank,
    /// The fact that says so.
    pub(super) fact: Loc,
    pub(super) region: Text,
    pub(super) sku: Option<u32>,
    pub(super) count: u32,
    pub(super) market: Option<Market>,
}

/// Capacity that ran.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) from: EventTime,
    /// `None` while it runs. A start that names no resource ends where it begins: an event without running time.
    pub(super) to: Option<EventTime>,
    /// The fact that began it.
    pub(super) fact: Loc,
    pub(super) region: Text,
    /// `None` is unknown.
    pub(super) sku: Option<u32>,
    /// How many of the SKU.
    pub(super) count: u32,
    /// How it was bought.
    pub(super) market: Option<Market>,
}

impl Interval {
    /// What a start began.
    pub(super) fn begun(start: &Transition, sku: Option<u32>, to: Option<EventTime>) -> Self {
        let Transition { time, fact, count, market, .. } = *start;
        Self { from: time, to, fact, region: start.region.clone(), sku, count, market }
    }

    /// Whether another differs in nothing but its end.
    pub(super) fn begins_like(&self, other: &Self) -> bool {
        *self == Self { to: self.to, ..other.clone() }
    }
}

/// SKUs that counted lines name for a resource, by when and which.
pub(super) type Named = BTreeMap<(EventTime, FactId), u32>;

/// Walks one resource's transitions, in the order of (time, rank, identity). What stopped and was not heard of for
/// `memory` hours is another machine from then on.
pub(super) fn intervals(transitions: &[Transition], billed: Option<&Named>, memory: Option<i64>) -> Vec<Interval> {
    let mut intervals = Vec::new();
    for life in lives(transitions, memory) {
        walk(life, billed.and_then(|named| Some(*naming(life, named, memory)?.1)), &mut intervals);
    }
    intervals
}

/// The line that names the SKU of a machine: the first, but none that lies further back than what is remembered.
pub(super) fn naming<'a>(
    life: &[Transition],
    named: &'a Named,
    memory: Option<i64>,
) -> Option<(&'a (EventTime, FactId), &'a u32)> {
    let begins = life.first()?.time.hour();
    let from = memory.map_or(EventTime::MIN, |hours| begins.plus(-hours).start());
    named.range((from, FactId::from_bytes([0; 16]))..).next()
}

/// The machines that a resource was, one after the other.
pub(super) fn lives(transitions: &[Transition], memory: Option<i64>) -> impl Iterator<Item = &[Transition]> {
    transitions.chunk_by(move |before, after| {
        let forgotten = memory.is_some_and(|hours| after.time.hour().0 - before.time.hour().0 >= hours);
        before.rank == Rank::Start || !forgotten
    })
}

fn walk(transitions: &[Transition], billed: Option<u32>, intervals: &mut Vec<Interval>) {
    let later = transitions.iter().find_map(|t| t.sku).or(billed);
    let mut known = None;
    let mut open: Option<Interval> = None;
    for transition in transitions {
        known = transition.sku.or(known);
        // The earliest later SKU is the first of all: were there one before, `known` would hold it.
        let sku = known.or(later);
        let starts = transition.rank == Rank::Start;
        if starts && open.as_ref().is_some_and(|o| o.sku == sku && o.count == transition.count) {
            continue;
        }
        intervals.extend(open.take().map(|running| Interval { to: Some(transition.time), ..running }));
        if starts {
            open = Some(Interval::begun(transition, sku, None));
        }
    }
    intervals.extend(open);
}
