//! A leash: ends another process when this one is gone, even if it was killed with SIGKILL and could not clean up. In:
//! a process and what to remove after it; knows nothing of what the process does.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A shell that waits for its stdin to close, which happens when whoever holds the other end ends, however it ends.
pub struct Leash(Child);

const SCRIPT: &str = r#"read -r _; kill -9 "$1" 2>/dev/null; [ -z "$2" ] || { sleep 1; rm -rf "$2"; }"#;

impl Leash {
    /// Once this process is gone, kills that one, and removes the folder where one is named.
    pub fn on(process: &Child, then_remove: Option<&Path>) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "leash", &process.id().to_string()]).arg(then_remove.unwrap_or(Path::new("")));
        // Its own group, so that Ctrl-C does not take the leash before what it holds.
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        Self(shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Leash {
    /// Lets go: the process has ended, and its number may soon be another's.
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
