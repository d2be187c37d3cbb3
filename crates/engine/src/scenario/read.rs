//! Reading and writing scenarios as JSON, and what can be wrong with one.

use thiserror::Error;

use super::{Scenario, VERSION};
use crate::json;

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: {problem}")]
pub struct ScenarioError {
    /// Path of the field, such as `actions[3].action.kill.node`; `scenario` when it is not about one field. Never empty.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is not of the form that the field needs, or the field is not known.
    #[error("{0}")]
    Malformed(String),
    /// A number outside its range.
    #[error("{value} is not in {least} to {most} {unit}")]
    OutOfRange {
        /// What was given.
        value: u64,
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// A node that the cluster does not have.
    #[error("{node} is not in the cluster, which has n1 to n{nodes}")]
    NoSuchNode {
        /// What was named.
        node: String,
        /// How many nodes there are.
        nodes: usize,
    },
    /// A client that the cluster does not have.
    #[error("there is no client {client}; they are 0 to {last}")]
    NoSuchClient {
        /// What was named.
        client: u16,
        /// The last one there is.
        last: usize,
    },
    /// A key outside the table.
    #[error("there is no key {key}; they are 0 to {last}")]
    NoSuchKey {
        /// What was named.
        key: u32,
        /// The last one there is.
        last: u32,
    },
    /// Two values that contradict each other.
    #[error("{0}")]
    Contradiction(String),
    /// It needs somebody who is not in the [`crate::Cast`] that the run was made with.
    #[error("this program runs Textbook nodes only so far")]
    NotInCast,
    /// Written by a newer engine.
    #[error("version {found} is newer than this engine, which reads up to {VERSION}")]
    NewerVersion {
        /// What the file says.
        found: u32,
    },
}

impl ScenarioError {
    pub(super) fn new(path: impl Into<String>, problem: Problem) -> Self {
        Self {
            path: path.into(),
            problem,
        }
    }
}

impl Scenario {
    /// Reads and validates a scenario. The mark of the byte order, which some editors put in front of a text, is passed over.
    ///
    /// # Errors
    /// [`ScenarioError`] with the path of the first field that is wrong.
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let scenario: Self = json::from_text(text).map_err(|error| {
            let path = match error.path() {
                "" => "scenario",
                path => path,
            };
            ScenarioError::new(path, Problem::Malformed(error.to_string()))
        })?;
        scenario.validate()?;
        Ok(scenario)
    }

    /// The scenario as JSON, for a person to read.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = written(json::to_lines(self));
        text.push('\n');
        text
    }

    /// The scenario as JSON on one line, for a machine.
    #[must_use]
    pub fn to_json_line(&self) -> String {
        written(json::to_line(self))
    }
}

fn written(text: Result<String, json::Error>) -> String {
    text.unwrap_or_else(|error| {
        unreachable!("a scenario is plain data, which always serializes: {error}")
    })
}
