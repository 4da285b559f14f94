//! Streams of facts in the order in which they are read.

use tidewaiter::model::{Fact, Position};

use super::facts::{self, Kind, Machine, Random};

/// What is read, with where.
pub type Batch = Vec<(Position, Fact)>;

/// Which facts, in hundredths; what is left are sightings.
#[derive(Clone, Copy)]
pub struct Mix {
    pub ordinary: u64,
    pub accelerators: u64,
    pub billed: u64,
    pub models: u64,
    /// Of what is read, how much was read before.
    pub again: u64,
}

/// What an audit and a billing feed bring.
pub const FEED: Mix = Mix { ordinary: 60, accelerators: 5, billed: 15, models: 10, again: 21 };
/// Accelerators alone.
pub const ACCELERATORS: Mix = Mix { ordinary: 0, accelerators: 100, billed: 0, models: 0, again: 0 };

/// Facts that wait to be read a second time: about three minutes of them.
const WAITING: usize = 10_000;

/// Facts of many accounts, mixed.
pub struct Stream {
    random: Random,
    mix: Mix,
    accounts: u32,
    ordinary: Pool,
    accelerators: Pool,
    again: Vec<Fact>,
    at: u64,
}

/// Machines that run: about as many as are meant to, once so many were started.
struct Pool {
    kind: Kind,
    meant: u64,
    running: Vec<Machine>,
}

impl Pool {
    fn next(&mut self, random: &mut Random, account: u32, time: i64) -> Fact {
        if random.below(2 * self.meant) < self.running.len() as u64 {
            let at = random.below(self.running.len() as u64);
            let machine = self.running.swap_remove(usize::try_from(at).unwrap());
            return facts::stop(random, &machine, time);
        }
        let (machine, fact) = facts::start(random, account, self.kind, time);
        self.running.push(machine);
        fact
    }

    fn any(&self, random: &mut Random) -> Option<Machine> {
        (!self.running.is_empty()).then(|| random.one_of(&self.running))
    }
}

impl Stream {
    /// Of so many accounts, in which so many machines of either kind run at a time.
    pub fn new(mix: Mix, accounts: u32, (ordinary, accelerators): (u64, u64)) -> Self {
        let pool = |kind, meant| Pool { kind, meant, running: Vec::new() };
        Self {
            random: Random(20_260_302),
            mix,
            accounts,
            ordinary: pool(Kind::Ordinary, ordinary),
            accelerators: pool(Kind::Accelerator, accelerators),
            again: Vec::new(),
            at: 0,
        }
    }

    /// What is read next, at a time.
    pub fn next(&mut self, now: i64) -> (Position, Fact) {
        self.at += 1;
        let position = facts::position(&mut self.random, self.at);
        if self.again.len() > WAITING && self.random.in_hundred(self.mix.again) {
            let at = self.random.below(self.again.len() as u64);
            return (position, self.again.swap_remove(usize::try_from(at).unwrap()));
        }
        let fact = self.fresh(now);
        if self.random.below(100 - self.mix.again) < self.mix.again {
            self.again.push(fact.clone());
        }
        (position, fact)
    }

    fn fresh(&mut self, now: i64) -> Fact {
        let (random, mix) = (&mut self.random, self.mix);
        let time = facts::late(random, now);
        let account = u32::try_from(random.below(self.accounts.into())).unwrap();
        let mut which = random.below(100);
        let mut is = |part: u64| {
            let hit = which < part;
            which = which.saturating_sub(part);
            hit
        };
        if is(mix.ordinary) {
            return self.ordinary.next(random, account, time);
        }
        if is(mix.accelerators) {
            return self.accelerators.next(random, account, time);
        }
        if is(mix.billed) {
            // One line in five bills a machine with accelerators.
            let pool = if random.in_hundred(20) { &self.accelerators } else { &self.ordinary };
            return match pool.any(random) {
                Some(machine) => facts::billed(random, &machine, now / 3_600 - 1),
                None => facts::model(random, account, time),
            };
        }
        if is(mix.models) { facts::model(random, account, time) } else { facts::sighting(random, account, time) }
    }
}
