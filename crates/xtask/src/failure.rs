//! The one way in which a command can stop.

use std::fmt;
use std::path::Path;

/// Why a command stopped: one line for a person, saying what to do where that is known.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure that says `line`.
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// A file operation that went wrong; to be used with `map_err`.
    pub(crate) fn file(doing: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let what = format!("cannot {doing} {}", path.display());
        move |error| Self(format!("{what}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
