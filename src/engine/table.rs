//! The half of a shard that knows groups: shares in, alert changes out (D7, D8).
//!
//! In: shares, suppressions, the passing of time. Out: the alert of every (rule, subject) that has an episode, and its
//! differences to what was published. It refuses to know facts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alert::Desk;
use super::group::GroupState;
use super::measured::Measured;
use super::share::{Group, Share};
use super::{Change, Rulebook};
use crate::ledger::Retention;
use crate::model::{AccountId, Alert, AlertId, Day, EventTime, Hour, Revision, RuleId, SubjectKind, Suppression, Text};
use crate::policy::Rule;

/// Everything said of each (rule, subject).
pub(super) type Groups = BTreeMap<Group, GroupState>;

/// Whose alerts are made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of every subject.
    All,
    /// Of accounts alone: what other shards have to say of groups is not all known yet.
    Accounts,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    groups: Groups,
    suppressions: BTreeMap<Text, Suppression>,
    published: BTreeMap<AlertId, Arc<Alert>>,
    ids: BTreeMap<Group, AlertId>,
    dirty: BTreeSet<Group>,
    /// Those that are weighed in slices before they are asked for.
    ahead: BTreeSet<Group>,
    /// When an alert resolves, or its suppression ends, by itself.
    due: BTreeMap<EventTime, BTreeSet<Group>>,
    /// The first hour that is evaluated.
    from: Option<Hour>,
}

impl Table {
    /// Takes what an account says of a day; the rule is that of the group.
    pub(super) fn take(&mut self, group: Group, rule: &Rule, account: &AccountId, day: Day, share: Share) {
        let changed = match self.groups.get_mut(&group) {
            Some(state) => state.take(rule, account, day, share),
            None => {
                let mut state = GroupState::default();
                let changed = state.take(rule, account, day, share);
                if changed {
                    self.groups.insert(group.clone(), state);
                }
                changed
            }
        };
        if changed {
            self.dirty.insert(group);
        }
    }

    /// A suppression came, or took the place of another: the last one said counts.
    pub(super) fn suppress(&mut self, said: Vec<Suppression>) {
        for suppression in said {
            let speaks = |group: &&Group| suppression.rule.as_ref().is_none_or(|rule| *rule == group.rule);
            let of = |group: &&Group| suppression.subject.ends_with(group.subject.as_str());
            self.dirty.extend(self.ids.keys().filter(speaks).filter(of).cloned());
            self.suppressions.insert(suppression.id.clone(), suppression);
        }
    }

    pub(super) fn tick(&mut self, now: EventTime) {
        while let Some(due) = self.due.first_entry().filter(|due| *due.key() <= now) {
            self.dirty.append(&mut due.remove());
        }
    }

    /// A day has passed: another lies too far back to be evaluated, and another is not known any more.
    pub(super) fn forget<'a>(
        &mut self,
        retention: Retention,
        now: EventTime,
        rule: impl Fn(&RuleId) -> Option<&'a Rule>,
    ) {
        self.from = Some(retention.evaluated_from(now));
        let known_from = retention.known_from(now).day();
        for (group, state) in &mut self.groups {
            let Some(rule) = rule(&group.rule) else { continue };
            if state.forget(rule, known_from, retention.evaluated_from(now)) {
                self.dirty.insert(group.clone());
            }
        }
    }

    /// What was published before: it is withdrawn unless it still holds.
    pub(super) fn adopt(&mut self, alert: Alert) {
        let group = Group { rule: alert.rule.id.clone(), subject: alert.subject.subject.id.clone() };
        self.ids.insert(group.clone(), alert.id.clone());
        self.dirty.insert(group);
        self.published.insert(alert.id.clone(), Arc::new(alert));
    }

    /// Somebody else withdrew it: if it holds, it is published again.
    pub(super) fn withdrawn(&mut self, id: &AlertId) {
        if self.published.remove(id).is_some() {
            self.dirty.extend(self.ids.iter().filter(|(_, known)| *known == id).map(|(group, _)| group.clone()));
        }
    }

    /// What an account said last to a group about a day.
    pub(super) fn share(&self, group: &Group, account: &AccountId, day: Day) -> Option<&Share> {
        self.groups.get(group)?.share(account, day)
    }

    /// The alerts published, by id.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.published.values().map(AsRef::as_ref)
    }

    /// Asks every dirty group anew, in the order of the rules, so that one may ask about another.
    pub(super) fn settle(&mut self, book: &Rulebook, now: EventTime, revision: &Revision, whose: Whose) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut by_rule: BTreeMap<_, BTreeSet<Group>> = BTreeMap::new();
        for group in std::mem::take(&mut self.dirty) {
            by_rule.entry(group.rule.clone()).or_default().insert(group);
        }
        for rule in &book.policy.rules {
            if whose == Whose::Accounts && rule.subject != SubjectKind::Account {
                self.dirty.extend(by_rule.remove(&rule.id).unwrap_or_default());
                continue;
            }
            let own = by_rule.remove(&rule.id).unwrap_or_default();
            // Those that rules asked before have made doubtful.
            let (doubtful, rest) = std::mem::take(&mut self.dirty).into_iter().partition(|group| group.rule == rule.id);
            self.dirty = rest;
            let groups: BTreeSet<Group> = own.into_iter().chain::<BTreeSet<Group>>(doubtful).collect();
            for group in groups {
                changes.extend(self.ask(rule, group, book, now, revision));
            }
        }
        // What is left belongs to rules that are no more.
        changes.extend(by_rule.into_values().flatten().filter_map(|group| self.withdraw(&group)));
        changes
    }

    fn withdraw(&mut self, group: &Group) -> Option<Change> {
        let id = self.ids.remove(group)?;
        self.published.remove(&id);
        Some(Change::Withdrawn(id))
    }

    fn ask(
        &mut self,
        rule: &Rule,
        group: Group,
        book: &Rulebook,
        now: EventTime,
        revision: &Revision,
    ) -> Option<Change> {
        self.weigh(rule, &group, book);
        let Some(state) = self.groups.get(&group) else { return self.withdraw(&group) };
        let desk =
            Desk { book, groups: &self.groups, suppressions: &self.suppressions, now, revision: revision.clone() };
        let alert = desk.alert(rule, &group.subject, state);
        let resolves = state.episodes.resolves();
        if state.is_empty() {
            self.groups.remove(&group);
        }
        let Some(alert) = alert else { return self.withdraw(&group) };
        let turns = resolves.map(Hour::start).filter(|time| *time > now);
        let ends = alert.suppression.as_ref().map(|suppression| suppression.until);
        for time in turns.into_iter().chain(ends) {
            self.due.entry(time).or_default().insert(group.clone());
        }
        self.ids.insert(group, alert.id.clone());
        self.publish(alert)
    }

    /// Asks the condition of a group in every hour in doubt.
    fn weigh(&mut self, rule: &Rule, group: &Group, book: &Rulebook) {
        // Taken out of the table while it asks about others there; a rule never asks about itself.
        let Some(mut state) = self.groups.remove(group) else { return };
        let changed = state.ask(rule, self.from, |window| {
            let measured = Measured::new(window, &group.subject, &self.groups);
            rule.having.as_ref().is_none_or(|having| having.holds(&measured))
        });
        self.groups.insert(group.clone(), state);
        if let Some(hour) = changed {
            self.doubt(rule, group, book, hour);
        }
    }

    /// All that is dirty now is to be weighed before it is asked for.
    pub(super) fn weigh_ahead(&mut self) {
        self.ahead = self.dirty.clone();
    }

    /// Weighs so many groups ahead, in the order of the rules; whether none is left. What is weighed is still dirty: its
    /// alert is made when it is asked for.
    pub(super) fn weigh_some(&mut self, book: &Rulebook, most: usize) -> bool {
        let mut left = most;
        for rule in &book.policy.rules {
            let least = Group { rule: rule.id.clone(), subject: Text::default() };
            let next = |ahead: &BTreeSet<Group>| ahead.range(&least..).next().filter(|g| g.rule == rule.id).cloned();
            while let Some(group) = next(&self.ahead) {
                if left == 0 {
                    return false;
                }
                left -= 1;
                self.ahead.remove(&group);
                self.weigh(rule, &group, book);
            }
        }
        true
    }

    /// Rules that ask about this one for the same subject must be asked anew.
    fn doubt(&mut self, rule: &Rule, group: &Group, book: &Rulebook, hour: Hour) {
        let asks =
            |other: &&Rule| other.having.as_ref().is_some_and(|having| having.uses().alerts.contains_key(&rule.id));
        for other in book.policy.rules.iter().filter(asks) {
            let other = Group { rule: other.id.clone(), subject: group.subject.clone() };
            if let Some(state) = self.groups.get_mut(&other) {
                state.doubt(hour);
                self.dirty.insert(other);
            }
        }
    }

    fn publish(&mut self, alert: Alert) -> Option<Change> {
        match self.published.get(&alert.id) {
            Some(before) if before.says_the_same_as(&alert) => None,
            before => {
                let change = if before.is_some() { Change::Updated } else { Change::Opened };
                let alert = Arc::new(alert);
                self.published.insert(alert.id.clone(), Arc::clone(&alert));
                Some(change(alert))
            }
        }
    }
}
