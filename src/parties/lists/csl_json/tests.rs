use super::super::{ListFormat, ListSource, Lists};
use super::*;

fn read(text: &str) -> Result<Lists, String> {
    let source = Source { name: "consolidated.json".into(), text: text.to_owned().into() };
    let format = ListFormat::CslJson { as_of: Day::parse("2026-07-01").ok() };
    Lists::read(&[ListSource { source, format }]).map_err(|problems| problems.to_string())
}

const RESULTS: &str = r#"{"total": 4, "results": [
  {"id": "x1", "source": "Specially Designated Nationals (SDN) - Treasury Department", "entity_number": "12", "type": "Entity",
   "name": "Invented Trading, Ltd.", "alt_names": ["ITL", "Old Name Co."], "start_date": null, "end_date": null,
   "addresses": [{"address": "1 Road", "city": "Town", "country": null}, {"city": "Town", "country": "SG"}],
   "federal_register_notice": null},
  {"id": "x2", "source": "Specially Designated Nationals (SDN) - Treasury Department", "entity_number": 13, "type": "Individual",
   "name": "Jo Invented", "alt_names": null, "addresses": [{"country": "SG"}], "citizenships": ["SG"]},
  {"source": "Entity List (EL) - Bureau of Industry and Security", "name": "Some Lab", "type": null,
   "start_date": "2018-08-01", "federal_register_notice": "83 FR 37427", "addresses": null},
  7,
  {"source": "Entity List (EL) - Bureau of Industry and Security", "name": ""}
]}"#;

#[test]
fn results_become_one_list_for_each_source_and_odd_ones_are_named_with_their_place() {
    let lists = read(RESULTS).unwrap();
    let told: Vec<_> = lists
        .entries()
        .iter()
        .map(|e| {
            format!("{} {} {} {:?} {}", e.list, e.kind.as_str(), e.names.join(" | "), e.country, e.cites.join(" | "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "csl-el organisation Some Lab None 83 FR 37427",
            "csl-sdn organisation Invented Trading, Ltd. | ITL | Old Name Co. Some(SG) ",
            "csl-sdn person Jo Invented None ",
        ]
    );
    assert_eq!(lists.entries()[0].from, Day::parse("2018-08-01").ok());
    assert_eq!([1, 2].map(|at| lists.entries()[at].id.as_str()), ["12", "13"]);
    assert_eq!(lists.summary()[0].unread, 2);
    let notices: Vec<_> = lists.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "consolidated.json:1:1: 2 rows could not be read",
            "consolidated.json:8:3: 2 rows: Entity List (EL) - Bureau of Industry and Security does not say organisation \
             or person: read as organisation",
            "consolidated.json:10:3: the row is no object",
            "consolidated.json:11:3: the row has no name, got \"\"",
        ]
    );
}

#[test]
fn a_file_that_is_no_json_or_has_no_results_or_breaks_off_is_a_problem() {
    assert_eq!(read("{}").unwrap_err(), "consolidated.json:1:1: the file has no list \"results\"");
    assert!(read("{\"results\": 1}").unwrap_err().contains("\"results\" is no list"));
    let cut = RESULTS.get(..RESULTS.len() - 40).unwrap();
    assert!(read(cut).unwrap_err().starts_with("consolidated.json:11:"), "{:?}", read(cut).unwrap_err());
    let none = "{\"results\": [1, 2]}";
    assert_eq!(
        read(none).unwrap_err(),
        "consolidated.json:1:1: not one of 2 rows can be read\nconsolidated.json:1:14: the row is no object\n\
         consolidated.json:1:17: the row is no object"
    );
}
