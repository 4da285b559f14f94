//! Who stands behind an account: chain, ownership, authorisations, lists.
//!
//! In: reference cards (accounts, parties, edges, authorisations, tenders), each the winner among its copies, what bills tell of an
//! account, and lists as written. Out: what holds at an instant: the chain of an account, the owner of a party, list entries that name them.
//! It refuses to know usage, rules and the present: every question carries its own instant.
//!
//! Cards are put into `cards`, edges into `graph`. Questions are walked by number: `ownership` climbs to the ultimate parent,
//! `walk` and `stake` find all who hold anything, `chain` and `said` everyone between provider and user, `touched` whom a
//! card has a say about, `tenders` the public tenders that name somebody of a chain.

mod authorisation;
mod cards;
mod chain;
#[cfg(test)]
mod fixtures;
mod graph;
mod held;
mod known;
mod links;
mod lists;
#[cfg(test)]
mod naive;
mod numbers;
mod ownership;
mod places;
mod rank;
mod said;
mod screening;
mod stake;
mod table;
mod tenders;
mod touched;
mod walk;

pub use cards::Parties;
pub use chain::{Chain, Confidence, Hop, Role, Who};
pub use lists::{
    Beside, Claim, Described, Effect, Entry, EntryKind, Layout, ListFormat, ListSource, ListSummary, Lists,
    ShrinkLimit, Shrunk, Writing,
};
pub use ownership::Owner;
pub use screening::{AskedAs, Hit, Likeness, MATCH, Named, Probe, REVIEW, Relation, Strength, Verdict, fold};
pub use stake::{Holdings, Stake, Together};
pub use tenders::Tendered;
