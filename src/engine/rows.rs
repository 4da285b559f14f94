//! Activities with who stands behind their account at their hour: what rules are asked about.
//!
//! In: one account's activities of a day, the parties, the rulebook. Out: rows by hour. It refuses to know rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rulebook;
use super::accounts::Known;
use super::standing::Standing;
use crate::catalogue::Control;
use crate::ledger::{AccountIndex, Activity, ChipKey, Ledger, Sighting};
use crate::model::{AccountId, Authorisation, ChipName, Day, Hour, Text};
use crate::parties::Parties;

/// An activity, who stands behind it, and how its chip is controlled.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) account: AccountId,
    /// The account as alerts write it.
    pub(super) text: Text,
    pub(super) activity: Activity,
    pub(super) standing: Arc<Standing>,
    /// The control of the chip on the hour's day; `None` where the chip is not known.
    pub(super) control: Option<Arc<Control>>,
    pub(super) authorisation: Option<Authorisation>,
    /// Total processing performance of the chip; 0 where not known.
    pub(super) tpp: f64,
    /// Sightings of the account on the days that windows ending with this day touch.
    pub(super) sightings: Arc<[Sighting]>,
}

impl Row {
    pub(super) fn chip_known(&self) -> bool {
        matches!(self.activity.key.chip, ChipKey::Known(_))
    }

    /// Sightings of the days that the window ending with this row's day touches, nearest day first.
    pub(super) fn sighted_within(&self, window_hours: i64) -> impl Iterator<Item = &Sighting> {
        let day = self.activity.day();
        let days = day.last_hour().plus(1 - window_hours).day()..=day;
        self.sightings.iter().rev().filter(move |(day, ..)| days.contains(day))
    }
}

/// The rows of one account on one day, by hour.
pub(super) fn rows(
    account: AccountIndex,
    day: Day,
    ledger: &Ledger,
    parties: &Parties,
    book: &Rulebook,
    known: &mut Option<Known>,
) -> Vec<Row> {
    let activities = ledger.activities(account, day);
    let Some(id) = ledger.account(account).cloned().filter(|_| !activities.is_empty()) else { return Vec::new() };
    let sightings: Arc<[Sighting]> = match book.policy.sighted_days() {
        Some(days) => ledger.sightings(account, Day(day.0 - days), day).into(),
        None => Arc::default(),
    };
    let mut controls = Controls { book, known: BTreeMap::new() };
    let mut pieces: Vec<Activity> =
        activities.into_iter().flat_map(|activity| split_at_changes(activity, parties)).collect();
    pieces.sort_by_key(|activity| activity.first);
    let text = Text::new(id.to_string());
    let row = |activity: Activity| {
        let at = activity.first.start();
        let standing = match known.take() {
            // Between two changes of any card, and within one day (list entries begin and end with days), it is one.
            Some((asked, standing))
                if asked.day() == at.day() && !parties.change_within(asked.min(at), asked.max(at)) =>
            {
                standing
            }
            before => {
                let fresh = Standing::of(&id, parties, book, at);
                match before.filter(|(_, before)| **before == fresh) {
                    Some((_, same)) => same,
                    None => Arc::new(fresh),
                }
            }
        };
        *known = Some((at, Arc::clone(&standing)));
        let (control, tpp) = controls.of(&activity);
        // A call of a model, and a chip nobody knows, are covered by what covers any chip.
        let chip = match &activity.key.chip {
            ChipKey::Known(chip) => chip.clone(),
            ChipKey::Unnamed | ChipKey::Unknown(_) => ChipName::new(""),
        };
        let owner = standing.owner.as_ref();
        let authorisation = parties.authorisation(&id, &standing.chain, owner, &chip, at).cloned();
        let (account, text, sightings) = (id.clone(), text.clone(), Arc::clone(&sightings));
        Row { account, text, activity, standing, control, authorisation, tpp, sightings }
    };
    pieces.into_iter().map(row).collect()
}

/// Cuts a run of hours where a card begins or ends, so that who stands behind it is one in each piece.
fn split_at_changes(activity: Activity, parties: &Parties) -> Vec<Activity> {
    let (first, last) = (activity.first, activity.last);
    if first == last || !parties.change_within(first.start(), last.start()) {
        return vec![activity];
    }
    let mut pieces = vec![activity];
    for hour in (first.0 + 1..=last.0).map(Hour) {
        if parties.change_within(hour.plus(-1).start(), hour.start())
            && let Some(open) = pieces.last_mut()
        {
            let rest = Activity { first: hour, ..open.clone() };
            open.last = hour.plus(-1);
            pieces.push(rest);
        }
    }
    pieces
}

struct Controls<'a> {
    book: &'a Rulebook,
    known: BTreeMap<(ChipName, Day), Arc<Control>>,
}

impl Controls<'_> {
    fn of(&mut self, activity: &Activity) -> (Option<Arc<Control>>, f64) {
        let ChipKey::Known(name) = &activity.key.chip else { return (None, 0.0) };
        let Some(chip) = self.book.catalogue.chip(name.as_str()) else { return (None, 0.0) };
        let day = activity.day();
        let control = self.known.entry((name.clone(), day));
        let control = control.or_insert_with(|| Arc::new(self.book.catalogue.control(chip, day)));
        (Some(Arc::clone(control)), chip.tpp.unwrap_or(0.0))
    }
}
