//! What each command says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::binary::{folder, json_lines, root, run, run_in};

const CASE: &str = "tests/replay/instance-never-stopped";
const LARGE_CASE: &str = "tests/replay/intermediaries-2024";

fn alerts(arguments: &[&str]) -> Vec<Value> {
    run(&[&["replay", "--alerts", "-"], arguments].concat()).fine().lines()
}

fn classify(arguments: &[&str]) -> String {
    run(&[&["classify"], arguments].concat()).fine().out
}

#[test]
fn a_chip_is_free_before_its_control_and_controlled_after() {
    let (before, after) =
        (classify(&["p4d.24xlarge", "--on", "2022-10-06"]), classify(&["p4d.24xlarge", "--on", "2022-11-01"]));
    assert!(
        before.starts_with("p4d.24xlarge (aws): 8 × A100-40GB-SXM\n  on 2022-10-06: none, not controlled"),
        "{before}"
    );
    assert!(after.contains("  on 2022-11-01: 3A090, controlled, in_force\n  cites: 87 FR 62186"), "{after}");
}

#[test]
fn an_h20_is_controlled_from_the_day_of_the_letters() {
    assert!(classify(&["H20", "--on", "2025-04-08"]).contains("on 2025-04-08: none, not controlled"));
    assert!(classify(&["H20", "--on", "2025-04-09"]).contains("on 2025-04-09: by_letter, controlled, in_force"));
}

#[test]
fn explain_shows_the_chain_of_an_account_as_a_tree() {
    let from = "\"valid_from\":\"2024-01-01T00:00:00Z\"";
    let party = |id: &str, name: &str, place: &str| {
        format!(
            "{{\"type\":\"party\",\"id\":\"{id}\",\"names\":[\"{name}\"],\"country\":\"{place}\",\"hq\":\"{place}\",{from}}}\n"
        )
    };
    let edge = |kind: &str, ends: &str, percent: &str| {
        let (one, other) = ends.split_once(' ').unwrap();
        format!(
            "{{\"type\":\"edge\",\"kind\":\"{kind}\",\"from\":\"{one}\",\"to\":\"{other}\",{percent}\"source\":\"registry\",{from}}}\n"
        )
    };
    let cards = [
        format!(
            "{{\"type\":\"account\",\"provider\":\"aws\",\"id\":\"1\",\"name\":\"Renders\",\"customer\":\"lion\",\"sold_by\":\"merlion\",{from}}}\n"
        ),
        party("lion", "Lion Render", "SG"),
        party("merlion", "Merlion Cloud", "SG"),
        party("parent", "Parent Example", "CN"),
        party("fund", "Fund Example", "JP"),
        edge("owns", "parent lion", "\"percent\":60,"),
        edge("owns", "fund lion", "\"percent\":40,"),
        edge("resells_to", "straits merlion", ""),
        edge("end_user_of", "lab lion", ""),
        "{\"type\":\"tender\",\"id\":\"t-1\",\"buyer\":\"Lab Example\",\"intermediary\":\"MERLION CLOUD\",\"amount\":100,\"currency\":\"CNY\",\"published\":\"2024-02-01T00:00:00Z\",\"source\":\"tenders.example/1\"}\n".to_owned(),
    ];
    let list = "list: { id: own, title: Own, source: invented, effect: licence, as_of: 2024-01-01 }\nentries:\n  - { id: e-1, names: [Parent Example], from: 2024-01-01 }\n";
    let files = [
        ("cards.ndjson", cards.concat()),
        ("own.yaml", list.to_owned()),
        ("set.yaml", "lists: [own.yaml]\n".to_owned()),
    ];
    let dir = folder(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let ask = |account: &str| {
        run_in(dir.path(), &["explain", account, "cards.ndjson", "--config", "set.yaml", "--until", "2024-03-01"])
    };
    let told = ask("aws/1").fine().out;
    let expected = "aws/1 (Renders) at 2024-03-01T00:00:00Z
provider aws
└─ distributor straits
      learnt by edge: edge.resells_to (registry)
      not resolved: who ultimately owns it is not known
   └─ reseller merlion \"Merlion Cloud\" [SG]
         learnt by card: account.sold_by
         headquarters [SG]
         named as intermediary in tender t-1 of 2024-02-01 by Lab Example through MERLION CLOUD, for 100 CNY, nothing billed in CNY (tenders.example/1)
      └─ customer lion \"Lion Render\" [SG]
            learnt by card: account.customer
            ultimate parent parent \"Parent Example\" [CN]
            owned by parent \"Parent Example\": edge.owns 60 % (registry)
            held 60 % in all by parent \"Parent Example\"
            held 40 % in all by fund \"Fund Example\"
            affiliate (owner parent \"Parent Example\"): own/e-1, owner of lion: name \"Parent Example\", exact; lion is owned 60 % in all by listed parties: 60 % by parent
         └─ end_user lab
               learnt by edge: edge.end_user_of (registry)
               not resolved: who ultimately owns it is not known
";
    assert_eq!(told, expected);
    let nobody = ask("aws/2");
    assert_eq!((nobody.code, nobody.out.contains("unknown: no record of account aws/2")), (1, true), "{}", nobody.out);
    assert_eq!(ask("nonsense").code, 2);
}

#[test]
fn an_accelerator_nobody_knows_is_told_loudly() {
    let ended = run(&["classify", "p4d.24xlarge", "p9.48xlarge", "--on", "2024-03-01"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.starts_with("p4d.24xlarge (aws): 8 × A100"), "the others are told all the same: {}", ended.out);
    assert!(
        ended.out.contains("p9.48xlarge: UNKNOWN — looks like an accelerator and is not in the catalogue"),
        "{}",
        ended.out
    );
}

#[test]
fn check_counts_rules_cases_and_entries() {
    let dir = folder(&[("settings.yaml", "lists: [own.yaml]\n")]);
    fs::copy(root().join("config/lists/example-own.yaml"), dir.path().join("own.yaml")).unwrap();
    let said = run_in(dir.path(), &["check", "--config", "settings.yaml"]).fine().out;
    let rules = fs::read_dir(root().join("config/policy")).unwrap().count();
    assert!(said.starts_with("configuration sha256:"), "{said}");
    assert!(said.contains(&format!("\nrules {rules}\n")), "{said}");
    assert!(said.contains("  blocked-party (critical, live, 4 cases)\n"), "{said}");
    let list =
        "\nlists 1\n  example-own: Example of a list of one's own (invented)\n    effect risk; as of 2024-03-01, ";
    assert!(said.contains(list), "{said}");
    assert!(said.ends_with(" days old\n    4 entries (1 persons), 6 names; 0 rows not read\n"), "{said}");
}

/// The alert table without revision and places.
fn canonical(mut alerts: Vec<Value>) -> Vec<Value> {
    for alert in &mut alerts {
        alert["revision"] = Value::Null;
        alert["evidence"].as_array_mut().unwrap().iter_mut().for_each(|line| line["position"] = Value::Null);
    }
    alerts
}

#[test]
fn what_decode_prints_gives_the_same_alerts_as_what_it_read() {
    let dir = tempfile::tempdir().unwrap();
    let case = root().join(LARGE_CASE);
    let folders = [case.join("reference"), case.join("input")];
    let [reference, input] = folders.each_ref().map(|folder| folder.to_str().unwrap());
    fs::write(dir.path().join("facts.ndjson"), run(&["decode", reference, input]).fine().out).unwrap();
    let until = ["--until", "2024-09-01"];
    let original = run(&[&["replay", "--alerts", "-", reference, input], &until[..]].concat()).fine();
    let again = run_in(dir.path(), &[&["replay", "--alerts", "-", "facts.ndjson"], &until[..]].concat()).fine();
    assert!(original.lines().len() > 3, "{}", original.out);
    assert_eq!(canonical(again.lines()), canonical(original.lines()));
}

#[test]
fn with_all_sightings_calls_that_say_nothing_count_as_relevant_and_say_from_where_they_came() {
    let call = |name: &str, host: u8| {
        format!(
            "{{\"eventVersion\":\"1.09\",\"eventTime\":\"2024-06-01T10:00:00Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"{name}\",\"sourceIPAddress\":\"198.51.100.{host}\",\"recipientAccountId\":\"111122223333\"}}\n"
        )
    };
    let log =
        [call("GetObject", 1), call("PutObject", 2), call("GetObject", 3).replace("198.51.100.3", "AWS Internal")];
    let dir = folder(&[("all.yaml", "sightings: all\n"), ("log.ndjson", &log.concat())]);
    let said = |settings: &[&str]| {
        let facts = run_in(dir.path(), &[&["decode", "log.ndjson"], settings].concat()).fine().out;
        let replayed = run_in(dir.path(), &[&["replay", "log.ndjson", "--summary", "sum.json"], settings].concat());
        replayed.fine();
        let summary: Value = serde_json::from_str(&fs::read_to_string(dir.path().join("sum.json")).unwrap()).unwrap();
        (facts, summary)
    };
    let (facts, summary) = said(&["--config", "all.yaml"]);
    assert_eq!(
        facts,
        "{\"type\":\"usage\",\"provider\":\"aws\",\"account\":\"111122223333\",\"id\":\"sighting\",\"time\":\"2024-06-01T00:00:00Z\",\"kind\":\"sighting\",\"network\":\"198.51.100.0/24\",\"principal_class\":\"role\"}\n"
    );
    let told = |summary: &Value| ["read", "relevant", "irrelevant"].map(|key| summary["sources"][0][key].as_u64());
    assert_eq!(told(&summary), [Some(3), Some(2), Some(1)], "{summary}");
    let (facts, summary) = said(&[]);
    assert_eq!((facts.as_str(), told(&summary)), ("", [Some(3), Some(0), Some(3)]), "{summary}");
}

#[test]
fn test_writes_junit_and_fails_with_a_difference_one_can_read() {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join(CASE), dir.path());
    let expected = dir.path().join("expected/alerts.jsonl");
    let mut line: Value = serde_json::from_str(&fs::read_to_string(&expected).unwrap()).unwrap();
    assert_eq!(run_in(dir.path(), &["test", "."]).fine().out, "ok   .\ncases: 1 passed, 0 failed\n");
    line["status"] = "resolved".into();
    line["chips"][0]["chip"] = "<H20>".into();
    fs::write(&expected, line.to_string()).unwrap();
    let ended = run_in(dir.path(), &["test", "--junit", "junit.xml", "."]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (
            1,
            "FAIL .\n     \
             restricted-parent-controlled-compute for owner:parent-co.chips[0].chip: expected \"<H20>\", found \"H100-80GB-SXM\"\n     \
             restricted-parent-controlled-compute for owner:parent-co.status: expected \"resolved\", found \"open\"\n\
             cases: 0 passed, 1 failed\n"
        )
    );
    let junit = fs::read_to_string(dir.path().join("junit.xml")).unwrap();
    assert!(junit.starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"tidewaiter\" tests=\"1\" failures=\"1\">"
    ));
    assert!(junit.contains("<testcase name=\".\"><failure>") && junit.contains("&lt;H20&gt;"), "{junit}");
    fs::write(&expected, "").unwrap();
    let ended = run_in(dir.path(), &["test", "."]);
    assert!(
        ended.code == 1 && ended.out.contains("unexpected: restricted-parent-controlled-compute for owner:parent-co\n")
    );
    run_in(dir.path(), &["test", "--update", "."]).fine();
    run_in(dir.path(), &["test", "."]).fine();
}

fn copy(from: &Path, to: &Path) {
    for file in crate::binary::files_below(from) {
        let path = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(&file, path).unwrap();
    }
}

#[test]
fn metrics_are_prometheus_text() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("metrics.prom");
    run(&["replay", "--metrics", path.to_str().unwrap(), LARGE_CASE]).fine();
    let text = fs::read_to_string(path).unwrap();
    let mut declared = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let words: Vec<_> = rest.splitn(3, ' ').collect();
            assert!(words.len() == 3 && matches!(words[0], "HELP" | "TYPE"), "{line}");
            declared.insert(words[1]);
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
        let (name, labels) = series.split_once('{').map_or((series, None), |(name, rest)| (name, Some(rest)));
        assert!(name.starts_with("tidewaiter_") && declared.contains(name), "{line}");
        assert!(labels.is_none_or(|labels| labels.ends_with("\"}") && labels.contains("=\"")), "{line}");
        // Bounded labels: never an account, a party or an address.
        assert!(!line.contains("111122") && !line.contains("tall-pine"), "{line}");
    }
    assert!(text.contains("tidewaiter_alerts{") && text.contains("tidewaiter_records_total{"), "{text}");
}

#[test]
fn ocsf_alerts_are_detection_findings() {
    let findings = alerts(&["--format", "ocsf", LARGE_CASE]);
    assert!(!findings.is_empty());
    for finding in findings {
        assert_eq!((&finding["class_uid"], &finding["category_uid"]), (&2004.into(), &2.into()));
        let activity = finding["activity_id"].as_u64().unwrap();
        assert_eq!(finding["type_uid"].as_u64().unwrap(), 200_400 + activity);
        assert_eq!(finding["finding_info"]["uid"], finding["unmapped"]["id"]);
        assert_eq!(finding["unmapped"]["review_required"], true);
    }
}

/// One H20 for a day, in the month of the letters, used for an owner with headquarters in D:5.
const H20: &str = r#"{"type":"account","provider":"corp-cloud","id":"a-1","customer":"lion-render","country":"SG","valid_from":"2024-01-01T00:00:00Z"}
{"type":"party","id":"lion-render","names":["Lion Render"],"country":"SG","hq":"CN","valid_from":"2024-01-01T00:00:00Z"}
{"type":"usage","provider":"corp-cloud","account":"a-1","id":"e-1","time":"2025-04-20T00:00:00Z","kind":"capacity_started","sku":"H20","count":1,"resources":["i-1"]}
"#;

#[test]
fn a_rule_published_later_is_hidden_from_whoever_looks_back() {
    let dir = folder(&[("h20.ndjson", H20)]);
    let ids = |more: &[&str]| -> Vec<String> {
        let arguments = [&["replay", "--alerts", "-", "--until", "2025-04-21", "h20.ndjson"], more].concat();
        let lines = run_in(dir.path(), &arguments).fine().lines();
        lines.iter().map(|alert| alert["rule"]["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]), ["restricted-parent-controlled-compute"]);
    assert_eq!(ids(&["--known-on", "2025-04-15"]), ["restricted-parent-controlled-compute"]);
    assert!(ids(&["--known-on", "2025-04-01"]).is_empty());
}

// The schema of an alert.

fn schema() -> Value {
    written("docs/alert.schema.json")
}

/// A schema of ours.
pub fn written(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// What of a value the schema does not name, lacks or gives another type.
pub fn differ(whole: &Value, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    if let Some(path) = schema["$ref"].as_str() {
        let target = whole.pointer(path.trim_start_matches('#')).unwrap_or_else(|| panic!("{path} leads nowhere"));
        return differ(whole, target, value, place, wrong);
    }
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{place}: type {other}"),
    };
    match &schema["type"] {
        Value::String(name) if !is(name) => wrong.push(format!("{place}: {value} is no {name}")),
        Value::Array(names) if !names.iter().any(|name| is(name.as_str().unwrap())) => {
            wrong.push(format!("{place}: {value} is none of {names:?}"));
        }
        _ => {}
    }
    if schema.get("const").is_some_and(|one| one != value) {
        wrong.push(format!("{place}: {value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        wrong.push(format!("{place}: {value} is none of {}", schema["enum"]));
    }
    if let Some(object) = value.as_object() {
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(key) {
                wrong.push(format!("{place} has no {key}"));
            }
        }
        for (key, inner) in object {
            match schema["properties"].get(key).or(schema.get("additionalProperties").filter(|more| more.is_object())) {
                Some(schema) => differ(whole, schema, inner, &format!("{place}.{key}"), wrong),
                None => wrong.push(format!("{place}.{key} is not in the schema")),
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        differ(whole, &schema["items"], item, &format!("{place}[]"), wrong);
    }
}

#[test]
fn alerts_are_as_their_schema_says() {
    let schema = schema();
    let suppressed = format!(
        "{H20}{}\n",
        r#"{"type":"suppression","id":"sup-1","subject":"owner:lion-render","until":"2025-06-01T00:00:00Z","reason":"licence seen","by":"desk-2"}"#
    );
    let dir = folder(&[("h20.ndjson", &suppressed)]);
    let mut all = run_in(dir.path(), &["replay", "--alerts", "-", "--until", "2025-04-21", "."]).fine().lines();
    assert_eq!(all[0]["suppression"]["by"], "desk-2");
    for case in fs::read_dir(root().join("tests/replay")).unwrap() {
        all.extend(alerts(&[case.unwrap().path().to_str().unwrap()]));
    }
    let mut wrong = Vec::new();
    for alert in &all {
        differ(&schema, &schema, alert, "alert", &mut wrong);
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_refuses_what_is_no_alert() {
    let line = run(&["replay", "--alerts", "-", CASE]).fine().out;
    let mut alert = json_lines(&line).remove(0);
    alert["colour"] = "red".into();
    alert["review_required"] = false.into();
    alert["rule"].as_object_mut().unwrap().remove("basis");
    alert["chips"][0]["count"] = "8".into();
    let mut wrong = Vec::new();
    differ(&schema(), &schema(), &alert, "alert", &mut wrong);
    wrong.sort();
    assert_eq!(
        wrong,
        [
            "alert.chips[].count: \"8\" is no number",
            "alert.colour is not in the schema",
            "alert.review_required: false is not true",
            "alert.rule has no basis"
        ]
    );
}
