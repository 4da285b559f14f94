//! Bad files as a user meets them: every problem of every file in one run, one line each, exit 2 and nothing on stdout;
//! input that cannot be read costs nothing else, and exit 3.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::binary::{command, folder, root, run, run_in};

/// Bad files, as they lie in `tests/bad`.
fn bad(name: &str) -> String {
    fs::read_to_string(root().join("tests/bad").join(name)).unwrap()
}

/// What `check` says of settings beside these files of `tests/bad`.
fn check(settings: &str, files: &[&str]) -> String {
    let dir = folder(&[("settings.yaml", settings)]);
    for file in files {
        fs::write(dir.path().join(file), bad(file)).unwrap();
    }
    refused(dir.path(), &["check", "--config", "settings.yaml"])
}

/// What a run says that must be refused as bad usage or configuration.
fn refused(dir: &Path, arguments: &[&str]) -> String {
    let ended = run_in(dir, arguments);
    assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {}", ended.err);
    ended.err
}

fn refused_rule(name: &str) -> String {
    refused(&root().join("tests/bad"), &["test", name])
}

const WRONG_TYPE: &str = "\
rule wrong-type (rule-wrong-type.yaml:12:8): where: needs a number, got text
rule wrong-type (rule-wrong-type.yaml:14:9): having: needs true or false, got a number
";

const SKUS: &str = "\
skus.csv:4:5: aws P5.48xlarge stands here twice, first on line 2
skus.csv:5:17: aws p6.48xlarge names chip \"B9000\", which is not in the table
";

const LIST: &str = "\
list.yaml:6:10: as_of must be a day such as 2024-03-01, got \"2023-02-30\"
list.yaml:7:3: list has no key \"colour\"
entry harbour (list.yaml:11:11): from must be a day such as 2024-03-01, got \"2023-02-30\"
entry harbour (list.yaml:12:5): entry has no key \"nickname\"
";

#[test]
fn unknown_keys_of_settings_are_all_told() {
    assert_eq!(
        check("colour: red\nlimits: {depth: 3, breadth: 2}\n", &[]),
        "settings.yaml:1:1: settings has no key \"colour\"\nsettings.yaml:2:20: limits has no key \"breadth\"\n"
    );
}

#[test]
fn a_word_that_is_no_choice_of_sightings_is_told() {
    assert_eq!(
        check("sightings: listed\n", &[]),
        "settings.yaml:1:12: sightings must be relevant or all, got \"listed\"\n"
    );
}

#[test]
fn settings_that_are_no_mapping_or_no_yaml_are_told() {
    assert_eq!(check("- a\n", &[]), "settings.yaml:1:1: settings must be a mapping, got a list\n");
    assert_eq!(
        check("lists: list.yaml\n", &["list.yaml"]),
        "settings.yaml:1:8: lists must be a list, got \"list.yaml\"\n"
    );
    let said = check("lists: [b\n", &[]);
    assert!(said.starts_with("settings.yaml:2:1: not YAML: ") && said.lines().count() == 1, "{said}");
}

#[test]
fn unknown_keys_and_impossible_days_of_a_case_are_told_by_replay_and_test() {
    for command in ["replay", "test"] {
        let dir = root().join("tests/bad");
        assert_eq!(
            refused(&dir, &[command, "case-unknown-keys"]),
            "case-unknown-keys/case.yaml:2:1: case has no key \"untill\"\n\
             case-unknown-keys/case.yaml:3:1: case has no key \"list\"\n"
        );
        assert_eq!(
            refused(&dir, &[command, "case-impossible-date"]),
            "case-impossible-date/case.yaml:2:8: until must be a time such as 2024-09-01T00:00:00Z, \
             got \"2023-02-30T00:00:00Z\"\n"
        );
    }
}

#[test]
fn every_bad_case_below_a_folder_is_told() {
    let said = refused(&root().join("tests"), &["test", "bad"]);
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(
        said.contains("case-impossible-date/case.yaml:2:8: ") && said.contains("case-unknown-keys/case.yaml:3:1: ")
    );
}

#[test]
fn unknown_keys_of_a_rule_are_all_told() {
    assert_eq!(
        refused_rule("rule-unknown-keys.yaml"),
        "rule unknown-keys (rule-unknown-keys.yaml:16:1): a rule has no key \"severety\"\n\
         rule unknown-keys (rule-unknown-keys.yaml:17:1): a rule has no key \"wherever\"\n"
    );
}

#[test]
fn an_impossible_day_of_a_basis_is_told() {
    assert_eq!(
        refused_rule("rule-impossible-date.yaml"),
        "rule impossible-date (rule-impossible-date.yaml:7:11): from must be a day such as 2023-11-17, got \"2023-02-30\"\n"
    );
}

#[test]
fn a_condition_that_ends_too_early_is_told_with_line_and_column() {
    assert_eq!(
        refused_rule("rule-broken-condition.yaml"),
        "rule broken-condition (rule-broken-condition.yaml:12:28): where: the expression ends too early\n"
    );
}

#[test]
fn an_unknown_name_in_a_condition_is_told_with_the_names_there_are() {
    assert_eq!(
        refused_rule("rule-unknown-name.yaml"),
        "rule unknown-name (rule-unknown-name.yaml:12:43): where: activity has no field \"colour\"; it has provider, \
         region, sku, market, kind, reason, model, operation, gpu_hours, count, tokens\n"
    );
}

#[test]
fn wrong_types_in_both_conditions_of_a_rule_are_told() {
    assert_eq!(refused_rule("rule-wrong-type.yaml"), WRONG_TYPE);
}

#[test]
fn unknown_keys_and_impossible_days_of_a_list_are_told() {
    assert_eq!(check("lists: [list.yaml]\n", &["list.yaml"]), LIST);
}

#[test]
fn unknown_keys_and_impossible_days_of_controls_are_told() {
    assert_eq!(
        check("controls: controls.yaml\n", &["controls.yaml"]),
        "class by-speed (controls.yaml:8:16): effective must be a day such as 2023-11-17, got \"2023-02-30\"\n\
         class by-speed (controls.yaml:10:5): class has no key \"colour\"\n\
         controls.yaml:12:1: controls file has no key \"footnotes\"\n"
    );
}

#[test]
fn unknown_keys_and_impossible_days_of_jurisdictions_are_told() {
    assert_eq!(
        check("jurisdictions: jurisdictions.yaml\n", &["jurisdictions.yaml"]),
        "group D:5 (jurisdictions.yaml:4:5): group has no key \"colour\"\n\
         group D:5 (jurisdictions.yaml:8:20): effective must be a day such as 2023-11-17, got \"2023-02-30\"\n\
         jurisdictions.yaml:10:1: jurisdictions file has no key \"counted\"\n"
    );
}

#[test]
fn a_sku_that_stands_twice_and_a_chip_nobody_knows_are_told() {
    assert_eq!(check("catalogue: {skus: skus.csv}\n", &["skus.csv"]), SKUS);
}

#[test]
fn a_file_that_settings_name_and_nobody_wrote_is_told() {
    assert_eq!(
        check("catalogue: {chips: nope.csv}\n", &[]),
        "cannot read nope.csv: No such file or directory (os error 2)\n"
    );
    assert_eq!(
        refused(root(), &["check", "--config", "nope.yaml"]),
        "cannot read nope.yaml: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_directory_where_a_file_is_meant_is_told() {
    assert_eq!(
        refused(&root().join("tests"), &["check", "--config", "bad"]),
        "cannot read bad: Is a directory (os error 21)\n"
    );
    assert_eq!(check("controls: .\n", &[]), "cannot read .: Is a directory (os error 21)\n");
}

#[test]
fn bytes_that_are_no_utf_8_are_told_with_their_place() {
    let dir = folder(&[("settings.yaml", "lists: [list.yaml]\ncontrols: controls.yaml\n")]);
    fs::write(dir.path().join("list.yaml"), b"list:\n  title: \xc3\xa9t\xe9\n").unwrap();
    fs::write(dir.path().join("controls.yaml"), b"\xff\xfe").unwrap();
    assert_eq!(
        refused(dir.path(), &["check", "--config", "settings.yaml"]),
        "controls.yaml:1:1: not text: these bytes are no UTF-8\nlist.yaml:2:12: not text: these bytes are no UTF-8\n"
    );
}

#[test]
fn several_bad_files_are_told_in_one_run() {
    let settings = "policy: [nope/, rule-wrong-type.yaml]\nlists: [list.yaml, nope.yaml]\ncolour: red\n\
                    catalogue: {skus: skus.csv}\ngeo: {own: nope.csv, table: neither.csv}\n";
    let said = check(settings, &["rule-wrong-type.yaml", "list.yaml", "skus.csv"]);
    for part in [
        "settings.yaml:3:1: settings has no key \"colour\"\n",
        "cannot read nope/: No such file or directory (os error 2)\n",
        "cannot read nope.yaml: No such file or directory (os error 2)\n",
        "cannot read nope.csv: No such file or directory (os error 2)\n",
        "cannot read neither.csv: No such file or directory (os error 2)\n",
        WRONG_TYPE,
        LIST,
        SKUS,
    ] {
        assert!(said.contains(part), "{part}not in\n{said}");
    }
    assert_eq!(said.lines().count(), 13, "nothing else:\n{said}");
}

#[test]
fn a_bad_case_and_the_bad_rule_it_names_are_told_in_one_run() {
    let dir = folder(&[("case.yaml", "title: two wrongs\nuntill: 2024-01-01\npolicy: [rule-wrong-type.yaml]\n")]);
    fs::write(dir.path().join("rule-wrong-type.yaml"), bad("rule-wrong-type.yaml")).unwrap();
    let said = refused(dir.path(), &["replay", "."]);
    assert_eq!(said.replace("./", ""), format!("case.yaml:2:1: case has no key \"untill\"\n{WRONG_TYPE}"));
}

#[test]
fn bad_arguments_are_bad_usage() {
    let said = refused(root(), &["replay", "--until", "nonsense", "tests/replay"]);
    assert_eq!(
        said.lines().next().unwrap(),
        "error: invalid value 'nonsense' for '--until <TIME>': must be a day such as 2024-09-01 or a time such as \
         2024-09-01T00:00:00Z"
    );
    let said = refused(root(), &["replay", "--known-on", "2023-02-30", "tests/replay"]);
    assert_eq!(
        said.lines().next().unwrap(),
        "error: invalid value '2023-02-30' for '--known-on <DATE>': must be a day such as 2024-09-01"
    );
    let said = refused(root(), &["replay", "--colour", "tests/replay"]);
    assert_eq!(said.lines().next().unwrap(), "error: unexpected argument '--colour' found");
    assert!(refused(root(), &["replay"]).starts_with("error: the following required arguments were not provided"));
    refused(root(), &["no-such-command"]);
    refused(root(), &[]);
}

const CASE: &str = "tests/replay/instance-never-stopped";

#[test]
fn an_output_that_cannot_be_written_is_told_before_anything_is_read() {
    for option in ["--alerts", "--risk", "--metrics", "--rejects", "--summary"] {
        assert_eq!(
            refused(root(), &["replay", option, "no/such/folder/out", CASE]),
            "tidewaiter: cannot write no/such/folder/out: No such file or directory (os error 2)\n"
        );
    }
    assert_eq!(
        refused(root(), &["test", "--junit", "tests", CASE]),
        "tidewaiter: cannot write tests: Is a directory (os error 21)\n"
    );
}

#[test]
fn a_missing_input_does_not_hide_the_others() {
    let (input, reference) = (format!("{CASE}/input"), format!("{CASE}/reference"));
    let ended = run(&["replay", "no-such-file", &input, "--reference", &reference]);
    assert_eq!(ended.code, 3);
    assert!(
        ended.out.contains("owner:parent-co") && ended.out.contains("alerts    restricted-parent"),
        "{}",
        ended.out
    );
    assert_eq!(ended.err, "tidewaiter: cannot read no-such-file: No such file or directory (os error 2)\n");

    let ended = run(&["decode", "no-such-file", &input]);
    assert_eq!((ended.code, ended.lines().len()), (3, 2));
}

#[cfg(unix)]
#[test]
fn an_input_that_cannot_be_opened_does_not_hide_the_others() {
    // A link to itself: even a user who may read everything cannot open it.
    let dir = folder(&[("open.ndjson", "")]);
    std::os::unix::fs::symlink("closed.ndjson", dir.path().join("closed.ndjson")).unwrap();
    let ended = run_in(dir.path(), &["replay", "closed.ndjson", "open.ndjson"]);
    assert_eq!(ended.code, 3);
    assert!(ended.out.contains("sources   1 read"), "{}", ended.out);
    assert!(ended.err.contains("closed.ndjson: Too many levels of symbolic links"), "{}", ended.err);
}

#[test]
fn a_reader_that_stops_early_is_no_fault() {
    // More than a pipe holds, so that the program is still writing when nobody listens any more.
    let line = fs::read_to_string(root().join(CASE).join("input/usage.ndjson")).unwrap();
    let dir = folder(&[("many.ndjson", &line.repeat(5_000))]);
    let mut child =
        command(dir.path(), &["decode", "many.ndjson"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(first.contains("capacity_started"));
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}
