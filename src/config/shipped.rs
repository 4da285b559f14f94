//! What ships inside the binary: catalogue, controls, country groups, places and rules.

use crate::model::Text;
use crate::written::Source;

macro_rules! shipped {
    ($($name:literal),+) => {
        Source {
            name: Text::new_static(concat!($($name),+)),
            text: include_str!(concat!("../../", $($name),+)).to_owned(),
        }
    };
}

macro_rules! policy {
    ($($rule:literal,)*) => {
        /// The rules that ship, as written.
        pub(super) fn policy_sources() -> Vec<Source> {
            vec![$(shipped!("config/policy/", $rule),)*]
        }
    };
}

pub(super) fn chips() -> Source {
    shipped!("config/catalogue/chips.csv")
}

pub(super) fn skus() -> Source {
    shipped!("config/catalogue/skus.csv")
}

pub(super) fn controls() -> Source {
    shipped!("config/controls.yaml")
}

pub(super) fn jurisdictions() -> Source {
    shipped!("config/jurisdictions.yaml")
}

pub(super) fn places() -> Source {
    shipped!("config/geo/country.csv")
}

policy! {
    "access-place-against-declared-place.yaml",
    "blocked-party.yaml",
    "d5-hop-in-reseller-chain.yaml",
    "institution-domain.yaml",
    "listed-party.yaml",
    "policy-denial-then-success.yaml",
    "reported-party.yaml",
    "restricted-model-use.yaml",
    "restricted-parent-controlled-compute.yaml",
    "undisclosed-end-customer.yaml",
    "unknown-accelerator.yaml",
    "unresolved-owner-controlled-compute.yaml",
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_rule_file_ships() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/policy");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("config/policy/{}", entry.unwrap().file_name().to_string_lossy()))
            .collect();
        found.sort();
        let shipped: Vec<String> = super::policy_sources().iter().map(|source| source.name.to_string()).collect();
        assert_eq!(found, shipped);
    }
}
