//! Files and streams to bytes.
//!
//! In: what the command line names. Out: readers, decompressed within limits, each with the name positions will carry.
//! It refuses to know what the bytes mean.

mod capped;
mod cuts;
mod files;
mod followed;
mod pattern;
mod tarred;
mod zipped;

pub use capped::Caps;
pub use cuts::{Cuts, PartReader};
pub use files::{Entry, Listing, Opened, Skipped, SourceError, list};
pub use followed::{Followed, Line, Look};
