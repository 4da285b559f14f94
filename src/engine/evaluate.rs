//! The alert table from rows and rules (D7, D8).
//!
//! In: every row, the policy, `now`. Out: one alert for each (rule, subject) whose condition ever held. Rules come in
//! evaluation order, so that one may ask whether another held for the same subject.

use std::collections::BTreeMap;

use super::Rulebook;
use super::episodes::Episodes;
use super::rows::Row;
use super::scope::{HeldEpisodes, Measured, View};
use super::window::Window;
use crate::model::{EventTime, Hour, Text};
use crate::policy::Rule;

/// A (rule, subject) that has at least one episode.
pub(super) struct Finding<'a> {
    pub(super) rule: &'a Rule,
    pub(super) subject: Text,
    /// The rows that matched, by hour.
    pub(super) rows: Vec<&'a Row<'a>>,
    pub(super) episodes: Episodes,
}

/// What was found, and the episodes of every (rule, subject) for `explain`.
pub(super) fn findings<'a>(
    rows: &'a [Row<'a>],
    book: &'a Rulebook,
    now: EventTime,
) -> (Vec<Finding<'a>>, HeldEpisodes) {
    let mut held = HeldEpisodes::new();
    let mut found = Vec::new();
    for rule in &book.policy.rules {
        for (subject, mut rows) in matched(rule, rows, book) {
            rows.sort_by_key(|row| row.activity.hour);
            let episodes = episodes(rule, &subject, &rows, book, &held);
            if episodes.bounds().is_some() {
                held.insert((rule.id.clone(), subject.clone()), episodes.clone());
                found.push(Finding { rule, subject, rows, episodes });
            }
        }
    }
    debug_assert!(rows.iter().all(|row| row.activity.hour.start() <= now), "hours after now are not evaluated");
    (found, held)
}

/// The rows that pass `where` while the rule has a basis, by subject.
fn matched<'a>(rule: &Rule, rows: &'a [Row<'a>], book: &Rulebook) -> BTreeMap<Text, Vec<&'a Row<'a>>> {
    let mut matched: BTreeMap<Text, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if rule.basis_on(row.activity.hour.day()).is_none() {
            continue;
        }
        let subjects = row.standing.subjects(&rule.subject, row.account);
        if subjects.is_empty() {
            continue;
        }
        let view = View::new(row, book, rule.window_hours, None);
        if rule.matches.holds(&view) {
            for subject in subjects {
                matched.entry(subject).or_default().push(row);
            }
        }
    }
    matched
}

/// The hours in which `having` holds over the window that ends in them, joined into episodes.
fn episodes<'a>(
    rule: &Rule,
    subject: &'a Text,
    rows: &[&'a Row<'a>],
    book: &'a Rulebook,
    held: &'a HeldEpisodes,
) -> Episodes {
    let mut episodes = Episodes::new(rule.quiet_hours);
    let mut window = Window::new(rule.window_hours);
    for hour in rows.chunk_by(|a, b| a.activity.hour == b.activity.hour) {
        let Some(row) = hour.first() else { continue };
        hour.iter().for_each(|row| window.push(row));
        window.end_at(row.activity.hour);
        let holds = rule.having.as_ref().is_none_or(|condition| {
            let measured = Measured { window: &window, subject, held };
            condition.holds(&View::new(row, book, rule.window_hours, Some(measured)))
        });
        if holds {
            episodes.hold(row.activity.hour);
        }
    }
    episodes
}

/// The window that ends in `hour`, filled from the rows that matched.
pub(super) fn window_ending<'a>(rows: &[&'a Row<'a>], hours: i64, hour: Hour) -> Window<'a> {
    let mut window = Window::new(hours);
    rows.iter().filter(|row| row.activity.hour <= hour).for_each(|row| window.push(row));
    window.end_at(hour);
    window
}
