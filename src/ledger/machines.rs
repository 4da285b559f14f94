//! Folding starts and stops: a machine's intervals before and after, and the difference into its series (D3).
//!
//! In: starts and stops that come or go, and what else a machine's SKU follows from. Out: changed series, touched days, and
//! which accounts run anything. It refuses to know bills beyond the SKUs they name.

use super::activity::ActivityKind;
use super::arena::Loc;
use super::behind::{Entry, OPEN};
use super::fold::region;
use super::halves;
use super::intervals::{Interval, Named, Rank, Transition, intervals};
use super::series::{Cell, Key};
use super::{AccountIndex, Ledger, pack};
use crate::catalogue::Catalogue;
use crate::model::{AccountId, EventTime, Hour, Period, Region, ResourceId, StopEnd, UsageKind};

impl Ledger {
    /// Whether a resource runs.
    pub(super) fn runs(&self, account: &AccountId, resource: &ResourceId) -> bool {
        let heard = self.index(account).and_then(|account| self.last_heard(account, resource));
        heard.is_some_and(|(_, runs)| runs)
    }

    /// When a resource was heard of last, and whether it runs since.
    pub(super) fn last_heard(&self, account: AccountIndex, resource: &ResourceId) -> Option<(EventTime, bool)> {
        let transitions = self.store.transitions(account, resource).filter(|(_, record)| record.is_live());
        let known = transitions.filter_map(|(loc, record)| match record.halves() {
            Some((last, _)) => Some((self.store.usage(last)?.time, Rank::Start)),
            None => {
                let usage = self.store.usage(loc)?;
                Some((usage.time, rank(&usage.kind)?))
            }
        });
        known.max().map(|(time, rank)| (time, rank == Rank::Start))
    }

    /// A start or stop of a resource comes or goes.
    pub(super) fn shift(
        &mut self,
        account: AccountIndex,
        resource: &ResourceId,
        loc: Loc,
        live: bool,
        catalogue: &Catalogue,
    ) {
        if self.is_ordinary(account, resource, catalogue) {
            return self.store.set_live(loc, live);
        }
        let mut transitions = self.transitions(account, resource, catalogue);
        let before = self.intervals(account, resource, &transitions);
        if live {
            transitions.extend(self.transition(loc, catalogue));
            self.sort(&mut transitions);
        } else {
            transitions.retain(|transition| transition.fact != loc);
        }
        let after = self.intervals(account, resource, &transitions);
        self.store.set_live(loc, live);
        self.replace(account, &before, &after);
    }

    /// Whether every start of a resource, counted or not, names a SKU that is no accelerator: then nothing follows from
    /// any of them. Most machines are such.
    fn is_ordinary(&mut self, account: AccountIndex, resource: &ResourceId, catalogue: &Catalogue) -> bool {
        let mut next = self.store.latest(account, resource);
        while let Some(record) = next.and_then(|loc| self.store.record(loc)) {
            let (shape, is_operation) = (record.shape, record.halves().is_some());
            next = record.earlier;
            let stops = || self.store.shapes.get(shape).and_then(|shape| rank(&shape.kind)) != Some(Rank::Start);
            if is_operation || !(stops() || self.is_of_ordinary_sku(shape, catalogue)) {
                return false;
            }
        }
        true
    }

    fn is_of_ordinary_sku(&mut self, shape: u32, catalogue: &Catalogue) -> bool {
        let sku = self.sku_of(shape, catalogue);
        sku.is_some() && self.chips(sku).is_none()
    }

    /// Changes what else a resource's intervals follow from, and folds the difference in.
    pub(super) fn change(
        &mut self,
        account: AccountIndex,
        resource: &ResourceId,
        catalogue: &Catalogue,
        change: impl FnOnce(&mut Self),
    ) {
        let transitions = self.transitions(account, resource, catalogue);
        let before = self.intervals(account, resource, &transitions);
        change(self);
        let transitions = self.transitions(account, resource, catalogue);
        let after = self.intervals(account, resource, &transitions);
        self.replace(account, &before, &after);
    }

    /// Some intervals of a resource give way to others.
    fn replace(&mut self, account: AccountIndex, before: &[Interval], after: &[Interval]) {
        let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let (before, after) = (before.get(same..).unwrap_or_default(), after.get(same..).unwrap_or_default());
        let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
        let before = before.get(..before.len() - tail).unwrap_or_default();
        let after = after.get(..after.len() - tail).unwrap_or_default();
        // What only ends otherwise is the same up to the earlier of both ends.
        let until = match (before.first(), after.first()) {
            (Some(one), Some(other)) if one.begins_like(other) => one.to.into_iter().chain(other.to).min(),
            _ => None,
        };
        let from = |index: usize| if index == 0 { until } else { None };
        before.iter().enumerate().for_each(|(index, interval)| self.interval(account, interval, -1, from(index)));
        after.iter().enumerate().for_each(|(index, interval)| self.interval(account, interval, 1, from(index)));
    }

    fn intervals(&self, account: AccountIndex, resource: &ResourceId, transitions: &[Transition]) -> Vec<Interval> {
        intervals(transitions, self.named(account, resource), self.memory())
    }

    /// The SKUs that lines name for a resource.
    pub(super) fn named(&self, account: AccountIndex, resource: &ResourceId) -> Option<&Named> {
        self.accounts.get(account as usize)?.rare.as_ref()?.billed.get(resource)
    }

    /// Hours of silence after which a machine that stopped is another one.
    pub(super) fn memory(&self) -> Option<i64> {
        self.retention.map(|retention| retention.window)
    }

    /// What started and stopped a resource, in order.
    pub(super) fn transitions(
        &mut self,
        account: AccountIndex,
        resource: &ResourceId,
        catalogue: &Catalogue,
    ) -> Vec<Transition> {
        let live = self.store.transitions(account, resource).filter(|(_, record)| record.is_live());
        let found: Vec<(Loc, Option<(Loc, Loc)>)> = live.map(|(loc, record)| (loc, record.halves())).collect();
        let transition = |(loc, halves): (Loc, Option<(Loc, Loc)>)| match halves {
            None => self.transition(loc, catalogue),
            Some((last, first)) => self.operation_start(first, last, catalogue),
        };
        let mut transitions: Vec<Transition> = found.into_iter().filter_map(transition).collect();
        self.sort(&mut transitions);
        transitions
    }

    fn sort(&self, transitions: &mut [Transition]) {
        let id = |transition: &Transition| self.store.id(transition.fact);
        // Of two starts at one instant that which names a SKU says how it was bought too: a bare one does not know.
        let order = |one: &Transition| (one.time, one.rank, one.sku.is_none());
        // Identities are hashes: they are asked for only where all else is equal.
        transitions.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| id(a).cmp(&id(b))));
    }

    fn transition(&mut self, loc: Loc, catalogue: &Catalogue) -> Option<Transition> {
        let record = self.store.record(loc)?;
        let (shape, mut body) = (record.shape, record.body);
        let time = pack::time(&mut body)?;
        let known = self.store.shapes.get(shape)?;
        let (rank, region) = (rank(&known.kind)?, known.region.as_ref().map(Region::text).unwrap_or_default());
        let (count, market) = match &known.kind {
            UsageKind::CapacityStarted { count, market, .. } => (*count, Some(*market)),
            _ => (0, None),
        };
        Some(Transition { time, rank, fact: loc, region, sku: self.sku_of(shape, catalogue), count, market })
    }

    /// The SKU that a shape names.
    fn sku_of(&mut self, shape: u32, catalogue: &Catalogue) -> Option<u32> {
        // Shapes are looked at in the order in which they come, so that the table has no gaps.
        while self.sku_of.len() <= shape as usize {
            let next = u32::try_from(self.sku_of.len()).ok()?;
            let known = self.store.shapes.get(next)?;
            let named = match &known.kind {
                UsageKind::CapacityStarted { sku: Some(sku), .. } => Some((known.provider.clone(), sku.clone())),
                _ => None,
            };
            let sku = named.and_then(|(provider, sku)| self.sku(&provider, &sku, catalogue));
            self.sku_of.push(sku);
        }
        self.sku_of.get(shape as usize).copied().flatten()
    }

    pub(super) fn operation_start(&mut self, first: Loc, last: Loc, catalogue: &Catalogue) -> Option<Transition> {
        let (first, usage) = (self.store.usage(first)?, self.store.usage(last)?);
        let joined = halves::join(&first, &usage, self.memory())?;
        let sku = joined.sku.as_ref().and_then(|sku| self.sku(&usage.account.provider, sku, catalogue));
        let (time, rank, region) = (usage.time, Rank::Start, region(&usage));
        Some(Transition { time, rank, fact: last, region, sku, count: joined.of_each(), market: joined.market })
    }

    /// An interval counts, or does no more; nothing changes before `until`.
    pub(super) fn interval(
        &mut self,
        account: AccountIndex,
        interval: &Interval,
        times: i64,
        until: Option<EventTime>,
    ) {
        let Some((chip, per)) = self.chips(interval.sku) else { return };
        let sku = interval.sku.and_then(|sku| self.skus.get(sku)).map(|(_, sku)| sku.clone());
        let Some(provider) = self.account(account).map(|id| id.provider.clone()) else { return };
        let key =
            Key { provider, kind: ActivityKind::Run, region: interval.region.clone(), chip, sku, ..Key::default() };
        let (from, chips) = (interval.from, i128::from(interval.count) * i128::from(per.0.0));
        let half = self.store.id(interval.fact).map_or(0, |id| id.half());
        let entry = |hours| Entry::new(from, half, interval.fact, interval.count, hours);
        let hours = match interval.to {
            None => Some((from.hour(), OPEN)),
            Some(to) => {
                let hours = Period { from, to }.hours();
                (!hours.is_empty()).then(|| (Hour(*hours.start()), Hour(*hours.end())))
            }
        };
        let started = Key { kind: ActivityKind::Started, market: interval.market, ..key.clone() };
        self.with(account, started, |series| {
            let cell = Cell { count: interval.count.into(), chip_micros: chips, ..Cell::default() };
            series.event(from.hour(), &cell, times);
            series.put(entry((from.hour(), from.hour())), times);
        });
        if let Some(hours) = hours {
            self.with(account, key, |series| {
                series.run(from, interval.to, chips, interval.market, times);
                series.put(entry(hours), times);
            });
        }
        let last = hours.map_or(from.hour(), |(_, last)| last);
        let first = until.map_or(from.hour(), |until| EventTime::from_nanos(until.nanos().saturating_sub(1)).hour());
        self.touched.push((account, first.min(last).day(), last.day()));
        let runs = self.accounts.get(account as usize).is_some_and(|a| a.series.iter().any(|(_, s)| s.runs()));
        if runs {
            self.running.insert(account)
        } else {
            self.running.remove(&account)
        };
    }
}

fn rank(kind: &UsageKind) -> Option<Rank> {
    match kind {
        UsageKind::CapacityStarted { .. } => Some(Rank::Start),
        UsageKind::CapacityStopped { end: StopEnd::Stopped, .. } => Some(Rank::Stop),
        UsageKind::CapacityStopped { end: StopEnd::Terminated, .. } => Some(Rank::Terminate),
        _ => None,
    }
}
