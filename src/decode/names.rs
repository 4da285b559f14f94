//! Names that matter, told apart from all others at a glance.
//!
//! In: names, once. Out: whether one is among them, mostly from its length, its first letter and its last.

/// A set of names.
pub(super) struct Names {
    /// For each first byte a bit for each length, those from 63 on together.
    by_first: [u64; 256],
    /// The same for each last one.
    by_last: [u64; 256],
    all: Vec<&'static [u8]>,
}

impl Names {
    pub(super) fn new(names: impl Iterator<Item = &'static str>) -> Self {
        let mut names = Self { by_first: [0; 256], by_last: [0; 256], all: names.map(str::as_bytes).collect() };
        for name in &names.all {
            let ends = [(&mut names.by_first, name.first()), (&mut names.by_last, name.last())];
            for (lengths, byte) in ends {
                if let Some(bits) = byte.and_then(|byte| lengths.get_mut(usize::from(*byte))) {
                    *bits |= bit(name.len());
                }
            }
        }
        names
    }

    #[inline]
    pub(super) fn contains(&self, name: &[u8]) -> bool {
        self.may_contain(name.len(), name.first(), name.last()) && self.all.contains(&name)
    }

    /// The same for names that are all in lower case.
    pub(super) fn contains_in_any_case(&self, name: &[u8]) -> bool {
        let [first, last] = [name.first(), name.last()].map(|byte| byte.map(u8::to_ascii_lowercase));
        self.may_contain(name.len(), first.as_ref(), last.as_ref())
            && self.all.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    fn may_contain(&self, length: usize, first: Option<&u8>, last: Option<&u8>) -> bool {
        let lengths = |of: &[u64; 256], byte: Option<&u8>| {
            byte.and_then(|byte| of.get(usize::from(*byte))).copied().unwrap_or_default()
        };
        lengths(&self.by_first, first) & lengths(&self.by_last, last) & bit(length) != 0
    }
}

fn bit(length: usize) -> u64 {
    1 << length.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_among_them() {
        let long = "an".repeat(50);
        let names = Names::new(["RunInstances", "Converse", "ConverseStream"].into_iter());
        assert!(["RunInstances", "Converse", "ConverseStream"].iter().all(|name| names.contains(name.as_bytes())));
        let others = ["", "Runinstances", "RunInstance", "Convers", "ConverseStreams", &long];
        assert!(others.iter().all(|name| !names.contains(name.as_bytes())));
        let names = Names::new(["microsoft.compute/x"].into_iter());
        assert!(
            names.contains_in_any_case(b"MICROSOFT.Compute/X") && !names.contains_in_any_case(b"Microsoft.Compute")
        );
    }
}
