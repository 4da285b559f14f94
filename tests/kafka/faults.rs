//! Bad records, bad topics, bad credentials and bad days of a broker: told clearly, counted, and lived through.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use tidewaiter::model::Digest;

use crate::broker::{Broker, Door, PASSWORD, USER, shared};
use crate::certificates::Certificates;
use crate::invented::Random;
use crate::message::Record;
use crate::process::Instance;
use crate::service::{LONG, Service};
use crate::surface::Surface;
use crate::wait::{PATIENCE, eventually};

/// An instance and where it answers.
struct Watched {
    instance: Instance,
    surface: Surface,
}

impl Watched {
    fn start(service: &Service, further: &str) -> Self {
        let surface = Surface::new();
        let instance = service.start("watched", &format!("{}\n{further}", surface.open_settings()), &[]);
        Self { instance, surface }
    }

    fn waits<T>(&mut self, what: &str, mut ask: impl FnMut(&Self) -> Option<T>) -> T {
        let began = crate::wait::now();
        loop {
            if let Some(answer) = ask(self) {
                return answer;
            }
            assert!(self.instance.is_running(), "{what}: it has ended:\n{}", self.instance.log());
            assert!(began.elapsed() < LONG, "not within {LONG:?}: {what}\n{}", self.instance.log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn ready(&mut self) {
        self.waits("ready", |w| Some(w.surface.get("/readyz", "")).filter(|(status, _)| *status == 200));
    }

    /// Waits until a metric is at least this, and is told exactly so much.
    fn counts(&mut self, name: &str, label: &str, count: f64) {
        self.waits(&format!("{name} {label} of {count}"), |w| {
            Some(w.surface.metric(name, label)).filter(|c| *c >= count)
        });
        assert_eq!(self.surface.metric(name, label), count, "{name} {label}");
    }

    fn says(&mut self, what: &str) {
        self.waits(what, |w| w.instance.log().contains(what).then_some(()));
    }

    /// Ends in order.
    fn ends(mut self) {
        assert_eq!(self.instance.term(LONG), 0, "{}", self.instance.log());
    }
}

/// Hexadecimal digits that no compression makes much smaller.
fn noise(random: &mut Random, digits: usize) -> String {
    let mut text = String::new();
    while text.len() < digits {
        write!(text, "{:016x}", random.next()).unwrap();
    }
    text.truncate(digits);
    text
}

/// A record of so many machines, each of which becomes a fact, and `more` blanks that do not.
fn usage(id: &str, machines: &[String], more: usize) -> String {
    let more = " ".repeat(more);
    let (count, machines) = (machines.len(), serde_json::to_string(machines).unwrap());
    format!(
        r#"{{"type":"usage","provider":"aws","account":"a-1","id":"{id}","time":"2024-06-01T00:00:00Z","kind":"capacity_started","sku":"p5.48xlarge","count":{count},"resources":{machines},"region":"east"{more}}}"#
    )
}

fn small(id: &str) -> String {
    usage(id, &[id.to_owned()], 0)
}

/// Totals that were committed beside the intake's offsets, added up over partitions.
fn totals(service: &Service) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    let committed = service.client.committed(&format!("{}-intake", service.prefix), &service.topic("records"));
    for commit in committed.values() {
        let totals: Value = serde_json::from_str(&commit.metadata).unwrap();
        for name in ["read", "relevant", "irrelevant", "lost"] {
            *sums.entry(name.to_owned()).or_default() += totals[name].as_u64().unwrap_or_default();
        }
        for (reason, count) in totals["rejected"].as_object().into_iter().flatten() {
            *sums.entry(reason.clone()).or_default() += count.as_u64().unwrap();
        }
    }
    sums
}

fn produce(service: &Service, texts: &[String]) {
    let records: Vec<Record> = texts.iter().map(|text| Record::new(text.clone()).partition(0)).collect();
    service.client.clone().set("message.max.bytes", "4000000").produce(&service.topic("records"), &records);
}

fn facts(service: &Service) -> usize {
    service.client.drain(&service.topic("facts")).len()
}

#[test]
fn a_record_as_large_as_the_broker_takes_passes() {
    let Some(broker) = shared() else { return };
    let service = Service::new(broker, "as-large", 2, "");
    let mut watched = Watched::start(&service, "");
    watched.ready();
    // What the broker takes by default, counted as it counts: a batch and a record around the payload.
    let (limit, around) = (1_048_588, 80);
    let more = limit - around - small("i-large").len();
    let large = usage("i-large", &["i-large".to_owned()], more);
    let client = service.client.clone().set("message.max.bytes", "4000000");
    let refused = client.try_produce(&service.topic("records"), &[Record::new(large.clone() + &" ".repeat(around))]);
    assert!(format!("{:?}", refused[0]).contains("MessageSizeTooLarge"), "{refused:?}");
    produce(&service, &[small("before"), large, small("after")]);
    service.settled(std::slice::from_mut(&mut watched.instance));
    assert_eq!((totals(&service)["read"], totals(&service)["relevant"], facts(&service)), (3, 3, 3));
    watched.counts("tidewaiter_undeliverable_total", "too_large", 0.0);
    watched.ends();
}

#[test]
fn a_fact_or_reject_that_no_topic_takes_is_counted_and_stops_nobody() {
    let Some(broker) = shared() else { return };
    let service = Service::new(broker, "too-large", 2, "rejects: { bytes: keep }\n");
    let tight = [("max.message.bytes", "50000"), ("retention.ms", "-1")];
    service.client.create_topic(&service.topic("facts"), 2, &tight);
    service.client.create_topic(&service.topic("rejects"), 1, &tight);
    let random = &mut Random(2);
    let machines = |count: usize, random: &mut Random| (0..count).map(|_| noise(random, 200)).collect::<Vec<_>>();
    let mut sent = Vec::new();
    for at in 0..40 {
        // Together, what surrounds it is more than the topic takes at once.
        sent.push(usage(&format!("m-{at}"), &machines(50, random), 0));
        if at == 20 {
            sent.push(usage("too-large", &[noise(random, 400_000)], 0));
            sent.push(noise(random, 100_000));
            sent.push("neither this nor that".to_owned());
        }
    }
    // All of it is there when it starts, so that it is sent together.
    produce(&service, &sent);
    let mut watched = Watched::start(&service, "");
    service.settled(std::slice::from_mut(&mut watched.instance));
    watched.counts("tidewaiter_undeliverable_total", "too_large", 2.0);
    watched.says("too large to be sent");
    let sums = totals(&service);
    assert_eq!((sums["read"], sums["relevant"], sums["unrecognised"]), (43, 41, 2));
    assert_eq!((facts(&service), service.client.drain(&service.topic("rejects")).len()), (2_000, 1));
    produce(&service, &[small("after")]);
    service.settled(std::slice::from_mut(&mut watched.instance));
    assert_eq!(facts(&service), 2_001);
    watched.counts("tidewaiter_undeliverable_total", "too_large", 2.0);
    watched.ends();
}

#[test]
fn a_record_of_an_unknown_format_is_rejected_with_its_place_and_hash_and_harms_no_neighbour() {
    let Some(broker) = shared() else { return };
    let mut service = Service::new(broker, "unknown", 2, "");
    let stated = service.topic("stated");
    service.client.create_topic(&stated, 1, &[]);
    let detected = format!("{{ topic: {} }}", service.topic("records"));
    service.replace(&detected, &format!("{detected}, {{ topic: {stated}, format: aws }}"));
    let mut watched = Watched::start(&service, "");
    let strange = "weather=fine wind=low".to_owned();
    produce(&service, &[small("one"), strange.clone(), small("two")]);
    let other = small("not of that format");
    service.client.produce(&stated, &[Record::new(other.clone()).partition(0)]);
    service.settled(std::slice::from_mut(&mut watched.instance));
    let rejects = || service.client.drain(&service.topic("rejects"));
    watched.waits("two rejects", |_| (rejects().len() == 2).then_some(()));
    let rejects: Vec<Value> = rejects().iter().map(crate::message::Message::json).collect();
    for (message, position) in [(&strange, "unknown.records/0:1"), (&other, "unknown.stated/0:0")] {
        let reject = rejects.iter().find(|reject| reject["position"] == position);
        let reject = reject.unwrap_or_else(|| panic!("{position}: {rejects:?}"));
        assert_eq!(reject["size"], message.len(), "{reject}");
        assert_eq!(reject["sha256"], Digest::bare(message.as_bytes()), "{reject}");
        assert!(!reject["reason"].as_str().unwrap().is_empty() && reject.get("bytes").is_none(), "{reject}");
    }
    assert_eq!(facts(&service), 2);
    watched.counts("tidewaiter_records_total", r#"fate="rejected",source="unknown.records""#, 1.0);
    watched.counts("tidewaiter_records_total", r#"fate="rejected",source="unknown.stated""#, 1.0);
    watched.ends();
}

/// The topic of records again, after it was deleted: brokers take a moment to forget a name.
fn make_anew(service: &Service) {
    let made = || service.client.try_create_topic(&service.topic("records"), 3, &[]).ok();
    eventually(PATIENCE, "a topic of the same name", made);
}

#[test]
fn a_source_that_is_deleted_and_later_made_anew_is_read_from_its_start() {
    let Some(broker) = shared() else { return };
    let service = Service::quick_to_look(broker, "gone");
    let mut watched = Watched::start(&service, "");
    produce(&service, &[small("one"), small("two"), small("three")]);
    service.settled(std::slice::from_mut(&mut watched.instance));
    service.client.delete_topic(&service.topic("records"));
    watched.says("intake gave partitions back");
    watched.waits("a count", |w| {
        Some(w.surface.metric("tidewaiter_kafka_errors_total", "UnknownTopicOrPartition")).filter(|count| *count > 0.0)
    });
    make_anew(&service);
    produce(&service, &[small("four"), small("five")]);
    watched.waits("the new records", |_| (facts(&service) == 5).then_some(()));
    watched.says("the source was made anew");
    watched.counts("tidewaiter_records_total", r#"fate="relevant",source="gone.records""#, 5.0);
    watched.ends();
}

#[test]
fn a_source_made_anew_at_once_and_longer_than_before_is_read_from_its_start() {
    let Some(broker) = shared() else { return };
    let service = Service::new(broker, "anew", 2, "");
    let mut watched = Watched::start(&service, "");
    produce(&service, &[small("one"), small("two")]);
    service.settled(std::slice::from_mut(&mut watched.instance));
    service.client.delete_topic(&service.topic("records"));
    make_anew(&service);
    // Until the broker has forgotten what was committed of the one before, soon after, nobody can tell them apart.
    let forgotten = || {
        let committed = service.client.committed("anew-intake", &service.topic("records"));
        committed.values().all(|commit| commit.offset == 0).then_some(())
    };
    eventually(PATIENCE, "a broker that forgets", forgotten);
    produce(&service, &["3", "4", "5", "6", "7"].map(small));
    let all = || {
        let facts = service.client.drain(&service.topic("facts"));
        let known = |id: &&str| facts.iter().any(|fact| fact.json()["id"] == **id);
        ["one", "two", "3", "4", "5", "6", "7"].iter().all(known).then_some(())
    };
    watched.waits("the new records", |_| all());
    watched.says("the source was made anew");
    service.settled(std::slice::from_mut(&mut watched.instance));
    watched.ends();
}

#[test]
fn records_that_a_source_removed_before_they_were_read_are_counted_as_lost() {
    let Some(broker) = shared() else { return };
    let service = Service::new(broker, "lost", 2, "");
    let mut watched = Watched::start(&service, "");
    let nothing = r#"{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#.to_owned();
    produce(&service, &[small("one"), nothing]);
    service.settled(std::slice::from_mut(&mut watched.instance));
    // While it runs: it hangs, and retention is faster. One request may be under way, and take what came first.
    watched.instance.stop();
    produce(&service, &[small("two")]);
    produce(&service, &["3", "4", "5", "6"].map(small));
    service.client.delete_records(&service.topic("records"), &[(0, 7)].into());
    watched.instance.cont();
    produce(&service, &[small("eight")]);
    service.settled(std::slice::from_mut(&mut watched.instance));
    watched.says("the source removed messages before they were read");
    let sums = totals(&service);
    assert_eq!(sums["read"] + sums["lost"], 8, "{sums:?}");
    let lost = sums["lost"];
    assert!(lost == 4 || lost == 5, "{sums:?}");
    watched.counts("tidewaiter_records_lost_total", r#"source="lost.records""#, lost as f64);
    watched.ends();
    // While nobody runs.
    produce(&service, &["9", "10", "11"].map(small));
    service.client.delete_records(&service.topic("records"), &[(0, 10)].into());
    let mut watched = Watched::start(&service, "");
    service.settled(std::slice::from_mut(&mut watched.instance));
    watched.counts("tidewaiter_records_lost_total", r#"source="lost.records""#, (lost + 2) as f64);
    assert_eq!(totals(&service)["read"] + totals(&service)["lost"], 11);
    watched.ends();
}

#[test]
fn topics_that_are_not_as_they_must_be_are_refused_with_the_command_that_mends_them() {
    let Some(broker) = shared() else { return };
    let service = Service::new(broker, "refused", 4, "");
    service.client.create_topic(&service.topic("facts"), 3, &[("cleanup.policy", "compact")]);
    service.client.create_topic(&service.topic("alerts"), 4, &[]);
    let mut instance = service.start("refused", "", &[]);
    assert_eq!(instance.ended(PATIENCE).code(), Some(2), "{}", instance.log());
    let (log, at) = (instance.log(), broker.bootstrap());
    for told in [
        "topic refused.facts has 3 partitions and must have 4".to_owned(),
        format!("kafka-topics.sh --bootstrap-server {at} --create --topic refused.facts-4 --partitions 4"),
        "topic refused.facts has cleanup.policy=compact and must have delete".to_owned(),
        format!(
            "kafka-configs.sh --bootstrap-server {at} --alter --topic refused.facts --add-config cleanup.policy=delete"
        ),
        "topic refused.alerts has cleanup.policy=delete and must have compact".to_owned(),
    ] {
        assert!(log.contains(&told), "{told}\n{log}");
    }
    // And where topics may not be made, what is missing is told with the command that makes it.
    let mut service = Service::new(broker, "missing", 4, "");
    service.replace("rejects: missing.rejects", "rejects: off, create: refused");
    let mut instance = service.start("missing", "", &[]);
    assert_eq!(instance.ended(PATIENCE).code(), Some(2), "{}", instance.log());
    for told in [
        "topic missing.facts does not exist: kafka-topics.sh",
        "--topic missing.contributions --partitions 4 --config cleanup.policy=compact --config min.compaction.lag.ms=600000",
        "--topic missing.alerts --partitions 4 --config cleanup.policy=compact --config min.compaction.lag.ms=172800000 \
         --config delete.retention.ms=172800000",
    ] {
        assert!(instance.log().contains(told), "{told}\n{}", instance.log());
    }
}

fn password(service: &Service, word: &str) -> String {
    let path = service.folder.path().join("password");
    std::fs::write(&path, word).unwrap();
    Service::path(&path)
}

#[test]
fn a_broker_that_turns_us_down_or_is_away_is_waited_for_with_the_reason() {
    let Some(mut broker) = Broker::start_with(&[Door::Sasl, Door::Tls, Door::Expired], "") else { return };
    let stranger = tempfile::tempdir().unwrap();
    let stranger = Certificates::make(stranger.path());
    let trusting = |authority: &str| format!(", tls: {{ ca_file: {authority:?} }}");
    let (good, other) = (trusting(broker.authority()), trusting(stranger.authority.to_str().unwrap()));
    let sasl = |prefix: &str, word: &str| {
        let mut service = Service::through(&broker, Door::Sasl, prefix, ", sasl: HERE");
        let file = password(&service, word);
        service.replace("HERE", &format!("{{ mechanism: SCRAM-SHA-256, user: {USER}, password_file: {file} }}"));
        service
    };
    let services = [
        sasl("sasl-wrong", "low-and-high"),
        Service::through(&broker, Door::Tls, "tls-wrong", &other),
        Service::through(&broker, Door::Expired, "tls-expired", &good),
        sasl("sasl-right", PASSWORD),
        Service::through(&broker, Door::Tls, "tls-right", &good),
    ];
    // Away at first: they wait and say so.
    broker.kill();
    let mut all: Vec<Watched> = services.iter().map(|service| Watched::start(service, "")).collect();
    for watched in &mut all {
        let away = |w: &Watched| {
            Some(w.surface.get("/readyz", "")).filter(|(status, body)| *status == 503 && body.contains("refused"))
        };
        watched.waits("that nobody listens", away);
        assert_eq!(watched.surface.get("/healthz", "").0, 200);
    }
    broker.restart();
    let reasons = [
        ("authentication", "kafka.sasl"),
        ("tls", "not signed by an authority of kafka.tls.ca_file"),
        ("tls", "has expired"),
    ];
    for (watched, (kind, reason)) in all.iter_mut().zip(reasons) {
        let told = |w: &Watched| {
            Some(w.surface.get("/readyz", "")).filter(|(status, body)| *status == 503 && body.contains(reason))
        };
        let (_, body) = watched.waits(reason, told);
        assert!(!body.contains("low-and-high") && !watched.instance.log().contains("low-and-high"), "{body}");
        watched.says(reason);
        watched.waits(kind, |w| {
            Some(w.surface.metric("tidewaiter_kafka_errors_total", kind)).filter(|count| *count > 0.0)
        });
        assert_eq!(watched.surface.get("/healthz", "").0, 200);
    }
    for (watched, service) in all.iter_mut().zip(&services).skip(reasons.len()) {
        watched.ready();
        produce(service, &[small("one")]);
        service.settled(std::slice::from_mut(&mut watched.instance));
        assert_eq!(facts(service), 1);
    }
    // Who waits ends in order too.
    all.into_iter().for_each(Watched::ends);
}
