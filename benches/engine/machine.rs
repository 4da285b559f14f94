//! What the machine is, and what this process has of it.

use std::time::Duration;

/// Time in which this process could have run and had no core.
pub fn waited() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0))
}

/// Bytes in memory now.
pub fn resident() -> f64 {
    kilobytes("/proc/self/status", "VmRSS:") * 1_024.0
}

/// Bytes in memory at most so far.
pub fn most_resident() -> f64 {
    kilobytes("/proc/self/status", "VmHWM:") * 1_024.0
}

fn kilobytes(file: &str, name: &str) -> f64 {
    let line = line(file, name).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(f64::NAN)
}

/// What stands after a name.
fn line(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
}

/// Cores, processor, memory and compiler.
pub fn told() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let model = line("/proc/cpuinfo", "model name").unwrap_or_default();
    let model = model.trim_start_matches([':', ' ']);
    let family = |name| line("/proc/cpuinfo", name).unwrap_or_default().trim_start_matches([':', ' ', '\t']).to_owned();
    let (family, number) = (family("cpu family"), family("model\t"));
    let memory = kilobytes("/proc/meminfo", "MemTotal:") / 1_048_576.0;
    let rustc = std::process::Command::new("rustc").arg("-V").output().ok();
    let rustc = rustc.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let processor = format!("{model} (family {family}, model {number})");
    format!("{cores} cores of {processor}, {memory:.0} GiB of memory, {}", rustc.trim())
}
