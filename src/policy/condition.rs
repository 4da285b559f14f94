//! A condition of a rule: `where` or `having`.
//!
//! In: an expression and where it stands. Out: something that holds or not, and what it reads. It refuses expressions
//! whose cost could grow beyond [`STEPS_MAX`].

use std::collections::{BTreeMap, BTreeSet};

use cel::parser::Parser;

use super::check::{Checker, Fault, Part};
use super::expr::{BoolExpr, Frame};
use super::places::Places;
use super::scope::{List, Measure, Root, Scope, TextField};
use super::stage::Stage;
use crate::model::{RuleId, Text};
use crate::written::{Node, Place, Problems};

/// Most steps evaluating a condition once may take.
pub const STEPS_MAX: u64 = 100_000;
/// Longest expression read, in characters.
const LENGTH_MAX: usize = 4_000;

/// A condition that loads: it can be asked, and cannot fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(super) expr: BoolExpr,
    text: Text,
    place: Place,
    uses: Uses,
}

/// What a condition reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses {
    /// Measures, each with the first literal it is compared with.
    pub measures: BTreeMap<Measure, Option<f64>>,
    /// Lists.
    pub lists: BTreeSet<List>,
    /// Records.
    pub roots: BTreeSet<Root>,
    /// Texts.
    pub texts: BTreeSet<TextField>,
    /// Groups of countries.
    pub groups: BTreeSet<Text>,
    /// Those of them whose share in the customer is asked.
    pub held: BTreeSet<Text>,
    /// Other rules, each with where it is named.
    pub alerts: BTreeMap<RuleId, Place>,
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, scope: &dyn Scope) -> bool {
        self.expr.decide(Frame::of(scope, Stage::ALL)) == Some(true)
    }

    /// Whether it may hold, as far as is known of what it reads: where not, nothing that comes to be known changes that.
    pub fn may_hold(&self, scope: &dyn Scope, known: &[Stage]) -> bool {
        self.expr.decide(Frame::of(scope, known)) != Some(false)
    }

    /// Whether it stays as it is while what runs has run a little longer in the same hour.
    pub fn is_steady(&self) -> bool {
        self.expr.is_steady()
    }

    /// What it reads.
    pub fn uses(&self) -> &Uses {
        &self.uses
    }

    /// As written.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// Where it begins in its file.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Reads the condition at `node` of a file.
    pub(super) fn read(
        file: &str,
        node: &Node,
        part: Part,
        groups: &BTreeSet<Text>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let what = if part == Part::Where { "where" } else { "having" };
        let text = node.text(what, problems)?;
        let places = Places::of(file, node.place, &node.shape);
        match compile(&text, part, groups) {
            Ok((expr, mut uses, alerts)) => {
                uses.alerts = alerts.into_iter().map(|(rule, at)| (rule, places.at(at))).collect();
                Some(Self { expr, text, place: node.place, uses })
            }
            Err(faults) => {
                for Fault { at, what: fault } in faults {
                    problems.add(places.at(at), format!("{what}: {fault}"));
                }
                None
            }
        }
    }
}

/// An expression, what it reads, and the rules it names with the character they are named at.
type Compiled = (BoolExpr, Uses, Vec<(RuleId, usize)>);

/// From text to an expression of true or false.
fn compile(text: &str, part: Part, groups: &BTreeSet<Text>) -> Result<Compiled, Vec<Fault>> {
    let one = |at, what: String| vec![Fault { at, what }];
    let length = text.chars().count();
    if length > LENGTH_MAX {
        return Err(one(0, format!("at most {LENGTH_MAX} characters, got {length}")));
    }
    let (tree, info) = Parser::new().parse_with_source_info(text).map_err(|errors| {
        // What follows the first error is mostly its echo.
        let first = errors.errors.first();
        let (line, column) = first.map_or((1, 1), |error| error.pos);
        one(character(text, line, column), first.map_or_else(String::new, |error| plain(&error.msg)))
    })?;
    let mut checker = Checker::new(&info, part, groups);
    match checker.condition(&tree) {
        Some(expr) if checker.faults.is_empty() => {
            let cost = expr.cost();
            if cost > STEPS_MAX {
                return Err(one(0, format!("takes up to {cost} steps, at most {STEPS_MAX} are allowed")));
            }
            Ok((expr, checker.uses, checker.alerts))
        }
        _ => Err(checker.faults),
    }
}

/// The character at a line and column, both from 1.
fn character(text: &str, line: isize, column: isize) -> usize {
    let before = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let lines: usize = text.split_inclusive('\n').take(before).map(|line| line.chars().count()).sum();
    lines.saturating_add(usize::try_from(column.saturating_sub(1)).unwrap_or(0))
}

/// The parser's message without what only its author understands.
fn plain(message: &str) -> String {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    if message.contains("Recursion limit") {
        return "nested too deeply".into();
    }
    let message = message.split(" expecting ").next().unwrap_or(message);
    let found = ["mismatched input ", "extraneous input ", "no viable alternative at input "]
        .iter()
        .find_map(|prefix| message.strip_prefix(prefix));
    match (found, message.strip_prefix("token recognition error at: ")) {
        (Some("'<EOF>'"), _) => "the expression ends too early".into(),
        (Some(token), _) => format!("{token} does not belong here"),
        (None, Some(token)) if token.starts_with("'=") => "a single = is nothing here: equality is written ==".into(),
        (None, Some(token)) if ["''", "'\""].iter().any(|start| token.starts_with(start)) => {
            "a quote is missing".into()
        }
        (None, Some(token)) => format!("cannot read {:?}", token.trim_matches('\'').trim()),
        (None, None) => message.replace("'<EOF>'", "the end"),
    }
}

#[cfg(test)]
pub(super) mod tests;
