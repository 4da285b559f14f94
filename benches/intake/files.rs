//! The files that are read: one log as lines, as lists of records, and each of them compressed; one bill as CSV and as Parquet.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::{bills, corpus, others};

/// Records of one `{"Records":[…]}`, as CloudTrail delivers them.
const DELIVERY: u64 = 5_000;

pub struct Files {
    pub records: u64,
    /// As lines, uncompressed.
    pub bytes: u64,
    pub lines: PathBuf,
    pub lines_gz: PathBuf,
    /// Lists of records, one a line.
    pub lists: PathBuf,
    pub lists_gz: PathBuf,
    /// The lines in two files.
    pub halves: PathBuf,
    /// Settings under which every record says from where its account was used.
    pub all_sightings: PathBuf,
    /// Lines of two other clouds, each a fifth as large as the log as lines.
    pub google: PathBuf,
    pub azure: PathBuf,
    pub bill: PathBuf,
    /// How large it is, in sizes of the log as lines.
    pub bill_size: f64,
    pub bill_packed: PathBuf,
}

impl Files {
    pub fn make(megabytes: usize) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("intake-{megabytes}"));
        fs::create_dir_all(folder.join("halves")).unwrap();
        let path = |name: &str| folder.join(name);
        let open = |name: &str| BufWriter::with_capacity(1 << 20, File::create(folder.join(name)).unwrap());
        let gz = |name: &str| flate2::write::GzEncoder::new(open(name), flate2::Compression::new(6));
        let (mut lines, mut lists) = (open("log.ndjson"), open("log.json"));
        let (mut lines_gz, mut lists_gz) = (gz("log.ndjson.gz"), gz("log.json.gz"));
        let mut halves = [open("halves/a.ndjson"), open("halves/b.ndjson")];
        let (mut records, bytes) = (0, megabytes * 1_000_000);
        let mut written = 0;
        corpus::records(1, bytes, 5, &mut |record| {
            let line = format!("{record}\n");
            lines.write_all(line.as_bytes()).unwrap();
            lines_gz.write_all(line.as_bytes()).unwrap();
            halves[usize::from(written > bytes / 2)].write_all(line.as_bytes()).unwrap();
            let before = match records % DELIVERY {
                0 if records == 0 => "{\"Records\":[",
                0 => "]}\n{\"Records\":[",
                _ => ",",
            };
            for part in [before, record] {
                lists.write_all(part.as_bytes()).unwrap();
                lists_gz.write_all(part.as_bytes()).unwrap();
            }
            written += line.len();
            records += 1;
        });
        lists.write_all(b"]}\n").unwrap();
        lists_gz.write_all(b"]}\n").unwrap();
        lines.flush().unwrap();
        lists.flush().unwrap();
        lines_gz.finish().unwrap().flush().unwrap();
        lists_gz.finish().unwrap().flush().unwrap();
        halves.iter_mut().for_each(|half| half.flush().unwrap());
        bills::write(&path("bill.csv"), &path("bill.parquet"), written as u64 / 5);
        let bill = fs::metadata(path("bill.csv")).unwrap().len();
        for (name, record) in [("google.ndjson", others::google as others::Record), ("azure.ndjson", others::azure)] {
            fs::write(path(name), others::lines(record, 1, bytes / 5, 5)).unwrap();
        }
        fs::write(path("all-sightings.yaml"), "sightings: all\n").unwrap();
        Self {
            records,
            bytes: written as u64,
            lines: path("log.ndjson"),
            lines_gz: path("log.ndjson.gz"),
            lists: path("log.json"),
            lists_gz: path("log.json.gz"),
            halves: path("halves"),
            all_sightings: path("all-sightings.yaml"),
            google: path("google.ndjson"),
            azure: path("azure.ndjson"),
            bill: path("bill.csv"),
            bill_size: bill as f64 / written as f64,
            bill_packed: path("bill.parquet"),
        }
    }

    pub fn each_half(&self) -> Vec<PathBuf> {
        ["a.ndjson", "b.ndjson"].map(|name| self.halves.join(name)).to_vec()
    }
}
