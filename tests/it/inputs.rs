//! What is named as input, as a user names it: files, patterns, archives; and what is wrong with them costs nothing else.

use std::fs;

use crate::binary::{folder, root, run_in};

const CASE: &str = "tests/replay/instance-never-stopped";

/// Records that raise an alert, and who stands behind them.
fn records() -> (String, String) {
    let read = |name: &str| fs::read_to_string(root().join(CASE).join(name)).unwrap();
    (read("input/usage.ndjson"), read("reference/accounts.ndjson"))
}

#[test]
fn a_pattern_that_no_shell_expanded_is_what_it_matches() {
    let (usage, parties) = records();
    let dir = folder(&[("logs/a/usage.ndjson", &usage), ("logs/parties.ndjson", &parties), ("logs/a/usage.txt", "?")]);
    let ended = run_in(dir.path(), &["replay", "logs/**/*.ndjson"]).fine();
    assert!(ended.out.contains("sources   2 read, 0 skipped"), "{}", ended.out);
    assert!(ended.out.contains("alerts    restricted-parent"), "{}", ended.out);
    let decoded = run_in(dir.path(), &["decode", "logs/?/*.ndjson"]).fine();
    assert_eq!(decoded.lines().len(), usage.lines().count());
}

#[test]
fn a_pattern_that_matches_nothing_is_input_that_cannot_be_read() {
    let dir = folder(&[("logs/a.ndjson", "{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:00Z\"}\n")]);
    let ended = run_in(dir.path(), &["replay", "logs/**/*.json.gz", "logs"]);
    assert_eq!((ended.code, ended.err.as_str()), (3, "tidewaiter: cannot read logs/**/*.json.gz: no file matches\n"));
    assert!(ended.out.contains("sources   1 read, 0 skipped"), "{}", ended.out);
}
