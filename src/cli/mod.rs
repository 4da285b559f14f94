//! The command line: reads arguments, calls the rooms below, prints.
//!
//! In: arguments. Out: text on stdout, messages on stderr, an exit code: 0 fine, 1 a check or test fell short, 2 bad
//! usage or configuration (an output that cannot be written too), 3 input unreadable.

mod check;
mod classify;
mod decode;
mod explain;
mod output;
mod replay;
mod run;
mod screen;
mod summary;
mod test;
mod today;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ConfigError;

/// Which controlled accelerators every account runs, who stands behind it, and from where it is used.
#[derive(Debug, Parser)]
#[command(name = "tidewaiter", version, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read recorded files (or a case folder) and print the alerts they make.
    Replay(replay::Arguments),
    /// Run replay cases (folders with a case.yaml) and the cases inside rule files.
    Test(test::Arguments),
    /// Load everything a configuration names and tell every problem at once.
    Check(check::Arguments),
    /// Print the facts found in files, one native record a line.
    Decode(decode::Arguments),
    /// Read Kafka topics and publish alerts until told to stop.
    Run(run::Arguments),
    /// Say who stands behind an account, by recorded files.
    Explain(explain::Arguments),
    /// Say what a SKU or chip is and how it is controlled on a day.
    Classify(classify::Arguments),
    /// Say which list entries a name names or resembles, or how much the names of pairs do.
    Screen(screen::Arguments),
}

/// How a command ended when nothing unforeseen happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Fine,
    FellShort,
    BadUsage,
    Unreadable,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Fine => 0,
            End::FellShort => 1,
            End::BadUsage => 2,
            End::Unreadable => 3,
        })
    }
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Classify(arguments) => classify::run(&arguments),
        Command::Screen(arguments) => screen::run(&arguments),
    };
    match ended {
        Ok(end) => end.into(),
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<ConfigError>() => {
            output::tell(&error.to_string());
            End::BadUsage.into()
        }
        Err(error) => {
            output::complain(&format!("{error:#}"));
            if error.is::<output::Unwritable>() { End::BadUsage.into() } else { End::Unreadable.into() }
        }
    }
}
