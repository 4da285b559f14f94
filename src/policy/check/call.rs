//! Operators and functions.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, operators as op};

use super::{Checker, Part, Typed};
use crate::model::{RuleId, Text};
use crate::policy::expr::{Affix, BoolExpr, NumberExpr, Order, Quantity, TextExpr};
use crate::policy::scope::{Root, Words};

impl Checker<'_> {
    pub(super) fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Option<Typed> {
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (op::LOGICAL_AND, None, [a, b]) => self.both(a, b, BoolExpr::And),
            (op::LOGICAL_OR, None, [a, b]) => self.both(a, b, BoolExpr::Or),
            (op::LOGICAL_NOT, None, [a]) => Some(Typed::Bool(BoolExpr::Not(Box::new(self.bool(a)?)))),
            (op::CONDITIONAL, None, [test, yes, no]) => self.conditional(expr, test, yes, no),
            (op::EQUALS, None, [a, b]) => self.equal(expr, a, b).map(Typed::Bool),
            (op::NOT_EQUALS, None, [a, b]) => Some(Typed::Bool(BoolExpr::Not(Box::new(self.equal(expr, a, b)?)))),
            (op::LESS, None, [a, b]) => self.compare(a, Order::Less, b),
            (op::LESS_EQUALS, None, [a, b]) => self.compare(a, Order::LessOrEqual, b),
            (op::GREATER, None, [a, b]) => self.compare(a, Order::Greater, b),
            (op::GREATER_EQUALS, None, [a, b]) => self.compare(a, Order::GreaterOrEqual, b),
            (op::IN, None, [a, b]) => self.one_of(expr, a, b),
            (op::ADD, None, [a, b]) => self.sum(a, b, NumberExpr::Add),
            (op::SUBSTRACT, None, [a, b]) => self.sum(a, b, NumberExpr::Subtract),
            (op::MULTIPLY, None, [a, b]) => self.sum(a, b, NumberExpr::Multiply),
            (op::DIVIDE, None, [a, b]) => self.divide(a, b),
            (op::NEGATE, None, [a]) => Some(Typed::Number(NumberExpr::Negate(Box::new(self.number(a)?)))),
            ("startsWith", Some(text), [part]) => self.affix(text, Affix::Starts, part),
            ("endsWith", Some(text), [part]) => self.affix(text, Affix::Ends, part),
            ("contains", Some(text), [part]) => self.affix(text, Affix::Contains, part),
            ("size", Some(list), []) | ("size", None, [list]) => {
                Some(Typed::Number(NumberExpr::Size(self.range(list)?)))
            }
            ("group", None, [name]) => self.group(name),
            ("held_in", None, [name]) => self.held_in(name),
            ("in_domain", None, [text, domains]) => self.in_domain(text, domains),
            ("within", None, [value, low, high]) => self.within(value, low, high),
            ("known", None, [what]) => self.known(what),
            ("alert", None, [rule]) => self.alert(expr, rule),
            _ => {
                let at = self.function(expr, name);
                self.fault(at, not_known(call))
            }
        }
    }

    fn both(
        &mut self,
        a: &IdedExpr,
        b: &IdedExpr,
        make: fn(Box<BoolExpr>, Box<BoolExpr>) -> BoolExpr,
    ) -> Option<Typed> {
        let (a, b) = (self.bool(a), self.bool(b));
        Some(Typed::Bool(make(Box::new(a?), Box::new(b?))))
    }

    fn sum(
        &mut self,
        a: &IdedExpr,
        b: &IdedExpr,
        make: fn(Box<NumberExpr>, Box<NumberExpr>) -> NumberExpr,
    ) -> Option<Typed> {
        let (a, b) = (self.number(a), self.number(b));
        Some(Typed::Number(make(Box::new(a?), Box::new(b?))))
    }

    fn divide(&mut self, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let (value, by) = (self.number(a), self.number(b));
        match by?.constant() {
            Some(by) if by != 0.0 => Some(Typed::Number(NumberExpr::Divide(Box::new(value?), by))),
            _ => self.fault(self.start(b), "divide by a number written out, other than 0"),
        }
    }

    fn conditional(&mut self, expr: &IdedExpr, test: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Option<Typed> {
        let test = self.bool(test).map(Box::new);
        let (yes, no) = (self.check(yes), self.check(no));
        Some(match (yes?, no?) {
            (Typed::Bool(yes), Typed::Bool(no)) => Typed::Bool(BoolExpr::If(test?, Box::new(yes), Box::new(no))),
            (Typed::Number(yes), Typed::Number(no)) => {
                Typed::Number(NumberExpr::If(test?, Box::new(yes), Box::new(no)))
            }
            (Typed::Text(yes), Typed::Text(no)) => Typed::Text(TextExpr::If(test?, Box::new(yes), Box::new(no))),
            (yes, no) => {
                let what =
                    format!("both sides must be of one simple type, got {} and {}", yes.describe(), no.describe());
                return self.fault(self.token(expr), what);
            }
        })
    }

    fn equal(&mut self, expr: &IdedExpr, a: &IdedExpr, b: &IdedExpr) -> Option<BoolExpr> {
        let (left, right) = (self.check(a), self.check(b));
        match (left?, right?) {
            (Typed::Bool(a), Typed::Bool(b)) => Some(BoolExpr::Same(Box::new(a), Box::new(b))),
            (Typed::Number(a), Typed::Number(b)) => {
                self.threshold(&a, &b);
                Some(BoolExpr::Compare(a, Order::Equal, b))
            }
            (Typed::Text(left), Typed::Text(right)) => {
                if let TextExpr::Literal(literal) = &right {
                    self.words(&left, literal, self.start(b))?;
                }
                if let TextExpr::Literal(literal) = &left {
                    self.words(&right, literal, self.start(a))?;
                }
                Some(BoolExpr::TextIs(left, right))
            }
            (left, right) => {
                let what = format!("cannot compare {} with {}", left.describe(), right.describe());
                self.fault(self.token(expr), what)
            }
        }
    }

    fn compare(&mut self, a: &IdedExpr, order: Order, b: &IdedExpr) -> Option<Typed> {
        let (a, b) = (self.number(a), self.number(b));
        let (a, b) = (a?, b?);
        self.threshold(&a, &b);
        Some(Typed::Bool(BoolExpr::Compare(a, order, b)))
    }

    /// Remembers the literal a measure is compared with, the first where there are several.
    fn threshold(&mut self, a: &NumberExpr, b: &NumberExpr) {
        for (measure, literal) in [(a, b), (b, a)] {
            if let (NumberExpr::Measure(measure), Some(literal)) = (measure, literal.constant()) {
                self.uses.measures.entry(*measure).or_default().get_or_insert(literal);
            }
        }
    }

    fn one_of(&mut self, expr: &IdedExpr, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let (value, among) = (self.check(a), self.check(b));
        Some(Typed::Bool(match (value?, among?) {
            (Typed::Text(text), Typed::Texts(among)) => {
                let fine: Vec<_> = among.iter().map(|(literal, at)| self.words(&text, literal, *at)).collect();
                fine.into_iter().collect::<Option<Vec<()>>>()?;
                BoolExpr::OneOf(text, among.into_iter().map(|(literal, _)| literal).collect())
            }
            (Typed::Number(number), Typed::Numbers(among)) => BoolExpr::OneOfNumbers(number, among),
            (Typed::Text(text), Typed::Group(group)) if words_of(&text) == Words::Country => {
                BoolExpr::InGroup(text, group)
            }
            (_, Typed::Group(_)) => return self.fault(self.start(a), "a group holds countries, this is none"),
            (Typed::Text(text), Typed::Range(range)) if range.list.item().is_some() => {
                let range = self.shallow(b, range)?;
                let item = TextExpr::Element(range.list.item()?, range.slot);
                BoolExpr::Every(Quantity::Exists, range, Box::new(BoolExpr::TextIs(text, item)))
            }
            (value, among) => {
                let what = format!("cannot look for {} in {}", value.describe(), among.describe());
                return self.fault(self.token(expr), what);
            }
        }))
    }

    fn words(&mut self, text: &TextExpr, literal: &Text, at: usize) -> Option<()> {
        match words_of(text).accepts(literal) {
            Ok(()) => Some(()),
            Err(what) => self.fault(at, format!("{}{what}", name_of(text))),
        }
    }

    fn affix(&mut self, text: &IdedExpr, affix: Affix, part: &IdedExpr) -> Option<Typed> {
        let (text, part) = (self.text(text), self.text(part));
        Some(Typed::Bool(BoolExpr::Affix(text?, affix, part?)))
    }

    /// A text written out, as names of groups and rules must be.
    fn written(&mut self, expr: &IdedExpr, what: &str) -> Option<Text> {
        match self.text(expr)? {
            TextExpr::Literal(text) => Some(text),
            _ => self.fault(self.start(expr), format!("the name of {what} must be written out")),
        }
    }

    fn group(&mut self, name: &IdedExpr) -> Option<Typed> {
        let group = self.written(name, "a group")?;
        if !self.groups.contains(&group) {
            let known: Vec<_> = self.groups.iter().map(Text::as_str).collect();
            return self
                .fault(self.start(name), format!("there is no group {group:?}; there are {}", known.join(", ")));
        }
        self.uses.groups.insert(group.clone());
        Some(Typed::Group(group))
    }

    fn held_in(&mut self, name: &IdedExpr) -> Option<Typed> {
        let Typed::Group(group) = self.group(name)? else { return None };
        self.uses.held.insert(group.clone());
        Some(Typed::Number(NumberExpr::HeldIn(group)))
    }

    fn in_domain(&mut self, text: &IdedExpr, domains: &IdedExpr) -> Option<Typed> {
        let at = self.start(domains);
        let (text, domains) = (self.text(text), self.check(domains));
        let domains = match domains? {
            Typed::Text(TextExpr::Literal(domain)) => vec![(domain, at)],
            Typed::Texts(domains) => domains,
            _ => return self.fault(at, "domains must be written out"),
        };
        for (domain, at) in &domains {
            let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
            if domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') || !domain.chars().all(fine) {
                return self.fault(*at, format!("a domain is lower case without dots at its ends, got {domain:?}"));
            }
        }
        Some(Typed::Bool(BoolExpr::InDomain(text?, domains.into_iter().map(|(domain, _)| domain).collect())))
    }

    fn within(&mut self, value: &IdedExpr, low: &IdedExpr, high: &IdedExpr) -> Option<Typed> {
        let (number, from, to) = (self.number(value), self.number(low), self.number(high));
        let (number, from, to) = (number?, from?, to?);
        if let (Some(from), Some(to)) = (from.constant(), to.constant())
            && from > to
        {
            return self.fault(self.start(low), format!("within() goes from low to high, got {from} and {to}"));
        }
        self.threshold(&number, &from);
        Some(Typed::Bool(BoolExpr::Within(number, from, to)))
    }

    fn known(&mut self, what: &IdedExpr) -> Option<Typed> {
        match self.check(what)? {
            Typed::Record(Root::Activity) => self.fault(self.start(what), "activity is always known"),
            Typed::Record(root) => Some(Typed::Bool(BoolExpr::Known(root))),
            Typed::Text(text) => Some(Typed::Bool(BoolExpr::KnownText(text))),
            other => self.wrong(what, "a record or text", &other),
        }
    }

    fn alert(&mut self, expr: &IdedExpr, rule: &IdedExpr) -> Option<Typed> {
        let at = self.start(rule);
        let rule = RuleId::new(self.written(rule, "a rule")?);
        if self.part == Part::Where {
            let at = self.function(expr, "alert");
            return self.fault(at, "alert() asks about the subject: use it in having");
        }
        self.alerts.push((rule.clone(), at));
        Some(Typed::Bool(BoolExpr::Alert(rule)))
    }
}

fn words_of(text: &TextExpr) -> Words {
    match text {
        TextExpr::Field(field) => field.words(),
        TextExpr::Element(field, _) => field.words(),
        TextExpr::If(_, yes, no) if words_of(yes) == words_of(no) => words_of(yes),
        TextExpr::Literal(_) | TextExpr::If(..) => Words::Open,
    }
}

fn name_of(text: &TextExpr) -> String {
    match text {
        TextExpr::Field(field) => format!("{}: ", field.name()),
        TextExpr::Element(field, _) => format!("{}: ", field.name()),
        _ => String::new(),
    }
}

/// Every function and method, with the arguments it takes.
pub(in crate::policy) const FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "group",
        "`country in group(\"D:5\")`",
        "Whether a country is in a group of the jurisdictions on this hour's day. Unknown is in none.",
    ),
    (
        "held_in",
        "`held_in(\"D:5\")`",
        "Per cent of the customer that parties with headquarters in a group hold in all, at the least, on this hour's day: what they hold half of holds its whole stake for them. Stakes of unknown size count as nothing.",
    ),
    (
        "in_domain",
        "`in_domain(text, \"edu.cn\")`, `in_domain(text, [\"a.example\", \"b.example\"])`",
        "Whether a domain is one of these or below one, in any case.",
    ),
    ("within", "`within(number, low, high)`", "Whether a number is in a range, both ends included."),
    ("known", "`known(record)`, `known(text)`", "Whether a record is known, or a text not empty."),
    (
        "alert",
        "`alert(\"rule-id\")`",
        "Whether another rule about the same kind of subject holds for this subject in this hour; in `having` only.",
    ),
    ("size", "`size(list)`, `list.size()`", "How many elements."),
    ("startsWith", "`text.startsWith(text)`", "As it says."),
    ("endsWith", "`text.endsWith(text)`", "As it says."),
    ("contains", "`text.contains(text)`", "As it says."),
    ("exists", "`list.exists(x, condition)`", "Whether it holds for an element."),
    ("all", "`list.all(x, condition)`", "Whether it holds for every element; so it does for an empty list."),
    ("exists_one", "`list.exists_one(x, condition)`", "Whether it holds for exactly one element."),
    ("filter", "`list.filter(x, condition)`", "The elements it holds for, for size() or another macro."),
];

fn not_known(call: &CallExpr) -> String {
    let name = call.func_name.as_str();
    if let Some((_, usage, _)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) {
        return format!("{name} is written {usage}");
    }
    match name {
        op::MODULO => "% is not known here".into(),
        op::INDEX | op::OPT_INDEX => "elements are not read by number: exists and filter look into lists".into(),
        name if name.starts_with(['_', '@', '-', '!']) => "this operator is not known here".into(),
        name => format!("there is no function {name:?}"),
    }
}
