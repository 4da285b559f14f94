//! Risk of subjects on the command line.

use std::fs;

use serde_json::{Value, json};

use crate::binary::{files_below, folder, json_lines, root, run, run_in};
use crate::commands::{differ, written};

const CASE: &str = "tests/replay/intermediaries-2024";

fn risk(case: &str) -> Vec<Value> {
    run(&["replay", "--risk", "-", case]).fine().lines()
}

fn of<'a>(records: &'a [Value], kind: &str, id: &str) -> &'a Value {
    let named = |risk: &&Value| risk["subject"]["kind"] == kind && risk["subject"]["id"] == id;
    records.iter().find(named).unwrap_or_else(|| panic!("no record of {kind}:{id}"))
}

#[test]
fn risk_is_as_its_schema_says() {
    let schema = written("docs/risk.schema.json");
    let mut wrong = Vec::new();
    let mut records = 0;
    for case in files_below(&root().join("tests/replay")).iter().filter(|path| path.ends_with("case.yaml")) {
        for risk in &risk(case.parent().unwrap().to_str().unwrap()) {
            differ(&schema, &schema, risk, "risk", &mut wrong);
            records += 1;
        }
    }
    assert!(records > 20 && wrong.is_empty(), "{records} records: {}", wrong.join("\n"));
}

#[test]
fn the_schema_refuses_what_is_no_risk() {
    let mut risk = risk(CASE).remove(0);
    risk["colour"] = "red".into();
    risk["review_required"] = false.into();
    risk["families"] = json!(["rumour"]);
    risk.as_object_mut().unwrap().remove("of_accounts");
    let schema = written("docs/risk.schema.json");
    let mut wrong = Vec::new();
    differ(&schema, &schema, &risk, "risk", &mut wrong);
    wrong.sort();
    assert_eq!(
        wrong,
        [
            "risk has no of_accounts",
            "risk.colour is not in the schema",
            "risk.families[]: \"rumour\" is none of [\"identity\",\"chain\",\"place\",\"payment\",\"usage\"]",
            "risk.review_required: false is not true",
        ]
    );
}

#[test]
fn every_alert_counts_for_its_own_subject_and_for_those_behind_an_account() {
    let alerts = run(&["replay", "--alerts", "-", CASE]).fine().lines();
    let records = risk(CASE);
    let mut behind = 0;
    for alert in &alerts {
        let subject = &alert["subject"];
        let (kind, id) = (subject["kind"].as_str().unwrap(), subject["id"].as_str().unwrap());
        assert!(of(&records, kind, id)["alerts"].as_array().unwrap().contains(&alert["id"]));
        let counting: Vec<_> =
            records.iter().filter(|risk| risk["of_accounts"].as_array().unwrap().contains(&alert["id"])).collect();
        let customer = alert["chain"].as_array().unwrap().iter().find(|hop| hop["role"] == "customer");
        match customer.filter(|_| kind == "account") {
            Some(hop) => {
                let owner = hop.get("parent").unwrap_or(&hop["party"]).as_str().unwrap();
                assert!(counting.contains(&of(&records, "customer", hop["party"].as_str().unwrap())), "{alert}");
                assert!(counting.contains(&of(&records, "owner", owner)), "{alert}");
                behind += 1;
            }
            None if kind == "account" => {}
            None => assert!(counting.is_empty(), "an alert about no account counts for nobody else: {alert}"),
        }
    }
    assert!(behind > 3, "{behind} of {} alerts", alerts.len());
}

#[test]
fn risk_on_stdout_stands_alone_unless_alerts_are_asked_for() {
    let records = run(&["replay", "--risk", "-", CASE]).fine();
    assert!(records.lines().iter().all(|line| line.get("severity").is_some()));
    assert!(records.err.contains("tidewaiter: alerts    "), "the summary is told on stderr: {}", records.err);
    let both = run(&["replay", "--risk", "-", "--alerts", "-", CASE]).fine();
    let alerts = run(&["replay", "--alerts", "-", CASE]).fine();
    assert_eq!(both.out, format!("{}{}", alerts.out, records.out));
    assert_eq!(both.err, records.err);
}

#[test]
fn risk_in_a_file_changes_nothing_of_what_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("risk.jsonl");
    let printed = run(&["replay", "--risk", path.to_str().unwrap(), CASE]).fine();
    assert_eq!(printed.out, run(&["replay", CASE]).fine().out);
    assert_eq!(json_lines(&fs::read_to_string(path).unwrap()), risk(CASE));
}

#[test]
fn where_nothing_is_found_nothing_is_written() {
    let dir = folder(&[("nothing.ndjson", "")]);
    let ended = run_in(dir.path(), &["replay", "--risk", "-", "nothing.ndjson"]).fine();
    assert_eq!(ended.out, "");
}
