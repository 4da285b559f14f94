//! Who pays for, sells and uses an account, as the columns of its bill say.
//!
//! In: cells as written. Out: attributes of the account, by the column they stand in. It refuses to know who these are:
//! a name stays as it is written, and that a cloud sells its own is no news.

use crate::model::{AccountId, Attribute, Day, Fact, Text, Told, Usage};

/// How names of providers begin, and the words we have for them.
const PROVIDERS: &[(&str, &str)] = &[
    ("aws", "aws"),
    ("amazon", "aws"),
    ("microsoft", "azure"),
    ("azure", "azure"),
    ("oracle", "oci"),
    ("google", "gcp"),
    ("alibaba", "alibaba"),
    ("aliyun", "alibaba"),
    ("coreweave", "coreweave"),
    ("crusoe", "crusoe"),
    ("digitalocean", "digitalocean"),
    ("hyperstack", "hyperstack"),
    ("ibm", "ibm"),
    ("lambda", "lambda"),
    ("nebius", "nebius"),
    ("ovh", "ovhcloud"),
    ("paperspace", "paperspace"),
    ("runpod", "runpod"),
    ("scaleway", "scaleway"),
    ("shadeform", "shadeform"),
    ("verda", "verda"),
    ("datacrunch", "verda"),
];

/// The provider that a name is one of: `Amazon Web Services EMEA SARL` is `aws`.
pub(crate) fn provider_named(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    match lower.as_str() {
        "oci" => Some("oci"),
        "gcp" => Some("gcp"),
        _ => PROVIDERS.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, provider)| *provider),
    }
}

/// What the bill of an account says of it on a day.
pub(crate) struct Parties<'a> {
    account: &'a AccountId,
    day: Day,
    told: Vec<Told>,
}

impl<'a> Parties<'a> {
    /// Nothing so far.
    pub(crate) fn of(account: &'a AccountId, day: Day) -> Self {
        Self { account, day, told: Vec::new() }
    }

    /// The account that pays, where it is another.
    pub(crate) fn payer(mut self, payer: Option<&AccountId>, column: &'static str) -> Self {
        if let Some(payer) = payer.filter(|payer| *payer != self.account) {
            self.tell(Attribute::Payer, Text::new(payer.to_string()), column);
        }
        self
    }

    /// Whoever sends the invoice for what another makes sells it, unless the cloud or one of its companies does.
    pub(crate) fn issuer(self, issuer: Option<&str>, publisher: Option<&str>, column: &'static str) -> Self {
        let same = |one: &str| publisher.is_some_and(|other| one.trim().eq_ignore_ascii_case(other.trim()));
        self.named(Attribute::SoldBy, issuer.filter(|issuer| !same(issuer)), column)
    }

    /// Who is named in a column, unless it is the cloud itself.
    pub(crate) fn named(mut self, attribute: Attribute, name: Option<&str>, column: &'static str) -> Self {
        let provider = self.account.provider.as_str();
        let itself = |name: &str| provider_named(name) == Some(provider) || name.eq_ignore_ascii_case(provider);
        let name = name.map(str::trim).filter(|name| !name.is_empty() && !itself(name));
        if let Some(name) = name {
            self.tell(attribute, Text::new(name), column);
        }
        self
    }

    fn tell(&mut self, attribute: Attribute, value: Text, column: &'static str) {
        self.told.push(Told { day: self.day, attribute, value, column: Text::new_static(column) });
    }

    /// As facts.
    pub(crate) fn facts(self) -> impl Iterator<Item = Fact> + use<'a> {
        let account = self.account;
        self.told.into_iter().map(|told| Fact::Usage(Usage::attribute(account.clone(), told)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(provider: &str, tell: impl FnOnce(Parties<'_>) -> Parties<'_>) -> Vec<String> {
        let account = AccountId::new(provider, "1");
        let told = tell(Parties::of(&account, Day(19_783))).told;
        told.iter().map(|told| format!("{} {} {}", told.attribute.as_str(), told.value, told.column)).collect()
    }

    #[test]
    fn an_issuer_that_made_nothing_of_it_sells_it() {
        let issuer = |provider, issuer, publisher| told(provider, |bill| bill.issuer(Some(issuer), publisher, "I"));
        assert_eq!(issuer("aws", "Merlion Cloud", Some("AWS")), ["sold_by Merlion Cloud I"]);
        assert_eq!(issuer("azure", "Merlion Cloud", None), ["sold_by Merlion Cloud I"]);
        for own in ["Amazon Web Services EMEA SARL", "AWS", "amazon.com"] {
            assert!(issuer("aws", own, Some("Amazon Web Services, Inc.")).is_empty(), "{own}");
        }
        assert!(issuer("aws", "Example Software", Some("example software")).is_empty(), "it sells its own");
        assert!(issuer("corp-cloud", "Corp-Cloud", None).is_empty() && issuer("aws", " ", None).is_empty());
        assert_eq!(issuer("azure", "Google", None), ["sold_by Google I"], "of another cloud");
    }

    #[test]
    fn an_account_that_pays_for_itself_is_no_payer() {
        let payer = |id| told("aws", |bill| bill.payer(Some(&AccountId::new("aws", id)), "P"));
        assert!(payer("1").is_empty());
        assert_eq!(payer("2"), ["payer aws/2 P"]);
    }
}
