//! `replay --follow`, as somebody meets it who watches files that grow.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::binary::{command, files_below, folder, json_lines, root, run_in};

const CASE: &str = "tests/replay/intermediaries-2024";

/// Every line of usage of the case.
fn lines() -> Vec<String> {
    let input = root().join(CASE).join("input");
    let plain = |path: &Path| path.extension().is_some_and(|end| end == "ndjson");
    let files: Vec<_> = files_below(&input).into_iter().filter(|path| plain(path)).collect();
    let text: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    text.lines().map(|line| format!("{line}\n")).collect()
}

fn reference() -> String {
    root().join(CASE).join("reference").to_string_lossy().into_owned()
}

/// Alerts by id as the last line about each says, without what tells how they were read.
fn table(text: &str) -> BTreeMap<String, Value> {
    let mut table = BTreeMap::new();
    for mut alert in json_lines(text) {
        let id = alert["id"].as_str().unwrap().to_owned();
        if alert["status"] == "withdrawn" {
            assert!(table.remove(&id).is_some(), "withdrawn without having been told: {id}");
            continue;
        }
        alert["revision"].take();
        for evidence in alert["evidence"].as_array_mut().unwrap() {
            evidence["position"].take();
        }
        table.insert(id, alert);
    }
    table
}

/// What a replay of these lines says.
fn replayed(lines: &[String]) -> BTreeMap<String, Value> {
    let dir = folder(&[("all.ndjson", &lines.concat())]);
    table(&run_in(dir.path(), &["replay", "--alerts", "-", "--reference", &reference(), "all.ndjson"]).fine().out)
}

fn append(path: &Path, text: &str) {
    File::options().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    for _ in 0..600 {
        if there() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("not seen: {what}");
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn alerts_of_files_that_grow_and_rotate_are_told_as_they_come_and_end_as_a_replay_of_them() {
    let lines = lines();
    let (first, rest) = lines.split_at(lines.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    let (half, other_half) = third[0].split_at(third[0].len() / 2);
    let until_second = replayed(&lines[..first.len() + second.len()]);
    let all = replayed(&lines);
    assert!(until_second.len() > 3 && all.len() > until_second.len(), "{} {}", until_second.len(), all.len());

    let dir = folder(&[("log.ndjson", &first.concat())]);
    let log = dir.path().join("log.ndjson");
    let arguments = ["replay", "--follow", "--alerts", "alerts.jsonl", "--reference", &reference(), "log.ndjson"];
    let mut child = command(dir.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let told = || {
        let text = fs::read_to_string(dir.path().join("alerts.jsonl")).unwrap_or_default();
        // What is being written may lack its end.
        table(&text[..text.rfind('\n').map_or(0, |end| end + 1)])
    };
    append(&log, &second.concat());
    append(&log, half);
    wait_for("alerts of the second part", || told() == until_second);
    fs::rename(&log, dir.path().join("log.ndjson.1")).unwrap();
    append(&dir.path().join("log.ndjson.1"), other_half);
    append(&log, &third[1..].concat());
    wait_for("alerts of the third part", || told() == all);
    append(&log, "{\"half\":");
    sleep(Duration::from_millis(600));
    assert!(child.try_wait().unwrap().is_none(), "it goes on until it is told to stop");
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    assert!(out.starts_with("sources   ") && out.contains(" + 1 rejected (truncated 1)\n"), "{out}");
    assert_eq!(told(), all);
}

#[test]
fn stdin_is_followed_until_it_ends() {
    let lines = lines();
    let dir = folder(&[]);
    let arguments = ["replay", "--follow", "--alerts", "-", "--reference", &reference(), "-"];
    let mut child = command(dir.path(), &arguments);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for part in lines.chunks(50) {
        input.write_all(part.concat().as_bytes()).unwrap();
        sleep(Duration::from_millis(300));
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(table(&String::from_utf8(output.stdout).unwrap()), replayed(&lines));
}

#[test]
fn only_plain_files_of_lines_are_followed() {
    let dir = folder(&[("a.ndjson", ""), ("b.csv", "a,b\n"), ("c.json", "[\n{}]")]);
    let ended = run_in(dir.path(), &["replay", "--follow", "."]);
    let why = "only plain NDJSON files and stdin are followed, and this is none: it does not begin with {";
    let told = |name: &str| format!("tidewaiter: cannot read ./{name}: {why}\n");
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    assert_eq!(ended.err, told("b.csv") + &told("c.json"));
    let ended = run_in(root(), &["replay", "--follow", CASE]);
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    assert_eq!(
        ended.err,
        "tidewaiter: --follow is for growing files: neither for case folders nor for alerts as OCSF\n"
    );
}
