//! An engine under measurement: facts in batches, time as ticks, clocks that run only while the engine works.

use std::time::{Duration, Instant};

use tidewaiter::engine::{Engine, Fate, Rulebook};
use tidewaiter::model::{Fact, Position, Text};

use super::facts;
use super::machine;
use super::stream::Batch;

/// Facts in a minute of event time: 300 a second.
pub const A_MINUTE: u64 = 18_000;
/// Facts made before the clock starts: few enough to weigh little beside what the engine holds.
const BATCH: u64 = 2_000;

/// Time spent, and of it the time spent waiting for a core.
#[derive(Clone, Copy, Default)]
pub struct Clock {
    pub spent: Duration,
    waited: Duration,
}

impl Clock {
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (waited, begun) = (machine::waited(), Instant::now());
        let done = work();
        self.spent += begun.elapsed();
        self.waited += machine::waited().saturating_sub(waited);
        done
    }

    /// Share of the time in which others had the core.
    pub fn waited(&self) -> f64 {
        self.waited.as_secs_f64() / self.spent.as_secs_f64().max(1e-9)
    }

    pub fn plus(self, other: Self) -> Self {
        Self { spent: self.spent + other.spent, waited: self.waited + other.waited }
    }
}

/// An engine and its clocks.
pub struct Run {
    pub engine: Engine,
    /// Event time, in seconds.
    pub now: i64,
    /// Facts taken in since the clocks were set back.
    pub facts: u64,
    pub applying: Clock,
    pub publishing: Clock,
    pub changes: u64,
    ticks: u64,
}

impl Run {
    /// One shard, whose time has begun.
    pub fn new(book: Rulebook) -> Self {
        let (applying, publishing) = (Clock::default(), Clock::default());
        let now = facts::BEGIN;
        let mut run = Self { engine: Engine::new(book), now, facts: 0, applying, publishing, changes: 0, ticks: 0 };
        run.tick();
        run
    }

    pub fn set_back(&mut self) {
        (self.applying, self.publishing, self.facts, self.changes) = (Clock::default(), Clock::default(), 0, 0);
    }

    /// Takes in so many facts at the usual rate, or a little under it; a tick each minute.
    pub fn fold(&mut self, count: u64, mut next: impl FnMut(i64) -> (Position, Fact)) {
        self.fold_in(count, count.div_ceil(A_MINUTE), 60, &mut next);
    }

    /// Takes in so many facts, spread evenly over so many ticks of so many seconds.
    pub fn fold_in(&mut self, count: u64, ticks: u64, every: u64, next: &mut impl FnMut(i64) -> (Position, Fact)) {
        let begun = self.now;
        let after = |seconds: u64| begun + i64::try_from(seconds).unwrap();
        let mut done = 0;
        for tick in 1..=ticks {
            let until = count * tick / ticks;
            while done < until {
                let size = BATCH.min(until - done);
                let batch = (done..done + size).map(|n| next(after(n * ticks * every / count))).collect();
                self.apply(batch);
                done += size;
            }
            self.now = after(tick * every);
            self.tick();
        }
    }

    /// Takes a batch in.
    pub fn apply(&mut self, batch: Batch) {
        self.facts += batch.len() as u64;
        let engine = &mut self.engine;
        self.applying.time(|| {
            for (position, fact) in batch {
                engine.apply(&position, fact);
            }
        });
    }

    /// Event time has reached now, and what holds is published.
    pub fn tick(&mut self) {
        self.ticks += 1;
        let position = Position { source: Text::new_static("clock"), at: self.ticks };
        let (engine, time) = (&mut self.engine, facts::instant(self.now));
        let changes = self.publishing.time(|| {
            engine.apply(&position, Fact::Tick(time));
            engine.publish()
        });
        self.changes += changes.len() as u64;
    }

    /// Time spent in all.
    pub fn clock(&self) -> Clock {
        self.applying.plus(self.publishing)
    }

    /// Nanoseconds a fact cost, ticks and publishing included.
    pub fn per_fact(&self) -> f64 {
        self.clock().spent.as_secs_f64() * 1e9 / self.facts as f64
    }

    /// Share of the facts that said what was known.
    pub fn duplicates(&self) -> f64 {
        let fates = self.engine.fates();
        let of = |wanted: Fate| fates.iter().filter(|((_, fate), _)| *fate == wanted).map(|(_, n)| *n).sum::<u64>();
        of(Fate::Duplicate) as f64 / fates.values().sum::<u64>() as f64
    }
}
