//! Where output goes: stdout, stderr, files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A path that was asked for and cannot be written: bad usage, told before anything is read.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {error}", path = .path.display())]
pub(super) struct Unwritable {
    path: PathBuf,
    error: io::Error,
}

/// A file, or stdout for `-`.
pub(super) fn open(path: &Path) -> Result<Box<dyn Write>, Unwritable> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(io::stdout().lock())));
    }
    match File::create(path) {
        Ok(file) => Ok(Box::new(BufWriter::new(file))),
        Err(error) => Err(Unwritable { path: path.to_owned(), error }),
    }
}

/// The same where it was asked for.
pub(super) fn open_asked(path: Option<&PathBuf>) -> Result<Option<Box<dyn Write>>, Unwritable> {
    path.map(|path| open(path)).transpose()
}

/// To stdout.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// To stderr, a line each; a closed stderr is nobody to tell.
pub(super) fn complain(text: &str) {
    let mut out = io::stderr().lock();
    let _ = text.lines().try_for_each(|line| writeln!(out, "tidewaiter: {line}"));
}

/// To stderr as it stands: problems begin with their file and place, so that editors find it.
pub(super) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether somebody downstream stopped reading (`tidewaiter … | head`).
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
