//! Raw bytes to facts and faults.
//!
//! In: bytes as a provider, a shipper or an exporter wrote them, and how much is kept and read of them. Out: for every
//! record exactly one [`Item`]: facts, irrelevant, or rejected with a reason. It refuses to know files, sockets and
//! clocks, what a SKU is made of, and whose an account is: nothing it says can change with configuration later.
//!
//! The way of a record: [`stream`] cuts the input into records (`split`), an envelope is opened (`envelope`), the
//! decoders are asked in turn (`decoders`), and what none of them knows is named as far as it can be (`unsupported`).
//! A key that stands twice in an object means its last value. A later sift may stand between cutting and parsing.

mod aws;
mod azure;
mod context;
mod decoders;
mod focus;
mod mangled;
mod native;
mod oci;
mod outcome;
mod settings;

pub use outcome::{Item, Outcome, Reason};
pub use settings::{Limits, PrincipalPolicy, Settings, Sightings};

pub(crate) use context::Context;
pub(crate) use decoders::{CsvDecoder, Row};

use std::io::BufRead;

use crate::model::Text;

/// Reads `input` to its end and hands over one [`Item`] a record, in order, counted from 1.
///
/// Never fails: what cannot be read, the rest of a broken input included, is an item that is rejected.
pub fn stream(_source: &Text, _input: &mut dyn BufRead, _settings: &Settings, _emit: &mut dyn FnMut(Item)) {}
