//! The half of a shard that knows groups: shares in, alert changes out (D7, D8).
//!
//! In: shares, suppressions, the passing of time. Out: the alert of every (rule, subject) that has an episode, and its
//! differences to what was published. It refuses to know facts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alert::{Desk, rule_lines};
use super::beside::{self, Hands, OneHand};
use super::group::GroupState;
use super::measured::Measured;
use super::share::{Group, Share};
use super::{Change, Rulebook};
use crate::ledger::Retention;
use crate::model::{AccountId, Alert, AlertId, Day, EventTime, Hour, Revision, RuleId, SubjectKind, Suppression, Text};
use crate::policy::Rule;

/// Everything said of each subject under each rule.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<RuleId, OfRule>);

type OfRule = BTreeMap<Text, GroupState>;

impl Groups {
    pub(super) fn get(&self, rule: &RuleId, subject: &Text) -> Option<&GroupState> {
        self.0.get(rule)?.get(subject)
    }

    fn get_mut(&mut self, rule: &RuleId, subject: &Text) -> Option<&mut GroupState> {
        self.0.get_mut(rule)?.get_mut(subject)
    }

    fn of(&mut self, rule: &RuleId) -> &mut OfRule {
        self.0.entry(rule.clone()).or_default()
    }
}

/// Subjects, by rule.
#[derive(Clone, Debug, Default)]
struct Subjects(BTreeMap<RuleId, BTreeSet<Text>>);

impl Subjects {
    fn put(&mut self, group: Group) {
        self.0.entry(group.rule).or_default().insert(group.subject);
    }

    fn put_all(&mut self, groups: impl IntoIterator<Item = Group>) {
        groups.into_iter().for_each(|group| self.put(group));
    }
}

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
    dirty: Subjects,
    /// Those that are weighed in slices before they are asked for.
    ahead: Subjects,
    /// When an alert resolves, or its suppression ends, by itself.
    due: BTreeMap<EventTime, BTreeSet<Group>>,
    /// The first hour that is evaluated.
    from: Option<Hour>,
}

impl Table {
    /// Takes what an account says of a day; the rule is that of the group.
    pub(super) fn take(&mut self, group: Group, rule: &Rule, account: &AccountId, day: Day, share: Share) {
        let own = self.groups.of(&group.rule);
        let changed = match own.get_mut(&group.subject) {
            Some(state) => state.take(rule, account, day, share),
            None => {
                let mut state = GroupState::default();
                let changed = state.take(rule, account, day, share);
                if changed {
                    own.insert(group.subject.clone(), state);
                }
                changed
            }
        };
        if changed {
            self.dirty.put(group);
        }
    }

    /// A suppression came, or took the place of another: the last one said counts.
    pub(super) fn suppress(&mut self, said: Vec<Suppression>) {
        for suppression in said {
            let speaks = |group: &&Group| suppression.rule.as_ref().is_none_or(|rule| *rule == group.rule);
            let of = |group: &&Group| suppression.subject.ends_with(group.subject.as_str());
            self.dirty.put_all(self.ids.keys().filter(speaks).filter(of).cloned());
            self.suppressions.insert(suppression.id.clone(), suppression);
        }
    }

    pub(super) fn tick(&mut self, now: EventTime) {
        while let Some(due) = self.due.first_entry().filter(|due| *due.key() <= now) {
            self.dirty.put_all(due.remove());
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
        for (id, own) in &mut self.groups.0 {
            let Some(rule) = rule(id) else { continue };
            for (subject, state) in own {
                if state.forget(rule, known_from, retention.evaluated_from(now)) {
                    self.dirty.put(Group { rule: id.clone(), subject: subject.clone() });
                }
            }
        }
    }

    /// What was published before: it is withdrawn unless it still holds.
    pub(super) fn adopt(&mut self, alert: Alert) {
        let group = Group { rule: alert.rule.id.clone(), subject: alert.subject.subject.id.clone() };
        self.ids.insert(group.clone(), alert.id.clone());
        self.dirty.put(group);
        self.published.insert(alert.id.clone(), Arc::new(alert));
    }

    /// Somebody else withdrew it: if it holds, it is published again.
    pub(super) fn withdrawn(&mut self, id: &AlertId) {
        if self.published.remove(id).is_some() {
            self.dirty.put_all(self.ids.iter().filter(|(_, known)| *known == id).map(|(group, _)| group.clone()));
        }
    }

    /// What an account said last to a group about a day.
    pub(super) fn share(&self, group: &Group, account: &AccountId, day: Day) -> Option<&Share> {
        self.groups.get(&group.rule, &group.subject)?.share(account, day)
    }

    /// The alerts published, by id.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.published.values().map(AsRef::as_ref)
    }

    /// Asks every dirty group anew, in the order of the rules, so that one may ask about another.
    pub(super) fn settle(
        &mut self,
        book: &Rulebook,
        now: EventTime,
        revision: &Revision,
        whose: Whose,
        hands: &dyn Hands,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for rule in &book.policy.rules {
            if whose == Whose::Accounts && rule.subject != SubjectKind::Account {
                continue;
            }
            // With those that rules asked before have made doubtful.
            let subjects = self.dirty.0.remove(&rule.id).unwrap_or_default();
            self.weigh(rule, &subjects, book, hands);
            changes.extend(self.ask(rule, subjects, book, (now, revision), hands));
        }
        // What is left of rules that are no more.
        let is_known = |id: &RuleId| book.policy.rules.iter().any(|rule| rule.id == *id);
        let gone: Vec<RuleId> = self.dirty.0.keys().filter(|id| !is_known(id)).cloned().collect();
        for rule in gone {
            let subjects = self.dirty.0.remove(&rule).unwrap_or_default();
            let groups = subjects.into_iter().map(|subject| Group { rule: rule.clone(), subject });
            changes.extend(groups.filter_map(|group| self.withdraw(&group)));
        }
        changes
    }

    fn withdraw(&mut self, group: &Group) -> Option<Change> {
        let id = self.ids.remove(group)?;
        self.published.remove(&id);
        Some(Change::Withdrawn(id))
    }

    /// Makes the alerts of subjects that have been weighed.
    fn ask(
        &mut self,
        rule: &Rule,
        subjects: BTreeSet<Text>,
        book: &Rulebook,
        (now, revision): (EventTime, &Revision),
        hands: &dyn Hands,
    ) -> Vec<Change> {
        if subjects.is_empty() {
            return Vec::new();
        }
        let own = self.groups.0.get(&rule.id);
        let state = |subject: Text| (own.and_then(|own| own.get(&subject)), subject);
        let mut asked: Vec<(Option<&GroupState>, Text)> = subjects.into_iter().map(state).collect();
        let (lines, suppressions, revision) = (rule_lines(rule), &self.suppressions, revision.clone());
        let desk = Desk { lines, book, groups: &self.groups, suppressions, now, revision };
        let alert = |_: &mut (), (state, subject): &mut (Option<&GroupState>, Text)| {
            let alert = state.and_then(|state| desk.alert(rule, subject, state));
            (
                alert.map(Arc::new),
                state.and_then(|state| state.episodes.resolves()),
                state.is_some_and(|s| s.is_empty()),
            )
        };
        let alerts = beside::each(hands, &mut vec![(); hands.count()], &mut asked, alert);
        let subjects: Vec<Text> = asked.into_iter().map(|(_, subject)| subject).collect();
        let mut changes = Vec::new();
        for (subject, (alert, resolves, is_empty)) in subjects.into_iter().zip(alerts) {
            if is_empty {
                self.groups.of(&rule.id).remove(&subject);
            }
            let group = Group { rule: rule.id.clone(), subject };
            changes.extend(match alert {
                None => self.withdraw(&group),
                Some(alert) => self.publish(group, alert, resolves.map(Hour::start), now),
            });
        }
        changes
    }

    /// Asks the conditions of subjects in every hour in doubt.
    fn weigh(&mut self, rule: &Rule, subjects: &BTreeSet<Text>, book: &Rulebook, hands: &dyn Hands) {
        // Taken out of the table while they ask about others there; a rule never asks about itself.
        let Some(mut own) = self.groups.0.get_mut(&rule.id).map(std::mem::take) else { return };
        let (from, groups) = (self.from, &self.groups);
        let ask = |subject: &Text, state: &mut GroupState| {
            state.ask(rule, from, |window| {
                let measured = Measured::new(window, subject, groups);
                rule.having.as_ref().is_none_or(|having| having.holds(&measured))
            })
        };
        let changed: Vec<(Text, Hour)> = if hands.count() == 1 || subjects.len() < own.len() / 8 {
            let one = |subject: &Text| Some((subject.clone(), ask(subject, own.get_mut(subject)?)?));
            subjects.iter().filter_map(one).collect()
        } else {
            let mut asked: Vec<_> = own.iter_mut().filter(|(subject, _)| subjects.contains(*subject)).collect();
            let one = |_: &mut (), (subject, state): &mut (&Text, &mut GroupState)| {
                ask(subject, state).map(|hour| (Text::clone(subject), hour))
            };
            beside::each(hands, &mut vec![(); hands.count()], &mut asked, one).into_iter().flatten().collect()
        };
        self.groups.0.insert(rule.id.clone(), own);
        for (subject, hour) in changed {
            self.doubt(rule, &subject, book, hour);
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
            let next = |ahead: &mut Subjects| ahead.0.get_mut(&rule.id).and_then(BTreeSet::pop_first);
            while let Some(subject) = next(&mut self.ahead) {
                if left == 0 {
                    self.ahead.put(Group { rule: rule.id.clone(), subject });
                    return false;
                }
                left -= 1;
                self.weigh(rule, &BTreeSet::from([subject]), book, &OneHand);
            }
        }
        true
    }

    /// Rules that ask about this one for the same subject must be asked anew.
    fn doubt(&mut self, rule: &Rule, subject: &Text, book: &Rulebook, hour: Hour) {
        let asks =
            |other: &&Rule| other.having.as_ref().is_some_and(|having| having.uses().alerts.contains_key(&rule.id));
        for other in book.policy.rules.iter().filter(asks) {
            if let Some(state) = self.groups.get_mut(&other.id, subject) {
                state.doubt(hour);
                self.dirty.put(Group { rule: other.id.clone(), subject: subject.clone() });
            }
        }
    }

    fn publish(
        &mut self,
        group: Group,
        alert: Arc<Alert>,
        resolves: Option<EventTime>,
        now: EventTime,
    ) -> Option<Change> {
        let ends = alert.suppression.as_ref().map(|suppression| suppression.until);
        for time in resolves.filter(|time| *time > now).into_iter().chain(ends) {
            self.due.entry(time).or_default().insert(group.clone());
        }
        self.ids.insert(group, alert.id.clone());
        match self.published.get(&alert.id) {
            Some(before) if before.says_the_same_as(&alert) => None,
            before => {
                let change = if before.is_some() { Change::Updated } else { Change::Opened };
                self.published.insert(alert.id.clone(), Arc::clone(&alert));
                Some(change(alert))
            }
        }
    }
}
