//! Macros over lists. The parser writes each out as a loop; each is known by the shape of that loop.

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, LiteralValue};

use super::name::is_taken;
use super::{Bound, Checker, Typed};
use crate::policy::expr::{BoolExpr, NESTING_MAX, Quantity, Range};

/// A macro and the condition it asks of each element.
enum Loop<'a> {
    Quantified(Quantity, &'a IdedExpr),
    Filter(&'a IdedExpr),
}

impl Checker<'_> {
    pub(super) fn comprehension(&mut self, expr: &IdedExpr, loops: &ComprehensionExpr) -> Option<Typed> {
        let range = self.range(&loops.iter_range);
        let Some(shape) = shape(loops) else {
            return self.fault(self.token(expr), "of the macros, exists, all, exists_one and filter are known here");
        };
        if is_taken(&loops.iter_var) || self.bound.iter().any(|bound| bound.name == loops.iter_var) {
            return self.fault(self.token(expr), format!("{:?} is a name already", loops.iter_var));
        }
        let mut range = range?;
        let (Loop::Quantified(_, body) | Loop::Filter(body)) = shape;
        self.bound.push(Bound { name: loops.iter_var.clone(), list: range.list, slot: range.slot });
        let body = self.bool(body);
        self.bound.pop();
        let body = body?;
        Some(match shape {
            Loop::Quantified(quantity, _) => Typed::Bool(BoolExpr::Every(quantity, range, Box::new(body))),
            Loop::Filter(_) => {
                range.keep.push(body);
                Typed::Range(range)
            }
        })
    }

    /// A list that a macro or `size()` walks.
    pub(super) fn range(&mut self, expr: &IdedExpr) -> Option<Range> {
        match self.check(expr)? {
            Typed::Range(range) => self.shallow(expr, range),
            other => self.wrong(expr, "a list of the record", &other),
        }
    }

    pub(super) fn shallow(&mut self, expr: &IdedExpr, range: Range) -> Option<Range> {
        if range.slot < NESTING_MAX {
            return Some(range);
        }
        self.fault(self.start(expr), format!("lists are walked at most {NESTING_MAX} deep"))
    }
}

fn shape(loops: &ComprehensionExpr) -> Option<Loop<'_>> {
    let Expr::Call(step) = &loops.loop_step.expr else { return None };
    match (&loops.accu_init.expr, step.func_name.as_str(), step.args.as_slice()) {
        (Expr::Literal(LiteralValue::Boolean(_)), "_||_", [_, body]) => Some(Loop::Quantified(Quantity::Exists, body)),
        (Expr::Literal(LiteralValue::Boolean(_)), "_&&_", [_, body]) => Some(Loop::Quantified(Quantity::All, body)),
        (Expr::Literal(LiteralValue::Int(_)), "_?_:_", [body, ..]) => Some(Loop::Quantified(Quantity::One, body)),
        (Expr::List(_), "_?_:_", [body, kept, _]) if keeps_the_element(kept, &loops.iter_var) => {
            Some(Loop::Filter(body))
        }
        _ => None,
    }
}

/// `filter` adds the element itself; `map` adds something made of it.
fn keeps_the_element(step: &IdedExpr, variable: &str) -> bool {
    let Expr::Call(add) = &step.expr else { return false };
    let [_, added] = add.args.as_slice() else { return false };
    let Expr::List(list) = &added.expr else { return false };
    matches!(list.elements.as_slice(), [one] if matches!(&one.expr, Expr::Ident(name) if name == variable))
}
