//! Facts that cannot be held within bounds (P6).

use crate::model::{BilledClass, BilledLine, EventTime, Fact, UsageKind};

/// Longest billed period spread over its hours: no export bills more than a year of running in one line.
const BILLED_HOURS_MAX: i64 = 400 * 24;

/// Why a fact was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its time, or the period it bills, lies before 2000 or after 2050.
    ImplausibleTime,
    /// It bills no time, or more than 400 days.
    BilledPeriod,
}

impl Refusal {
    /// As metrics and rejects name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImplausibleTime => "refused:implausible_time",
            Self::BilledPeriod => "refused:billed_period",
        }
    }

    /// Why this fact must be refused; `None` lets it in.
    pub fn of(fact: &Fact) -> Option<Self> {
        if fact.event_time().is_some_and(|time| !time.is_plausible()) {
            return Some(Self::ImplausibleTime);
        }
        match fact {
            Fact::Usage(usage) => match &usage.kind {
                UsageKind::UsageBilled(line) => of_line(line),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Only what is spread over hours is bounded; a fee may be for three years.
fn of_line(line: &BilledLine) -> Option<Refusal> {
    if !matches!(line.class, BilledClass::Run | BilledClass::Held) {
        return None;
    }
    let hours = line.period.hours();
    let implausible = |time: EventTime| !time.is_plausible();
    if implausible(line.period.from) || implausible(line.period.to) {
        Some(Refusal::ImplausibleTime)
    } else if hours.is_empty() || hours.end() - hours.start() >= BILLED_HOURS_MAX {
        Some(Refusal::BilledPeriod)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Day, Fact};

    #[test]
    fn a_tick_in_2262_or_1970_is_refused_and_one_today_is_not() {
        let tick = |day: &str| Refusal::of(&Fact::Tick(Day::parse(day).unwrap().start()));
        assert_eq!(tick("2262-01-01"), Some(Refusal::ImplausibleTime));
        assert_eq!(tick("1970-01-01"), Some(Refusal::ImplausibleTime));
        assert_eq!(tick("2026-11-22"), None);
    }
}
