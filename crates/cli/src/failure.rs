//! How a command ends.

use std::io;

use replicascope_engine::ScenarioError;
use thiserror::Error;

/// A command did what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Exit code 0.
    Well,
    /// Exit code 1: an expectation does not hold, an invariant is violated.
    Violated,
}

/// A command could not do what it was asked for: exit code 2.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// A file that cannot be read or written.
    #[error("cannot {what} {name}: {source}")]
    File {
        /// Read or write.
        what: &'static str,
        /// As the person named it.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// What is in a file is no scenario.
    #[error("{name}: {source}")]
    Scenario {
        /// As the person named it.
        name: String,
        /// What is wrong, with the path of the field.
        source: ScenarioError,
    },
    /// What is in a file does not suit the command.
    #[error("{name}: {reason}")]
    Unsuitable {
        /// As the person named it.
        name: String,
        /// Why.
        reason: String,
    },
    /// Standard output was closed by whoever read it, such as `head`. That is no error.
    #[error("nobody reads the output")]
    NobodyReads,
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// Threads cannot be started.
    #[error("cannot start {jobs} threads: {reason}")]
    Threads {
        /// How many.
        jobs: usize,
        /// Why.
        reason: String,
    },
}

impl From<io::Error> for Failure {
    /// Of standard output: the only thing that is written with `?` alone.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::NobodyReads
        } else {
            Self::Output(error)
        }
    }
}

pub(crate) type Result<T> = core::result::Result<T, Failure>;
