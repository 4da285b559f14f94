use super::super::{ListFormat, ListSource, Lists};
use super::*;
use crate::model::Country;

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.to_owned().into() }
}

fn read(sdn: Source, alternates: Option<Source>, addresses: Option<Source>) -> Lists {
    let beside = Box::new(Beside { alternates, addresses });
    let format = ListFormat::Ofac { as_of: Day::parse("2026-07-01").ok(), beside };
    Lists::read(&[ListSource { source: sdn, format }]).unwrap_or_else(|problems| panic!("{problems}"))
}

const SDN: &str = "12,\"INVENTED TRADING CO., LTD.\",-0- ,\"NPWMD] [IFSR\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Website www.invented.example; alt. Website https://other.example/en; a.k.a. 'ITC'; Registration ID 1.\"\r\n\
    13,\"INVENTED, Jo\",\"individual\",\"SDGT\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 01 Jan 1960; nationality Nowhere; Website www.jo.example; a.k.a. 'JOJO'.\"\r\n\
    14,\"INVENTED STAR\",\"vessel\",\"IRAN\",-0- ,\"Bulk\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\
    15,-0- ,-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\
    sixteen,\"ODD\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\
    \u{1a}";
const ALT: &str = "12,1,\"aka\",\"ITCO\",-0- \r\n12,2,\"fka\",\"OLD TRADING\",-0- \r\n13,3,\"aka\",\"INVENTED, Joe\",-0- \r\n\
    14,4,\"aka\",\"STAR\",-0- \r\n99,5,\"aka\",\"NOBODY\",-0- \r\n12,6\r\n\u{1a}";
const ADD: &str = "12,1,-0- ,-0- ,-0- ,-0- \r\n12,2,\"1 Road\",\"Town\",\"Korea, South\",-0- \r\n13,3,\"2 Road\",\"Town\",\"Cuba\",-0- \r\n\u{1a}";

#[test]
fn three_files_make_one_list_and_persons_keep_names_alone() {
    let lists = read(source("sdn.csv", SDN), Some(source("alt.csv", ALT)), Some(source("add.csv", ADD)));
    let [trading, jo] = lists.entries() else { panic!("{:?}", lists.entries()) };
    assert_eq!(trading.names, ["INVENTED TRADING CO., LTD.", "ITCO", "OLD TRADING"]);
    assert_eq!((trading.id.as_str(), trading.kind, trading.effect), ("12", EntryKind::Organisation, Effect::Blocks));
    assert_eq!((trading.weak.as_slice(), trading.country), ([Text::new("ITC")].as_slice(), Country::parse("KR")));
    assert_eq!(trading.domains, ["invented.example", "other.example"]);
    assert_eq!(trading.cites, ["OFAC: NPWMD, IFSR"]);
    assert_eq!(
        (jo.names.as_slice(), jo.kind),
        ([Text::new("INVENTED, Jo"), Text::new("INVENTED, Joe")].as_slice(), EntryKind::Person)
    );
    assert_eq!((jo.country, jo.domains.len(), jo.from), (None, 0, None), "of a person only names and dates are kept");
    let summary = &lists.summary()[0];
    assert_eq!((summary.entries, summary.persons, summary.names, summary.unread), (2, 1, 5, 3));
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "alt.csv:1:1: 1 rows could not be read",
            "alt.csv:5:1: 1 rows: of no entry that could be read",
            "alt.csv:6:1: the row has 2 columns, not 5",
            "sdn.csv:1:1: 2 rows could not be read",
            "sdn.csv:3:1: 1 rows: vessels and aircraft are not screened against",
            "sdn.csv:4:1: the row has no name, got \"\"",
            "sdn.csv:5:1: the row has no number, got \"sixteen\"",
        ]
    );
}

#[test]
fn names_without_the_files_of_other_names_are_read_and_told() {
    let lists = read(source("sdn.csv", SDN), None, None);
    assert_eq!(lists.entries()[0].names.len(), 1);
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert!(notices.contains(&"sdn.csv:1:1: 1 rows: read without the file of alternates".to_owned()), "{notices:?}");
}

#[test]
fn the_real_files_are_read() {
    let file = |name: &str| {
        let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/lists/{}"), name);
        std::fs::read_to_string(path).ok().map(|text| source(name, &text))
    };
    let Some(sdn) = file("ofac_sdn.csv") else {
        println!("SKIPPED (no ../shared/data): the_real_files_are_read");
        return;
    };
    let lists = read(sdn, file("ofac_alt.csv"), file("ofac_add.csv"));
    let summary = &lists.summary()[0];
    assert_eq!((summary.entries, summary.persons, summary.unread), (4620 + 3673, 4620, 0));
    assert!(lists.entries().iter().all(|entry| entry.kind == EntryKind::Organisation || entry.country.is_none()));
    let bank = lists.entries().iter().find(|entry| entry.id.as_str() == "306").unwrap();
    assert_eq!((bank.names.len() > 1, bank.weak[0].as_str()), (true, "BNC"));
    println!("{} names", summary.names);
}
