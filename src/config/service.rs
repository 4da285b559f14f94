//! What `run` needs beyond what facts mean: Kafka, sources, topics, shards, snapshots, HTTP.
//!
//! In: sections of a settings file. Out: [`Service`], with every problem told beside those of the rest.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::secrets::read_secret;
use super::settings::{nested, path_of, paths_of, value_of};
use crate::decode::Format;
use crate::kafka::{Connection, Creation, Sasl, Tls};
use crate::model::Secret;
use crate::sinks::AlertFormat;
use crate::written::{Fields, Problems};

/// Everything `run` needs to know of its surroundings.
#[derive(Clone, Debug)]
pub struct Service {
    /// `kafka`: how brokers are reached; `None` where the section is missing.
    pub kafka: Option<Connection>,
    /// `kafka.group`: groups are `<group>-intake` and `<group>-engine`, later epochs with `-e<epoch>` behind.
    pub group: String,
    /// `topics`: our own.
    pub topics: Topics,
    /// `sources`: what is read.
    pub sources: Vec<Source>,
    /// `reference`: files and folders read at start and at each reload.
    pub reference: Vec<PathBuf>,
    /// `engine`: shards and time.
    pub engine: Shards,
    /// `snapshots`.
    pub snapshots: Option<Snapshots>,
    /// `http`.
    pub http: Option<Http>,
    /// `intake.workers`: threads, each a member of the group.
    pub intake_workers: u16,
    /// `rejects.bytes`: whether rejects hold the original bytes.
    pub reject_bytes: RejectBytes,
}

/// Names of our own topics.
#[derive(Clone, Debug)]
pub struct Topics {
    /// The fact log.
    pub facts: String,
    /// What shards say to each other.
    pub contributions: String,
    /// Alerts.
    pub alerts: String,
    /// Rejected records; `None`: they are counted, and told in the log.
    pub rejects: Option<String>,
    /// Whether those that are missing are created.
    pub create: Creation,
    /// Copies of those that are created; `None` is what the broker does.
    pub replication: Option<u16>,
    /// How long facts are kept, in days; `None` for ever.
    pub retention_days: Option<u32>,
    /// How alerts are written.
    pub format: AlertFormat,
}

/// A topic of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name; one that begins with `^` is a regular expression.
    pub topic: String,
    /// What its records are; `None`: each is looked at.
    pub format: Option<Format>,
}

/// Virtual shards, and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shards {
    /// How many, fixed with the log.
    pub count: NonZeroU32,
    /// The log's epoch.
    pub epoch: u32,
    /// Threads that hold shards.
    pub workers: u16,
    /// How many hours late facts may come; `None`: nothing is refused or forgotten.
    pub lateness_hours: Option<i64>,
    /// How often event time passes by the intake's clock; `None`: only ticks in the log move it.
    pub tick: Option<Duration>,
    /// How often what changed is published.
    pub publish: Duration,
}

/// Where snapshots are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshots {
    /// A folder or URL.
    pub place: String,
    /// How often each shard is saved.
    pub every: Duration,
    /// How many are kept of each.
    pub keep: usize,
}

/// Where HTTP is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// `host:port`.
    pub listen: String,
    /// Holds the bearer token.
    pub token_file: Option<PathBuf>,
}

/// Whether rejects hold what was rejected (P8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RejectBytes {
    /// Reason, position, size and hash.
    #[default]
    Omit,
    /// And the bytes.
    Keep,
}

impl Topics {
    /// Every name.
    pub fn own(&self) -> Vec<&str> {
        let rejects = self.rejects.as_deref();
        [&*self.facts, &*self.contributions, &*self.alerts].into_iter().chain(rejects).collect()
    }
}

impl Default for Service {
    fn default() -> Self {
        Self {
            kafka: None,
            group: "tidewaiter".to_owned(),
            topics: Topics {
                facts: "tidewaiter.facts".to_owned(),
                contributions: "tidewaiter.contributions".to_owned(),
                alerts: "tidewaiter.alerts".to_owned(),
                rejects: Some("tidewaiter.rejects".to_owned()),
                create: Creation::Allowed,
                replication: None,
                retention_days: None,
                format: AlertFormat::Json,
            },
            sources: Vec::new(),
            reference: Vec::new(),
            engine: Shards {
                count: NonZeroU32::MIN.saturating_add(15),
                epoch: 1,
                workers: 2,
                lateness_hours: Some(75 * 24),
                tick: Some(Duration::from_secs(60)),
                publish: Duration::from_millis(100),
            },
            snapshots: None,
            http: None,
            intake_workers: 1,
            reject_bytes: RejectBytes::Omit,
        }
    }
}

impl Service {
    /// The name of a consumer group. A later epoch is another log: it reads its sources from their beginning.
    pub fn group_of(&self, role: &str) -> String {
        match self.engine.epoch {
            1 => format!("{}-{role}", self.group),
            epoch => format!("{}-{role}-e{epoch}", self.group),
        }
    }
}

/// Reads every section that is there.
pub(super) fn service(fields: &mut Fields, base: &Path, problems: &mut Problems) -> Service {
    let mut service =
        Service { reference: paths_of(fields, "reference", base, problems).unwrap_or_default(), ..Default::default() };
    nested(fields, "kafka", problems, |fields, problems| {
        service.kafka = Some(connection(fields, base, problems));
        text(fields, "group", problems, &mut service.group);
    });
    nested(fields, "topics", problems, |fields, problems| topics(fields, problems, &mut service.topics));
    if let Some(sources) = fields.optional("sources").and_then(|node| node.list("sources", problems)) {
        service.sources = sources
            .iter()
            .filter_map(|node| {
                let mut fields = node.fields("source", problems)?;
                let source = source(&mut fields, problems);
                fields.done(problems);
                let source = source?;
                if service.topics.own().contains(&&*source.topic) {
                    let what =
                        format!("source {} is written by the service itself: it would read it for ever", source.topic);
                    problems.add(node.place, what);
                }
                Some(source)
            })
            .collect();
    }
    nested(fields, "engine", problems, |fields, problems| engine(fields, problems, &mut service.engine));
    nested(fields, "intake", problems, |fields, problems| {
        number(fields, "workers", problems, &mut service.intake_workers);
    });
    nested(fields, "rejects", problems, |fields, problems| {
        let bytes = word(fields, "bytes", problems, &[("omit", RejectBytes::Omit), ("keep", RejectBytes::Keep)]);
        service.reject_bytes = bytes.unwrap_or_default();
    });
    nested(fields, "snapshots", problems, |fields, problems| {
        let place = fields.required_text("place", problems).unwrap_or_default();
        // A folder is meant as every other path: beside the settings.
        let place = if place.contains("://") { place.to_string() } else { base.join(&*place).display().to_string() };
        let mut snapshots = Snapshots { place, every: Duration::from_secs(600), keep: crate::store::KEEP };
        seconds(fields, "every_seconds", problems, &mut snapshots.every);
        number(fields, "keep", problems, &mut snapshots.keep);
        service.snapshots = Some(snapshots);
    });
    nested(fields, "http", problems, |fields, problems| {
        let listen = fields.required_text("listen", problems).unwrap_or_default().to_string();
        service.http = Some(Http { listen, token_file: path_of(fields, "token_file", base, problems) });
    });
    service
}

fn connection(fields: &mut Fields, base: &Path, problems: &mut Problems) -> Connection {
    let brokers = fields.required_text("brokers", problems).unwrap_or_default().to_string();
    let mut connection = Connection { brokers, ..Connection::default() };
    nested(fields, "tls", problems, |fields, problems| {
        connection.tls = Some(Tls {
            authorities: path_of(fields, "ca_file", base, problems),
            certificate: path_of(fields, "certificate_file", base, problems),
            key: path_of(fields, "key_file", base, problems),
            key_password: password(fields, "key_password_file", base, problems),
        });
    });
    nested(fields, "sasl", problems, |fields, problems| {
        let mechanism = fields.required_text("mechanism", problems).unwrap_or_default().to_string();
        let user = fields.required_text("user", problems).unwrap_or_default().to_string();
        let place = fields.place;
        let Some(password) = password(fields, "password_file", base, problems) else {
            return problems.add(place, "sasl needs password_file");
        };
        connection.sasl = Some(Sasl { mechanism, user, password });
    });
    nested(fields, "properties", problems, |fields, problems| {
        for (key, _, node) in fields.rest() {
            let Some(value) = node.text(key, problems) else { continue };
            if let Err(why) = connection.properties.add(key, &value) {
                problems.add(node.place, why);
            }
        }
    });
    connection
}

/// A secret of a file, without the end of its line.
fn password(fields: &mut Fields, key: &str, base: &Path, problems: &mut Problems) -> Option<Secret> {
    let node = fields.optional(key)?;
    let path = base.join(node.text(key, problems)?.as_str());
    match read_secret(&path) {
        Ok(secret) => Some(secret),
        Err(error) => {
            problems.add(node.place, format!("{key}: {error}"));
            None
        }
    }
}

fn topics(fields: &mut Fields, problems: &mut Problems, topics: &mut Topics) {
    text(fields, "facts", problems, &mut topics.facts);
    text(fields, "contributions", problems, &mut topics.contributions);
    text(fields, "alerts", problems, &mut topics.alerts);
    if let Some(name) = fields.optional_text("rejects", problems) {
        topics.rejects = (name != "off").then(|| name.to_string());
    }
    let created = word(fields, "create", problems, &[("allowed", Creation::Allowed), ("refused", Creation::Refused)]);
    topics.create = created.unwrap_or_default();
    topics.replication = whole(fields, "replication", problems).or(topics.replication);
    topics.retention_days = whole(fields, "retention_days", problems).or(topics.retention_days);
    let format = word(fields, "alert_format", problems, &[("json", AlertFormat::Json), ("ocsf", AlertFormat::Ocsf)]);
    topics.format = format.unwrap_or_default();
}

fn source(fields: &mut Fields, problems: &mut Problems) -> Option<Source> {
    let topic = fields.required_text("topic", problems)?.to_string();
    let formats: Vec<(&str, Option<Format>)> =
        Format::ALL.iter().map(|format| (format.as_str(), Some(*format))).chain([("detect", None)]).collect();
    let place = fields.place;
    let format = word(fields, "format", problems, &formats).flatten();
    if format.is_some() && topic.starts_with('^') {
        problems.add(place, format!("source {topic} is a pattern: only a topic by name may state a format"));
    }
    Some(Source { topic, format })
}

fn engine(fields: &mut Fields, problems: &mut Problems, shards: &mut Shards) {
    shards.count = whole(fields, "shards", problems).and_then(NonZeroU32::new).unwrap_or(shards.count);
    number(fields, "epoch", problems, &mut shards.epoch);
    number(fields, "workers", problems, &mut shards.workers);
    shards.lateness_hours =
        or_off(fields, "lateness_days", problems, shards.lateness_hours, |days: u32| i64::from(days) * 24);
    let every = |seconds: u32| Duration::from_secs(u64::from(seconds));
    shards.tick = or_off(fields, "tick_seconds", problems, shards.tick, every);
    if let Some(millis) = whole::<u32>(fields, "publish_millis", problems) {
        shards.publish = Duration::from_millis(u64::from(millis));
    }
}

fn text(fields: &mut Fields, key: &str, problems: &mut Problems, into: &mut String) {
    if let Some(text) = fields.optional_text(key, problems) {
        *into = text.to_string();
    }
}

/// A whole number above nought.
fn whole<T: std::str::FromStr + PartialOrd + Default>(
    fields: &mut Fields,
    key: &str,
    problems: &mut Problems,
) -> Option<T> {
    value_of(fields, key, problems, |text| match text.parse::<T>() {
        Ok(number) if number > T::default() => Ok(number),
        _ => Err(format!("must be a whole number above 0, got {text:?}")),
    })
}

fn number<T: std::str::FromStr + PartialOrd + Default>(
    fields: &mut Fields,
    key: &str,
    problems: &mut Problems,
    into: &mut T,
) {
    if let Some(number) = whole(fields, key, problems) {
        *into = number;
    }
}

fn seconds(fields: &mut Fields, key: &str, problems: &mut Problems, into: &mut Duration) {
    if let Some(seconds) = whole::<u32>(fields, key, problems) {
        *into = Duration::from_secs(u64::from(seconds));
    }
}

/// A whole number above nought, or `off`.
fn or_off<T>(
    fields: &mut Fields,
    key: &str,
    problems: &mut Problems,
    unless_said: Option<T>,
    of: impl Fn(u32) -> T,
) -> Option<T> {
    let read = value_of(fields, key, problems, |text| match (text, text.parse::<u32>()) {
        ("off", _) => Ok(None),
        (_, Ok(number)) if number > 0 => Ok(Some(number)),
        _ => Err(format!("must be a whole number above 0, or off, got {text:?}")),
    });
    read.map_or(unless_said, |number| number.map(of))
}

/// One of some words.
fn word<T: Copy>(fields: &mut Fields, key: &str, problems: &mut Problems, words: &[(&str, T)]) -> Option<T> {
    value_of(fields, key, problems, |text| match words.iter().find(|(word, _)| *word == text) {
        Some((_, meant)) => Ok(*meant),
        None => {
            let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Err(format!("must be one of {}, got {text:?}", all.join(", ")))
        }
    })
}
