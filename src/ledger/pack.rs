//! A usage fact as bytes: what many facts share is interned, the rest is written.
//!
//! In: a usage fact. Out: the bytes of what tells one machine, line or call from the next; the rest is its shape. And the
//! fact again. Who acted and the event's id are not kept: nothing that is held reads them.

use std::net::IpAddr;

use super::bytes::{Reader, put_signed, put_text, put_varint};
use super::shape::Shape;
use crate::model::{
    AccountId, Actor, BilledClass, BilledLine, BilledUnit, EventTime, Micros, NetworkPrefix, Period, ResourceId, Text,
    Usage, UsageKind,
};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Which kind of address follows.
const FOUR: u8 = 4;
const SIX: u8 = 6;

/// The resource whose timeline a fact belongs to, where it starts or stops one.
pub(super) fn resource(usage: &Usage) -> Option<&ResourceId> {
    match &usage.kind {
        UsageKind::CapacityStarted { resource, .. } => resource.as_ref(),
        UsageKind::CapacityStopped { resource, .. } => Some(resource),
        _ => None,
    }
}

pub(super) fn put_time(out: &mut Vec<u8>, time: EventTime) {
    let (seconds, rest) = (time.nanos().div_euclid(NANOS_PER_SECOND), time.nanos().rem_euclid(NANOS_PER_SECOND));
    let zigzag = ((seconds << 1) ^ (seconds >> 63)).cast_unsigned();
    put_varint(out, zigzag << 1 | u64::from(rest != 0));
    if rest != 0 {
        put_varint(out, rest.unsigned_abs());
    }
}

pub(super) fn time(reader: &mut Reader<'_>) -> Option<EventTime> {
    let head = reader.varint()?;
    let zigzag = head >> 1;
    let seconds = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
    let rest = if head & 1 == 1 { i64::try_from(reader.varint()?).ok()? } else { 0 };
    let nanos = i128::from(seconds) * i128::from(NANOS_PER_SECOND) + i128::from(rest);
    i64::try_from(nanos).ok().map(EventTime::from_nanos)
}

/// Appends what a fact has beside its shape, but for the resource of a start or stop.
pub(super) fn put_own(out: &mut Vec<u8>, usage: &Usage) {
    put_time(out, usage.time);
    match &usage.kind {
        UsageKind::OperationHalf { operation, resources, .. } => {
            put_text(out, operation);
            put_varint(out, resources.len() as u64);
            resources.iter().for_each(|resource| put_text(out, resource.as_str()));
        }
        UsageKind::CapacityReserved { from, to, reservation, .. } => {
            put_time(out, *from);
            put_time(out, *to);
            reservation.iter().for_each(|id| put_text(out, id));
        }
        UsageKind::UsageBilled(line) => {
            put_time(out, line.period.from);
            put_time(out, line.period.to);
            put_signed(out, line.quantity.0);
            line.cost.iter().for_each(|cost| put_signed(out, cost.amount.0));
            line.resource.iter().for_each(|resource| put_text(out, resource.as_str()));
            line.statement.iter().for_each(|statement| put_varint(out, statement.version));
        }
        UsageKind::ModelUsed { tokens, .. } => tokens.iter().for_each(|tokens| put_varint(out, *tokens)),
        UsageKind::Sighting { network, .. } => {
            out.push(network.length());
            match network.network() {
                IpAddr::V4(address) => {
                    out.push(FOUR);
                    out.extend(address.octets());
                }
                IpAddr::V6(address) => {
                    out.push(SIX);
                    out.extend(address.octets());
                }
            }
        }
        UsageKind::CapacityStarted { .. } | UsageKind::CapacityStopped { .. } => {}
        UsageKind::CapacityDenied { .. } | UsageKind::StatementComplete { .. } | UsageKind::Attribute { .. } => {}
    }
}

/// The fact again, but for what was left out.
pub(super) fn join(
    account: AccountId,
    shape: &Shape,
    resource: Option<ResourceId>,
    reader: &mut Reader<'_>,
) -> Option<Usage> {
    let at = time(reader)?;
    let mut kind = shape.kind.clone();
    match &mut kind {
        UsageKind::CapacityStarted { resource: named, .. } => *named = resource,
        UsageKind::CapacityStopped { resource: named, .. } => *named = resource?,
        UsageKind::OperationHalf { operation, resources, .. } => {
            *operation = reader.text()?;
            for _ in 0..reader.length()? {
                resources.push(ResourceId::new(reader.text()?));
            }
        }
        UsageKind::CapacityReserved { from, to, reservation, .. } => {
            (*from, *to) = (time(reader)?, time(reader)?);
            if let Some(id) = reservation {
                *id = reader.text()?;
            }
        }
        UsageKind::UsageBilled(line) => {
            line.period = Period { from: time(reader)?, to: time(reader)? };
            line.quantity = Micros(reader.signed()?);
            if let Some(cost) = &mut line.cost {
                cost.amount = Micros(reader.signed()?);
            }
            if let Some(resource) = &mut line.resource {
                *resource = ResourceId::new(reader.text()?);
            }
            if let Some(statement) = &mut line.statement {
                statement.version = reader.varint()?;
            }
        }
        UsageKind::ModelUsed { tokens: Some(tokens), .. } => *tokens = reader.varint()?,
        UsageKind::Sighting { network, principal_class: _ } => *network = prefix(reader)?,
        UsageKind::ModelUsed { tokens: None, .. }
        | UsageKind::CapacityDenied { .. }
        | UsageKind::StatementComplete { .. }
        | UsageKind::Attribute { .. } => {}
    }
    Some(Usage {
        account,
        event: Text::default(),
        time: at,
        region: shape.region.clone(),
        actor: Actor::default(),
        via: shape.via.clone(),
        kind,
    })
}

fn prefix(reader: &mut Reader<'_>) -> Option<NetworkPrefix> {
    let length = reader.byte()?;
    let address = match reader.byte()? {
        SIX => IpAddr::from(reader.array::<16>()?),
        _ => IpAddr::from(reader.array::<4>()?),
    };
    Some(NetworkPrefix::new(address, length))
}

/// What stands in a shape for what each fact has of its own.
pub(super) fn empty() -> ResourceId {
    ResourceId::new("")
}

pub(super) fn never() -> EventTime {
    EventTime::from_nanos(0)
}

pub(super) fn nowhere() -> NetworkPrefix {
    NetworkPrefix::new(IpAddr::from([0; 4]), 0)
}

/// A line of a shape, as far as every line has one.
pub(super) fn blank_line(unit: BilledUnit, class: BilledClass) -> BilledLine {
    BilledLine {
        period: Period { from: never(), to: never() },
        sku: None,
        meter: None,
        quantity: Micros(0),
        unit,
        cost: None,
        line: None,
        resource: None,
        class,
        issuer: None,
        publisher: None,
        payer: None,
        statement: None,
    }
}
