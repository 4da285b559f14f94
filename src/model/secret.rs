//! Bytes that nobody may see: keys and tokens.
//!
//! In: the bytes of a file, read by whoever may open files. Out: the same, to those who ask for them by name. It refuses
//! to show itself: neither messages nor debug output hold a byte of it.

use std::fmt;
use std::sync::Arc;

/// A key or token. Cheap to clone; never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// From the bytes of a file: line ends behind them are left out; `None` when nothing remains.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        bytes.get(..end).filter(|kept| !kept.is_empty()).map(|kept| Self(kept.into()))
    }

    /// The bytes themselves, to sign or compare with.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_loses_line_ends_shows_nothing_and_is_never_empty() {
        let secret = Secret::new(b" tide mark \r\n\n").unwrap();
        assert_eq!(secret.bytes(), b" tide mark ");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!([Secret::new(b""), Secret::new(b"\r\n")], [None, None]);
    }
}
