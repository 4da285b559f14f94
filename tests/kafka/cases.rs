//! The replay cases through Kafka: the same alert table as through files, whoever reads what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tidewaiter::app::Replay;
use tidewaiter::config::{Asked, Case};
use tidewaiter::decode::{self, Outcome};
use tidewaiter::model::{Alert, EventTime, Fact};

use crate::broker::{Broker, shared};
use crate::process::Instance;
use crate::service::{LONG, Service, Silent, canonical, difference, logs};

/// A replay case, and what it comes to through files.
pub struct Known {
    pub name: String,
    pub records: Vec<Vec<u8>>,
    pub until: EventTime,
    pub expected: BTreeMap<String, Alert>,
    /// Lines of a settings file.
    pub settings: String,
}

pub fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay");
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| Case::is_at(path));
    folders.sort();
    folders
}

fn files(path: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { files(&entry, out) } else { out.push(entry) }
    }
}

/// A file as messages: lines where every line is a record, else the whole of it.
fn messages(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let lines = path.extension().is_some_and(|e| e == "jsonl" || e == "ndjson");
    if lines {
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    } else {
        vec![bytes]
    }
}

impl Known {
    pub fn read(folder: &Path) -> Self {
        let case = Case::read(folder).unwrap();
        let config = Asked { case: Some(case.file.clone()), ..Asked::default() }.load().unwrap();
        let mut paths = Vec::new();
        case.inputs().iter().for_each(|input| files(input, &mut paths));
        let records: Vec<Vec<u8>> = paths.iter().flat_map(|path| messages(path)).collect();
        let until = case.until().or_else(|| greatest(&records, &config.decode)).unwrap();
        let replay = Replay { until: Some(until), paths: case.inputs(), ..Replay::from(folder) };
        let replayed = replay.run(config, &mut Silent);
        let expected = replayed.engine.alerts().map(|alert| (alert.id.to_string(), alert.canonical())).collect();
        let mut settings = String::new();
        let listed = |paths: &[PathBuf]| paths.iter().map(|path| Service::path(path)).collect::<Vec<_>>().join(", ");
        if let Some(policy) = &case.file.policy {
            settings.push_str(&format!("policy: [{}]\n", listed(policy)));
        }
        if let Some(lists) = &case.file.lists {
            settings.push_str(&format!("lists: [{}]\n", listed(lists)));
        }
        if let Some(geo) = &case.file.geo {
            settings.push_str(&format!("geo: {{ own: {} }}\n", Service::path(geo)));
        }
        assert!(case.file.config.is_none() && case.file.known_on.is_none(), "not carried over to settings yet");
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Self { name, records, until, expected, settings }
    }

    /// The record that lets time pass.
    pub fn tick(&self) -> Vec<u8> {
        serde_json::to_vec(&Fact::Tick(self.until)).unwrap()
    }
}

/// The greatest time that any fact reaches.
fn greatest(records: &[Vec<u8>], settings: &decode::Settings) -> Option<EventTime> {
    let mut latest = None;
    for record in records {
        decode::stream(&"case".into(), &mut record.as_slice(), settings, &mut |item| {
            if let Outcome::Relevant(facts) = item.outcome {
                latest = facts.iter().map(Fact::reaches).fold(latest, Option::max);
            }
        });
    }
    latest
}

fn holds(broker: &Broker, case: &Known, instances: usize) {
    let name = format!("{}-{instances}", case.name);
    let service = Service::new(broker, &name, 4, &case.settings);
    let mut running: Vec<Instance> = (0..instances).map(|at| service.start(&format!("{at}"), "", &[])).collect();
    service.send(&case.records, 7);
    service.settled(&mut running);
    service.send(&[case.tick()], 7);
    service.settled(&mut running);
    let mut found = None;
    let began = crate::wait::now();
    while found.is_none() && began.elapsed() < LONG {
        let table = canonical(&service.table());
        found = difference(&table, &case.expected).is_none().then_some(table);
    }
    let told = difference(&canonical(&service.table()), &case.expected);
    assert!(found.is_some(), "{name}: {}\n{}", told.unwrap_or_default(), logs(&running));
    for instance in &mut running {
        assert_eq!(instance.term(LONG), 0, "{}", instance.log());
    }
    let table = canonical(&service.table());
    assert_eq!(difference(&table, &case.expected), None, "{name}: the end of the instances changed the table");
}

fn all(instances: usize) {
    let Some(broker) = shared() else { return };
    for folder in folders() {
        holds(broker, &Known::read(&folder), instances);
    }
}

#[test]
fn one_instance_gives_the_table_of_the_files_for_every_replay_case() {
    all(1);
}

#[test]
fn two_instances_give_the_table_of_the_files_for_every_replay_case() {
    all(2);
}

#[test]
fn five_instances_give_the_table_of_the_files_for_every_replay_case() {
    all(5);
}
