//! What began to run and until when (D3).
//!
//! In: one account's usage facts. Out: intervals per resource. A start while running with the same SKU and count is a
//! no-op; with others it closes and reopens. The SKU of a start that names none is that of the latest earlier transition
//! that does, else of the earliest later one, else of a billed line for that resource, else unknown.

use std::collections::BTreeMap;

use super::bills::{self, Counted};
use super::halves::Operation;
use crate::model::{EventTime, FactId, Market, ResourceId, Sku, StopEnd, Usage, UsageKind};

/// Capacity that ran.
pub(super) struct Interval<'a> {
    /// The fact that began it, for its time, region and account.
    pub(super) usage: &'a Usage,
    /// Identity of that fact.
    pub(super) fact: FactId,
    /// `None` is unknown.
    pub(super) sku: Option<&'a Sku>,
    /// How many of the SKU.
    pub(super) count: u32,
    /// How it was bought.
    pub(super) market: Option<Market>,
    /// `None` while it runs. A start that names no resource ends where it begins: an event without running time.
    pub(super) to: Option<EventTime>,
}

/// Order of transitions at one instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Stop,
    Start,
    Terminate,
}

struct Transition<'a> {
    order: (EventTime, Rank, FactId),
    usage: &'a Usage,
    sku: Option<&'a Sku>,
    count: u32,
    market: Option<Market>,
}

pub(super) fn intervals<'a>(
    usages: &[(FactId, &'a Usage)],
    operations: &[Operation<'a>],
    lines: &[Counted<'a>],
) -> Vec<Interval<'a>> {
    let mut resources: BTreeMap<&ResourceId, Vec<Transition<'a>>> = BTreeMap::new();
    let mut intervals = Vec::new();
    for &(fact, usage) in usages {
        let change = |rank| Transition { order: (usage.time, rank, fact), usage, sku: None, count: 0, market: None };
        match &usage.kind {
            UsageKind::CapacityStarted { sku, count, resource: Some(resource), market } => {
                let (sku, market) = (sku.as_ref(), Some(*market));
                let start = Transition { sku, count: *count, market, ..change(Rank::Start) };
                resources.entry(resource).or_default().push(start);
            }
            UsageKind::CapacityStarted { sku, count, resource: None, market } => {
                let (sku, market, to) = (sku.as_ref(), Some(*market), Some(usage.time));
                intervals.push(Interval { usage, fact, sku, count: *count, market, to });
            }
            UsageKind::CapacityStopped { resource, end } => {
                let rank = if *end == StopEnd::Stopped { Rank::Stop } else { Rank::Terminate };
                resources.entry(resource).or_default().push(change(rank));
            }
            _ => {}
        }
    }
    for operation in operations.iter().filter(|o| o.denied.is_none()) {
        let (usage, sku, fact) = (operation.last, operation.sku, operation.fact);
        if operation.resources.is_empty() {
            intervals.push(Interval { usage, fact, sku, count: 1, market: None, to: Some(usage.time) });
        }
        for resource in operation.resources {
            let order = (usage.time, Rank::Start, fact);
            resources.entry(resource).or_default().push(Transition { order, usage, sku, count: 1, market: None });
        }
    }
    let mut billed: BTreeMap<&ResourceId, ((EventTime, FactId), &Sku)> = BTreeMap::new();
    for line in lines.iter().filter(|line| bills::measures_time(line.line)) {
        let (Some(resource), Some(sku)) = (&line.line.resource, &line.line.sku) else { continue };
        let named = ((line.line.period.from, line.fact), sku);
        billed.entry(resource).and_modify(|known| *known = named.min(*known)).or_insert(named);
    }
    for (resource, mut transitions) in resources {
        transitions.sort_by_key(|t| t.order);
        run(&transitions, billed.get(resource).map(|(_, sku)| *sku), &mut intervals);
    }
    intervals
}

/// Walks one resource's transitions in order.
fn run<'a>(transitions: &[Transition<'a>], billed: Option<&'a Sku>, out: &mut Vec<Interval<'a>>) {
    let later = transitions.iter().find_map(|t| t.sku).or(billed);
    let mut known: Option<&Sku> = None;
    let mut open: Option<Interval> = None;
    for transition in transitions {
        let Transition { order: (time, rank, fact), usage, count, market, .. } = *transition;
        known = transition.sku.or(known);
        // The earliest later SKU is the first of all: were there one before, `known` would hold it.
        let sku = known.or(later);
        if rank == Rank::Start && open.as_ref().is_some_and(|o| o.sku == sku && o.count == count) {
            continue;
        }
        out.extend(open.take().map(|running| Interval { to: Some(time), ..running }));
        if rank == Rank::Start {
            open = Some(Interval { usage, fact, sku, count, market, to: None });
        }
    }
    out.extend(open);
}
