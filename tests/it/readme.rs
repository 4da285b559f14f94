//! The README is true: its output is what the command prints, its rule passes its own case.

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");

/// The first block after a fence that begins with `opening`.
fn block(opening: &str) -> &'static str {
    let from = README.find(opening).expect("the block is there") + opening.len();
    let rest = &README[from..];
    &rest[..rest.find("```").expect("the block ends")]
}

fn tidewaiter(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_first_screen_shows_what_the_command_prints() {
    let shown = block("$ cargo run --release -- replay tests/replay/intermediaries-2024\n");
    let printed = tidewaiter(&["replay", "tests/replay/intermediaries-2024"]);
    let mut lines = printed.lines();
    for line in shown.lines().filter(|line| *line != "[…]") {
        assert!(lines.any(|printed| printed == line), "not printed, or not in this order: {line}");
    }
}

#[test]
fn the_rule_shown_passes_its_own_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rule.yaml");
    std::fs::write(&path, block("```yaml\n")).unwrap();
    let path: &Path = &path;
    assert!(tidewaiter(&["test", &path.to_string_lossy()]).contains("cases: 1 passed, 0 failed"));
}

#[test]
fn every_file_the_readme_links_to_is_there() {
    for link in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link}");
    }
}
