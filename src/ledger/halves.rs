//! Halves of long-running operations, joined whichever came first.
//!
//! The first half usually names the machine type, the last the outcome. An operation counts once both are there: it
//! is dated by its last half. A last half without outcome, or with `ok`, succeeded; any other outcome is a denial whose
//! reason is the outcome where it is one of the words for reasons, else unknown.

use std::collections::BTreeMap;

use crate::model::{DenialReason, FactId, Half, ResourceId, Sku, Text, Usage, UsageKind};

/// An operation both of whose halves are known.
pub(super) struct Operation<'a> {
    /// The last half, which dates it.
    pub(super) last: &'a Usage,
    /// Identity of the last half.
    pub(super) fact: FactId,
    /// From the first half, else from the last.
    pub(super) sku: Option<&'a Sku>,
    /// Those of the first half, where it names any, else of the last.
    pub(super) resources: &'a [ResourceId],
    /// Why it failed, if it did.
    pub(super) denied: Option<DenialReason>,
}

/// How many halves wait for the other.
pub(super) fn pending<'a>(usages: impl Iterator<Item = (FactId, &'a Usage)>) -> u64 {
    let mut halves: BTreeMap<&Text, u64> = BTreeMap::new();
    for (_, usage) in usages {
        if let UsageKind::OperationHalf { operation, .. } = &usage.kind {
            *halves.entry(operation).or_default() += 1;
        }
    }
    halves.into_values().filter(|seen| *seen == 1).sum()
}

pub(super) fn join<'a>(usages: &[(FactId, &'a Usage)]) -> Vec<Operation<'a>> {
    let mut firsts: BTreeMap<&Text, (Option<&Sku>, &[ResourceId])> = BTreeMap::new();
    for (_, usage) in usages {
        if let UsageKind::OperationHalf { operation, half: Half::First, sku, resources, .. } = &usage.kind {
            firsts.insert(operation, (sku.as_ref(), resources));
        }
    }
    let joined = usages.iter().filter_map(|(fact, usage)| {
        let UsageKind::OperationHalf { operation, half: Half::Last, sku, resources, outcome } = &usage.kind else {
            return None;
        };
        let (first_sku, first_resources) = *firsts.get(operation)?;
        let failed = outcome.as_ref().filter(|word| *word != "ok");
        Some(Operation {
            last: usage,
            fact: *fact,
            sku: first_sku.or(sku.as_ref()),
            resources: if first_resources.is_empty() { resources } else { first_resources },
            denied: failed.map(|word| DenialReason::parse(word).unwrap_or(DenialReason::Unknown)),
        })
    });
    joined.collect()
}
