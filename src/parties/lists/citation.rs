//! Citations of the Federal Register as lists write them: `77 FR 25057, 4/27/12`.
//!
//! In: a text with one or more. Out: the text on one line, and the day of the earliest. It refuses to guess a day that the text
//! does not give.

use crate::model::{Day, Text};

/// The citations on one line, `; ` between them; nothing where there are none.
pub(super) fn cites(text: &str) -> Vec<Text> {
    // Line ends stand within a citation ("64 FR 28909,\n5/28/99") as well as between two.
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { Vec::new() } else { vec![Text::new(line)] }
}

/// The day of the earliest citation: that of the notice which put the entry on the list; later ones changed it.
pub(super) fn first_day(text: &str) -> Option<Day> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')')).filter_map(american).min()
}

/// `4/27/12`, `12/23/2020`: month, day, year. Two digits of a year from 70 on are of the last century: the first of these
/// lists is of 1997.
pub(super) fn american(text: &str) -> Option<Day> {
    let parts: Vec<&str> = text.trim_matches(|c: char| !c.is_ascii_digit()).split('/').collect();
    let [month, day, year] = parts.as_slice() else { return None };
    let number = |text: &str| text.parse::<u16>().ok();
    let year = match (year.len(), number(year)?) {
        (2, year) if year >= 70 => 1900 + year,
        (2, year) => 2000 + year,
        (4, year) => year,
        _ => return None,
    };
    Day::parse(&format!("{year:04}-{:02}-{:02}", number(month)?, number(day)?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_gives_the_day_of_the_first_notice() {
        for (text, day) in [
            ("77 FR 25057, 4/27/12", "2012-04-27"),
            ("64 FR 28909,\n5/28/99.\n75 FR 78883,\n12/17/10.", "1999-05-28"),
            ("87 FR 12240 3/3/22", "2022-03-03"),
            ("81 FR 61601 preview citation details, 9/7/16", "2016-09-07"),
            ("85 FR 83799, 12/23/2020 ", "2020-12-23"),
            ("88 FR 9390, 2/14/23. 87 FR 62186, 10/13/22", "2022-10-13"),
            ("68 F.R. 38290 6/27/03 71 F.R. 38843 7/10/06", "2003-06-27"),
        ] {
            assert_eq!(first_day(text), Day::parse(day).ok(), "{text}");
        }
        for text in ["86 FR 67319", "", "13/13/13", "1/2/3", "2/30/20"] {
            assert_eq!(first_day(text), None, "{text}");
        }
        assert_eq!(cites("64 FR 28909,\n5/28/99"), ["64 FR 28909, 5/28/99"]);
        assert!(cites(" \n").is_empty());
    }
}
