//! The table of decoders, in the order they are asked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Context, Format, Outcome, Settings, aws, azure, focus, gcp, native, oci};

/// Looks at one JSON record, out of its container; `None` means it is not of this shape. A record is shown as it
/// stands first and then, if no decoder knows it, as what its envelope holds (`data`, `detail`, a `message` string …)
/// with [`Context::envelope`] set; so a decoder may take either. It returns an outcome also for what it knows and does
/// not need (`Irrelevant`), and never looks at what it does not know.
pub(crate) type JsonDecoder = fn(&Value, &Context<'_>) -> Option<Outcome>;

/// Those for JSON. Native records say their type, so they come first; Oracle's older records have the keys of CloudTrail's.
pub(crate) const JSON: &[(Format, JsonDecoder)] = &[
    (Format::Native, native::decode),
    (Format::Oci, oci::decode),
    (Format::Aws, aws::decode),
    (Format::Azure, azure::decode),
    (Format::Gcp, gcp::decode),
];

/// What a record of this format becomes where another is expected.
pub(crate) fn expected(settings: &Settings, found: Format, outcome: Outcome) -> Outcome {
    match settings.format {
        Some(format) if format != found => {
            let (found, format) = (found.as_str(), format.as_str());
            Outcome::reject("other_format", format!("a record of {found} where {format} is expected"))
        }
        _ => outcome,
    }
}

/// Reads one kind of CSV.
pub(crate) struct CsvDecoder {
    /// Whose rows they are.
    pub(crate) format: Format,
    /// Whether a header line is of this kind; names are trimmed, in the case and order written.
    pub(crate) header_matches: fn(&[&str]) -> bool,
    /// Looks at one row.
    pub(crate) row: fn(&Row<'_>, &Context<'_>) -> Outcome,
}

/// Those for CSV.
pub(crate) const CSV: &[CsvDecoder] =
    &[CsvDecoder { format: Format::Focus, header_matches: focus::header_matches, row: focus::row }];

/// One row under its header.
pub(crate) struct Row<'a> {
    headers: &'a BTreeMap<String, usize>,
    fields: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    /// `headers` in lower case.
    pub(crate) fn new(headers: &'a BTreeMap<String, usize>, fields: &'a csv::StringRecord) -> Self {
        Self { headers, fields }
    }

    /// The trimmed field of a column, named in lower case; empty fields and the literal `NULL` are none.
    pub(crate) fn get(&self, column: &str) -> Option<&'a str> {
        let field = self.fields.get(*self.headers.get(column)?)?.trim();
        (!field.is_empty() && field != "NULL").then_some(field)
    }

    /// Every column, in lower case, with its field as written.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let fields = self.fields;
        self.headers.iter().filter_map(move |(name, at)| Some((name.as_str(), fields.get(*at)?)))
    }
}
