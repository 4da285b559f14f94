//! Public tenders that name who stands behind an account, held against what its bills say.
//!
//! In: a chain at an instant, and the account's bills. Out: a line for each tender, those that fit first. What bills ask is
//! read only where a tender names somebody, and then kept, so that the bills of such accounts can be watched. Where a tender's
//! first days are forgotten, what is left of its bills is told as a part and fits nothing: it would come to fit by forgetting.

use std::cell::{Cell, OnceCell};

use super::Rulebook;
use super::gate::Named;
use crate::ledger::{AccountIndex, Asked, Costs, Ledger};
use crate::model::{BilledLines, Coverage, Currency, EventTime, Micros, Tender, TenderLine, Text};
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

    /// How much is held of what is asked: nothing is known any more of days before all that is known (D2).
    fn coverage(&self, tender: &Tender) -> Coverage {
        let (first, _) = tender.days();
        let is_partial = tender.amount.is_some() && first < self.ledger.known_from().day();
        if is_partial { Coverage::Partial } else { Coverage::Whole }
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

/// What is not known next to tenders, one line for each of which that is so; where they are more than so many lines, the last
/// tells how many more.
pub(super) fn doubts(tenders: &[TenderLine], most: usize) -> Vec<Text> {
    let mut lines: Vec<Text> = tenders.iter().filter_map(doubt).collect();
    if lines.len() > most {
        let left = lines.drain(most.saturating_sub(1)..).count();
        let more = if lines.is_empty() { "" } else { "more " };
        lines.push(Text::new(format!("what use that was billed comes to next to {left} {more}tenders")));
    }
    lines
}

fn doubt(TenderLine { id, besides, coverage, .. }: &TenderLine) -> Option<Text> {
    let other = besides.join(", ");
    let told = match (besides.is_empty(), coverage) {
        (true, Coverage::Whole) => return None,
        (false, Coverage::Whole) => format!("what use billed otherwise ({other}) comes to next to tender {id}"),
        (true, Coverage::Partial) => format!("what the first days of tender {id} were billed: they are no longer held"),
        (false, Coverage::Partial) => format!(
            "what use billed otherwise ({other}) comes to next to tender {id}, and what its first days were billed: \
             they are no longer held"
        ),
    };
    Some(Text::new(told))
}

fn line(Tendered { tender, side, party, role }: Tendered<'_>, bills: Bills<'_>) -> TenderLine {
    let (Asked { billed, besides }, coverage) = (bills.asked(tender), bills.coverage(tender));
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
        coverage,
        fits: coverage == Coverage::Whole && billed.is_some_and(|billed| tender.fits(billed.sum)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PartyId, TenderSide};

    fn line(id: usize, besides: &[&'static str], coverage: Coverage) -> TenderLine {
        TenderLine {
            id: Text::new(format!("t-{id}")),
            buyer: "b".into(),
            intermediary: None,
            provider: None,
            amount: None,
            currency: None,
            published: EventTime::MIN,
            source: "s".into(),
            side: TenderSide::Buyer,
            party: PartyId::new("b"),
            role: "customer".into(),
            billed: None,
            besides: besides.iter().map(|money| Text::new_static(money)).collect(),
            coverage,
            fits: false,
        }
    }

    #[test]
    fn what_is_in_no_sum_and_what_is_no_longer_held_is_doubted_in_one_line() {
        let said = |besides: &[&'static str], coverage| doubts(&[line(1, besides, coverage)], 20).join("; ");
        assert_eq!(said(&[], Coverage::Whole), "");
        let both = ["no price", "USD"];
        let other = "what use billed otherwise (no price, USD) comes to next to tender t-1";
        assert_eq!(said(&both, Coverage::Whole), other);
        let first = "what the first days of tender t-1 were billed: they are no longer held";
        assert_eq!(said(&[], Coverage::Partial), first);
        let rest = ", and what its first days were billed: they are no longer held";
        assert_eq!(said(&both, Coverage::Partial), format!("{other}{rest}"));
    }

    #[test]
    fn of_more_doubts_than_there_is_room_for_the_last_line_tells_how_many() {
        let lines: Vec<TenderLine> = (0..7).map(|id| line(id, &["USD"], Coverage::Whole)).collect();
        let said = |most| {
            let said = doubts(&lines, most);
            (
                said.len(),
                said.last().map(|last| last.contains("tender t-6")),
                said.join("; ").contains("5 more tenders"),
            )
        };
        assert_eq!(said(7), (7, Some(true), false));
        assert_eq!(said(3), (3, Some(false), true));
        assert_eq!(doubts(&lines, 1), ["what use that was billed comes to next to 7 tenders"]);
    }
}
