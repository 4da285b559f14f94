//! Which rules can find anything at all: asked of what an activity is, and of who stands behind an account, each by itself.
//!
//! In: a key, or a standing, and a day. Out: the rules that neither rules out. Most activities of most accounts are ruled
//! out by one of the two, and nothing more of them is looked at. It refuses to say that a rule holds.

use std::sync::Arc;

use super::Rulebook;
use super::rows::Row;
use super::scope::View;
use super::standing::Standing;
use crate::catalogue::Control;
use crate::ledger::{Activity, ChipKey, Key, KeyIndex};
use crate::model::{AccountId, Day, EventTime, Text};
use crate::parties::Parties;
use crate::policy::{List, Rule, Stage};

/// Rules of the policy, by their place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules(Vec<u64>);

impl Rules {
    fn of(book: &Rulebook, may: impl Fn(&Rule) -> bool) -> Self {
        let words = book.policy.rules.chunks(64);
        let word = |rules: &[Rule]| rules.iter().rev().fold(0, |word, rule| word << 1 | u64::from(may(rule)));
        Self(words.map(word).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Those in both; `None` where there is none.
    pub(super) fn both(&self, other: &Self) -> Option<Self> {
        let meet = || self.0.iter().zip(&other.0).map(|(a, b)| a & b);
        meet().any(|word| word != 0).then(|| Self(meet().collect()))
    }

    pub(super) fn has(&self, rule: usize) -> bool {
        self.0.get(rule / 64).is_some_and(|word| word >> (rule % 64) & 1 == 1)
    }
}

/// What a key is on a day.
#[derive(Debug)]
pub(super) struct OfKey {
    day: Day,
    /// The control of its chip; `None` where the chip is not known.
    pub(super) control: Option<Arc<Control>>,
    /// Total processing performance of its chip; 0 where not known.
    pub(super) tpp: f64,
    /// Rules that it does not rule out.
    pub(super) rules: Rules,
    /// Whether any of them asks from where the account was used.
    pub(super) asks_sightings: bool,
}

impl OfKey {
    fn new(key: &Arc<Key>, day: Day, book: &Rulebook) -> Self {
        let chip = match &key.chip {
            ChipKey::Known(name) => book.catalogue.chip(name.as_str()),
            ChipKey::Unnamed | ChipKey::Unknown(_) => None,
        };
        let control = chip.map(|chip| Arc::new(book.catalogue.control(chip, day)));
        let tpp = chip.and_then(|chip| chip.tpp).unwrap_or(0.0);
        let row = Row {
            account: AccountId { provider: key.provider.clone(), id: Text::default() },
            text: Text::default(),
            activity: Activity::nothing(Arc::clone(key), day.first_hour()),
            standing: Arc::default(),
            control: control.clone(),
            authorisation: None,
            tpp,
            sightings: Arc::default(),
        };
        let may = |rule: &Rule| rule.basis_on(day).is_some() && may_find(rule, &row, book, Stage::Key);
        let rules = Rules::of(book, may);
        let asks = |(at, rule): (usize, &Rule)| rules.has(at) && rule.asks_of(List::Sightings);
        let asks_sightings = book.policy.rules.iter().enumerate().any(asks);
        Self { day, control, tpp, rules, asks_sightings }
    }
}

fn may_find(rule: &Rule, row: &Row, book: &Rulebook, known: Stage) -> bool {
    rule.matches.may_hold(&View::of_row(row, book, rule.window_hours), &[known])
}

/// What keys are, each on the last even and the last odd day asked about.
#[derive(Debug, Default)]
pub(super) struct Gates([Vec<Option<Arc<OfKey>>>; 2]);

impl Gates {
    /// What a key is on a day; there is always an answer.
    pub(super) fn of(&mut self, index: KeyIndex, key: &Arc<Key>, day: Day, book: &Rulebook) -> Option<&Arc<OfKey>> {
        let [even, odd] = &mut self.0;
        let slots = if day.0.rem_euclid(2) == 0 { even } else { odd };
        let at = index as usize;
        if slots.len() <= at {
            slots.resize_with(at + 1, Default::default);
        }
        let slot = slots.get_mut(at)?;
        if slot.as_ref().is_none_or(|known| known.day != day) {
            *slot = None;
        }
        Some(slot.get_or_insert_with(|| Arc::new(OfKey::new(key, day, book))))
    }
}

/// Who stood behind an account at an instant, and the rules that this does not rule out.
#[derive(Clone, Debug)]
pub(super) struct Known {
    at: EventTime,
    pub(super) standing: Arc<Standing>,
    pub(super) rules: Rules,
}

/// An account as alerts write it too.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) id: &'a AccountId,
    pub(super) text: &'a Text,
}

impl Known {
    /// At an instant; what was known before is taken over where no card makes a difference.
    pub(super) fn at(
        at: EventTime,
        before: Option<Self>,
        account: Named<'_>,
        parties: &Parties,
        book: &Rulebook,
    ) -> Self {
        // Between two changes of any card, and within one day (list entries begin and end with days), it is one.
        let (asked, before) = match before {
            Some(known) if known.at.day() == at.day() && !parties.change_within(known.at.min(at), known.at.max(at)) => {
                return Self { at, ..known };
            }
            before => (before.as_ref().map(|known| known.at.day()), before),
        };
        let fresh = Standing::of(account.id, parties, book, at);
        match before.filter(|before| *before.standing == fresh) {
            Some(same) if asked == Some(at.day()) => Self { at, ..same },
            Some(same) => Self::new(at, same.standing, account, book),
            None => Self::new(at, Arc::new(fresh), account, book),
        }
    }

    fn new(at: EventTime, standing: Arc<Standing>, account: Named<'_>, book: &Rulebook) -> Self {
        let row = Row {
            account: account.id.clone(),
            text: account.text.clone(),
            activity: Activity::nothing(Arc::default(), at.hour()),
            standing: Arc::clone(&standing),
            control: None,
            authorisation: None,
            tpp: 0.0,
            sightings: Arc::default(),
        };
        let may = |rule: &Rule| standing.has_subject(&rule.subject) && may_find(rule, &row, book, Stage::Standing);
        Self { at, rules: Rules::of(book, may), standing }
    }
}
