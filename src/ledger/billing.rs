//! Folding bills: which lines count before and after, and the difference into series (D4, D5).
//!
//! In: lines and completions that come or go. Out: changed series and touched days; hours later than now are touched when
//! they come. It refuses to know what ran, beyond telling a machine the SKU its line names.

use std::cmp::Reverse;

use super::activity::{ActivityKind, Detail};
use super::arena::Loc;
use super::behind::Entry;
use super::bills::{self, Spread};
use super::fold::region;
use super::series::{Cell, Key};
use super::{AccountIndex, Ledger};
use crate::catalogue::Catalogue;
use crate::model::{
    BilledClass, BilledLine, BilledUnit, Hour, Micros, Provider, Sku, Statement, Text, Usage, UsageKind,
};

impl Ledger {
    pub(super) fn line(
        &mut self,
        account: AccountIndex,
        loc: Loc,
        (usage, line): (&Usage, &BilledLine),
        live: bool,
        catalogue: &Catalogue,
    ) {
        let Some(statement) = &line.statement else {
            return self.count_line(account, loc, (usage, line), if live { 1 } else { -1 }, catalogue);
        };
        let Some(index) = self.statement(&usage.account.provider, statement) else { return };
        let complete = self.versions.get(index as usize).and_then(bills::Versions::greatest);
        let Some(rare) = self.rare(account) else { return };
        let is_new = !rare.statements.contains_key(&index);
        let on = rare.statements.entry(index).or_default();
        if on.counted == Some(statement.version) && on.counts(complete) == on.counted && live {
            // The usual case: one more line of what counts already.
            on.versions.entry(statement.version).or_default().push(loc);
            return self.count_line(account, loc, (usage, line), 1, catalogue);
        }
        let before = on.lines(on.counted);
        let lines = on.versions.entry(statement.version).or_default();
        if live {
            lines.push(loc)
        } else {
            lines.retain(|known| *known != loc)
        }
        if lines.is_empty() {
            on.versions.remove(&statement.version);
        }
        on.counted = on.counts(complete);
        let after = on.lines(on.counted);
        if is_new && let Some(versions) = self.versions.get_mut(index as usize) {
            versions.accounts.push(account);
        }
        self.exchange(account, before, after, catalogue);
    }

    /// Lines that counted give way to others.
    fn exchange(&mut self, account: AccountIndex, mut before: Vec<Loc>, mut after: Vec<Loc>, catalogue: &Catalogue) {
        before.sort();
        after.sort();
        let gone = before.iter().filter(|loc| after.binary_search(loc).is_err()).map(|loc| (*loc, -1));
        let come = after.iter().filter(|loc| before.binary_search(loc).is_err()).map(|loc| (*loc, 1));
        for (loc, times) in gone.chain(come) {
            let Some(usage) = self.store.usage(loc) else { continue };
            if let UsageKind::UsageBilled(line) = &usage.kind {
                self.count_line(account, loc, (&usage, line), times, catalogue);
            }
        }
    }

    /// A version of a statement is complete, or is not after all.
    pub(super) fn complete(&mut self, usage: &Usage, statement: &Statement, live: bool, catalogue: &Catalogue) {
        let Some(index) = self.statement(&usage.account.provider, statement) else { return };
        let Some(versions) = self.versions.get_mut(index as usize) else { return };
        let said = versions.complete.entry(statement.version).or_default();
        *said = if live { said.saturating_add(1) } else { said.saturating_sub(1) };
        if *said == 0 {
            versions.complete.remove(&statement.version);
        }
        let (complete, accounts) = (versions.greatest(), versions.accounts.clone());
        for account in accounts {
            let Some(on) = self.rare(account).and_then(|rare| rare.statements.get_mut(&index)) else { continue };
            let counted = on.counts(complete);
            if counted != on.counted {
                let (before, after) = (on.lines(on.counted), on.lines(counted));
                on.counted = counted;
                self.exchange(account, before, after, catalogue);
            }
        }
    }

    pub(super) fn statement(&mut self, provider: &Provider, statement: &Statement) -> Option<u32> {
        let key = bills::statement_key(provider, statement);
        let index = match self.statements.find(&key) {
            Some(index) => index,
            None => self.statements.put(key)?.0,
        };
        self.versions.resize_with(self.statements.len(), bills::Versions::default);
        Some(index)
    }

    /// A line that counts, or does no more.
    fn count_line(
        &mut self,
        account: AccountIndex,
        loc: Loc,
        (usage, line): (&Usage, &BilledLine),
        times: i64,
        catalogue: &Catalogue,
    ) {
        let kind = match line.class {
            BilledClass::Run => ActivityKind::Run,
            BilledClass::Held => ActivityKind::Held,
            BilledClass::Fee | BilledClass::Credit => return,
        };
        self.name_resource(account, loc, (usage, line), times, catalogue);
        let named = line.sku.clone().unwrap_or_else(|| Sku::new(line.meter.as_deref().unwrap_or("")));
        let Some(id) = self.store.id(loc) else { return };
        let entry = |hours| Entry::new(usage.time, id.half(), loc, 0, hours);
        if line.unit == BilledUnit::Tokens {
            if kind == ActivityKind::Run {
                let hour = line.period.from.hour();
                let detail = Detail::Model(named.text(), Text::default());
                let (provider, kind) = (usage.account.provider.clone(), ActivityKind::Model);
                let key = Key { provider, kind, region: region(usage), detail, ..Key::default() };
                let tokens = i128::from(line.quantity.0).div_euclid(i128::from(Micros::ONE.0));
                self.with(account, key, |series| {
                    series.event(hour, &Cell { tokens, ..Cell::default() }, times);
                    series.put(entry((hour, hour)), times);
                });
                self.count_cost(account, line, times);
                self.reach(account, (hour, hour));
            }
            return;
        }
        let Some(sku) = self.sku(&usage.account.provider, &named, catalogue) else { return };
        let Some((chip, per)) = self.chips(Some(sku)) else { return };
        // A line of nothing says nothing: zero-rated twins must not hide what ran.
        let Some(total) = bills::chip_seconds(line, per).filter(|total| *total != 0) else { return };
        let hours = line.period.hours();
        if hours.is_empty() {
            return;
        }
        let hours = (Hour(*hours.start()), Hour(*hours.end()));
        let provider = usage.account.provider.clone();
        let key = Key { provider, kind, region: region(usage), chip, sku: Some(named), ..Key::default() };
        self.with(account, key, |series| {
            series.bill(hours, Spread::of(line, total), times);
            series.put(entry(hours), times);
        });
        self.count_cost(account, line, times);
        self.reach(account, hours);
    }

    /// The SKU of a counted line is that of its resource, where no transition names one.
    fn name_resource(
        &mut self,
        account: AccountIndex,
        loc: Loc,
        (usage, line): (&Usage, &BilledLine),
        times: i64,
        catalogue: &Catalogue,
    ) {
        let (Some(resource), Some(sku)) = (&line.resource, &line.sku) else { return };
        let (true, Some(id)) = (bills::measures_time(line), self.store.id(loc)) else { return };
        let Some(sku) = self.sku(&usage.account.provider, sku, catalogue) else { return };
        self.change(account, resource, catalogue, |ledger| {
            let Some(rare) = ledger.rare(account) else { return };
            let names = rare.billed.entry(resource.clone()).or_default();
            let at = (line.period.from, id);
            if times > 0 {
                names.insert(at, sku)
            } else {
                names.remove(&at)
            };
            if names.is_empty() {
                rare.billed.remove(resource);
            }
        });
    }

    /// Hours are touched; those later than now when they come.
    fn reach(&mut self, account: AccountIndex, (first, last): (Hour, Hour)) {
        self.touched.push((account, first.day(), last.day()));
        if let Some(now) = self.now.filter(|now| last > now.hour()) {
            self.later.push(Reverse((first.max(now.hour().plus(1)), account)));
        }
    }

    /// Sees to it that an account is touched again at the next hour that bills speak of.
    pub(super) fn look_ahead(&mut self, account: AccountIndex) {
        let (Some(now), Some(own)) = (self.now, self.accounts.get(account as usize)) else { return };
        if own.series.iter().filter_map(|(_, series)| series.last()).max().is_some_and(|last| last > now.hour()) {
            self.later.push(Reverse((now.hour().plus(1), account)));
        }
    }
}
