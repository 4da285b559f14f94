//! Data sets of OpenSanctions: who is on them, as far as both of their writings agree.
//!
//! In: a schema, topics and what the settings say the list means; such a file gathers lists of many states, and does not say whose
//! law binds the reader. Out: what kind of entry that is, or why it is none. Whoever merely holds an office (`role.*`) is left
//! out: that is on no list of the kind rules ask about (P8). Of persons only names and dates are kept.

mod ftm;
mod simple;

use super::EntryKind;
use super::sheet::Sheet;
use crate::written::Place;

pub(super) use ftm::read as read_ftm;
pub(super) use simple::read as read_simple;

const PUBLISHER: &str = "OpenSanctions";

/// What a schema names; `None` where that is nothing to screen against.
fn kind(schema: &str, place: Place, sheet: &mut Sheet<'_>) -> Option<EntryKind> {
    match schema {
        "Person" => Some(EntryKind::Person),
        "Company" | "Organization" | "PublicBody" => Some(EntryKind::Organisation),
        "LegalEntity" => {
            sheet.odd.doubt(place, "LegalEntity does not say organisation or person: read as organisation");
            Some(EntryKind::Organisation)
        }
        other => {
            sheet.odd.doubt(place, format!("schema {other:?} is not screened against"));
            None
        }
    }
}

#[cfg(test)]
mod tests;
