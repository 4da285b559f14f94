//! Domains as they are compared.
//!
//! In: a domain as written. Out: lower case, without the dot at the end. It refuses addresses, URLs and single labels:
//! a list that names `cn` would name a country.

use crate::model::Text;

/// The domain in lower case; `None` for what is not a domain of two labels or more.
pub(in crate::parties) fn domain(text: &str) -> Option<Text> {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    (text.len() <= 253 && text.contains('.') && text.split('.').all(label)).then(|| Text::new(text))
}

/// The domain itself, then each it lies under, down to two labels.
pub(super) fn upwards(domain: &str) -> impl Iterator<Item = &str> {
    let under = |domain: &&str| domain.contains('.');
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, rest)| rest)).take_while(under)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_two_labels_and_no_address() {
        assert_eq!(domain(" Lab.Example. ").as_deref(), Some("lab.example"));
        for odd in ["", ".", "cn", "a@lab.example", "https://lab.example", "lab..example", ".example"] {
            assert_eq!(domain(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_domain_lies_under_each_longer_one_than_a_single_label() {
        assert_eq!(upwards("a.lab.example").collect::<Vec<_>>(), ["a.lab.example", "lab.example"]);
    }
}
