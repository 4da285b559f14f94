//! Days as cost details write them.
//!
//! In: a cell. Out: a UTC day. It refuses to guess a language: with slashes the month stands first, as in every export of
//! the portal; with points the day does. Days first behind slashes are refused: of such a file the first twelve days of a month
//! would be read as months.

use crate::decode::Reason;
use crate::decode::billing;
use crate::model::Day;

/// Reads `2024-06-01`, `06/01/2024`, `6/1/24`, `01.06.2024`, `20240601`, and times, whose day counts.
pub(super) fn day(text: &str) -> Result<Day, Reason> {
    read(text.trim()).ok_or_else(|| Reason::new("bad_time", format!("Date: expected a day, got {text:?}")))
}

fn read(text: &str) -> Option<Day> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return of(text.get(..4)?, text.get(4..6)?, text.get(6..)?);
    }
    let date = text.split([' ', 'T']).next()?;
    if let [month, day, year] = date.split('/').collect::<Vec<_>>()[..] {
        return of(year, month, day);
    }
    if let [day, month, year] = date.split('.').collect::<Vec<_>>()[..] {
        return of(year, month, day);
    }
    billing::instant(text).map(|time| time.day())
}

fn of(year: &str, month: &str, day: &str) -> Option<Day> {
    let number = |text: &str| text.parse::<u16>().ok();
    let year = number(year).map(|short| if year.len() == 2 { 2000 + short } else { short })?;
    Day::parse(&format!("{year:04}-{:02}-{:02}", number(month)?, number(day)?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_every_writing() {
        for text in [
            "2024-06-01",
            "06/01/2024",
            "6/1/24",
            "6/1/2024",
            "01.06.2024",
            "1.6.24",
            "20240601",
            "2024-06-01T00:00:00Z",
            "6/1/2024 12:00:00 AM",
        ] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Ok("2024-06-01"), "{text}");
        }
        for text in ["", "soon", "13/06/2024", "2024-13-01", "32.01.2024", "1/2"] {
            assert_eq!(&*day(text).unwrap_err().code, "bad_time", "{text}");
        }
    }
}
