//! Values of a Parquet column as the text CSV would have.
//!
//! In: a column's description and its values. Out: text; times as RFC 3339, decimals with their point. It refuses to know
//! what the text means.

use std::fmt::Write;

use jiff::Timestamp;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::schema::types::ColumnDescriptor;

/// How a column's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// Days since 1970.
    Date,
    /// So many in a second.
    Time(i64),
    /// So many digits behind the point.
    Decimal(u32),
}

/// A column: what it is called and how it is written.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its path with points; of a map the map's own.
    pub(super) heading: String,
    /// It holds the keys, or values, of a map, or is one of several of a list.
    pub(super) part: Part,
    pub(super) form: Form,
}

/// Which part of a cell a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Keys,
    Values,
    Items,
}

impl Kind {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let parts = column.path().parts();
        let leaf = parts.last().map_or("", String::as_str);
        // A list may hold pairs of a key and a value, and is no map for that.
        let is_list = parts.get(1).is_some_and(|part| ["list", "array", "bag"].contains(&part.as_str()));
        let is_map = column.max_rep_level() == 1 && parts.len() == 3 && !is_list;
        let part = match leaf {
            _ if column.max_rep_level() == 0 => Part::Whole,
            "key" if is_map => Part::Keys,
            "value" if is_map => Part::Values,
            _ => Part::Items,
        };
        let heading = match part {
            Part::Keys => parts.first().cloned().unwrap_or_default(),
            // Beside its keys, which hold the whole map.
            Part::Values => format!("{}.value", parts.first().map_or("", String::as_str)),
            Part::Whole | Part::Items => parts.join("."),
        };
        Self { heading, part, form: form(column) }
    }
}

fn form(column: &ColumnDescriptor) -> Form {
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    let scale = u32::try_from(column.type_scale().max(0)).unwrap_or(0);
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Form::Date,
        (Some(LogicalType::Timestamp(time)), _) => Form::Time(per_second(&time.unit)),
        (None, ConvertedType::TIMESTAMP_MILLIS) => Form::Time(1_000),
        (None, ConvertedType::TIMESTAMP_MICROS) => Form::Time(1_000_000),
        (Some(LogicalType::Decimal(_)), _) | (None, ConvertedType::DECIMAL) => Form::Decimal(scale),
        _ => Form::Plain,
    }
}

/// A whole number.
pub(super) fn whole(number: i64, form: Form, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match form {
        Form::Plain => write!(out, "{number}"),
        Form::Date => at(number.checked_mul(86_400).map(|seconds| (seconds, 0)), out),
        Form::Time(per_second) => {
            let nanos = number.rem_euclid(per_second) * (1_000_000_000 / per_second);
            at(Some((number.div_euclid(per_second), nanos)), out)
        }
        Form::Decimal(scale) => decimal(i128::from(number), scale, out),
    };
}

/// Seconds and nanoseconds since 1970.
fn at(instant: Option<(i64, i64)>, out: &mut String) -> std::fmt::Result {
    let time = instant.and_then(|(seconds, nanos)| Timestamp::new(seconds, i32::try_from(nanos).ok()?).ok());
    match time {
        Some(time) => write!(out, "{time}"),
        None => write!(out, "beyond all times"),
    }
}

fn decimal(number: i128, scale: u32, out: &mut String) -> std::fmt::Result {
    let Some(one) = 10u128.checked_pow(scale).filter(|_| scale > 0) else { return write!(out, "{number}") };
    let (sign, magnitude) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    write!(out, "{sign}{}.{:0width$}", magnitude / one, magnitude % one, width = scale as usize)
}

/// Bytes: text, or the digits of a decimal from the greatest on.
pub(super) fn bytes(bytes: &[u8], form: Form, out: &mut String) {
    match form {
        Form::Decimal(scale) if bytes.len() <= 16 => {
            let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
            let start = if negative { -1 } else { 0 };
            let number = bytes.iter().fold(start, |number: i128, byte| number << 8 | i128::from(*byte));
            let _ = decimal(number, scale, out);
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => out.push_str(text),
            Err(_) => out.push_str(&String::from_utf8_lossy(bytes)),
        },
    }
}

/// A fraction, as short as it can be said.
pub(super) fn fraction(number: f64, out: &mut String) {
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_csv_would_have_them() {
        let written = |number, form| {
            let mut out = String::new();
            whole(number, form, &mut out);
            out
        };
        assert_eq!(written(1_717_200_000_000, Form::Time(1_000)), "2024-06-01T00:00:00Z");
        assert_eq!(written(19_875, Form::Date), "2024-06-01T00:00:00Z");
        assert_eq!(written(-1_005, Form::Decimal(3)), "-1.005");
        assert_eq!(written(i64::MAX, Form::Time(1)), "beyond all times");
        let mut out = String::new();
        bytes(&[0xff, 0x38], Form::Decimal(2), &mut out);
        fraction(1e-7, &mut out);
        assert_eq!(out, "-2.000.0000001");
    }
}
