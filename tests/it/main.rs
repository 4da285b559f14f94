//! The integration tests, one binary.
#![allow(unreachable_pub, missing_docs, reason = "nobody uses this binary but itself")]

mod histories;
mod mutants;
mod naive;
mod property;
mod readme;
mod tidy;
mod world;
