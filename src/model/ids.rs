//! Names of things. Each is its own type, cheap to clone, ordered by bytes.
//!
//! In: text as written. Out: trimmed ids. It refuses to know whether the thing exists.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::words::from_text;

/// Short text, cheap to clone.
pub type Text = SmolStr;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// Trims surrounding white space; keeps case.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Text::new(text.as_ref().trim()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as shared text, without copying.
            pub fn text(&self) -> Text {
                self.0.clone()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A cloud, in lower case: `aws`, `azure`, `gcp`, `oci`, `corp-cloud`.
    Provider;
    /// What a provider sells, as written: `p5.48xlarge`, `Standard_ND96isr_H100_v5`.
    Sku;
    /// An accelerator: `H100-80GB-SXM`.
    ChipName;
    /// A provider's region, lower case.
    Region;
    /// A machine, job or endpoint that runs: `i-0abc`.
    ResourceId;
    /// An organisation or person.
    PartyId;
    /// A rule of the policy: `restricted-parent-controlled-compute`.
    RuleId;
    /// A list of parties: `csl`, `own-reported-2024`.
    ListId;
    /// An entry of a list.
    EntryId;
}

/// A billable account, subscription, project or tenancy, written `provider/id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId {
    /// The cloud it belongs to.
    pub provider: Provider,
    /// The provider's own id.
    pub id: Text,
}

impl AccountId {
    /// From a provider and the provider's own id.
    pub fn new(provider: &str, id: impl AsRef<str>) -> Self {
        Self { provider: Provider::new(provider), id: Text::new(id.as_ref().trim()) }
    }

    /// Reads `provider/id`; `None` when either side is empty or there is no slash.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, id) = text.trim().split_once('/')?;
        (!provider.is_empty() && !id.is_empty()).then(|| Self::new(provider, id))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.id)
    }
}

impl Serialize for AccountId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

from_text!(AccountId, "provider/id");

/// A country or territory, ISO 3166-1 alpha-2, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads two ASCII letters in any case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

from_text!(Country, "two letters");
