//! Folding a fact in, and taking it back: what each kind of fact changes.
//!
//! In: the place of a fact that counts from now on, or does no more. Out: changed series, and the days they changed on.
//! A unit (a resource, an operation, a statement of an account) is asked what it says before and after, and only the
//! difference is folded in.

use std::cmp::Reverse;
use std::sync::Arc;

use super::activity::{ActivityKind, ChipKey, Detail};
use super::arena::Loc;
use super::behind::Entry;
use super::halves;
use super::intervals::{Interval, Rank, Transition};
use super::series::{Cell, Key};
use super::{Account, AccountIndex, Ledger, Rare, told};
use crate::catalogue::Catalogue;
use crate::model::{ChipCount, Half, Hour, Micros, Region, Sku, Text, Usage, UsageKind};

/// What an event adds to its hour.
struct Event<'a> {
    kind: ActivityKind,
    sku: Option<&'a Sku>,
    detail: Detail,
    count: u32,
    tokens: u64,
}

impl Ledger {
    /// A fact counts from now on.
    pub(super) fn fold_in(&mut self, loc: Loc, catalogue: &Catalogue) {
        if let Some(record) = self.store.record(loc).filter(|record| !record.is_dead() && !record.is_live())
            && let (account, Some(usage)) = (record.account, self.store.usage(loc))
        {
            self.fold((account, loc), &usage, true, catalogue);
        }
    }

    /// A fact counts no more.
    pub(super) fn take_back(&mut self, loc: Loc, catalogue: &Catalogue) {
        if let Some(record) = self.store.record(loc).filter(|record| record.is_live())
            && let (account, Some(usage)) = (record.account, self.store.usage(loc))
        {
            self.fold((account, loc), &usage, false, catalogue);
        }
    }

    pub(super) fn fold(
        &mut self,
        (account, loc): (AccountIndex, Loc),
        usage: &Usage,
        live: bool,
        catalogue: &Catalogue,
    ) {
        let times = if live { 1 } else { -1 };
        match &usage.kind {
            UsageKind::CapacityStarted { sku, resource, count, market } => match resource {
                Some(resource) => return self.shift(account, resource, loc, live, catalogue),
                None => {
                    let sku = sku.as_ref().and_then(|sku| self.sku(&usage.account.provider, sku, catalogue));
                    let (time, count, market) = (usage.time, *count, Some(*market));
                    let start =
                        Transition { time, rank: Rank::Start, fact: loc, region: region(usage), sku, count, market };
                    self.interval(account, &Interval::begun(&start, sku, Some(time)), times, None);
                }
            },
            UsageKind::CapacityStopped { resource, .. } => {
                return self.shift(account, resource, loc, live, catalogue);
            }
            UsageKind::OperationHalf { operation, half, .. } => {
                self.half(account, loc, (operation, *half), live, catalogue);
            }
            UsageKind::UsageBilled(line) => self.line(account, loc, (usage, line), live, catalogue),
            UsageKind::StatementComplete { statement } => self.complete(usage, statement, live, catalogue),
            UsageKind::Sighting { network, principal_class } => {
                let sighting = (usage.time.day(), *network, *principal_class);
                if let Some(rare) = self.rare(account) {
                    if live {
                        rare.sightings.insert(sighting, loc)
                    } else {
                        rare.sightings.remove(&sighting)
                    };
                }
                self.sighted.push((account, usage.time.day()));
            }
            UsageKind::Attribute { .. } => self.tell(account, usage, live),
            UsageKind::CapacityDenied { sku, count, reason } => {
                let (sku, detail) = (sku.as_ref(), Detail::Reason(*reason));
                let event = Event { kind: ActivityKind::Denied, sku, detail, count: *count, tokens: 0 };
                self.event(account, loc, usage, &event, times, catalogue);
            }
            UsageKind::CapacityReserved { sku, count, .. } => {
                let (kind, detail) = (ActivityKind::Reserved, Detail::None);
                let event = Event { kind, sku: Some(sku), detail, count: *count, tokens: 0 };
                self.event(account, loc, usage, &event, times, catalogue);
            }
            UsageKind::ModelUsed { model, operation, tokens } => {
                let detail = Detail::Model(model.clone(), operation.clone());
                let tokens = tokens.unwrap_or(0);
                let event = Event { kind: ActivityKind::Model, sku: None, detail, count: 1, tokens };
                self.event(account, loc, usage, &event, times, catalogue);
            }
        }
        self.store.set_live(loc, live);
        if live && self.retention.is_some() {
            self.aging.push(Reverse((last_hour(usage), loc)));
        }
    }

    fn event(
        &mut self,
        account: AccountIndex,
        loc: Loc,
        usage: &Usage,
        event: &Event<'_>,
        times: i64,
        catalogue: &Catalogue,
    ) {
        let found = match event.sku {
            None => Some((ChipKey::Unnamed, ChipCount(Micros(0)))),
            Some(sku) => self.sku(&usage.account.provider, sku, catalogue).and_then(|sku| self.chips(Some(sku))),
        };
        let Some((chip, per)) = found else { return };
        let detail = event.detail.clone();
        let provider = usage.account.provider.clone();
        let (kind, region, sku) = (event.kind, region(usage), event.sku.cloned());
        let key = Key { provider, kind, region, chip, sku, market: None, detail };
        let cell = Cell {
            count: event.count.into(),
            chip_micros: i128::from(event.count) * i128::from(per.0.0),
            tokens: event.tokens.into(),
            ..Cell::default()
        };
        let hour = usage.time.hour();
        let half = self.store.id(loc).map_or(0, |id| id.half());
        self.with(account, key, |series| {
            series.event(hour, &cell, times);
            series.put(Entry::new(usage.time, half, loc, event.count, (hour, hour)), times);
        });
        self.touched.push((account, hour.day(), hour.day()));
    }

    /// A half of an operation came or went: what both say together is taken back, and folded in anew.
    fn half(
        &mut self,
        account: AccountIndex,
        loc: Loc,
        (name, half): (&Text, Half),
        live: bool,
        catalogue: &Catalogue,
    ) {
        let known = self.rare(account).and_then(|rare| rare.operations.remove(name));
        let mut operation = known.unwrap_or_default();
        if let Some(both) = operation.both() {
            self.operation(account, &mut operation, both, false, catalogue);
        }
        *operation.half(half) = live.then_some(loc);
        let waits = operation.both().is_none();
        match (live, waits) {
            (true, true) | (false, false) => self.pending += 1,
            (true, false) => self.pending = self.pending.saturating_sub(1),
            (false, true) if operation.first.is_none() && operation.last.is_none() => {
                self.pending = self.pending.saturating_sub(1);
            }
            (false, true) => self.pending += 1,
        }
        if let Some(both) = operation.both() {
            self.operation(account, &mut operation, both, true, catalogue);
        }
        let nothing = operation.first.is_none() && operation.last.is_none();
        if let Some(rare) = self.rare(account).filter(|_| !nothing) {
            rare.operations.insert(name.clone(), operation);
        }
    }

    fn operation(
        &mut self,
        account: AccountIndex,
        operation: &mut halves::Operation,
        (first, last): (Loc, Loc),
        live: bool,
        catalogue: &Catalogue,
    ) {
        let (Some(asked), Some(usage)) = (self.store.usage(first), self.store.usage(last)) else { return };
        let Some(joined) = halves::join(&asked, &usage, self.memory()) else { return };
        let times = if live { 1 } else { -1 };
        if let Some(reason) = joined.denied {
            let count = joined.count();
            let (kind, detail) = (ActivityKind::Denied, Detail::Reason(reason));
            let event = Event { kind, sku: joined.sku.as_ref(), detail, count, tokens: 0 };
            self.event(account, last, &usage, &event, times, catalogue);
        } else if joined.resources.is_empty() {
            if let Some(start) = self.operation_start(first, last, catalogue) {
                let event = Interval::begun(&start, start.sku, Some(start.time));
                self.interval(account, &event, times, None);
            }
        } else if live {
            for resource in joined.resources {
                let mut link = None;
                self.change(account, &resource, catalogue, |ledger| {
                    link = ledger.store.link(account, &resource, last, first);
                });
                operation.links.extend(link.map(|link| (resource, link)));
            }
        } else {
            for (resource, link) in std::mem::take(&mut operation.links) {
                self.change(account, &resource, catalogue, |ledger| ledger.store.unlink(link));
            }
        }
    }

    pub(super) fn rare(&mut self, account: AccountIndex) -> Option<&mut Rare> {
        Some(self.accounts.get_mut(account as usize)?.rare.get_or_insert_default())
    }

    /// Changes the series of a key; one in which nothing is left is dropped.
    pub(super) fn with(&mut self, account: AccountIndex, key: Key, change: impl FnOnce(&mut super::Series)) {
        let key = Arc::new(key);
        let Some(key) = self.keys.find(&key).or_else(|| Some(self.keys.put(key)?.0)) else { return };
        let Some(own) = self.accounts.get_mut(account as usize) else { return };
        own.change(key, change);
    }
}

impl Account {
    fn change(&mut self, key: u32, change: impl FnOnce(&mut super::Series)) {
        let at = match self.at(key) {
            Ok(at) => at,
            Err(at) => {
                if self.series.capacity() == 0 {
                    self.series.reserve_exact(2);
                }
                self.series.insert(at, (key, super::Series::default()));
                at
            }
        };
        if let Some((_, series)) = self.series.get_mut(at) {
            change(series);
            if series.is_empty() {
                self.series.remove(at);
            }
        }
    }
}

/// The last hour a fact speaks of; what completes a statement does for good.
fn last_hour(usage: &Usage) -> Hour {
    match &usage.kind {
        UsageKind::UsageBilled(line) => line.period.to.max(usage.time).hour(),
        UsageKind::StatementComplete { .. } => Hour(i64::MAX),
        UsageKind::Attribute { .. } => told::last_day(usage.time.day()).last_hour(),
        _ => usage.time.hour(),
    }
}

pub(super) fn region(usage: &Usage) -> Text {
    usage.region.as_ref().map(Region::text).unwrap_or_default()
}
