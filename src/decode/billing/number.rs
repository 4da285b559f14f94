//! Numbers as bills write them: with a decimal point, or with the comma of a localised export.
//!
//! In: a cell. Out: micro-units, exact. It refuses to guess at thousands: a single comma is a decimal comma, because no
//! export marks thousands.

use crate::model::{InvalidQuantity, Micros};

/// Reads `1.5`, `1,5`, `1.234,5`, `1,234.5` and exponents.
pub(crate) fn number(text: &str) -> Result<Micros, InvalidQuantity> {
    let Some(comma) = text.rfind(',') else { return Micros::parse(text) };
    let invalid = |_| InvalidQuantity(text.chars().take(64).collect());
    let plain = match text.rfind('.') {
        Some(point) if point > comma => text.replace(',', ""),
        _ if text.matches(',').count() > 1 => return Err(invalid(())),
        _ => text.replace('.', "").replace(',', "."),
    };
    Micros::parse(&plain).map_err(|_| invalid(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mark_is_the_decimal_one() {
        for (text, micros) in
            [("1.5", 1_500_000), ("1,5", 1_500_000), ("1.234,5", 1_234_500_000), ("1,234.5", 1_234_500_000)]
        {
            assert_eq!(number(text), Ok(Micros(micros)), "{text}");
        }
        assert!(number("1,234,5").is_err() && number("a,b").is_err());
    }
}
