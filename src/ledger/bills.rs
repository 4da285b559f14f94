//! Which billed lines count (D4), and how a line spreads over hours (D5).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    BilledClass, BilledLine, BilledUnit, ChipCount, FactId, Hour, Micros, Provider, Statement, Text, Usage, UsageKind,
};

/// The statement versions that are complete, by provider, export and period.
#[derive(Debug, Default)]
pub(super) struct Completed(BTreeMap<(Provider, Text, Text), BTreeSet<u64>>);

impl Completed {
    pub(super) fn add(&mut self, provider: &Provider, statement: &Statement) {
        let key = (provider.clone(), statement.export.clone(), statement.period.clone());
        self.0.entry(key).or_default().insert(statement.version);
    }

    fn greatest(&self, provider: &Provider, statement: &Statement) -> Option<u64> {
        let key = (provider.clone(), statement.export.clone(), statement.period.clone());
        self.0.get(&key)?.last().copied()
    }
}

/// A line that counts.
#[derive(Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) fact: FactId,
    pub(super) usage: &'a Usage,
    pub(super) line: &'a BilledLine,
}

/// Of each statement the lines of its greatest complete version, else of the greatest version this account was seen in;
/// lines without a statement all.
pub(super) fn counted<'a>(
    provider: &Provider,
    usages: &[(FactId, &'a Usage)],
    completed: &Completed,
) -> Vec<Counted<'a>> {
    let lines: Vec<_> = usages
        .iter()
        .filter_map(|&(fact, usage)| match &usage.kind {
            UsageKind::UsageBilled(line) => Some(Counted { fact, usage, line }),
            _ => None,
        })
        .collect();
    let mut seen: BTreeMap<(&Text, &Text), u64> = BTreeMap::new();
    for statement in lines.iter().filter_map(|l| l.line.statement.as_ref()) {
        let version = seen.entry((&statement.export, &statement.period)).or_default();
        *version = statement.version.max(*version);
    }
    let counts = |line: &Counted| {
        let Some(own) = &line.line.statement else { return true };
        let version = completed.greatest(provider, own);
        version.or_else(|| seen.get(&(&own.export, &own.period)).copied()) == Some(own.version)
    };
    lines.into_iter().filter(counts).collect()
}

/// Whether a line bills time of capacity that ran or was held, so that its SKU is that of its resource.
pub(super) fn measures_time(line: &BilledLine) -> bool {
    matches!(line.class, BilledClass::Run | BilledClass::Held)
        && matches!(line.unit, BilledUnit::InstanceHours | BilledUnit::GpuHours | BilledUnit::GpuSeconds)
}

/// Chip-seconds of a line: signed, rounded down. `per_instance` counts only where whole instances are billed; units that
/// measure no time give nothing.
pub(super) fn chip_seconds(line: &BilledLine, per_instance: ChipCount) -> Option<i128> {
    let quantity = i128::from(line.quantity.0);
    let one = i128::from(Micros::ONE.0);
    match line.unit {
        BilledUnit::InstanceHours => Some((quantity * i128::from(per_instance.0.0) * 3_600).div_euclid(one * one)),
        BilledUnit::GpuHours => Some((quantity * 3_600).div_euclid(one)),
        BilledUnit::GpuSeconds => Some(quantity.div_euclid(one)),
        BilledUnit::Tokens | BilledUnit::Units => None,
    }
}

/// A total over the hours of the line's period: equal parts, the remainder to the first ones.
pub(super) fn spread(line: &BilledLine, total: i128) -> impl Iterator<Item = (Hour, i128)> {
    let hours = line.period.hours();
    let count = (i128::from(*hours.end()) - i128::from(*hours.start()) + 1).max(1);
    let (part, rest) = (total.div_euclid(count), total.rem_euclid(count));
    hours.zip(0i128..).map(move |(hour, index)| (Hour(hour), part + i128::from(index < rest)))
}
