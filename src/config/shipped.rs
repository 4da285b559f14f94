//! What ships inside the binary: catalogue, controls, country groups, places, rules and lists.

use std::borrow::Cow;

use crate::model::Text;
use crate::written::Source;

macro_rules! shipped {
    ($($name:literal),+) => {
        Source {
            name: Text::new_static(concat!($($name),+)),
            text: Cow::Borrowed(include_str!(concat!("../../", $($name),+))),
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

/// The lists that ship, by id.
pub(super) const LISTS: &[&str] = &["reported-2024"];

/// A list that ships.
pub(super) fn list(id: &str) -> Option<Source> {
    (id == "reported-2024").then(|| shipped!("config/lists/reported-2024.yaml"))
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
    "blocked-parties-hold-half.yaml",
    "blocked-party.yaml",
    "d5-hop-in-reseller-chain.yaml",
    "institution-domain.yaml",
    "listed-parties-hold-half.yaml",
    "listed-party.yaml",
    "policy-denial-then-success.yaml",
    "published-tender-matches-usage.yaml",
    "reported-party.yaml",
    "restricted-holders-hold-half.yaml",
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

    #[test]
    fn lists_that_ship_name_organisations_in_reports_and_nobody_as_listed() {
        use crate::parties::{Claim, Effect, EntryKind, ListFormat, ListSource, Lists};
        for name in super::LISTS {
            let source = super::list(name).unwrap();
            let lists = Lists::read(&[ListSource { source, format: ListFormat::Own }]).unwrap();
            assert_eq!(lists.summary()[0].id.as_str(), *name);
            assert!(
                lists.entries().iter().all(|entry| entry.effect == Effect::Reported && entry.kind != EntryKind::Person)
            );
            let find = |id: &str| lists.entries().iter().find(|entry| entry.id.as_str() == id).unwrap();
            let lab = find("zhejiang-lab");
            assert_eq!(lab.claim, Some(Claim::AccessedOrInterested));
            assert!(lab.response.as_ref().unwrap().contains("did not go through"));
            // What is named for the sake of its part is in no report.
            let (whole, part) = (find("ustc"), find("ustc-suzhou"));
            assert_eq!((part.kind, part.of.as_ref()), (EntryKind::SubUnit, Some(&whole.id)));
            let day = |day: &str| crate::model::Day::parse(day).unwrap();
            assert!(!whole.in_force(day("2024-09-01")) && part.in_force(day("2024-09-01")));
            let cited = |entry: &&crate::parties::Entry| !entry.cites.is_empty() && entry.from.is_some();
            assert_eq!(lists.entries().iter().filter(cited).count(), lists.entries().len() - 1);
        }
    }
}
