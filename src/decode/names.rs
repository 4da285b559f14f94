//! Names that matter, told apart from all others at a glance.
//!
//! In: names, once. Out: whether one is among them, mostly from its first letter and its length.

/// A set of names.
pub(super) struct Names {
    /// For each first byte a bit for each length, those from 63 on together.
    lengths: [u64; 256],
    all: Vec<&'static [u8]>,
}

impl Names {
    pub(super) fn new(names: impl Iterator<Item = &'static str>) -> Self {
        let all: Vec<&[u8]> = names.map(str::as_bytes).collect();
        let mut lengths = [0; 256];
        for name in &all {
            if let Some(bits) = name.first().and_then(|first| lengths.get_mut(usize::from(*first))) {
                *bits |= bit(name);
            }
        }
        Self { lengths, all }
    }

    pub(super) fn contains(&self, name: &[u8]) -> bool {
        let bits = name.first().and_then(|first| self.lengths.get(usize::from(*first))).copied().unwrap_or_default();
        bits & bit(name) != 0 && self.all.contains(&name)
    }
}

fn bit(name: &[u8]) -> u64 {
    1 << name.len().min(63)
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
    }
}
