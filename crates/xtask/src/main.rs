//! The project's own commands: `cargo xtask serve | test | pictures | measure | bench | fuzz | mutants | setup | help`.
//!
//! `cli` reads the command line, `tools` makes sure that what a command needs is installed, and one
//! module per command does the rest.
#![allow(
    clippy::print_stdout,
    reason = "a command line talks to a person on standard output"
)]

mod cli;
mod failure;
mod finish;
mod fuzz;
mod mutants;
mod pictures;
mod process;
mod serve;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use cli::Command;
use failure::Failure;
use tools::{Need, Toolbox};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match cli::parse(&arguments).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(options) => serve::run(&options),
        Command::Test { steps } => test::run(&steps),
        Command::Pictures { rest } => pictures::run(&rest),
        Command::Measure => pictures::measure(),
        Command::Bench { rest } => bench(&rest),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Mutants { rest } => mutants::run(&rest),
        Command::Finish => finish::run(),
        Command::Setup => setup(),
        Command::Help => {
            print!("{}", cli::HELP);
            Ok(())
        }
    }
}

fn bench(rest: &[String]) -> Result<(), Failure> {
    let toolbox = Toolbox::prepare(&[])?;
    let mut cargo = toolbox.cargo();
    cargo
        .args(["bench", "--package", "replicascope-engine"])
        .args(rest);
    process::run(&mut cargo)
}

fn setup() -> Result<(), Failure> {
    let toolbox = Toolbox::prepare(&Need::ALL)?;
    println!(
        "Everything is installed. To call trunk and the others by hand, put them on the PATH:"
    );
    println!(
        "  export PATH=\"{}:$PATH\"",
        toolbox.bin_folders().display()
    );
    Ok(())
}
