//! Which rules can find anything at all: asked of what an activity is, and of who stands behind an account, each by itself.
//!
//! In: a key, or a standing, and a day. Out: the rules that neither rules out. Most activities of most accounts are ruled
//! out by one of the two, and nothing more of them is looked at. It refuses to say that a rule holds.

use std::sync::Arc;

use super::Rulebook;
use super::rows::Row;
use super::scope::View;
use super::standing::Standing;
use super::tenders::{self, Bills};
use crate::catalogue::Control;
use crate::ledger::{Activity, ChipKey, Key, KeyIndex};
use crate::model::{AccountId, Day, EventTime, TenderLine, Text, Told};
use crate::parties::Parties;
use crate::policy::{List, Rule, Stage};

/// Rules of the policy, by their place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules(Vec<u64>);

impl Rules {
    fn of(book: &Rulebook, may: impl Fn(&Rule) -> bool) -> Self {
        let words = book.policy.rules.chunks(64);
        let word = |rules: &[Rule]| rules.iter().rev().fold(0, |word, rule| word << 1 | u64::from(may(rule)));
        Self(words.map(word).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Those in both; `None` where there is none.
    pub(super) fn both(&self, other: &Self) -> Option<Self> {
        let meet = || self.0.iter().zip(&other.0).map(|(a, b)| a & b);
        meet().any(|word| word != 0).then(|| Self(meet().collect()))
    }

    pub(super) fn has(&self, rule: usize) -> bool {
        self.0.get(rule / 64).is_some_and(|word| word >> (rule % 64) & 1 == 1)
    }
}

/// What a key is on a day.
#[derive(Debug)]
pub(super) struct OfKey {
    day: Day,
    /// The control of its chip; `None` where the chip is not known.
    pub(super) control: Option<Arc<Control>>,
    /// Total processing performance of its chip; 0 where not known.
    pub(super) tpp: f64,
    /// Rules that it does not rule out.
    pub(super) rules: Rules,
    /// Whether any of them asks from where the account was used.
    pub(super) asks_sightings: bool,
}

impl OfKey {
    fn new(key: &Arc<Key>, day: Day, book: &Rulebook) -> Self {
        let chip = match &key.chip {
            ChipKey::Known(name) => book.catalogue.chip(name.as_str()),
            ChipKey::Unnamed | ChipKey::Unknown(_) => None,
        };
        let control = chip.map(|chip| Arc::new(book.catalogue.control(chip, day)));
        let tpp = chip.and_then(|chip| chip.tpp).unwrap_or(0.0);
        let row = Row {
            account: AccountId { provider: key.provider.clone(), id: Text::default() },
            text: Text::default(),
            activity: Activity::nothing(Arc::clone(key), day.first_hour()),
            standing: Arc::default(),
            tenders: Arc::default(),
            control: control.clone(),
            authorisation: None,
            tpp,
            sightings: Arc::default(),
        };
        let may = |rule: &Rule| rule.basis_on(day).is_some() && may_find(rule, &row, book, Stage::Key);
        let rules = Rules::of(book, may);
        let asks = |(at, rule): (usize, &Rule)| rules.has(at) && rule.asks_of(List::Sightings);
        let asks_sightings = book.policy.rules.iter().enumerate().any(asks);
        Self { day, control, tpp, rules, asks_sightings }
    }
}

fn may_find(rule: &Rule, row: &Row, book: &Rulebook, known: Stage) -> bool {
    rule.matches.may_hold(&View::of_row(row, book, rule.window_hours), &[known])
}

/// What keys are, each on the last even and the last odd day asked about.
#[derive(Debug, Default)]
pub(super) struct Gates([Vec<Option<Arc<OfKey>>>; 2]);

impl Gates {
    /// What a key is on a day; there is always an answer.
    pub(super) fn of(&mut self, index: KeyIndex, key: &Arc<Key>, day: Day, book: &Rulebook) -> Option<&Arc<OfKey>> {
        let [even, odd] = &mut self.0;
        let slots = if day.0.rem_euclid(2) == 0 { even } else { odd };
        let at = index as usize;
        if slots.len() <= at {
            slots.resize_with(at + 1, Default::default);
        }
        let slot = slots.get_mut(at)?;
        if slot.as_ref().is_none_or(|known| known.day != day) {
            *slot = None;
        }
        Some(slot.get_or_insert_with(|| Arc::new(OfKey::new(key, day, book))))
    }
}

/// Who stood behind an account at an instant, and the rules that this does not rule out.
#[derive(Clone, Debug)]
pub(super) struct Known {
    at: EventTime,
    pub(super) standing: Arc<Standing>,
    /// Public tenders that name somebody of the chain, where any rule asks about them.
    pub(super) tenders: Arc<[TenderLine]>,
    pub(super) rules: Rules,
}

/// An account as alerts write it too, and as bills know it.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) id: &'a AccountId,
    pub(super) text: &'a Text,
    /// What its bills told as of the day that is asked about.
    pub(super) told: &'a [Told],
    /// What they ask.
    pub(super) bills: Bills<'a>,
}

impl Known {
    /// At an instant; what was known before is taken over where no card makes a difference.
    pub(super) fn at(
        at: EventTime,
        before: Option<Self>,
        account: Named<'_>,
        parties: &Parties,
        book: &Rulebook,
    ) -> Self {
        // Between two changes of any card, and within one day (list entries begin and end with days), it is one.
        let (asked, before) = match before {
            Some(known) if known.at.day() == at.day() && !parties.change_within(known.at.min(at), known.at.max(at)) => {
                return Self { at, ..known };
            }
            before => (before.as_ref().map(|known| known.at.day()), before),
        };
        let fresh = Standing::of(account, parties, book, at);
        let found = tenders::asked_for(account, &fresh.chain, parties, book, at);
        match before.filter(|before| *before.standing == fresh) {
            Some(same) if asked == Some(at.day()) && *same.tenders == *found => Self { at, ..same },
            Some(same) => Self::new(at, (same.standing, found.into()), account, book),
            None => Self::new(at, (Arc::new(fresh), found.into()), account, book),
        }
    }

    fn new(
        at: EventTime,
        (standing, tenders): (Arc<Standing>, Arc<[TenderLine]>),
        account: Named<'_>,
        book: &Rulebook,
    ) -> Self {
        let row = Row {
            account: account.id.clone(),
            text: account.text.clone(),
            activity: Activity::nothing(Arc::default(), at.hour()),
            standing: Arc::clone(&standing),
            tenders: Arc::clone(&tenders),
            control: None,
            authorisation: None,
            tpp: 0.0,
            sightings: Arc::default(),
        };
        let may = |rule: &Rule| standing.has_subject(&rule.subject) && may_find(rule, &row, book, Stage::Standing);
        Self { at, rules: Rules::of(book, may), standing, tenders }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::catalogue::{ControlClass, ControlStatus};
    use crate::engine::standing::{HopText, Known as KnownParty};
    use crate::ledger::{ActivityKind, Detail};
    use crate::model::*;
    use crate::parties::{Chain, Effect, Hit, Hop, Lists, Owner, Role, Verdict, Who};
    use crate::policy::{ElementFlag, ElementNumber, ElementText, FlagField, NumberField, Root, Scope, TextField};

    fn book() -> Rulebook {
        Rulebook {
            catalogue: Arc::default(),
            jurisdictions: Arc::default(),
            geo: Arc::default(),
            lists: Arc::new(Lists::read(&[]).unwrap()),
            policy: Arc::default(),
            digest: Text::default(),
        }
    }

    fn party(id: &str) -> KnownParty {
        let place = Country::parse("SG");
        KnownParty { id: PartyId::new(id), has_card: true, name: id.into(), country: place, hq: place, person: true }
    }

    fn standing() -> Standing {
        let place = Country::parse("SG");
        let card = Account {
            account: AccountId::new("corp-cloud", "a-1"),
            name: Some("A".into()),
            customer: None,
            payer: None,
            sold_by: None,
            country: place,
            billing_country: place,
            payment: Some(Payment { country: place, kind: Some("card".into()) }),
            email_domain: Some("a.example".into()),
            phone_country: place,
            created: Some(EventTime::from_nanos(0)),
            kyc: Some(Kyc::Verified),
            shared: Default::default(),
            version: 0,
            valid_from: EventTime::MIN,
            valid_to: None,
        };
        let hop = Hop {
            role: Role::Customer,
            who: Who::Party(PartyId::new("c")),
            country: place,
            hq: place,
            parent: Some(PartyId::new("o")),
            evidence: None,
            confidence: None,
            resolved: true,
        };
        let hit = Hit {
            party: PartyId::new("c"),
            role: Role::Customer,
            list: ListId::new("l"),
            entry: EntryId::new("e"),
            effect: Effect::Risk,
            verdict: Verdict::Listed,
            score: 0.9,
            held: Micros::whole(62),
            why: "w".into(),
        };
        let owner = Owner { party: PartyId::new("o"), hq: place, resolved: true, note: None, path: Vec::new() };
        Standing {
            card: Some(card),
            customer: Some(party("c")),
            owner: Some(owner),
            owner_card: Some(party("o")),
            chain: Chain { hops: vec![hop], ..Chain::default() },
            hops: vec![HopText { party: "c".into(), name: "C".into(), country: place, hq: place }],
            hits: vec![hit],
            held_in: vec![("D:5".into(), Micros::ONE)],
            unknown: Vec::new(),
            payer_name: None,
        }
    }

    fn tender() -> TenderLine {
        TenderLine {
            id: "t".into(),
            buyer: "c".into(),
            intermediary: Some("i".into()),
            provider: None,
            amount: Micros::whole(100),
            currency: Some(Currency("CNY".into())),
            published: EventTime::from_nanos(0),
            source: "s".into(),
            side: TenderSide::Buyer,
            party: PartyId::new("c"),
            role: "customer".into(),
            billed: Some(BilledLines { sum: Micros(95_000_000), from: Day(0), to: Day(1) }),
            besides: Vec::new(),
            coverage: Coverage::Whole,
            fits: true,
        }
    }

    /// Of one day; everything that neither key nor standing says differs from that of `bare`.
    fn full(key: Key, standing: Standing) -> Row {
        let mut activity = Activity::nothing(Arc::new(key), Hour(480_005));
        activity.market = Some(Market::Spot);
        activity.amounts.seconds = 7_200;
        (activity.amounts.count, activity.amounts.chip_micros, activity.amounts.tokens) = (3, 5, 7);
        let authorisation = Authorisation {
            id: "x".into(),
            scope: "o".into(),
            chips: ChipScope::Any,
            basis: AuthorisationBasis::Licence,
            reference: "r".into(),
            from: EventTime::MIN,
            to: None,
        };
        let network = NetworkPrefix::parse("198.51.100.0/24").unwrap();
        let sighting = (activity.day(), network, PrincipalClass::User);
        let authorisation = Some(authorisation);
        Row { authorisation, sightings: [sighting].into(), ..bare(activity, standing) }
    }

    fn bare(activity: Activity, standing: Standing) -> Row {
        let (account, standing) = (AccountId::new("corp-cloud", "a-1"), Arc::new(standing));
        let known = matches!(activity.key.chip, ChipKey::Known(_));
        let control = known.then(|| {
            let cites = vec!["cited".into()];
            let (class, status) = (ControlClass::A3090a, ControlStatus::InForce);
            Arc::new(Control { class, controlled: true, status, cites, notes: Vec::new() })
        });
        let (text, tpp) = (account.to_string().into(), if known { 15_824.0 } else { 0.0 });
        let tenders = if standing.card.is_some() { Arc::from([tender()]) } else { Arc::default() };
        Row { account, text, activity, standing, tenders, control, authorisation: None, tpp, sightings: Arc::default() }
    }

    fn key() -> Key {
        Key {
            provider: Provider::new("corp-cloud"),
            kind: ActivityKind::Run,
            region: "east".into(),
            chip: ChipKey::Known(ChipName::new("H100-80GB-SXM")),
            sku: Some(Sku::new("big.h100")),
            market: None,
            detail: Detail::None,
        }
    }

    /// Every name of a stage says the same of both rows.
    #[track_caller]
    fn agree(stage: Stage, one: &Row, other: &Row) {
        let book = book();
        let (one, other) = (View::of_row(one, &book, 24), View::of_row(other, &book, 24));
        fn same<T: PartialEq + Debug>(what: &str, one: T, other: T) {
            assert_eq!(one, other, "{what}");
        }
        for field in TextField::ALL.iter().filter(|field| field.stage() == stage) {
            same(field.name(), one.text(*field), other.text(*field));
        }
        for field in NumberField::ALL.iter().filter(|field| field.stage() == stage) {
            same(field.name(), one.number(*field), other.number(*field));
        }
        for field in FlagField::ALL.iter().filter(|field| field.stage() == stage) {
            same(field.name(), one.flag(*field), other.flag(*field));
        }
        for root in Root::ALL.iter().filter(|root| root.stage() == stage) {
            same(root.name(), one.known(*root), other.known(*root));
        }
        if stage == Stage::Standing {
            same("held_in", one.held_in("D:5"), other.held_in("D:5"));
        }
        for list in List::ALL.iter().filter(|list| list.stage() == stage) {
            same(list.name(), one.len(*list), other.len(*list));
        }
        for field in ElementText::ALL.iter().filter(|field| field.stage() == stage) {
            same(field.name(), one.element_text(*field, 0), other.element_text(*field, 0));
        }
        for field in ElementNumber::ALL.iter().filter(|field| field.stage() == stage) {
            same(field.name(), one.element_number(*field, 0), other.element_number(*field, 0));
        }
        for field in ElementFlag::ALL.iter().filter(|field| field.stage() == stage) {
            same(field.name(), one.element_flag(*field, 0), other.element_flag(*field, 0));
        }
    }

    #[test]
    fn what_is_said_of_a_key_hangs_on_nothing_else() {
        let another_hour = Activity::nothing(Arc::new(key()), Hour(480_001));
        agree(Stage::Key, &full(key(), standing()), &bare(another_hour, Standing::default()));
    }

    #[test]
    fn what_is_said_of_a_standing_hangs_on_nothing_else() {
        let model = Key {
            kind: ActivityKind::Model,
            region: "west".into(),
            chip: ChipKey::Unnamed,
            sku: None,
            detail: Detail::Model("m".into(), "o".into()),
            ..key()
        };
        let another_hour = Activity::nothing(Arc::new(model), Hour(480_001));
        agree(Stage::Standing, &full(key(), standing()), &bare(another_hour, standing()));
    }
}
