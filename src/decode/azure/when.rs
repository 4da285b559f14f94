//! Times as Azure's exports write them. Beside those of everybody: `3/4/2025 10:00:00 AM`, in the order of the United States
//! and in UTC where no offset is said, `/Date(1741082400000)/` and `Tue, 04 Mar 2025 10:00:00 GMT`.

use serde_json::Value;

use crate::decode;
use crate::model::EventTime;

/// The instant, or none where it cannot be told: no month is guessed.
pub(super) fn time(value: &Value) -> Option<EventTime> {
    decode::time(value).or_else(|| {
        let text = value.as_str()?.trim();
        of_json(text).or_else(|| american(text)).or_else(|| of_mail(text))
    })
}

/// `/Date(1741082400000)/`, also with an offset, which changes nothing.
fn of_json(text: &str) -> Option<EventTime> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let digits = inside.split(['+', '-']).next()?;
    digits.parse::<i64>().ok()?.checked_mul(1_000_000).map(EventTime::from_nanos)
}

/// `Tue, 04 Mar 2025 10:00:00 GMT`.
fn of_mail(text: &str) -> Option<EventTime> {
    let stamp = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    i64::try_from(stamp.as_nanosecond()).ok().map(EventTime::from_nanos)
}

/// `3/4/2025, 10:00:00.123 AM`, `03/04/2025 22:00:00`, `3/4/2025 10:00:00 AM +00:00`: the month first.
fn american(text: &str) -> Option<EventTime> {
    let text = text.replace([',', '\u{202f}', '\u{a0}'], " ");
    let mut words = text.split_whitespace();
    let mut date = words.next()?.split('/').map(|part| part.parse::<u32>().ok());
    let (month, day, year) = (date.next()??, date.next()??, date.next()??);
    let mut clock = words.next()?.split(':');
    let (hour, minute) = (clock.next()?.parse::<u32>().ok()?, clock.next()?.parse::<u32>().ok()?);
    let second = clock.next().unwrap_or("00");
    let mut words = words.peekable();
    let half = words.next_if(|word| ["AM", "PM"].iter().any(|half| word.eq_ignore_ascii_case(half)));
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) if half.eq_ignore_ascii_case("AM") => hour % 12,
        Some(_) => hour % 12 + 12,
    };
    let zone = match words.next() {
        None | Some("Z" | "UTC" | "GMT") => "Z",
        Some(offset) => offset,
    };
    let is_whole = date.next().is_none() && clock.next().is_none() && words.next().is_none();
    let written = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:0>2}{zone}");
    EventTime::parse(&written).ok().filter(|_| is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_azure_writes_one_instant_is_that_instant() {
        for text in [
            "2025-03-04T22:00:00Z",
            "2025-03-04T22:00:00.0000000Z",
            "2025-03-04T22:00:00.000Z",
            "2025-03-04T22:00:00.000000000Z",
            "2025-03-04T22:00:00",
            "2025-03-04 22:00:00.000",
            "2025-03-04 22:00:00.000000000",
            "2025-03-04T22:00:00.000000+00:00",
            "2025-03-05T06:00:00.0000000+08:00",
            "3/4/2025 10:00:00 PM",
            "3/4/2025, 10:00:00.000 PM",
            "03/04/2025 22:00:00",
            "3/4/2025 10:00:00 PM +00:00",
            "/Date(1741125600000)/",
            "/Date(1741125600000+0100)/",
            "Tue, 04 Mar 2025 22:00:00 GMT",
            "1741125600000",
        ] {
            let read = time(&text.into()).map(|time| time.to_string());
            assert_eq!(read.as_deref(), Some("2025-03-04T22:00:00Z"), "{text}");
        }
        assert_eq!(time(&1_741_125_600.into()).unwrap().to_string(), "2025-03-04T22:00:00Z");
        assert_eq!(time(&"12/31/2024 12:30:00 AM".into()).unwrap().to_string(), "2024-12-31T00:30:00Z");
    }

    #[test]
    fn what_could_be_no_instant_of_that_order_is_none() {
        for text in
            ["31/12/2024 10:00:00", "3/4/2025", "3/4/2025 13:00:00 PM", "3/4/2025 10:00 AM more", "/Date()/", "soon"]
        {
            assert_eq!(time(&text.into()), None, "{text}");
        }
    }
}
