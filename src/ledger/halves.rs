//! Halves of long-running operations, joined whichever came first.
//!
//! The first half usually names the machine type, the last the outcome. An operation counts once both are there: it
//! is dated by its last half. A last half without outcome, or with `ok`, succeeded; any other outcome is a denial whose
//! reason is the outcome where it is one of the words for reasons, else unknown.

use super::arena::Loc;
use crate::model::{DenialReason, Half, Market, ResourceId, Sku, Usage, UsageKind as Kind};

/// What is known of an operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Operation {
    pub(super) first: Option<Loc>,
    pub(super) last: Option<Loc>,
    /// The starts it stands for, among the transitions of their resources.
    pub(super) links: Vec<(ResourceId, Loc)>,
}

impl Operation {
    pub(super) fn half(&mut self, half: Half) -> &mut Option<Loc> {
        match half {
            Half::First => &mut self.first,
            Half::Last => &mut self.last,
        }
    }

    /// Both halves, first and last.
    pub(super) fn both(&self) -> Option<(Loc, Loc)> {
        Some((self.first?, self.last?))
    }
}

/// What both halves together say.
pub(super) struct Joined {
    /// From the first half, else from the last.
    pub(super) sku: Option<Sku>,
    /// Those of the first half, where it names any, else of the last.
    pub(super) resources: Vec<ResourceId>,
    /// Of the first half, else of the last.
    pub(super) market: Option<Market>,
    /// The same; `None` where none says it.
    asked: Option<u32>,
    /// Why it failed, if it did.
    pub(super) denied: Option<DenialReason>,
}

impl Joined {
    /// How many each of its machines counts for: where several are named, each for one.
    pub(super) fn of_each(&self) -> u32 {
        if self.resources.len() > 1 { 1 } else { self.asked.unwrap_or(1) }
    }

    /// How many were asked for in all.
    pub(super) fn count(&self) -> u32 {
        let named = u32::try_from(self.resources.len().max(1)).unwrap_or(u32::MAX);
        named.saturating_mul(self.of_each())
    }
}

/// Both halves, unless so many hours lie between them that one may be forgotten before the other comes.
pub(super) fn join(first: &Usage, last: &Usage, memory: Option<i64>) -> Option<Joined> {
    let apart = first.time.hour().0.abs_diff(last.time.hour().0);
    if memory.is_some_and(|hours| apart >= hours.unsigned_abs()) {
        return None;
    }
    let Kind::OperationHalf { sku: named, resources: asked, count: counted, market: bought, .. } = &first.kind else {
        return None;
    };
    let Kind::OperationHalf { sku, resources, count, market, outcome, .. } = &last.kind else { return None };
    let failed = outcome.as_ref().filter(|word| *word != "ok");
    Some(Joined {
        sku: named.clone().or_else(|| sku.clone()),
        resources: if asked.is_empty() { resources.clone() } else { asked.clone() },
        market: bought.or(*market),
        asked: counted.or(*count),
        denied: failed.map(|word| DenialReason::parse(word).unwrap_or(DenialReason::Unknown)),
    })
}
