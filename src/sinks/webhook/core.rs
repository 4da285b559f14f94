//! What is sent: a pure function of the alerts topic and the target's settings.
//!
//! In: records in the order of their partitions, and the time. Out: messages, each once. It refuses to know clocks,
//! sockets and what became of a message. Records that were dealt with before only feed the memory; since what is decided
//! follows from records alone, it is then the same as if the process had never stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::limit::{Days, LeftOut, Summed, Within};
use super::line::{Heard, Told};
use super::memory::{Audience, Change, MOST_ALERTS, Memory};
use super::message::{Body, Message};
use super::outcome::Outcome;
use super::target::{Event, Target};
use crate::model::{Digest, EventTime, RuleMode, Severity, Text};

/// Which messages a target asks for.
struct Asked {
    on: BTreeSet<Event>,
    least: Severity,
}

/// Decides for one target.
pub(super) struct Core {
    asked: Asked,
    partitions: BTreeMap<i32, Memory>,
    days: Days,
    /// [`MOST_ALERTS`], less in tests.
    most: usize,
}

/// What a record comes to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Decided {
    /// To be sent, in this order.
    pub(super) send: Vec<Message>,
    /// What is counted of the record itself.
    pub(super) counted: Option<Outcome>,
}

/// Whether a record is to be answered with messages, or was before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    New,
    Old,
}

impl Core {
    pub(super) fn new(target: &Target) -> Self {
        let asked = Asked { on: target.on.clone(), least: target.least };
        Self { asked, partitions: BTreeMap::new(), days: Days::new(target.most), most: MOST_ALERTS }
    }

    #[cfg(test)]
    pub(super) fn remembering(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// A partition is read by somebody else, or will be read again from its beginning.
    pub(super) fn forget(&mut self, partition: i32) {
        self.partitions.remove(&partition);
        self.days.forget(partition);
    }

    /// The next record of a partition. Those before `start` were dealt with by whoever read it before.
    pub(super) fn hear(&mut self, start: i64, heard: Heard, now: EventTime) -> Decided {
        let turn = if heard.offset < start { Turn::Old } else { Turn::New };
        // A producer's clock that runs ahead must not close days that have not come.
        let at = heard.at.min(now);
        let send = self.summaries(turn, at);
        if turn == Turn::New || self.days.open() >= Some(now.day()) {
            self.days.is_not_summed_up();
        }
        let counted = |outcome| (turn == Turn::New).then_some(outcome);
        let (change, audience) = match self.change(&heard) {
            Ok((Some(change), audience)) if self.asked.on.contains(&change.event) => (change, audience),
            Ok(_) => return Decided { send, counted: None },
            Err(outcome) => return Decided { send, counted: counted(outcome) },
        };
        if audience == Audience::Nobody {
            return Decided { send, counted: counted(Outcome::Shadow) };
        }
        if self.within(turn, &heard, &change) == Within::Beyond {
            return Decided { send, counted: counted(Outcome::SuppressedByLimit) };
        }
        let mut send = send;
        if let Some(memory) = self.partitions.get_mut(&heard.partition) {
            memory.sent(&heard.id);
        }
        if turn == Turn::New {
            send.push(message(change, heard, at));
        }
        Decided { send, counted: None }
    }

    /// Nothing has been heard for a while: a day that has ended is summed up. One of which everything was dealt with before
    /// is left to the first record of a later day: otherwise each restart before that would sum it up again.
    pub(super) fn quiet(&mut self, now: EventTime) -> Vec<Message> {
        match self.days.summed() {
            Summed::No => self.days.begin(now.day()).into_iter().map(|left| summary(left, now)).collect(),
            Summed::Perhaps => Vec::new(),
        }
    }

    /// What the record changes, and for whom. Alerts that are not severe enough change nothing.
    fn change(&mut self, heard: &Heard) -> Result<(Option<Change>, Audience), Outcome> {
        let most = self.most;
        let memory = self.partitions.entry(heard.partition).or_insert_with(|| Memory::new(most));
        let Some(payload) = &heard.payload else { return Ok((memory.withdraw(&heard.id), Audience::Target)) };
        let told = Told::read(&heard.id, payload).map_err(|error| {
            tracing::warn!(partition = heard.partition, offset = heard.offset, "alert not sent: {error}");
            Outcome::Unreadable
        })?;
        let severe = told.about.rule.severity >= self.asked.least;
        let audience = match told.mode {
            RuleMode::Live if severe => Audience::Target,
            _ => Audience::Nobody,
        };
        let change = memory.hear(&heard.id, told, audience);
        Ok((change.filter(|_| severe), audience))
    }

    /// Summaries of the day before, when the record is the first of a day. Before records that were dealt with, they were
    /// dealt with too: a record is, when everything in front of it is.
    fn summaries(&mut self, turn: Turn, at: EventTime) -> Vec<Message> {
        let ended = self.days.begin(at.day());
        let new = |left| (turn == Turn::New).then(|| summary(left, at));
        ended.into_iter().filter_map(new).collect()
    }

    fn within(&mut self, turn: Turn, heard: &Heard, change: &Change) -> Within {
        // A record dealt with on a day that has been summed up does not count for the day that is open now.
        let over = turn == Turn::Old && self.days.open().is_some_and(|open| open > heard.at.day());
        if over { Within::Limit } else { self.days.count(&change.about.rule, heard.partition) }
    }
}

fn message(change: Change, heard: Heard, at: EventTime) -> Message {
    let Change { event, revision, about } = change;
    let number = |number: u64| number.to_string();
    let key = Digest::new("webhook")
        .field(&heard.id)
        .field(number(revision.epoch))
        .field(number(revision.position))
        .field(number(revision.heard))
        .field(number(revision.config))
        .field(event.as_str());
    let json = heard.payload.and_then(|payload| String::from_utf8(payload).ok());
    let body = Body::Alert { event, id: heard.id, about, json };
    Message { key: Text::new(key.fact_id().to_string()), at, body }
}

fn summary(left: LeftOut, at: EventTime) -> Message {
    let (day, partition) = (left.day.to_string(), left.partition.to_string());
    let key = Digest::new("webhook summary").field(&left.rule.id).field(day).field(partition);
    Message { key: Text::new(key.fact_id().to_string()), at, body: Body::Summary(Arc::new(left)) }
}
