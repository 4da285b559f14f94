//! The same asked of many things, by several threads where there are many.
//!
//! In: things, and hands to ask with. Out: the answers, in the order of the things: how many hands there are changes nothing. It
//! refuses to know what is asked.

use std::panic::resume_unwind;
use std::thread;

/// With fewer things than these, threads cost more than they save.
const FEW: usize = 16;

/// Asks each of the things, every hand a run of them.
pub(super) fn each<H: Send, T: Send, R: Send>(
    hands: &mut [H],
    things: &mut [T],
    ask: impl Fn(&mut H, &mut T) -> R + Sync,
) -> Vec<R> {
    let hands = if things.len() < FEW { hands.get_mut(..1).unwrap_or_default() } else { hands };
    let run = things.len().div_ceil(hands.len().max(1)).max(1);
    let all = |hand: &mut H, things: &mut [T]| things.iter_mut().map(|thing| ask(hand, thing)).collect::<Vec<R>>();
    thread::scope(|scope| {
        let mut runs = hands.iter_mut().zip(things.chunks_mut(run));
        let own = runs.next();
        let others: Vec<_> = runs.map(|(hand, things)| scope.spawn(|| all(hand, things))).collect();
        let mut answers = own.map(|(hand, things)| all(hand, things)).unwrap_or_default();
        for other in others {
            answers.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        answers
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_from_any_number_of_hands() {
        for (hands, things) in [(1, 500), (2, 500), (3, 500), (7, 15), (16, 16), (9, 0)] {
            let (mut hands, mut things) = (vec![0; hands], (0..things).collect::<Vec<usize>>());
            let answers = each(&mut hands, &mut things, |asked, thing| {
                *asked += 1;
                *thing += 1;
                *thing * 2
            });
            assert!(answers.iter().copied().eq((1..=things.len()).map(|n| n * 2)));
            assert_eq!(hands.iter().sum::<usize>(), things.len(), "each is asked once");
        }
    }
}
