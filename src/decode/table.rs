//! Answers to queries: `{"tables":[{"columns":[{"name":…}],"rows":[[…]]}]}` of Log Analytics, and a table alone.
//!
//! In: a record. Out: its rows as objects, one a line. It refuses to know what they say.

use serde_json::{Map, Value};

use super::loose::{field, text};

/// Longest name of a column, and most bytes that an answer may become: each row repeats the names.
const LONGEST_NAME: usize = 256;
const MOST: usize = 256 << 20;

/// The rows of every table of an answer; `None` for what is none, or becomes too much.
pub(super) fn rows(record: &Value) -> Option<String> {
    let alone = std::slice::from_ref(record);
    let tables = field(record, "tables").and_then(Value::as_array).map_or(alone, Vec::as_slice);
    let mut out = String::new();
    for table in tables {
        let (columns, rows) = (field(table, "columns")?.as_array()?, field(table, "rows")?.as_array()?);
        let name = |column| text(column, &["name"]).or_else(|| text(column, &["ColumnName"]));
        let names = columns.iter().map(|column| name(column).filter(|name| name.len() <= LONGEST_NAME));
        let names: Vec<&str> = names.collect::<Option<_>>()?;
        for row in rows.iter().filter_map(Value::as_array) {
            let cells = names.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.clone()));
            out += &Value::Object(cells.collect::<Map<_, _>>()).to_string();
            out.push('\n');
            if out.len() > MOST {
                return None;
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_every_table_become_objects() {
        let table =
            json!({"name": "PrimaryResult", "columns": [{"name": "a"}, {"ColumnName": "b"}], "rows": [[1, "x"], [2]]});
        let text = "{\"a\":1,\"b\":\"x\"}\n{\"a\":2}\n";
        assert_eq!(rows(&json!({"tables": [table]})).as_deref(), Some(text));
        assert_eq!(rows(&table).as_deref(), Some(text));
        for none in [json!({"tables": [{"rows": []}]}), json!({"columns": []}), json!({"tables": 1}), json!([1])] {
            assert_eq!(rows(&none), None, "{none}");
        }
    }
}
