//! The tables of decoders, in the order they are asked.

use serde_json::Value;

use super::layout::{self, Cells, Layout, Row};
use super::{Context, Format, Outcome, Settings, aws, azure, flat, focus, gcp, native, oci};

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
    (Format::Aws, aws::manifest),
    (Format::Azure, azure::manifest),
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

/// Reads the rows of one kind of table, whether they come as CSV, as Parquet or as JSON objects.
pub(crate) struct TableDecoder {
    /// Whose rows they are.
    pub(crate) format: Format,
    /// The columns by which it is known, folded: of each one of these headings.
    pub(crate) telling: &'static [&'static [&'static str]],
    /// The columns it reads, with their headings.
    pub(crate) asked: &'static [&'static [&'static str]],
    /// Those of them that say whether a row may matter.
    pub(crate) looked_at: &'static [usize],
    /// Whether a row may matter, by these columns alone; a row of which this is false is irrelevant.
    pub(crate) may_matter: fn(&Row<'_>) -> bool,
    /// Looks at one row.
    pub(crate) row: fn(&Row<'_>, &Context<'_>) -> Outcome,
}

/// Those for tables. FOCUS comes first: its columns in any provider's export are FOCUS.
pub(crate) const TABLES: &[TableDecoder] = &[focus::TABLE, aws::BILLS, azure::BILLS, gcp::BILLS, oci::BILLS];

impl TableDecoder {
    /// The decoder of a table with these headings.
    pub(crate) fn of(headings: &[&str]) -> Option<&'static Self> {
        let folded: Vec<String> = headings.iter().map(|heading| layout::fold(heading)).collect();
        TABLES.iter().find(|table| layout::has_all(&folded, table.telling))
    }

    /// What becomes of a row.
    pub(crate) fn decode(&self, row: &Row<'_>, context: &Context<'_>) -> Outcome {
        let outcome = if (self.may_matter)(row) { (self.row)(row, context) } else { Outcome::Irrelevant };
        self.told(outcome, context)
    }

    /// What becomes of a row of which this was found, where another format may be expected.
    pub(crate) fn told(&self, outcome: Outcome, context: &Context<'_>) -> Outcome {
        expected(context.settings, self.format, outcome)
    }
}

/// What a JSON record is: an event, or a row of a table as an object.
pub(crate) fn json(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let event = JSON.iter().find_map(|(format, decode)| Some((*format, decode(record, context)?)));
    if let Some((format, outcome)) = event {
        return Some(expected(context.settings, format, outcome));
    }
    let (headings, cells) = flat::of(record)?;
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let table = TableDecoder::of(&headings)?;
    let layout = Layout::new(&headings, table.asked);
    Some(table.decode(&Row::new(&layout, Cells::Texts(&cells)), context))
}
