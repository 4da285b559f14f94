//! Which delivery of which export a line stands on (D4), as far as the path of its file tells.
//!
//! In: the name of a source. Out: the export's name and the delivery's version. It refuses to know whether a delivery is
//! complete: a manifest says so.
//!
//! Exports lie in folders: the export's name, the billing period, and, where earlier deliveries are kept, one for each:
//! `name/20240601-20240701/20240605T010203Z/…` (AWS; the delivery may be a GUID), `name/data/BILLING_PERIOD=2024-06/
//! 2024-06-05T01:02:03.456Z-GUID/…` (AWS Data Exports), `name/20240601-20240630/202406050102/GUID/…` (Azure). A delivery's
//! time is its version in seconds. A GUID tells deliveries apart and says nothing of their order.

use crate::decode::time_text;
use crate::model::{AccountId, Actor, Day, Digest, EventTime, Fact, Statement, Text, Usage, UsageKind};

/// Where a file comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin<'a> {
    /// The export's name.
    pub(crate) export: Option<&'a str>,
    /// The first day of the billing period.
    pub(crate) period: Option<Day>,
    /// Which delivery.
    pub(crate) delivery: Delivery<'a>,
}

/// Which delivery of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Delivery<'a> {
    /// Not said: each replaces the one before.
    #[default]
    Only,
    /// Seconds since 1970.
    At(u64),
    /// An id without an order.
    Called(&'a str),
}

impl<'a> Origin<'a> {
    /// Reads a path; separators may be those of any system, and of an archive.
    pub(crate) fn of(source: &'a str) -> Self {
        let parts: Vec<&str> = source.split(['/', '\\', '!']).filter(|part| !part.is_empty()).collect();
        let Some((at, period)) = parts.iter().enumerate().rev().find_map(|(at, part)| Some((at, period(part)?))) else {
            return Self::default();
        };
        let above = parts.get(..at).unwrap_or_default();
        let export = above.iter().rev().find(|part| !["data", "metadata"].contains(*part)).copied();
        // The last part is the file.
        let below = parts.get(at + 1..parts.len().saturating_sub(1)).unwrap_or_default();
        let timed = below.iter().find_map(|part| stamp(part)).map(Delivery::At);
        let called = below.iter().find(|part| is_guid(part)).map(|part| Delivery::Called(part));
        Self { export, period: Some(period), delivery: timed.or(called).unwrap_or_default() }
    }
}

impl Delivery<'_> {
    /// The version of lines that have no id of their own: an order, or none. Without an order those are better told apart
    /// by their columns than replaced by chance.
    pub(crate) fn in_order(self) -> u64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Only | Self::Called(_) => 0,
        }
    }

    /// The version of lines whose ids are those of one delivery, so that deliveries must not be mixed: of two without an
    /// order the one counts that a manifest calls complete, else the one with the greater number.
    pub(crate) fn apart(self) -> u64 {
        match self {
            Self::Called(id) => number_of(id),
            other => other.in_order(),
        }
    }
}

/// A number for an id, below that of every time.
pub(crate) fn number_of(id: &str) -> u64 {
    let hash = Digest::new("delivery").field(id.to_ascii_lowercase()).finish();
    let number = hash.iter().take(3).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    number + 1
}

/// The version a manifest's own word for a delivery has: a time, or an id.
pub(crate) fn version_of(delivery: &str) -> u64 {
    stamp(delivery).unwrap_or_else(|| number_of(delivery))
}

/// The statement of an account that pays, in words that a manifest of the same export also has.
pub(crate) fn statement(kind: &str, payer: &AccountId, origin: &Origin<'_>, start: Day, version: u64) -> Statement {
    let export = match origin.export {
        Some(name) => format!("{kind}:{payer}/{name}"),
        None => format!("{kind}:{payer}"),
    };
    Statement { export: Text::from(export), period: Text::from(start.to_string()), version }
}

/// That every line of a statement has been delivered, as its manifest says.
pub(crate) fn complete(account: AccountId, statement: Statement, time: EventTime) -> Fact {
    Fact::Usage(Usage {
        account,
        event: Text::from(format!("{}/{}/{}", statement.export, statement.period, statement.version)),
        time,
        region: None,
        actor: Actor::default(),
        via: None,
        kind: UsageKind::StatementComplete { statement },
    })
}

/// `20240601-20240701`, `BILLING_PERIOD=2024-06`: the first day.
fn period(part: &str) -> Option<Day> {
    let Some((key, value)) = part.split_once('=') else {
        let (from, to) = part.split_once('-')?;
        return digits_day(to).and(digits_day(from));
    };
    if !key.eq_ignore_ascii_case("billing_period") {
        return None;
    }
    Day::parse(value).or_else(|_| Day::parse(&format!("{value}-01"))).ok()
}

/// `20240601`.
fn digits_day(text: &str) -> Option<Day> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month, day) = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
    digits.then(|| Day::parse(&format!("{year}-{month}-{day}")).ok()).flatten()
}

/// `20240605T010203Z`, `202406050102`, `2024-06-05T01:02:03.456Z-GUID`: seconds since 1970.
fn stamp(part: &str) -> Option<u64> {
    let seconds = |time: EventTime| u64::try_from(time.nanos() / 1_000_000_000).ok();
    if let Some((time, _)) = part.split_once('Z').filter(|(time, _)| time.contains('-')) {
        // Some copies of a bucket cannot hold colons.
        let time = time.split_once('T').map(|(day, clock)| format!("{day}T{}Z", clock.replace(['_', '-'], ":")))?;
        return time_text(&time).and_then(seconds);
    }
    let compact: String = part.trim_end_matches('Z').chars().filter(|c| *c != 'T').collect();
    let day = digits_day(compact.get(..8)?)?;
    let clock = compact.get(8..)?;
    let padded = match clock.len() {
        4 => format!("{clock}00"),
        6 => clock.to_owned(),
        _ => return None,
    };
    let (hour, minute, second) = (padded.get(..2)?, padded.get(2..4)?, padded.get(4..)?);
    time_text(&format!("{day}T{hour}:{minute}:{second}Z")).and_then(seconds)
}

fn is_guid(part: &str) -> bool {
    part.len() == 36
        && part.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && part.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(time: &str) -> Delivery<'static> {
        Delivery::At(u64::try_from(EventTime::parse(time).unwrap().nanos() / 1_000_000_000).unwrap())
    }

    #[test]
    fn a_path_tells_export_period_and_delivery() {
        let guid = "0f8fad5b-d9cb-469f-a165-70867728950e";
        for (path, export, delivery) in [
            ("in/costs/20240601-20240701/20240605T010203Z/costs-1.csv.gz", "costs", seconds("2024-06-05T01:02:03Z")),
            (&format!("costs/20240601-20240701/{guid}/costs-1.csv.gz"), "costs", Delivery::Called(guid)),
            ("costs/20240601-20240701/costs-Manifest.json", "costs", Delivery::Only),
            (
                &format!("b/exp/data/BILLING_PERIOD=2024-06/2024-06-05T01:02:03.456Z-{guid}/exp-1.parquet"),
                "exp",
                seconds("2024-06-05T01:02:03Z"),
            ),
            (
                &format!("daily/20240601-20240630/202406050102/{guid}/part_0_0001.csv"),
                "daily",
                seconds("2024-06-05T01:02:00Z"),
            ),
        ] {
            let origin = Origin::of(path);
            assert_eq!((origin.export, origin.delivery), (Some(export), delivery), "{path}");
            assert_eq!(origin.period.unwrap().to_string(), "2024-06-01", "{path}");
        }
        for path in ["", "bill.csv", "2024/06/bill.csv", "a-b/c.csv", "é/20240601-2024070é/x"] {
            assert_eq!(Origin::of(path), Origin::default(), "{path}");
        }
    }

    #[test]
    fn a_delivery_without_a_time_is_less_than_any_with_one() {
        assert!(number_of("0f8fad5b-d9cb-469f-a165-70867728950e") < 1 << 25);
        assert_eq!(version_of("20240605T010203Z"), seconds("2024-06-05T01:02:03Z").apart());
        assert_eq!(Delivery::Called("x").in_order(), 0);
    }
}
