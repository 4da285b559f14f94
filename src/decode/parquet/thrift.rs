//! The compact protocol Parquet's headers are written in, walked over without keeping anything.
//!
//! In: bytes, and what a struct's known fields are. Out: the whole numbers and the lists that were asked about, as they stand.
//! It refuses to know what they mean. A field of another type than it should have is refused: who reads after us might take
//! other bytes for it than we passed over.

/// Why bytes were not walked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// They end too early.
    Short,
    /// They are not what they should be.
    Broken(&'static str),
}

type Walked<T> = Result<T, Fault>;

/// Types as they are written; `true` is a value and a type at once.
pub(super) const BOOL: u8 = 1;
const FALSE: u8 = 2;
pub(super) const BYTE: u8 = 3;
const I16: u8 = 4;
pub(super) const I32: u8 = 5;
pub(super) const I64: u8 = 6;
const DOUBLE: u8 = 7;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// Known fields of a struct: number, type, and of a struct its own.
pub(super) type Shape = &'static [(i16, u8, Option<&'static Fields>)];

/// A shape that may be named by another.
pub(super) struct Fields(pub(super) Shape);

/// How deep values nest: far more than any header, far less than a stack.
const DEPTH: usize = 32;

/// A place in bytes.
pub(super) struct Walk<'b> {
    bytes: &'b [u8],
}

impl<'b> Walk<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    fn byte(&mut self) -> Walked<u8> {
        let (first, rest) = self.bytes.split_first().ok_or(Fault::Short)?;
        self.bytes = rest;
        Ok(*first)
    }

    fn pass(&mut self, count: u64) -> Walked<()> {
        let count = usize::try_from(count).map_err(|_| Fault::Short)?;
        self.bytes = self.bytes.get(count..).ok_or(Fault::Short)?;
        Ok(())
    }

    fn number(&mut self) -> Walked<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Fault::Broken("a number of more than 64 bits"))
    }

    /// A whole number with its sign.
    pub(super) fn signed(&mut self) -> Walked<i64> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// The next field's number and type; none behind the last. `last` is the number before.
    pub(super) fn field(&mut self, last: i16) -> Walked<Option<(i16, u8)>> {
        let head = self.byte()?;
        let (delta, kind) = (head >> 4, head & 0xf);
        if kind == 0 {
            return Ok(None);
        }
        let number = match delta {
            0 => i16::try_from(self.signed()?).ok(),
            _ => last.checked_add(i16::from(delta)),
        };
        Ok(Some((number.ok_or(Fault::Broken("a field's number beyond all"))?, kind)))
    }

    /// How many elements a list has, and of which type: no more than bytes that are left.
    pub(super) fn list(&mut self) -> Walked<(u64, u8)> {
        let head = self.byte()?;
        let (count, kind) = (head >> 4, head & 0xf);
        let count = if count == 15 { self.number()? } else { u64::from(count) };
        self.elements(count, kind)
    }

    fn elements(&self, count: u64, kind: u8) -> Walked<(u64, u8)> {
        match kind {
            // No header holds a list of them, and readers differ in what one takes.
            BOOL | FALSE => Err(Fault::Broken("a list of truths")),
            _ if count > self.bytes.len() as u64 => Err(Fault::Short),
            _ => Ok((count, kind)),
        }
    }

    /// Passes over a value of this type.
    pub(super) fn skip(&mut self, kind: u8) -> Walked<()> {
        self.skip_within(kind, DEPTH)
    }

    fn skip_within(&mut self, kind: u8, depth: usize) -> Walked<()> {
        let depth = depth.checked_sub(1).ok_or(Fault::Broken("values that nest too deep"))?;
        match kind {
            BOOL | FALSE => Ok(()),
            BYTE => self.pass(1),
            I16 | I32 | I64 => self.number().map(drop),
            DOUBLE => self.pass(8),
            UUID => self.pass(16),
            BINARY => {
                let length = self.number()?;
                self.pass(length)
            }
            LIST | SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_within(kind, depth))
            }
            MAP => {
                let count = self.number()?;
                if count == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                let (count, key) = self.elements(count, kinds >> 4)?;
                let (_, value) = self.elements(count, kinds & 0xf)?;
                (0..count).try_for_each(|_| {
                    self.skip_within(key, depth)?;
                    self.skip_within(value, depth)
                })
            }
            STRUCT => {
                while let Some((_, kind)) = self.field(0)? {
                    self.skip_within(kind, depth)?;
                }
                Ok(())
            }
            _ => Err(Fault::Broken("a value of no type")),
        }
    }

    /// Passes over a struct of this shape, and tells its own whole numbers.
    pub(super) fn shaped(&mut self, shape: Shape, told: &mut dyn FnMut(i16, i64)) -> Walked<()> {
        let mut last = 0;
        while let Some((number, kind)) = self.field(last)? {
            last = number;
            let Some((_, known, inner)) = shape.iter().find(|(known, ..)| *known == number) else {
                self.skip(kind)?;
                continue;
            };
            if *known != kind && (*known, kind) != (BOOL, FALSE) {
                return Err(Fault::Broken("a field of another type than it should have"));
            }
            match (kind, inner) {
                (I32 | I64, _) => told(number, self.signed()?),
                (STRUCT, Some(inner)) => self.shaped(inner.0, &mut |_, _| {})?,
                _ => self.skip(kind)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_and_those_of_another_type_refused() {
        let shape: Shape = &[(1, I32, None), (3, BOOL, None)];
        let walk = |bytes: &[u8]| {
            let mut told = Vec::new();
            Walk::new(bytes).shaped(shape, &mut |number, value| told.push((number, value))).map(|()| told)
        };
        assert_eq!(walk(&[0x15, 0x03, 0x22, 0x00]), Ok(vec![(1, -2)]));
        assert_eq!(walk(&[0x15, 0x03, 0x22]), Err(Fault::Short));
        assert!(matches!(walk(&[0x18, 0x01, 0x00, 0x00]), Err(Fault::Broken(_))));
        // A list says more elements than there are bytes.
        assert_eq!(walk(&[0x29, 0xf5, 0xff, 0xff, 0x03, 0x00]), Err(Fault::Short));
        let deep = [0x1c].repeat(5_000);
        assert!(matches!(walk(&[&[0x2c], &*deep].concat()), Err(Fault::Broken(_))));
    }
}
