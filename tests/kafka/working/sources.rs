//! Where records come from: topics by pattern, compacted topics of cards, files; and partitions nobody leads.

use std::collections::BTreeSet;

use super::{OWNERS, owner, tick};
use crate::broker::shared;
use crate::faulty::Faulty;
use crate::message::Record;
use crate::process::Instance;
use crate::service::{LONG, Service, logs};
use crate::surface::{Surface, TOKEN};
use crate::wait::eventually;

/// Subjects of findings, as OCSF holds them, with the events that brought them.
fn findings(service: &Service) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for message in service.client.drain(&service.topic("alerts")).iter().filter(|message| message.payload.is_some()) {
        let finding = message.json();
        assert_eq!(finding["class_name"], "Detection Finding", "{finding}");
        assert_eq!(message.header("ce_specversion"), Some("1.0"), "{finding}");
        assert!(message.header("ce_type").is_some_and(|kind| kind.ends_with("opened") || kind.ends_with("updated")));
        found.insert(finding["unmapped"]["subject"]["id"].as_str().unwrap().to_owned());
    }
    found
}

#[test]
fn a_pattern_names_every_source_but_our_own_topics_and_cards_come_from_files_and_compacted_topics() {
    let Some(broker) = shared() else { return };
    let mut service = Service::new(broker, "pattern", 2, "policy: [rules]\nreference: [reference]\n");
    service.rules("rules", &[OWNERS]);
    service.replace("{ topic: pattern.records }", "{ topic: \"^pattern[.].*\" }");
    service.replace("topics: { ", "topics: { alert_format: ocsf, ");
    service.client.create_compacted_topic(&service.topic("cards"), 2);
    let records: Vec<Vec<u8>> = (1..=3).flat_map(owner).collect();
    let says = |record: &[u8], kind: &str| String::from_utf8_lossy(record).contains(&format!(r#""type":"{kind}""#));
    let (mut files, mut rest) = (Vec::new(), Vec::new());
    for (at, record) in records.iter().enumerate() {
        if says(record, "party") {
            files.push(String::from_utf8(record.clone()).unwrap());
        } else if says(record, "usage") {
            rest.push(record.clone());
        } else {
            let card = Record::new(record.clone()).key(format!("card-{at}")).partition(0);
            service.client.produce(&service.topic("cards"), &[card]);
        }
    }
    let reference = service.folder.path().join("reference");
    std::fs::create_dir(&reference).unwrap();
    std::fs::write(reference.join("parties.ndjson"), files.join("\n")).unwrap();
    let mut running = vec![service.start("one", "", &[])];
    service.send(&rest, 7);
    service.settled(&mut running);
    service.send(&[tick()], 7);
    let expected = ["parent-1", "parent-2", "parent-3"].map(str::to_owned).into();
    eventually(LONG, "every finding", || {
        assert!(running[0].is_running(), "{}", running[0].log());
        (findings(&service) == expected).then_some(())
    });
    // What it writes it does not read: the log stays as long as it is.
    service.settled(&mut running);
    let facts = || service.client.ends(&service.topic("facts"));
    let before = facts();
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(facts(), before, "{}", running[0].log());
    assert_eq!(running[0].term(LONG), 0, "{}", running[0].log());
}

#[test]
fn a_partition_that_nobody_leads_keeps_no_other_waiting() {
    let cluster = Faulty::start(1);
    let service = Service::on(&cluster, "leaderless", 2, "policy: [rules]\n");
    service.rules("rules", &[OWNERS]);
    std::fs::write(service.folder.path().join("token"), TOKEN).unwrap();
    let records = service.topic("records");
    cluster.lead(&records, 0, None);
    let surface = Surface::new();
    let mut running: Vec<Instance> = vec![service.start("one", &surface.settings(), &[])];
    let to = |partition: i32, number: usize| {
        let all: Vec<Record> =
            owner(number).into_iter().map(|record| Record::new(record).partition(partition)).collect();
        service.client.produce(&records, &all);
        all.len() as f64
    };
    let sent = to(1, 1) + to(2, 2);
    let relevant = || surface.metric("tidewaiter_records_total", "relevant");
    eventually(LONG, "records of the partitions that have leaders", || {
        assert!(running[0].is_running(), "{}", running[0].log());
        (relevant() >= sent).then_some(())
    });
    cluster.lead(&records, 0, Some(1));
    let sent = sent + to(0, 3);
    eventually(LONG, "records of the one that has a leader again", || (relevant() >= sent).then_some(()));
    service.settled(&mut running);
    service.send(&[tick()], 7);
    super::names(&service, &["owner:parent-1", "owner:parent-2", "owner:parent-3"].map(|o| (OWNERS, o)), &running);
    assert_eq!(relevant(), sent + 1.0, "{}", logs(&running));
    assert_eq!(running[0].term(LONG), 0, "{}", running[0].log());
}
