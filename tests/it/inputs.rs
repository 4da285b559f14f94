//! What is named as input, as a user names it: files, patterns, archives; and what is wrong with them costs nothing else.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::binary::{command, folder, root, run_in};

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

const TICK: &str = "{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:00Z\"}\n";

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// What `decode` says of a file that stands between two good ones, which it must not harm: what is wrong, one a line.
fn decoded(name: &str, bytes: &[u8]) -> String {
    let dir = folder(&[("a.ndjson", TICK), ("z.ndjson", TICK)]);
    fs::write(dir.path().join(name), bytes).unwrap();
    let ended = run_in(dir.path(), &["decode", "a.ndjson", name, "z.ndjson"]).fine();
    assert!(ended.out.lines().count() >= 2, "{}", ended.out);
    let rejects: Vec<_> = ended.out.lines().filter(|line| !line.contains("tick")).collect();
    assert!(rejects.is_empty(), "{rejects:?}");
    let replayed = run_in(dir.path(), &["replay", "--rejects", "rejects", "."]).fine();
    let total: Vec<_> = replayed.out.lines().filter(|line| line.starts_with("records ")).collect();
    let rejects = fs::read_to_string(dir.path().join("rejects")).unwrap();
    assert!(total[0].contains(&format!("{} rejected", rejects.lines().count())), "{total:?}");
    ended.err
}

#[test]
fn an_archive_is_read_member_by_member_as_it_comes() {
    let (usage, parties) = records();
    let bytes = gz(&tar(&[
        ("./reference/accounts.ndjson", parties.as_bytes()),
        ("usage.ndjson.gz", &gz(usage.as_bytes())),
        ("notes.txt", b"?"),
    ]));
    let dir = folder(&[]);
    fs::write(dir.path().join("logs.tar.gz"), &bytes).unwrap();
    let ended = run_in(dir.path(), &["replay", "--until", "2024-09-01", "."]).fine();
    assert!(
        ended
            .out
            .contains("sources   2 read, 1 skipped\n          skipped ./logs.tar.gz!notes.txt: no known extension"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("[./logs.tar.gz!usage.ndjson.gz:1]"), "{}", ended.out);

    let mut child = command(dir.path(), &["decode", "-"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = usage.lines().count() + parties.lines().count();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().lines().count(),
        lines,
        "an archive is told by its first bytes too"
    );
}

#[test]
fn a_gzip_bomb_costs_itself() {
    let bomb = gz(&vec![b' '; 64 << 20]);
    let limit = format!("decompresses to more than 500 times its {} bytes", bomb.len());
    assert_eq!(decoded("b.json.gz", &bomb), format!("tidewaiter: b.json.gz:1: too_large: {limit}\n"));
    let archive = tar(&[("a.ndjson", TICK.as_bytes()), ("b.json.gz", &bomb), ("c.ndjson", TICK.as_bytes())]);
    assert_eq!(decoded("b.tar", &archive), format!("tidewaiter: b.tar!b.json.gz:1: too_large: {limit}\n"));
}
