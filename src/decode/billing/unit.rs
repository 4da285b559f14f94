//! Units of measure: `1K tokens` is a thousand of `tokens`, `Hrs` are hours.
//!
//! In: a unit as written. Out: what it counts and how many at a time. It refuses to know what is measured.

use crate::decode::Reason;
use crate::model::Micros;

/// 10¹² units.
const BOUND: u64 = 1_000_000_000_000_000_000;

/// A unit.
pub(crate) struct Unit {
    /// How many at a time; 1 where it does not say.
    pub(crate) multiple: u32,
    /// Of what, in lower case.
    pub(crate) base: String,
}

impl Unit {
    pub(crate) fn read(unit: &str) -> Self {
        let lower = unit.trim().to_lowercase();
        let digits = lower.len() - lower.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = lower.split_at_checked(digits).unwrap_or(("", &lower));
        let number: u32 = number.parse().unwrap_or(1);
        let (letter, base) = match rest.split_at_checked(1) {
            Some((letter @ ("k" | "m"), base)) if !base.starts_with(|c: char| c.is_alphanumeric()) => (letter, base),
            _ => ("", rest),
        };
        let (word, base) = match base.trim().split_once(' ') {
            Some((word @ ("thousand" | "million"), base)) => (word, base),
            _ => ("", base.trim()),
        };
        let scale = match (letter, word) {
            ("k", _) | (_, "thousand") => 1_000,
            ("m", _) | (_, "million") => 1_000_000,
            _ => 1,
        };
        match number.checked_mul(scale) {
            Some(multiple) if multiple > 0 => Self { multiple, base: base.trim_start_matches('/').trim().to_owned() },
            _ => Self { multiple: 1, base: lower },
        }
    }

    /// Whether it counts hours of something that is billed by the hour.
    pub(crate) fn is_hours(&self) -> bool {
        matches!(
            &*self.base,
            "hour"
                | "hours"
                | "hr"
                | "hrs"
                | "h"
                | "hourly"
                | "instance hours"
                | "instance-hours"
                | "instance hour"
                | "stunde"
                | "stunden"
        )
    }

    pub(crate) fn is_seconds(&self) -> bool {
        matches!(&*self.base, "second" | "seconds" | "s" | "sec" | "secs")
    }

    /// A word of it.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.base.split(|c: char| !c.is_alphanumeric()).any(|found| found == word)
    }

    /// Whether it counts chips one by one.
    pub(crate) fn is_per_chip(&self) -> bool {
        self.has("gpu") || self.has("gpus")
    }
}

/// A quantity so many times over; `column` is where it stood.
pub(crate) fn beyond(quantity: Micros, multiple: u32, column: &str) -> Result<Micros, Reason> {
    let micros = i128::from(quantity.0) * i128::from(multiple);
    let within = i64::try_from(micros).ok().filter(|micros| micros.unsigned_abs() <= BOUND);
    let told = || Reason::new("bad_value", format!("{column}: {quantity} × {multiple} is beyond 10^12"));
    within.map(Micros).ok_or_else(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_say_how_many_of_what() {
        for (unit, multiple, base) in [
            ("1K tokens", 1_000, "tokens"),
            ("1M", 1_000_000, ""),
            ("1 Million Tokens", 1_000_000, "tokens"),
            ("10 Hours", 10, "hours"),
            ("1/Hour", 1, "hour"),
            ("10K", 10_000, ""),
            ("Hrs", 1, "hrs"),
            ("kilobytes", 1, "kilobytes"),
            ("99999999K", 1, "99999999k"),
        ] {
            let read = Unit::read(unit);
            assert_eq!((read.multiple, &*read.base), (multiple, base), "{unit}");
        }
    }
}
