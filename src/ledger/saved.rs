//! Facts as bytes that outlive the process: tables of what they share, then the arena as it is.
//!
//! In: facts. Out: chunks of bytes, and the same facts again. Words are written as words, so that a later version may
//! order them otherwise. It refuses to trust: bytes that cannot be read give `None`, never a panic or a huge allocation.

use std::sync::Arc;

use super::Facts;
use super::arena::Arena;
use super::bytes::{Reader, put_text, put_varint};
use super::pack::{blank_line, empty, never, nowhere};
use super::shape::Shape;
use super::store::Store;
use crate::model::{
    AccountId, Attribute, BilledClass, BilledLine, BilledUnit, Currency, DenialReason, FactKind, Half, Market, Micros,
    Money, PrincipalClass, Provider, Region, Sku, Statement, StopEnd, Text, UsageKind,
};

/// Layout of the tables. In the first one, halves of an operation said neither how many nor how they are paid for.
const VERSION: u64 = 2;

impl Facts {
    /// As bytes: the tables first, then a chunk of records each.
    pub fn write(&self) -> Vec<Arc<Vec<u8>>> {
        let Facts(store) = self;
        let mut tables = Vec::new();
        put_varint(&mut tables, VERSION);
        put_varint(&mut tables, store.sources.len() as u64);
        store.sources.iter().for_each(|source| put_text(&mut tables, source));
        put_varint(&mut tables, store.accounts.len() as u64);
        for account in store.accounts.iter() {
            put_text(&mut tables, account.provider.as_str());
            put_text(&mut tables, &account.id);
        }
        put_varint(&mut tables, store.shapes.len() as u64);
        store.shapes.iter().for_each(|shape| put_shape(&mut tables, shape));
        let chunks: Vec<_> = store.arena.chunks().cloned().collect();
        put_varint(&mut tables, chunks.len() as u64);
        chunks.iter().for_each(|chunk| put_varint(&mut tables, chunk.len() as u64));
        std::iter::once(Arc::new(tables)).chain(chunks).collect()
    }

    /// The facts that were written; `None` when the bytes are not such.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let version = reader.varint()?;
        if !(1..=VERSION).contains(&version) {
            return None;
        }
        let mut store = Store::default();
        for _ in 0..reader.length()? {
            store.sources.put(reader.text()?)?;
        }
        for _ in 0..reader.length()? {
            store.accounts.put(AccountId { provider: Provider::new(reader.text()?), id: reader.text()? })?;
        }
        for _ in 0..reader.length()? {
            store.shapes.put(shape(&mut reader, version)?)?;
        }
        let mut lengths = Vec::new();
        for _ in 0..reader.length()? {
            lengths.push(reader.length()?);
        }
        let chunks = lengths.into_iter().map(|length| reader.bytes(length).map(<[u8]>::to_vec));
        store.arena = Arena::of(chunks.collect::<Option<Vec<_>>>()?);
        Some(Self(store))
    }
}

fn put_word(out: &mut Vec<u8>, word: &str) {
    put_text(out, word);
}

fn put_some<T>(out: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

fn put_option(out: &mut Vec<u8>, text: Option<&str>) {
    put_some(out, text, put_text);
}

fn put_shape(out: &mut Vec<u8>, shape: &Shape) {
    put_text(out, shape.provider.as_str());
    put_option(out, shape.region.as_ref().map(Region::as_str));
    put_option(out, shape.via.as_deref());
    match &shape.kind {
        UsageKind::CapacityStarted { sku, count, resource, market } => {
            put_word(out, FactKind::CapacityStarted.as_str());
            put_option(out, sku.as_ref().map(Sku::as_str));
            put_varint(out, (*count).into());
            out.push(u8::from(resource.is_some()));
            put_word(out, market.as_str());
        }
        UsageKind::CapacityStopped { end, .. } => {
            put_word(out, FactKind::CapacityStopped.as_str());
            put_word(out, end.as_str());
        }
        UsageKind::OperationHalf { half, sku, count, market, outcome, .. } => {
            put_word(out, FactKind::OperationHalf.as_str());
            put_word(out, half.as_str());
            put_option(out, sku.as_ref().map(Sku::as_str));
            put_option(out, outcome.as_deref());
            put_varint(out, count.map_or(0, |count| u64::from(count) + 1));
            put_option(out, market.map(Market::as_str));
        }
        UsageKind::CapacityDenied { sku, count, reason } => {
            put_word(out, FactKind::CapacityDenied.as_str());
            put_option(out, sku.as_ref().map(Sku::as_str));
            put_varint(out, (*count).into());
            put_word(out, reason.as_str());
        }
        UsageKind::CapacityReserved { sku, count, reservation, .. } => {
            put_word(out, FactKind::CapacityReserved.as_str());
            put_text(out, sku.as_str());
            put_varint(out, (*count).into());
            out.push(u8::from(reservation.is_some()));
        }
        UsageKind::UsageBilled(line) => {
            put_word(out, FactKind::UsageBilled.as_str());
            put_line(out, line);
        }
        UsageKind::StatementComplete { statement } => {
            put_word(out, FactKind::StatementComplete.as_str());
            put_statement(out, statement);
        }
        UsageKind::ModelUsed { model, operation, tokens } => {
            put_word(out, FactKind::ModelUsed.as_str());
            put_text(out, model);
            put_text(out, operation);
            out.push(u8::from(tokens.is_some()));
        }
        UsageKind::Attribute { attribute, value, column } => {
            put_word(out, FactKind::Attribute.as_str());
            put_word(out, attribute.as_str());
            put_text(out, value);
            put_text(out, column);
        }
        UsageKind::Sighting { principal_class, .. } => {
            put_word(out, FactKind::Sighting.as_str());
            put_word(out, principal_class.as_str());
        }
    }
}

fn put_line(out: &mut Vec<u8>, line: &BilledLine) {
    put_option(out, line.sku.as_ref().map(Sku::as_str));
    put_option(out, line.meter.as_deref());
    put_word(out, line.unit.as_str());
    put_option(out, line.cost.as_ref().map(|cost| cost.currency.0.as_str()));
    out.push(u8::from(line.line.is_some()));
    out.push(u8::from(line.resource.is_some()));
    put_word(out, line.class.as_str());
    put_option(out, line.issuer.as_deref());
    put_option(out, line.publisher.as_deref());
    put_some(out, line.payer.as_ref(), |out, payer| {
        put_text(out, payer.provider.as_str());
        put_text(out, &payer.id);
    });
    put_some(out, line.statement.as_ref(), put_statement);
}

fn put_statement(out: &mut Vec<u8>, statement: &Statement) {
    put_text(out, &statement.export);
    put_text(out, &statement.period);
    put_varint(out, statement.version);
}

impl Reader<'_> {
    fn flag(&mut self) -> Option<bool> {
        self.byte().map(|byte| byte != 0)
    }

    fn option(&mut self) -> Option<Option<Text>> {
        if self.flag()? { self.text().map(Some) } else { Some(None) }
    }

    fn sku(&mut self) -> Option<Option<Sku>> {
        self.option().map(|sku| sku.map(Sku::new))
    }

    /// How many were asked for, one more where it is said at all.
    fn asked(&mut self) -> Option<Option<u32>> {
        self.varint()?.checked_sub(1).map(u32::try_from).transpose().ok()
    }

    fn market(&mut self) -> Option<Option<Market>> {
        match self.option()? {
            Some(word) => Market::parse(&word).map(Some),
            None => Some(None),
        }
    }

    fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        parse(&self.text()?)
    }

    fn statement(&mut self) -> Option<Statement> {
        Some(Statement { export: self.text()?, period: self.text()?, version: self.varint()? })
    }
}

fn shape(reader: &mut Reader<'_>, version: u64) -> Option<Shape> {
    let provider = Provider::new(reader.text()?);
    let region = reader.option()?.map(Region::new);
    let via = reader.option()?;
    let kind = match reader.word(FactKind::parse)? {
        FactKind::CapacityStarted => UsageKind::CapacityStarted {
            sku: reader.sku()?,
            count: reader.index()?,
            resource: reader.flag()?.then(empty),
            market: reader.word(Market::parse)?,
        },
        FactKind::CapacityStopped => {
            UsageKind::CapacityStopped { resource: empty(), end: reader.word(StopEnd::parse)? }
        }
        FactKind::OperationHalf => UsageKind::OperationHalf {
            operation: Text::default(),
            half: reader.word(Half::parse)?,
            sku: reader.sku()?,
            resources: Vec::new(),
            outcome: reader.option()?,
            count: if version > 1 { reader.asked()? } else { None },
            market: if version > 1 { reader.market()? } else { None },
        },
        FactKind::CapacityDenied => UsageKind::CapacityDenied {
            sku: reader.sku()?,
            count: reader.index()?,
            reason: reader.word(DenialReason::parse)?,
        },
        FactKind::CapacityReserved => UsageKind::CapacityReserved {
            sku: Sku::new(reader.text()?),
            count: reader.index()?,
            from: never(),
            to: never(),
            reservation: reader.flag()?.then(Text::default),
        },
        FactKind::UsageBilled => UsageKind::UsageBilled(Box::new(line(reader)?)),
        FactKind::StatementComplete => UsageKind::StatementComplete { statement: reader.statement()? },
        FactKind::ModelUsed => UsageKind::ModelUsed {
            model: reader.text()?,
            operation: reader.text()?,
            tokens: reader.flag()?.then_some(0),
        },
        FactKind::Attribute => UsageKind::Attribute {
            attribute: reader.word(Attribute::parse)?,
            value: reader.text()?,
            column: reader.text()?,
        },
        FactKind::Sighting => {
            UsageKind::Sighting { network: nowhere(), principal_class: reader.word(PrincipalClass::parse)? }
        }
        _ => return None,
    };
    Some(Shape { provider, region, via, kind })
}

fn line(reader: &mut Reader<'_>) -> Option<BilledLine> {
    let (sku, meter) = (reader.sku()?, reader.option()?);
    let unit = reader.word(BilledUnit::parse)?;
    let cost = reader.option()?.map(|currency| Money { amount: Micros(0), currency: Currency(currency) });
    let (line, resource) = (reader.flag()?.then(Text::default), reader.flag()?.then(empty));
    let class = reader.word(BilledClass::parse)?;
    let (issuer, publisher) = (reader.option()?, reader.option()?);
    let payer = match reader.flag()? {
        true => Some(AccountId { provider: Provider::new(reader.text()?), id: reader.text()? }),
        false => None,
    };
    let statement = if reader.flag()? { Some(reader.statement()?) } else { None };
    let blank = blank_line(unit, class);
    Some(BilledLine { sku, meter, cost, line, resource, issuer, publisher, payer, statement, ..blank })
}
