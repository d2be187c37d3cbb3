//! The mutants as `cargo mutants --list --json` has them.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Failure;

/// A change of the source.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mutant {
    /// Path of the source file from the root of the workspace.
    pub(crate) file: String,
    /// What is changed.
    pub(crate) span: Span,
    /// What stands there instead.
    pub(crate) replacement: String,
    /// Which kind of change.
    pub(crate) genre: Genre,
    /// For a person: place and change.
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Genre {
    /// A function returns a value at once.
    FnValue,
    /// An operator between two operands is another one.
    BinaryOperator,
    /// An operator before an operand is gone.
    UnaryOperator,
    /// An arm of a match is gone.
    MatchArm,
    /// The guard of an arm is always or never true.
    MatchArmGuard,
    /// A field of a struct expression comes from the base instead.
    StructField,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Span {
    pub(crate) start: Place,
    pub(crate) end: Place,
}

/// A place in a text; both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl From<proc_macro2::LineColumn> for Place {
    fn from(at: proc_macro2::LineColumn) -> Self {
        Self {
            line: at.line,
            column: at.column + 1,
        }
    }
}

/// Reads the list. A mutant's number is its place in it, from 1; 0 is the program as it is.
pub(crate) fn read(file: &Path) -> Result<Vec<Mutant>, Failure> {
    let text = fs::read_to_string(file).map_err(Failure::file("read", file))?;
    serde_json::from_str(&text).map_err(|error| Failure::List(error.to_string()))
}
