//! Names and fields: which they are, and whether this part of a rule may read them.

use cel::IdedExpr;
use cel::common::ast::Expr;

use super::{Checker, Part, Typed};
use crate::policy::expr::{BoolExpr, NumberExpr, Range, TextExpr};
use crate::policy::scope::{
    ElementFlag, ElementNumber, ElementText, FlagField, List, Measure, NumberField, Root, TextField, root_of,
};

impl Checker<'_> {
    /// A name such as `owner.hq`, or a macro's element and its field.
    pub(super) fn name(&mut self, expr: &IdedExpr) -> Option<Typed> {
        let Some(segments) = segments(expr) else {
            return self.fault(self.token(expr), "only names have fields");
        };
        let (first, rest) = segments.split_first()?;
        // The last segment stands right behind its dot.
        let last = if rest.is_empty() { self.token(expr) } else { self.token(expr).saturating_add(1) };
        if let Some(bound) = self.bound.iter().rev().find(|bound| bound.name == *first) {
            let (list, slot) = (bound.list, bound.slot);
            return self.element(last, first, rest, list, slot);
        }
        let name = segments.join(".");
        let Some(typed) = self.known_name(&name) else {
            let at = if fields_of(first).is_empty() || List::parse(first).is_some() { self.start(expr) } else { last };
            return self.fault(at, unknown(first, rest));
        };
        let measured = *first == "m";
        match self.part {
            Part::Where if measured => self.fault(
                self.start(expr),
                format!("{name} measures the window: where reads single hours, use it in having"),
            ),
            Part::Having if !measured => self.fault(
                self.start(expr),
                format!("{name} is read in where: having reads measures (m) and alert() only"),
            ),
            _ => {
                self.uses.roots.extend(root_of(&name));
                Some(typed)
            }
        }
    }

    fn known_name(&mut self, name: &str) -> Option<Typed> {
        if let Some(field) = TextField::parse(name) {
            self.uses.texts.insert(field);
            return Some(Typed::Text(TextExpr::Field(field)));
        }
        if let Some(field) = NumberField::parse(name) {
            return Some(Typed::Number(NumberExpr::Field(field)));
        }
        if let Some(field) = FlagField::parse(name) {
            return Some(Typed::Bool(BoolExpr::Field(field)));
        }
        if let Some(measure) = Measure::parse(name) {
            self.uses.measures.entry(measure).or_default();
            return Some(Typed::Number(NumberExpr::Measure(measure)));
        }
        if let Some(list) = List::parse(name) {
            self.uses.lists.insert(list);
            return Some(Typed::Range(Range { list, slot: self.bound.len(), keep: Vec::new() }));
        }
        Root::parse(name).map(Typed::Record)
    }

    fn element(&mut self, at: usize, variable: &str, rest: &[&str], list: List, slot: usize) -> Option<Typed> {
        match (list.item(), rest) {
            (Some(item), []) => return Some(Typed::Text(TextExpr::Element(item, slot))),
            (Some(_), _) => return self.fault(at, format!("{variable} is text and has no fields")),
            (None, []) => return Some(Typed::Element),
            _ => {}
        }
        let name = format!("{}.{}", list.name(), rest.join("."));
        if let Some(field) = ElementText::parse(&name) {
            return Some(Typed::Text(TextExpr::Element(field, slot)));
        }
        if let Some(field) = ElementNumber::parse(&name) {
            return Some(Typed::Number(NumberExpr::Element(field, slot)));
        }
        if let Some(field) = ElementFlag::parse(&name) {
            return Some(Typed::Bool(BoolExpr::Element(field, slot)));
        }
        let has = fields_of(list.name()).join(", ");
        self.fault(at, format!("an element of {} has no field {:?}; it has {has}", list.name(), rest.join(".")))
    }
}

/// Whether a name is taken, so that a macro may not bind it.
pub(super) fn is_taken(name: &str) -> bool {
    name == "m" || Root::parse(name).is_some() || List::parse(name).is_some()
}

fn segments(expr: &IdedExpr) -> Option<Vec<&str>> {
    match &expr.expr {
        Expr::Ident(name) => Some(vec![name]),
        Expr::Select(select) if !select.test => {
            let mut segments = segments(&select.operand)?;
            segments.push(&select.field);
            Some(segments)
        }
        _ => None,
    }
}

/// Every field of a record or list, without the record's name.
fn fields_of(root: &str) -> Vec<&'static str> {
    let texts = TextField::ALL.iter().map(|f| f.name()).chain(NumberField::ALL.iter().map(|f| f.name()));
    let all = texts.chain(FlagField::ALL.iter().map(|f| f.name())).chain(Measure::ALL.iter().map(|f| f.name()));
    let all = all.chain(List::ALL.iter().map(|f| f.name())).chain(ElementText::ALL.iter().map(|f| f.name()));
    let all = all.chain(ElementNumber::ALL.iter().map(|f| f.name())).chain(ElementFlag::ALL.iter().map(|f| f.name()));
    let mut fields = Vec::new();
    for name in all {
        match name.split_once('.') {
            Some((record, field)) if record == root && !fields.contains(&field) => fields.push(field),
            _ => {}
        }
    }
    fields
}

fn unknown(first: &str, rest: &[&str]) -> String {
    let fields = fields_of(first);
    if rest.is_empty() && first == "m" {
        return "m is a record; name one of its measures".into();
    }
    if rest.is_empty() || fields.is_empty() {
        return format!("there is no name {first:?}");
    }
    if List::parse(first).is_some() {
        return format!("{first} is a list; exists, all, exists_one, filter and size() look into it");
    }
    format!("{first} has no field {:?}; it has {}", rest.join("."), fields.join(", "))
}
