//! Reference records of files, for the fact log.
//!
//! In: paths of the settings. Out: facts with their positions. They are sent at each start and each reload: facts are the
//! same twice. What cannot be read is told and left.

use std::collections::VecDeque;

use crate::config::Config;
use crate::decode::{self, Outcome};
use crate::model::{Fact, Position};
use crate::sources::{self, Caps};

/// Every fact of the files.
pub(super) fn read(config: &Config) -> VecDeque<(Position, Fact)> {
    let listing = sources::list(&config.service.reference);
    let mut facts = VecDeque::new();
    listing.errors.iter().for_each(|error| tracing::error!(%error, "reference"));
    for entry in &listing.entries {
        let mut input = match entry.open(&Caps::default()) {
            Ok(input) => input,
            Err(error) => {
                tracing::error!(%error, "reference");
                continue;
            }
        };
        decode::stream(&entry.name, &mut input, &config.decode, &mut |item| match item.outcome {
            Outcome::Relevant(found) => facts.extend(found.into_iter().map(|fact| (item.position.clone(), fact))),
            Outcome::Irrelevant => {}
            Outcome::Rejected(reason) => {
                tracing::warn!(position = %item.position, reason = &*reason.code, detail = reason.detail, "reference");
            }
        });
    }
    facts
}
