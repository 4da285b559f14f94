//! How fast recorded files are read, beside programs everybody has: one table of ratios in one run, on one hot file.
//!
//! In: optionally `--megabytes N` (1,000), and names of rows. Out: the table. A program that is not installed is left out and
//! named. Nothing here fails because a figure is poor.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    unreachable_pub,
    missing_docs,
    reason = "a bench measures time, prints, and may stop at anything unexpected"
)]

mod bills;
mod corpus;
mod files;
mod others;
#[path = "../engine/random.rs"]
mod random;
mod subjects;

use std::time::Instant;

use self::files::Files;
use self::subjects::Asked;

/// How often each is run, in turns, after once for its memory; the fastest counts.
const ROUNDS: usize = 5;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let megabytes =
        words.iter().position(|word| word == "--megabytes").map_or(1_000, |at| words[at + 1].parse().unwrap());
    let files = Files::make(megabytes);
    println!("{}", machine());
    println!(
        "{} CloudTrail records, {} MB as lines, 5 in 1,000 start a machine; fastest of {ROUNDS}, in turns",
        files.records,
        files.bytes / 1_000_000
    );
    let subjects = subjects::all(&files);
    let mut fastest = vec![f64::INFINITY; subjects.len()];
    let memory: Vec<u64> = subjects.iter().map(|subject| (subject.act)(Asked::Memory)).collect();
    for round in 0..ROUNDS {
        for (at, subject) in subjects.iter().enumerate().filter(|(_, subject)| round < subject.rounds) {
            let began = Instant::now();
            (subject.act)(Asked::Time);
            fastest[at] = fastest[at].min(began.elapsed().as_secs_f64());
        }
    }
    println!("{:<44} {:>8} {:>9} {:>9}  against", "", "s", "GB/s", "ratio");
    for (at, subject) in subjects.iter().enumerate() {
        let against = subject.against.and_then(|name| subjects.iter().position(|other| other.name == name));
        let ratio = against
            .map_or(String::new(), |other| format!("{:>6.2} × {}", fastest[other] / fastest[at], subjects[other].name));
        let peak = if memory[at] > 0 { format!("{} MiB", memory[at] / 1_024) } else { String::new() };
        let speed = files.bytes as f64 * subject.times / 1e9 / fastest[at];
        println!("{:<44} {:>8.3} {speed:>9.2}  {ratio:<40} {peak}", subject.name, fastest[at]);
    }
    subjects::missing().iter().for_each(|name| println!("{name} is not installed: left out"));
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": an unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{cores} cores of {}", model.trim_start_matches([' ', '\t', ':']))
}
