use super::*;

fn own(text: &str) -> ListSource {
    ListSource { source: Source { name: "own.yaml".into(), text: text.to_owned().into() }, format: ListFormat::Own }
}

fn csl(text: &str) -> ListSource {
    let as_of = Day::parse("2025-06-01").ok();
    ListSource {
        source: Source { name: "csl.csv".into(), text: text.to_owned().into() },
        format: ListFormat::Csl { as_of },
    }
}

fn read(source: ListSource) -> Lists {
    Lists::read(&[source]).unwrap_or_else(|problems| panic!("{problems}"))
}

const HEAD: &str = "list: {id: own, title: t, source: s, effect: licence, as_of: 2024-01-01}\n";

#[test]
fn a_list_of_ones_own_is_read_with_all_its_fields() {
    let lists = read(own(&format!(
        "{HEAD}entries:
  - id: uni
    names: [Example University, EU]
    domains: [Uni.Example]
    country: sg
    claim: denied
    from: 2024-01-01
    to: 2024-02-01
    cites: [a report]
  - {{id: lab, names: [Example Lab], kind: sub_unit, of: uni}}
  - {{id: p, names: [Jo Example], kind: person}}
"
    )));
    let uni = lists.entries().iter().find(|entry| entry.id.as_str() == "uni").unwrap();
    assert_eq!(uni.domains, ["uni.example"]);
    assert_eq!((uni.effect, uni.claim, uni.country), (Effect::Licence, Some(Claim::Denied), Country::parse("SG")));
    let on = |day: &str| uni.in_force(Day::parse(day).unwrap());
    assert_eq!([on("2023-12-31"), on("2024-01-01"), on("2024-01-31"), on("2024-02-01")], [false, true, true, false]);
    let summary = &lists.summary()[0];
    assert_eq!((summary.entries, summary.persons, summary.effect), (3, 1, Effect::Licence));
    assert_eq!(lists.changes().len(), 2);
}

#[test]
fn every_problem_of_an_own_list_is_told_with_its_place() {
    let text = "list: {id: own, title: t, source: s, effect: bans, as_of: 2024-02-30, more: 1}
entries:
  - {id: a, names: []}
  - {id: a, names: ['…'], nick: x}
  - {id: b, names: [B], kind: sub_unit}
  - {id: c, names: [C], kind: sub_unit, of: nobody}
  - {id: d, names: [D], of: a, from: 2024-02-01, to: 2024-01-01, domains: [cn], country: China, claim: used}
";
    assert_eq!(
        Lists::read(&[own(text)]).unwrap_err().to_string().lines().collect::<Vec<_>>(),
        [
            "own.yaml:1:46: effect must be one of blocks, licence, risk, reported, got \"bans\"",
            "own.yaml:1:59: as_of must be a day such as 2024-03-01, got \"2024-02-30\"",
            "own.yaml:1:71: list has no key \"more\"",
            "entry a (own.yaml:3:5): names must not be empty",
            "own.yaml:4:5: entry id \"a\" stands here twice",
            "entry a (own.yaml:4:5): a name needs a letter or digit, got \"…\"",
            "entry a (own.yaml:4:27): entry has no key \"nick\"",
            "entry b (own.yaml:5:5): a sub_unit needs \"of\", the entry it is a part of",
            "entry c (own.yaml:6:5): of must be the id of another entry of this list, got \"nobody\"",
            "entry d (own.yaml:7:5): only a sub_unit has \"of\", got \"a\" on kind \"organisation\"",
            "entry d (own.yaml:7:54): to must be after from (2024-02-01), got 2024-01-01",
            "entry d (own.yaml:7:76): not a domain such as lab.example: \"cn\"",
            "entry d (own.yaml:7:90): country must be two letters, got \"China\"",
            "entry d (own.yaml:7:104): claim must be one of accessed, accessed_or_interested, interested, denied, got \"used\"",
        ]
    );
}

#[test]
fn one_list_in_two_files_is_a_problem() {
    let text = format!("{HEAD}entries: []\n");
    let problems = Lists::read(&[own(&text), own(&text)]).unwrap_err().to_string();
    assert_eq!(problems, "own.yaml:1:1: list \"own\" was already read from own.yaml");
}

#[test]
fn the_example_list_can_be_read() {
    let lists = read(own(include_str!("../../../config/lists/example-own.yaml")));
    assert!(lists.entries().iter().all(|entry| entry.domains.iter().all(|domain| domain.ends_with(".example"))));
}

const COLUMNS: &str = "\u{feff}name,source,entity_number,type,alt_names,start_date,end_date,addresses\n";
const SDN: &str = "Specially Designated Nationals (SDN) - Treasury Department";

#[test]
fn official_rows_become_one_list_for_each_source() {
    let lists = read(csl(&format!(
        "{COLUMNS}\
         \"Invented Trading, Ltd.\",{SDN},12,Entity,\"ITL; and Old Name Co.; ITL\",,,\"1 Road, Town, 12345, SG\"\n\
         Jo Invented,{SDN},13,Individual,,2020-01-01,2021-01-01,\"Town, SG\"\n\
         Some Lab; and any successor or subsidiary thereof,Entity List (EL) - Bureau,,,,2018-08-01,,\n\
         Ship,{SDN},14,Vessel,,,,\n"
    )));
    let told: Vec<_> =
        lists.summary().iter().map(|l| (l.id.as_str(), l.effect.as_str(), l.entries, l.persons)).collect();
    assert_eq!(told, [("csl-el", "licence", 1, 0), ("csl-sdn", "blocks", 2, 1)]);
    let names: Vec<_> = lists.entries().iter().map(|entry| entry.names.join(" | ")).collect();
    assert_eq!(names, ["Some Lab", "Invented Trading, Ltd. | ITL | Old Name Co.", "Jo Invented"]);
    assert_eq!(lists.entries()[1].country, Country::parse("SG"));
    assert_eq!(lists.entries()[2].country, None, "of a person only names and dates are kept");
    assert!(lists.entries()[0].id.as_str().starts_with("hash-"));
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "csl.csv:4:1: 1 rows: Entity List (EL) - Bureau does not say organisation or person: read as organisation",
            "csl.csv:5:1: 1 rows: vessels and aircraft are not screened against",
        ]
    );
}

#[test]
fn odd_rows_of_an_official_list_are_named_and_cost_nothing_else() {
    let lists = read(csl(&format!(
        "{COLUMNS}\
         too,short\n\
         …,{SDN},1,Entity,,,,\n\
         No Source,,2,Entity,,,,\n\
         Bad Date,{SDN},3,Entity,,2020-13-01,,\n\
         Backwards,{SDN},4,Entity,,2020-02-01,2020-01-01,\n\
         Odd Source,Some new list (SNL),5,Airship,,,,\n"
    )));
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "csl.csv:1:1: 3 rows could not be read",
            "csl.csv:2:1: the row has 2 columns, the header 8",
            "csl.csv:3:1: the row has no name, got \"…\"",
            "csl.csv:4:1: the row names no source",
            "csl.csv:5:1: 1 rows: start_date is no day, read as not stated",
            "csl.csv:6:1: 1 rows: end_date is not after start_date, read as not stated",
            "csl.csv:7:1: 1 rows: source \"Some new list (SNL)\" is not known: read as risk",
            "csl.csv:7:1: 1 rows: type \"airship\" is not known: read as organisation",
        ]
    );
    let today = Day::parse("2025-01-01").unwrap();
    assert!(lists.entries().iter().all(|entry| entry.in_force(today)), "a date that cannot be read clears nobody");
    assert_eq!(lists.entries().len(), 3);
}

#[test]
fn an_official_file_without_header_or_cut_short_is_a_problem() {
    let told = |text: &str| Lists::read(&[csl(text)]).unwrap_err().to_string();
    assert_eq!(
        told("a,b\n1,2\n"),
        "csl.csv:1:1: the header has no column \"name\"\ncsl.csv:1:1: the header has no column \"source\""
    );
    assert!(told("").contains("no column"));
    let cut = format!("{COLUMNS}A,{SDN},1,Entity,,,,\nB,{SDN},2,Entity,\"b; c,\nC,{SDN},3,Entity,,,,\n");
    assert_eq!(told(&cut), "csl.csv:3:1: the file breaks off within quotation marks");
    // In the last column the row keeps its width, and still swallows all that follows.
    let cut = format!("{COLUMNS}A,{SDN},1,Entity,,,,\"b\nC,{SDN},3,Entity,,,,\n");
    assert_eq!(told(&cut), "csl.csv:2:1: the file breaks off within quotation marks");
}

#[test]
fn sources_are_known_by_what_stands_in_brackets() {
    let ids: Vec<_> = [SDN, "Capta List (CAP) - Treasury Department", "Menu (NS-MBS List) - T", "New Source"]
        .map(csl::list_of)
        .into_iter()
        .map(|(id, effect)| format!("{id} {}", effect.map_or("?", Effect::as_str)))
        .collect();
    assert_eq!(ids, ["csl-sdn blocks", "csl-cap risk", "csl-mbs risk", "csl-new-source ?"]);
}

proptest::proptest! {
    #[test]
    fn no_text_stops_the_reader(text in "[ -~\\n\"\",;é]{0,200}", header in proptest::bool::ANY) {
        let text = if header { format!("{COLUMNS}{text}") } else { text };
        let _ = Lists::read(&[csl(&text), own(&text)]);
        let _ = Lists::read(&[csl(&text)]);
    }
}
