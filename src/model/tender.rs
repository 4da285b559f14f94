//! Public tenders and awards, and what a bill has to come to for one to be about the same purchase.
//!
//! In: a tender as published. Out: whom it names, the days it speaks of, whether an amount fits it, and the line in which
//! alerts show it. It refuses to know accounts and who stands behind them.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::words::words;
use super::{Currency, Day, EventTime, Micros, Money, PartyId, Provider, Text};

/// A public tender or award.
#[derive(Clone, Debug, PartialEq)]
pub struct Tender {
    /// Which.
    pub id: Text,
    /// Who buys.
    pub buyer: Text,
    /// Who stands between.
    pub intermediary: Option<Text>,
    /// The cloud.
    pub provider: Option<Provider>,
    /// For how much.
    pub amount: Option<Money>,
    /// When it was published.
    pub published: EventTime,
    /// Where.
    pub source: Text,
}

words! {
    /// As what a tender names somebody.
    TenderSide {
        /// Who buys.
        Buyer = "buyer",
        /// Who stands between.
        Intermediary = "intermediary",
    }
    /// How much is still held of the days that a tender speaks of.
    Coverage {
        /// All of them that have come.
        Whole = "whole",
        /// Its first days are forgotten: what is billed is a part, and says nothing sure.
        Partial = "partial",
    }
}

impl Coverage {
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// What goes without saying.
impl Default for Coverage {
    fn default() -> Self {
        Self::Whole
    }
}

impl Tender {
    /// Days before its publication that it speaks of: what is tendered may be in use already.
    pub const DAYS_BEFORE: i64 = 30;
    /// Days after its publication that it speaks of.
    pub const DAYS_AFTER: i64 = 120;
    /// A bill may differ by one part in so many of the amount.
    const PARTS: i128 = 10;

    /// Whom it names, by id or name, as it is written.
    pub fn names(&self) -> impl Iterator<Item = (TenderSide, &Text)> {
        let between = self.intermediary.iter().map(|name| (TenderSide::Intermediary, name));
        std::iter::once((TenderSide::Buyer, &self.buyer)).chain(between)
    }

    /// The first and the last UTC day it speaks of.
    pub fn days(&self) -> (Day, Day) {
        let published = self.published.day().0;
        (Day(published.saturating_sub(Self::DAYS_BEFORE)), Day(published.saturating_add(Self::DAYS_AFTER)))
    }

    /// The first and the last day of publication of tenders that speak of a day.
    pub fn published_about(day: Day) -> (Day, Day) {
        (Day(day.0.saturating_sub(Self::DAYS_AFTER)), Day(day.0.saturating_add(Self::DAYS_BEFORE)))
    }

    /// Whether an amount in its currency, in micro-units, is within 10 % of its own, bounds included. Nothing fits a tender
    /// that names no amount, or none above nought.
    pub fn fits(&self, billed: i128) -> bool {
        let Some(asked) = self.amount.as_ref().map(|money| i128::from(money.amount.0)) else { return false };
        let apart = billed.saturating_sub(asked).saturating_abs();
        asked > 0 && apart.saturating_mul(Self::PARTS) <= asked
    }
}

/// A public tender that names somebody of the chain, held against what the account's bills say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenderLine {
    /// Which.
    pub id: Text,
    /// Who buys, as it is written.
    pub buyer: Text,
    /// Who stands between, as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intermediary: Option<Text>,
    /// The cloud, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// For how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Micros>,
    /// In which money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// When it was published.
    pub published: EventTime,
    /// Where.
    pub source: Text,
    /// As what it names the party.
    pub side: TenderSide,
    /// Whom of the chain it names: of several the one nearest to the user.
    pub party: PartyId,
    /// What that party is to the account.
    pub role: Text,
    /// What bills ask for the use of accelerators and AI models on the days it speaks of, in its money; `None` where no bill
    /// of these days asks anything in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<BilledLines>,
    /// What the same bills ask in other money, or without a price, and so stands in no sum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<Text>,
    /// How much is held of the days it speaks of; whole where it names no amount, for then no bill is asked.
    #[serde(default, skip_serializing_if = "Coverage::is_whole")]
    pub coverage: Coverage,
    /// Whether what is billed is within 10 % of the amount, and is all that is billed up to now.
    pub fits: bool,
}

/// What the lines of bills between two days come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLines {
    /// In micro-units of their money, at most 10¹² whole units either way.
    pub sum: Micros,
    /// The first day they bill.
    pub from: Day,
    /// The last.
    pub to: Day,
}

/// In one line: which, by whom, for how much, and what is billed.
impl fmt::Display for TenderLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} by {}", self.id, self.published.day(), self.buyer)?;
        if let Some(between) = &self.intermediary {
            write!(f, " through {between}")?;
        }
        let (Some(amount), Some(Currency(money))) = (self.amount, &self.currency) else {
            return f.write_str(", for an amount not said");
        };
        write!(f, ", for {amount} {money}")?;
        match &self.billed {
            Some(BilledLines { sum, from, to }) => write!(f, ", billed {sum} {money} from {from} to {to}")?,
            None => write!(f, ", nothing billed in {money}")?,
        }
        match self.coverage {
            Coverage::Whole => Ok(()),
            Coverage::Partial => f.write_str(", bills of its first days no longer held"),
        }
    }
}

impl Serialize for Tender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            id: &'a Text,
            buyer: &'a Text,
            #[serde(skip_serializing_if = "Option::is_none")]
            intermediary: &'a Option<Text>,
            #[serde(skip_serializing_if = "Option::is_none")]
            provider: &'a Option<Provider>,
            #[serde(skip_serializing_if = "Option::is_none")]
            amount: Option<Micros>,
            #[serde(skip_serializing_if = "Option::is_none")]
            currency: Option<&'a Currency>,
            published: EventTime,
            source: &'a Text,
        }
        Shape {
            id: &self.id,
            buyer: &self.buyer,
            intermediary: &self.intermediary,
            provider: &self.provider,
            amount: self.amount.as_ref().map(|m| m.amount),
            currency: self.amount.as_ref().map(|m| &m.currency),
            published: self.published,
            source: &self.source,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tender(amount: Option<i64>) -> Tender {
        Tender {
            id: "t-1".into(),
            buyer: "b".into(),
            intermediary: Some("i".into()),
            provider: None,
            amount: amount.map(|micros| Money { amount: Micros(micros), currency: Currency("CNY".into()) }),
            published: Day::parse("2024-03-15").unwrap().last_hour().start(),
            source: "s".into(),
        }
    }

    #[test]
    fn an_amount_fits_up_to_a_tenth_more_or_less_and_not_a_millionth_further() {
        let fits = |billed| tender(Some(1_000_000)).fits(billed);
        assert_eq!([899_999, 900_000, 1_100_000, 1_100_001].map(fits), [false, true, true, false]);
        // Of what does not divide by ten, the bound is not rounded.
        assert_eq!([13, 14, 15, 16, 17].map(|billed| tender(Some(15)).fits(billed)), [false, true, true, true, false]);
    }

    #[test]
    fn nothing_fits_an_amount_that_is_not_named_or_is_nought_or_less() {
        assert!(!tender(None).fits(0));
        assert!(!tender(Some(0)).fits(0));
        assert!(!tender(Some(-10)).fits(-10));
        assert!(!tender(Some(i64::MAX)).fits(i128::MAX) && !tender(Some(i64::MAX)).fits(i128::MIN));
    }

    #[test]
    fn it_speaks_of_thirty_days_before_its_day_and_a_hundred_and_twenty_after() {
        let (first, last) = tender(None).days();
        assert_eq!((first.to_string(), last.to_string()), ("2024-02-14".into(), "2024-07-13".into()));
        let published = tender(None).published.day();
        assert_eq!((Tender::published_about(first).1, Tender::published_about(last).0), (published, published));
    }

    #[test]
    fn its_line_says_what_is_billed_where_it_names_an_amount() {
        let whole = |sum| Micros::whole(sum).unwrap_or_default();
        let mut line = TenderLine {
            id: "t-1".into(),
            buyer: "B".into(),
            intermediary: Some("I".into()),
            provider: None,
            amount: Some(whole(200)),
            currency: Some(Currency("CNY".into())),
            published: tender(None).published,
            source: "s".into(),
            side: TenderSide::Buyer,
            party: PartyId::new("b"),
            role: "customer".into(),
            billed: Some(BilledLines { sum: whole(195), from: Day(19_800), to: Day(19_802) }),
            besides: Vec::new(),
            coverage: Coverage::Whole,
            fits: true,
        };
        assert_eq!(
            line.to_string(),
            "t-1 of 2024-03-15 by B through I, for 200 CNY, billed 195 CNY from 2024-03-18 to 2024-03-20"
        );
        line.billed = None;
        assert_eq!(line.to_string(), "t-1 of 2024-03-15 by B through I, for 200 CNY, nothing billed in CNY");
        line.coverage = Coverage::Partial;
        assert_eq!(
            line.to_string(),
            "t-1 of 2024-03-15 by B through I, for 200 CNY, nothing billed in CNY, bills of its first days no longer held"
        );
        (line.amount, line.currency, line.intermediary) = (None, None, None);
        assert_eq!(line.to_string(), "t-1 of 2024-03-15 by B, for an amount not said");
    }

    #[test]
    fn it_names_its_buyer_and_whoever_stands_between() {
        let names = |tender: Tender| tender.names().map(|(side, name)| format!("{} {name}", side.as_str())).collect();
        let all: Vec<String> = names(tender(None));
        assert_eq!(all, ["buyer b", "intermediary i"]);
        let one: Vec<String> = names(Tender { intermediary: None, ..tender(None) });
        assert_eq!(one, ["buyer b"]);
    }
}
