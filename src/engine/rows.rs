//! Activities with who stands behind their account at their hour: what rules are asked about.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rulebook;
use super::standing::Standing;
use crate::catalogue::Control;
use crate::ledger::{Activity, ChipKey, Ledger, Sighting};
use crate::model::{AccountId, Authorisation, ChipName, Day, EventTime, FactId};
use crate::parties::Parties;

/// An activity, who stands behind it, and how its chip is controlled.
pub(super) struct Row<'a> {
    pub(super) account: &'a AccountId,
    pub(super) activity: Activity,
    pub(super) standing: Arc<Standing>,
    /// The control of the chip on the hour's day; `None` where the chip is not known.
    pub(super) control: Option<Arc<Control>>,
    pub(super) authorisation: Option<Authorisation>,
    /// Total processing performance of the chip; 0 where not known.
    pub(super) tpp: f64,
    /// All sightings of the account, by day, with the facts that say so.
    pub(super) sightings: Arc<[(Sighting, FactId)]>,
}

impl Row<'_> {
    pub(super) fn chip_known(&self) -> bool {
        matches!(self.activity.chip, ChipKey::Known(_))
    }

    /// Sightings of the days that the window ending in this row's hour touches, nearest day first.
    pub(super) fn sighted_within(&self, window_hours: i64) -> impl Iterator<Item = &(Sighting, FactId)> {
        let hour = self.activity.hour;
        let days = hour.plus(1 - window_hours).day()..=hour.day();
        self.sightings.iter().rev().filter(move |((day, ..), _)| days.contains(day))
    }
}

/// Every activity of every account, by account and hour.
pub(super) fn rows<'a>(ledger: &'a Ledger, parties: &Parties, book: &Rulebook, now: EventTime) -> Vec<Row<'a>> {
    let changes: Vec<EventTime> = parties.changes().into_iter().collect();
    let mut controls = Controls { book, known: BTreeMap::new() };
    let mut rows = Vec::new();
    for account in ledger.accounts() {
        let sightings: Arc<[(Sighting, FactId)]> = ledger.sightings(account).into_iter().collect();
        // Between two changes of any card, and within one day (list entries begin and end with days), standing is one.
        let mut standings: BTreeMap<(Day, usize), Arc<Standing>> = BTreeMap::new();
        for activity in ledger.activities(account, &book.catalogue, now) {
            let at = activity.hour.start();
            let key = (activity.hour.day(), changes.partition_point(|change| *change <= at));
            let standing = standings.entry(key).or_insert_with(|| Arc::new(Standing::of(account, parties, book, at)));
            let standing = Arc::clone(standing);
            let (control, tpp) = controls.of(&activity);
            // A call of a model, and a chip nobody knows, are covered by what covers any chip.
            let chip = match &activity.chip {
                ChipKey::Known(chip) => chip.clone(),
                ChipKey::Unnamed | ChipKey::Unknown(_) => ChipName::new(""),
            };
            let owner = standing.owner.as_ref();
            let authorisation = parties.authorisation(account, &standing.chain, owner, &chip, at).cloned();
            let sightings = Arc::clone(&sightings);
            rows.push(Row { account, activity, standing, control, authorisation, tpp, sightings });
        }
    }
    rows
}

struct Controls<'a> {
    book: &'a Rulebook,
    known: BTreeMap<(ChipName, Day), Arc<Control>>,
}

impl Controls<'_> {
    fn of(&mut self, activity: &Activity) -> (Option<Arc<Control>>, f64) {
        let ChipKey::Known(name) = &activity.chip else { return (None, 0.0) };
        let Some(chip) = self.book.catalogue.chip(name.as_str()) else { return (None, 0.0) };
        let day = activity.hour.day();
        let control = self.known.entry((name.clone(), day));
        let control = control.or_insert_with(|| Arc::new(self.book.catalogue.control(chip, day)));
        (Some(Arc::clone(control)), chip.tpp.unwrap_or(0.0))
    }
}
