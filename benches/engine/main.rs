//! How fast the engine folds facts, what it remembers them in, and how long a snapshot holds it up.
//!
//! In: names of scenarios, or none for all. Out: one table. Every scenario runs in a process of its own, so that the memory
//! read is that of the scenario, and answers with figures by name. Nothing here fails because a figure is poor.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a bench measures time, prints, and may stop at anything unexpected"
)]

mod books;
mod crowd;
mod facts;
mod machine;
mod random;
mod run;
mod scenarios;
mod size;
mod stream;
mod table;

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a scenario found, by name.
type Figures = BTreeMap<String, f64>;

fn main() -> ExitCode {
    // Cargo says `--bench` to every bench.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--one", name] => one(name),
        _ => all(&words),
    }
}

/// The child: runs one scenario and says its figures.
fn one(name: &str) -> ExitCode {
    let Some(scenario) = scenarios::find(name) else { return ExitCode::from(2) };
    for (key, value) in (scenario.run)() {
        println!("{key}\t{value}");
    }
    ExitCode::SUCCESS
}

/// The parent: runs each scenario asked for in a process of its own, and prints the table.
fn all(words: &[String]) -> ExitCode {
    let full = words.iter().any(|word| word == "--full");
    let names: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "--full").collect();
    if let Some(unknown) = names.iter().find(|name| !scenarios::is_known(name)) {
        eprintln!("no scenario {unknown}; there are: {}", scenarios::names().join(" "));
        return ExitCode::from(2);
    }
    let asked = |scenario: &&scenarios::Scenario| {
        let named = names.iter().any(|name| scenario.name.starts_with(name));
        (names.is_empty() || named) && (full || !scenario.large)
    };
    let mut figures = Figures::new();
    for scenario in scenarios::ALL.iter().filter(asked) {
        eprintln!("{} …", scenario.name);
        let runs = (0..scenario.runs).filter_map(|_| in_a_process(scenario.name));
        match runs.max_by(|a, b| rate(a, scenario.name).total_cmp(&rate(b, scenario.name))) {
            Some(found) => figures.extend(found),
            None => eprintln!("{} did not finish", scenario.name),
        }
    }
    table::print(&figures);
    ExitCode::SUCCESS
}

/// The figure that bears the scenario's name, if any does.
fn rate(figures: &Figures, name: &str) -> f64 {
    figures.get(name).copied().unwrap_or_default()
}

fn in_a_process(name: &str) -> Option<Figures> {
    let own = std::env::current_exe().ok()?;
    let output = Command::new(own).args(["--one", name]).stderr(Stdio::inherit()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    text.lines()
        .map(|line| line.split_once('\t').and_then(|(key, value)| Some((key.into(), value.parse().ok()?))))
        .collect()
}
