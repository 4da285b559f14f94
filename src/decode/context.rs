//! What every decoder may ask for: the settings, and the few things all of them do alike.

use serde_json::Value;

use super::sighting::Sighting;
use super::{Outcome, PrincipalPolicy, Reason, Settings, Sightings};
use crate::model::{AccountId, Actor, Digest, EventTime, Fact, NetworkPrefix, PrincipalClass, Text};

/// Handed to every decoder with every record.
pub(crate) struct Context<'a> {
    /// How records are read.
    pub(crate) settings: &'a Settings,
    /// The envelope the record was taken out of (the next one outwards), for what the record itself leaves out.
    pub(crate) envelope: Option<&'a Value>,
    /// The name of the source the record was read from, for the path a bill lies under.
    pub(crate) source: &'a str,
}

impl Context<'_> {
    /// Who acted from where, as sparingly as the settings ask.
    pub(crate) fn actor(&self, principal: Option<&str>, address: Option<&str>) -> Actor {
        Actor {
            principal: principal.map(str::trim).filter(|p| !p.is_empty()).and_then(|p| self.principal(p)),
            network: address.and_then(network),
        }
    }

    fn principal(&self, principal: &str) -> Option<Text> {
        match &self.settings.principals {
            PrincipalPolicy::Omit => None,
            PrincipalPolicy::Hashed { key } => {
                let hash = Digest::new("principal").field(key).field(principal).finish();
                Some(Text::from_iter(hash.iter().map(|b| format!("{b:02x}"))))
            }
            PrincipalPolicy::Clear => Some(Text::new(principal)),
        }
    }

    /// That the account was used from the actor's network on that day; nothing without a usable address, and of no account
    /// whose id is longer than any cloud's: what was told is remembered.
    pub(crate) fn sighting(
        &self,
        account: &AccountId,
        time: EventTime,
        actor: &Actor,
        class: PrincipalClass,
    ) -> Option<Fact> {
        let account = Some(account).filter(|account| account.id.len() <= LONGEST_ID)?;
        Some(Sighting { account: account.clone(), day: time.day(), network: actor.network?, class }.fact())
    }

    /// What becomes of an audit record that says nothing else: the sighting of its account where all are asked for. Without
    /// a usable address it is irrelevant; with one, an account or time that cannot be read is told.
    pub(crate) fn seen(
        &self,
        who: impl FnOnce() -> (Actor, PrincipalClass),
        whose: impl FnOnce() -> Result<(AccountId, EventTime), Reason>,
    ) -> Outcome {
        match self.settings.sightings {
            Sightings::Relevant => return Outcome::Irrelevant,
            Sightings::All => {}
        }
        let (actor, class) = who();
        if actor.network.is_none() {
            return Outcome::Irrelevant;
        }
        match whose() {
            Ok((account, time)) => Outcome::of(self.sighting(&account, time, &actor, class).into_iter().collect()),
            Err(reason) => reason.into(),
        }
    }

    /// An id for a record that has none: its content, however its keys were ordered and spaced.
    pub(crate) fn content_id(&self, record: &Value) -> Text {
        let hash = Digest::new("record").field(record.to_string()).finish();
        Text::from_iter(std::iter::once("sha256-".to_owned()).chain(hash.iter().map(|b| format!("{b:02x}"))))
    }
}

/// Bytes of an event's id that are kept as they are, and the most that an account's id has of which sightings are told.
pub(super) const LONGEST_ID: usize = 256;

/// The id of the `n`th thing, from 0, of those that one event tells: the first carries the event's own. A long one stands by
/// its hash: an event may tell of many things, and each would repeat it.
pub(crate) fn nth_id(event: &Text, n: usize) -> Text {
    let long = || Text::new(Digest::new("long id").field(event).finish_hex());
    let event = if event.len() > LONGEST_ID { long() } else { event.clone() };
    if n == 0 { event } else { Text::new(format!("{event}/{}", n + 1)) }
}

/// The network of an address as providers write it: plain, as a CIDR, with a port. Host names and `AWS Internal` have none.
pub(crate) fn network(address: &str) -> Option<NetworkPrefix> {
    let address = address.trim();
    NetworkPrefix::parse(address)
        .or_else(|| address.parse::<std::net::SocketAddr>().ok().map(|a| NetworkPrefix::of(a.ip())))
        .filter(|n| !n.network().is_unspecified())
}
