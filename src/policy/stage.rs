//! What an answer of a scope hangs on, and so how early it is known.
//!
//! In: a name. Out: its stage. What no rule can find, whatever comes to be known later, need not be looked at further.

use super::scope::{ElementFlag, ElementNumber, ElementText, FlagField, List, NumberField, Root, TextField};

/// What an answer hangs on, and so when it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What the activity is, whoever does it and however much, and its day.
    Key,
    /// Who stands behind the account, whatever it does, and the day.
    Standing,
    /// All of it.
    Hour,
}

impl Stage {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Key, Self::Standing, Self::Hour];
}

impl Root {
    /// When it is known whether the record is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::Activity | Self::Chip | Self::Control => Stage::Key,
            Self::Account | Self::Customer | Self::Owner => Stage::Standing,
            Self::Authorisation => Stage::Hour,
        }
    }
}

impl TextField {
    /// When it is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::ActivityProvider | Self::ActivityRegion | Self::ActivitySku | Self::ActivityKind => Stage::Key,
            Self::ActivityReason | Self::ActivityModel | Self::ActivityOperation => Stage::Key,
            Self::ChipModel | Self::ControlClass | Self::ControlStatus => Stage::Key,
            Self::AccountId | Self::AccountProvider | Self::AccountName | Self::AccountCountry => Stage::Standing,
            Self::AccountBillingCountry | Self::AccountEmailDomain | Self::AccountPhoneCountry => Stage::Standing,
            Self::AccountKyc | Self::AccountPaymentCountry | Self::AccountPaymentKind => Stage::Standing,
            Self::CustomerId | Self::CustomerName | Self::CustomerCountry | Self::CustomerHq => Stage::Standing,
            Self::OwnerId | Self::OwnerName | Self::OwnerCountry | Self::OwnerHq => Stage::Standing,
            Self::ActivityMarket => Stage::Hour,
            Self::AuthorisationId | Self::AuthorisationBasis | Self::AuthorisationReference => Stage::Hour,
        }
    }
}

impl NumberField {
    /// When it is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::ChipTpp => Stage::Key,
            Self::AccountAgeDays => Stage::Standing,
            Self::ActivityGpuHours | Self::ActivityCount | Self::ActivityTokens | Self::ChipCount => Stage::Hour,
        }
    }
}

impl FlagField {
    /// When it is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::ControlControlled => Stage::Key,
            Self::CustomerPerson | Self::OwnerPerson => Stage::Standing,
        }
    }
}

impl ElementNumber {
    /// When it is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::HitsScore | Self::HitsHeld | Self::TendersAmount | Self::TendersBilled => Stage::Standing,
            Self::SightingsDaysAgo => Stage::Hour,
        }
    }
}

impl ElementFlag {
    /// When it is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::ChainResolved | Self::TendersFits => Stage::Standing,
        }
    }
}

impl ElementText {
    /// When it is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::ChainRole | Self::ChainParty | Self::ChainName | Self::ChainCountry => Stage::Standing,
            Self::ChainHq | Self::ChainParent => Stage::Standing,
            Self::HitsParty | Self::HitsRole | Self::HitsList | Self::HitsEntry => Stage::Standing,
            Self::HitsEffect | Self::HitsVerdict | Self::HitsWhy => Stage::Standing,
            Self::TendersId | Self::TendersBuyer | Self::TendersIntermediary | Self::TendersCurrency => Stage::Standing,
            Self::TendersSource | Self::TendersSide | Self::TendersRole | Self::TendersParty => Stage::Standing,
            Self::TendersCoverage => Stage::Standing,
            Self::Cite => Stage::Key,
            Self::SightingsCountry | Self::SightingsNetwork | Self::SightingsClass => Stage::Hour,
            Self::Chip | Self::Model | Self::Sku => Stage::Hour,
        }
    }
}

impl List {
    /// When its length is known.
    pub fn stage(self) -> Stage {
        match self {
            Self::ControlCites => Stage::Key,
            Self::Chain | Self::Hits | Self::Tenders => Stage::Standing,
            Self::Sightings | Self::Chips | Self::Models | Self::Skus => Stage::Hour,
        }
    }
}
