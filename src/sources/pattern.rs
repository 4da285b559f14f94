//! Patterns such as `logs/**/*.json.gz` to the paths they match, as a shell would have expanded them.
//!
//! In: a path as written. Out: what it matches, by path, name after name in the order of bytes. `*`, `?` and `[…]` match
//! within a name, `**` any number of directories; a name that begins with a dot is matched only by a dot, and `**` follows no
//! links. It refuses to know what the files hold.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::SourceError;
use super::files::DEPTH;

const AS_SHELLS_DO: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// What a pattern stands for.
#[derive(Default)]
pub(super) struct Matched {
    /// Each once; nothing that lies under a directory which is itself among them.
    pub(super) paths: Vec<PathBuf>,
    /// A pattern that is none or matches nothing, directories that cannot be read.
    pub(super) errors: Vec<SourceError>,
}

/// What a path matches; `None` where it is no pattern: nothing in it says so, or something of that very name is there.
pub(super) fn expand(path: &Path) -> Option<Matched> {
    let is_pattern = path.to_str().is_some_and(|text| text.contains(['*', '?', '[']));
    if !is_pattern || fs::symlink_metadata(path).is_ok() {
        return None;
    }
    let mut matched = Matched::default();
    match parts(path) {
        Ok(parts) => matched.below(Path::new(""), &parts, DEPTH),
        Err(error) => matched.wrong(path, io::Error::new(ErrorKind::InvalidInput, error)),
    }
    if matched.paths.is_empty() && matched.errors.is_empty() {
        matched.wrong(path, io::Error::new(ErrorKind::NotFound, "no file matches"));
    }
    matched.once();
    Some(matched)
}

enum Part {
    /// This name.
    Plain(OsString),
    /// Every name like this.
    Like(Pattern),
    /// `**`: this directory, and every one below it.
    Below,
}

fn parts(path: &Path) -> Result<Vec<Part>, String> {
    let part = |name: &OsStr| match name.to_str() {
        Some("**") => Ok(Part::Below),
        Some(text) if text.contains(['*', '?', '[']) => match Pattern::new(text) {
            Ok(pattern) => Ok(Part::Like(pattern)),
            Err(error) => Err(format!("no pattern: {} in {text:?} at character {}", error.msg, error.pos + 1)),
        },
        _ => Ok(Part::Plain(name.to_owned())),
    };
    path.components().map(|component| part(component.as_os_str())).collect()
}

impl Matched {
    /// What matches `parts` under a directory; `depth`: how many more directories `**` may stand for.
    fn below(&mut self, directory: &Path, parts: &[Part], depth: usize) {
        let Some((first, rest)) = parts.split_first() else { return self.paths.push(directory.to_owned()) };
        match first {
            Part::Plain(name) => self.found(directory.join(name), rest, depth),
            Part::Like(pattern) => {
                for path in self.inside(directory) {
                    let name = path.file_name().and_then(OsStr::to_str);
                    if name.is_some_and(|name| pattern.matches_with(name, AS_SHELLS_DO)) {
                        self.found(path, rest, depth);
                    }
                }
            }
            Part::Below => {
                self.below(directory, rest, depth);
                let inner = self.inside(directory).into_iter().filter(|path| is_visible(path) && is_directory(path));
                for path in inner {
                    match depth.checked_sub(1) {
                        Some(depth) => self.below(&path, parts, depth),
                        None => self.wrong(&path, io::Error::other("too many directories deep")),
                    }
                }
            }
        }
    }

    fn found(&mut self, path: PathBuf, rest: &[Part], depth: usize) {
        match rest {
            [] if fs::symlink_metadata(&path).is_ok() => self.paths.push(path),
            [] => {}
            rest => self.below(&path, rest, depth),
        }
    }

    /// What is in a directory; nothing where there is none.
    fn inside(&mut self, directory: &Path) -> Vec<PathBuf> {
        let named = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        match fs::read_dir(named).and_then(|found| found.map(|entry| Ok(directory.join(entry?.file_name()))).collect())
        {
            Ok(inside) => inside,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Vec::new(),
            Err(error) => {
                self.wrong(directory, error);
                Vec::new()
            }
        }
    }

    fn wrong(&mut self, path: &Path, error: io::Error) {
        self.errors.push(SourceError { path: path.to_owned(), error });
    }

    /// In order, and each once: what lies under a directory comes right behind it.
    fn once(&mut self) {
        self.paths.sort();
        self.paths.dedup();
        let mut within: Option<PathBuf> = None;
        self.paths.retain(|path| {
            if within.as_ref().is_some_and(|directory| path.starts_with(directory)) {
                return false;
            }
            within = path.is_dir().then(|| path.clone());
            true
        });
    }
}

fn is_visible(path: &Path) -> bool {
    path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."))
}

/// One of its own: a link to a directory could lead back to where it lies.
fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"{}").unwrap();
        }
        dir
    }

    /// What a pattern under a directory matches, or what is wrong.
    fn matched(dir: &tempfile::TempDir, pattern: &str) -> Result<String, String> {
        let short = |path: &Path| path.strip_prefix(dir.path()).unwrap().to_string_lossy().into_owned();
        let Some(found) = expand(&dir.path().join(pattern)) else { return Err("no pattern".into()) };
        match found.errors.first() {
            Some(wrong) => Err(format!("{}: {}", short(&wrong.path), wrong.error)),
            None => Ok(found.paths.iter().map(|path| short(path)).collect::<Vec<_>>().join(" ")),
        }
    }

    #[test]
    fn a_pattern_matches_what_a_shell_would_in_the_order_of_listing() {
        let dir = tree(&["b.gz", "a/z.gz", "a/b/c/d.gz", "a/b.gz", "a/b/note.txt", "a-b/1.gz", "a/.c.gz", ".d/e.gz"]);
        for (pattern, paths) in [
            ("*.gz", "b.gz"),
            ("a/*.gz", "a/b.gz a/z.gz"),
            ("?/*", "a/b a/b.gz a/z.gz"),
            ("**/*.gz", "a/b/c/d.gz a/b.gz a/z.gz a-b/1.gz b.gz"),
            ("**/**/*.gz", "a/b/c/d.gz a/b.gz a/z.gz a-b/1.gz b.gz"),
            ("a/**/[c-d]*", "a/b/c"),
            ("a*/[!z]*.gz", "a/b.gz a-b/1.gz"),
            ("a/**", "a"),
            ("a/.*", "a/.c.gz"),
            ("*/b/note.txt", "a/b/note.txt"),
        ] {
            assert_eq!(matched(&dir, pattern).as_deref(), Ok(paths), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_or_is_none_is_told() {
        let dir = tree(&["a.json", "[x].json"]);
        for (pattern, wrong) in [
            ("*.gz", "*.gz: no file matches"),
            ("none/**/*.gz", "none/**/*.gz: no file matches"),
            ("a.json/*", "a.json/*: no file matches"),
            ("a***", "a***: no pattern: wildcards are either regular `*` or recursive `**` in \"a***\" at character 4"),
            ("[a", "[a: no pattern: invalid range pattern in \"[a\" at character 1"),
            ("[x].json", "no pattern"),
            ("a.json", "no pattern"),
        ] {
            assert_eq!(matched(&dir, pattern).as_ref().map_err(|wrong| wrong.as_str()), Err(wrong), "{pattern}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_are_not_followed_and_loops_are_told() {
        let dir = tree(&["a/b.gz"]);
        std::os::unix::fs::symlink("..", dir.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink("loop", dir.path().join("loop")).unwrap();
        assert_eq!(matched(&dir, "**/*.gz").as_deref(), Ok("a/b.gz"));
        assert_eq!(matched(&dir, "a/*/a/*.gz").as_deref(), Ok("a/up/a/b.gz"), "a link that is named is followed");
        assert!(matched(&dir, "loop/*").unwrap_err().starts_with("loop: Too many levels of symbolic links"));
    }
}
