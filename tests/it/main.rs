//! The integration tests, one binary.

mod histories;
mod mutants;
mod naive;
mod property;
mod tidy;
mod world;
