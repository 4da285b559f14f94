//! How fast recorded files are read, beside programs everybody has: ratios in one run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    unreachable_pub,
    missing_docs,
    reason = "a bench measures time, prints, and may stop at anything unexpected"
)]

mod corpus;

fn main() {
    let path = std::env::args().skip(1).find(|word| word != "--bench").expect("a path for the corpus");
    let mut out = Vec::new();
    let count = corpus::records(1, 1_000_000_000, 5, &mut |record| {
        out.extend_from_slice(record.as_bytes());
        out.push(b'\n');
    });
    std::fs::write(&path, out).unwrap();
    println!("{count} records");
}
