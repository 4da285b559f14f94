//! Tenders, plainly: whom they name, and what of an account's bills is held against them.

use std::collections::BTreeSet;

use tidewaiter::model::*;

use super::super::world::{NaiveTender, World};
use super::{Facts, chip_of, chip_seconds, counted_lines, name_of, party, spread};

/// Who stands behind an account and as what, from the provider down to the user.
pub(super) type Hops = Vec<(PartyId, &'static str)>;

/// What a line asks for an hour: in which money, if it says, and how many micro-units.
type Cost<'a> = (&'a AccountId, Option<&'a Currency>, Hour, i128);

/// What bills ask in the hours that are known.
pub(super) struct Bills<'a> {
    costs: Vec<Cost<'a>>,
    known: Hour,
}

impl<'a> Bills<'a> {
    pub(super) fn held_from(known: Hour, world: &World, facts: &Facts<'a>) -> Self {
        Self { costs: costs(world, facts).into_iter().filter(|(.., hour, _)| *hour >= known).collect(), known }
    }

    /// Tenders that name one of these parties, speak of this hour's day and of this cloud.
    pub(super) fn tenders(&self, facts: &Facts, hops: &Hops, account: &AccountId, hour: Hour) -> Vec<NaiveTender> {
        let is = |id: &PartyId, text: &Text| {
            let card = party(facts, id, hour.start());
            let names = card.map_or_else(|| vec![id.text()], |card| card.names.clone());
            id.as_str() == text || names.iter().any(|name| name.eq_ignore_ascii_case(text))
        };
        let all = facts.values().filter_map(|fact| if let Fact::Tender(tender) = fact { Some(tender) } else { None });
        let mut found = Vec::new();
        for tender in all {
            let side = |id: &PartyId| match (is(id, &tender.buyer), &tender.intermediary) {
                (true, _) => Some(TenderSide::Buyer),
                (false, Some(name)) if is(id, name) => Some(TenderSide::Intermediary),
                (false, _) => None,
            };
            let nearest = hops.iter().rev().find_map(|(id, role)| Some((side(id)?, id, role)));
            let cloud = tender.provider.as_ref().is_none_or(|cloud| *cloud == account.provider);
            if let Some((side, id, role)) = nearest.filter(|_| cloud && days(tender).contains(&hour.day())) {
                found.push(self.line(tender, account, (side, id.clone(), role)));
            }
        }
        found.sort_by_key(|line| (!line.fits, line.id.clone()));
        found.truncate(64);
        found
    }

    fn line(&self, tender: &Tender, account: &AccountId, named: (TenderSide, PartyId, &'static str)) -> NaiveTender {
        let (side, party, role) = named;
        let id = tender.id.to_string();
        let (billed, besides, coverage, fits) = (None, Vec::new(), Coverage::Whole, false);
        let mut line = NaiveTender { id, side, party, role, billed, besides, coverage, fits };
        let Some(money) = &tender.amount else { return line };
        let own = self.costs.iter().filter(|(of, _, at, _)| *of == account && days(tender).contains(&at.day()));
        let (asked, besides): (Vec<&Cost>, Vec<_>) = own.partition(|(_, of, ..)| *of == Some(&money.currency));
        let besides: BTreeSet<Option<&str>> = besides.iter().map(|(_, of, ..)| of.map(|of| of.0.as_str())).collect();
        line.besides = besides.into_iter().map(|of| of.unwrap_or("no price").to_owned()).collect();
        line.billed = (!asked.is_empty()).then(|| asked.iter().map(|(.., part)| part).sum());
        line.coverage = if *days(tender).start() < self.known.day() { Coverage::Partial } else { Coverage::Whole };
        let amount = i128::from(money.amount.0);
        let near = |sum: i128| sum * 10 >= amount * 9 && sum * 10 <= amount * 11;
        line.fits = line.coverage == Coverage::Whole && line.billed.is_some_and(near);
        line
    }
}

/// The days it speaks of.
fn days(tender: &Tender) -> std::ops::RangeInclusive<Day> {
    let published = tender.published.day().0;
    Day(published - 30)..=Day(published + 120)
}

/// What the lines that say that something ran, was held or was called ask, hour by hour.
fn costs<'a>(world: &World, facts: &Facts<'a>) -> Vec<Cost<'a>> {
    let mut all = Vec::new();
    for (_, usage, line) in counted_lines(facts) {
        let says = match (line.class, line.unit) {
            (BilledClass::Fee | BilledClass::Credit, _) => false,
            (class, BilledUnit::Tokens) => class == BilledClass::Run,
            _ => chip_of(world, name_of(line)).and_then(|(_, per)| chip_seconds(line, per)).is_some_and(|s| s != 0),
        };
        if says {
            let (money, amount) = line.cost.as_ref().map(|cost| (&cost.currency, cost.amount.0)).unzip();
            let parts = spread(line, amount.unwrap_or_default().into());
            all.extend(parts.into_iter().map(|(hour, part)| (&usage.account, money, hour, part)));
        }
    }
    all
}
