//! What a condition may read: every name with its type, its words and its meaning, and the [`Scope`] that answers.
//!
//! In: names as rules write them. Out: one enum for each type, so that a condition that loads cannot fail later.
//! It refuses to know where the answers come from. No name here tells a natural person's nationality, citizenship,
//! birthplace, language, script, locale or working hours (P8), and none may be added that does.

use crate::model::{RuleId, Text};

/// Most elements a list has; whoever answers for a [`Scope`] hands over no more, and conditions read no more.
pub const LIST_MAX: usize = 64;

/// What a text may be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Anything.
    Open,
    /// Two capital letters.
    Country,
    /// Only these, and `""` for unknown.
    Closed(&'static [&'static str]),
}

const KINDS: Words = Words::Closed(&["run", "held", "started", "denied", "reserved", "model"]);
const MARKETS: Words = Words::Closed(&["on_demand", "spot", "reserved", "block"]);
const REASONS: Words = Words::Closed(&["policy", "quota", "capacity", "unauthorised", "refused_sale", "unknown"]);
const KYC: Words = Words::Closed(&["verified", "pending", "refused", "missing"]);
const HOP_ROLES: Words = Words::Closed(&["provider", "distributor", "reseller", "payer", "customer", "end_user"]);
const HIT_ROLES: Words = Words::Closed(&[
    "provider",
    "distributor",
    "reseller",
    "payer",
    "customer",
    "end_user",
    "parent",
    "owner",
    "holder",
    "sub_unit",
    "account",
]);
const CLASSES: Words = Words::Closed(&["none", "3A090", "3A090.a", "3A090.b", "by_letter", "unknown"]);
const STATUSES: Words = Words::Closed(&["in_force", "not_enforced", "suspended", "guidance", "proposed", "superseded"]);
const EFFECTS: Words = Words::Closed(&["blocks", "licence", "risk", "reported"]);
const VERDICTS: Words = Words::Closed(&["listed", "affiliate", "domain", "reported", "similar"]);
const PRINCIPALS: Words = Words::Closed(&["root", "user", "role", "service"]);
const SIDES: Words = Words::Closed(&["buyer", "intermediary"]);
const COVERAGES: Words = Words::Closed(&["whole", "partial"]);
const BASES: Words = Words::Closed(&["licence", "approval"]);

macro_rules! names {
    ($($(#[$doc:meta])* $kind:ident { $($variant:ident = $name:literal, $means:literal $(, $words:expr)?;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {
            $(#[doc = $means] $variant,)*
        }

        impl $kind {
            /// Every one, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As rules write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means.
            pub fn means(self) -> &'static str {
                match self { $(Self::$variant => $means,)* }
            }

            /// What it may be compared with.
            #[allow(unreachable_code, reason = "most names are open")]
            pub fn words(self) -> Words {
                match self { $(Self::$variant => { $(return $words;)? Words::Open })* }
            }

            /// From a rule's words.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.name() == name)
            }
        }
    )*};
}

names! {
    /// The records a condition may read fields of.
    Root {
        Activity = "activity", "What the account did in this hour: one line for each region, SKU, market and kind.";
        Chip = "chip", "The accelerator behind the SKU; known where the catalogue has it.";
        Control = "control", "The class of the chip on this day; known where the chip is.";
        Account = "account", "The account's card in force at this hour; known where there is one.";
        Customer = "customer", "The party that uses the account; known where it is named and has a card.";
        Owner = "owner", "The customer's ultimate parent; known only where ownership is resolved to the top.";
        Authorisation = "authorisation", "The licence or approval that covers this account or its parties and this chip now; known where there is one.";
    }
    /// A field that holds text; empty where unknown.
    TextField {
        ActivityProvider = "activity.provider", "The cloud, lower case.";
        ActivityRegion = "activity.region", "The provider's region, lower case.";
        ActivitySku = "activity.sku", "What was used, as the provider writes it.";
        ActivityMarket = "activity.market", "How it was bought, as starts say; empty where not said, or where one SKU ran in several ways in this hour.", MARKETS;
        ActivityKind = "activity.kind", "`run`: capacity ran; `held`: paid for and idle; `started`: a start; `denied`: a refusal; `reserved`: a reservation or quota request; `model`: a call of an AI model.", KINDS;
        ActivityReason = "activity.reason", "Why it was refused; empty unless `denied`.", REASONS;
        ActivityModel = "activity.model", "The AI model, as the provider writes it; empty unless `model`.";
        ActivityOperation = "activity.operation", "The provider's name of the call, where said.";
        ChipModel = "chip.model", "The accelerator's name.";
        ControlClass = "control.class", "The class of the chip on this day; `unknown` where a number it rests on is not known.", CLASSES;
        ControlStatus = "control.status", "Whether what puts it in that class is in force.", STATUSES;
        AccountId = "account.id", "`provider/id`.";
        AccountProvider = "account.provider", "The cloud, lower case.";
        AccountName = "account.name", "Its display name.";
        AccountCountry = "account.country", "Declared place.", Words::Country;
        AccountBillingCountry = "account.billing_country", "Place of the bill.", Words::Country;
        AccountEmailDomain = "account.email_domain", "Domain of its contacts.";
        AccountPhoneCountry = "account.phone_country", "Country of its telephone number.", Words::Country;
        AccountKyc = "account.kyc", "State of the identity check.", KYC;
        AccountPaymentCountry = "account.payment.country", "Country of the means of payment.", Words::Country;
        AccountPaymentKind = "account.payment.kind", "`card`, `bank`, `wallet` …";
        CustomerId = "customer.id", "Its party id.";
        CustomerName = "customer.name", "Its first name.";
        CustomerCountry = "customer.country", "Where it is registered; empty for a natural person.", Words::Country;
        CustomerHq = "customer.hq", "Where its headquarters are; empty for a natural person.", Words::Country;
        OwnerId = "owner.id", "Its party id.";
        OwnerName = "owner.name", "Its first name.";
        OwnerCountry = "owner.country", "Where it is registered; empty for a natural person.", Words::Country;
        OwnerHq = "owner.hq", "Where its headquarters are; empty for a natural person.", Words::Country;
        AuthorisationId = "authorisation.id", "Its id.";
        AuthorisationBasis = "authorisation.basis", "What it is.", BASES;
        AuthorisationReference = "authorisation.reference", "Its number.";
    }
    /// A field that holds a number.
    NumberField {
        ActivityGpuHours = "activity.gpu_hours", "GPU-hours that ran in this hour; 0 for other kinds and for chips the catalogue does not know.";
        ActivityCount = "activity.count", "How many: instances started, denied or reserved, calls of a model.";
        ActivityTokens = "activity.tokens", "Tokens in and out, 0 where not said.";
        ChipCount = "chip.count", "Chips that ran in this activity.";
        ChipTpp = "chip.tpp", "Total processing performance of one chip.";
        AccountAgeDays = "account.age_days", "Whole UTC days since it was opened, -1 where unknown.";
    }
    /// A field that is true or false.
    FlagField {
        ControlControlled = "control.controlled", "Whether the chip is in a controlled class on this day.";
        CustomerPerson = "customer.person", "Whether it is a natural person.";
        OwnerPerson = "owner.person", "Whether it is a natural person.";
    }
    /// A measure of the subject over the window that ends in this hour.
    Measure {
        GpuHours = "m.gpu_hours", "GPU-hours: billed where the bill speaks, else launched.";
        BilledGpuHours = "m.billed_gpu_hours", "GPU-hours on bills.";
        LaunchedGpuHours = "m.launched_gpu_hours", "GPU-hours between starts and stops.";
        UnbilledGpuHours = "m.unbilled_gpu_hours", "Launched more than billed, at least 0; a line that bills a whole day is spread over it, so that single hours may differ.";
        UnlaunchedGpuHours = "m.unlaunched_gpu_hours", "Billed more than launched, at least 0; a line that bills a whole day is spread over it, so that single hours may differ.";
        HeldGpuHours = "m.held_gpu_hours", "GPU-hours paid for and idle.";
        UnknownHours = "m.unknown_hours", "Instance-hours of accelerators the catalogue does not know.";
        PeakGpus = "m.peak_gpus", "Most GPUs in one hour.";
        Starts = "m.starts", "Starts.";
        Denied = "m.denied", "Refusals.";
        StartsAfterDenial = "m.starts_after_denial", "Starts later than a refusal in the same window.";
        Reserved = "m.reserved", "Reservations and quota requests.";
        Calls = "m.calls", "Calls of AI models.";
        Tokens = "m.tokens", "Tokens of AI models.";
        Accounts = "m.accounts", "Accounts.";
        Providers = "m.providers", "Clouds.";
        Regions = "m.regions", "Regions.";
        Days = "m.days", "Days with activity.";
        Hours = "m.hours", "Hours with activity.";
    }
    /// A list; `control.cites` and the lists of `m` hold text, the others records.
    List {
        Chain = "chain", "The hops from the provider to the end user, in force at this hour.";
        Hits = "hits", "List entries matched by the account's parties, in force at this hour.";
        Tenders = "tenders", "Public tenders that name somebody of the chain, as buyer or as intermediary: by party id, by an id that is the same party, or by a name, folded, that a card in force or the account's bill has. A tender speaks of the account's hours from 30 days before the day of its publication to 120 days after, and of its provider alone where it names one. Those that fit come first.";
        Sightings = "sightings", "From where the account was used, on the days a window ending with this hour's day touches.";
        ControlCites = "control.cites", "Where the control is written.";
        Chips = "m.chips", "Chips used in the window.";
        Models = "m.models", "AI models used in the window.";
        Skus = "m.skus", "SKUs used in the window.";
    }
    /// Text in an element of a list.
    ElementText {
        ChainRole = "chain.role", "What it does.", HOP_ROLES;
        ChainParty = "chain.party", "Party id, or account id where no party is known.";
        ChainName = "chain.name", "Its name.";
        ChainCountry = "chain.country", "Where it is registered; empty for a natural person.", Words::Country;
        ChainHq = "chain.hq", "Where its ultimate parent has its headquarters; empty for a natural person.", Words::Country;
        ChainParent = "chain.parent", "Its ultimate parent, where another.";
        HitsParty = "hits.party", "Who matched.";
        HitsRole = "hits.role", "As what; `parent` and `owner` stand above the customer, a `holder` has a stake in it, a `sub_unit` is a part of it or of an end user.", HIT_ROLES;
        HitsList = "hits.list", "Which list.";
        HitsEntry = "hits.entry", "Which entry.";
        HitsEffect = "hits.effect", "What the entry does.", EFFECTS;
        HitsVerdict = "hits.verdict", "`listed`: the party itself; `affiliate`: a parent, an owner, one of those who hold half, or a part; `domain`: only a domain; `reported`: in reporting, on no official list; `similar`: a name like it, not close enough.", VERDICTS;
        HitsWhy = "hits.why", "How it matched.";
        TendersId = "tenders.id", "Which tender.";
        TendersBuyer = "tenders.buyer", "Who buys, as it is written.";
        TendersIntermediary = "tenders.intermediary", "Who stands between, as it is written.";
        TendersCurrency = "tenders.currency", "The money of its amount, three letters; empty where it names no amount.";
        TendersSource = "tenders.source", "Where it was published.";
        TendersSide = "tenders.side", "As what it names the party.", SIDES;
        TendersRole = "tenders.role", "What that party is to the account; of several the one nearest to the user.", HOP_ROLES;
        TendersParty = "tenders.party", "Whom it names, by party id.";
        TendersCoverage = "tenders.coverage", "How much is held of the days it speaks of and that have come: `whole`, or `partial` where its first days are forgotten, so that `billed` is a part; `whole` where it names no amount.", COVERAGES;
        SightingsCountry = "sightings.country", "Country of the address, empty where unknown.", Words::Country;
        SightingsNetwork = "sightings.network", "Its /24 or /48.";
        SightingsClass = "sightings.class", "What kind of principal acted.", PRINCIPALS;
        Cite = "control.cites", "A citation.";
        Chip = "m.chips", "A chip.";
        Model = "m.models", "An AI model.";
        Sku = "m.skus", "A SKU.";
    }
    /// A number in an element of a list.
    ElementNumber {
        HitsScore = "hits.score", "From 0 to 1: 1 exact, less when folded or only alike, 0.9 a domain.";
        HitsHeld = "hits.held", "Per cent of the customer that parties on lists with this effect, or a stronger one (`blocks`, `licence`, `risk`), hold in all, where it is half or more and this is one of them; else 0. What they hold half of holds its whole stake for them.";
        TendersAmount = "tenders.amount", "For how much, in its money; 0 where not said.";
        TendersBilled = "tenders.billed", "What the account's bills ask in that money for the use of accelerators and AI models on the days the tender speaks of, as far as they are held; 0 where no bill asks anything in it. Lines that count and say that something ran, was held or was called; a line's cost is spread over its hours as its quantity is.";
        SightingsDaysAgo = "sightings.days_ago", "Days before this hour's day, 0 the same day.";
    }
    /// What is true or false of an element of a list.
    ElementFlag {
        ChainResolved = "chain.resolved", "Whether its ownership is resolved to the top.";
        TendersFits = "tenders.fits", "Whether what is billed is within 10 % of the amount, bounds included. Unknown is never a fit: a tender without an amount or its money, bills in other money or without a price, which are not converted or guessed, and a `partial` sum, which would come to fit by forgetting.";
    }
}

/// Answers for one activity (`where`) or one subject's window (`having`, `explain`) in one hour.
///
/// Unknown text is `""`. `country` and `hq` of natural persons are given as unknown. A list has at most [`LIST_MAX`]
/// elements; an index is always below [`Scope::len`].
pub trait Scope {
    /// A text, `""` where unknown.
    fn text(&self, field: TextField) -> &str;
    /// A number.
    fn number(&self, field: NumberField) -> f64;
    /// Whether a number is 0 by what the activity is, however much of it there is.
    fn is_nought(&self, _: NumberField) -> bool {
        false
    }
    /// True or false.
    fn flag(&self, field: FlagField) -> bool;
    /// A measure; asked for by `having` and `explain` only.
    fn measure(&self, measure: Measure) -> f64;
    /// Whether a record is known (P4).
    fn known(&self, root: Root) -> bool;
    /// How many elements.
    fn len(&self, list: List) -> usize;
    /// Text of an element.
    fn element_text(&self, field: ElementText, index: usize) -> &str;
    /// Number of an element.
    fn element_number(&self, field: ElementNumber, index: usize) -> f64;
    /// True or false of an element.
    fn element_flag(&self, field: ElementFlag, index: usize) -> bool;
    /// Whether a country is in a group on this hour's day.
    fn in_group(&self, group: &str, country: &str) -> bool;
    /// Per cent of the customer that parties with headquarters in a group hold in all, at the least.
    fn held_in(&self, group: &str) -> f64;
    /// Whether another rule holds for the same subject in this hour; asked for by `having` only.
    fn alert(&self, rule: &RuleId) -> bool;
}

impl TextField {
    /// The record it belongs to.
    pub fn root(self) -> Option<Root> {
        root_of(self.name())
    }
}

/// The record a dotted name begins with.
pub(super) fn root_of(name: &str) -> Option<Root> {
    Root::parse(name.split('.').next()?)
}

impl ElementText {
    /// The list it belongs to.
    pub fn list(self) -> Option<List> {
        List::parse(self.name()).or_else(|| List::parse(self.name().split('.').next()?))
    }
}

impl List {
    /// The text its elements are, for lists of text.
    pub(super) fn item(self) -> Option<ElementText> {
        ElementText::parse(self.name())
    }
}

impl Words {
    /// Whether a literal may be compared with such a text; otherwise why not.
    pub(super) fn accepts(self, literal: &Text) -> Result<(), String> {
        let country = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        match self {
            Self::Open => Ok(()),
            _ if literal.is_empty() => Ok(()),
            Self::Country if country(literal) => Ok(()),
            Self::Country => Err(format!("a country is two capital letters, got {literal:?}")),
            Self::Closed(words) if words.contains(&literal.as_str()) => Ok(()),
            Self::Closed(words) => Err(format!("must be one of {}, got {literal:?}", words.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coverage, DenialReason, Kyc, Market, PrincipalClass, TenderSide};

    #[test]
    fn closed_words_are_those_of_the_model() {
        let words = |field: TextField| match field.words() {
            Words::Closed(words) => words.to_vec(),
            _ => Vec::new(),
        };
        assert_eq!(words(TextField::ActivityMarket), Market::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
        assert_eq!(words(TextField::ActivityReason), DenialReason::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
        assert_eq!(words(TextField::AccountKyc), Kyc::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
        let of = |field: ElementText| match field.words() {
            Words::Closed(words) => words.to_vec(),
            _ => Vec::new(),
        };
        assert_eq!(of(ElementText::TendersSide), TenderSide::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
        assert_eq!(of(ElementText::TendersCoverage), Coverage::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
        let classes = [PrincipalClass::Root, PrincipalClass::User, PrincipalClass::Role, PrincipalClass::Service];
        assert_eq!(ElementText::SightingsClass.words(), PRINCIPALS);
        assert_eq!(PRINCIPALS, Words::Closed(&["root", "user", "role", "service"]));
        assert!(classes.iter().all(|class| PRINCIPALS.accepts(&Text::new(class.as_str())).is_ok()));
    }

    #[test]
    fn no_name_reads_what_a_person_is_rather_than_does() {
        let banned = ["nationality", "citizen", "birth", "language", "script", "locale", "working_hours", "gender"];
        let all = TextField::ALL.iter().map(|f| f.name()).chain(NumberField::ALL.iter().map(|f| f.name()));
        let all = all.chain(FlagField::ALL.iter().map(|f| f.name())).chain(ElementText::ALL.iter().map(|f| f.name()));
        for name in all.chain(Measure::ALL.iter().map(|f| f.name())) {
            assert!(banned.iter().all(|word| !name.contains(word)), "{name}");
        }
    }

    #[test]
    fn every_element_belongs_to_a_list_and_every_field_to_a_record() {
        assert!(ElementText::ALL.iter().all(|field| field.list().is_some()));
        assert!(TextField::ALL.iter().all(|field| field.root().is_some()));
        assert_eq!(List::Chips.item(), Some(ElementText::Chip));
        assert_eq!(List::Chain.item(), None);
    }
}
