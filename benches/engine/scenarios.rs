//! The scenarios, by name.

use std::time::Instant;

use tidewaiter::engine::Engine;

use super::facts::{self, Kind, Random};
use super::run::{A_MINUTE, Clock, Run};
use super::stream::{FEED, Stream};
use super::{Figures, books, crowd, machine, size};

/// One measurement, in a process of its own.
pub struct Scenario {
    pub name: &'static str,
    /// Left out unless everything is asked for.
    pub large: bool,
    /// How often it is run: of several runs the fastest counts, since whoever shares the machine only ever slows it down.
    pub runs: u32,
    pub run: fn() -> Figures,
}

const fn usual(name: &'static str, run: fn() -> Figures) -> Scenario {
    Scenario { name, large: false, runs: 1, run }
}

const fn thrice(name: &'static str, run: fn() -> Figures) -> Scenario {
    Scenario { name, large: false, runs: 3, run }
}

const fn large(name: &'static str, run: fn() -> Figures) -> Scenario {
    Scenario { name, large: true, runs: 1, run }
}

/// Every scenario, in the order of the table.
pub const ALL: &[Scenario] = &[
    thrice("facts-never", facts_never),
    thrice("facts-shipped", facts_shipped),
    usual("size-account-3", || size::account(3)),
    usual("size-account-5", || size::account(5)),
    large("size-account-7", || size::account(7)),
    usual("size-group-3", || size::group(3)),
    usual("size-group-5", || size::group(5)),
    large("size-group-7", || size::group(7)),
    large("size-crowd-3", size::crowd),
    usual("size-window-1-3", || size::window(1, 3)),
    usual("size-window-1-5", || size::window(1, 5)),
    large("size-window-1-7", || size::window(1, 7)),
    usual("size-window-30-3", || size::window(30, 3)),
    usual("size-window-30-5", || size::window(30, 5)),
    large("size-window-30-7", || size::window(30, 7)),
    usual("memory-accounts", memory_accounts),
    usual("memory-ordinary", memory_ordinary),
    usual("memory-lines", memory_lines),
    usual("snapshot", snapshot),
];

/// The scenario of a name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}

/// Whether some scenario's name begins so.
pub fn is_known(name: &str) -> bool {
    ALL.iter().any(|scenario| scenario.name.starts_with(name))
}

/// All names.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|scenario| scenario.name).collect()
}

const ACCOUNTS: u32 = 20_000;
const FACTS: u64 = 2_000_000;
/// Machines that run at a time: ordinary ones, and those with accelerators.
const RUNNING: (u64, u64) = (100_000, 5_000);
const MILLION: u32 = 1_000_000;

fn facts_never() -> Figures {
    feed(Run::new(books::never()), "facts-never")
}

fn facts_shipped() -> Figures {
    let mut run = Run::new(books::shipped());
    let cards = crowd::resellers().into_iter().chain((0..ACCOUNTS).flat_map(crowd::cards));
    let cards: Vec<_> = (0..).map(facts::position_of_card).zip(cards).collect();
    run.apply(cards);
    run.tick();
    let per_card = run.per_fact();
    run.set_back();
    let mut found = feed(run, "facts-shipped");
    found.insert("facts-shipped.card".into(), per_card);
    found
}

fn feed(mut run: Run, name: &str) -> Figures {
    let mut stream = Stream::new(FEED, ACCOUNTS, RUNNING);
    run.fold(FACTS, |now| stream.next(now));
    let key = |what: &str| format!("{name}{what}");
    let publishing = run.publishing.spent.as_secs_f64() / run.clock().spent.as_secs_f64();
    [
        (key(""), 1e9 / run.per_fact()),
        (key(".publishing"), publishing),
        (key(".duplicates"), run.duplicates()),
        (key(".alerts"), run.engine.alerts().count() as f64),
        (key(".changes"), run.changes as f64),
        (key(".resident"), machine::resident()),
        (key(".waited"), run.clock().waited()),
    ]
    .into()
}

/// An engine in which each of a million accounts has started a machine with accelerators.
fn million() -> (Run, Random) {
    let (mut run, mut random) = (Run::new(books::never()), Random(1));
    let mut account = 0;
    run.fold(MILLION.into(), |now| {
        account += 1;
        let time = facts::late(&mut random, now);
        let (_, fact) = facts::start(&mut random, account, Kind::Accelerator, time);
        (facts::position(&mut random, account.into()), fact)
    });
    (run, random)
}

fn memory_accounts() -> Figures {
    let base = machine::resident();
    let (run, _) = million();
    remembered("memory-accounts", base, &run)
}

fn memory_ordinary() -> Figures {
    let base = machine::resident();
    let (mut run, mut random, mut at) = (Run::new(books::never()), Random(1), 0);
    run.fold(10 * u64::from(MILLION), |now| {
        at += 1;
        let time = facts::late(&mut random, now);
        let account = u32::try_from(random.below(100_000)).unwrap();
        let (_, fact) = facts::start(&mut random, account, Kind::Ordinary, time);
        (facts::position(&mut random, at), fact)
    });
    remembered("memory-ordinary", base, &run)
}

/// A hundred hours of each of ten machines of each of a thousand accounts.
fn memory_lines() -> Figures {
    let (mut run, mut random) = (Run::new(books::never()), Random(1));
    let kind = |n: u32| if n % 10 < 2 { Kind::Accelerator } else { Kind::Ordinary };
    let machines: Vec<_> =
        (0..10_000).map(|n| facts::start(&mut random, n / 10, kind(n), facts::BEGIN - 500_000).0).collect();
    let base = machine::resident();
    let mut at: u32 = 0;
    run.fold(MILLION.into(), |_| {
        let machine = machines[at as usize % machines.len()];
        let hour = facts::BEGIN / 3_600 - 100 + i64::from(at / 10_000);
        at += 1;
        (facts::position(&mut random, at.into()), facts::billed(&mut random, &machine, hour))
    });
    remembered("memory-lines", base, &run)
}

fn remembered(name: &str, base: f64, run: &Run) -> Figures {
    let key = |what: &str| format!("{name}{what}");
    [
        (key(""), machine::resident()),
        (key(".most"), machine::most_resident()),
        (key(".own"), machine::resident() - base),
        (key(".rate"), 1e9 / run.per_fact()),
        (key(".waited"), run.clock().waited()),
    ]
    .into()
}

fn snapshot() -> Figures {
    let (mut run, mut random) = million();
    let mut hold = Clock::default();
    let snapshot = hold.time(|| run.engine.snapshot());
    let with_both = machine::resident();
    // Facts of accounts that are there, and the longest that any single one of them is held up.
    let (mut apply, mut tick) = (0.0_f64, 0.0_f64);
    for minute in 0..6 {
        let mut one = |n| {
            let account = u32::try_from(random.below(MILLION.into())).unwrap();
            let time = facts::late(&mut random, run.now);
            let (_, fact) = facts::start(&mut random, account, Kind::Accelerator, time);
            (facts::position(&mut random, u64::from(MILLION) + minute * A_MINUTE + n), fact)
        };
        for (position, fact) in (1..=A_MINUTE).map(&mut one).collect::<Vec<_>>() {
            let begun = Instant::now();
            run.engine.apply(&position, fact);
            apply = apply.max(begun.elapsed().as_secs_f64());
        }
        let before = run.publishing.spent;
        run.now += 60;
        run.tick();
        tick = tick.max((run.publishing.spent - before).as_secs_f64());
    }
    drop(run);
    let mut restoring = Clock::default();
    let book = books::never();
    let mut engine = restoring.time(|| Engine::restore(book, snapshot, Vec::new()).unwrap());
    let restored = restoring.spent.as_secs_f64();
    restoring.time(|| engine.publish());
    [
        ("snapshot.hold", hold.spent.as_secs_f64()),
        ("snapshot.apply", apply),
        ("snapshot.tick", tick),
        ("snapshot.restore", restoring.spent.as_secs_f64()),
        ("snapshot.restored", restored),
        ("snapshot.resident", with_both),
        ("snapshot.waited", hold.plus(restoring).waited()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}
