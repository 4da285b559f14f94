//! A row that comes as a JSON object, as headings and cells: `{"sku":{"id":"1"}}` has `1` under `sku.id`.
//!
//! In: a record. Out: its leaves with their paths; lists stay JSON. It refuses to know what they say.

use serde_json::Value;

/// Keys of which a row of a bill has one at its top, folded; what has none is not worth the trouble.
const BILLS: &[&str] =
    &["billingaccountid", "lineitemusageaccountid", "lineitem", "metercategory", "lineitemtenantid", "costproductsku"];

/// Most objects within one another.
const DEPTH: usize = 4;
/// Longest key of a row: a path is written once for each leaf under it.
const LONGEST_KEY: usize = 1024;

/// Headings and cells of a record that may be a row of a bill.
pub(super) fn of(record: &Value) -> Option<(Vec<String>, Vec<String>)> {
    let object = record.as_object()?;
    object.keys().find(|key| BILLS.contains(&super::layout::fold(key).as_str()))?;
    let (mut headings, mut cells) = (Vec::new(), Vec::new());
    leaves(record, "", DEPTH, &mut headings, &mut cells)?;
    Some((headings, cells))
}

/// `None` for what no bill is: a key of any length.
fn leaves(value: &Value, path: &str, depth: usize, headings: &mut Vec<String>, cells: &mut Vec<String>) -> Option<()> {
    let cell = match value {
        Value::Object(fields) if depth > 0 => {
            for (key, value) in fields {
                if key.len() > LONGEST_KEY {
                    return None;
                }
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(value, &path, depth - 1, headings, cells)?;
            }
            return Some(());
        }
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    headings.push(path.to_owned());
    cells.push(cell);
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_stand_under_their_paths_and_lists_stay_json() {
        let (headings, cells) =
            of(&json!({"billing_account_id": "1", "credits": [{"a": -1}], "sku": {"id": null}, "usage": {"n": 1.5}}))
                .unwrap();
        assert_eq!(headings, ["billing_account_id", "credits", "sku.id", "usage.n"]);
        assert_eq!(cells, ["1", "[{\"a\":-1}]", "", "1.5"]);
        assert_eq!(of(&json!({"a": 1})), None);
        assert_eq!(of(&json!({"billing_account_id": "1", "k".repeat(2_000): {"a": 1}})), None);
    }
}
