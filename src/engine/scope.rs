//! What a rule's condition reads: one activity with who stands behind it, or one subject's window.
//!
//! In: a row, the rule's window, perhaps the measures. Out: answers to [`Scope`]. Unknown text is empty.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::Rulebook;
use super::measured::Measured;
use super::rows::Row;
use crate::ledger::{ActivityKind, Detail, Sighting};
use crate::model::{Country, Hour, Micros, NetworkPrefix, RuleId, Text};
use crate::policy::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
};

pub(super) const SECONDS_PER_HOUR: f64 = 3_600.0;

/// Answers for one row; with a window also for the measures.
pub(super) struct View<'a> {
    row: &'a Row,
    book: &'a Rulebook,
    hour: Hour,
    window_hours: i64,
    measured: Option<&'a Measured<'a>>,
    chip: OnceCell<Text>,
    sightings: OnceCell<Vec<Seen>>,
}

struct Seen {
    country: Option<Country>,
    network: NetworkPrefix,
    /// As text, where it is asked for.
    text: OnceCell<Text>,
    class: &'static str,
    days_ago: i64,
}

impl<'a> View<'a> {
    /// Of the activity of a row: the same in all its hours.
    pub(super) fn of_row(row: &'a Row, book: &'a Rulebook, window_hours: i64) -> Self {
        Self::new(row, row.activity.first, book, window_hours, None)
    }

    /// Of a subject in the window that ends in `hour`.
    pub(super) fn of_subject(
        row: &'a Row,
        hour: Hour,
        book: &'a Rulebook,
        window_hours: i64,
        measured: &'a Measured<'a>,
    ) -> Self {
        Self::new(row, hour, book, window_hours, Some(measured))
    }

    fn new(
        row: &'a Row,
        hour: Hour,
        book: &'a Rulebook,
        window_hours: i64,
        measured: Option<&'a Measured<'a>>,
    ) -> Self {
        Self { row, hour, book, window_hours, measured, chip: OnceCell::new(), sightings: OnceCell::new() }
    }

    /// Sightings of the days the window touches, nearest day first; each country's nearest before all others, so that
    /// the bound on lists never hides a country.
    fn sightings(&self) -> &[Seen] {
        self.sightings.get_or_init(|| {
            let last = self.hour.day();
            let seen = |(day, network, class): &Sighting| Seen {
                country: self.book.geo.country(*network),
                network: *network,
                text: OnceCell::new(),
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
            List::Chips | List::Models | List::Skus => self.measured.map_or(&[], |measured| measured.texts(list)),
            List::ControlCites => self.row.control.as_ref().map_or(&[], |control| &control.cites),
            List::Chain | List::Hits | List::Tenders | List::Sightings => &[],
        }
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
        let key = &activity.key;
        let card = standing.card.as_ref();
        let payment = card.and_then(|card| card.payment.as_ref());
        let (customer, owner) = (standing.customer.as_ref(), standing.owner_card.as_ref());
        let authorisation = self.row.authorisation.as_ref();
        match field {
            TextField::ActivityProvider | TextField::AccountProvider => self.row.account.provider.as_str(),
            TextField::ActivityRegion => &key.region,
            TextField::ActivitySku => key.sku.as_ref().map_or("", |sku| sku.as_str()),
            TextField::ActivityMarket => activity.market.map_or("", |market| market.as_str()),
            TextField::ActivityKind => key.kind.as_str(),
            TextField::ActivityReason => match &key.detail {
                Detail::Reason(reason) => reason.as_str(),
                _ => "",
            },
            TextField::ActivityModel => match &key.detail {
                Detail::Model(model, _) => model,
                _ => "",
            },
            TextField::ActivityOperation => match &key.detail {
                Detail::Model(_, operation) => operation,
                _ => "",
            },
            TextField::ChipModel => self.chip.get_or_init(|| Text::new(activity.key.chip.to_string())),
            TextField::ControlClass => self.row.control.as_ref().map_or("unknown", |control| control.class.as_str()),
            TextField::ControlStatus => self.row.control.as_ref().map_or("", |control| control.status.as_str()),
            TextField::AccountId => &self.row.text,
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
            NumberField::ActivityGpuHours if self.is_nought(field) => 0.0,
            NumberField::ActivityGpuHours => hours,
            NumberField::ActivityCount => activity.amounts.count as f64,
            NumberField::ActivityTokens => activity.amounts.tokens as f64,
            NumberField::ChipCount if matches!(activity.key.kind, ActivityKind::Run | ActivityKind::Held) => hours,
            NumberField::ChipCount => activity.amounts.chip_micros as f64 / Micros::ONE.0 as f64,
            NumberField::ChipTpp => self.row.tpp,
            NumberField::AccountAgeDays => {
                let created = self.row.standing.card.as_ref().and_then(|card| card.created);
                created.map_or(-1.0, |created| ((self.hour.day().0 - created.day().0) as f64).max(0.0))
            }
        }
    }

    /// Capacity that is held runs nothing, and of a chip the catalogue does not know only unknown hours are told.
    fn is_nought(&self, field: NumberField) -> bool {
        let runs = self.row.activity.key.kind == ActivityKind::Run && self.row.chip_known();
        field == NumberField::ActivityGpuHours && !runs
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
        self.measured.map_or(0.0, |measured| measured.measure(measure))
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
            List::Tenders => self.row.tenders.len(),
            List::Sightings => self.sightings().len(),
            _ => self.texts(list).len(),
        };
        length.min(LIST_MAX)
    }

    fn element_text(&self, field: ElementText, index: usize) -> &str {
        let standing = &self.row.standing;
        let hop = || Some((standing.chain.hops.get(index)?, standing.hops.get(index)?));
        let hit = || standing.hits.get(index);
        let tender = || self.row.tenders.get(index);
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
            ElementText::TendersId => tender().map(|tender| tender.id.as_str()),
            ElementText::TendersBuyer => tender().map(|tender| tender.buyer.as_str()),
            ElementText::TendersIntermediary => tender().map(|tender| text(tender.intermediary.as_ref())),
            ElementText::TendersCurrency => tender().and_then(|tender| Some(tender.currency.as_ref()?.0.as_str())),
            ElementText::TendersSource => tender().map(|tender| tender.source.as_str()),
            ElementText::TendersSide => tender().map(|tender| tender.side.as_str()),
            ElementText::TendersRole => tender().map(|tender| tender.role.as_str()),
            ElementText::TendersParty => tender().map(|tender| tender.party.as_str()),
            ElementText::TendersCoverage => tender().map(|tender| tender.coverage.as_str()),
            ElementText::SightingsCountry => seen().map(|seen| code(seen.country.as_ref())),
            ElementText::SightingsNetwork => {
                seen().map(|seen| seen.text.get_or_init(|| Text::new(seen.network.to_string())).as_str())
            }
            ElementText::SightingsClass => seen().map(|seen| seen.class),
            ElementText::Cite => self.texts(List::ControlCites).get(index).map(Text::as_str),
            ElementText::Chip => self.texts(List::Chips).get(index).map(Text::as_str),
            ElementText::Model => self.texts(List::Models).get(index).map(Text::as_str),
            ElementText::Sku => self.texts(List::Skus).get(index).map(Text::as_str),
        };
        found.unwrap_or("")
    }

    fn element_number(&self, field: ElementNumber, index: usize) -> f64 {
        let (hits, tenders) = (&self.row.standing.hits, &self.row.tenders);
        let whole = |micros: Option<Micros>| micros.map_or(0.0, |micros| micros.0 as f64 / Micros::ONE.0 as f64);
        match field {
            ElementNumber::HitsScore => hits.get(index).map_or(0.0, |hit| hit.score),
            ElementNumber::HitsHeld => whole(hits.get(index).and_then(|hit| hit.held)),
            ElementNumber::TendersAmount => whole(tenders.get(index).and_then(|tender| tender.amount)),
            ElementNumber::TendersBilled => whole(tenders.get(index).and_then(|tender| Some(tender.billed?.sum))),
            ElementNumber::SightingsDaysAgo => self.sightings().get(index).map_or(0.0, |seen| seen.days_ago as f64),
        }
    }

    fn element_flag(&self, field: ElementFlag, index: usize) -> bool {
        match field {
            ElementFlag::ChainResolved => self.row.standing.chain.hops.get(index).is_some_and(|hop| hop.resolved),
            ElementFlag::TendersFits => self.row.tenders.get(index).is_some_and(|tender| tender.fits),
        }
    }

    fn in_group(&self, group: &str, country: &str) -> bool {
        let day = self.hour.day();
        Country::parse(country).is_some_and(|country| self.book.jurisdictions.contains(group, country, day))
    }

    fn held_in(&self, group: &str) -> f64 {
        let held = self.row.standing.held_in.iter().find(|(known, _)| known == group);
        held.map_or(0.0, |(_, held)| held.0 as f64 / Micros::ONE.0 as f64)
    }

    fn alert(&self, rule: &RuleId) -> bool {
        self.measured.is_some_and(|measured| measured.alert(rule))
    }
}
