//! Everything that goes wrong, on a real broker, in an order that a seed decides. Afterwards the alerts topic is that of an
//! undisturbed run, every record is accounted for, and no revision of an alert has ever said two things.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tidewaiter::app::Replay;
use tidewaiter::config::Asked;
use tidewaiter::model::Alert;

use crate::broker::Broker;
use crate::disk::Disk;
use crate::hook::Hook;
use crate::invented::{self, Random};
use crate::process::Instance;
use crate::service::{LONG, Service, Silent, canonical, difference, logs};
use crate::wait::{eventually, now};

const INSTANCES: usize = 3;

/// What is done to it, with how many instances it ends and begins.
struct Chaos {
    broker: Broker,
    /// Where snapshots go; unmounted before the service's folder is removed.
    disk: Disk,
    service: Service,
    random: Random,
    running: Vec<(usize, Instance)>,
    stopped: Vec<(usize, Instance)>,
    names: usize,
    /// Of everything that ended, for a failure's sake.
    ended: Vec<String>,
}

fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let given = std::env::var("TIDEWAITER_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish())
}

fn seconds() -> u64 {
    std::env::var("TIDEWAITER_CHAOS_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

impl Chaos {
    fn start(&mut self) {
        let name = self.names;
        self.names += 1;
        let role = match name % 4 {
            2 => "intake",
            3 => "engine",
            _ => "all",
        };
        let instance = self.service.start(&format!("i{name}"), "", &["--role", role]);
        println!("start {name} ({role})");
        self.running.push((name, instance));
    }

    fn take(&mut self) -> Option<(usize, Instance)> {
        (!self.running.is_empty()).then(|| self.running.swap_remove(self.random.below(self.running.len())))
    }

    fn end(&mut self, name: usize, instance: &Instance, how: &str) {
        println!("{how} {name}");
        self.ended.push(format!("-- {name} {how}\n{}", instance.log()));
    }

    fn step(&mut self) {
        match self.random.below(14) {
            0..=2 => {
                if let Some((name, mut instance)) = self.take() {
                    instance.kill9();
                    self.end(name, &instance, "kill -9");
                }
            }
            3..=5 => {
                if let Some((name, instance)) = self.take() {
                    println!("freeze {name}");
                    instance.stop();
                    self.stopped.push((name, instance));
                }
            }
            6..=7 => {
                if let Some((name, mut instance)) = self.take() {
                    ends_in_order(&mut instance);
                    self.end(name, &instance, "terminate");
                }
            }
            8 => {
                println!("restart the broker");
                self.broker.kill();
                self.broker.restart();
            }
            9 => self.damage_snapshots(),
            10 => {
                println!("the disk for snapshots is full: {}", self.disk.fill());
            }
            11 => {
                println!("the broker is slow");
                self.broker.freeze();
                std::thread::sleep(Duration::from_millis(500 + 500 * self.random.below(6) as u64));
                self.broker.thaw();
            }
            12 => self.disk.empty(),
            _ => {}
        }
        while self.running.len() < INSTANCES {
            self.start();
        }
        self.thaw(4);
    }

    /// Lets some go on that were frozen.
    fn thaw(&mut self, one_of: usize) {
        let mut still = Vec::new();
        for (name, instance) in std::mem::take(&mut self.stopped) {
            if self.random.below(one_of) == 0 {
                println!("thaw {name}");
                instance.cont();
                self.running.push((name, instance));
            } else {
                still.push((name, instance));
            }
        }
        self.stopped = still;
    }

    /// The newest snapshot of some shards goes, or breaks.
    fn damage_snapshots(&mut self) {
        let mut all = Vec::new();
        found(&self.service.folder.path().join("snapshots"), &mut all);
        println!("damage some of {} snapshots", all.len());
        for path in all {
            match self.random.below(6) {
                0 => drop(std::fs::remove_file(path)),
                1 => drop(std::fs::write(path, b"damaged")),
                _ => {}
            }
        }
    }

    fn logs(&self) -> String {
        let running: Vec<String> = self.running.iter().map(|(name, i)| format!("-- {name}\n{}", i.log())).collect();
        format!("{}\n{}", self.ended.join("\n"), running.join("\n"))
    }
}

/// One that is told to end does; one that has not come to hear signals yet is ended by this one.
fn ends_in_order(instance: &mut Instance) {
    instance.ask_to_end();
    let status = instance.ended(LONG);
    let log = instance.log();
    assert!(status.success() || status.code().is_none() && log.is_empty(), "{status}:\n{log}");
}

fn found(path: &Path, all: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "snapshot") {
            all.push(path);
        }
    }
}

/// What the files come to under the settings that are in force last.
fn undisturbed(service: &Service, records: &[String]) -> BTreeMap<String, Alert> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.ndjson");
    std::fs::write(&file, records.join("\n")).unwrap();
    let path = service.write("undisturbed", "");
    let config = Asked { config: Some(path), ..Asked::default() }.load().unwrap();
    let replayed = Replay { paths: vec![file], ..Replay::from(folder.path()) }.run(config, &mut Silent);
    replayed.engine.alerts().map(|alert| (alert.id.to_string(), alert.canonical())).collect()
}

#[test]
#[ignore = "minutes; tests/run asks for it"]
fn whatever_goes_wrong_the_alerts_topic_is_that_of_an_undisturbed_run() {
    let Some(broker) = Broker::start() else { return };
    let seed = seed();
    println!("seed {seed}; TIDEWAITER_SEED={seed} does the same things, TIDEWAITER_CHAOS_SECONDS={} long", seconds());
    let hook = Hook::start(seed, 8);
    let settings = format!(
        "snapshots: {{ place: snapshots, every_seconds: 3 }}\n\
         webhooks: [{{ name: reviews, url: \"{}\", shape: signed, secret_file: hook.key, least_severity: info, \
         on: [opened, reopened, resolved, updated, withdrawn], most_per_rule_and_day: 10000 }}]\n",
        hook.url
    );
    let service = Service::with(&broker, "chaos", 6, ", properties: { session.timeout.ms: 6000 }", &settings);
    std::fs::write(service.folder.path().join("hook.key"), "an invented key of some length").unwrap();
    let disk = Disk::at(&service.folder.path().join("snapshots"));
    let mut chaos = Chaos {
        broker,
        disk,
        service,
        random: Random(seed),
        running: Vec::new(),
        stopped: Vec::new(),
        names: 0,
        ended: Vec::new(),
    };
    let (records, last) = invented::records(seed, 30, 4_000);
    (0..INSTANCES).for_each(|_| chaos.start());
    let began = now();
    let mut sent: Vec<String> = Vec::new();
    let mut left = records.clone().into_iter();
    let mut policy_changed = false;
    while began.elapsed() < Duration::from_secs(seconds()) {
        // Records come, some late, some twice.
        let mut next: Vec<String> = left.by_ref().take(40 + chaos.random.below(80)).collect();
        for _ in 0..chaos.random.below(10).min(sent.len()) {
            next.push(chaos.random.pick(&sent).clone());
        }
        for at in (1..next.len()).rev() {
            next.swap(at, chaos.random.below(at + 1));
        }
        let bytes: Vec<Vec<u8>> = next.iter().map(|record| record.clone().into_bytes()).collect();
        chaos.service.send(&bytes, seed ^ sent.len() as u64);
        sent.extend(next);
        chaos.step();
        if !policy_changed && began.elapsed() > Duration::from_secs(seconds() / 2) {
            policy_changed = true;
            println!("other rules from now on");
            chaos.service.add("policy: [rules]\n");
            chaos.service.rules("rules", &["restricted-parent-controlled-compute", "d5-hop-in-reseller-chain"]);
            // Whoever runs goes on under the old ones until it is ended.
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    chaos.disk.empty();
    println!("quiet from now on; {} records were sent", sent.len());
    let rest: Vec<String> = left.chain([last]).collect();
    let bytes: Vec<Vec<u8>> = rest.iter().map(|record| record.clone().into_bytes()).collect();
    chaos.service.send(&bytes, seed);
    sent.extend(rest);
    chaos.thaw(1);
    // Those that run under the rules of before are ended; half of them with no time to say anything.
    for (name, mut instance) in std::mem::take(&mut chaos.running) {
        if chaos.random.below(2) == 0 {
            instance.kill9();
        } else {
            ends_in_order(&mut instance);
        }
        chaos.end(name, &instance, "last end");
    }
    (0..2).for_each(|at| {
        let instance = chaos.service.start(&format!("last-{at}"), "", &[]);
        chaos.running.push((1_000 + at, instance));
    });
    let expected = undisturbed(&chaos.service, &sent);
    println!("{} alerts are expected", expected.len());
    assert!(!expected.is_empty(), "a run without alerts shows nothing");
    let same = |service: &Service| difference(&canonical(&service.table()), &expected);
    {
        let mut instances: Vec<Instance> = chaos.running.drain(..).map(|(_, instance)| instance).collect();
        chaos.service.settled(&mut instances);
        let began = now();
        while same(&chaos.service).is_some() && began.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(200));
        }
        let told = same(&chaos.service);
        assert!(told.is_none(), "seed {seed}: {}\n{}\n{}", told.unwrap_or_default(), logs(&instances), chaos.logs());
        accounted(&chaos.service, sent.len());
        for mut instance in instances {
            assert_eq!(instance.term(LONG), 0, "{}", instance.log());
        }
    }
    assert_eq!(same(&chaos.service), None, "seed {seed}: ending in order changed the table");
    let revisions = one_content_a_revision(&chaos.service);
    let told = told_what_the_topic_says(&chaos.service, &hook.heard());
    println!("{revisions} revisions were published, {told} messages were sent to the webhook");
    assert!(told > 0, "nobody was told anything");
}

/// Whatever a webhook was told stands in the alerts topic: the alert under its revision, or that it was withdrawn.
fn told_what_the_topic_says(service: &Service, heard: &[Value]) -> usize {
    let (mut said, mut withdrawn) = (BTreeMap::<String, Vec<Value>>::new(), Vec::new());
    for message in service.client.drain(&service.topic("alerts")) {
        let id = String::from_utf8(message.key.clone().unwrap()).unwrap();
        match &message.payload {
            Some(value) => said.entry(id).or_default().push(serde_json::from_slice(value).unwrap()),
            None => withdrawn.push(id),
        }
    }
    for body in heard {
        let id = body["alert"]["id"].as_str().unwrap_or_default();
        match body["event"].as_str().unwrap() {
            "summary" => {}
            "withdrawn" => assert!(withdrawn.iter().any(|known| known == id), "{body} is told and not said"),
            _ => assert!(said.get(id).is_some_and(|all| all.contains(&body["alert"])), "{body} is told and not said"),
        }
    }
    heard.len()
}

/// P2: every record that was sent is counted once, over all restarts, and every fact of the log.
fn accounted(service: &Service, sent: usize) {
    let number = |value: &serde_json::Value| value.as_u64().unwrap_or(0);
    let read = || {
        let mut read = 0;
        for committed in
            service.client.committed(&format!("{}-intake", service.prefix), &service.topic("records")).values()
        {
            let totals: serde_json::Value = serde_json::from_str(&committed.metadata).unwrap_or_default();
            let rejected: u64 = totals["rejected"].as_object().map_or(0, |all| all.values().map(number).sum());
            let (all, relevant, irrelevant) =
                (number(&totals["read"]), number(&totals["relevant"]), number(&totals["irrelevant"]));
            assert_eq!(all, relevant + irrelevant + rejected, "{totals}");
            assert_eq!(all, u64::try_from(committed.offset).unwrap(), "one record a message: {totals}");
            read += all;
        }
        (read == sent as u64).then_some(())
    };
    eventually(LONG, "that every record is accounted for", read);
    let facts = || {
        let committed = service.client.committed(&format!("{}-engine", service.prefix), &service.topic("facts"));
        let wrong = committed.values().find(|committed| {
            let fates: BTreeMap<String, u64> = serde_json::from_str(&committed.metadata).unwrap_or_default();
            fates.values().sum::<u64>() != u64::try_from(committed.offset).unwrap()
        });
        wrong.is_none().then_some(())
    };
    eventually(LONG, "that every fact is accounted for", facts);
}

/// D9: however often a revision was published, and by whom, it says one thing.
fn one_content_a_revision(service: &Service) -> usize {
    let mut said: BTreeMap<(String, String), Alert> = BTreeMap::new();
    for message in service.client.drain(&service.topic("alerts")) {
        let Some(value) = &message.payload else { continue };
        let alert: Alert = serde_json::from_slice(value).unwrap();
        let revision = (alert.id.to_string(), serde_json::to_string(&alert.revision).unwrap());
        let first = said.entry(revision.clone()).or_insert_with(|| alert.clone());
        assert!(first.says_the_same_as(&alert), "{revision:?} says two things:\n{first:?}\n{alert:?}");
    }
    said.len()
}
