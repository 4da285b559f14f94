//! Risk of subjects, one a line (docs/risk.schema.json).

use std::io::{self, Write};

use crate::model::Risk;

/// Writes risk records in the order given.
pub fn write_risk(out: &mut dyn Write, records: &[Risk]) -> io::Result<()> {
    for risk in records {
        serde_json::to_writer(&mut *out, risk)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
