//! `replicascope`: scenarios without a browser. `replicascope help` says what there is.
//!
//! `args` reads the command line, `files` reads and writes scenarios, one module per command does the rest. What a command
//! finds out goes to standard output, what it has to say about itself to standard error.

mod args;
mod check;
mod explore;
mod failure;
mod files;
mod output;
mod progress;
mod run;
mod shrink;
mod trace;

use std::process::ExitCode;

use args::Command;
use clap::Parser;
use failure::{Ended, Failure};

fn main() -> ExitCode {
    let ended = match args::Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Trace(options) => trace::trace(&options),
        Command::Check(options) => check::check(&options),
        Command::Explore(options) => explore::explore(&options),
        Command::Shrink(options) => shrink::shrink(&options),
    };
    match ended {
        Ok(Ended::Well) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Ok(Ended::Violated) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}
