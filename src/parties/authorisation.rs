//! Licences and approvals that cover a use.
//!
//! In: an account, its chain, the owner of its customer, a chip. Out: the authorisation that covers it, if any.

use std::collections::BTreeSet;

use crate::model::{AccountId, Authorisation, ChipName, ChipScope, EventTime, PartyId, Text};

use super::{Chain, Owner, Parties};

impl Parties {
    /// The authorisation in force at `at` that covers this chip for the account, a party of its chain (not the
    /// provider) or of the ownership path of its customer; of several the one with the smallest id.
    pub fn authorisation(
        &self,
        account: &AccountId,
        chain: &Chain,
        owner: Option<&Owner>,
        chip: &ChipName,
        at: EventTime,
    ) -> Option<&Authorisation> {
        if self.authorisations.is_empty() {
            return None;
        }
        let path = owner.into_iter().flat_map(|o| std::iter::once(&o.party).chain(o.path.iter().map(|(p, _)| p)));
        let parties: BTreeSet<&PartyId> = chain.parties().map(|(party, _)| party).chain(path).collect();
        let names = parties.into_iter().flat_map(|party| self.same(party, at)).map(|id| id.text());
        let scopes: BTreeSet<Text> = names.chain([Text::new(account.to_string())]).collect();
        let ids: BTreeSet<&Text> = scopes.iter().filter_map(|scope| self.authorised.get(scope)).flatten().collect();
        ids.into_iter().filter_map(|id| self.authorisations.get(id)).find(|card| covers(card, chip, at))
    }
}

fn covers(card: &Authorisation, chip: &ChipName, at: EventTime) -> bool {
    let chips = match &card.chips {
        ChipScope::Any => true,
        ChipScope::Of(chips) => chips.contains(chip),
    };
    chips && card.from <= at && card.to.is_none_or(|to| at < to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, AuthorisationBasis, EdgeKind, Fact, Hour};
    use crate::parties::fixtures;

    fn licence(id: &str, scope: &str, chips: ChipScope) -> Fact {
        let (id, scope) = (Text::new(id), Text::new(scope));
        let (from, to) = (Hour(10).start(), Some(Hour(20).start()));
        Fact::Authorisation(Authorisation {
            id,
            scope,
            chips,
            basis: AuthorisationBasis::Licence,
            reference: Text::new("D1"),
            from,
            to,
        })
    }

    fn covering(parties: &Parties, chip: &str, hour: i64) -> Option<String> {
        let (account, at) = (AccountId::new("aws", "1"), Hour(hour).start());
        let chain = parties.chain(&account, &[], at);
        let owner = chain.customer.as_ref().map(|customer| parties.owner(customer, at));
        let found = parties.authorisation(&account, &chain, owner.as_ref(), &ChipName::new(chip), at);
        found.map(|card| card.id.to_string())
    }

    fn parties() -> Parties {
        let mut parties = Parties::default();
        let card = fixtures::account(&AccountId::new("aws", "1"), EventTime::MIN);
        parties.put(&Fact::Account(Account { customer: Some(PartyId::new("sub")), ..card }));
        parties.put(&fixtures::edge(EdgeKind::Owns, "mid", "sub", Some(60)));
        parties.put(&fixtures::edge(EdgeKind::Owns, "top", "mid", Some(60)));
        parties
    }

    #[test]
    fn a_licence_covers_its_account_or_anyone_on_the_way_up() {
        for (scope, covers) in [("aws/1", true), ("sub", true), ("mid", true), ("top", true), ("aws", false)] {
            let mut parties = parties();
            parties.put(&licence("l", scope, ChipScope::Any));
            assert_eq!(covering(&parties, "H100", 10).is_some(), covers, "{scope}");
            assert_eq!(covering(&parties, "H100", 20), None, "{scope}");
        }
    }

    #[test]
    fn of_several_that_cover_the_chip_the_smallest_id_is_told() {
        let mut parties = parties();
        parties.put(&licence("c", "aws/1", ChipScope::Any));
        parties.put(&licence("b", "top", ChipScope::Of(vec![ChipName::new("H100")])));
        parties.put(&licence("a", "sub", ChipScope::Of(vec![ChipName::new("A100")])));
        assert_eq!(covering(&parties, "H100", 15).as_deref(), Some("b"));
        assert_eq!(covering(&parties, "B200", 15).as_deref(), Some("c"));
    }

    #[test]
    fn a_licence_put_again_with_another_scope_leaves_the_old_one() {
        let mut parties = parties();
        parties.put(&licence("l", "sub", ChipScope::Any));
        parties.put(&licence("l", "elsewhere", ChipScope::Any));
        assert_eq!(covering(&parties, "H100", 15), None);
    }
}
