//! Threads as the engine's hands.
//!
//! In: jobs. Out: all of them done, at the same time as far as there are processors. It refuses to know what they are.

use std::num::NonZeroUsize;
use std::thread;

use crate::engine::{Hands, Job};

/// So many threads, one of them that which asks.
#[derive(Clone, Copy, Debug)]
pub struct Threads(pub NonZeroUsize);

impl Hands for Threads {
    fn count(&self) -> usize {
        self.0.get()
    }

    fn work(&self, jobs: Vec<Job<'_>>) {
        thread::scope(|scope| {
            let mut jobs = jobs.into_iter();
            let own = jobs.next();
            jobs.for_each(|job| _ = scope.spawn(job));
            own.into_iter().for_each(|job| job());
        });
    }
}
