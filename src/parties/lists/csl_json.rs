//! The Consolidated Screening List as JSON: `{"results": [{…}]}`, as the file `consolidated.json` and its interface give it.
//!
//! In: the file. Out: rows for [`super::csl`]. It refuses to know what they mean.

use serde_json::Value;

use super::Read;
use super::csl::{PUBLISHER, Row};
use super::json::{file, text, texts};
use super::sheet::Sheet;
use crate::model::{Country, Day};
use crate::written::{Problems, Source};

pub(super) fn read(source: &Source, as_of: Option<Day>, problems: &mut Problems, notices: &mut Problems) -> Read {
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    let Some((_, results)) = file(source, "results", problems) else { return Read::new() };
    for (place, result) in results {
        if let Err(what) = row(&result).and_then(|row| row.read(place, &mut sheet)) {
            sheet.odd.unread(place, what);
        }
    }
    sheet.done(problems, notices)
}

fn row(result: &Value) -> Result<Row, String> {
    if !result.is_object() {
        return Err("the row is no object".to_owned());
    }
    let get = |key| text(result, key);
    let id = ["entity_number", "id", "_id"].iter().map(|key| get(key)).find(|id| !id.is_empty());
    let addresses = result.get("addresses").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Ok(Row {
        source: get("source"),
        id: id.unwrap_or_default(),
        kind: get("type"),
        name: get("name"),
        others: texts(result, "alt_names").iter().flat_map(|other| other.split(';')).map(str::to_owned).collect(),
        country: addresses.iter().find_map(|address| Country::parse(&text(address, "country"))),
        addresses: addresses.iter().map(Value::to_string).collect(),
        start: get("start_date"),
        end: get("end_date"),
        notice: get("federal_register_notice"),
    })
}

#[cfg(test)]
mod tests;
