//! A disk that can be full. In: a folder; out: a small file system mounted there, filled and emptied on demand; it is gone
//! when dropped. Only root may mount: elsewhere it is told, and the disk is never full.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Disk {
    folder: PathBuf,
    mounted: bool,
}

impl Disk {
    /// Of two mebibytes.
    pub fn at(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
        let mounted = mount.status().is_ok_and(|status| status.success());
        if !mounted {
            println!("SKIPPED full disk: no right to mount a small one here");
        }
        Self { folder: folder.to_owned(), mounted }
    }

    /// Leaves no room; says whether there was any to take.
    pub fn fill(&self) -> bool {
        self.mounted && {
            let mut file = File::options().create(true).append(true).open(self.filler()).unwrap();
            while file.write_all(&[0; 4_096]).is_ok() {}
            true
        }
    }

    /// Room again.
    pub fn empty(&self) {
        // There may be nothing to remove.
        drop(fs::remove_file(self.filler()));
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            // Whoever has a file open there keeps it; the name is free at once.
            drop(Command::new("umount").arg("-l").arg(&self.folder).status());
        }
    }
}
