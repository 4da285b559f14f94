//! Facts in, alert changes out.
