//! What the bills of all clouds have in common: accounts, periods, money, statements, and how a row is told from others.
//!
//! In: cells as written. Out: the parts of a billed line, or why there is none. It refuses to know any provider's columns.

mod number;
mod parties;
mod statement;
mod unit;

pub(super) use number::number;
pub(super) use parties::{Parties, provider_named};
pub(super) use statement::{Delivery, Origin, complete, statement, version_of};
pub(super) use unit::{Unit, beyond};

use super::layout::Row;
use super::mangled::is_mangled;
use super::{Reason, time_text};
use crate::model::{
    AccountId, Actor, BilledLine, Currency, Day, Digest, EventTime, Fact, Money, Period, Region, ResourceId, Text,
    Usage, UsageKind,
};

/// The account as the provider's audit log writes it: Azure's exports put the subscription in a path.
pub(super) fn account(provider: &str, id: &str, column: &str) -> Result<AccountId, Reason> {
    if is_mangled(id) {
        return Err(Reason::new("mangled_account_id", format!("{column}: digits are lost in {id:?}")));
    }
    let mut parts = id.split('/').skip_while(|part| {
        !["subscriptions", "billingaccounts"].iter().any(|collection| part.eq_ignore_ascii_case(collection))
    });
    let named = parts.nth(1).filter(|name| !name.is_empty()).unwrap_or(id);
    match provider {
        "azure" => Ok(AccountId::new(provider, named.to_lowercase())),
        // Twelve digits, of which a spreadsheet takes the leading noughts; they can be put back.
        "aws" if named.len() < 12 && named.len() > 8 && named.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(AccountId::new(provider, format!("{named:0>12}")))
        }
        _ => Ok(AccountId::new(provider, named)),
    }
}

/// The machine as audit logs write it: `i-0abc` for its ARN, lower case for Azure, whose ids have none.
pub(super) fn resource(provider: &str, id: &str) -> ResourceId {
    match provider {
        "azure" => ResourceId::new(id.to_lowercase()),
        "aws" => ResourceId::new(id.split_once(":instance/").map_or(id, |(_, instance)| instance)),
        _ => ResourceId::new(id),
    }
}

pub(super) fn region(name: &str) -> Region {
    Region::new(name.to_lowercase())
}

/// A date alone is its first instant.
pub(super) fn instant(text: &str) -> Option<EventTime> {
    Day::parse(text).ok().map(Day::start).or_else(|| time_text(text))
}

/// The first day of a day's month.
pub(super) fn month(day: Day) -> Day {
    let text = day.to_string();
    text.get(..7).and_then(|month| Day::parse(&format!("{month}-01")).ok()).unwrap_or(day)
}

/// The time in a column.
pub(super) fn time(cell: Option<&str>, column: &str) -> Result<EventTime, Reason> {
    let text = cell.unwrap_or_default();
    instant(text).ok_or_else(|| Reason::new("bad_time", format!("{column}: expected a time, got {text:?}")))
}

/// From the first instant to the first after, with the names of their columns.
pub(super) fn period(from: (EventTime, &str), to: (EventTime, &str)) -> Result<Period, Reason> {
    if to.0 > from.0 {
        return Ok(Period { from: from.0, to: to.0 });
    }
    Err(Reason::new("bad_value", format!("{} {} is not after {} {}", to.1, to.0, from.1, from.0)))
}

/// An amount of money, where there is one and its currency is one.
pub(super) fn cost(amount: Option<&str>, currency: Option<&str>, column: &str) -> Result<Option<Money>, Reason> {
    let currency = currency.filter(|c| c.len() == 3 && c.bytes().all(|b| b.is_ascii_alphabetic()));
    let (Some(amount), Some(currency)) = (amount, currency) else { return Ok(None) };
    let amount = number(amount).map_err(|error| Reason::new("bad_value", format!("{column}: {error}")))?;
    Ok(Some(Money { amount, currency: Currency(Text::new(currency.to_ascii_uppercase())) }))
}

/// What tells a row from others: every column but those `is_amount` says of, by their headings in lower case.
pub(super) fn row_id(kind: &str, row: &Row<'_>, is_amount: fn(&str) -> bool) -> Text {
    let columns = row.columns().filter(|(column, cell)| !is_amount(column) && !cell.trim().is_empty());
    let digest = columns.fold(Digest::new(kind), |digest, (column, cell)| digest.field(column).field(cell));
    Text::from(format!("row-{}", digest.fact_id()))
}

/// The fact of a line; `row` tells it from others where it has no id of its own.
pub(super) fn fact(account: AccountId, region: Option<Region>, line: BilledLine, row: impl FnOnce() -> Text) -> Fact {
    Fact::Usage(Usage {
        account,
        event: line.line.clone().unwrap_or_else(row),
        time: line.period.from,
        region,
        actor: Actor::default(),
        via: None,
        kind: UsageKind::UsageBilled(Box::new(line)),
    })
}

#[cfg(test)]
mod tests;
