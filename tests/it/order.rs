//! P1 on the command line: every replay case gives the same alerts, risk and facts when each of its files is read in
//! another order, with every record delivered twice.
//!
//! `TIDEWAITER_SEED` chooses the shuffle; the seed is printed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::binary::{files_below, json_lines, root, run, run_in};

/// SplitMix64: enough to shuffle with, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Every item twice, in any order.
    fn twice<T: Clone>(&mut self, items: Vec<T>) -> Vec<T> {
        let mut items = [items.clone(), items].concat();
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.next() % (last as u64 + 1)).unwrap();
            items.swap(last, other);
        }
        items
    }
}

fn seeds() -> Vec<u64> {
    match std::env::var("TIDEWAITER_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => vec![1, 2, 3],
    }
}

fn case_folders() -> Vec<PathBuf> {
    let files = files_below(&root().join("tests/replay"));
    let folders: Vec<_> =
        files.iter().filter(|f| f.ends_with("case.yaml")).map(|f| f.parent().unwrap().into()).collect();
    assert!(!folders.is_empty());
    folders
}

/// A file's records twice over and shuffled, where its shape is known; else the file as it is.
fn shaken(path: &Path, dice: &mut Dice) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let Ok(text) = String::from_utf8(bytes.clone()) else { return bytes };
    let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect::<Vec<_>>();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("ndjson" | "jsonl") => (dice.twice(lines(&text)).join("\n") + "\n").into_bytes(),
        Some("csv") => {
            let (heading, rows) = text.split_once('\n').unwrap();
            let rows = lines(rows);
            if rows.iter().any(|row| row.matches('"').count() % 2 == 1) {
                return bytes;
            }
            format!("{heading}\n{}\n", dice.twice(rows).join("\n")).into_bytes()
        }
        Some("json") => match serde_json::from_str::<Value>(&text) {
            Ok(Value::Array(items)) => serde_json::to_vec(&dice.twice(items)).unwrap(),
            Ok(Value::Object(mut object)) => {
                if let Some(Value::Array(items)) = object.get_mut("Records") {
                    *items = dice.twice(std::mem::take(items));
                }
                serde_json::to_vec(&object).unwrap()
            }
            _ => bytes,
        },
        _ => bytes,
    }
}

/// The case with its records shaken, each file a second time, and all files read in the opposite order.
fn shaken_copy(case: &Path, dice: &mut Dice) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let write = |to: &Path, bytes: &[u8]| {
        let path = copy.path().join(to);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let files = files_below(case);
    for (index, file) in files.iter().enumerate() {
        let relative = file.strip_prefix(case).unwrap();
        let part = relative.iter().next().unwrap();
        if part != "input" && part != "reference" {
            let bytes = fs::read(file).unwrap();
            write(relative, &if relative == Path::new("case.yaml") { anchored(case, bytes) } else { bytes });
            continue;
        }
        // Files are read by path: a folder before each name turns their order round and leaves the name as it is.
        let below = relative.strip_prefix(part).unwrap();
        write(&Path::new(part).join(format!("{:04}", 9_999 - index)).join(below), &shaken(file, dice));
        write(&Path::new(part).join(format!("0-{index:04}")).join(below), &shaken(file, dice));
    }
    copy
}

/// Paths that lead out of the case folder lead to the same files from its copy.
fn anchored(case: &Path, yaml: Vec<u8>) -> Vec<u8> {
    let mut text = String::from_utf8(yaml).unwrap();
    for before in [" ", "[", "\""] {
        text = text.replace(&format!("{before}../"), &format!("{before}{}/../", case.display()));
    }
    text.into_bytes()
}

/// What a replay of a case makes.
struct Made {
    /// The alert table without what depends on how it was read.
    alerts: Vec<Value>,
    /// What it comes to for each subject.
    risk: Vec<Value>,
    /// Distinct facts by kind.
    facts: Value,
    /// Records read.
    records: u64,
}

fn made(case: &Path, shards: &str) -> Made {
    let out = tempfile::tempdir().unwrap();
    let files = ["alerts.jsonl", "risk.jsonl", "summary.json"].map(|name| out.path().join(name));
    let [alerts, risk, summary] = files.each_ref().map(|path| path.to_str().unwrap());
    let outputs = ["--alerts", alerts, "--risk", risk, "--summary", summary];
    run_in(case, &[&["replay", "--format", "json", "--shards", shards], &outputs[..], &["."]].concat()).fine();
    let mut alerts = json_lines(&fs::read_to_string(alerts).unwrap());
    for alert in &mut alerts {
        alert.as_object_mut().unwrap().remove("revision").unwrap();
        for line in alert["evidence"].as_array_mut().unwrap() {
            line.as_object_mut().unwrap().remove("position").unwrap();
        }
    }
    let summary: Value = serde_json::from_str(&fs::read_to_string(summary).unwrap()).unwrap();
    let records = summary["sources"].as_array().unwrap().iter().map(|source| source["read"].as_u64().unwrap()).sum();
    let risk = json_lines(&fs::read_to_string(risk).unwrap());
    Made { alerts, risk, facts: summary["facts"].clone(), records }
}

#[test]
fn every_case_is_as_it_expects() {
    let ended = run(&["test", "tests/replay"]).fine();
    assert!(ended.out.ends_with(&format!("cases: {} passed, 0 failed\n", case_folders().len())), "{}", ended.out);
}

#[test]
fn every_rule_case_is_as_it_expects() {
    let ended = run(&["test", "config/policy"]).fine();
    assert!(ended.out.contains("ok   rule ") && ended.out.ends_with(" passed, 0 failed\n"), "{}", ended.out);
}

#[test]
fn records_in_any_order_delivered_twice_and_in_seven_shards_give_the_same_alerts_risk_and_facts() {
    for seed in seeds() {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        for case in case_folders() {
            let copy = shaken_copy(&case, &mut dice);
            let (plain, shaken) = (made(&case, "1"), made(copy.path(), "7"));
            let what = format!("{}, seed {seed}", case.display());
            assert_eq!(shaken.records, 4 * plain.records, "every record twice in each of two files: {what}");
            assert_eq!(shaken.facts, plain.facts, "facts of {what}");
            assert_eq!(shaken.alerts.len(), plain.alerts.len(), "alerts of {what}");
            for (shaken, plain) in shaken.alerts.iter().zip(&plain.alerts) {
                assert_eq!(shaken, plain, "an alert of {what}");
            }
            assert_eq!(shaken.risk, plain.risk, "risk of {what}");
            let live = plain.alerts.iter().any(|alert| alert["rule"]["mode"] == "live");
            assert_eq!(!plain.risk.is_empty(), live, "risk of {what}");
        }
    }
}
