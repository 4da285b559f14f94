//! What a rule can rest on, so that weak evidence alone never asks for more than it may (P8).
//!
//! In: typed conditions. Out: for every way in which they can hold, the kinds of signal that way rests on; from these
//! the greatest severity. It refuses to weigh: a way that names a strong signal is left to whoever reviews the rule.

use super::expr::{BoolExpr, NumberExpr, Order, Quantity, Range, TextExpr};
use super::scope::{ElementNumber, ElementText, List, Root, TextField};
use crate::model::{RuleId, Severity, Text};

/// A domain, place, payment or tender.
const WEAK: u8 = 1;
/// Headquarters, ownership, a list, the chain.
const STRONG: u8 = 2;
/// An entry that was only reported.
const REPORTED: u8 = 4;

/// The ways in which a condition can hold: bit n stands for resting on the signals n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ways(u8);

/// Ways of other rules, by id.
pub(super) type Known<'a> = &'a dyn Fn(&RuleId) -> Ways;

impl Ways {
    const NEVER: Self = Self(0);

    pub(super) const fn of(signals: u8) -> Self {
        Self(1 << (signals & 7))
    }

    /// Resting on conduct, chips and dates only.
    pub(super) const PLAIN: Self = Self::of(0);

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn signals(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |signals| self.0 & (1 << signals) != 0)
    }

    pub(super) fn and(self, other: Self) -> Self {
        let pairs = self.signals().flat_map(|a| other.signals().map(move |b| a | b));
        pairs.fold(Self::NEVER, |all, signals| all.or(Self::of(signals)))
    }

    /// The greatest severity a rule may have that holds in these ways, and why not more.
    pub(super) fn cap(self) -> (Severity, &'static str) {
        let caps = self.signals().map(|signals| match signals {
            signals if signals & STRONG != 0 => (Severity::Critical, ""),
            signals if signals & REPORTED != 0 => (Severity::Info, "it can hold on a reported entry alone"),
            signals if signals & WEAK != 0 => {
                (Severity::Low, "it can hold on a domain, place, payment or tender signal alone")
            }
            _ => (Severity::Critical, ""),
        });
        caps.min().unwrap_or((Severity::Critical, ""))
    }
}

/// A hit of any verdict: one that is strong, one of a domain only, or one that was only reported.
fn any_hit() -> Ways {
    Ways::of(STRONG).or(Ways::of(WEAK)).or(Ways::of(REPORTED))
}

/// The ways in which `expr` is `wanted`.
pub(super) fn ways(expr: &BoolExpr, wanted: bool, rules: Known<'_>) -> Ways {
    let both = |a: &BoolExpr, x, b: &BoolExpr, y| ways(a, x, rules).and(ways(b, y, rules));
    match expr {
        BoolExpr::Literal(value) => {
            if *value == wanted {
                Ways::PLAIN
            } else {
                Ways::NEVER
            }
        }
        BoolExpr::Not(inner) => ways(inner, !wanted, rules),
        BoolExpr::And(a, b) if wanted => both(a, true, b, true),
        BoolExpr::Or(a, b) if !wanted => both(a, false, b, false),
        BoolExpr::And(a, b) | BoolExpr::Or(a, b) => ways(a, wanted, rules).or(ways(b, wanted, rules)),
        BoolExpr::Same(a, b) => both(a, true, b, wanted).or(both(a, false, b, !wanted)),
        BoolExpr::If(test, yes, no) => both(test, true, yes, wanted).or(both(test, false, no, wanted)),
        BoolExpr::TextIs(TextExpr::Element(field, _), TextExpr::Literal(word))
        | BoolExpr::TextIs(TextExpr::Literal(word), TextExpr::Element(field, _)) => {
            element(*field, std::slice::from_ref(word), wanted)
        }
        BoolExpr::OneOf(TextExpr::Element(field, _), words) => element(*field, words, wanted),
        BoolExpr::TextIs(a, b) | BoolExpr::Affix(a, _, b) => said(text(a) | text(b), wanted),
        BoolExpr::OneOf(a, _) | BoolExpr::InGroup(a, _) | BoolExpr::InDomain(a, _) | BoolExpr::KnownText(a) => {
            said(text(a), wanted)
        }
        // A share of nought or more says nothing; one that must be greater does.
        BoolExpr::Compare(NumberExpr::HeldIn(_), order, NumberExpr::Literal(least)) => match order {
            Order::Greater if *least >= 0.0 => said(STRONG, wanted),
            Order::GreaterOrEqual if *least > 0.0 => said(STRONG, wanted),
            _ => Ways::PLAIN,
        },
        BoolExpr::Compare(a, _, b) => number(a, rules).and(number(b, rules)),
        BoolExpr::Within(a, b, c) => number(a, rules).and(number(b, rules)).and(number(c, rules)),
        BoolExpr::OneOfNumbers(a, _) => number(a, rules),
        BoolExpr::Alert(rule) => {
            if wanted {
                rules(rule)
            } else {
                Ways::PLAIN
            }
        }
        BoolExpr::Every(quantity, range, body) => match (quantity, wanted) {
            (Quantity::Exists | Quantity::One, true) => present(range, ways(body, true, rules), rules),
            (Quantity::All, false) => present(range, ways(body, false, rules), rules),
            _ if matches!(range.list, List::Sightings | List::Tenders) => Ways::of(WEAK),
            _ => Ways::PLAIN,
        },
        BoolExpr::Field(_) | BoolExpr::Element(..) | BoolExpr::Known(_) => Ways::PLAIN,
    }
}

/// A strong signal counts when it is there, not when it is missing; a weak one counts either way.
fn said(signals: u8, wanted: bool) -> Ways {
    Ways::of(if wanted { signals } else { signals & WEAK })
}

/// An element is there, for which the body holds in these ways.
fn present(range: &Range, body: Ways, rules: Known<'_>) -> Ways {
    let all = range.keep.iter().fold(body, |all, keep| all.and(ways(keep, true, rules)));
    match range.list {
        List::Hits => all
            .signals()
            .fold(Ways::NEVER, |sum, signals| sum.or(if signals == 0 { any_hit() } else { Ways::of(signals) })),
        List::Sightings | List::Tenders => all.and(Ways::of(WEAK)),
        _ => all,
    }
}

fn element(field: ElementText, words: &[Text], wanted: bool) -> Ways {
    let named = |word: &str| words.iter().any(|each| each == word) == wanted;
    let each = |word, signals| if named(word) { Ways::of(signals) } else { Ways::NEVER };
    match field {
        ElementText::HitsVerdict => {
            let strong = each("listed", STRONG).or(each("affiliate", STRONG));
            strong.or(each("domain", WEAK)).or(each("similar", WEAK)).or(each("reported", REPORTED))
        }
        ElementText::HitsEffect => {
            let official = ["blocks", "licence", "risk"].into_iter().any(named);
            let official = if official { Ways::of(STRONG).or(Ways::of(WEAK)) } else { Ways::NEVER };
            official.or(each("reported", REPORTED))
        }
        field => said(element_signal(field), wanted),
    }
}

fn element_signal(field: ElementText) -> u8 {
    match (field.list(), field) {
        (Some(List::Chain), ElementText::ChainRole) => 0,
        (Some(List::Chain), _) => STRONG,
        (Some(List::Sightings | List::Tenders), _) => WEAK,
        _ => 0,
    }
}

fn text(text: &TextExpr) -> u8 {
    match text {
        TextExpr::Literal(_) => 0,
        TextExpr::Field(field) => field_signal(*field),
        TextExpr::Element(field, _) => element_signal(*field),
        // Which side speaks is not known here: weak on either side stays weak.
        TextExpr::If(_, yes, no) => match (self::text(yes), self::text(no)) {
            (a, b) if (a | b) & WEAK != 0 => WEAK,
            (a, b) => a | b,
        },
    }
}

fn field_signal(field: TextField) -> u8 {
    match field {
        TextField::AccountCountry
        | TextField::AccountBillingCountry
        | TextField::AccountEmailDomain
        | TextField::AccountPhoneCountry
        | TextField::AccountPaymentCountry
        | TextField::AccountPaymentKind => WEAK,
        field if matches!(field.root(), Some(Root::Customer | Root::Owner)) => STRONG,
        _ => 0,
    }
}

fn number(number: &NumberExpr, rules: Known<'_>) -> Ways {
    match number {
        NumberExpr::Element(
            ElementNumber::SightingsDaysAgo | ElementNumber::TendersAmount | ElementNumber::TendersBilled,
            _,
        ) => Ways::of(WEAK),
        NumberExpr::Literal(_) | NumberExpr::Field(_) | NumberExpr::Measure(_) => Ways::PLAIN,
        NumberExpr::Element(..) | NumberExpr::HeldIn(_) => Ways::PLAIN,
        NumberExpr::Negate(a) | NumberExpr::Divide(a, _) => self::number(a, rules),
        NumberExpr::Add(a, b) | NumberExpr::Subtract(a, b) | NumberExpr::Multiply(a, b) => {
            self::number(a, rules).and(self::number(b, rules))
        }
        NumberExpr::Size(range) => present(range, Ways::PLAIN, rules),
        NumberExpr::If(test, yes, no) => {
            let yes = ways(test, true, rules).and(self::number(yes, rules));
            yes.or(ways(test, false, rules).and(self::number(no, rules)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::condition::tests::condition;

    #[track_caller]
    fn cap(text: &str) -> Severity {
        ways(&condition(text).expr, true, &|_| Ways::PLAIN).cap().0
    }

    #[test]
    fn a_domain_place_or_payment_alone_is_low() {
        for text in [
            "control.controlled && in_domain(account.email_domain, 'edu.cn')",
            "account.payment.country != account.country",
            "sightings.exists(s, s.country in group('D:5')) && activity.gpu_hours > 100",
            "!sightings.exists(s, s.country == 'SG')",
            "tenders.exists(t, t.fits) && control.controlled",
            "tenders.exists(t, t.billed > 0.5 * t.amount) && account.age_days < 90",
            "size(tenders.filter(t, t.role == 'reseller')) > 0",
            "!tenders.all(t, t.source == 'a')",
            "size(sightings.filter(s, s.country == 'CN')) > 3",
            "owner.hq in group('D:5') || account.phone_country == 'CN'",
            "in_domain(account.email_domain, 'edu.cn') && owner.hq != 'US'",
            "hits.exists(h, h.verdict == 'domain' && h.score > 0.5)",
            "hits.exists(h, h.verdict in ['listed', 'domain'])",
            "hits.exists(h, h.effect == 'blocks')",
            "hits.exists(h, h.verdict != 'reported')",
            "held_in('D:5') < 50.0 && in_domain(account.email_domain, 'edu.cn')",
            "!(held_in('D:5') >= 50.0) && account.country == 'SG'",
            "held_in('D:5') >= 0.0 && account.country == 'SG'",
            "(known(owner) ? owner.hq : account.country) in group('D:5')",
        ] {
            assert_eq!(cap(text), Severity::Low, "{text}");
        }
    }

    #[test]
    fn a_reported_entry_alone_is_info() {
        for text in [
            "hits.exists(h, h.effect == 'reported')",
            "hits.exists(h, h.verdict == 'reported') || owner.hq == 'CN'",
            "size(hits) > 0",
            "hits.exists(h, h.score > 0.9)",
            "!hits.all(h, h.verdict == 'listed')",
        ] {
            assert_eq!(cap(text), Severity::Info, "{text}");
        }
    }

    #[test]
    fn headquarters_lists_chain_and_conduct_may_be_anything() {
        for text in [
            "owner.hq in group('D:5') && account.country == 'SG'",
            "hits.exists(h, h.verdict in ['listed', 'affiliate'] && h.effect != 'reported')",
            "chain.exists(c, c.role == 'reseller' && c.hq in group('D:5')) && in_domain(account.email_domain, 'edu.cn')",
            "held_in('D:5') >= 50.0 && in_domain(account.email_domain, 'edu.cn')",
            "activity.kind == 'denied' && activity.reason == 'policy'",
            "control.controlled && !known(owner)",
            "hits.all(h, h.verdict == 'domain') && activity.gpu_hours > 1",
        ] {
            assert_eq!(cap(text), Severity::Critical, "{text}");
        }
    }
}
