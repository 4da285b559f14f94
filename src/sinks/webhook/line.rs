//! What the alerts topic says, record by record, and as much of an alert as decides what is sent.

use std::sync::Arc;

use serde::Deserialize;

use crate::model::{AlertStatus, Digest, EventTime, RuleMode, Severity, Text};

/// A record of the alerts topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Which partition.
    pub partition: i32,
    /// Where in it.
    pub offset: i64,
    /// The record's own time, as the broker has it. The day a message counts for is taken from here, so that reading
    /// the topic again comes to the same.
    pub at: EventTime,
    /// The record's key: the alert's id.
    pub id: Text,
    /// The alert as JSON; `None` is a tombstone: the alert is withdrawn.
    pub payload: Option<Vec<u8>>,
}

/// A rule, as far as messages name it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// Which.
    pub(super) id: Text,
    /// In words.
    pub(super) title: Text,
    /// How much its alerts matter.
    pub(super) severity: Severity,
}

/// Which rule and whom an alert is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    /// The rule.
    pub(super) rule: Arc<Rule>,
    /// `account`, `shared.payment`.
    pub(super) kind: Text,
    /// The subject's id.
    pub(super) id: Text,
}

/// Which state of an alert: of two, the one with the greater epoch, position and what was heard of others is the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) epoch: u64,
    pub(super) position: u64,
    /// How far contributions were read, for alerts about groups.
    pub(super) heard: u64,
    /// Hash of the configuration's digest.
    pub(super) config: u64,
}

impl Revision {
    /// Whether it says something newer: further on in the log, or the same part of it under another configuration.
    pub(super) fn is_after(self, other: Self) -> bool {
        let place = |revision: Self| (revision.epoch, revision.position, revision.heard);
        place(self) > place(other) || (place(self) == place(other) && self.config != other.config)
    }
}

/// An alert, as far as it decides what is sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) revision: Revision,
    pub(super) status: AlertStatus,
    pub(super) mode: RuleMode,
    pub(super) about: About,
    pub(super) episodes: u32,
    /// Where the last episode begins.
    pub(super) latest: EventTime,
}

/// An alert of the topic that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("not an alert: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{what} {value:?} is none")]
    Word { what: &'static str, value: String },
    #[error("the record's key is not the alert's id")]
    Key,
}

#[derive(Deserialize)]
struct Written {
    id: Text,
    revision: WrittenRevision,
    status: Text,
    rule: WrittenRule,
    subject: WrittenSubject,
    episodes: Vec<WrittenEpisode>,
}

#[derive(Deserialize)]
struct WrittenRevision {
    epoch: u64,
    position: u64,
    #[serde(default)]
    heard: u64,
    config: Text,
}

#[derive(Deserialize)]
struct WrittenRule {
    id: Text,
    title: Text,
    mode: Text,
    severity: Text,
}

#[derive(Deserialize)]
struct WrittenSubject {
    kind: Text,
    id: Text,
}

#[derive(Deserialize)]
struct WrittenEpisode {
    from: Text,
}

fn word<T>(what: &'static str, text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
    parse(text).ok_or_else(|| Unreadable::Word { what, value: text.chars().take(40).collect() })
}

impl Told {
    pub(super) fn read(id: &str, payload: &[u8]) -> Result<Self, Unreadable> {
        let written: Written = serde_json::from_slice(payload)?;
        if written.id != id {
            return Err(Unreadable::Key);
        }
        let WrittenRevision { epoch, position, heard, config } = written.revision;
        let [a, b, c, d, e, f, g, h, ..] = Digest::new("config").field(&config).finish();
        let latest = match written.episodes.last() {
            Some(episode) => word("time", &episode.from, |text| EventTime::parse(text).ok())?,
            None => EventTime::MIN,
        };
        let severity = word("severity", &written.rule.severity, Severity::parse)?;
        let rule = Arc::new(Rule { id: written.rule.id, title: written.rule.title, severity });
        Ok(Self {
            revision: Revision { epoch, position, heard, config: u64::from_be_bytes([a, b, c, d, e, f, g, h]) },
            status: word("status", &written.status, AlertStatus::parse)?,
            mode: word("mode", &written.rule.mode, RuleMode::parse)?,
            about: About { rule, kind: written.subject.kind, id: written.subject.id },
            episodes: u32::try_from(written.episodes.len()).unwrap_or(u32::MAX),
            latest,
        })
    }
}
