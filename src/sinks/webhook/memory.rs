//! What is known of every alert, and so what a record of it changes.
//!
//! In: the topic folded from its beginning, partition by partition. Out: the difference a record makes. It refuses to know
//! limits, times and targets' tastes, except whether an alert is one the target may hear of at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::line::{About, Revision, Rule, Told};
use super::target::Event;
use crate::model::{AlertStatus, EventTime, Text};

/// Most alerts remembered of one partition. Beyond, those that are withdrawn or resolved are forgotten, all at once; an
/// alert that was forgotten is told as opened when it is heard of again.
pub const MOST_ALERTS: usize = 1 << 20;

/// Whether a target was sent anything of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Something,
    Nothing,
}

/// Whether a record's alert is one that the target may hear of: of a live rule and severe enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Target,
    Nobody,
}

/// An alert as last heard of.
struct Entry {
    revision: Revision,
    /// Whether it is in the table, or withdrawn.
    here: bool,
    /// As the target may know it: the last state that was meant for it.
    shown: Option<Shown>,
}

struct Shown {
    status: AlertStatus,
    episodes: u32,
    latest: EventTime,
    about: About,
    sent: Sent,
}

/// What a record changes.
#[derive(Debug, PartialEq)]
pub(super) struct Change {
    pub(super) event: Event,
    pub(super) revision: Revision,
    pub(super) about: About,
}

/// The alerts of one partition.
pub(super) struct Memory {
    alerts: BTreeMap<Text, Entry>,
    most: usize,
    /// New alerts to come before it is looked through again for what may go.
    until_sweep: usize,
    /// Rules by id, so that each is held once.
    rules: BTreeMap<Text, Arc<Rule>>,
}

impl Memory {
    pub(super) fn new(most: usize) -> Self {
        Self { alerts: BTreeMap::new(), most, until_sweep: 0, rules: BTreeMap::new() }
    }

    /// Takes in an alert. `None` when it says nothing new: a copy, or what a stalled predecessor still said.
    pub(super) fn hear(&mut self, id: &Text, told: Told, audience: Audience) -> Option<Change> {
        let rule = self.shared(&told.about.rule);
        let about = About { rule, ..told.about };
        let was = self.alerts.get(id);
        // A withdrawal carries no revision. Where the same state follows it, the alert is back.
        let back = was.is_some_and(|was| !was.here && was.revision == told.revision);
        if was.is_some_and(|was| !told.revision.is_after(was.revision)) && !back {
            return None;
        }
        let shown = was.and_then(|was| was.shown.as_ref());
        let event = match shown {
            _ if back => Event::Reopened,
            None => Event::Opened,
            Some(was) if told.episodes > was.episodes && told.latest > was.latest => Event::Reopened,
            Some(was) => match (was.status, told.status) {
                (AlertStatus::Resolved, AlertStatus::Open) => Event::Reopened,
                (AlertStatus::Open, AlertStatus::Resolved) => Event::Resolved,
                _ => Event::Updated,
            },
        };
        let sent = shown.map_or(Sent::Nothing, |was| was.sent);
        let now =
            Shown { status: told.status, episodes: told.episodes, latest: told.latest, about: about.clone(), sent };
        self.make_room(id);
        if let Some(entry) = self.alerts.get_mut(id) {
            entry.revision = told.revision;
            entry.here = true;
            if audience == Audience::Target {
                entry.shown = Some(now);
            }
        } else if self.alerts.len() < self.most {
            let shown = (audience == Audience::Target).then_some(now);
            self.alerts.insert(id.clone(), Entry { revision: told.revision, here: true, shown });
        }
        Some(Change { event, revision: told.revision, about })
    }

    /// Takes in a tombstone. `None` unless the target was sent something of the alert as it stood.
    pub(super) fn withdraw(&mut self, id: &Text) -> Option<Change> {
        let entry = self.alerts.get_mut(id)?;
        entry.here = false;
        let shown = entry.shown.take().filter(|shown| shown.sent == Sent::Something)?;
        Some(Change { event: Event::Withdrawn, revision: entry.revision, about: shown.about })
    }

    /// Something of the alert is sent.
    pub(super) fn sent(&mut self, id: &Text) {
        if let Some(shown) = self.alerts.get_mut(id).and_then(|entry| entry.shown.as_mut()) {
            shown.sent = Sent::Something;
        }
    }

    /// Before a new alert: when the memory is full, what may go goes.
    fn make_room(&mut self, id: &Text) {
        if self.alerts.len() < self.most || self.alerts.contains_key(id) {
            return;
        }
        if let Some(left) = self.until_sweep.checked_sub(1) {
            self.until_sweep = left;
            return;
        }
        self.until_sweep = self.most / 16;
        let open = |entry: &Entry| entry.shown.as_ref().is_some_and(|shown| shown.status == AlertStatus::Open);
        self.alerts.retain(|_, entry| entry.here && open(entry));
    }

    fn shared(&mut self, rule: &Arc<Rule>) -> Arc<Rule> {
        match self.rules.get(&rule.id) {
            Some(known) if known == rule => Arc::clone(known),
            _ => {
                self.rules.insert(rule.id.clone(), Arc::clone(rule));
                Arc::clone(rule)
            }
        }
    }
}
