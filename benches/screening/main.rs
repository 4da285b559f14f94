//! How many names a second are screened against the published lists.
//!
//! In: the lists in `../shared/data/lists`. Out: one table: how long reading lists and building the index takes, then, for
//! each set of names, how many of them a second are answered, with every hit and how it came about. Nothing here fails
//! because a figure is poor; without the lists it says so and ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a bench measures time, prints, and may stop at anything unexpected"
)]

#[path = "../engine/machine.rs"]
#[allow(dead_code, reason = "shared with the bench of the engine")]
mod machine;
#[path = "../engine/random.rs"]
mod random;
mod world;

use std::fs;
use std::path::Path;
use std::time::Instant;

use tidewaiter::model::Day;
use tidewaiter::parties::{AskedAs, Beside, Entry, EntryKind, Layout, ListFormat, ListSource, Lists};
use tidewaiter::written::Source;

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
/// September 2026.
const ON: Day = Day(20_700);

fn main() {
    if !Path::new(DATA).exists() {
        println!("SKIPPED (no ../shared/data): names screened a second");
        return;
    }
    println!("{}", machine::told());
    let began = Instant::now();
    let lists = lists();
    lists.ready();
    let ready = began.elapsed();
    let names: usize = lists.summary().iter().map(|list| list.names).sum();
    println!(
        "{} lists with {names} names read and their index built in {ready:.2?} (target 2 s); {:.0} MiB resident",
        lists.summary().len(),
        machine::resident() / 1_048_576.0
    );
    for (what, names) in sets(&lists) {
        let mut best = f64::MAX;
        let mut hits = 0;
        let waited = machine::waited();
        for _ in 0..3 {
            let began = Instant::now();
            hits = names.iter().map(|name| lists.ask(name, AskedAs::Organisation, ON).len()).sum();
            best = best.min(began.elapsed().as_secs_f64());
        }
        println!(
            "{what}: {} names with {hits} hits, {:.0} names/s (target 20,000), fastest of three; others had the core for {:?}",
            names.len(),
            names.len() as f64 / best,
            machine::waited() - waited,
        );
    }
}

fn source(file: &str) -> Source {
    Source { name: file.into(), text: fs::read_to_string(format!("{DATA}/lists/{file}")).unwrap().into() }
}

fn lists() -> Lists {
    let files = ["bis_entity_list_2026-07-09.json", "bis_meu_2026-07-09.json", "bis_dpl.txt", "ofac_sdn.csv"];
    let read = |file: &str| {
        let source = source(file);
        let layout = Layout::seen(&source);
        let alternates = if layout == Layout::Ofac { Some(self::source("ofac_alt.csv")) } else { None };
        let format = ListFormat::of(layout, None, Beside { alternates, ..Beside::default() }, None);
        ListSource { source, format }
    };
    Lists::read(&files.map(read)).unwrap()
}

/// The sets of names, each with what it is.
fn sets(lists: &Lists) -> [(&'static str, Vec<String>); 3] {
    let mut pairs = csv::Reader::from_path(format!("{DATA}/screening/pairs_dev.csv")).unwrap();
    let unrelated = pairs.records().map(Result::unwrap).filter(|row| &row[2] == "0").map(|row| row[1].to_owned());
    let organisations = || lists.entries().iter().filter(|entry| entry.kind != EntryKind::Person);
    let names = |entry: &Entry| entry.names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let entity_list: Vec<&str> = organisations()
        .filter(|entry| entry.list.as_str() == "bis-entity-list")
        .flat_map(|entry| &entry.names)
        .map(|name| name.as_str())
        .collect();
    [
        ("customers", world::customers(unrelated)),
        ("listed", world::listed(organisations().flat_map(names))),
        ("recombined", world::recombined(&entity_list)),
    ]
}
