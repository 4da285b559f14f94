//! tidewaiter reads cloud audit, launch and billing records, works out which controlled accelerators every account
//! runs, who stands behind the account and from where it is used, and raises alerts that explain themselves.
//!
//! The flow: `sources` hand raw bytes to `decode`, which turns them into few, small `model::Fact`s; the `engine`
//! folds facts into a `ledger`, asks the `policy` about every hour of every subject, and keeps the alert table;
//! `sinks` write what changed. `app` wires them, `cli` is the command line.
//!
//! Floors (a module uses lower floors and its own children, never a sibling; `tests/it/tidy.rs` checks it):
//! 0 `model`, `written` · 1 `decode`, `catalogue`, `parties`, `geo` · 2 `ledger`, `policy` · 3 `engine` ·
//! 4 `telemetry` · 5 `sources`, `sinks`, `store`, `http` · 6 `config` · 7 `app` · 8 `cli`.
//!
//! Deliberately absent from floors 0–3: clocks, the environment, files, sockets, randomness and unordered maps.
//! The alert table is a pure function of the set of accepted facts, the last tick and the configuration.

pub mod app;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod decode;
pub mod engine;
pub mod geo;
pub mod http;
pub mod kafka;
pub mod ledger;
pub mod model;
pub mod parties;
pub mod policy;
pub mod sinks;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod written;
