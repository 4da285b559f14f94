//! The service while something is in its way or changed: what it counts, says and keeps. In: small invented scenarios;
//! out: that nothing was lost and nothing was counted twice, by what is committed, and that alerts are those of the files.

mod errors;
mod pressure;
mod reload;
mod sources;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tidewaiter::app::Replay;
use tidewaiter::app::service::held::POSITION;
use tidewaiter::config::Asked;
use tidewaiter::decode::{self, Outcome};
use tidewaiter::model::Alert;

use crate::process::Instance;
use crate::service::{LONG, Service, Silent, canonical, difference, logs};
use crate::wait::eventually;

/// Rules that ship, each of which finds every owner of [`owner`].
const OWNERS: &str = "restricted-parent-controlled-compute";
const CHAINS: &str = "d5-hop-in-reseller-chain";

/// An owner in Singapore with a parent elsewhere, its account, sold by a reseller from elsewhere, and what it starts.
fn owner(number: usize) -> Vec<Vec<u8>> {
    let from = "2024-01-01T00:00:00Z";
    let party = |id: &str, place: &str| {
        format!(
            r#"{{"type":"party","id":"{id}-{number}","names":["Invented {id} {number}"],"country":"{place}","hq":"{place}","valid_from":"{from}"}}"#
        )
    };
    let records = [
        party("owner", "SG"),
        party("parent", "CN"),
        party("seller", "CN"),
        format!(
            r#"{{"type":"edge","kind":"owns","from":"parent-{number}","to":"owner-{number}","percent":60,"valid_from":"{from}","source":"invented"}}"#
        ),
        format!(
            r#"{{"type":"account","provider":"aws","id":"a-{number}","customer":"owner-{number}","sold_by":"seller-{number}","country":"SG","valid_from":"{from}"}}"#
        ),
        format!(
            r#"{{"type":"usage","provider":"aws","account":"a-{number}","id":"s-{number}","time":"2024-03-01T10:00:00Z","kind":"capacity_started","sku":"p5.48xlarge","count":1,"resources":["i-{number}"],"region":"east"}}"#
        ),
    ];
    records.into_iter().map(String::into_bytes).collect()
}

/// The record that lets a day pass for all of them.
fn tick() -> Vec<u8> {
    br#"{"type":"tick","time":"2024-03-02T00:00:00Z"}"#.to_vec()
}

/// What records come to through files, under the settings of a service.
fn through_files(service: &Service, records: &[Vec<u8>]) -> BTreeMap<String, Alert> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.ndjson");
    std::fs::write(&file, records.join(&b'\n')).unwrap();
    let asked = Asked { config: Some(service.write("files", "")), ..Asked::default() };
    let replayed = Replay { paths: vec![file], ..Replay::from(folder.path()) }.run(asked.load().unwrap(), &mut Silent);
    replayed.engine.alerts().map(|alert| (alert.id.to_string(), alert.canonical())).collect()
}

/// Waits until the alerts topic says this.
fn says(service: &Service, expected: &BTreeMap<String, Alert>, instances: &[Instance]) {
    let began = crate::wait::now();
    let mut told = Some(String::new());
    while told.is_some() && began.elapsed() < LONG {
        told = difference(&canonical(&service.table()), expected);
    }
    assert_eq!(told, None, "{}", logs(instances));
}

/// Waits until rules and subjects of the table are these.
fn names(service: &Service, expected: &[(&str, &str)], instances: &[Instance]) {
    let expected: BTreeSet<_> = expected.iter().map(|(rule, subject)| format!("{rule} {subject}")).collect();
    let began = crate::wait::now();
    let mut found = BTreeSet::new();
    while found != expected && began.elapsed() < LONG {
        let table = service.table();
        found = table.values().map(|alert| format!("{} {}", alert.rule.id, alert.subject.subject)).collect();
    }
    assert_eq!(found, expected, "{}", logs(instances));
}

/// P2: every record is counted once, and every fact of it stands in the fact log and was counted once there.
fn accounted(service: &Service, sent: usize) {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let records = service.topic("records");
    let read = || {
        let mut read = 0;
        for committed in service.client.committed(&format!("{}-intake", service.prefix), &records).values() {
            let totals: Value = serde_json::from_str(&committed.metadata).unwrap_or_default();
            let rejected: u64 = totals["rejected"].as_object().map_or(0, |all| all.values().map(number).sum());
            let all = number(&totals["read"]);
            assert_eq!(all, number(&totals["relevant"]) + number(&totals["irrelevant"]) + rejected, "{totals}");
            assert_eq!(all, u64::try_from(committed.offset).unwrap(), "one record a message: {totals}");
            read += all;
        }
        (read == sent as u64).then_some(())
    };
    eventually(LONG, "that every record is accounted for", read);
    let facts = service.topic("facts");
    let all = service.client.drain(&facts);
    let found: BTreeSet<&str> = all.iter().filter_map(|fact| fact.header(POSITION)).collect();
    for message in service.client.drain(&records) {
        let source = format!("{records}/{}", message.partition);
        let mut relevant = false;
        decode::message(
            &(&*source).into(),
            message.payload.as_ref().unwrap(),
            &decode::Settings::default(),
            &mut decode::Sighted::default(),
            &mut |item| {
                relevant |= matches!(item.outcome, Outcome::Relevant(_));
            },
        );
        let position = format!("{source}:{}", message.offset);
        assert!(!relevant || found.contains(&*position), "the fact log holds nothing of {position}");
    }
    eventually(LONG, "that every fact is accounted for", || {
        let committed = service.client.committed(&format!("{}-engine", service.prefix), &facts);
        let counted = |metadata: &str| -> u64 {
            serde_json::from_str::<BTreeMap<String, u64>>(metadata).unwrap_or_default().values().sum()
        };
        let right = |committed: &crate::client::Committed| {
            counted(&committed.metadata) == u64::try_from(committed.offset).unwrap()
        };
        committed.values().all(right).then_some(())
    });
}
