//! One shard that this process holds: messages of its three partitions in, messages to be sent out.
//!
//! In: what the fact log, the contributions and the alerts topic hold for the shard, in the order of each. Out: alerts,
//! contributions, and whether it may speak at all. It refuses to know Kafka, threads and clocks, so that the tests try it
//! without any of them.
//!
//! A shard that is taken over first claims it: a record in its contributions, whose offset is greater than that of every
//! claim before. It says nothing before it has read all three partitions to their ends. Whoever meets a later claim than
//! its own has been succeeded and says nothing more; what it said all the same is put right by its successor.

use std::collections::{BTreeMap, BTreeSet};

use crate::decode;
use crate::engine::{Change, Contribution, Fate, Member, Sender, Unheard, Voice, Work};
use crate::model::{Alert, AlertId, FactKind, Position, Text};
use crate::sinks::AlertFormat;

/// A partition of a shard: each of the three topics has one of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The fact log.
    Facts,
    /// What other shards say.
    Contributions,
    /// What is published.
    Alerts,
}

impl Topic {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Facts, Self::Contributions, Self::Alerts];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Contributions => "contributions",
            Self::Alerts => "alerts",
        }
    }
}

/// Header that says where the record was read that a fact comes from.
pub const POSITION: &str = "position";
/// Header that says who sent a contribution or an alert: shard and number of the claim.
pub const SENDER: &str = "sender";
/// Key of a claim.
const CLAIM: &[u8] = br#"["claim"]"#;

/// A message as read.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where it stands in its partition.
    pub offset: u64,
    /// Its key.
    pub key: &'a [u8],
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The header that matters in its topic: [`POSITION`] of facts, [`SENDER`] of the others.
    pub header: Option<&'a str>,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub topic: Topic,
    /// Which partition.
    pub partition: u32,
    /// Its key.
    pub key: String,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
}

/// What cannot be read of the three topics, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// A fact that is none.
    Fact,
    /// A contribution that is none.
    Contribution,
    /// An alert that is none.
    Alert,
}

impl Unread {
    /// Of which topic.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fact => "facts",
            Self::Contribution => "contributions",
            Self::Alert => "alerts",
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// A fact was folded.
    Fact(FactKind, Fate),
    /// Something was taken note of.
    Noted,
    /// It cannot be read, for this reason.
    Unread(Unread, String),
}

/// A shard held by this process.
#[derive(Debug)]
pub struct Held {
    member: Member,
    shard: u32,
    format: AlertFormat,
    /// Numbers of its claims that stand in the topic.
    claims: BTreeSet<u64>,
    /// Claims that are on their way: only under the last one it speaks.
    claiming: usize,
    /// Partitions that were read to their ends since the shard was taken over.
    reached: BTreeSet<Topic>,
    /// The latest claim met, ours or not.
    met: u64,
    /// Messages that could not be read.
    unread: BTreeMap<Unread, u64>,
}

impl Held {
    /// A shard whose snapshot, if there is any, was taken up.
    pub fn new(member: Member, shard: u32, format: AlertFormat) -> Self {
        let (claims, reached, unread) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Self { member, shard, format, claims, claiming: 0, reached, met: 0, unread }
    }

    /// The record that claims the shard. What it becomes the offset of is told to [`Self::claimed`].
    pub fn claim(&mut self, instance: &str) -> Outgoing {
        self.claiming += 1;
        let value = serde_json::json!({ "instance": instance, "config": self.member.engine().book().digest });
        let (topic, partition, key) = (Topic::Contributions, self.shard, String::from_utf8_lossy(CLAIM).into_owned());
        Outgoing { topic, partition, key, value: Some(value.to_string().into_bytes()), headers: Vec::new() }
    }

    /// The claim stands at this offset.
    pub fn claimed(&mut self, offset: u64) {
        let number = number(offset);
        self.claims.insert(number);
        self.claiming = self.claiming.saturating_sub(1);
        // Under an earlier one all would be said, and under the later one nothing: everybody would take it for gone.
        if self.claiming == 0 {
            self.member.claim(number);
        }
    }

    /// Takes a message in.
    pub fn take(&mut self, topic: Topic, message: Message<'_>) -> Taken {
        let taken = match topic {
            Topic::Facts => self.fact(message),
            Topic::Contributions => self.contribution(message),
            Topic::Alerts => self.alert(message),
        };
        if let Taken::Unread(what, _) = &taken {
            *self.unread.entry(*what).or_default() += 1;
        }
        taken
    }

    fn fact(&mut self, message: Message<'_>) -> Taken {
        // A reader that was sent back meets what is folded already: it is counted once.
        if message.offset < self.member.position() {
            return Taken::Noted;
        }
        let fact = message.value.ok_or_else(|| "a tombstone".to_owned());
        let fact = fact.and_then(|value| decode::logged(value).map_err(|reason| reason.detail));
        match fact {
            Ok(fact) => {
                let position = message.header.and_then(Position::parse);
                let unknown = || Position { source: Text::new_static("log"), at: message.offset };
                let kind = fact.kind();
                Taken::Fact(kind, self.member.apply(message.offset, &position.unwrap_or_else(unknown), fact))
            }
            Err(why) => {
                self.member.skip(message.offset);
                Taken::Unread(Unread::Fact, why)
            }
        }
    }

    fn contribution(&mut self, message: Message<'_>) -> Taken {
        if message.key == CLAIM {
            self.met(number(message.offset));
            return Taken::Noted;
        }
        let heard = match message.header.and_then(sender) {
            Some(from) => self.member.hear(message.offset, from, message.key, message.value),
            // The broker's own tombstones bear no header and take back what bears none.
            None => Err(Unheard::Key),
        };
        heard.map_or_else(|why| Taken::Unread(Unread::Contribution, why.to_string()), |()| Taken::Noted)
    }

    fn alert(&mut self, message: Message<'_>) -> Taken {
        let from = message.header.and_then(sender).map(|from| from.claim);
        if from.is_some_and(|claim| self.claims.contains(&claim)) {
            return Taken::Noted;
        }
        from.into_iter().for_each(|claim| self.met(claim));
        let alert = match message.value {
            Some(value) => match read_alert(value) {
                Ok(alert) => Some(alert),
                Err(why) => return Taken::Unread(Unread::Alert, why),
            },
            None => None,
        };
        match std::str::from_utf8(message.key).ok().and_then(AlertId::parse) {
            Some(id) => {
                self.member.told(&id, alert);
                Taken::Noted
            }
            None => Taken::Unread(Unread::Alert, "a key that is no alert's id".to_owned()),
        }
    }

    /// A claim was met, perhaps of a successor.
    fn met(&mut self, claim: u64) {
        self.met = self.met.max(claim);
    }

    /// A partition was read to its end.
    pub fn reached(&mut self, topic: Topic) {
        self.reached.insert(topic);
    }

    /// Partitions that were not yet read to the ends they had when the shard was taken over.
    pub fn behind(&self) -> impl Iterator<Item = Topic> {
        Topic::ALL.into_iter().filter(|topic| !self.reached.contains(topic))
    }

    /// Whether it was succeeded, so that it must be given up.
    pub fn is_succeeded(&self) -> bool {
        self.claims.last().is_some_and(|own| *own < self.met)
    }

    /// What is to be sent, in this order; nothing before everything was read, or after it was succeeded.
    pub fn publish(&mut self) -> Vec<Outgoing> {
        if self.is_succeeded() || self.behind().next().is_some() {
            return Vec::new();
        }
        let Some(sender) = self.member.sender() else { return Vec::new() };
        let published = self.member.publish();
        let changes = published.changes.iter().filter_map(|change| self.changed(change, sender));
        published.contributions.into_iter().map(said).chain(changes).collect()
    }

    fn changed(&self, change: &Change, sender: Sender) -> Option<Outgoing> {
        let (value, mut headers) = match change {
            Change::Opened(alert) | Change::Updated(alert) => {
                (Some(self.format.line(alert).ok()?), crate::sinks::cloud_event(alert, change.word()))
            }
            Change::Withdrawn(_) => (None, Vec::new()),
        };
        headers.push((SENDER, text(sender)));
        let (topic, partition, key) = (Topic::Alerts, self.shard, change.id().to_string());
        Some(Outgoing { topic, partition, key, value, headers })
    }

    /// Does so much of what a new rulebook asks for. Once it is in force the shard must be claimed anew, and its
    /// contributions must be read again from their beginning.
    pub fn work(&mut self, most: usize) -> Work {
        let work = self.member.work(most);
        if work == Work::Done {
            self.reached.remove(&Topic::Contributions);
        }
        work
    }

    /// The shard itself.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// The shard itself, to be asked for another rulebook.
    pub fn member_mut(&mut self) -> &mut Member {
        &mut self.member
    }

    /// Messages that could not be read.
    pub fn unread(&self) -> &BTreeMap<Unread, u64> {
        &self.unread
    }
}

fn said(said: Contribution) -> Outgoing {
    let headers = vec![(SENDER, text(said.from))];
    let (partition, key, value) = (said.to, said.key, said.value.map(String::into_bytes));
    Outgoing { topic: Topic::Contributions, partition, key, value, headers }
}

/// A claim's number: greater than nought wherever it stands.
fn number(offset: u64) -> u64 {
    offset.saturating_add(1)
}

fn text(sender: Sender) -> String {
    let Sender { shard, claim, voice } = sender;
    match voice {
        Voice::Own => format!("{shard}:{claim}"),
        Voice::Echo => format!("{shard}:{claim}:echo"),
    }
}

fn sender(text: &str) -> Option<Sender> {
    let mut parts = text.split(':');
    let (shard, claim) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let voice = match (parts.next(), parts.next()) {
        (None, _) => Voice::Own,
        (Some("echo"), None) => Voice::Echo,
        _ => return None,
    };
    Some(Sender { shard, claim, voice })
}

/// An alert as this version writes it, in either format.
fn read_alert(value: &[u8]) -> Result<Alert, String> {
    #[derive(serde::Deserialize)]
    struct Finding {
        unmapped: Alert,
    }
    serde_json::from_slice::<Alert>(value).or_else(|error| {
        serde_json::from_slice::<Finding>(value).map(|finding| finding.unmapped).map_err(|_| error.to_string())
    })
}
