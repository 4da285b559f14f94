//! Activities with who stands behind their account at their hour: what rules are asked about.
//!
//! In: one account's activities of a day, the parties, the rulebook. Out: rows by hour. It refuses to know rules.

use std::sync::Arc;

use super::Rulebook;
use super::gate::{Known, Named, OfKey, Rules};
use super::standing::Standing;
use super::tenders::{Bills, BillsRead};
use crate::catalogue::Control;
use crate::ledger::{AccountIndex, Activity, ChipKey, KeyIndex, Ledger, Sighting};
use crate::model::{AccountId, Authorisation, ChipName, Day, Hour, TenderLine, Text};
use crate::parties::Parties;

/// An activity, who stands behind it, and how its chip is controlled.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) account: AccountId,
    /// The account as alerts write it.
    pub(super) text: Text,
    pub(super) activity: Activity,
    pub(super) standing: Arc<Standing>,
    /// Public tenders that name somebody of the chain, those that fit first, where a rule may ask for them.
    pub(super) tenders: Arc<[TenderLine]>,
    /// The control of the chip on the hour's day; `None` where the chip is not known.
    pub(super) control: Option<Arc<Control>>,
    pub(super) authorisation: Option<Authorisation>,
    /// Total processing performance of the chip; 0 where not known.
    pub(super) tpp: f64,
    /// Sightings of the account on the days that windows ending with this day touch, where a rule may ask for them.
    pub(super) sightings: Arc<[Sighting]>,
}

/// What mostly differs comes first, and what is shared is mostly one and the same.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        let Self { account, text, activity, standing, tenders, control, authorisation, tpp, sightings } = self;
        let same_control = match (control, &other.control) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
            (one, other) => one.is_none() && other.is_none(),
        };
        *activity == other.activity
            && *tpp == other.tpp
            && same_control
            && (Arc::ptr_eq(standing, &other.standing) || *standing == other.standing)
            && *authorisation == other.authorisation
            && (account, text) == (&other.account, &other.text)
            && *sightings == other.sightings
            && *tenders == other.tenders
    }
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

/// What rows are made from.
pub(super) struct Sources<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) parties: &'a Parties,
    pub(super) book: &'a Rulebook,
    /// What is read of bills; `None` where nobody asks.
    pub(super) bills_read: Option<&'a BillsRead>,
}

/// The rows of one account on one day under some keys, by hour, with what `keep` makes of the rules that neither the key
/// nor the standing rules out; `None` leaves the row out.
pub(super) fn rows(
    (account, day): (AccountIndex, Day),
    keys: &[(KeyIndex, Arc<OfKey>)],
    Sources { ledger, parties, book, bills_read }: &Sources<'_>,
    known: &mut Option<Known>,
    keep: impl Fn(&Rules, &Rules) -> Option<Rules>,
) -> Vec<(Row, Rules)> {
    let of_key = |index| keys.iter().find(|(known, _)| *known == index).map(|(_, of_key)| of_key);
    let activities = ledger.activities(account, day, |index| of_key(index).is_some());
    let Some(id) = ledger.account(account).filter(|_| !activities.is_empty()) else { return Vec::new() };
    let asked = keys.iter().any(|(_, of_key)| of_key.asks_sightings);
    let sightings: Arc<[Sighting]> = match book.policy.sighted_days().filter(|_| asked) {
        Some(days) => ledger.sightings(account, Day(day.0 - days), day).into(),
        None => Arc::default(),
    };
    let pieces = |(index, activity)| split_at_changes(activity, parties).into_iter().map(move |piece| (index, piece));
    let mut pieces: Vec<(KeyIndex, Activity)> = activities.into_iter().flat_map(pieces).collect();
    pieces.sort_by_key(|(_, activity)| activity.first);
    let (text, told) = (Text::new(id.to_string()), ledger.told(account, day));
    let bills = Bills { ledger, account: Some(account), read: *bills_read };
    let row = |(index, activity): (KeyIndex, Activity)| {
        let at = activity.first.start();
        let now = Known::at(at, known.take(), Named { id, text: &text, told: &told, bills }, parties, book);
        let (standing, tenders, of_key) = (Arc::clone(&now.standing), Arc::clone(&now.tenders), of_key(index)?);
        let rules = keep(&of_key.rules, &now.rules);
        *known = Some(now);
        let rules = rules?;
        // A call of a model, and a chip nobody knows, are covered by what covers any chip.
        let chip = match &activity.key.chip {
            ChipKey::Known(chip) => chip.clone(),
            ChipKey::Unnamed | ChipKey::Unknown(_) => ChipName::new(""),
        };
        let owner = standing.owner.as_ref();
        let authorisation = parties.authorisation(id, &standing.chain, owner, &chip, at).cloned();
        let (account, text, sightings) = (id.clone(), text.clone(), Arc::clone(&sightings));
        let (control, tpp) = (of_key.control.clone(), of_key.tpp);
        Some((Row { account, text, activity, standing, tenders, control, authorisation, tpp, sightings }, rules))
    };
    pieces.into_iter().filter_map(row).collect()
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
