//! Raw bytes to facts and faults.
