//! Forgetting what no window can reach any more, so that memory is bounded (D2).
//!
//! In: the passing of time. Out: facts that are held no more. It refuses to forget what something that is still held
//! follows from: the version of a statement, the line that names what a machine is, an operation that started a machine.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::arena::Loc;
use super::intervals::{lives, naming};
use super::{AccountIndex, Ledger, PopIfDue};
use crate::catalogue::Catalogue;
use crate::model::{Fact, FactId, Provider, ResourceId, Statement, Text, UsageKind};

/// A machine of a shard.
type Machine = (AccountIndex, ResourceId);

/// What becomes of a fact that speaks only of hours that are not known any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aged {
    Goes,
    /// For as long as its machine is held.
    Stays,
    /// For good: it says which version of a statement counts.
    Witnesses,
}

impl Ledger {
    /// What speaks only of hours that are not known any more is taken back for good.
    pub(super) fn forget(&mut self, catalogue: &Catalogue) {
        let known_from = self.known_from();
        let mut stay = Vec::new();
        while let Some(Reverse((_, loc))) = self.aging.pop_if_due(|Reverse((hour, _))| *hour < known_from) {
            match self.aged(loc, catalogue) {
                Aged::Goes => {
                    self.take_back(loc, catalogue);
                    self.drop_fact(loc);
                    self.store.kill(loc);
                }
                Aged::Stays => stay.push(Reverse((known_from, loc))),
                Aged::Witnesses => {}
            }
        }
        self.aging.extend(stay);
    }

    fn aged(&mut self, loc: Loc, catalogue: &Catalogue) -> Aged {
        let Some((record, usage)) = self.store.record(loc).zip(self.store.usage(loc)) else { return Aged::Goes };
        let (account, live) = (record.account, record.is_live());
        if !live {
            return Aged::Goes;
        }
        let line = match &usage.kind {
            UsageKind::OperationHalf { operation, .. } if self.is_held(account, operation) => return Aged::Stays,
            UsageKind::UsageBilled(line) => line,
            _ => return Aged::Goes,
        };
        if line.statement.as_ref().is_some_and(|statement| self.witnesses(account, &usage.account.provider, statement))
        {
            return Aged::Witnesses;
        }
        let id = self.store.id(loc);
        match (&line.resource, id) {
            (Some(resource), Some(id)) if self.names(account, resource, id, catalogue) => Aged::Stays,
            _ => Aged::Goes,
        }
    }

    /// Whether an account's last line on a statement is all that says which version counts: completions say so for good.
    fn witnesses(&mut self, account: AccountIndex, provider: &Provider, statement: &Statement) -> bool {
        let Some(name) = self.statement(provider, statement) else { return false };
        let is_complete = self.versions.get(name as usize).is_some_and(|versions| versions.greatest().is_some());
        let rare = self.accounts.get(account as usize).and_then(|account| account.rare.as_ref());
        let Some(on) = rare.and_then(|rare| rare.statements.get(&name)) else { return false };
        let lines = on.versions.get(&statement.version).filter(|_| on.counted == Some(statement.version));
        !is_complete && lines.is_some_and(|lines| lines.len() == 1)
    }

    /// Whether an operation started a machine that is still held, or one of its halves speaks of an hour that is known.
    fn is_held(&self, account: AccountIndex, operation: &Text) -> bool {
        let rare = self.accounts.get(account as usize).and_then(|account| account.rare.as_ref());
        let Some(operation) = rare.and_then(|rare| rare.operations.get(operation)) else { return false };
        let known_from = self.known_from();
        let is_known = |loc: &Loc| self.store.usage(*loc).is_some_and(|usage| usage.time.hour() >= known_from);
        !operation.links.is_empty() || operation.first.iter().chain(&operation.last).any(is_known)
    }

    /// Whether a line names what a machine is that is still held, where the machine itself does not say.
    fn names(&mut self, account: AccountIndex, resource: &ResourceId, line: FactId, catalogue: &Catalogue) -> bool {
        if self.named(account, resource).is_none_or(|named| named.keys().all(|(_, id)| *id != line)) {
            return false;
        }
        let transitions = self.transitions(account, resource, catalogue);
        let (Some(named), memory) = (self.named(account, resource), self.memory()) else { return false };
        lives(&transitions, memory).filter_map(|life| naming(life, named, memory)).any(|((_, id), _)| *id == line)
    }

    /// Forgets machines that stopped before anything that is known.
    pub fn forget_resources(&mut self, catalogue: &Catalogue) {
        for (account, resource) in self.forgettable() {
            self.forget_resource(account, &resource, catalogue);
        }
    }

    /// Machines that stopped before anything that is known, of which nothing waits for its time to come; and that no
    /// operation started together with one that is none of these.
    fn forgettable(&self) -> BTreeSet<Machine> {
        let known_from = self.known_from();
        let machine = |loc: Loc| self.store.record(loc).and_then(|record| Some((record.account, record.resource()?)));
        let is_over = |(account, resource): &Machine| {
            let waits = self.store.transitions(*account, resource).any(|(_, each)| !each.is_live() && !each.is_dead());
            let heard = self.last_heard(*account, resource);
            !waits && heard.is_some_and(|(time, runs)| !runs && time.hour() < known_from)
        };
        let mut over: BTreeSet<Machine> = self.store.heads().into_iter().filter_map(machine).filter(is_over).collect();
        loop {
            let tied = |machine: &&Machine| self.started_with(machine).any(|other| !over.contains(&other));
            let tied: Vec<Machine> = over.iter().filter(tied).cloned().collect();
            if tied.is_empty() {
                return over;
            }
            tied.iter().for_each(|machine| {
                over.remove(machine);
            });
        }
    }

    /// The machines that operations started which started this one.
    fn started_with(&self, (account, resource): &Machine) -> impl Iterator<Item = Machine> {
        let account = *account;
        let rare = self.accounts.get(account as usize).and_then(|account| account.rare.as_ref());
        let links = self.store.transitions(account, resource).filter(|(_, record)| record.is_live());
        let operations = links.filter_map(move |(_, record)| {
            let usage = self.store.usage(record.halves()?.0)?;
            match &usage.kind {
                UsageKind::OperationHalf { operation, .. } => rare?.operations.get(operation),
                _ => None,
            }
        });
        operations
            .flat_map(move |operation| operation.links.iter().map(move |(resource, _)| (account, resource.clone())))
    }

    /// Takes everything back that started and stopped a resource, the operations that did among it.
    fn forget_resource(&mut self, account: AccountIndex, resource: &ResourceId, catalogue: &Catalogue) {
        let chain: Vec<_> = self
            .store
            .transitions(account, resource)
            .map(|(loc, record)| (loc, record.halves(), record.is_live()))
            .collect();
        for (loc, halves, live) in chain {
            match halves {
                None => {
                    self.take_back(loc, catalogue);
                    self.drop_fact(loc);
                    self.store.unlink(loc);
                }
                // Taking the halves back takes the link away.
                Some((last, first)) if live => {
                    for half in [last, first] {
                        self.take_back(half, catalogue);
                        self.drop_fact(half);
                        self.store.kill(half);
                    }
                }
                Some(_) => {}
            }
        }
        self.store.drop_resource(account, resource);
    }

    /// A fact is about to be held no more.
    fn drop_fact(&mut self, loc: Loc) {
        let counts = self.store.record(loc).is_some_and(|record| !record.is_dead());
        let Some(kind) = self.store.fact(loc).as_ref().map(Fact::kind).filter(|_| counts) else { return };
        self.held.entry(kind).and_modify(|held| *held = held.saturating_sub(1));
        self.forgotten_before = self.forgotten_before.max(Some(self.known_from()));
    }
}
