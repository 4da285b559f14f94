use super::super::{EntryKind, ListFormat, ListSource, Lists};
use super::*;
use crate::model::Country;

fn read(text: &str) -> Lists {
    let source = Source { name: "dpl.txt".into(), text: text.to_owned().into() };
    let format = ListFormat::Dpl { as_of: None };
    Lists::read(&[ListSource { source, format }]).unwrap_or_else(|problems| panic!("{problems}"))
}

const HEADER: &str = "\"Name\"\t\"Street_Address\"\t\"City\"\t\"State\"\t\"Country\"\t\"Postal_Code\"\t\"Effective_Date\"\t\
                      \"Expiration_Date\"\t\"Standard_Order\"\t\"Last_Update\"\t\"Action\"\t\"FR_Citation\"\n";

#[test]
fn a_denial_is_one_entry_however_many_addresses_it_has() {
    let row = |name: &str, city: &str, country: &str, from: &str, to: &str| {
        format!(
            "\"{name}\"\t\"1 ROAD\"\t\"{city}\"\t\"\"\t\"{country}\"\t\"\"\t\"{from}\"\t\"{to}\"\t\"Y\"\t\"\"\t\"\"\t\"68 F.R. 1 6/27/03\"\n"
        )
    };
    let lists = read(&format!(
        "{HEADER}{}{}{}{}{}short\trow\n",
        row("INVENTED TRADING", "A", "DE", "09/10/1981", ""),
        row("INVENTED TRADING", "B", "DE", "09/10/1981", ""),
        row(" JO INVENTED", "C", "", "06/19/2003", "06/29/2056"),
        row("ODD DATES LTD", "D", "US", "someday", "06/29/2056"),
        row("", "E", "US", "", ""),
    ));
    let told: Vec<_> = lists
        .entries()
        .iter()
        .map(|e| (e.names[0].as_str(), e.country, e.from.map(|d| d.to_string()), e.to.map(|d| d.to_string()), e.kind))
        .collect();
    let day = |day: &str| Some(day.to_owned());
    let mut expected = [
        ("INVENTED TRADING", Country::parse("DE"), day("1981-09-10"), None, EntryKind::Organisation),
        ("JO INVENTED", None, day("2003-06-19"), day("2056-06-29"), EntryKind::Organisation),
        ("ODD DATES LTD", Country::parse("US"), None, day("2056-06-29"), EntryKind::Organisation),
    ];
    expected.sort_by_key(|entry| lists.entries().iter().position(|known| known.names[0] == entry.0));
    assert_eq!(told, expected);
    let summary = &lists.summary()[0];
    assert_eq!(
        (summary.id.as_str(), summary.effect, summary.unread, summary.persons),
        ("bis-dpl", Effect::Licence, 2, 0)
    );
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "dpl.txt:1:1: 2 rows could not be read",
            "dpl.txt:1:1: no date of publication given for this file",
            "dpl.txt:2:1: 4 rows: the list does not say organisation or person: read as organisation",
            "dpl.txt:5:1: 1 rows: effective_date is no day, read as not stated",
            "dpl.txt:6:1: the row has no name, got \"\"",
            "dpl.txt:7:1: the row has 2 columns, the header 12",
        ]
    );
}

#[test]
fn the_real_list_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/lists/bis_dpl.txt");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("SKIPPED (no ../shared/data): the_real_list_is_read");
        return;
    };
    let lists = read(&text);
    let summary = &lists.summary()[0];
    println!("{} entries", summary.entries);
    assert_eq!((summary.unread, summary.persons), (0, 0));
    assert!(summary.entries > 400, "{}", summary.entries);
    assert!(lists.entries().iter().all(|entry| entry.from.is_some()));
}
