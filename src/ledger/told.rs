//! What bills say of an account itself: who pays for it, sells it, uses it.
//!
//! In: facts that say so, coming and going. Out: what was said last as of a day. It refuses to choose between two that
//! were said of one day, and to know whether anybody knows better.

use super::{AccountIndex, Ledger};
use crate::model::{Attribute, Day, Text, Told, Usage};

/// The last day that what is said of a day holds for.
pub(super) fn last_day(day: Day) -> Day {
    Day(day.0.saturating_add(Told::DAYS_AFTER))
}

impl Ledger {
    /// A bill says something of its account, or does no more; the days it may make a difference to are touched.
    pub(super) fn tell(&mut self, account: AccountIndex, usage: &Usage, live: bool) {
        let Some(told) = usage.told() else { return };
        let day = told.day;
        if let Some(rare) = self.rare(account) {
            if live {
                rare.told.insert(told)
            } else {
                rare.told.remove(&told)
            };
        }
        if let Some((first, last)) = self.span(account) {
            self.touched.push((account, first.day().max(day), last.day().min(last_day(day))));
        }
    }

    /// What bills say of an account as of a day: of each attribute everything that was said of the latest day, if that is
    /// no more than [`Told::DAYS_AFTER`] days back.
    pub fn told(&self, account: AccountIndex, day: Day) -> Vec<Told> {
        let rare = self.accounts.get(account as usize).and_then(|account| account.rare.as_ref());
        let Some(told) = rare.map(|rare| &rare.told).filter(|told| !told.is_empty()) else { return Vec::new() };
        let from = |day: i64| Told {
            day: Day(day),
            attribute: Attribute::Payer,
            value: Text::default(),
            column: Text::default(),
        };
        let days = from(day.0.saturating_sub(Told::DAYS_AFTER))..from(day.0.saturating_add(1));
        let within = || told.range(days.clone()).rev();
        let latest = |attribute: Attribute| within().find(|told| told.attribute == attribute).map(|told| told.day);
        let counted = Attribute::ALL.iter().filter_map(|attribute| Some((*attribute, latest(*attribute)?)));
        let counted: Vec<_> = counted.collect();
        let mut all: Vec<Told> =
            within().filter(|told| counted.contains(&(told.attribute, told.day))).cloned().collect();
        all.reverse();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::ledger::Retention;
    use crate::model::{AccountId, EventTime, Hour, Position, Text};

    fn told(day: i64, attribute: Attribute, value: &str) -> Told {
        Told { day: Day(day), attribute, value: value.into(), column: "c".into() }
    }

    fn ledger(retention: Option<Retention>, now: EventTime, all: &[Told]) -> Ledger {
        let mut ledger = Ledger::keeping(retention);
        let position = Position { source: Text::default(), at: 1 };
        ledger.tick(Hour(0).start(), &Catalogue::default());
        for told in all {
            let usage = Usage::attribute(AccountId::new("aws", "1"), told.clone());
            ledger.apply(&position, &usage, None, &Catalogue::default());
        }
        ledger.tick(now, &Catalogue::default());
        ledger
    }

    #[test]
    fn of_each_attribute_the_latest_day_counts_and_for_a_month() {
        let all = [
            told(10, Attribute::SoldBy, "old"),
            told(20, Attribute::SoldBy, "a"),
            told(20, Attribute::SoldBy, "b"),
            told(12, Attribute::Payer, "aws/9"),
            told(30, Attribute::SoldBy, "later"),
            told(99, Attribute::SoldBy, "not yet"),
        ];
        let ledger = ledger(None, Day(90).start(), &all);
        let on = |day| ledger.told(0, Day(day)).iter().map(|told| told.value.to_string()).collect::<Vec<_>>();
        assert_eq!(on(9), [""; 0]);
        assert_eq!(on(19), ["old", "aws/9"]);
        assert_eq!(on(20), ["aws/9", "a", "b"]);
        assert_eq!(on(43), ["aws/9", "later"]);
        assert_eq!(on(44), ["later"]);
        assert_eq!((on(61), on(62), on(99)), (vec!["later".to_owned()], vec![], vec![]));
    }

    #[test]
    fn what_holds_for_no_hour_that_is_known_is_forgotten() {
        let retention = Some(Retention { lateness: 24, window: 24 });
        let all = [told(1, Attribute::SoldBy, "a"), told(2, Attribute::SoldBy, "b")];
        let held = |day| ledger(retention, Day(day).start(), &all).told(0, Day(33)).len();
        assert_eq!((held(35), held(36)), (1, 0), "b holds until the end of day 33");
    }
}
