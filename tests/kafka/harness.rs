//! The harness itself: what later tests lean on holds.

use std::process::Command;
use std::time::Duration;

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::broker::{Broker, Door, PASSWORD, USER, shared};
use crate::client::{Client, Committed};
use crate::faulty::Faulty;
use crate::message::{Message, Record};
use crate::process::{Instance, is_there};
use crate::wait::{PATIENCE, eventually};

fn numbered(count: usize) -> Vec<Record> {
    (0..count).map(|n| Record::new(format!("payload {n}")).key(format!("key {n}"))).collect()
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(Message::text).collect()
}

#[test]
fn a_broker_keeps_what_was_produced_over_a_kill_and_a_restart() {
    let Some(mut broker) = Broker::start() else { return };
    let client = broker.client();
    client.create_topic("kept", 2, &[]);
    client.produce("kept", &numbered(100));
    let before = client.drain("kept");
    assert_eq!(before.len(), 100);
    broker.kill();
    assert_eq!(client.brokers(Duration::from_millis(200)), None);
    broker.restart();
    assert_eq!(client.drain("kept"), before);
    assert_eq!(client.produce("kept", &[Record::new("more").partition(0)]), [(0, client.ends("kept")[&0] - 1)]);
}

#[test]
fn a_frozen_broker_answers_nobody_until_it_thaws() {
    let Some(mut broker) = Broker::start() else { return };
    broker.freeze();
    assert_eq!(broker.client().brokers(Duration::from_millis(200)), None);
    broker.thaw();
    eventually(PATIENCE, "an answer", || broker.client().brokers(Duration::from_secs(2)));
}

#[test]
fn messages_come_back_as_they_were_produced() {
    let Some(broker) = shared() else { return };
    let client = broker.client();
    client.create_topic("as-produced", 3, &[]);
    let record = Record::new(r#"{"a":1}"#).key("k").partition(2).header("h", "v").timestamp(1_700_000_000_000);
    assert_eq!(client.produce("as-produced", &[record]), [(2, 0)]);
    let messages = client.drain("as-produced");
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    assert_eq!((message.partition, message.offset, message.timestamp), (2, 0, Some(1_700_000_000_000)));
    assert_eq!(message.key.as_deref(), Some(&b"k"[..]));
    assert_eq!(message.header("h"), Some("v"));
    assert_eq!(message.json()["a"], 1);
}

#[test]
fn compaction_leaves_the_last_value_of_a_key() {
    let Some(broker) = shared() else { return };
    let client = broker.client();
    client.create_compacted_topic("compacted", 1);
    let said = |key: &str, value: &str| Record::new(value).key(key);
    client.produce("compacted", &[said("a", "1"), said("b", "1"), said("a", "2"), Record::tombstone("b")]);
    let old = |message: &Message| message.offset < 2;
    eventually(PATIENCE, "compaction", || {
        // Makes a new segment, so that what lies before may be compacted.
        client.produce("compacted", &[said("filler", "")]);
        (!client.drain("compacted").iter().any(old)).then_some(())
    });
    let table = client.table("compacted");
    assert_eq!(table.get(&b"a"[..]), Some(&b"2".to_vec()));
    assert_eq!(table.get(&b"b"[..]), None);
}

#[test]
fn deleting_records_moves_the_start_of_the_log() {
    let Some(broker) = shared() else { return };
    let client = broker.client();
    client.create_topic("deleted", 1, &[]);
    let records: Vec<_> = numbered(5).into_iter().map(|record| record.partition(0)).collect();
    client.produce("deleted", &records);
    client.delete_records("deleted", &[(0, 3)].into());
    assert_eq!(client.starts("deleted"), [(0, 3)].into());
    assert_eq!(client.ends("deleted"), [(0, 5)].into());
    assert_eq!(texts(&client.drain("deleted")), ["payload 3", "payload 4"]);
    assert_eq!(texts(&client.drain_from("deleted", &[(0, 4)].into())), ["payload 4"]);
    client.delete_topic("deleted");
}

#[test]
fn a_commit_is_read_back_with_its_metadata() {
    let Some(broker) = shared() else { return };
    let client = broker.client();
    client.create_topic("committed", 2, &[]);
    assert!(client.committed("committed-group", "committed").is_empty());
    let commit = [(1, Committed { offset: 0, metadata: "epoch 7".to_owned() })].into();
    client.commit("committed-group", "committed", &commit);
    assert_eq!(client.committed("committed-group", "committed"), commit);
}

#[test]
fn a_password_and_a_certificate_are_looked_at() {
    let Some(broker) = Broker::start_with(&[Door::Sasl, Door::Tls, Door::Expired], "") else { return };
    let sasl = |mechanism: &str, password: &str| {
        let client = Client::to(broker.at(Door::Sasl)).set("security.protocol", "sasl_plaintext");
        client.set("sasl.mechanism", mechanism).set("sasl.username", USER).set("sasl.password", password)
    };
    for mechanism in ["PLAIN", "SCRAM-SHA-256"] {
        assert_eq!(sasl(mechanism, PASSWORD).brokers(PATIENCE), Some(1), "{mechanism}");
        let refusal = sasl(mechanism, "low-and-high").refusal();
        assert!(refusal.starts_with("Authentication"), "{mechanism}: {refusal}");
    }
    let tls = |door: Door| {
        let client = Client::to(broker.at(door)).set("security.protocol", "ssl");
        client.set("ssl.ca.location", broker.authority())
    };
    assert_eq!(tls(Door::Tls).brokers(PATIENCE), Some(1));
    // That is all librdkafka tells; the good certificate of the same authority says that it is the date.
    let refusal = tls(Door::Expired).refusal();
    assert!(refusal.contains("certificate verify failed"), "{refusal}");
}

#[test]
fn an_instance_is_stopped_and_continued() {
    let mut ticks = Command::new("sh");
    ticks.args(["-c", "trap 'exit 7' TERM; while :; do echo tick; sleep 0.01; done"]);
    let mut instance = Instance::spawn(ticks);
    let longer = |than: usize| eventually(PATIENCE, "a tick", || (instance.out().len() > than).then_some(()));
    longer(0);
    instance.stop();
    let stopped = instance.out().len();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(instance.out().len(), stopped);
    instance.cont();
    longer(stopped);
    assert_eq!(instance.term(PATIENCE), 7);
    assert!(!instance.is_running());
}

/// Runs itself as another process, which starts an instance, tells its number and hangs until it is killed.
#[test]
fn an_instance_dies_with_the_test_process_even_if_that_is_killed() {
    const INNER: &str = "TIDEWAITER_HARNESS_INNER";
    if let Some(told) = std::env::var_os(INNER) {
        let mut sleep = Command::new("sh");
        sleep.args(["-c", "echo $$; exec sleep 600"]);
        let instance = Instance::spawn(sleep);
        eventually(PATIENCE, "a number", || instance.out().ends_with('\n').then_some(()));
        std::fs::write(told, instance.out()).unwrap();
        instance.stop();
        std::thread::sleep(PATIENCE);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("number");
    let mut inner = Command::new(std::env::current_exe().unwrap());
    inner.args(["--exact", std::thread::current().name().unwrap()]).env(INNER, &told);
    let mut inner = Instance::spawn(inner);
    let number: u32 = eventually(PATIENCE, "a number", || {
        let text = std::fs::read_to_string(&told).ok()?;
        text.strip_suffix('\n')?.parse().ok()
    });
    assert!(is_there(number));
    inner.kill9();
    eventually(PATIENCE, "its end", || (!is_there(number)).then_some(()));
}

#[test]
fn the_program_is_started_with_its_output_kept() {
    let mut instance = Instance::tidewaiter(&["--no-such-option"], &[("NO_COLOR", "1")]);
    assert_eq!(instance.ended(PATIENCE).code(), Some(2));
    assert!(instance.log().contains("--no-such-option"), "{}", instance.log());
    assert_eq!(instance.out(), "");
    let mut version = Instance::tidewaiter(&["--version"], &[]);
    assert!(version.ended(PATIENCE).success());
    assert!(version.out().contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_faulty_cluster_fails_as_often_as_it_was_told_to() {
    let cluster = Faulty::start(1);
    cluster.create_topic("refused", 1);
    let client = cluster.client();
    let too_large = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    cluster.fail_next(RDKafkaApiKey::Produce, &[too_large]);
    assert!(client.try_produce("refused", &[Record::new("first")])[0].is_err());
    assert_eq!(client.produce("refused", &[Record::new("second")]), [(0, 0)]);
    cluster.fail_next(RDKafkaApiKey::Produce, &[too_large]);
    cluster.forgive(RDKafkaApiKey::Produce);
    assert_eq!(client.produce("refused", &[Record::new("third")]), [(0, 1)]);
    assert_eq!(texts(&client.drain("refused")), ["second", "third"]);
}

#[test]
fn a_faulty_cluster_is_slow_or_down_until_it_is_told_otherwise() {
    let cluster = Faulty::start(2);
    cluster.create_topic("moved", 1);
    let client = cluster.client();
    cluster.slow(Duration::from_millis(300));
    assert_eq!(client.brokers(Duration::from_millis(100)), None);
    cluster.slow(Duration::ZERO);
    assert_eq!(client.brokers(PATIENCE), Some(2));
    cluster.down();
    assert_eq!(client.brokers(Duration::from_millis(100)), None);
    cluster.up();
    eventually(PATIENCE, "an answer", || client.brokers(Duration::from_secs(2)));
    cluster.lead("moved", 0, Some(2));
    assert_eq!(client.produce("moved", &[Record::new("to its new leader").partition(0)]), [(0, 0)]);
}
