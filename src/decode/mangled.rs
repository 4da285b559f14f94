//! Account ids that went through a spreadsheet.

/// Whether the digits are gone: `5.28758E+11` was an account id of twelve digits once, and so was `528758000000.0`.
pub(crate) fn is_mangled(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.trim().split_once(['e', 'E']) else { return is_fraction(id.trim()) };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // Without a sign or a fraction it may be hexadecimal, which is what some ids are.
    let signed = exponent.strip_prefix('+');
    digits(whole) && digits(fraction) && whole.len() == 1 && digits(signed.unwrap_or(exponent)) && {
        signed.is_some() || mantissa.len() > 1
    }
}

/// Whether a number as long as ids are was written as a fraction.
fn is_fraction(id: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    id.split_once('.').is_some_and(|(whole, fraction)| whole.len() > 8 && digits(whole) && digits(fraction))
}

#[cfg(test)]
mod tests {
    use super::is_mangled;

    #[test]
    fn only_numbers_with_an_exponent_are_mangled() {
        for id in ["5.28758E+11", "5e+11", "1,23457E+11", "9.9e11", "528758000000.0"] {
            assert!(is_mangled(id), "{id}");
        }
        for id in ["528758111111", "5e11", "sub-5.2E+11", "1e", "12345678-1234-1e+1", "", "5.28758"] {
            assert!(!is_mangled(id), "{id}");
        }
    }
}
