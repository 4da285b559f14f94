//! Records that are packed within a record: gzip in base64, as CloudWatch Logs hands its subscribers what was logged.
//!
//! In: gzip, and how much may come of it. Out: text. A small record must not become an endless one.

use std::io::{ErrorKind, Read};

use super::Reason;

/// How many times the greatest record may come of all that one holds.
pub(super) const TIMES: usize = 8;
/// Packed within packed, at most.
pub(super) const LAYERS: usize = 2;

/// Whether bytes begin as gzip does.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The text in gzip, if there is `room` for it, which it takes; what cannot be read takes it too.
pub(super) fn unpack(gzip: &[u8], room: &mut usize) -> Result<String, Reason> {
    let (mut bytes, most) = (Vec::new(), *room);
    let mut unpacked = flate2::bufread::MultiGzDecoder::new(gzip).take((most as u64).saturating_add(1));
    let read = unpacked.read_to_end(&mut bytes);
    *room = most.saturating_sub(bytes.len());
    read.map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Reason::new("truncated", "gzip within a record ends before its end"),
        _ => Reason::new("unreadable", format!("gzip within a record: {error}")),
    })?;
    if bytes.len() > most {
        return Err(Reason::new(
            "too_large",
            format!("what is packed within a record has more than the {most} bytes that are left of its room"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| Reason::new("malformed_json", error.utf8_error().to_string()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_read_up_to_a_bound_and_else_told_by_name() {
        let mut room = 5;
        assert_eq!(unpack(&packed(b"abc"), &mut room).as_deref(), Ok("abc"));
        assert_eq!(unpack(&packed(b"abc"), &mut room).unwrap_err().code, "too_large");
        assert_eq!(room, 0);
        let code = |gzip: &[u8], mut most| unpack(gzip, &mut most).unwrap_err().code.to_string();
        assert_eq!(code(&packed(b"abc"), 2), "too_large");
        assert_eq!(code(&packed(&[0; 1 << 20]), 1 << 10), "too_large");
        assert_eq!(code(&packed(b"abc")[..15], 9), "truncated");
        assert_eq!(code(b"\x1f\x8b\x08\xff and so on", 9), "unreadable");
        assert_eq!(code(&packed(b"\xff"), 9), "malformed_json");
    }
}
