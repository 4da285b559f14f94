//! Files and streams to bytes.
