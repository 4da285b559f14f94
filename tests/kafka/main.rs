//! Tests that need a real Kafka broker, one binary. What is above `harness` is tools, `README.md` says how to use them.
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

mod broker;
mod certificates;
mod client;
mod disk;
mod drain;
mod faulty;
mod hook;
mod invented;
mod jars;
mod leash;
mod message;
mod ports;
mod process;
mod produce;
mod service;
mod surface;
mod wait;

mod bench;
mod cases;
mod chaos;
mod faults;
mod harness;
mod overtaken;
mod prometheus;
mod working;
