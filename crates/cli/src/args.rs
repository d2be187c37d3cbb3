//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use replicascope_engine::event::EventName;
use replicascope_engine::expect::{Expectation, parse_time};
use replicascope_engine::ids::NodeId;
use replicascope_engine::time::Time;

const AFTER_HELP: &str = "\
FILE is a scenario as docs/scenario.md describes it; - reads standard input.
TIME is virtual time such as 22.6s, 900ms or 2min.

Exit codes:
  0  everything is as asked for
  1  an expectation does not hold, or an invariant is violated
  2  bad input or usage; the message names the field and the value";

/// Run, check and search scenarios of a replicated database cluster.
#[derive(Debug, Parser)]
#[command(name = "replicascope", version, after_help = AFTER_HELP, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario to its end and report the numbers.
    Run(Run),
    /// Print the trace of a run, one event a line, as it happens.
    Trace(Trace),
    /// Run scenarios and check the expectations written in them.
    Check(Check),
    /// Run random scenarios and check what must hold in every one of them.
    Explore(Explore),
    /// Find the shortest scenario that still shows something.
    Shrink(Shrink),
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Run {
    /// The scenario.
    pub(crate) file: PathBuf,
    /// Report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// End there, not where the file says (until_us) nor 60 s after the last action.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<Time>,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Trace {
    /// The scenario.
    pub(crate) file: PathBuf,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only events about this node, in any part: it acts, sends, receives or is voted for. Can be given several times.
    #[arg(long, value_name = "NODE")]
    pub(crate) node: Vec<NodeId>,
    /// Only these events, such as promoted,write_lost. Can be given several times.
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    pub(crate) kind: Vec<EventName>,
    /// Only events that change the course of the run.
    #[arg(long)]
    pub(crate) milestones: bool,
    /// Only events at this instant or later.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) from: Option<Time>,
    /// End there, not where the file says (until_us) nor 60 s after the last action.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<Time>,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Check {
    /// The scenarios. Each must have expectations (expect).
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Explore {
    /// How many scenarios to run.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// The first seed.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) from: u64,
    /// How many run at the same time; as many as there are processors when not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// How many violations end the search.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) findings: u16,
    /// Folder for the scenarios that violate an invariant.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Shrink {
    /// The scenario.
    pub(crate) file: PathBuf,
    /// What it must go on showing, such as "writes.lost_acked > 0" or "promoted n2 between 4s and 9s".
    #[arg(
        long = "while",
        value_name = "EXPECTATION",
        required_unless_present = "violation"
    )]
    pub(crate) still: Option<Expectation>,
    /// It must go on violating the invariant that it violates now, as a scenario that explore found.
    #[arg(long, conflicts_with = "still")]
    pub(crate) violation: bool,
    /// Write the result there instead of to standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
