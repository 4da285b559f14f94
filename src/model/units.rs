//! Amounts as integers, so that sums commute.
//!
//! In: decimal text. Out: micro-units. It refuses fractions finer than a millionth (rounded half away from zero) and
//! amounts above 10¹² (refused at intake, so that sums over years stay far from the edge of `i128`).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Text;

/// An amount that is no number, or beyond ±10¹².
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount between -10^12 and 10^12: {0:?}")]
pub struct InvalidQuantity(pub String);

/// Millionths of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

impl Micros {
    /// One whole unit.
    pub const ONE: Self = Self(1_000_000);
    const BOUND: i128 = 1_000_000_000_000 * 1_000_000;

    /// Whole units; `None` beyond ±10¹².
    pub fn whole(units: i64) -> Option<Self> {
        let micros = i128::from(units) * 1_000_000;
        (micros.abs() <= Self::BOUND).then(|| i64::try_from(micros).ok().map(Self)).flatten()
    }

    /// So many millionths, or the bound of ±10¹² whole units that is nearer, beyond which no quantity is written or read.
    pub fn nearest(micros: i128) -> Self {
        Self(i64::try_from(micros.clamp(-Self::BOUND, Self::BOUND)).unwrap_or_default())
    }

    /// Reads a decimal such as `14`, `-0.002007`, `1e-05` or `1.5E+3`, exactly, rounding beyond six places half away from zero.
    pub fn parse(text: &str) -> Result<Self, InvalidQuantity> {
        let invalid = || InvalidQuantity(text.chars().take(64).collect());
        let body = text.trim();
        let (negative, body) = match body.as_bytes().first() {
            Some(b'-') => (true, body.get(1..).unwrap_or("")),
            Some(b'+') => (false, body.get(1..).unwrap_or("")),
            _ => (false, body),
        };
        let (mantissa, exponent) = match body.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| invalid())?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0 || !digits.clone().all(|d| d.is_ascii_digit()) || exponent.abs() > 400 {
            return Err(invalid());
        }
        // The decimal point stands after `point` digits; six more of them make micro-units, the next one rounds.
        let point = i64::try_from(whole.len()).map_err(|_| invalid())? + i64::from(exponent) + 6;
        let mut micros: i128 = 0;
        for (place, digit) in (0i64..).zip(digits.map(|d| i128::from(d - b'0'))) {
            if place < point {
                micros = micros * 10 + digit;
            } else if place == point && digit >= 5 {
                micros += 1;
            }
            if micros > Self::BOUND {
                return Err(invalid());
            }
        }
        let given = i64::try_from(whole.len() + fraction.len()).map_err(|_| invalid())?;
        for _ in given..point {
            micros *= 10;
            if micros > Self::BOUND {
                return Err(invalid());
            }
        }
        let micros = i64::try_from(micros).map_err(|_| invalid())?;
        Ok(Self(if negative { -micros } else { micros }))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let text = format!("{}.{:06}", magnitude / 1_000_000, magnitude % 1_000_000);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if self.0 < 0 { write!(f, "-{text}") } else { f.write_str(text) }
    }
}

/// As a JSON number; as text where a float would not keep every millionth (from 10⁹ on, when not whole).
impl Serialize for Micros {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 1_000_000 {
            0 => serializer.serialize_i64(self.0 / 1_000_000),
            _ if self.0.unsigned_abs() > 1_000_000_000_000_000 => serializer.collect_str(self),
            _ => serializer.serialize_f64(self.to_string().parse().unwrap_or(f64::NAN)),
        }
    }
}

/// From a JSON number or text, as it was written.
impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Whole(i64),
            Part(f64),
            Text(Text),
        }
        let text = match Written::deserialize(from)? {
            Written::Whole(number) => number.to_string(),
            Written::Part(number) => number.to_string(),
            Written::Text(text) => text.to_string(),
        };
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Chips in one SKU; fractions of a chip are sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChipCount(pub Micros);

/// Three letters of ISO 4217, upper case, as written by the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(pub Text);

/// An amount of money in micro-units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    /// Micro-units.
    pub amount: Micros,
    /// Which money.
    pub currency: Currency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, micros) in [
            ("14", 14_000_000),
            ("-0.002007", -2_007),
            ("1e-05", 10),
            ("1.5E+3", 1_500_000_000),
            ("0.0000005", 1),
            ("0.0000004", 0),
            ("2.000000000000000", 2_000_000),
            (".5", 500_000),
            ("999999999999", 999_999_999_999_000_000),
        ] {
            assert_eq!(Micros::parse(text), Ok(Micros(micros)), "{text}");
        }
    }

    #[test]
    fn an_amount_is_read_back_as_it_was_written() {
        for micros in [0, 62_000_000, 1, -2_007, 33_333_333, 123_456_789_012_345_678] {
            let written = serde_json::to_string(&Micros(micros)).unwrap();
            assert_eq!(serde_json::from_str::<Micros>(&written).unwrap(), Micros(micros), "{written}");
        }
    }

    #[test]
    fn what_is_no_amount_or_too_large_is_refused() {
        for text in ["", "-", "NULL", "1e400", "1000000000001", "1,5", "0x1", "1e", "９"] {
            assert!(Micros::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_written_without_trailing_zeros() {
        assert_eq!(Micros(-2_007).to_string(), "-0.002007");
        assert_eq!(Micros(14_000_000).to_string(), "14");
    }
}
