//! What a rule's condition reads: one activity with who stands behind it, or one subject's window.
//!
//! In: a row, the rule's window, perhaps the measures. Out: answers to [`Scope`]. Unknown text is empty.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::Rulebook;
use super::episodes::Episodes;
use super::rows::Row;
use super::window::Window;
use crate::geo::GeoMatch;
use crate::ledger::{ActivityKind, Detail, Sighting};
use crate::model::{Country, FactId, Hour, Micros, RuleId, Text};
use crate::policy::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
};

/// Episodes of rules already evaluated, by rule and subject.
pub(super) type HeldEpisodes = BTreeMap<(RuleId, Text), Episodes>;

const HOURS_PER_DAY: f64 = 24.0;
const SECONDS_PER_HOUR: f64 = 3_600.0;

/// Answers for one row; with a window also for the measures.
pub(super) struct View<'a> {
    row: &'a Row<'a>,
    book: &'a Rulebook,
    window_hours: i64,
    measured: Option<Measured<'a>>,
    account: Text,
    chip: Text,
    sightings: OnceCell<Vec<Seen>>,
    chips: OnceCell<Vec<Text>>,
    models: OnceCell<Vec<Text>>,
    skus: OnceCell<Vec<Text>>,
}

/// The subject's window, for `having` and `explain`.
#[derive(Clone, Copy)]
pub(super) struct Measured<'a> {
    pub(super) window: &'a Window<'a>,
    pub(super) subject: &'a Text,
    pub(super) held: &'a HeldEpisodes,
}

struct Seen {
    country: Option<Country>,
    network: Text,
    class: &'static str,
    days_ago: i64,
}

impl<'a> View<'a> {
    pub(super) fn new(row: &'a Row<'a>, book: &'a Rulebook, window_hours: i64, measured: Option<Measured<'a>>) -> Self {
        Self {
            row,
            book,
            window_hours,
            measured,
            account: Text::new(row.account.to_string()),
            chip: Text::new(row.activity.chip.to_string()),
            sightings: OnceCell::new(),
            chips: OnceCell::new(),
            models: OnceCell::new(),
            skus: OnceCell::new(),
        }
    }

    fn hour(&self) -> Hour {
        self.row.activity.hour
    }

    /// Sightings of the days the window touches, nearest day first; each country's nearest before all others, so that
    /// the bound on lists never hides a country.
    fn sightings(&self) -> &[Seen] {
        self.sightings.get_or_init(|| {
            let last = self.hour().day();
            let country = |network| match self.book.geo.lookup(network) {
                GeoMatch::Place(place) => place.country,
                GeoMatch::NotRoutable | GeoMatch::NoRecord => None,
            };
            let seen = |((day, network, class), _): &(Sighting, FactId)| Seen {
                country: country(*network),
                network: Text::new(network.to_string()),
                class: class.as_str(),
                days_ago: last.0 - day.0,
            };
            let within = self.row.sighted_within(self.window_hours);
            let mut countries = BTreeSet::new();
            let (mut nearest, rest): (Vec<_>, Vec<_>) =
                within.map(seen).partition(|seen| countries.insert(seen.country));
            nearest.extend(rest);
            nearest.truncate(LIST_MAX);
            nearest
        })
    }

    fn texts(&self, list: List) -> &[Text] {
        match list {
            List::Chips => self.of_window(&self.chips, Window::chips),
            List::Models => self.of_window(&self.models, Window::models),
            List::Skus => self.of_window(&self.skus, Window::skus),
            List::ControlCites => self.row.control.as_ref().map_or(&[], |control| &control.cites),
            List::Chain | List::Hits | List::Sightings => &[],
        }
    }

    fn of_window<'s>(&self, cell: &'s OnceCell<Vec<Text>>, pick: fn(&Window<'a>) -> BTreeSet<Text>) -> &'s [Text] {
        cell.get_or_init(|| {
            let texts = self.measured.map(|measured| pick(measured.window)).unwrap_or_default();
            texts.into_iter().take(LIST_MAX).collect()
        })
    }
}

fn code(country: Option<&Country>) -> &str {
    country.map_or("", Country::as_str)
}

fn text(text: Option<&Text>) -> &str {
    text.map_or("", Text::as_str)
}

impl Scope for View<'_> {
    fn text(&self, field: TextField) -> &str {
        let (activity, standing) = (&self.row.activity, &self.row.standing);
        let card = standing.card.as_ref();
        let payment = card.and_then(|card| card.payment.as_ref());
        let (customer, owner) = (standing.customer.as_ref(), standing.owner_card.as_ref());
        let authorisation = self.row.authorisation.as_ref();
        match field {
            TextField::ActivityProvider | TextField::AccountProvider => self.row.account.provider.as_str(),
            TextField::ActivityRegion => &activity.region,
            TextField::ActivitySku => activity.sku.as_ref().map_or("", |sku| sku.as_str()),
            TextField::ActivityMarket => activity.market.map_or("", |market| market.as_str()),
            TextField::ActivityKind => activity.kind.as_str(),
            TextField::ActivityReason => match &activity.detail {
                Detail::Reason(reason) => reason.as_str(),
                _ => "",
            },
            TextField::ActivityModel => match &activity.detail {
                Detail::Model(model, _) => model,
                _ => "",
            },
            TextField::ActivityOperation => match &activity.detail {
                Detail::Model(_, operation) => operation,
                _ => "",
            },
            TextField::ChipModel => &self.chip,
            TextField::ControlClass => self.row.control.as_ref().map_or("unknown", |control| control.class.as_str()),
            TextField::ControlStatus => self.row.control.as_ref().map_or("", |control| control.status.as_str()),
            TextField::AccountId => &self.account,
            TextField::AccountName => text(card.and_then(|card| card.name.as_ref())),
            TextField::AccountCountry => code(card.and_then(|card| card.country.as_ref())),
            TextField::AccountBillingCountry => code(card.and_then(|card| card.billing_country.as_ref())),
            TextField::AccountEmailDomain => text(card.and_then(|card| card.email_domain.as_ref())),
            TextField::AccountPhoneCountry => code(card.and_then(|card| card.phone_country.as_ref())),
            TextField::AccountKyc => card.and_then(|card| card.kyc).map_or("", |kyc| kyc.as_str()),
            TextField::AccountPaymentCountry => code(payment.and_then(|payment| payment.country.as_ref())),
            TextField::AccountPaymentKind => text(payment.and_then(|payment| payment.kind.as_ref())),
            TextField::CustomerId => customer.map_or("", |party| party.id.as_str()),
            TextField::CustomerName => text(customer.map(|party| &party.name)),
            TextField::CustomerCountry => code(customer.and_then(|party| party.country.as_ref())),
            TextField::CustomerHq => code(customer.and_then(|party| party.hq.as_ref())),
            TextField::OwnerId => owner.map_or("", |party| party.id.as_str()),
            TextField::OwnerName => text(owner.map(|party| &party.name)),
            TextField::OwnerCountry => code(owner.and_then(|party| party.country.as_ref())),
            TextField::OwnerHq => code(owner.and_then(|party| party.hq.as_ref())),
            TextField::AuthorisationId => text(authorisation.map(|a| &a.id)),
            TextField::AuthorisationBasis => authorisation.map_or("", |a| a.basis.as_str()),
            TextField::AuthorisationReference => text(authorisation.map(|a| &a.reference)),
        }
    }

    fn number(&self, field: NumberField) -> f64 {
        let activity = &self.row.activity;
        let hours = activity.amounts.seconds as f64 / SECONDS_PER_HOUR;
        match field {
            // Capacity that is held runs nothing, and of a chip the catalogue does not know only unknown hours are told.
            NumberField::ActivityGpuHours if activity.kind == ActivityKind::Run && self.row.chip_known() => hours,
            NumberField::ActivityGpuHours => 0.0,
            NumberField::ActivityCount => activity.amounts.count as f64,
            NumberField::ActivityTokens => activity.amounts.tokens as f64,
            NumberField::ChipCount if matches!(activity.kind, ActivityKind::Run | ActivityKind::Held) => hours,
            NumberField::ChipCount => activity.amounts.chip_micros as f64 / Micros::ONE.0 as f64,
            NumberField::ChipTpp => self.row.tpp,
            NumberField::AccountAgeDays => {
                let created = self.row.standing.card.as_ref().and_then(|card| card.created);
                created.map_or(-1.0, |created| ((self.hour().0 - created.hour().0) as f64 / HOURS_PER_DAY).max(0.0))
            }
        }
    }

    fn flag(&self, field: FlagField) -> bool {
        let standing = &self.row.standing;
        match field {
            FlagField::ControlControlled => self.row.control.as_ref().is_some_and(|control| control.controlled),
            FlagField::CustomerPerson => standing.customer.as_ref().is_some_and(|party| party.person),
            FlagField::OwnerPerson => standing.owner_card.as_ref().is_some_and(|party| party.person),
        }
    }

    fn measure(&self, measure: Measure) -> f64 {
        let Some(Measured { window, .. }) = self.measured else { return 0.0 };
        let sums = window.sums();
        let hours = |seconds: i128| seconds as f64 / SECONDS_PER_HOUR;
        let distinct = |count: usize| count as f64;
        match measure {
            Measure::GpuHours => hours(sums.seconds),
            Measure::BilledGpuHours => hours(sums.billed),
            Measure::LaunchedGpuHours => hours(sums.launched),
            Measure::UnbilledGpuHours => hours((sums.launched - sums.billed).max(0)),
            Measure::UnlaunchedGpuHours => hours((sums.billed - sums.launched).max(0)),
            Measure::HeldGpuHours => hours(sums.held),
            Measure::UnknownHours => hours(sums.unknown),
            Measure::PeakGpus => hours(window.peak()),
            Measure::Starts => sums.starts as f64,
            Measure::Denied => sums.denied as f64,
            Measure::StartsAfterDenial => window.starts_after_denial() as f64,
            Measure::Reserved => sums.reserved as f64,
            Measure::Calls => sums.calls as f64,
            Measure::Tokens => sums.tokens as f64,
            Measure::Accounts => distinct(window.distinct(|row| row.account)),
            Measure::Providers => distinct(window.distinct(|row| &row.account.provider)),
            Measure::Regions => distinct(window.distinct(|row| (&row.account.provider, &row.activity.region))),
            Measure::Days => distinct(window.distinct(|row| row.activity.hour.day())),
            Measure::Hours => distinct(window.distinct(|row| row.activity.hour)),
        }
    }

    fn known(&self, root: Root) -> bool {
        let standing = &self.row.standing;
        match root {
            Root::Activity => true,
            Root::Chip | Root::Control => self.row.chip_known(),
            Root::Account => standing.card.is_some(),
            Root::Customer => standing.customer.as_ref().is_some_and(|party| party.has_card),
            Root::Owner => standing.owner.as_ref().is_some_and(|owner| owner.resolved),
            Root::Authorisation => self.row.authorisation.is_some(),
        }
    }

    fn len(&self, list: List) -> usize {
        let length = match list {
            List::Chain => self.row.standing.hops.len(),
            List::Hits => self.row.standing.hits.len(),
            List::Sightings => self.sightings().len(),
            _ => self.texts(list).len(),
        };
        length.min(LIST_MAX)
    }

    fn element_text(&self, field: ElementText, index: usize) -> &str {
        let standing = &self.row.standing;
        let hop = || Some((standing.chain.hops.get(index)?, standing.hops.get(index)?));
        let hit = || standing.hits.get(index);
        let seen = || self.sightings().get(index);
        let found = match field {
            ElementText::ChainRole => hop().map(|(hop, _)| hop.role.as_str()),
            ElementText::ChainParty => hop().map(|(_, text)| text.party.as_str()),
            ElementText::ChainName => hop().map(|(_, text)| text.name.as_str()),
            ElementText::ChainCountry => hop().map(|(_, text)| code(text.country.as_ref())),
            ElementText::ChainHq => hop().map(|(_, text)| code(text.hq.as_ref())),
            ElementText::ChainParent => hop().and_then(|(hop, _)| hop.parent.as_ref().map(|parent| parent.as_str())),
            ElementText::HitsParty => hit().map(|hit| hit.party.as_str()),
            ElementText::HitsRole => hit().map(|hit| hit.role.as_str()),
            ElementText::HitsList => hit().map(|hit| hit.list.as_str()),
            ElementText::HitsEntry => hit().map(|hit| hit.entry.as_str()),
            ElementText::HitsEffect => hit().map(|hit| hit.effect.as_str()),
            ElementText::HitsVerdict => hit().map(|hit| hit.verdict.as_str()),
            ElementText::HitsWhy => hit().map(|hit| hit.why.as_str()),
            ElementText::SightingsCountry => seen().map(|seen| code(seen.country.as_ref())),
            ElementText::SightingsNetwork => seen().map(|seen| seen.network.as_str()),
            ElementText::SightingsClass => seen().map(|seen| seen.class),
            ElementText::Cite => self.texts(List::ControlCites).get(index).map(Text::as_str),
            ElementText::Chip => self.texts(List::Chips).get(index).map(Text::as_str),
            ElementText::Model => self.texts(List::Models).get(index).map(Text::as_str),
            ElementText::Sku => self.texts(List::Skus).get(index).map(Text::as_str),
        };
        found.unwrap_or("")
    }

    fn element_number(&self, field: ElementNumber, index: usize) -> f64 {
        match field {
            ElementNumber::HitsScore => self.row.standing.hits.get(index).map_or(0.0, |hit| hit.score),
            ElementNumber::SightingsDaysAgo => self.sightings().get(index).map_or(0.0, |seen| seen.days_ago as f64),
        }
    }

    fn element_flag(&self, field: ElementFlag, index: usize) -> bool {
        match field {
            ElementFlag::ChainResolved => self.row.standing.chain.hops.get(index).is_some_and(|hop| hop.resolved),
        }
    }

    fn in_group(&self, group: &str, country: &str) -> bool {
        let day = self.hour().day();
        Country::parse(country).is_some_and(|country| self.book.jurisdictions.contains(group, country, day))
    }

    fn alert(&self, rule: &RuleId) -> bool {
        let Some(Measured { subject, held, .. }) = self.measured else { return false };
        held.get(&(rule.clone(), subject.clone())).is_some_and(|episodes| episodes.covers(self.hour()))
    }
}
