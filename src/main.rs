//! The `tidewaiter` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidewaiter::cli::run()
}
