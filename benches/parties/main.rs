//! How fast it is told who stands behind accounts, and told again once an edge has changed.
//!
//! In: nothing. Out: one table. A million parties, two million edges among them and a million accounts; every question is
//! that of the engine: the chain, the owner, who holds the customer and how much of it the owner has. Nothing here fails
//! because a figure is poor.
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

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use tidewaiter::model::{AccountId, EventTime, Fact};
use tidewaiter::parties::Parties;

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Edges that are changed, one after the other.
const CHANGES: usize = 2_001;

fn main() {
    println!("{}", machine::told());
    let (mut parties, mut cards) = (Parties::default(), world::cards());
    let (mut count, mut loading) = (0, Duration::ZERO);
    // Only a few of the cards are there at one time, so that what is resident is what parties hold.
    loop {
        let some: Vec<Fact> = cards.by_ref().take(10_000).collect();
        if some.is_empty() {
            break;
        }
        count += some.len();
        let began = Instant::now();
        some.iter().for_each(|card| parties.put(card));
        loading += began.elapsed();
    }
    println!("time in which others had the core until here: {:?}", machine::waited());
    println!("{count} cards put in {loading:.2?}; {:.0} MiB resident", machine::resident() / 1_048_576.0);

    let waited = machine::waited();
    let mut of = [Duration::ZERO; 3];
    let (mut hops, mut holders) = (0, 0);
    for account in (0..world::ACCOUNTS).map(world::account_id) {
        let told = resolve(&parties, &account, &mut of);
        (hops, holders) = (hops + told.0, holders + told.1);
    }
    let all: Duration = of.iter().sum();
    println!(
        "{} accounts resolved on one core in {all:.2?}: chains {:.2?} with {hops} hops, owners {:.2?}, stakes {:.2?} with {holders} holders; others had the core for {:?}",
        world::ACCOUNTS,
        of[0],
        of[1],
        of[2],
        machine::waited() - waited,
    );

    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let took = resolve_in(threads, &parties);
    println!(
        "the same in as many threads as there are cores, as shards do: {took:.2?} (target 5 s; {threads} threads)"
    );

    let mut took = Vec::new();
    let mut most = 0;
    for edge in world::changes(CHANGES) {
        let began = Instant::now();
        let mut touched: BTreeSet<AccountId> = parties.touched(&edge);
        parties.put(&edge);
        touched.extend(parties.touched(&edge));
        touched.iter().for_each(|account| _ = black_box(resolve(&parties, account, &mut of)));
        took.push(began.elapsed());
        most = most.max(touched.len());
    }
    took.sort();
    let at = |share: usize| took[took.len() * share / 1_000];
    println!(
        "an edge changed and every account it touches resolved again: p50 {:.1?} (target 1 ms), p90 {:.1?}, p99 {:.1?}, most {:.1?} ({most} accounts)",
        at(500),
        at(900),
        at(990),
        took[took.len() - 1],
    );
}

/// How long it takes until each thread has resolved its part of the accounts.
fn resolve_in(threads: usize, parties: &Parties) -> Duration {
    let part = world::ACCOUNTS.div_ceil(u32::try_from(threads).unwrap());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for first in (0..world::ACCOUNTS).step_by(part as usize) {
            let accounts = first..world::ACCOUNTS.min(first + part);
            scope.spawn(move || {
                let mut of = [Duration::ZERO; 3];
                accounts.map(world::account_id).for_each(|account| _ = black_box(resolve(parties, &account, &mut of)));
            });
        }
    });
    began.elapsed()
}

/// Hops of the chain, and holders of the customer; adds to what each question took.
fn resolve(parties: &Parties, account: &AccountId, of: &mut [Duration; 3]) -> (usize, usize) {
    let at = EventTime::from_seconds(1_772_409_600).unwrap();
    let began = Instant::now();
    let chain = black_box(parties.chain(account, &[], at));
    of[0] += began.elapsed();
    let Some(customer) = &chain.customer else { return (chain.hops.len(), 0) };
    let began = Instant::now();
    let owner = black_box(parties.owner(customer, at));
    of[1] += began.elapsed();
    let began = Instant::now();
    let holdings = parties.holdings(customer, at);
    black_box(holdings.stake_of(&owner.party));
    black_box(holdings.together(&BTreeSet::from([owner.party])));
    of[2] += began.elapsed();
    (chain.hops.len(), holdings.holders().count())
}
