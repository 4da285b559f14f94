//! The service: Kafka in, Kafka out, nothing lost, nothing doubled.
//!
//! In: settings. Out: a process that runs until it is told to stop. Intake turns records into facts in the fact log; the
//! engine's shards read it, and publish. Both may run in one process, or in many.

mod ahead;
mod clock;
pub mod held;
mod intake;
mod membership;
mod opening;
mod reject;
mod saving;
mod view;
mod worker;
