//! Conditions as meant: one enum for each type, so that evaluating cannot meet a wrong one.
//!
//! In: a [`Scope`], and how much of it is known. Out: a boolean, a number or a text, or nothing where that hangs on what
//! is not known yet; there is no error at run time. It refuses to loop beyond what was bounded when it was loaded.

use super::scope::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
};
use super::stage::Stage;
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
    /// Per cent of the customer that parties with headquarters in a group hold in all.
    HeldIn(Text),
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

/// A scope, how much of it is known, and the elements that macros have bound, outermost first.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    scope: &'a dyn Scope,
    known: &'a [Stage],
    at: [usize; NESTING_MAX],
}

impl<'a> Frame<'a> {
    pub(super) fn of(scope: &'a dyn Scope, known: &'a [Stage]) -> Self {
        Self { scope, known, at: [0; NESTING_MAX] }
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

    fn number(&self, field: NumberField) -> Option<f64> {
        let nought = || self.ask(Stage::Key, |scope| scope.is_nought(field)) == Some(true);
        self.ask(field.stage(), |scope| scope.number(field)).or_else(|| nought().then_some(0.0))
    }

    /// An answer of the scope, where it is known.
    fn ask<T>(&self, stage: Stage, answer: impl FnOnce(&'a dyn Scope) -> T) -> Option<T> {
        self.known.contains(&stage).then(|| answer(self.scope))
    }
}

fn both(a: Option<bool>, b: impl FnOnce() -> Option<bool>) -> Option<bool> {
    match a {
        Some(false) => Some(false),
        a => match b() {
            Some(false) => Some(false),
            b => Some(a? && b?),
        },
    }
}

fn negated(a: Option<bool>) -> Option<bool> {
    a.map(|held| !held)
}

fn either(a: Option<bool>, b: impl FnOnce() -> Option<bool>) -> Option<bool> {
    negated(both(negated(a), || negated(b())))
}

impl Range {
    fn is_steady(&self) -> bool {
        self.keep.iter().all(BoolExpr::is_steady)
    }

    fn kept(&self, frame: Frame<'_>) -> Option<bool> {
        let mut all = Some(true);
        for keep in &self.keep {
            all = both(all, || keep.decide(frame));
        }
        all
    }

    /// A frame for each element of the list; `None` where the list is not known.
    fn frames<'a>(&self, frame: Frame<'a>) -> Option<impl Iterator<Item = Frame<'a>> + use<'a>> {
        let (length, slot) = (frame.ask(self.list.stage(), |scope| scope.len(self.list).min(LIST_MAX))?, self.slot);
        Some((0..length).map(move |index| frame.bound(slot, index)))
    }

    fn every(&self, quantity: Quantity, frame: Frame<'_>, body: &BoolExpr) -> Option<bool> {
        let frames = self.frames(frame)?;
        match quantity {
            Quantity::Exists => {
                let mut holds = frames.map(|frame| both(self.kept(frame), || body.decide(frame)));
                any(&mut holds)
            }
            Quantity::All => {
                let mut fails = frames.map(|frame| both(self.kept(frame), || negated(body.decide(frame))));
                negated(any(&mut fails))
            }
            Quantity::One => {
                let mut holds = frames.map(|frame| both(self.kept(frame), || body.decide(frame)));
                Some(count(&mut holds)? == 1)
            }
        }
    }

    fn size(&self, frame: Frame<'_>) -> Option<usize> {
        count(&mut self.frames(frame)?.map(|frame| self.kept(frame)))
    }

    fn cost(&self, body: u64) -> u64 {
        let each = self.keep.iter().fold(body, |sum, keep| sum.saturating_add(keep.cost()));
        each.saturating_add(1).saturating_mul(LIST_MAX as u64)
    }
}

/// Whether one of them holds.
fn any(holds: &mut dyn Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(false);
    for held in holds {
        match held {
            Some(true) => return held,
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

/// How many of them hold.
fn count(holds: &mut dyn Iterator<Item = Option<bool>>) -> Option<usize> {
    let mut sum = 0;
    for held in holds {
        sum += usize::from(held?);
    }
    Some(sum)
}

fn pick<'a, T>(test: &BoolExpr, yes: &'a T, no: &'a T, frame: Frame<'_>) -> Option<&'a T> {
    test.decide(frame).map(|held| if held { yes } else { no })
}

impl BoolExpr {
    /// Whether it holds, whatever that says which is not known yet; `None` where it can go either way.
    pub(super) fn decide(&self, frame: Frame<'_>) -> Option<bool> {
        match self {
            Self::Literal(value) => Some(*value),
            Self::Field(field) => frame.ask(field.stage(), |scope| scope.flag(*field)),
            Self::Element(field, slot) => {
                frame.ask(field.stage(), |scope| scope.element_flag(*field, frame.index(*slot)))
            }
            Self::Not(inner) => negated(inner.decide(frame)),
            Self::And(a, b) => both(a.decide(frame), || b.decide(frame)),
            Self::Or(a, b) => either(a.decide(frame), || b.decide(frame)),
            Self::Same(a, b) => Some(a.decide(frame)? == b.decide(frame)?),
            Self::If(test, yes, no) => pick(test, yes, no, frame)?.decide(frame),
            Self::Compare(a, order, b) => Some(order.holds(a.eval(frame)?, b.eval(frame)?)),
            Self::Within(value, low, high) => {
                Some((low.eval(frame)?..=high.eval(frame)?).contains(&value.eval(frame)?))
            }
            Self::OneOfNumbers(value, among) => Some(among.contains(&value.eval(frame)?)),
            Self::TextIs(a, b) => Some(a.eval(frame)? == b.eval(frame)?),
            Self::OneOf(text, among) => {
                let text = text.eval(frame)?;
                Some(among.iter().any(|each| each == text))
            }
            Self::InGroup(text, group) => {
                let country = text.eval(frame)?;
                Some(!country.is_empty() && frame.scope.in_group(group, country))
            }
            Self::InDomain(text, domains) => {
                let text = text.eval(frame)?;
                Some(domains.iter().any(|domain| in_domain(text, domain)))
            }
            Self::Affix(text, affix, part) => Some(affix.holds(text.eval(frame)?, part.eval(frame)?)),
            Self::Known(root) => frame.ask(root.stage(), |scope| scope.known(*root)),
            Self::KnownText(text) => Some(!text.eval(frame)?.is_empty()),
            Self::Alert(rule) => frame.ask(Stage::Hour, |scope| scope.alert(rule)),
            Self::Every(quantity, range, body) => range.every(*quantity, frame, body),
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
            Self::Literal(_) | Self::Field(_) | Self::Measure(_) | Self::Element(..) | Self::HeldIn(_) => true,
            Self::Negate(inner) | Self::Divide(inner, _) => inner.is_steady(),
            Self::Add(a, b) | Self::Subtract(a, b) | Self::Multiply(a, b) => a.is_steady() && b.is_steady(),
            Self::Size(range) => range.is_steady(),
            Self::If(test, yes, no) => test.is_steady() && yes.is_steady() && no.is_steady(),
        }
    }

    fn eval(&self, frame: Frame<'_>) -> Option<f64> {
        match self {
            Self::Literal(value) => Some(*value),
            Self::Field(field) => frame.number(*field),
            Self::Measure(measure) => frame.ask(Stage::Hour, |scope| scope.measure(*measure)),
            Self::Element(field, slot) => {
                frame.ask(field.stage(), |scope| scope.element_number(*field, frame.index(*slot)))
            }
            Self::Negate(inner) => Some(-inner.eval(frame)?),
            Self::Add(a, b) => Some(a.eval(frame)? + b.eval(frame)?),
            Self::Subtract(a, b) => Some(a.eval(frame)? - b.eval(frame)?),
            Self::Multiply(a, b) => Some(a.eval(frame)? * b.eval(frame)?),
            Self::Divide(a, by) => Some(a.eval(frame)? / by),
            Self::Size(range) => range.size(frame).map(|size| size as f64),
            Self::HeldIn(group) => frame.ask(Stage::Standing, |scope| scope.held_in(group)),
            Self::If(test, yes, no) => pick(test, yes, no, frame)?.eval(frame),
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
            Self::Literal(_) | Self::Field(_) | Self::Measure(_) | Self::Element(..) | Self::HeldIn(_) => 0,
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

    fn eval<'a>(&'a self, frame: Frame<'a>) -> Option<&'a str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Field(field) => frame.ask(field.stage(), |scope| scope.text(*field)),
            Self::Element(field, slot) => {
                frame.ask(field.stage(), |scope| scope.element_text(*field, frame.index(*slot)))
            }
            Self::If(test, yes, no) => pick(test, yes, no, frame)?.eval(frame),
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
