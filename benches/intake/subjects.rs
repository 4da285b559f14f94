//! What is run: our command, and others beside it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::bills;
use super::files::Files;

pub struct Subject {
    pub name: &'static str,
    pub against: Option<&'static str>,
    /// How much is read, in sizes of the log as lines.
    pub times: f64,
    pub rounds: usize,
    /// Does it; most memory it held at any time, in KiB, where that is asked for and told.
    pub act: Box<dyn Fn(Asked) -> u64>,
}

/// What a run is for. To ask for the memory of a process again and again takes time of its own.
#[derive(Clone, Copy)]
pub enum Asked {
    Time,
    Memory,
}

const WC: &str = "wc -l";
const ALONE: &str = "tidewaiter, lines";
const WC_TWICE: &str = "wc -l twice at once, a file each";
const TWICE: &str = "tidewaiter twice at once, a file each";
const INFLATE: &str = "inflate alone, lines.gz";
const INFLATE_LISTS: &str = "inflate alone, lists.gz";
const ONE: &str = "tidewaiter, two files, one worker";
const CSV: &str = "every cell, CSV";
const PARQUET: &str = "every cell, Parquet";
const RG: &str = "ripgrep, the same names";
const JQ: &str = "jq, select by name";
const DUCK: &str = "DuckDB, typed scan, one thread";

/// Which of the others are not installed.
pub fn missing() -> Vec<&'static str> {
    let there = |program: &str, words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let all =
        [(RG, "rg", vec!["--version"]), (JQ, "jq", vec!["--version"]), (DUCK, "python3", vec!["-c", "import duckdb"])];
    all.into_iter().filter(|(_, program, words)| !there(program, words)).map(|(name, ..)| name).collect()
}

pub fn all(files: &Files) -> Vec<Subject> {
    let ours = |name, against, path: &Path, words: &[&str]| {
        let (path, words): (_, Vec<String>) = (path.to_owned(), words.iter().map(|word| (*word).to_owned()).collect());
        Subject {
            name,
            against: Some(against),
            times: 1.0,
            rounds: super::ROUNDS,
            act: Box::new(move |asked| replay(&path, &words, asked)),
        }
    };
    let theirs = |name, against, rounds, program: &'static str, words: Vec<String>| Subject {
        name,
        against,
        times: 1.0,
        rounds,
        act: Box::new(move |asked| quietly(Command::new(program).args(&words), asked)),
    };
    let bare = |name, path: &Path| {
        let path = path.to_owned();
        Subject { name, against: None, times: 1.0, rounds: super::ROUNDS, act: Box::new(move |_| inflate(&path)) }
    };
    let bill = |subject: Subject| Subject { times: files.bill_size, ..subject };
    let scan = |name, path: &Path, act: fn(&Path) -> u64| {
        let path = path.to_owned();
        bill(Subject { name, against: None, times: 1.0, rounds: super::ROUNDS, act: Box::new(move |_| act(&path)) })
    };
    let other = |subject: Subject| Subject { times: 0.2, ..subject };
    let [lines, google, azure] =
        [&files.lines, &files.google, &files.azure].map(|path| path.to_str().unwrap().to_owned());
    // What two of anything gain on these two cores, which share their memory and perhaps more.
    let at_once = |name, against, command: fn(&Path) -> Command| {
        let halves = files.each_half();
        Subject {
            name,
            against: Some(against),
            times: 1.0,
            rounds: super::ROUNDS,
            act: Box::new(move |asked| together(&halves, command, asked)),
        }
    };
    let alone = ["--workers", "1"];
    let sightings = ["--workers", "1", "--config", files.all_sightings.to_str().unwrap()];
    let names = r#""eventName":"(RunInstances|CreateFleet|RequestSpotInstances|StartInstances|StopInstances|TerminateInstances|CreateTrainingJob|InvokeModel)""#;
    let query = format!(
        "import duckdb; c = duckdb.connect(); c.execute('SET threads = 1'); print(c.execute(\"SELECT count(*) FROM read_ndjson('{lines}', columns = {{eventName: 'VARCHAR', eventSource: 'VARCHAR', recipientAccountId: 'VARCHAR', eventTime: 'VARCHAR'}}) WHERE eventName = 'RunInstances'\").fetchall())"
    );
    let mut all = vec![
        theirs(WC, None, super::ROUNDS, "wc", vec!["-l".into(), lines.clone()]),
        ours(ALONE, WC, &files.lines, &alone),
        ours("tidewaiter, lines, sightings: all", WC, &files.lines, &sightings),
        ours("tidewaiter, lists of records", WC, &files.lists, &alone),
        bare(INFLATE, &files.lines_gz),
        ours("tidewaiter, lines.gz", INFLATE, &files.lines_gz, &alone),
        bare(INFLATE_LISTS, &files.lists_gz),
        ours("tidewaiter, lists.gz", INFLATE_LISTS, &files.lists_gz, &alone),
        ours(ONE, WC, &files.halves, &alone),
        ours("tidewaiter, two files, two workers", ONE, &files.halves, &["--workers", "2"]),
        ours("tidewaiter, one file, two workers", ALONE, &files.lines, &["--workers", "2"]),
        at_once(TWICE, ONE, |half| replaying(half, &["--workers", "1"])),
        at_once(WC_TWICE, WC, |half| {
            let mut command = Command::new("wc");
            command.arg("-l").arg(half);
            command
        }),
        other(theirs("wc -l, Google's audit log", None, super::ROUNDS, "wc", vec!["-l".into(), google])),
        other(ours("tidewaiter, Google's audit log", "wc -l, Google's audit log", &files.google, &alone)),
        other(theirs("wc -l, Azure's activity log", None, super::ROUNDS, "wc", vec!["-l".into(), azure])),
        other(ours("tidewaiter, Azure's activity log", "wc -l, Azure's activity log", &files.azure, &alone)),
        scan(CSV, &files.bill, bills::scan_csv),
        bill(ours("tidewaiter, bill as CSV", CSV, &files.bill, &alone)),
        scan(PARQUET, &files.bill_packed, bills::scan_parquet),
        bill(ours("tidewaiter, bill as Parquet", PARQUET, &files.bill_packed, &alone)),
        theirs(RG, Some(ALONE), 2, "rg", vec!["-c".into(), names.into(), lines.clone()]),
        theirs(DUCK, Some(ALONE), 2, "python3", vec!["-c".into(), query]),
        theirs(JQ, Some(ALONE), 1, "jq", vec!["-c".into(), "select(.eventName == \"RunInstances\")".into(), lines]),
    ];
    let missing = missing();
    all.retain(|subject| !missing.contains(&subject.name));
    all
}

fn replay(path: &Path, words: &[String], asked: Asked) -> u64 {
    quietly(&mut replaying(path, words), asked)
}

fn replaying(path: &Path, words: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
    command.arg("replay").arg(path).args(words);
    command
}

/// Runs a command for each file, all at once.
fn together(paths: &[PathBuf], command: fn(&Path) -> Command, asked: Asked) -> u64 {
    std::thread::scope(|scope| {
        let running: Vec<_> =
            paths.iter().map(|path| scope.spawn(move || quietly(&mut command(path), asked))).collect();
        running.into_iter().map(|each| each.join().unwrap()).sum()
    })
}

/// Runs it to its end; most memory it held, if that is asked for, as far as Linux tells while it runs.
fn quietly(command: &mut Command, asked: Asked) -> u64 {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while matches!(asked, Asked::Memory) && child.try_wait().unwrap().is_none() {
        let told = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(most);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let ended = child.wait().unwrap();
    assert!(ended.success(), "{command:?}: {ended}");
    most
}

fn inflate(path: &Path) -> u64 {
    let mut reader =
        flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(256 << 10, File::open(path).unwrap()));
    let mut buffer = vec![0; 256 << 10];
    while reader.read(&mut buffer).unwrap() > 0 {}
    0
}
