//! Times as the field writes them.

use serde_json::Value;

use crate::model::EventTime;

/// Seconds from here on are taken for milliseconds: the year 5138 against November 1973.
const MILLISECONDS: i64 = 100_000_000_000;

/// RFC 3339; the same with a space, without an offset (UTC) or with `UTC`; `Aug 1, 2024, 11:30:23 AM`; seconds or
/// milliseconds since 1970.
pub(crate) fn time(value: &Value) -> Option<EventTime> {
    match value {
        Value::String(text) => time_text(text),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => epoch(whole),
            None => {
                number.as_f64().filter(|n| (0.0..1e10).contains(n)).map(|n| EventTime::from_nanos((n * 1e9) as i64))
            }
        },
        _ => None,
    }
}

/// As [`time`], for text.
pub(crate) fn time_text(text: &str) -> Option<EventTime> {
    let text = text.trim().trim_end_matches("UTC").trim_end();
    if text.len() < 8 {
        return None;
    }
    if let Ok(time) = EventTime::parse(text) {
        return Some(time);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return epoch(text.parse().ok()?);
    }
    if let Ok(time) = EventTime::parse(&format!("{text}Z")) {
        return Some(time);
    }
    let plain = text.replace(['\u{202f}', '\u{a0}'], " ").replace(',', "");
    let civil = jiff::civil::DateTime::strptime("%b %d %Y %I:%M:%S %p", &plain).ok()?;
    let stamp = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    i64::try_from(stamp.as_nanosecond()).ok().map(EventTime::from_nanos)
}

fn epoch(number: i64) -> Option<EventTime> {
    match number {
        ..=0 => None,
        1..MILLISECONDS => EventTime::from_seconds(number),
        _ => number.checked_mul(1_000_000).map(EventTime::from_nanos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_field_are_read_as_utc() {
        for (text, meant) in [
            ("2024-12-16 18:41:07.000000000", "2024-12-16T18:41:07Z"),
            ("2024-12-16T18:41:07", "2024-12-16T18:41:07Z"),
            ("2022-02-08 09:23:37+11:00", "2022-02-07T22:23:37Z"),
            ("2022-10-14 00:35:36 UTC", "2022-10-14T00:35:36Z"),
            ("Aug 1, 2024, 11:30:23 PM", "2024-08-01T23:30:23Z"),
            ("Aug 1, 2024 11:30:23 AM", "2024-08-01T11:30:23Z"),
            ("1734374467000", "2024-12-16T18:41:07Z"),
            ("1734374467", "2024-12-16T18:41:07Z"),
        ] {
            assert_eq!(time_text(text).map(|t| t.to_string()).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "...", "eventTime", "2024-13-01T00:00:00Z", "0"] {
            assert_eq!(time_text(text), None, "{text}");
        }
    }
}
