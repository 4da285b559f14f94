//! How configuration files are opened, and how what is wrong with several of them is gathered.

use std::path::Path;

use super::ConfigError;
use crate::model::Text;
use crate::written::{Place, Problems, Source};

/// Gathers errors, so that one bad file does not hide the next.
#[derive(Default)]
pub(super) struct Gathered(Vec<ConfigError>);

impl Gathered {
    pub(super) fn keep<T>(&mut self, result: Result<T, impl Into<ConfigError>>) -> Option<T> {
        result.map_err(|error| self.0.push(error.into())).ok()
    }

    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` when nothing went wrong, else everything that did.
    pub(super) fn or<T>(self, value: T) -> Result<T, ConfigError> {
        let Self(mut errors) = self;
        match errors.len() {
            0 => Ok(value),
            1 => Err(errors.remove(0)),
            _ => Err(ConfigError::Many(errors)),
        }
    }
}

pub(super) fn read_text(path: &Path) -> Result<Source, ConfigError> {
    let bytes = std::fs::read(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
    let name = Text::new(path.to_string_lossy());
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text: text.into() }),
        Err(error) => {
            let mut problems = Problems::of(&name);
            let sound = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            problems.add(end(&String::from_utf8_lossy(sound)), "not text: these bytes are no UTF-8");
            Err(problems.into())
        }
    }
}

/// The place behind a text.
fn end(text: &str) -> Place {
    let last = text.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    Place { line: number(text.matches('\n').count()), column: number(last.chars().count()) }
}
