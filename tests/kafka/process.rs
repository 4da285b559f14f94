//! A process under test. In: a command; out: what it printed so far and how it ended, and signals to it; it is killed
//! when dropped, and when the test process dies. Refuses to know what the program does.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::leash::Leash;
use crate::wait::{PATIENCE, eventually};

pub struct Instance {
    process: Child,
    leash: Option<Leash>,
    folder: TempDir,
}

impl Instance {
    /// The tidewaiter of this build, with further environment.
    pub fn tidewaiter(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
        command.args(arguments).envs(environment.iter().copied()).current_dir(env!("CARGO_MANIFEST_DIR"));
        Self::spawn(command)
    }

    /// Any command; its output goes to files, its stdin is empty.
    pub fn spawn(mut command: Command) -> Self {
        let folder = tempfile::Builder::new().prefix("tidewaiter-instance-").tempdir().unwrap();
        command.stdin(Stdio::null());
        command.stdout(File::create(folder.path().join("out")).unwrap());
        command.stderr(File::create(folder.path().join("err")).unwrap());
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let leash = Some(Leash::on(&process, Some(folder.path())));
        Self { process, leash, folder }
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        read(&self.folder.path().join("err"))
    }

    /// What it wrote to stdout so far.
    pub fn out(&self) -> String {
        read(&self.folder.path().join("out"))
    }

    /// SIGKILL; returns once it is gone.
    pub fn kill9(&mut self) {
        // Fails only where it has ended already.
        drop(self.process.kill());
        self.process.wait().unwrap();
        self.leash = None;
    }

    /// SIGSTOP: it hangs, and its connections stay open. Returns once no thread of it runs any more.
    pub fn stop(&self) {
        signal("STOP", self.process.id());
    }

    /// SIGCONT.
    pub fn cont(&self) {
        signal("CONT", self.process.id());
    }

    /// SIGTERM, and its exit code; panics where it stays longer than `deadline` or something else ended it.
    pub fn term(&mut self, deadline: Duration) -> i32 {
        self.ask_to_end();
        let status = self.ended(deadline);
        status.code().unwrap_or_else(|| panic!("{status}:\n{}", self.log()))
    }

    /// SIGTERM without waiting.
    pub fn ask_to_end(&self) {
        signal("TERM", self.process.id());
    }

    /// SIGHUP.
    pub fn hang_up(&self) {
        signal("HUP", self.process.id());
    }

    /// How it ended; panics, with what it logged, where it is still there after `deadline`.
    pub fn ended(&mut self, deadline: Duration) -> ExitStatus {
        let start = crate::wait::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                self.leash = None;
                return status;
            }
            if start.elapsed() >= deadline {
                let state = read(Path::new(&format!("/proc/{}/status", self.process.id())));
                let state = state.lines().find(|line| line.starts_with("State")).unwrap_or_default();
                panic!("still there after {deadline:?}, {state}:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// Sends a signal; of STOP it also waits for the effect, which the kernel does not promise to be immediate.
pub fn signal(name: &str, process: u32) {
    // The shell's own `kill`: not every system has a program of that name.
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status().unwrap();
    assert!(status.success(), "kill -{name} {process}: {status}");
    if name == "STOP" {
        eventually(PATIENCE, "a stopped process", || stopped(process).then_some(()));
    }
}

/// Whether every thread of it is stopped. Only Linux tells; elsewhere it is taken for granted.
fn stopped(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return true };
    let mut states = threads.flatten().filter_map(|thread| state(&thread.path()));
    states.all(|state| state == 'T')
}

/// Whether it is there, and not only for want of somebody to bury it.
pub fn is_there(process: u32) -> bool {
    state(Path::new(&format!("/proc/{process}"))).is_some_and(|state| state != 'Z')
}

/// The letter that Linux gives a process or a thread: it follows the name, which may hold anything.
fn state(folder: &Path) -> Option<char> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}
