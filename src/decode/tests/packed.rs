//! Records that are packed within records.

use super::*;

/// Gzip in base64, as CloudWatch Logs packs what it sends on.
fn packed(text: &[u8]) -> String {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packer, text).unwrap();
    base64(&packer.finish().unwrap())
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let letter = |at: usize| char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]);
        out.extend((0..4).map(|at| if at <= three.len() { letter(at) } else { '=' }));
    }
    out
}

#[test]
fn packed_envelopes_are_opened_within_bounds_and_broken_ones_are_told() {
    let logs = |message: &str| {
        format!(
            r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"message":{message}}},{{"message":{}}}]}}"#,
            quoted(IDLE)
        )
    };
    let lambda = |data: &str| format!(r#"{{"awslogs":{{"data":"{data}"}}}}"#);
    let stop = packed(logs(&quoted(STOP)).as_bytes());
    check(&lambda(&stop), "+.");
    check(&format!("{AUDIT}\n{}\n{AUDIT}\n", lambda(&stop)), ".+..");
    check(&format!(r#"{{"Records":[{{"kinesis":{{"data":"{stop}"}}}},{{"kinesis":{{"data":"{stop}"}}}}]}}"#), "+.+.");
    check(&format!(r#"{{"records":[{{"recordId":"1","data":"{stop}"}}]}}"#), "+.");
    let control = r#"{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}"#;
    check(&lambda(&packed(control.as_bytes())), ".");
    for (data, fate) in [
        ("H4sI?".to_owned(), "<unreadable>"),
        ("H4sIAAAA".to_owned(), "<truncated>"),
        (stop[..stop.len() - 8].to_owned(), "<truncated>"),
        ("H4sI/////////////////////w==".to_owned(), "<unreadable>"),
        ("nothing".to_owned(), "<unrecognised>"),
        (packed(&vec![b' '; 40 << 20]), "<too_large>"),
        (packed(b"plain words"), "<malformed_json>"),
        (packed(lambda(&packed(lambda(&stop).as_bytes())).as_bytes()), "<too_deep>"),
    ] {
        check(&format!("STOP\n{}\nSTOP\n", lambda(&data)), &format!("+{fate}+"));
    }
}

#[test]
fn what_is_packed_is_cut_into_records_and_shares_one_room() {
    let settings = Settings { limits: Limits { record_bytes: 2_000, ..Limits::default() }, ..Settings::default() };
    let read = |text: &str| fates(&with(&settings, &mut text.as_bytes()));
    let data = |text: &str| format!(r#"{{"data":"{}"}}"#, packed(text.as_bytes()));
    // Larger than a record, and smaller than all that may come of one.
    let logs = format!(r#"{{"logEvents":[{}]}}"#, vec![format!(r#"{{"message":{}}}"#, quoted(STOP)); 30].join(","));
    assert!(logs.len() > 2_000 && logs.len() < 16_000, "{}", logs.len());
    assert_eq!(read(&data(&logs)), "+".repeat(30));
    // Each of them fits, all of them do not.
    let blank = data(&" ".repeat(7_000));
    let many = format!(r#"{{"Records":[{}]}}"#, [blank.as_str(); 4].join(","));
    assert_eq!(read(&data(&many)), "..<too_large><too_large>");
    assert_eq!(read(&format!("{blank}\n{blank}\n{blank}\n")), "...");
}
