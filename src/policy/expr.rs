//! Conditions as meant: one enum for each type, so that evaluating cannot meet a wrong one.
//!
//! In: a [`Scope`]. Out: a boolean, a number or a text, always; there is no error at run time. It refuses to loop beyond
//! what was bounded when it was loaded.

use super::scope::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
};
use crate::model::{RuleId, Text};

/// How deep macros nest.
pub(super) const NESTING_MAX: usize = 2;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum BoolExpr {
    Literal(bool),
    Field(FlagField),
    Element(ElementFlag, usize),
    Not(Box<BoolExpr>),
    And(Box<BoolExpr>, Box<BoolExpr>),
    Or(Box<BoolExpr>, Box<BoolExpr>),
    Same(Box<BoolExpr>, Box<BoolExpr>),
    If(Box<BoolExpr>, Box<BoolExpr>, Box<BoolExpr>),
    Compare(NumberExpr, Order, NumberExpr),
    Within(NumberExpr, NumberExpr, NumberExpr),
    OneOfNumbers(NumberExpr, Vec<f64>),
    TextIs(TextExpr, TextExpr),
    OneOf(TextExpr, Vec<Text>),
    InGroup(TextExpr, Text),
    InDomain(TextExpr, Vec<Text>),
    Affix(TextExpr, Affix, TextExpr),
    Known(Root),
    KnownText(TextExpr),
    Alert(RuleId),
    Every(Quantity, Range, Box<BoolExpr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affix {
    Starts,
    Ends,
    Contains,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    Exists,
    All,
    One,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NumberExpr {
    Literal(f64),
    Field(NumberField),
    Measure(Measure),
    Element(ElementNumber, usize),
    Negate(Box<NumberExpr>),
    Add(Box<NumberExpr>, Box<NumberExpr>),
    Subtract(Box<NumberExpr>, Box<NumberExpr>),
    Multiply(Box<NumberExpr>, Box<NumberExpr>),
    /// By a literal other than 0.
    Divide(Box<NumberExpr>, f64),
    Size(Range),
    If(Box<BoolExpr>, Box<NumberExpr>, Box<NumberExpr>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextExpr {
    Literal(Text),
    Field(TextField),
    Element(ElementText, usize),
    If(Box<BoolExpr>, Box<TextExpr>, Box<TextExpr>),
}

/// A list with what `filter` keeps of it; its element is bound in `slot`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) list: List,
    pub(super) slot: usize,
    pub(super) keep: Vec<BoolExpr>,
}

/// A scope and the elements that macros have bound, outermost first.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    scope: &'a dyn Scope,
    at: [usize; NESTING_MAX],
}

impl<'a> Frame<'a> {
    pub(super) fn of(scope: &'a dyn Scope) -> Self {
        Self { scope, at: [0; NESTING_MAX] }
    }

    fn index(&self, slot: usize) -> usize {
        self.at.get(slot).copied().unwrap_or_default()
    }

    fn bound(mut self, slot: usize, index: usize) -> Self {
        if let Some(at) = self.at.get_mut(slot) {
            *at = index;
        }
        self
    }

    fn len(&self, list: List) -> usize {
        self.scope.len(list).min(LIST_MAX)
    }
}

impl Range {
    fn is_steady(&self) -> bool {
        self.keep.iter().all(BoolExpr::is_steady)
    }

    fn frames<'a>(&'a self, frame: Frame<'a>) -> impl Iterator<Item = Frame<'a>> {
        (0..frame.len(self.list))
            .map(move |index| frame.bound(self.slot, index))
            .filter(|frame| self.keep.iter().all(|keep| keep.eval(*frame)))
    }

    fn cost(&self, body: u64) -> u64 {
        let each = self.keep.iter().fold(body, |sum, keep| sum.saturating_add(keep.cost()));
        each.saturating_add(1).saturating_mul(LIST_MAX as u64)
    }
}

impl BoolExpr {
    pub(super) fn eval(&self, frame: Frame<'_>) -> bool {
        match self {
            Self::Literal(value) => *value,
            Self::Field(field) => frame.scope.flag(*field),
            Self::Element(field, slot) => frame.scope.element_flag(*field, frame.index(*slot)),
            Self::Not(inner) => !inner.eval(frame),
            Self::And(a, b) => a.eval(frame) && b.eval(frame),
            Self::Or(a, b) => a.eval(frame) || b.eval(frame),
            Self::Same(a, b) => a.eval(frame) == b.eval(frame),
            Self::If(test, yes, no) => {
                if test.eval(frame) {
                    yes.eval(frame)
                } else {
                    no.eval(frame)
                }
            }
            Self::Compare(a, order, b) => order.holds(a.eval(frame), b.eval(frame)),
            Self::Within(value, low, high) => (low.eval(frame)..=high.eval(frame)).contains(&value.eval(frame)),
            Self::OneOfNumbers(value, among) => among.contains(&value.eval(frame)),
            Self::TextIs(a, b) => a.eval(frame) == b.eval(frame),
            Self::OneOf(text, among) => among.iter().any(|each| each == text.eval(frame)),
            Self::InGroup(text, group) => {
                let country = text.eval(frame);
                !country.is_empty() && frame.scope.in_group(group, country)
            }
            Self::InDomain(text, domains) => domains.iter().any(|domain| in_domain(text.eval(frame), domain)),
            Self::Affix(text, affix, part) => affix.holds(text.eval(frame), part.eval(frame)),
            Self::Known(root) => frame.scope.known(*root),
            Self::KnownText(text) => !text.eval(frame).is_empty(),
            Self::Alert(rule) => frame.scope.alert(rule),
            Self::Every(quantity, range, body) => {
                let mut holds = range.frames(frame).map(|frame| body.eval(frame));
                match quantity {
                    Quantity::Exists => holds.any(|held| held),
                    Quantity::All => holds.all(|held| held),
                    Quantity::One => holds.filter(|held| *held).count() == 1,
                }
            }
        }
    }

    /// Whether it stays as it is while what runs has run a little longer: of amounts it asks at most whether there are any.
    pub(super) fn is_steady(&self) -> bool {
        match self {
            Self::Compare(NumberExpr::Field(_), Order::Greater, NumberExpr::Literal(0.0)) => true,
            Self::Literal(_) | Self::Field(_) | Self::Element(..) | Self::Known(_) | Self::Alert(_) => true,
            Self::Not(inner) => inner.is_steady(),
            Self::And(a, b) | Self::Or(a, b) | Self::Same(a, b) => a.is_steady() && b.is_steady(),
            Self::If(test, yes, no) => test.is_steady() && yes.is_steady() && no.is_steady(),
            Self::Compare(a, _, b) => a.is_steady() && b.is_steady(),
            Self::Within(a, b, c) => a.is_steady() && b.is_steady() && c.is_steady(),
            Self::OneOfNumbers(value, _) => value.is_steady(),
            Self::TextIs(a, b) | Self::Affix(a, _, b) => a.is_steady() && b.is_steady(),
            Self::OneOf(text, _) | Self::InDomain(text, _) => text.is_steady(),
            Self::InGroup(text, _) | Self::KnownText(text) => text.is_steady(),
            Self::Every(_, range, body) => range.is_steady() && body.is_steady(),
        }
    }

    /// Steps that evaluating takes at most.
    pub(super) fn cost(&self) -> u64 {
        let inner = match self {
            Self::Literal(_) | Self::Field(_) | Self::Element(..) | Self::Known(_) | Self::Alert(_) => 0,
            Self::Not(inner) => inner.cost(),
            Self::And(a, b) | Self::Or(a, b) | Self::Same(a, b) => a.cost().saturating_add(b.cost()),
            Self::If(test, yes, no) => test.cost().saturating_add(yes.cost()).saturating_add(no.cost()),
            Self::Compare(a, _, b) => a.cost().saturating_add(b.cost()),
            Self::Within(a, b, c) => a.cost().saturating_add(b.cost()).saturating_add(c.cost()),
            Self::OneOfNumbers(value, among) => value.cost().saturating_add(among.len() as u64),
            Self::TextIs(a, b) | Self::Affix(a, _, b) => a.cost().saturating_add(b.cost()),
            Self::OneOf(text, among) | Self::InDomain(text, among) => text.cost().saturating_add(among.len() as u64),
            Self::InGroup(text, _) | Self::KnownText(text) => text.cost(),
            Self::Every(_, range, body) => range.cost(body.cost()),
        };
        inner.saturating_add(1)
    }
}

impl NumberExpr {
    fn is_steady(&self) -> bool {
        match self {
            Self::Field(NumberField::ActivityGpuHours | NumberField::ChipCount) => false,
            Self::Literal(_) | Self::Field(_) | Self::Measure(_) | Self::Element(..) => true,
            Self::Negate(inner) | Self::Divide(inner, _) => inner.is_steady(),
            Self::Add(a, b) | Self::Subtract(a, b) | Self::Multiply(a, b) => a.is_steady() && b.is_steady(),
            Self::Size(range) => range.is_steady(),
            Self::If(test, yes, no) => test.is_steady() && yes.is_steady() && no.is_steady(),
        }
    }

    pub(super) fn eval(&self, frame: Frame<'_>) -> f64 {
        match self {
            Self::Literal(value) => *value,
            Self::Field(field) => frame.scope.number(*field),
            Self::Measure(measure) => frame.scope.measure(*measure),
            Self::Element(field, slot) => frame.scope.element_number(*field, frame.index(*slot)),
            Self::Negate(inner) => -inner.eval(frame),
            Self::Add(a, b) => a.eval(frame) + b.eval(frame),
            Self::Subtract(a, b) => a.eval(frame) - b.eval(frame),
            Self::Multiply(a, b) => a.eval(frame) * b.eval(frame),
            Self::Divide(a, by) => a.eval(frame) / by,
            Self::Size(range) => range.frames(frame).count() as f64,
            Self::If(test, yes, no) => {
                if test.eval(frame) {
                    yes.eval(frame)
                } else {
                    no.eval(frame)
                }
            }
        }
    }

    /// Its value when it is written out.
    pub(super) fn constant(&self) -> Option<f64> {
        match self {
            Self::Literal(value) => Some(*value),
            Self::Negate(inner) => inner.constant().map(|value| -value),
            _ => None,
        }
    }

    fn cost(&self) -> u64 {
        let inner = match self {
            Self::Literal(_) | Self::Field(_) | Self::Measure(_) | Self::Element(..) => 0,
            Self::Negate(a) | Self::Divide(a, _) => a.cost(),
            Self::Add(a, b) | Self::Subtract(a, b) | Self::Multiply(a, b) => a.cost().saturating_add(b.cost()),
            Self::Size(range) => range.cost(0),
            Self::If(test, yes, no) => test.cost().saturating_add(yes.cost()).saturating_add(no.cost()),
        };
        inner.saturating_add(1)
    }
}

impl TextExpr {
    fn is_steady(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Field(_) | Self::Element(..) => true,
            Self::If(test, yes, no) => test.is_steady() && yes.is_steady() && no.is_steady(),
        }
    }

    pub(super) fn eval<'a>(&'a self, frame: Frame<'a>) -> &'a str {
        match self {
            Self::Literal(text) => text,
            Self::Field(field) => frame.scope.text(*field),
            Self::Element(field, slot) => frame.scope.element_text(*field, frame.index(*slot)),
            Self::If(test, yes, no) => {
                if test.eval(frame) {
                    yes.eval(frame)
                } else {
                    no.eval(frame)
                }
            }
        }
    }

    fn cost(&self) -> u64 {
        match self {
            Self::If(test, yes, no) => test.cost().saturating_add(yes.cost()).saturating_add(no.cost()),
            _ => 1,
        }
    }
}

impl Order {
    #[expect(clippy::float_cmp, reason = "what is written is what is compared")]
    fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::Equal => a == b,
        }
    }
}

impl Affix {
    fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::Starts => text.starts_with(part),
            Self::Ends => text.ends_with(part),
            Self::Contains => text.contains(part),
        }
    }
}

/// Equal to the domain or a name below it, in any case.
fn in_domain(text: &str, domain: &str) -> bool {
    let Some(above) = text.len().checked_sub(domain.len()) else { return false };
    let (Some(head), Some(tail)) = (text.get(..above), text.get(above..)) else { return false };
    !domain.is_empty() && tail.eq_ignore_ascii_case(domain) && (head.is_empty() || head.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_holds_itself_and_what_is_below_it_and_no_look_alike() {
        assert!(in_domain("edu.cn", "edu.cn"));
        assert!(in_domain("Mail.X.EDU.cn", "edu.cn"));
        assert!(!in_domain("myedu.cn", "edu.cn"));
        assert!(!in_domain("edu.cn.example", "edu.cn"));
        assert!(!in_domain("", "edu.cn"));
        assert!(!in_domain("日本.cn", "本.cnn"));
    }
}
