//! The integration tests, one binary.
#![allow(unreachable_pub, missing_docs, reason = "nobody uses this binary but itself")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks by printing"
)]

mod bad_input;
mod binary;
mod commands;
mod deploy;
mod edges;
mod following;
mod forgetting;
mod histories;
mod inputs;
mod mutants;
mod naive;
mod order;
mod property;
mod published;
mod readme;
mod risk;
mod screening;
mod shards;
mod snapshots;
mod tenders;
mod tidy;
mod world;
