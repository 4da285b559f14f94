//! From a parsed expression to a typed one.
//!
//! In: the tree of the `cel` parser. Out: a [`Typed`] expression, what it uses, and every fault with the character it
//! stands at. It refuses whatever could fail or surprise at run time: dynamic types, missing keys, division by nought.

pub(super) mod call;
mod macros;
mod name;

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, SourceInfo};

use super::condition::Uses;
use super::expr::{BoolExpr, NumberExpr, Range, TextExpr};
use super::scope::{List, Root};
use crate::model::{RuleId, Text};

/// Deepest tree read.
const DEPTH_MAX: usize = 64;
/// Largest whole number that stays exact as a double.
const EXACT_MAX: i64 = 1 << 53;

/// Which condition of a rule an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Where,
    Having,
}

/// Something wrong at a character of the expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: String,
}

/// An expression with its type.
#[derive(Debug)]
enum Typed {
    Bool(BoolExpr),
    Number(NumberExpr),
    Text(TextExpr),
    Range(Range),
    Record(Root),
    /// An element of a list of records.
    Element,
    Texts(Vec<(Text, usize)>),
    Numbers(Vec<f64>),
    Group(Text),
}

impl Typed {
    fn describe(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Range(_) | Self::Texts(_) | Self::Numbers(_) => "a list",
            Self::Record(_) | Self::Element => "a record",
            Self::Group(_) => "a group",
        }
    }
}

/// A name that a macro has bound.
struct Bound {
    name: String,
    list: List,
    slot: usize,
}

pub(super) struct Checker<'a> {
    info: &'a SourceInfo,
    source: Vec<char>,
    part: Part,
    groups: &'a BTreeSet<Text>,
    bound: Vec<Bound>,
    depth: usize,
    pub(super) faults: Vec<Fault>,
    pub(super) uses: Uses,
    /// Other rules, each with the character it is named at.
    pub(super) alerts: Vec<(RuleId, usize)>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(info: &'a SourceInfo, part: Part, groups: &'a BTreeSet<Text>) -> Self {
        Self {
            info,
            source: info.source.chars().collect(),
            part,
            groups,
            bound: Vec::new(),
            depth: 0,
            faults: Vec::new(),
            uses: Uses::default(),
            alerts: Vec::new(),
        }
    }

    /// A whole condition.
    pub(super) fn condition(&mut self, expr: &IdedExpr) -> Option<BoolExpr> {
        self.bool(expr)
    }

    fn fault<T>(&mut self, at: usize, what: impl Into<String>) -> Option<T> {
        self.faults.push(Fault { at, what: what.into() });
        None
    }

    /// Where the token stands that made this node.
    fn token(&self, expr: &IdedExpr) -> usize {
        self.info.offset_for(expr.id).map_or(0, |(start, _)| usize::try_from(start).unwrap_or(0))
    }

    /// Where the expression begins.
    fn start(&self, expr: &IdedExpr) -> usize {
        match &expr.expr {
            Expr::Select(select) if !select.test => self.start(&select.operand),
            Expr::Comprehension(comprehension) => self.start(&comprehension.iter_range),
            Expr::Call(call) => match (&call.target, call.args.as_slice()) {
                (Some(target), _) => self.start(target),
                (None, [first, _]) if call.func_name.starts_with('_') || call.func_name == "@in" => self.start(first),
                (None, [first, ..]) if call.func_name == "_?_:_" => self.start(first),
                _ => self.function(expr, &call.func_name),
            },
            _ => self.token(expr),
        }
    }

    /// Where the name of a function stands: right before its bracket, as people write it.
    fn function(&self, expr: &IdedExpr, name: &str) -> usize {
        let bracket = self.token(expr);
        let Some(start) = bracket.checked_sub(name.chars().count()) else { return bracket };
        let written = self.source.get(start..bracket).unwrap_or_default();
        if written.iter().copied().eq(name.chars()) { start } else { bracket }
    }

    fn check(&mut self, expr: &IdedExpr) -> Option<Typed> {
        if self.depth >= DEPTH_MAX {
            return self.fault(self.token(expr), format!("nested deeper than {DEPTH_MAX}"));
        }
        self.depth += 1;
        let typed = self.check_one(expr);
        self.depth -= 1;
        typed
    }

    fn check_one(&mut self, expr: &IdedExpr) -> Option<Typed> {
        match &expr.expr {
            Expr::Literal(literal) => self.literal(expr, literal),
            Expr::Ident(_) => self.name(expr),
            Expr::Select(select) if select.test => {
                self.fault(self.token(expr), "has() is not known here: every name is there, known() asks for its value")
            }
            Expr::Select(_) => self.name(expr),
            Expr::Call(call) => self.call(expr, call),
            Expr::Comprehension(comprehension) => self.comprehension(expr, comprehension),
            Expr::List(list) => self.list(expr, &list.elements),
            Expr::Map(_) | Expr::Struct(_) => self.fault(self.token(expr), "maps and messages are not known here"),
            Expr::Unspecified => self.fault(self.token(expr), "this is not an expression"),
        }
    }

    fn literal(&mut self, expr: &IdedExpr, literal: &LiteralValue) -> Option<Typed> {
        let at = self.token(expr);
        let number = |value: f64| Some(Typed::Number(NumberExpr::Literal(value)));
        match literal {
            LiteralValue::Boolean(value) => Some(Typed::Bool(BoolExpr::Literal(*value.inner()))),
            LiteralValue::String(text) => Some(Typed::Text(TextExpr::Literal(Text::new(text.inner())))),
            LiteralValue::Double(value) if value.inner().is_finite() => number(*value.inner()),
            LiteralValue::Int(value) if (-EXACT_MAX..=EXACT_MAX).contains(value.inner()) => {
                number(*value.inner() as f64)
            }
            LiteralValue::UInt(value) if *value.inner() <= EXACT_MAX.unsigned_abs() => number(*value.inner() as f64),
            LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => {
                self.fault(at, "this number is too large")
            }
            LiteralValue::Null => self.fault(at, "null is not known here: known() asks whether something is known"),
            LiteralValue::Bytes(_) => self.fault(at, "bytes are not known here"),
        }
    }

    fn list(&mut self, expr: &IdedExpr, elements: &[IdedExpr]) -> Option<Typed> {
        let mut texts = Vec::new();
        let mut numbers = Vec::new();
        for element in elements {
            let at = self.start(element);
            match self.check(element)? {
                Typed::Text(TextExpr::Literal(text)) => texts.push((text, at)),
                Typed::Number(number) if number.constant().is_some() => numbers.extend(number.constant()),
                _ => return self.fault(at, "a list written out holds literals only"),
            }
        }
        let at = self.token(expr);
        match (texts.is_empty(), numbers.is_empty()) {
            (false, true) => Some(Typed::Texts(texts)),
            (true, false) => Some(Typed::Numbers(numbers)),
            (true, true) => self.fault(at, "the list is empty"),
            (false, false) => self.fault(at, "the list holds both text and numbers"),
        }
    }

    fn bool(&mut self, expr: &IdedExpr) -> Option<BoolExpr> {
        match self.check(expr)? {
            Typed::Bool(value) => Some(value),
            other => self.wrong(expr, "true or false", &other),
        }
    }

    fn number(&mut self, expr: &IdedExpr) -> Option<NumberExpr> {
        match self.check(expr)? {
            Typed::Number(value) => Some(value),
            other => self.wrong(expr, "a number", &other),
        }
    }

    fn text(&mut self, expr: &IdedExpr) -> Option<TextExpr> {
        match self.check(expr)? {
            Typed::Text(value) => Some(value),
            other => self.wrong(expr, "text", &other),
        }
    }

    fn wrong<T>(&mut self, expr: &IdedExpr, wanted: &str, got: &Typed) -> Option<T> {
        self.fault(self.start(expr), format!("needs {wanted}, got {}", got.describe()))
    }
}
