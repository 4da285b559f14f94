//! Reference records of files, for the fact log.
//!
//! In: paths of the settings. Out: facts with their positions. They are sent at each start and each reload: facts are the
//! same twice. A record that is rejected is told and counted; a path that cannot be read is one problem of the settings
//! among others.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use crate::app::reading::{self, Heard};
use crate::decode::{self, Item, Outcome};
use crate::model::{Fact, Position};
use crate::sources;

/// What the files hold.
#[derive(Debug, Default)]
pub(super) struct Reference {
    pub(super) facts: VecDeque<(Position, Fact)>,
    /// Records that were rejected, by reason.
    pub(super) rejected: BTreeMap<String, u64>,
}

/// Every fact of the files, or every path that cannot be read.
pub(super) fn read(paths: &[PathBuf], settings: &decode::Settings) -> Result<Reference, Vec<String>> {
    let listing = sources::list(paths);
    let mut problems: Vec<String> = listing.errors.iter().map(|error| format!("reference: {error}")).collect();
    let mut reference = Reference::default();
    for entry in &listing.entries {
        reading::read(entry, settings, &mut |heard| match heard {
            Heard::Item(Item { position, outcome: Outcome::Relevant(found), .. }) => {
                reference.facts.extend(found.into_iter().map(|fact| (position.clone(), fact)));
            }
            Heard::Item(Item { position, outcome: Outcome::Rejected(reason), .. }) => {
                tracing::warn!(%position, reason = &*reason.code, detail = reason.detail, "reference");
                *reference.rejected.entry(reason.code.to_string()).or_default() += 1;
            }
            Heard::Unreadable(error) => problems.push(format!("reference: {error}")),
            Heard::Item(_) | Heard::Begun(_) | Heard::Ended(_) | Heard::Skipped(_) | Heard::Done => {}
        });
    }
    if problems.is_empty() { Ok(reference) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_cannot_be_read_is_a_problem_and_a_record_that_cannot_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (good, gone) = (folder.path().join("accounts.ndjson"), folder.path().join("gone.ndjson"));
        let account = r#"{"type":"account","provider":"aws","id":"1","valid_from":"2024-01-01T00:00:00Z"}"#;
        std::fs::write(&good, format!("{account}\n{{\"type\":\"account\"}}\n")).unwrap();
        let reference = read(std::slice::from_ref(&good), &decode::Settings::default()).unwrap();
        assert_eq!((reference.facts.len(), reference.rejected.values().sum::<u64>()), (1, 1));
        let problems = read(&[good, gone.clone()], &decode::Settings::default()).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with(&format!("reference: cannot read {}: ", gone.display())), "{problems:?}");
    }
}
