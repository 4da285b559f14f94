//! Activities: what one account did in one hour, by kind, region, chip and detail (D5).
//!
//! In: the account's usage facts, the catalogue and `now`. Out: activities in order. For each (region, chip, hour) the
//! billed chip-seconds count where the bill speaks, else those of the intervals; both are kept beside the result.
//! SKUs known to hold no accelerator give no activity; those that look like one and are not in the catalogue do (P4).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::bills::{self, Completed, Counted};
use super::halves::{self, Operation};
use super::intervals::{self, Interval};
use crate::catalogue::{Catalogue, SkuMeaning};
use crate::model::{
    BilledClass, BilledUnit, ChipCount, ChipName, DenialReason, EventTime, FactId, Hour, Market, Micros, Period,
    Provider, Region, Sku, Text, Usage, UsageKind,
};

/// What kind of activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActivityKind {
    /// Capacity was refused.
    Denied,
    /// Capacity was held and not used.
    Held,
    /// An AI model was called.
    Model,
    /// Capacity was reserved.
    Reserved,
    /// Chips ran.
    Run,
    /// Capacity began to run.
    Started,
}

impl ActivityKind {
    /// As rules write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Held => "held",
            Self::Model => "model",
            Self::Reserved => "reserved",
            Self::Run => "run",
            Self::Started => "started",
        }
    }
}

/// Which chip.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChipKey {
    /// None was named.
    Unnamed,
    /// One of the catalogue.
    Known(ChipName),
    /// A SKU that looks like an accelerator and is not in the catalogue, lower case; or `unknown`.
    Unknown(Text),
}

impl fmt::Display for ChipKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => Ok(()),
            Self::Known(chip) => write!(f, "{chip}"),
            Self::Unknown(sku) => write!(f, "unknown:{sku}"),
        }
    }
}

/// What else tells activities apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing.
    None,
    /// Why capacity was refused.
    Reason(DenialReason),
    /// Model and the provider's name of the call.
    Model(Text, Text),
}

/// What one account did in one hour.
#[derive(Clone, Debug)]
pub struct Activity {
    /// When.
    pub hour: Hour,
    /// What kind.
    pub kind: ActivityKind,
    /// Where; empty where not said.
    pub region: Text,
    /// Which chip.
    pub chip: ChipKey,
    /// The SKU as written, where one was named.
    pub sku: Option<Sku>,
    /// How it was bought: said by starts, not by bills; `None` where what ran of this SKU was bought in several ways.
    pub market: Option<Market>,
    /// Reason or model.
    pub detail: Detail,
    /// Sums of the hour.
    pub amounts: Amounts,
}

/// Sums of an activity.
#[derive(Clone, Debug, Default)]
pub struct Amounts {
    /// Chip-seconds that count: billed where the bill speaks, else launched. Of unknown chips: instance-seconds.
    pub seconds: i128,
    /// Chip-seconds of the intervals.
    pub launched: i128,
    /// Chip-seconds of the bill.
    pub billed: i128,
    /// Events: SKUs started, asked for or reserved, calls.
    pub count: i128,
    /// Chips in those SKUs, in millionths.
    pub chip_micros: i128,
    /// Tokens.
    pub tokens: i128,
    /// Events with how many of each.
    pub times: Vec<(EventTime, u32)>,
    /// Facts it was made from.
    pub sources: BTreeSet<FactId>,
    markets: BTreeSet<Market>,
}

type Key = (Hour, ActivityKind, Text, ChipKey, Option<Sku>, Option<Market>, Detail);

struct Builder<'a> {
    provider: &'a Provider,
    catalogue: &'a Catalogue,
    now: EventTime,
    found: BTreeMap<Key, Amounts>,
    /// Where the bill speaks: of a chip in an hour, in these regions; one without a region speaks of all.
    billed: BTreeMap<(Hour, ChipKey), BTreeSet<Text>>,
}

pub(super) fn of_account(
    provider: &Provider,
    usages: &[(FactId, &Usage)],
    completed: &Completed,
    catalogue: &Catalogue,
    now: EventTime,
) -> Vec<Activity> {
    let lines = bills::counted(provider, usages, completed);
    let operations = halves::join(usages);
    let mut builder = Builder { provider, catalogue, now, found: BTreeMap::new(), billed: BTreeMap::new() };
    lines.iter().for_each(|line| builder.billed(line));
    intervals::intervals(usages, &operations, &lines).iter().for_each(|interval| builder.interval(interval));
    usages.iter().for_each(|(fact, usage)| builder.event(*fact, usage));
    operations.iter().for_each(|operation| builder.failed(operation));
    builder.finish()
}

impl Builder<'_> {
    fn at(&mut self, key: Key, fact: FactId) -> Option<&mut Amounts> {
        if key.0.start() > self.now {
            return None;
        }
        let amounts = self.found.entry(key).or_default();
        amounts.sources.insert(fact);
        Some(amounts)
    }

    /// Chip and how many in one SKU; `None` for what is known to be no accelerator.
    fn chip(&self, sku: Option<&Sku>) -> Option<(ChipKey, ChipCount)> {
        let Some(sku) = sku else {
            return Some((ChipKey::Unknown(Text::new_static("unknown")), ChipCount(Micros::ONE)));
        };
        match self.catalogue.sku(self.provider, sku) {
            SkuMeaning::Accelerator { chip, count } => Some((ChipKey::Known(chip.name.clone()), count)),
            SkuMeaning::Unknown => {
                Some((ChipKey::Unknown(Text::new(sku.as_str().to_lowercase())), ChipCount(Micros::ONE)))
            }
            SkuMeaning::Ordinary => None,
        }
    }

    fn billed(&mut self, counted: &Counted) {
        let Counted { fact, usage, line } = *counted;
        let kind = match line.class {
            BilledClass::Run => ActivityKind::Run,
            BilledClass::Held => ActivityKind::Held,
            BilledClass::Fee | BilledClass::Credit => return,
        };
        let named = line.sku.clone().unwrap_or_else(|| Sku::new(line.meter.as_deref().unwrap_or("")));
        if line.unit == BilledUnit::Tokens {
            let detail = Detail::Model(named.text(), Text::default());
            let key =
                (line.period.from.hour(), ActivityKind::Model, region(usage), ChipKey::Unnamed, None, None, detail);
            let tokens = i128::from(line.quantity.0).div_euclid(i128::from(Micros::ONE.0));
            if kind == ActivityKind::Run
                && let Some(amounts) = self.at(key, fact)
            {
                amounts.tokens += tokens;
            }
            return;
        }
        let Some((chip, per_instance)) = self.chip(Some(&named)) else { return };
        // A line of nothing says nothing: zero-rated twins must not hide what ran.
        let Some(total) = bills::chip_seconds(line, per_instance).filter(|total| *total != 0) else { return };
        for (hour, part) in bills::spread(line, total) {
            let key = (hour, kind, region(usage), chip.clone(), Some(named.clone()), None, Detail::None);
            let Some(amounts) = self.at(key, fact) else { break };
            amounts.billed += part;
            if kind == ActivityKind::Run {
                self.billed.entry((hour, chip.clone())).or_default().insert(region(usage));
            }
        }
    }

    fn interval(&mut self, interval: &Interval) {
        let Interval { usage, fact, sku, count, market, to } = *interval;
        let Some((chip, per_instance)) = self.chip(sku) else { return };
        let from = usage.time;
        let key = |hour, kind, market| (hour, kind, region(usage), chip.clone(), sku.cloned(), market, Detail::None);
        let chips = i128::from(count) * i128::from(per_instance.0.0);
        if let Some(started) = self.at(key(from.hour(), ActivityKind::Started, market), fact) {
            started.count += i128::from(count);
            started.chip_micros += chips;
            started.times.push((from, count));
        }
        // What is known to end later has still only run until now.
        let to = to.unwrap_or(self.now).min(self.now);
        for hour in (Period { from, to }).hours().map(Hour) {
            let overlap = i128::from(to.min(hour.end()).nanos()) - i128::from(from.max(hour.start()).nanos());
            let Some(ran) = self.at(key(hour, ActivityKind::Run, None), fact) else { break };
            ran.markets.extend(market);
            ran.launched += (overlap * chips).div_euclid(1_000_000_000 * i128::from(Micros::ONE.0));
        }
    }

    fn event(&mut self, fact: FactId, usage: &Usage) {
        let (kind, sku, detail, count, said) = match &usage.kind {
            UsageKind::CapacityDenied { sku, count, reason } => {
                (ActivityKind::Denied, sku.as_ref(), Detail::Reason(*reason), *count, 0)
            }
            UsageKind::CapacityReserved { sku, count, .. } => {
                (ActivityKind::Reserved, Some(sku), Detail::None, *count, 0)
            }
            UsageKind::ModelUsed { model, operation, tokens } => {
                let detail = Detail::Model(model.clone(), operation.clone());
                (ActivityKind::Model, None, detail, 1, tokens.unwrap_or(0))
            }
            _ => return,
        };
        self.put(fact, usage, kind, sku, detail, count, said);
    }

    fn failed(&mut self, operation: &Operation) {
        let Some(reason) = operation.denied else { return };
        let count = u32::try_from(operation.resources.len().max(1)).unwrap_or(u32::MAX);
        let detail = Detail::Reason(reason);
        self.put(operation.fact, operation.last, ActivityKind::Denied, operation.sku, detail, count, 0);
    }

    #[expect(clippy::too_many_arguments, reason = "one place where an event becomes sums")]
    fn put(
        &mut self,
        fact: FactId,
        usage: &Usage,
        kind: ActivityKind,
        sku: Option<&Sku>,
        detail: Detail,
        count: u32,
        tokens: u64,
    ) {
        let (chip, per) = match sku {
            None => (ChipKey::Unnamed, ChipCount(Micros(0))),
            Some(sku) => match self.chip(Some(sku)) {
                Some(found) => found,
                None => return,
            },
        };
        let key = (usage.time.hour(), kind, region(usage), chip, sku.cloned(), None, detail);
        let Some(amounts) = self.at(key, fact) else { return };
        amounts.count += i128::from(count);
        amounts.chip_micros += i128::from(count) * i128::from(per.0.0);
        amounts.tokens += i128::from(tokens);
        amounts.times.push((usage.time, count));
    }

    /// D5: billed where the bill speaks of the region, chip and hour, else launched. Where bill or launch names no region
    /// they may be the same machine, and are counted once.
    fn finish(self) -> Vec<Activity> {
        let Self { found, billed, .. } = self;
        let activity = |((hour, kind, region, chip, sku, market, detail), mut amounts): (Key, Amounts)| {
            let speaks = billed
                .get(&(hour, chip.clone()))
                .is_some_and(|regions| region.is_empty() || regions.contains("") || regions.contains(&region));
            let counts_bill = kind == ActivityKind::Held || speaks;
            amounts.seconds = if counts_bill { amounts.billed } else { amounts.launched };
            let only = amounts.markets.first().filter(|_| amounts.markets.len() == 1);
            Activity { hour, kind, region, chip, sku, market: market.or(only.copied()), detail, amounts }
        };
        found.into_iter().map(activity).collect()
    }
}

fn region(usage: &Usage) -> Text {
    usage.region.as_ref().map(Region::text).unwrap_or_default()
}
