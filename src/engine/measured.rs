//! What `having` reads: the measures of one subject's window, and whether other rules hold for it.
//!
//! In: the window that ends in an hour. Out: answers to [`Scope`]. It refuses to know single activities.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::scope::SECONDS_PER_HOUR;
use super::table::Groups;
use super::totals::Value;
use super::window::Window;
use crate::model::{RuleId, Text};
use crate::policy::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
};

/// The subject's window in an hour.
pub(super) struct Measured<'a> {
    pub(super) window: &'a Window<'a>,
    pub(super) subject: &'a Text,
    pub(super) groups: &'a Groups,
    lists: [OnceCell<Vec<Text>>; 3],
}

impl<'a> Measured<'a> {
    pub(super) fn new(window: &'a Window<'a>, subject: &'a Text, groups: &'a Groups) -> Self {
        Self { window, subject, groups, lists: Default::default() }
    }

    /// Chips, models or SKUs of the window, in order.
    pub(super) fn texts(&self, list: List) -> &[Text] {
        let [chips, models, skus] = &self.lists;
        let model = |value: &'a Value| if let Value::Model(model) = value { Some(model.clone()) } else { None };
        let sku = |value: &'a Value| if let Value::Sku(sku) = value { Some(sku.clone()) } else { None };
        let bounded = |texts: BTreeSet<Text>| texts.into_iter().take(LIST_MAX).collect();
        match list {
            List::Chips => chips.get_or_init(|| bounded(self.window.chip_names())),
            List::Models => models.get_or_init(|| bounded(self.window.values(model).collect())),
            List::Skus => skus.get_or_init(|| bounded(self.window.values(sku).collect())),
            List::Chain | List::Hits | List::Tenders | List::Sightings | List::ControlCites => &[],
        }
    }

    fn distinct(&self, counts: impl Fn(&Value) -> bool) -> f64 {
        self.window.values(|value| counts(value).then_some(())).count() as f64
    }
}

impl Scope for Measured<'_> {
    fn measure(&self, measure: Measure) -> f64 {
        let sums = self.window.sums();
        let hours = |seconds: i128| seconds as f64 / SECONDS_PER_HOUR;
        match measure {
            Measure::GpuHours => hours(sums.seconds),
            Measure::BilledGpuHours => hours(sums.billed),
            Measure::LaunchedGpuHours => hours(sums.launched),
            Measure::UnbilledGpuHours => hours((sums.launched - sums.billed).max(0)),
            Measure::UnlaunchedGpuHours => hours((sums.billed - sums.launched).max(0)),
            Measure::HeldGpuHours => hours(sums.held),
            Measure::UnknownHours => hours(sums.unknown),
            Measure::PeakGpus => hours(self.window.peak()),
            Measure::Starts => sums.starts as f64,
            Measure::Denied => sums.denied as f64,
            Measure::StartsAfterDenial => self.window.starts_after_denial() as f64,
            Measure::Reserved => sums.reserved as f64,
            Measure::Calls => sums.calls as f64,
            Measure::Tokens => sums.tokens as f64,
            Measure::Accounts => self.window.accounts() as f64,
            Measure::Providers => self.distinct(|value| matches!(value, Value::Provider(_))),
            Measure::Regions => self.distinct(|value| matches!(value, Value::Region(..))),
            Measure::Days => self.window.active_days() as f64,
            Measure::Hours => self.window.active_hours() as f64,
        }
    }

    fn alert(&self, rule: &RuleId) -> bool {
        self.groups.get(rule, self.subject).is_some_and(|group| group.episodes.covers(self.window.last()))
    }

    fn len(&self, list: List) -> usize {
        self.texts(list).len()
    }

    fn element_text(&self, field: ElementText, index: usize) -> &str {
        let texts = field.list().map_or(&[][..], |list| self.texts(list));
        texts.get(index).map_or("", Text::as_str)
    }

    fn text(&self, _: TextField) -> &str {
        ""
    }

    fn number(&self, _: NumberField) -> f64 {
        0.0
    }

    fn flag(&self, _: FlagField) -> bool {
        false
    }

    fn known(&self, _: Root) -> bool {
        false
    }

    fn element_number(&self, _: ElementNumber, _: usize) -> f64 {
        0.0
    }

    fn element_flag(&self, _: ElementFlag, _: usize) -> bool {
        false
    }

    fn in_group(&self, _: &str, _: &str) -> bool {
        false
    }

    fn held_in(&self, _: &str) -> f64 {
        0.0
    }
}
