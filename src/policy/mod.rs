//! Rules as written and as meant.

mod check;
mod condition;
mod expr;
#[cfg(test)]
mod fake;
mod places;
mod scope;

pub use condition::{Condition, STEPS_MAX, Uses};
pub use scope::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
    Words,
};
