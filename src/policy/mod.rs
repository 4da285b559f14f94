//! Rules as files: as written, and as meant.
//!
//! In: YAML files, one rule each, whose conditions are CEL. Out: a [`Policy`] of typed rules in the order they are asked,
//! each answering through a [`Scope`]; or every problem of every file with its line and column. It refuses to know where
//! the answers of a scope come from, and to load a rule that could fail at run time, cost more than its bound, or ask for
//! more attention than what it rests on deserves (P8).

mod case;
mod check;
mod condition;
mod expr;
#[cfg(test)]
mod fake;
mod order;
mod places;
mod read;
mod reference;
mod rule;
mod scope;
mod signals;
mod stage;
mod template;

use std::collections::BTreeSet;

use crate::model::Text;

pub use case::{Case, Expect, Given, Record};
pub use condition::{Condition, STEPS_MAX, Uses};
pub use reference::reference;
pub use rule::{Basis, Rule};
pub use scope::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
    Words,
};
pub use stage::Stage;
pub use template::Template;

/// Every rule, in the order they are asked: those that others ask about first, then by id.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// How many days before the day of an activity any rule asks from where accounts were used; `None`: no rule asks.
    pub fn sighted_days(&self) -> Option<i64> {
        let asks = |rule: &&Rule| rule.asks_of(List::Sightings);
        self.rules.iter().filter(asks).map(|rule| rule.window_hours.div_euclid(24).saturating_add(1)).max()
    }

    /// Whether any rule reads a list.
    pub fn asks_of(&self, list: List) -> bool {
        self.rules.iter().any(|rule| rule.asks_of(list))
    }

    /// Groups of which some rule asks how much of a customer they hold.
    pub fn groups_held(&self) -> BTreeSet<&Text> {
        let conditions = self.rules.iter().flat_map(|rule| rule.having.iter().chain([&rule.matches]));
        conditions.flat_map(|condition| &condition.uses().held).collect()
    }

    /// Whether what runs on need not be asked about again before the hour is over, where no rule fits it.
    pub fn is_steady(&self) -> bool {
        self.rules.iter().all(|rule| rule.matches.is_steady())
    }
}
