use super::super::{ListFormat, ListSource, Lists};
use super::*;
use crate::model::Country;
use crate::written::Source;

fn read(name: &str, text: &str, format: ListFormat) -> Lists {
    let source = Source { name: name.into(), text: text.to_owned().into() };
    Lists::read(&[ListSource { source, format }]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// `kind names [country] from (of the whole's first name)`.
fn told(lists: &Lists) -> Vec<String> {
    let of = |entry: &Entry| {
        let whole = entry.of.as_ref().and_then(|of| lists.entries().iter().find(|other| other.id == *of));
        whole.map(|whole| format!(" < {}", whole.names[0])).unwrap_or_default()
    };
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let mut told: Vec<_> = lists
        .entries()
        .iter()
        .map(|e| format!("{}: {} [{}..{}]{}", e.kind.as_str(), e.names.join(" | "), day(e.from), day(e.to), of(e)))
        .collect();
    told.sort();
    told
}

const ENTITIES: &str = r#"{"list_id": "bis-entity-list", "extracted": "2026-07-09", "count": 9, "entities": [
  {"name": "Example 13th Research Institute (EX 13)", "aliases": ["Bay Institute", "Bay Works, 5 Road, Town, 610065, China; and 6 Road, Town"],
   "country": "China", "effective_date": null, "federal_register": "83 FR 37427, 8/1/18.\n85 FR 1, 1/2/20", "notes": null},
  {"name": "Example 13th Research Institute (EX 13) subordinate institution: Bay Circuits", "aliases": [], "country": "China",
   "federal_register": "83 FR 37427, 8/1/18", "notes": "For all items"},
  {"name": "Example 13th Research Institute (EX 13) subordinate institution:", "aliases": ["Bright Bay International"], "country": "China",
   "federal_register": "83 FR 37427, 8/1/18"},
  {"name": "Shore Co., Ltd. (a subordinate institute of EX-7)", "aliases": [], "country": "China", "federal_register": "85 FR 52901"},
  {"name": "Example Academy of Science—Shore Institute of Automation", "aliases": ["Sea; Shore Lab"], "country": "Atlantis",
   "effective_date": "2022-10-07", "federal_register": "87 FR 62186, 10/13/22"},
  {"name": "", "aliases": [], "country": "China", "federal_register": ""},
  ["no object"]
]}"#;

#[test]
fn names_and_parts_are_taken_out_of_prose_and_notices_give_the_first_day() {
    let lists = read("el.json", ENTITIES, ListFormat::Bis { as_of: None });
    assert_eq!(
        told(&lists),
        [
            "organisation: EX-7 [..1970-01-01]",
            "organisation: Example 13th Research Institute (EX 13) | Example 13th Research Institute | EX 13 | Bay Institute | Bay Works \
             [2018-08-01..]",
            "organisation: Example Academy of Science [..1970-01-01]",
            "sub_unit: Bay Circuits [2018-08-01..] < Example 13th Research Institute (EX 13)",
            "sub_unit: Bright Bay International [2018-08-01..] < Example 13th Research Institute (EX 13)",
            "sub_unit: Shore Co., Ltd. [..] < EX-7",
            "sub_unit: Shore Institute of Automation | Example Academy of Science—Shore Institute of Automation | Sea | Shore Lab \
             [2022-10-07..] < Example Academy of Science",
        ]
    );
    let summary = &lists.summary()[0];
    assert_eq!(
        (summary.id.as_str(), summary.effect, summary.as_of),
        ("bis-entity-list", Effect::Licence, Day::parse("2026-07-09").ok())
    );
    assert_eq!(
        (summary.persons, summary.unread),
        (0, 2),
        "the list names no persons, so that none is screened against it"
    );
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "el.json:1:1: 2 rows could not be read",
            "el.json:2:3: 5 rows: Entity List, supplement No. 4 to 15 CFR part 744 does not say organisation or person: read as \
             organisation",
            "el.json:8:3: 1 rows: neither an effective date nor a dated notice, read as not stated",
            "el.json:8:3: 2 rows: part of what is not on this list: that is put there as a name alone, never in force",
            "el.json:9:3: 1 rows: country \"Atlantis\" is not known: read as not stated",
            "el.json:11:3: the entry has no name",
            "el.json:12:3: the entry is no object",
        ]
    );
    let bay = lists.entries().iter().find(|e| e.names[0] == "Bay Circuits").unwrap();
    assert_eq!((bay.country, bay.cites[0].as_str()), (Country::parse("CN"), "83 FR 37427, 8/1/18"));
}

#[test]
fn notes_of_the_military_end_user_list_say_what_an_entry_is_a_part_of() {
    let text = r#"{"list_id": "bis-meu", "extracted": "2026-07-09", "entities": [
      {"name": "EX Aviation Power Co. Ltd.", "aliases": [], "country": "China", "federal_register": "85 FR 83799, 12/23/2020",
       "notes": "Subordinate institution of Example Engine Company"}]}"#;
    let lists = read("meu.json", text, ListFormat::Bis { as_of: None });
    assert_eq!(lists.summary()[0].id.as_str(), "bis-meu");
    assert_eq!(
        told(&lists),
        [
            "organisation: Example Engine Company [..1970-01-01]",
            "sub_unit: EX Aviation Power Co. Ltd. [2020-12-23..] < Example Engine Company",
        ]
    );
}

#[test]
fn cells_of_the_supplement_hold_names_parts_and_addresses_at_once() {
    let text = "Country,Entity,License requirement,License review policy,Federal Register citation\n\
        \"CHINA, PEOPLE'S REPUBLIC OF\",\"Harbour Example Technology Co., Ltd., a.k.a., the following two aliases: —Harbour AI; and \
        —Harbour Atlas Co., Ltd. Floor 10, Building 9, Town, 100080, China.\",For all items,Presumption of denial,\"90 FR 4619, 1/16/25.\"\n\
        ,\"Example Second Academy, including the following one subordinate institution: —Example 23rd Institute. 50 Road, Town, \
        China\",For all items,Presumption of denial,\"66 FR 24266, 5/14/01\"\n\
        short,row\n";
    let lists = read("supplement-4.csv", text, ListFormat::BisSupplement { as_of: Day::parse("2026-09-01").ok() });
    assert_eq!(
        told(&lists),
        [
            "organisation: Example Second Academy [2001-05-14..]",
            "organisation: Harbour Example Technology Co., Ltd. | Harbour AI | Harbour Atlas Co., Ltd. [2025-01-16..]",
            "sub_unit: Example 23rd Institute [2001-05-14..] < Example Second Academy",
        ]
    );
    assert!(
        lists.entries().iter().all(|entry| entry.country == Country::parse("CN")),
        "a country holds for the rows below"
    );
    assert_eq!(lists.summary()[0].unread, 1);
}

mod official {
    use super::*;

    fn read_shared(file: &str, test: &str) -> Option<Lists> {
        let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/lists/{}"), file);
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("SKIPPED (no ../shared/data): {test}");
            return None;
        };
        Some(read(file, &text, ListFormat::Bis { as_of: None }))
    }

    fn named<'a>(lists: &'a Lists, name: &str) -> &'a Entry {
        let found = lists.entries().iter().find(|entry| entry.names.iter().any(|known| known == name));
        found.unwrap_or_else(|| panic!("{name} is on no list"))
    }

    #[test]
    fn the_entity_list_of_july_2026_is_read() {
        let Some(lists) = read_shared("bis_entity_list_2026-07-09.json", "the_entity_list_of_july_2026_is_read") else {
            return;
        };
        let summary = &lists.summary()[0];
        println!("{} entries, {} names", summary.entries, summary.names);
        assert_eq!((summary.unread, summary.persons), (0, 0));
        let added = lists.entries().iter().filter(|entry| entry.to.is_some()).count();
        assert_eq!(summary.entries - added, 3409 - 19, "19 are addresses without a party");
        let undated = lists.entries().iter().filter(|entry| entry.from.is_none() && entry.to.is_none()).count();
        assert!(undated <= 3, "{undated} without a day");
        let ustc = named(&lists, "University of Science and Technology of China");
        assert_eq!(ustc.from, Day::parse("2024-05-14").ok());
        let sichuan = named(&lists, "Sichuan University, Suzhou Research Institute");
        assert_eq!((sichuan.names[0].as_str(), sichuan.from), ("Sichuan University", Day::parse("2012-09-19").ok()));
        let circuits = named(&lists, "Bowei Integrated Circuits");
        let whole = named(&lists, "Hebei Semiconductor Research Institute");
        assert_eq!((circuits.kind, circuits.of.as_ref()), (EntryKind::SubUnit, Some(&whole.id)));
        assert!(named(&lists, "Mesbah Energy Company").names.contains(&"MEC".into()));
        let odd: Vec<_> = lists
            .entries()
            .iter()
            .flat_map(|entry| &entry.names)
            .filter(|name| {
                name.contains("a.k.a")
                    || name.contains("f.k.a")
                    || name.contains("; and ")
                    || name.contains("subordinate inst")
            })
            .collect();
        assert!(odd.is_empty(), "{odd:#?}");
    }

    #[test]
    fn the_military_end_user_list_of_july_2026_is_read() {
        let Some(lists) = read_shared("bis_meu_2026-07-09.json", "the_military_end_user_list_of_july_2026_is_read")
        else {
            return;
        };
        let summary = &lists.summary()[0];
        assert_eq!((summary.entries, summary.unread), (72, 0), "70, and two groups of which entries are a part");
        let power = named(&lists, "AECC Aviation Power Co. Ltd.");
        assert_eq!(power.of.as_ref(), Some(&named(&lists, "Aero-Engine Company of China").id));
    }
}
