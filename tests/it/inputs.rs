//! What is named as input, as a user names it: files, patterns, archives; and what is wrong with them costs nothing else.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

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

#[test]
fn a_gzip_file_cut_off_gives_what_is_there_and_one_reject() {
    let mut bytes = gz(TICK.repeat(3).as_bytes());
    bytes.truncate(bytes.len() - 9);
    assert_eq!(decoded("b.ndjson.gz", &bytes), "tidewaiter: b.ndjson.gz:4: unreadable: incomplete deflate stream\n");
}

#[test]
fn json_ten_thousand_deep_costs_its_own_line() {
    let deep = format!("{TICK}{}1{}\n{TICK}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    assert_eq!(
        decoded("b.ndjson", deep.as_bytes()),
        "tidewaiter: b.ndjson:2: too_deep: a record is nested deeper than 100\n"
    );
    let lists = format!("{TICK}{}{}\n{TICK}", "{\"a\":[".repeat(10_000), "]}".repeat(10_000));
    assert_eq!(
        decoded("b.ndjson", lists.as_bytes()),
        "tidewaiter: b.ndjson:2: too_deep: a record is nested deeper than 100\n"
    );
}

#[test]
fn bytes_that_are_no_utf_8_cost_their_own_line() {
    let bytes = [TICK.as_bytes(), b"{\"type\":\"tick\",\"time\":\"\xff\"}\n", TICK.as_bytes()].concat();
    assert_eq!(
        decoded("b.ndjson", &bytes),
        "tidewaiter: b.ndjson:2: malformed_json: invalid utf-8 sequence of 1 bytes from index 23\n"
    );
}

/// Greatest memory of a process so far, in KiB.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// `TIDEWAITER_LINE_MIB=2048` makes the line as long as two gigabytes.
#[cfg(target_os = "linux")]
#[test]
fn an_endless_line_costs_itself_and_little_memory() {
    let mib: usize = std::env::var("TIDEWAITER_LINE_MIB").map_or(300, |mib| mib.parse().unwrap());
    let dir = folder(&[]);
    let mut child = command(dir.path(), &["decode", "-"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let piece = vec![b'a'; 1 << 20];
    input.write_all(format!("{TICK}{{\"a\":\"").as_bytes()).unwrap();
    (0..mib).for_each(|_| input.write_all(&piece).unwrap());
    let peak = peak(child.id());
    input.write_all(format!("\"}}\n{TICK}").as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert_eq!(text(output.stdout).lines().count(), 2);
    assert_eq!(text(output.stderr), "tidewaiter: stdin:2: too_large: a record has more than 4194304 bytes\n");
    println!("a line of {mib} MiB: at most {peak} KiB of memory");
    assert!(peak < 64 << 10, "{peak} KiB");
}

#[test]
fn a_file_that_vanishes_while_others_are_read_does_not_hide_them() {
    let dir = folder(&[("gone.ndjson", TICK), ("z.ndjson", TICK)]);
    let mut child = command(dir.path(), &["replay", "--workers", "1", "-", "gone.ndjson", "z.ndjson"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe and what reads it hold: when all of it was taken, everything is listed.
    input.write_all(TICK.repeat(20_000).as_bytes()).unwrap();
    fs::remove_file(dir.path().join("gone.ndjson")).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text(output.stderr), "tidewaiter: cannot read gone.ndjson: No such file or directory (os error 2)\n");
    assert!(text(output.stdout).contains("sources   2 read"));
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_read_does_not_hide_the_others() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder(&[("logs/a/a.ndjson", TICK), ("logs/b/b.ndjson", TICK)]);
    let closed = dir.path().join("logs/a");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o0)).unwrap();
    let is_bound = fs::read_dir(&closed).is_err();
    let ended = run_in(dir.path(), &["replay", "logs"]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    if !is_bound {
        println!(
            "SKIPPED (who runs this may read everything): a_directory_that_may_not_be_read_does_not_hide_the_others"
        );
        return;
    }
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (3, "tidewaiter: cannot read logs/a: Permission denied (os error 13)\n")
    );
    assert!(ended.out.contains("sources   1 read"), "{}", ended.out);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_are_told_and_cost_nothing_else() {
    let dir = folder(&[("logs/b.ndjson", TICK)]);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
    link("nowhere", "logs/dangling.ndjson");
    link("loop.ndjson", "logs/loop.ndjson");
    link(".", "logs/round");
    link("loop", "loop");
    let ended = run_in(dir.path(), &["replay", "logs", "loop", "loop/*.ndjson"]);
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (
            3,
            "tidewaiter: cannot read loop: Too many levels of symbolic links (os error 40)\n\
             tidewaiter: cannot read loop: Too many levels of symbolic links (os error 40)\n"
        )
    );
    for told in [
        "sources   1 read, 3 skipped",
        "skipped logs/dangling.ndjson: not a file",
        "skipped logs/loop.ndjson: not a file",
        "skipped logs/round: a link to a directory",
    ] {
        assert!(ended.out.contains(told), "{told}: {}", ended.out);
    }
}

/// A bill as Parquet: rows that matter here and there, and a column that makes it large.
fn bill(path: &Path, groups: usize, rows: usize) {
    let names = [
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "ConsumedQuantity",
        "ConsumedUnit",
        "ChargeCategory",
        "ProviderName",
        "BillingAccountId",
        "SubAccountId",
        "BilledCost",
        "BillingCurrency",
        "SkuPriceDetails",
        "ChargeDescription",
    ];
    let columns: String = names.iter().map(|name| format!("required binary {name} (UTF8);\n")).collect();
    let schema = Arc::new(parse_message_type(&format!("message bill {{ {columns} }}")).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_dictionary_enabled(false).build());
    let mut writer = SerializedFileWriter::new(fs::File::create(path).unwrap(), schema, properties).unwrap();
    for group in 0..groups {
        let mut out = writer.next_row_group().unwrap();
        for name in names {
            let cell = |row: usize| match name {
                "ChargePeriodStart" => "2024-06-03T10:00:00Z".to_owned(),
                "ChargePeriodEnd" => "2024-06-03T11:00:00Z".to_owned(),
                "ConsumedQuantity" | "BilledCost" => "1".to_owned(),
                "ConsumedUnit" => "Hours".to_owned(),
                "ChargeCategory" => "Usage".to_owned(),
                "ProviderName" => "AWS".to_owned(),
                "BillingAccountId" | "SubAccountId" => "111122223333".to_owned(),
                "BillingCurrency" => "USD".to_owned(),
                "SkuPriceDetails" if row == 7 => "{\"InstanceType\":\"p5.48xlarge\"}".to_owned(),
                "SkuPriceDetails" => String::new(),
                _ => format!("{group}/{row} {}", "once more ".repeat(200)),
            };
            let cells: Vec<ByteArray> = (0..rows).map(|row| cell(row).as_str().into()).collect();
            let mut column = out.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&cells, None, None).unwrap();
            column.close().unwrap();
        }
        out.close().unwrap();
    }
    writer.close().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_table_by_columns_is_read_where_it_lies_and_not_held() {
    let dir = folder(&[]);
    bill(&dir.path().join("bill.parquet"), 5, 5_000);
    let size = fs::metadata(dir.path().join("bill.parquet")).unwrap().len();
    assert!(size > 48 << 20, "{size}");
    let without = memory_behind(dir.path(), &[], "records   20000 read");
    let with = memory_behind(dir.path(), &["bill.parquet"], "records   45000 read = 20005 relevant");
    println!("a table of {} MiB: {with} KiB of memory at most, {without} KiB without it", size >> 20);
    assert!(with < without + (24 << 10), "{with} KiB, {without} KiB without it");
}

/// Greatest memory of a replay that has read these files, in KiB; it is looked at when it reads its standard input behind them.
#[cfg(target_os = "linux")]
fn memory_behind(dir: &Path, files: &[&str], told: &str) -> u64 {
    let arguments = [&["replay", "--workers", "1"], files, &["-"]].concat();
    let mut child = command(dir, &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe and what reads it hold.
    input.write_all(TICK.repeat(20_000).as_bytes()).unwrap();
    let peak = peak(child.id());
    drop(input);
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains(told), "{out}");
    peak
}
