//! What tells a line of the export from others, in whatever form its row comes.
//!
//! In: a row. Out: an id. The same line is one row of a table whose lists are JSON or, from a notebook, Python; an object with
//! objects and lists in it; and a row of columns, one for each leaf. So a row is taken for its leaves, each with its path and
//! its places in the lists above it. Amounts tell nothing: a line is restated with others. What is empty, null or left out is
//! the same. It refuses to put a list in order: two rows that list labels otherwise are two lines.

use serde_json::Value;

use crate::decode::billing;
use crate::decode::layout::{Row, fold};
use crate::model::{Digest, Text};

/// Parts of a path that Parquet puts between a list and what is in it.
const OF_LISTS: [&str; 5] = ["list", "element", "array", "bag", "array_element"];
/// Numbers that name things; a notebook makes fractions of them.
const NAMES: [&str; 2] = ["invoicemonth", "projectnumber"];

/// Leaves of a row, and bytes of a path: a cell with more of them is told by its text.
const MOST_LEAVES: usize = 4096;
const LONGEST_PATH: usize = 1024;

/// One value of a row: its path, its places in lists, and what it says.
type Leaf = (String, Vec<usize>, String);

/// Tells the row from others.
pub(super) fn of(row: &Row<'_>) -> Text {
    let mut leaves = Vec::new();
    for (column, cell) in row.columns() {
        let cell = cell.trim();
        let path = path(column);
        if cell.is_empty() || is_amount(&path) {
            continue;
        }
        let before = leaves.len();
        let value = cell.starts_with(['[', '{']).then(|| nested(cell)).flatten();
        if value.and_then(|value| collect(&value, &path, &mut Vec::new(), &mut leaves)).is_none() {
            leaves.truncate(before);
            leaf(path, Vec::new(), cell, &mut leaves);
        }
    }
    leaves.sort_unstable();
    leaves.dedup();
    let digest = leaves.into_iter().fold(Digest::new("gcp row"), |digest, (path, places, text)| {
        let digest = digest.field(path).number(places.len() as i64);
        places.into_iter().fold(digest, |digest, place| digest.number(place as i64)).field(text)
    });
    Text::from(format!("row-{}", digest.fact_id()))
}

/// A heading without the words for lists, which always have something behind them, and whatever stands between its parts.
fn path(heading: &str) -> String {
    let mut parts = heading.split('.').peekable();
    let mut path = fold(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        if !OF_LISTS.contains(&part) || parts.peek().is_none() {
            path = under(&path, part);
        }
    }
    path
}

/// What stands under a path. Labels have names of their own, which are not folded.
fn under(path: &str, key: &str) -> String {
    match ["labels", "tags"].iter().any(|of| path.ends_with(of)) {
        true => format!("{path}.{key}"),
        false => format!("{path}{}", fold(key)),
    }
}

fn nested(cell: &str) -> Option<Value> {
    serde_json::from_str(cell).ok().or_else(|| serde_json::from_str(&from_python(cell)?).ok())
}

/// The leaves of a value, unless they are too many; the JSON reader bounds how deep they lie.
fn collect(value: &Value, path: &str, places: &mut Vec<usize>, leaves: &mut Vec<Leaf>) -> Option<()> {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = under(path, key);
                if !is_amount(&path) {
                    collect(value, &path, places, leaves)?;
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                places.push(at);
                collect(item, path, places, leaves)?;
                places.pop();
            }
        }
        Value::Null => {}
        Value::String(text) => leaf(path.to_owned(), places.clone(), text, leaves),
        other => leaf(path.to_owned(), places.clone(), &other.to_string(), leaves),
    }
    (leaves.len() <= MOST_LEAVES && path.len() <= LONGEST_PATH).then_some(())
}

fn leaf(path: String, places: Vec<usize>, text: &str, leaves: &mut Vec<Leaf>) {
    let text = text.trim();
    if text.is_empty() || matches!(text, "NULL" | "null") {
        return;
    }
    let time = path.ends_with("time").then(|| billing::instant(text)).flatten();
    let text = match time {
        Some(time) => time.to_string(),
        None if NAMES.contains(&path.as_str()) => text.strip_suffix(".0").unwrap_or(text).to_owned(),
        None => text.to_owned(),
    };
    leaves.push((path, places, text));
}

/// Amounts, costs and the credits, which are money too.
fn is_amount(path: &str) -> bool {
    ["cost", "usageamount", "usageamountinpricingunits"].contains(&path)
        || ["credits", "price", "costat"].iter().any(|start| path.starts_with(start))
        || path.ends_with("conversionrate")
}

/// A list or dictionary as Python writes it, as JSON: other quotes, and other words. `None` for what has escapes that JSON lacks.
fn from_python(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(letter) = chars.next() {
        match letter {
            '\'' | '"' => {
                out.push('"');
                loop {
                    match chars.next()? {
                        end if end == letter => break,
                        '"' => out.push_str("\\\""),
                        '\\' => match chars.next()? {
                            '\'' => out.push('\''),
                            escaped @ ('\\' | '"' | 'n' | 'r' | 't' | 'u') => out.extend(['\\', escaped]),
                            _ => return None,
                        },
                        other => out.push(other),
                    }
                }
                out.push('"');
            }
            'A'..='Z' => {
                let mut word = String::from(letter);
                while let Some(more) = chars.next_if(char::is_ascii_alphabetic) {
                    word.push(more);
                }
                out.push_str(match word.as_str() {
                    "None" => "null",
                    "True" => "true",
                    "False" => "false",
                    _ => return None,
                });
            }
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::layout::{Cells, Layout};

    fn id(columns: &[(&str, &str)]) -> Text {
        let headings: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
        let cells: Vec<String> = columns.iter().map(|(_, cell)| (*cell).to_owned()).collect();
        of(&Row::new(&Layout::new(&headings, &[]), Cells::Texts(&cells)))
    }

    #[test]
    fn a_line_has_one_id_however_its_values_are_written() {
        let one = id(&[
            ("sku.id", "1"),
            ("usage_start_time", "2024-06-03 10:00:00 UTC"),
            ("labels", r#"[{"key":"team","value":"it's"},{"key":"env","value":null}]"#),
            ("invoice.month", "202406"),
            ("project.labels", "[]"),
            ("cost", "1.5"),
        ]);
        for other in [
            vec![
                ("SKU_ID", " 1 "),
                ("usage_start_time", "2024-06-03T10:00:00Z"),
                ("labels", r#"[{'key': 'team', 'value': "it's"}, {'key': 'env', 'value': None}]"#),
                ("invoice_month", "202406.0"),
                ("location.zone", "NULL"),
                ("credits", "[{'amount': -1}]"),
            ],
            vec![
                ("cost", "2"),
                ("labels.list.element.key", r#"["team","env"]"#),
                ("labels.list.element.value", r#"["it's",""]"#),
                ("sku.id", "1"),
                ("usage_start_time", "1717408800"),
                ("invoice.month", "202406"),
                ("credits.list.element.amount", r#"["-1"]"#),
            ],
        ] {
            assert_eq!(id(&other), one, "{other:?}");
        }
    }

    #[test]
    fn what_is_another_line_has_another_id() {
        let labels = |text: &str| id(&[("sku.id", "1"), ("labels", text)]);
        let one = labels(r#"[{"key":"a","value":""},{"key":"b","value":"x"}]"#);
        assert_ne!(labels(r#"[{"key":"a","value":"x"},{"key":"b","value":""}]"#), one, "each value has its place");
        assert_ne!(labels(r#"[{"key":"a"}]"#), one);
        assert_ne!(id(&[("sku.id", "2")]), id(&[("sku.id", "1")]));
        assert_ne!(labels("[not a list"), labels("[no list"), "and is told by its text");
        let many = |last: &str| {
            let list = format!("[{}{last}]", "1,".repeat(MOST_LEAVES));
            id(&[("sku.id", "1"), ("labels", &list)])
        };
        assert_ne!(many("1"), many("2"), "so is what is too much to be taken apart");
    }

    #[test]
    fn python_is_read_where_json_can_say_the_same() {
        assert_eq!(from_python(r#"[{'a': None, "b": True}]"#).as_deref(), Some(r#"[{"a": null, "b": true}]"#));
        assert_eq!(from_python(r#"['say "x"', 'it\'s']"#).as_deref(), Some(r#"["say \"x\"", "it's"]"#));
        for other in ["['\\x41']", "[Timestamp('2024')]", "['open"] {
            assert_eq!(from_python(other), None, "{other}");
        }
    }
}
