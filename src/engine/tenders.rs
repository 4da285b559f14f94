//! Public tenders that name who stands behind an account, held against what its bills say.
//!
//! In: a chain at an instant, and the account's bills. Out: a line for each tender, those that fit first. What bills ask is
//! read only where a tender names somebody, and then kept, so that the bills of such accounts can be watched.

use std::cell::{Cell, OnceCell};

use super::Rulebook;
use super::gate::Named;
use crate::ledger::{AccountIndex, Asked, Costs, Ledger};
use crate::model::{BilledLines, Currency, EventTime, Micros, Tender, TenderLine, Text};
use crate::parties::{Chain, Parties, Tendered};
use crate::policy::{LIST_MAX, List};

/// What an account's bills ask, to be read on demand.
#[derive(Clone, Copy)]
pub(super) struct Bills<'a> {
    pub(super) ledger: &'a Ledger,
    /// `None` where nothing was ever heard of what the account did.
    pub(super) account: Option<AccountIndex>,
    /// What is read of them; `None` where nobody asks.
    pub(super) read: Option<&'a BillsRead>,
}

/// What was read of an account's bills while it was asked about.
#[derive(Debug, Default)]
pub(super) struct BillsRead {
    pub(super) any: Cell<bool>,
    /// What they come to where the account is not watched: added up once.
    pub(super) added_up: OnceCell<Costs>,
}

impl Bills<'_> {
    /// What they ask in the tender's money, on the days it speaks of; unknown where it names no money.
    fn asked(&self, tender: &Tender) -> Asked {
        let (Some(account), Some(read)) = (self.account, self.read) else { return Asked::default() };
        let Some(money) = &tender.amount else { return Asked::default() };
        read.any.set(true);
        let added_up = || read.added_up.get_or_init(|| self.ledger.added_up(account));
        let costs = self.ledger.watched_costs(account).unwrap_or_else(added_up);
        costs.between(&money.currency, tender.days())
    }
}

/// The tenders that name somebody of an account's chain, those that fit what is billed first, then by id.
pub(super) fn of(account: Named<'_>, chain: &Chain, parties: &Parties, at: EventTime) -> Vec<TenderLine> {
    let found = parties.tenders(account.id, chain, at);
    let mut lines: Vec<TenderLine> = found.into_iter().map(|found| line(found, account.bills)).collect();
    lines.sort_by_key(|line| !line.fits);
    lines.truncate(LIST_MAX);
    lines
}

/// The same where any rule asks about them.
pub(super) fn asked_for(
    account: Named<'_>,
    chain: &Chain,
    parties: &Parties,
    book: &Rulebook,
    at: EventTime,
) -> Vec<TenderLine> {
    let asked = account.bills.read.is_some() && parties.has_tenders() && book.policy.asks_of(List::Tenders);
    if asked { of(account, chain, parties, at) } else { Vec::new() }
}

fn line(Tendered { tender, side, party, role }: Tendered<'_>, bills: Bills<'_>) -> TenderLine {
    let Asked { billed, besides } = bills.asked(tender);
    let other = |money: Option<Currency>| match money {
        Some(currency) => currency.0,
        None => Text::new_static("no price"),
    };
    TenderLine {
        id: tender.id.clone(),
        buyer: tender.buyer.clone(),
        intermediary: tender.intermediary.clone(),
        provider: tender.provider.clone(),
        amount: tender.amount.as_ref().map(|money| money.amount),
        currency: tender.amount.as_ref().map(|money| money.currency.clone()),
        published: tender.published,
        source: tender.source.clone(),
        side,
        party,
        role: Text::new_static(role.as_str()),
        billed: billed.map(|billed| BilledLines { sum: Micros::nearest(billed.sum), from: billed.from, to: billed.to }),
        besides: besides.into_iter().map(other).collect(),
        fits: billed.is_some_and(|billed| tender.fits(billed.sum)),
    }
}
