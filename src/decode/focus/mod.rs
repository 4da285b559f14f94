//! FOCUS 1.0–1.2 cost and usage rows.

use super::{Context, Outcome, Row};

pub(crate) fn header_matches(_headers: &[&str]) -> bool {
    false
}

pub(crate) fn row(_row: &Row<'_>, _context: &Context<'_>) -> Outcome {
    Outcome::reject("unsupported:focus", "")
}
