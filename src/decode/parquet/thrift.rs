//! The compact protocol Parquet's headers are written in, walked over without keeping anything.
//!
//! In: bytes, and what the known fields of a struct are. Out: the whole numbers and the lists that were asked about, as they stand.
//! It refuses to know what they mean. A known field of another type than it should have, and a list of other elements, is refused: who
//! reads after us goes by the numbers of fields, and might take other bytes for one than we passed over. Of fields that are not known
//! both go by the type that is written.

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
const BOOL: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// What a field should be.
#[derive(Clone, Copy)]
pub(super) enum Is {
    Truth,
    Byte,
    Short,
    Whole,
    Long,
    Fraction,
    Bytes,
    List(&'static Is),
    Struct(Fields),
}

/// Known fields of a struct, by number.
pub(super) type Fields = &'static [(i16, Is)];

impl Is {
    fn kind(self) -> u8 {
        match self {
            Self::Truth => BOOL,
            Self::Byte => BYTE,
            Self::Short => I16,
            Self::Whole => I32,
            Self::Long => I64,
            Self::Fraction => DOUBLE,
            Self::Bytes => BINARY,
            Self::List(_) => LIST,
            Self::Struct(_) => STRUCT,
        }
    }

    /// Whether what is written as this type may be it: whole numbers are written alike, whatever they are called.
    fn may_be(self, kind: u8) -> bool {
        let is_number = |kind| matches!(kind, I16 | I32 | I64);
        self.kind() == kind || (self.kind(), kind) == (BOOL, FALSE) || is_number(self.kind()) && is_number(kind)
    }
}

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

    /// Passes over a struct of these fields, and tells its own whole numbers.
    pub(super) fn fields(&mut self, known: Fields, told: &mut dyn FnMut(i16, i64)) -> Walked<()> {
        let mut last = 0;
        while let Some((number, kind)) = self.field(last)? {
            if number <= last {
                return Err(Fault::Broken("fields that are not in order"));
            }
            last = number;
            let Some((_, is)) = known.iter().find(|(known, _)| *known == number) else {
                self.skip(kind)?;
                continue;
            };
            if !is.may_be(kind) {
                return Err(Fault::Broken("a field of another type than it should have"));
            }
            match is {
                Is::Whole | Is::Long => {
                    let value = self.signed()?;
                    // Who reads after us keeps the low 32 bits only.
                    if matches!(is, Is::Whole) && i32::try_from(value).is_err() {
                        return Err(Fault::Broken("a number of more than 32 bits"));
                    }
                    told(number, value);
                }
                is => self.value(*is, kind)?,
            }
        }
        Ok(())
    }

    /// Passes over what is written as this type, and should be this.
    pub(super) fn value(&mut self, is: Is, kind: u8) -> Walked<()> {
        match is {
            _ if !is.may_be(kind) => Err(Fault::Broken("a value of another type than it should have")),
            Is::Struct(fields) => self.fields(fields, &mut |_, _| {}),
            Is::List(of) => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.value(*of, kind))
            }
            _ => self.skip(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_and_those_of_another_type_refused() {
        let known: Fields = &[(1, Is::Whole), (3, Is::Truth), (4, Is::List(&Is::Bytes)), (5, Is::Struct(&[]))];
        let walk = |bytes: &[u8]| {
            let mut told = Vec::new();
            Walk::new(bytes).fields(known, &mut |number, value| told.push((number, value))).map(|()| told)
        };
        assert_eq!(walk(&[0x15, 0x03, 0x22, 0x00]), Ok(vec![(1, -2)]));
        assert_eq!(walk(&[0x15, 0x03, 0x22]), Err(Fault::Short));
        assert!(matches!(walk(&[0x18, 0x01, 0x00, 0x00]), Err(Fault::Broken(_))));
        let of_bytes = [0x49, 0x28, 0x01, b'a', 0x00, 0x00];
        assert_eq!(walk(&of_bytes), Ok(Vec::new()));
        assert!(matches!(walk(&[0x49, 0x25, 0x01, 0x01, 0x00]), Err(Fault::Broken(_))), "a list of others");
        assert!(matches!(walk(&[0x51, 0x00]), Err(Fault::Broken(_))), "a truth that should be a struct");
        assert!(matches!(walk(&[0x15, 0x02, 0x05, 0x02, 0x04, 0x00]), Err(Fault::Broken(_))), "a field told twice");
        // -2^33 + 2^31 - 1, of which the low 32 bits are 2^31 - 1.
        assert!(matches!(walk(&[0x15, 0x81, 0x80, 0x80, 0x80, 0x30, 0x00]), Err(Fault::Broken(_))), "a wide number");
        // A list says more elements than there are bytes.
        assert_eq!(walk(&[0x29, 0xf5, 0xff, 0xff, 0x03, 0x00]), Err(Fault::Short));
        let deep = [0x1c].repeat(5_000);
        assert!(matches!(walk(&[&[0x2c], &*deep].concat()), Err(Fault::Broken(_))));
    }
}
