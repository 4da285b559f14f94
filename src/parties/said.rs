//! What is said of an account: by its card and, beneath it, by its bills.
//!
//! In: the card in force and what bills told last. Out: who uses, sells and pays for the account, each with where that was
//! learnt. What the card says of a field counts alone; where it says nothing, everything that bills say does. It refuses
//! to choose between two bills, and to make a party of a name that a card already has.

use std::collections::BTreeSet;

use super::cards::AccountCard;
use super::chain::Confidence;
use super::numbers::{AccountNumber, PartyNumber};
use super::rank::{Learnt, Numbered, Rank};
use super::{Parties, fold};
use crate::model::{AccountId, Attribute, EventTime, Party, PartyId, Text, Told};

/// What is said of an account.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Who uses it.
    pub(super) customers: Rank,
    /// Who sells it; who sells to the customer otherwise is not among them.
    pub(super) sellers: Rank,
    /// Who sells it to those whom bills name as its sellers.
    pub(super) distributors: Rank,
    /// The accounts that pay for it, by id, with their numbers where they have one, each as often as that was learnt.
    pub(super) payers: Vec<(AccountId, Option<AccountNumber>, Learnt)>,
    /// Parties of which nothing is known but the name that a bill has.
    pub(super) named: BTreeSet<(PartyId, Text)>,
}

impl Parties {
    pub(super) fn said(&self, card: Option<&AccountCard>, told: &[Told], at: EventTime) -> Said {
        let mut said = Said::default();
        match card.and_then(|card| card.customer) {
            Some(party) => self.by_card("account.customer", party, &mut said.customers, at),
            None => self.by_bills(of(told, Attribute::Customer), &mut said.customers, &mut said.named, at),
        }
        match card.and_then(|card| card.sold_by) {
            Some(party) => self.by_card("account.sold_by", party, &mut said.sellers, at),
            None => {
                let sold = of(told, Attribute::SoldBy);
                self.by_bills(sold.clone(), &mut said.sellers, &mut said.named, at);
                // A bill that names a distributor names whom it supplies: of another day it is about another sale.
                let days: BTreeSet<_> = sold.map(|told| told.day).collect();
                let above = of(told, Attribute::Distributor).filter(|told| days.contains(&told.day));
                self.by_bills(above, &mut said.distributors, &mut said.named, at);
            }
        }
        let by_card = card.and_then(|card| card.payer);
        match by_card.and_then(|payer| Some((self.accounts.get(payer)?.clone(), payer))) {
            Some((id, payer)) => {
                let learnt = Learnt { by: Confidence::Card, text: Text::new_static("account.payer") };
                said.payers.push((id, Some(payer), learnt));
            }
            None => {
                for told in of(told, Attribute::Payer) {
                    if let Some(payer) = AccountId::parse(&told.value) {
                        let learnt = Learnt { by: Confidence::Bill, text: evidence(told) };
                        let number = self.accounts.find(&payer);
                        said.payers.push((payer, number, learnt));
                    }
                }
                said.payers.sort_by(|(one, ..), (other, ..)| one.cmp(other));
            }
        }
        said
    }

    fn by_card(&self, field: &'static str, written: PartyNumber, into: &mut Rank, at: EventTime) {
        let party = self.graph.canonical(written, at);
        let text = match self.graph.id(written).filter(|_| written != party) {
            None => Text::new_static(field),
            Some(written) => Text::new(format!("{field} (as {written})")),
        };
        into.put(self.graph.numbered(party), Learnt { by: Confidence::Card, text });
    }

    fn by_bills<'a>(
        &self,
        told: impl Iterator<Item = &'a Told>,
        into: &mut Rank,
        named: &mut BTreeSet<(PartyId, Text)>,
        at: EventTime,
    ) {
        for told in told {
            let known = self.called(&told.value, at);
            let by = if known.is_empty() { Confidence::Name } else { Confidence::Bill };
            let parties = if known.is_empty() {
                let party = self.by_name(PartyId::new(&told.value), at);
                named.insert((party.0.clone(), told.value.clone()));
                vec![party]
            } else {
                known
            };
            for party in parties {
                let text = match evidence(told) {
                    plain if party.0.as_str() == told.value => plain,
                    plain => Text::new(format!("{plain} (as {})", told.value)),
                };
                into.put(party, Learnt { by, text });
            }
        }
    }

    /// The party that has a name, whatever is known of it, as its id.
    fn by_name(&self, name: PartyId, at: EventTime) -> Numbered {
        match self.graph.number(&name) {
            Some(party) => self.graph.numbered(self.graph.canonical(party, at)),
            None => (name, None),
        }
    }

    /// The parties that have a card in force with this name or register number, however it is written, each once, by id.
    fn called(&self, name: &Text, at: EventTime) -> Vec<Numbered> {
        let folded = fold(name);
        let has = |card: &Party| names(card).any(|name| name == folded);
        let called = self.named.called(&folded).filter(|party| self.own_card(*party, at).is_some_and(has));
        let mut called: Vec<_> = called.map(|party| self.graph.canonical(party, at)).collect();
        called.sort_by(|one, other| self.graph.by_id(*one, *other));
        called.dedup();
        called.into_iter().map(|party| self.graph.numbered(party)).collect()
    }
}

/// What a bill may call a party with this card, folded.
pub(super) fn names(card: &Party) -> impl Iterator<Item = Text> {
    card.names.iter().chain(card.identifiers.values()).map(|name| fold(name)).filter(|name| !name.is_empty())
}

fn of(told: &[Told], attribute: Attribute) -> impl Iterator<Item = &Told> + Clone {
    told.iter().filter(move |told| told.attribute == attribute)
}

fn evidence(told: &Told) -> Text {
    Text::new(format!("bill of {}: {}", told.day, told.column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Day, EdgeKind, Fact};
    use crate::parties::fixtures;

    fn id() -> AccountId {
        AccountId::new("azure", "1")
    }

    fn told(day: i64, attribute: Attribute, value: &str, column: &str) -> Told {
        Told { day: Day(19_783 + day), attribute, value: value.into(), column: column.into() }
    }

    fn party(id: &str, name: &str) -> Fact {
        Fact::Party(Party { names: vec![name.into()], ..fixtures::party(id, EventTime::MIN) })
    }

    /// Hops but the provider, then what is not known.
    fn chain(parties: &Parties, told: &[Told]) -> Vec<String> {
        let chain = parties.chain(&id(), told, EventTime::MAX);
        let hop = |hop: &crate::parties::Hop| {
            format!("{} {} [{}]", hop.role.as_str(), hop.who.text(), hop.evidence.as_deref().unwrap_or_default())
        };
        chain.hops.iter().skip(1).map(hop).chain(chain.unknown.iter().map(ToString::to_string)).collect()
    }

    #[test]
    fn a_chain_unfolds_from_bills_alone() {
        let bills = [
            told(0, Attribute::Payer, "azure/enrolment-1", "BillingAccountId"),
            told(0, Attribute::SoldBy, "Merlion Cloud", "ResellerName"),
            told(0, Attribute::Distributor, "Straits Distribution", "PartnerName"),
            told(0, Attribute::Customer, "Lion Render", "CustomerName"),
        ];
        assert_eq!(
            chain(&Parties::default(), &bills),
            [
                "distributor Straits Distribution [bill of 2024-03-01: PartnerName]",
                "reseller Merlion Cloud [bill of 2024-03-01: ResellerName]",
                "payer azure/enrolment-1 [bill of 2024-03-01: BillingAccountId]",
                "customer Lion Render [bill of 2024-03-01: CustomerName]",
                "no record of account azure/1",
            ]
        );
    }

    #[test]
    fn a_hop_is_as_sure_as_the_best_of_what_it_was_learnt_from() {
        let mut parties = Parties::default();
        let card = Account { customer: Some(PartyId::new("c")), ..fixtures::account(&id(), EventTime::MIN) };
        parties.put(&Fact::Account(card));
        parties.put(&party("merlion", "Merlion Cloud"));
        parties.put(&fixtures::edge(EdgeKind::PaysFor, "p", "c", None));
        let bills = [
            told(0, Attribute::SoldBy, "Merlion Cloud", "ResellerName"),
            told(0, Attribute::SoldBy, "Somebody Else", "InvoiceIssuerName"),
            told(0, Attribute::Payer, "azure/a", "BillingAccountId"),
        ];
        let sure = |parties: &Parties| {
            let chain = parties.chain(&id(), &bills, EventTime::MAX);
            let hop = |hop: &crate::parties::Hop| {
                format!("{} {}", hop.who.text(), hop.confidence.map_or("", |confidence| confidence.as_str()))
            };
            chain.hops.iter().map(hop).collect::<Vec<_>>()
        };
        let told = ["azure ", "Somebody Else name", "merlion bill", "p edge", "azure/a bill", "c card"];
        assert_eq!(sure(&parties), told);
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "merlion", "c", None));
        assert_eq!(sure(&parties)[2], "merlion edge");
    }

    #[test]
    fn the_card_counts_field_by_field() {
        let mut parties = Parties::default();
        let card = Account { sold_by: Some(PartyId::new("r")), ..fixtures::account(&id(), EventTime::MIN) };
        parties.put(&Fact::Account(card));
        let bills = [
            told(0, Attribute::SoldBy, "Somebody Else", "ResellerName"),
            told(0, Attribute::Distributor, "Above Them", "PartnerName"),
            told(0, Attribute::Customer, "Lion Render", "CustomerName"),
        ];
        assert_eq!(
            chain(&parties, &bills),
            ["reseller r [account.sold_by]", "customer Lion Render [bill of 2024-03-01: CustomerName]"]
        );
    }

    #[test]
    fn bills_that_contradict_each_other_are_all_kept_and_told() {
        let bills = [
            told(0, Attribute::Payer, "azure/a", "BillingAccountId"),
            told(0, Attribute::Payer, "azure/b", "BillingAccountId"),
            told(0, Attribute::SoldBy, "A", "InvoiceIssuerName"),
            told(0, Attribute::SoldBy, "B", "ResellerName"),
        ];
        assert_eq!(
            chain(&Parties::default(), &bills),
            [
                "reseller A [bill of 2024-03-01: InvoiceIssuerName]",
                "reseller B [bill of 2024-03-01: ResellerName]",
                "payer azure/a [bill of 2024-03-01: BillingAccountId]",
                "payer azure/b [bill of 2024-03-01: BillingAccountId]",
                "no record of account azure/1",
                "two sellers at one time: A, B",
                "two payers at one time: azure/a, azure/b",
                "end customer of reseller A",
                "end customer of reseller B",
            ]
        );
    }

    #[test]
    fn a_distributor_of_another_days_bill_supplies_nobody() {
        let bills = [
            told(0, Attribute::Distributor, "D", "PartnerName"),
            told(1, Attribute::SoldBy, "R", "PartnerName"),
            told(1, Attribute::Customer, "C", "CustomerName"),
        ];
        let told = chain(&Parties::default(), &bills);
        assert!(told.iter().all(|line| !line.starts_with("distributor")), "{told:?}");
    }

    #[test]
    fn a_name_that_a_card_has_is_that_party_and_one_that_two_have_is_both() {
        let mut parties = Parties::default();
        parties.put(&party("merlion", "Merlion Cloud Pte. Ltd."));
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "straits", "merlion", None));
        let bills = [told(0, Attribute::SoldBy, "MERLION CLOUD PTE LTD", "ResellerName")];
        let known = chain(&parties, &bills);
        assert_eq!(
            known.get(..2).unwrap(),
            [
                "distributor straits [edge.resells_to (registry)]",
                "reseller merlion [bill of 2024-03-01: ResellerName (as MERLION CLOUD PTE LTD)]",
            ]
        );
        parties.put(&party("other", "Merlion Cloud Pte Ltd"));
        assert!(chain(&parties, &bills).contains(&"two sellers at one time: merlion, other".to_owned()));
    }

    #[test]
    fn a_card_that_has_a_name_of_a_bill_touches_the_account() {
        let mut parties = Parties::default();
        parties.tell(&id(), &told(0, Attribute::SoldBy, "Merlion Cloud", "ResellerName"));
        parties.tell(&id(), &told(0, Attribute::Payer, "azure/payer", "BillingAccountId"));
        let touched = |parties: &Parties, card: &Fact| parties.touched(card).contains(&id());
        let card = party("merlion", "merlion cloud");
        parties.put(&card);
        assert!(touched(&parties, &card));
        let owns = fixtures::edge(EdgeKind::Owns, "top", "merlion", None);
        parties.put(&owns);
        assert!(touched(&parties, &owns) && touched(&parties, &party("top", "Top")));
        assert!(touched(&parties, &fixtures::edge(EdgeKind::SameAs, "Merlion Cloud", "x", None)), "by the name itself");
        let payer = fixtures::account(&AccountId::new("azure", "payer"), EventTime::MIN);
        assert!(touched(&parties, &Fact::Account(payer)));
        assert!(!touched(&parties, &party("other", "Other")));
    }
}
