//! The same asked of many things, by several hands where there are many.
//!
//! In: things, and hands to ask with. Out: the answers, in the order of the things: how many hands there are changes nothing. It
//! refuses to know what is asked, and what a hand is: whoever runs the engine brings them along.

use std::fmt::Debug;

/// With fewer things than these, other hands cost more than they save.
const FEW: usize = 16;

/// What is done once.
pub type Job<'j> = Box<dyn FnOnce() + Send + 'j>;

/// Who does several things, at the same time or not.
pub trait Hands: Debug + Send + Sync {
    /// How many things are done at the same time.
    fn count(&self) -> usize;

    /// Does every job, and comes back when all are done.
    fn work(&self, jobs: Vec<Job<'_>>);
}

/// Does one thing after the other.
#[derive(Clone, Copy, Debug)]
pub struct OneHand;

impl Hands for OneHand {
    fn count(&self) -> usize {
        1
    }

    fn work(&self, jobs: Vec<Job<'_>>) {
        jobs.into_iter().for_each(|job| job());
    }
}

/// Asks each of the things, every asker a run of them.
pub(super) fn each<A: Send, T: Send, R: Send>(
    hands: &dyn Hands,
    askers: &mut [A],
    things: &mut [T],
    ask: impl Fn(&mut A, &mut T) -> R + Sync,
) -> Vec<R> {
    let askers = if things.len() < FEW { askers.get_mut(..1).unwrap_or_default() } else { askers };
    let run = things.len().div_ceil(askers.len().max(1)).max(1);
    let mut runs: Vec<(&mut A, &mut [T], Vec<R>)> = Vec::with_capacity(askers.len());
    runs.extend(askers.iter_mut().zip(things.chunks_mut(run)).map(|(asker, things)| (asker, things, Vec::new())));
    let job = |(asker, things, answers): &mut (&mut A, &mut [T], Vec<R>)| {
        *answers = things.iter_mut().map(|thing| ask(asker, thing)).collect();
    };
    let jobs = runs.iter_mut().map(|run| Box::new(|| job(run)) as Job<'_>).collect();
    hands.work(jobs);
    runs.into_iter().flat_map(|(.., answers)| answers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does the last thing first.
    #[derive(Debug)]
    struct Backwards;

    impl Hands for Backwards {
        fn count(&self) -> usize {
            3
        }

        fn work(&self, jobs: Vec<Job<'_>>) {
            jobs.into_iter().rev().for_each(|job| job());
        }
    }

    #[test]
    fn answers_come_in_order_from_any_number_of_askers() {
        for (askers, things) in [(1, 500), (2, 500), (3, 500), (7, 15), (16, 16), (9, 0)] {
            let (mut askers, mut things) = (vec![0; askers], (0..things).collect::<Vec<usize>>());
            let answers = each(&Backwards, &mut askers, &mut things, |asked, thing| {
                *asked += 1;
                *thing += 1;
                *thing * 2
            });
            assert!(answers.iter().copied().eq((1..=things.len()).map(|n| n * 2)));
            assert_eq!(askers.iter().sum::<usize>(), things.len(), "each is asked once");
        }
    }
}
