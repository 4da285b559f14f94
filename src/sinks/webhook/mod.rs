//! Webhooks: alerts sent to other systems as they open, recur, resolve and are withdrawn (docs/webhooks.md).
//!
//! In: [`Target`]s, and the alerts topic record by record, through a [`Feed`] for each. Out: signed JSON or Slack messages,
//! offsets that may be committed, counts. It refuses to know Kafka, clocks and configuration files.
//!
//! Each target has a [`Worker`] of its own, with its own memory of every alert and its own place in the topic: one that is
//! dead holds up nobody. What is sent follows from the topic alone (`core`), so that a restart sends neither twice what
//! was committed, nor too little. What was sent and not yet committed is sent again under the same key.

mod client;
mod core;
mod feed;
mod limit;
mod line;
mod memory;
mod message;
mod outcome;
mod retry;
mod target;
mod worker;

pub use feed::{Failing, Feed, NotTaken, Said, WAITING, Watch};
pub use line::Heard;
pub use memory::MOST_ALERTS;
pub use outcome::{Counts, Outcome};
pub use retry::{LONGEST_ASKED, Why};
pub use target::{Endpoint, Event, GIVE_UP_AFTER, InvalidUrl, LEAST, Link, MOST, Shape, TIMEOUT, Target};
pub use worker::{Worker, open};

#[cfg(test)]
mod tests;
