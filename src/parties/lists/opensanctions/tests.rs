use super::super::sheet::Described;
use super::super::{Effect, Entry, ListFormat, ListSource, Lists, Writing};
use super::*;
use crate::model::{Country, Day, ListId};
use crate::written::Source;

fn read(name: &str, text: &str, writing: Writing) -> Result<Lists, String> {
    let source = Source { name: name.into(), text: text.to_owned().into() };
    let list = Box::new(Described { id: ListId::new("os"), title: "a data set".into(), effect: Effect::Licence });
    let format = ListFormat::OpenSanctions { as_of: Day::parse("2026-07-01").ok(), writing, list };
    Lists::read(&[ListSource { source, format }]).map_err(|problems| problems.to_string())
}

fn find<'a>(lists: &'a Lists, id: &str) -> &'a Entry {
    lists.entries().iter().find(|entry| entry.id.as_str() == id).unwrap()
}

const FTM: &str = r#"{"id":"c1","caption":"Invented Trading","schema":"Company","target":true,"properties":{"name":["Invented Trading Ltd"],"alias":["ITL"],"weakAlias":["Trading"],"topics":["sanction","export.control"],"jurisdiction":["sg"],"country":["cn"],"website":["https://www.invented.example/en"]}}
{"id":"p1","caption":"Jo Invented","schema":"Person","target":true,"properties":{"name":["Jo Invented"],"topics":["sanction"],"nationality":["sg"],"country":["sg"],"website":["https://jo.example"]}}
{"id":"p2","caption":"A Minister","schema":"Person","target":true,"properties":{"name":["A Minister"],"topics":["role.pep"]}}
{"id":"s1","schema":"Sanction","properties":{"entity":["c1"],"startDate":["2022-10-07"],"listingDate":["2022-10-05"],"authority":["Bureau"],"program":["Supplement"]}}
{"id":"s2","schema":"Sanction","properties":{"entity":["p1"],"startDate":["2020-01-01"],"authority":["A"]}}
{"id":"s3","schema":"Sanction","properties":{"entity":["p1"],"authority":["B"]}}
{"id":"v1","caption":"Star","schema":"Vessel","target":true,"properties":{"name":["Star"]}}
{"id":"l1","caption":"Some Body","schema":"LegalEntity","target":true,"properties":{}}
{"id":"a1","caption":"1 Road","schema":"Address","target":false,"properties":{}}
{"id":"n1","caption":"","schema":"Company","target":true,"properties":{}}
{"id":"x"
[]
"#;

#[test]
fn targets_are_entries_and_sanctions_say_since_when() {
    let lists = read("entities.ftm.json", FTM, Writing::Ftm).unwrap();
    let ids: Vec<_> = lists.entries().iter().map(|entry| (entry.id.as_str(), entry.kind)).collect();
    assert_eq!(ids, [("c1", EntryKind::Organisation), ("l1", EntryKind::Organisation), ("p1", EntryKind::Person)]);
    let trading = find(&lists, "c1");
    assert_eq!(trading.names, ["Invented Trading", "Invented Trading Ltd", "ITL"]);
    assert_eq!(
        (trading.weak[0].as_str(), trading.country, trading.effect),
        ("Trading", Country::parse("SG"), Effect::Licence)
    );
    assert_eq!((trading.domains[0].as_str(), trading.from), ("invented.example", Day::parse("2022-10-05").ok()));
    assert_eq!(trading.cites, ["topics: sanction, export.control", "Bureau: Supplement"]);
    let jo = find(&lists, "p1");
    assert_eq!((jo.country, jo.domains.len()), (None, 0), "of a person only names and dates are kept");
    assert_eq!(jo.from, None, "one of its sanctions states no day, and may be the older one");
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices[..6],
        [
            "entities.ftm.json:1:1: 3 rows could not be read",
            "entities.ftm.json:3:1: 1 rows: who merely holds an office is not screened against",
            "entities.ftm.json:7:1: 1 rows: schema \"Vessel\" is not screened against",
            "entities.ftm.json:8:1: 1 rows: LegalEntity does not say organisation or person: read as organisation",
            "entities.ftm.json:10:1: entity n1 has no name",
            "entities.ftm.json:11:1: not JSON: EOF while parsing an object at line 1 column 9",
        ]
    );
    assert_eq!(lists.summary()[0].unread, 3);
    let cut = read("entities.ftm.json", "<html>\n", Writing::Ftm).unwrap_err();
    assert!(
        cut.starts_with("entities.ftm.json:1:1: not JSON") || cut.contains("not one of 1 rows can be read"),
        "{cut}"
    );
}

const SIMPLE: &str = "\"id\",\"schema\",\"name\",\"aliases\",\"birth_date\",\"countries\",\"sanctions\",\"dataset\"\n\
    \"c1\",\"Company\",\"Invented Trading\",\"ITL;Invented Trading;…\",\"\",\"cn;sg\",\"A list\",\"A data set\"\n\
    \"p1\",\"Person\",\"Jo Invented\",\"\",\"1960-01-01\",\"sg\",\"\",\"A data set\"\n\
    \"v1\",\"Vessel\",\"Star\",\"\",\"\",\"\",\"\",\"\"\n\
    \"n1\",\"Company\",\"…\",\"\",\"\",\"\",\"\",\"\"\n";

#[test]
fn a_table_of_targets_is_read() {
    let lists = read("targets.simple.csv", SIMPLE, Writing::Simple).unwrap();
    let [trading, jo] = lists.entries() else { panic!("{:?}", lists.entries()) };
    assert_eq!((trading.names.join(" | ").as_str(), trading.country), ("Invented Trading | ITL", Country::parse("CN")));
    assert_eq!(trading.cites, ["A list", "A data set"]);
    assert_eq!((jo.kind, jo.country, jo.cites.len()), (EntryKind::Person, None, 1));
    let summary = &lists.summary()[0];
    assert_eq!((summary.id.as_str(), summary.persons, summary.unread), ("os", 1, 1));
}

#[test]
fn the_real_samples_are_read() {
    for (file, writing, persons) in [
        ("opensanctions_ftm_sample.json", Writing::Ftm, 20),
        ("opensanctions_targets_simple_sample.csv", Writing::Simple, 5),
    ] {
        let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/lists/{}"), file);
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("SKIPPED (no ../shared/data): the_real_samples_are_read");
            return;
        };
        let lists = read(file, &text, writing).unwrap();
        let summary = &lists.summary()[0];
        println!("{file}: {summary:?}");
        assert_eq!((summary.entries, summary.persons, summary.unread), (persons, persons, 0), "{file}");
    }
}
