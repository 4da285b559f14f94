//! Records that others published: nothing panics, everything is counted, what is foreign is named.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::binary::{json_lines, run, shared_data};

/// A replay of everything, made once for all tests here.
struct Read {
    summary: Value,
    rejects: Vec<Value>,
    events: PathBuf,
}

impl Read {
    fn once(test: &str) -> Option<&'static Self> {
        static READ: OnceLock<Read> = OnceLock::new();
        let events = shared_data(test)?.join("events");
        Some(READ.get_or_init(|| Self::of(events)))
    }

    fn of(events: PathBuf) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (summary, rejects, alerts) = (path("summary.json"), path("rejects.jsonl"), path("alerts.jsonl"));
        let input = events.to_str().unwrap();
        run(&["replay", "--summary", &summary, "--rejects", &rejects, "--alerts", &alerts, input]).fine();
        let text = |path: &str| fs::read_to_string(path).unwrap();
        json_lines(&text(&alerts));
        Self { summary: serde_json::from_str(&text(&summary)).unwrap(), rejects: json_lines(&text(&rejects)), events }
    }

    /// Sources by path below the events, with how many records were rejected for what.
    fn sources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.summary["sources"].as_array().unwrap().iter().map(|source| (self.below(&source["path"]), source))
    }

    fn below<'a>(&self, path: &'a Value) -> &'a str {
        path.as_str().unwrap().strip_prefix(self.events.to_str().unwrap()).unwrap().trim_start_matches('/')
    }

    fn skipped(&self) -> Vec<&str> {
        self.summary["skipped"].as_array().unwrap().iter().map(|left| self.below(&left["path"])).collect()
    }
}

fn rejected(source: &Value) -> u64 {
    source["rejected"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn every_record_of_every_source_is_accounted_for() {
    let Some(read) = Read::once("every_record_of_every_source_is_accounted_for") else { return };
    let mut all = 0;
    for (path, source) in read.sources() {
        let count = |key: &str| source[key].as_u64().unwrap();
        assert_eq!(count("read"), count("relevant") + count("irrelevant") + rejected(source), "{path}");
        assert!(count("read") > 0, "{path} gave not even a reject");
        all += rejected(source);
    }
    assert_eq!(read.rejects.len() as u64, all, "as many lines of rejects as the summary counts");
}

#[test]
fn cloudtrail_and_the_focus_sample_are_read_without_rejects() {
    let Some(read) = Read::once("cloudtrail_and_the_focus_sample_are_read_without_rejects") else { return };
    let folders = [
        "aws/TrailDiscover/",
        "aws/boogy-CloudTrail-Log-Parser/",
        "aws/cloudtrail2sightings/",
        "aws/cribl-aws-cloudtrail-logs/",
        "aws/sneller/",
        "aws/stratus-red-team/",
        "aws/streamalert/rules/community/",
        "aws/streamalert/rules/classifier/cloudtrail/",
        "aws/trailscraper/tests/cloudtrail/",
        "aws/trailscraper/tests/smoke/events",
        "billing/FOCUS-Sample-Data/",
        "multi/panther-analysis/aws-cloudtrail",
    ];
    for folder in folders {
        let mut seen = 0;
        for (path, source) in read.sources().filter(|(path, _)| path.starts_with(folder)) {
            assert_eq!(rejected(source), 0, "{path}: {}", source["rejected"]);
            seen += source["read"].as_u64().unwrap();
        }
        assert!(seen > 0, "nothing was read of {folder}");
    }
}

#[test]
fn broken_files_are_rejected_with_a_reason() {
    let Some(read) = Read::once("broken_files_are_rejected_with_a_reason") else { return };
    let reasons = |name: &str| -> Vec<String> {
        let of_file = read.sources().filter(|(path, _)| path.ends_with(name));
        of_file.flat_map(|(_, source)| source["rejected"].as_object().unwrap().keys().cloned()).collect()
    };
    assert_eq!(reasons("bad_azure.json"), ["malformed_json"]);
    assert_eq!(reasons("bad_cloudtrail.json"), ["truncated"]);
}

#[test]
fn rejects_say_why_where_and_how_much_and_hold_no_record() {
    let Some(read) = Read::once("rejects_say_why_where_and_how_much_and_hold_no_record") else { return };
    assert!(!read.rejects.is_empty());
    for reject in &read.rejects {
        let keys: Vec<_> = reject.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["detail", "position", "reason", "size"]);
        let reason = reject["reason"].as_str().unwrap();
        assert!(!reason.is_empty() && reject["size"].as_u64().unwrap() > 0, "{reject}");
        let (file, ordinal) = reject["position"].as_str().unwrap().rsplit_once(':').unwrap();
        assert!(
            Path::new(file.split('!').next().unwrap()).is_file() && ordinal.parse::<u64>().unwrap() > 0,
            "{reject}"
        );
        let detail = reject["detail"].as_str().unwrap();
        assert!(detail.len() < 400, "{detail}");
        assert!(!detail.is_empty() || reason.starts_with("unsupported:"), "{reject}");
    }
}

#[test]
fn licences_and_texts_are_listed_as_skipped() {
    let Some(read) = Read::once("licences_and_texts_are_listed_as_skipped") else { return };
    let skipped = read.skipped();
    for path in [
        "aws/stratus-red-team/LICENSE-3rdparty.csv",
        "aws/stratus-red-team/LICENSE",
        "billing/FOCUS-Sample-Data/license.md",
    ] {
        assert!(skipped.contains(&path), "{path} not in {skipped:?}");
    }
    let about = |path: &str| {
        let name = path.rsplit('/').next().unwrap().to_ascii_lowercase();
        name.starts_with("license") || name.starts_with("readme") || name.starts_with("notice")
    };
    assert_eq!(read.sources().find(|(path, _)| about(path)).map(|(path, _)| path), None);
}

#[test]
fn one_p2_xlarge_was_started_and_one_denied() {
    let Some(data) = shared_data("one_p2_xlarge_was_started_and_one_denied") else { return };
    let decoded = run(&["decode", data.join("events").to_str().unwrap()]).fine();
    let of_sku = |kind: &str| {
        let mut facts: Vec<_> = decoded
            .lines()
            .iter()
            .filter(|f| f["sku"] == "p2.xlarge" && f["kind"] == kind)
            .map(Value::to_string)
            .collect();
        facts.sort();
        facts.dedup();
        facts
    };
    let (started, denied) = (of_sku("capacity_started"), of_sku("capacity_denied"));
    assert_eq!((started.len(), denied.len()), (1, 1), "{started:?} {denied:?}");
    assert!(started[0].contains("\"resources\":[\"i-07d06021b0da55115\"]"), "{}", started[0]);
    assert!(denied[0].contains("\"reason\":\"unauthorised\""), "{}", denied[0]);
}
