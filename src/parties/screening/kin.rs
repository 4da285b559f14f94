//! Affiliates that ownership alone brings in: who together hold half of the customer, and what is a part of it.
//!
//! In: the customer and end users of a chain, who holds them, what is a part of them, lists. Out: hits of their own
//! strength (an affiliate is never listed), and the stakes of unknown size on which the answer hangs. It refuses to make
//! a hit of a smaller stake: who holds less than half of somebody says nothing of it.

use std::collections::BTreeSet;

use super::{Hit, Screened, Verdict, known_as};
use crate::model::{EventTime, Micros, PartyId, Text};
use crate::parties::stake::{Holdings, Together};
use crate::parties::{Chain, Effect, Lists, Parties, Role};

/// What is listed hereabouts, by effect; each also counts for the weaker ones.
const EFFECTS: [Effect; 3] = [Effect::Blocks, Effect::Licence, Effect::Risk];

impl Lists {
    /// Adds to the hits of a chain, of whose customer these are the holdings, those that only ownership brings in, and
    /// puts the stake that listed parties hold in all beside those of them that stand above the customer. Out comes what
    /// is not known of it.
    pub fn affiliates(
        &self,
        parties: &Parties,
        chain: &Chain,
        holdings: Option<&Holdings>,
        hits: &mut Vec<Hit>,
        at: EventTime,
    ) -> Vec<Text> {
        let mut unknown = Vec::new();
        if let Some(holdings) = holdings {
            self.held(parties, holdings, hits, &mut unknown, at);
        }
        let users = chain.parties().filter(|(_, role)| matches!(role, Role::Customer | Role::EndUser));
        for (whole, role) in users {
            for unit in parties.units(whole, at).into_iter().filter(|unit| chain.parties().all(|(id, _)| id != unit)) {
                let above = Some(format!("sub-unit of {} {whole}", role.as_str().replace('_', " ")));
                let unit = Screened { above, ..known_as(parties, &unit, Role::SubUnit, at) };
                self.screen(&unit, at.day(), hits);
            }
        }
        super::in_order(hits);
        unknown
    }

    fn held(
        &self,
        parties: &Parties,
        holdings: &Holdings,
        hits: &mut Vec<Hit>,
        unknown: &mut Vec<Text>,
        at: EventTime,
    ) {
        let Some(customer) = holdings.held() else { return };
        let mut found = Vec::new();
        for holder in holdings.holders() {
            self.screen(&known_as(parties, holder, Role::Holder, at), at.day(), &mut found);
        }
        // Only who is listed itself counts, neither the whole of a listed part nor who was in reporting.
        found.retain(|hit| hit.verdict == Verdict::Listed);
        for effect in EFFECTS {
            let listed = found.iter().filter(|hit| hit.effect <= effect).map(|hit| hit.party.clone()).collect();
            let together = holdings.together(&listed);
            if together.is_half() {
                let why = told(customer, &together, &listed);
                let above = hits.iter().filter(|hit| is_above(hit));
                let known: BTreeSet<PartyId> = above.map(|hit| hit.party.clone()).collect();
                for hit in hits.iter_mut().filter(|hit| hit.effect == effect && is_above(hit)) {
                    if together.by.contains(&hit.party) {
                        hit.held = Some(together.stake.at_least);
                        hit.why = Text::new(format!("{}; {why}", hit.why));
                    }
                }
                // Who stands on the way to the ultimate parent is there already.
                let new = found.iter().filter(|hit| hit.effect == effect && together.by.contains(&hit.party));
                hits.extend(new.filter(|hit| !known.contains(&hit.party)).map(|hit| Hit {
                    verdict: Verdict::Affiliate,
                    held: Some(together.stake.at_least),
                    why: Text::new(format!("holder of {customer}: {}; {why}", hit.why)),
                    ..hit.clone()
                }));
            } else if together.is_in_doubt() {
                unknown.push(holdings.doubt(&together, &format!("parties on lists ({})", effect.as_str())));
            }
        }
    }
}

/// A hit on somebody who stands above the customer.
fn is_above(hit: &Hit) -> bool {
    matches!(hit.role, Role::Parent | Role::Owner | Role::Holder)
}

/// `owned 62 % in all by listed parties: 40 % by x, 22 % through m`.
fn told(customer: &PartyId, together: &Together, listed: &BTreeSet<PartyId>) -> String {
    let part = |(holder, share): &(PartyId, Micros)| {
        let how = if listed.contains(holder) { "by" } else { "through" };
        format!("{share} % {how} {holder}")
    };
    let parts: Vec<String> = together.parts.iter().map(part).collect();
    format!("{customer} is owned {} % in all by listed parties: {}", together.stake.at_least, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, EdgeKind, Fact, Party};
    use crate::parties::{ListFormat, ListSource, fixtures};
    use crate::written::Source;

    const LIST: &str = "list: { id: own, title: Own, source: invented, effect: licence, as_of: 2024-01-01 }
entries:
  - { id: e-x, names: [Xanthos] }
  - { id: e-y, names: [Yarrow] }
";

    fn lists() -> Lists {
        let source = Source { name: "l.yaml".into(), text: LIST.into() };
        Lists::read(&[ListSource { source, format: ListFormat::Own }]).unwrap()
    }

    /// Hits and what is not known of a customer `c` with these edges, and cards whose names begin like their ids.
    fn told_of(edges: &[(EdgeKind, &str, &str, Option<i64>)]) -> Vec<String> {
        let mut parties = Parties::default();
        let id = AccountId::new("aws", "1");
        let card = fixtures::account(&id, EventTime::MIN);
        parties.put(&Fact::Account(crate::model::Account { customer: Some(PartyId::new("c")), ..card }));
        for (id, name) in
            [("c", "cedar"), ("x", "xanthos"), ("y", "yarrow"), ("z", "zephyr"), ("m", "madrone"), ("n", "nettle")]
        {
            let names = vec![Text::new(name)];
            parties.put(&Fact::Party(Party { names, ..fixtures::party(id, EventTime::MIN) }));
        }
        edges.iter().for_each(|(kind, from, to, percent)| parties.put(&fixtures::edge(*kind, from, to, *percent)));
        let at = EventTime::parse("2024-03-01T00:00:00Z").unwrap();
        let (lists, chain) = (lists(), parties.chain(&id, &[], at));
        let mut hits = lists.hits(&parties, &chain, None, at);
        let holdings = parties.holdings(&PartyId::new("c"), at);
        let unknown = lists.affiliates(&parties, &chain, Some(&holdings), &mut hits, at);
        let line = |hit: &Hit| {
            let held = hit.held.map(|held| format!(" {held} %")).unwrap_or_default();
            let why = hit.why.replace("alias", "name").replace(", exact after folding", "");
            format!("{} {} {}{held}: {why}", hit.verdict.as_str(), hit.role.as_str(), hit.party)
        };
        hits.iter().map(line).chain(unknown.iter().map(ToString::to_string)).collect()
    }

    #[test]
    fn two_listed_holders_of_half_in_all_are_affiliates_with_the_sum_and_its_parts() {
        use EdgeKind::Owns;
        let since = "; listed since a date not stated";
        assert_eq!(
            told_of(&[(Owns, "x", "c", Some(40)), (Owns, "y", "m", Some(60)), (Owns, "m", "c", Some(22))]),
            [("x", "Xanthos"), ("y", "Yarrow")].map(|(id, name)| format!(
                "affiliate holder {id} 62 %: holder of c: name \"{name}\"{since}; \
                 c is owned 62 % in all by listed parties: 22 % through m, 40 % by x"
            ))
        );
    }

    #[test]
    fn less_than_half_is_nothing_and_a_stake_nobody_knows_is_told() {
        use EdgeKind::Owns;
        assert_eq!(
            told_of(&[(Owns, "x", "c", Some(40)), (Owns, "y", "m", Some(40)), (Owns, "m", "c", Some(60))]),
            [""; 0]
        );
        assert_eq!(
            told_of(&[(Owns, "x", "c", Some(40)), (Owns, "y", "c", None)]),
            ["licence", "risk"].map(|effect| format!(
                "whether parties on lists ({effect}) hold half of c: at least 40 %; stake of y in c unknown"
            ))
        );
    }

    #[test]
    fn a_listed_parent_carries_the_share_and_stays_an_affiliate() {
        let told = told_of(&[(EdgeKind::Owns, "x", "c", Some(60))]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("affiliate owner x 60 %: owner of c: name \"Xanthos\""), "{told:?}");
        let told = told_of(&[(EdgeKind::SubUnitOf, "c", "x", None)]);
        assert!(told[0].starts_with("affiliate owner x 100 %: owner of c"), "{told:?}");
    }

    #[test]
    fn a_listed_part_of_the_customer_or_of_an_end_user_is_an_affiliate() {
        use EdgeKind::{EndUserOf, SubUnitOf};
        let of = |role: &str, whole: &str| {
            format!(
                "affiliate sub_unit x: sub-unit of {role} {whole}: name \"Xanthos\"; listed since a date not stated"
            )
        };
        assert_eq!(told_of(&[(SubUnitOf, "x", "c", None)]), [of("customer", "c")]);
        assert_eq!(told_of(&[(SubUnitOf, "x", "m", None), (SubUnitOf, "m", "c", None)]), [of("customer", "c")]);
        assert_eq!(told_of(&[(SubUnitOf, "x", "n", None), (EndUserOf, "n", "c", None)]), [of("end user", "n")]);
    }

    #[test]
    fn the_whole_of_a_listed_part_holds_nothing_as_a_listed_party() {
        assert_eq!(told_of(&[(EdgeKind::Owns, "n", "c", Some(45)), (EdgeKind::SubUnitOf, "x", "n", None)]), [""; 0]);
    }
}
