//! A service under test: its settings, its topics, its instances. In: a broker and what a case needs; out: the alerts
//! topic as a table. It knows nothing of what an alert should say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tidewaiter::model::Alert;

use crate::broker::{Broker, Door};
use crate::client::{Client, Offsets};
use crate::faulty::Faulty;
use crate::message::Record;
use crate::process::Instance;
use crate::wait::eventually;

/// Hears nothing of a replay.
pub struct Silent;

impl tidewaiter::app::Progress for Silent {
    fn plan(&mut self, _: u64) {}
    fn source(&mut self, _: &str) {}
    fn read(&mut self, _: u64) {}
    fn rejected(&mut self, _: tidewaiter::sinks::Reject) {}
}

/// How long anything may take on a busy machine.
pub const LONG: Duration = Duration::from_secs(120);

/// Topics and settings of one service; instances share them.
pub struct Service {
    pub client: Client,
    pub prefix: String,
    pub folder: TempDir,
    settings: String,
}

impl Service {
    /// `settings` are further lines of the settings file; event time passes by ticks among the records alone.
    pub fn new(broker: &Broker, prefix: &str, shards: u32, settings: &str) -> Self {
        Self::with(broker, prefix, shards, "", settings)
    }

    /// The same through another door, with what that needs in the section `kafka`; topics are made through the open one.
    pub fn through(broker: &Broker, door: Door, prefix: &str, kafka: &str) -> Self {
        Self::by(broker, broker.at(door), prefix, 2, kafka, "")
    }

    /// The same on a cluster that fails on demand, where nobody can make topics but the cluster itself.
    pub fn on(cluster: &Faulty, prefix: &str, shards: u32, settings: &str) -> Self {
        let partitions = i32::try_from(shards).unwrap();
        for (name, partitions) in [
            ("records", 3),
            ("facts", partitions),
            ("contributions", partitions),
            ("alerts", partitions),
            ("rejects", 1),
        ] {
            cluster.create_topic(&format!("{prefix}.{name}"), partitions);
        }
        Self::at(&cluster.bootstrap(), prefix, shards, "", settings)
    }

    /// The same that reads a topic of another.
    pub fn reading(broker: &Broker, prefix: &str, shards: u32, topic: &str) -> Self {
        let mut service = Self::new(broker, prefix, shards, "");
        service.settings =
            service.settings.replace(&format!("{{ topic: {prefix}.records }}"), &format!("{{ topic: {topic} }}"));
        service
    }

    /// The same, where a topic that is gone is noticed within a second.
    pub fn quick_to_look(broker: &Broker, prefix: &str) -> Self {
        let kafka = ", properties: { topic.metadata.refresh.interval.ms: 500 }";
        Self::with(broker, prefix, 2, kafka, "")
    }

    /// The same with further settings of `kafka`: a comma in front of each.
    pub fn with(broker: &Broker, prefix: &str, shards: u32, kafka: &str, settings: &str) -> Self {
        Self::by(broker, broker.bootstrap(), prefix, shards, kafka, settings)
    }

    /// Topics are made through the open door, whichever the service takes.
    fn by(broker: &Broker, address: &str, prefix: &str, shards: u32, kafka: &str, settings: &str) -> Self {
        let service = Self { client: broker.client(), ..Self::at(address, prefix, shards, kafka, settings) };
        service.client.create_topic(&service.topic("records"), 3, &[]);
        service
    }

    fn at(bootstrap: &str, prefix: &str, shards: u32, kafka: &str, settings: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut text = format!(
            "kafka: {{ brokers: {bootstrap}, group: {prefix}{kafka} }}
\
             topics: {{ facts: {prefix}.facts, contributions: {prefix}.contributions, alerts: {prefix}.alerts, \
             rejects: {prefix}.rejects }}\n\
             sources: [{{ topic: {prefix}.records }}]\n\
             engine: {{ shards: {shards}, tick_seconds: off, lateness_days: off, publish_millis: 50 }}\n"
        );
        text.push_str(settings);
        Self { client: Client::to(bootstrap), prefix: prefix.to_owned(), folder, settings: text }
    }

    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// Starts an instance, with further settings of its own.
    pub fn start(&self, name: &str, further: &str, arguments: &[&str]) -> Instance {
        let path = self.write(name, further);
        let mut all = vec!["run", "--config", path.to_str().unwrap()];
        all.extend_from_slice(arguments);
        Instance::tidewaiter(&all, &[("RUST_BACKTRACE", "0")])
    }

    /// A settings file.
    pub fn write(&self, name: &str, further: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.yaml"));
        let mut text = self.settings.clone();
        writeln!(text, "{further}").unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Further lines for every settings file from now on.
    pub fn add(&mut self, settings: &str) {
        self.settings.push_str(settings);
    }

    /// Other words in every settings file from now on.
    pub fn replace(&mut self, these: &str, by: &str) {
        assert!(self.settings.contains(these), "{these}: {}", self.settings);
        self.settings = self.settings.replace(these, by);
    }

    /// A folder beside the settings with some of the rules that ship.
    pub fn rules(&self, folder: &str, names: &[&str]) {
        let folder = self.folder.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        for name in names {
            let file = format!("{name}.yaml");
            let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/policy").join(&file);
            std::fs::copy(shipped, folder.join(file)).unwrap();
        }
    }

    /// What a path of the settings looks like.
    pub fn path(path: &Path) -> String {
        format!("{:?}", path.to_str().unwrap())
    }

    /// Waits until every record was taken in and every fact folded, by what the groups committed.
    pub fn settled(&self, instances: &mut [Instance]) {
        let reached = |group: &str, topic: &str| {
            let ends: Offsets = self.client.ends(topic);
            let committed = self.client.committed(&format!("{}-{group}", self.prefix), topic);
            ends.iter().all(|(at, end)| *end == 0 || committed.get(at).is_some_and(|c| c.offset >= *end))
        };
        let began = crate::wait::now();
        let mut settled = || {
            assert!(began.elapsed() < LONG, "not all was read:\n{}", logs(instances));
            let taken_in = reached("intake", &self.topic("records")) && reached("engine", &self.topic("facts"));
            let running = instances.is_empty() || instances.iter_mut().any(Instance::is_running);
            assert!(running, "nobody runs any more:\n{}", logs(instances));
            taken_in.then_some(())
        };
        eventually(LONG, "that all was read", &mut settled);
    }

    /// The alerts topic as whoever reads it from the beginning knows it.
    pub fn table(&self) -> BTreeMap<String, Alert> {
        let table = self.client.table(&self.topic("alerts"));
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            (String::from_utf8(key).unwrap(), serde_json::from_slice(&value).unwrap())
        };
        table.into_iter().map(read).collect()
    }

    /// Sends records to partitions that have nothing to do with what they say.
    pub fn send(&self, records: &[Vec<u8>], seed: u64) {
        let record = |(at, bytes): (usize, &Vec<u8>)| {
            let mixed = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
            Record::new(bytes.clone()).partition(i32::try_from((mixed >> 32) % 3).unwrap())
        };
        let records: Vec<Record> = records.iter().enumerate().map(record).collect();
        self.client.produce(&self.topic("records"), &records);
    }
}

/// What instances have logged.
pub fn logs(instances: &[Instance]) -> String {
    instances.iter().map(Instance::log).collect::<Vec<_>>().join("\n----\n")
}

/// The table without what depends on how it was read.
pub fn canonical(table: &BTreeMap<String, Alert>) -> BTreeMap<String, Alert> {
    table.iter().map(|(id, alert)| (id.clone(), alert.canonical())).collect()
}

/// The first difference, told shortly.
pub fn difference(found: &BTreeMap<String, Alert>, expected: &BTreeMap<String, Alert>) -> Option<String> {
    let name = |alert: &Alert| format!("{} {}", alert.rule.id, alert.subject.subject);
    for (id, alert) in expected {
        match found.get(id) {
            None => return Some(format!("missing: {}", name(alert))),
            Some(other) if other != alert => {
                let text = |alert: &Alert| serde_json::to_string_pretty(alert).unwrap();
                let (found, expected) = (text(other), text(alert));
                let line = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
                return Some(format!("{}: found and expected {line:?}", name(alert)));
            }
            Some(_) => {}
        }
    }
    found.iter().find(|(id, _)| !expected.contains_key(*id)).map(|(_, alert)| format!("unexpected: {}", name(alert)))
}
