//! Where in a file each character of a YAML scalar stands.
//!
//! In: the file's text and the scalar's node. Out: line and column of any character of its value, through indentation,
//! folding, quotes and escapes. It refuses to read YAML again: it walks both texts side by side.

use crate::written::{Place, Shape};

/// The places of a scalar's characters.
pub(super) struct Places {
    places: Vec<Place>,
    end: Place,
}

struct Raw<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    at: Place,
}

impl<'a> Raw<'a> {
    /// The text from a place on; nothing when the text has no such place.
    fn from(text: &'a str, at: Place) -> Self {
        let mut raw = Self { chars: text.chars().peekable(), at: Place { line: 1, column: 1 } };
        while raw.at < at && raw.next().is_some() {}
        raw
    }

    fn next(&mut self) -> Option<char> {
        let next = self.chars.next()?;
        if next == '\n' {
            self.at = Place { line: self.at.line.saturating_add(1), column: 1 };
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(next)
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().copied()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }
}

impl Places {
    /// Of a scalar that begins at `at`.
    pub(super) fn of(file: &str, at: Place, shape: &Shape) -> Self {
        let Shape::Scalar { text, plain, block } = shape else { return Self { places: Vec::new(), end: at } };
        let mut raw = Raw::from(file, at);
        let quote = if *plain || *block { None } else { raw.next() };
        let places = text.chars().map(|value| step(&mut raw, value, quote)).collect();
        Self { places, end: raw.at }
    }

    /// Of the character at this index; of the end when there is none.
    pub(super) fn at(&self, index: usize) -> Place {
        self.places.get(index).copied().unwrap_or(self.end)
    }
}

/// The place of the next character of the value; blanks stand where the file has any, as folding changes them.
fn step(raw: &mut Raw<'_>, value: char, quote: Option<char>) -> Place {
    if value.is_whitespace() {
        let at = raw.at;
        match raw.peek() {
            Some(next) if next == value => raw.skip(1),
            Some('\\') if quote == Some('"') => escape(raw),
            _ => {}
        }
        return at;
    }
    loop {
        let at = raw.at;
        match raw.peek() {
            None => return at,
            Some('\\') if quote == Some('"') => {
                raw.skip(1);
                match raw.peek() {
                    Some('\n' | '\r') => raw.skip(1),
                    _ => {
                        code(raw);
                        return at;
                    }
                }
            }
            Some('\'') if quote == Some('\'') => {
                raw.skip(2);
                return at;
            }
            Some(next) if next == value => {
                raw.skip(1);
                return at;
            }
            Some(_) => raw.skip(1),
        }
    }
}

fn escape(raw: &mut Raw<'_>) {
    raw.skip(1);
    code(raw);
}

/// The letter after a backslash and the digits that belong to it.
fn code(raw: &mut Raw<'_>) {
    let digits = match raw.next() {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => 0,
    };
    raw.skip(digits);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::{Problems, Source, parse};

    /// Line and column of `@` in the value of `a`.
    fn place_of_mark(text: &str) -> (u32, u32) {
        let mut problems = Problems::of("a.yaml");
        let node = parse(&Source { name: "a.yaml".into(), text: text.to_owned().into() }, &mut problems).unwrap();
        let mut fields = node.fields("it", &mut problems).unwrap();
        let node = fields.required("a", &mut problems).unwrap();
        let value = node.text("a", &mut problems).unwrap();
        let index = value.chars().position(|c| c == '@').unwrap();
        let place = Places::of(text, node.place, &node.shape).at(index);
        (place.line, place.column)
    }

    #[test]
    fn plain_text_on_one_line_and_on_several() {
        assert_eq!(place_of_mark("a: x @\n"), (1, 6));
        assert_eq!(place_of_mark("b: 1\na:\n  x &&\n  y @\n"), (4, 5));
        assert_eq!(place_of_mark("a: é日 @\n"), (1, 7));
    }

    #[test]
    fn quoted_text_with_escapes() {
        assert_eq!(place_of_mark("a: 'it''s @'\n"), (1, 11));
        assert_eq!(place_of_mark("a: \"q\\\"q\\u0041 \\t@\"\n"), (1, 18));
        assert_eq!(place_of_mark("a: \"x\n   y @\"\n"), (2, 6));
    }

    #[test]
    fn literal_and_folded_blocks() {
        assert_eq!(place_of_mark("a: |\n  x &&\n    y @\n"), (3, 7));
        assert_eq!(place_of_mark("a: >-\n\n  x &&\n  y\n\n  z @\n"), (6, 5));
    }

    #[test]
    fn lines_that_end_in_carriage_returns() {
        assert_eq!(place_of_mark("a: |\r\n  x &&\r\n  y @\r\n"), (3, 5));
    }
}
