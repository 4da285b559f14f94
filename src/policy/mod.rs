//! Rules as written and as meant.
