//! Wiring: who feeds the engine, and who hears of it.
//!
//! In: a configuration and what to read. Out: the engine's alerts, tallies and rejects. It holds no rule of its own.

mod case;
mod follow;
mod reading;
mod replay;
pub mod service;
mod tally;
mod threads;

pub use case::{CaseOutcome, rule_cases, run_replay_case};
pub use follow::{Audience, NotFollowed, told_to_stop};
pub use reading::{Heard, read};
pub use replay::{Progress, Replay, Replayed};
pub use tally::{SourceTally, Tally};
pub use threads::Threads;
