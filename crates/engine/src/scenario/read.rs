//! Reading and writing scenarios as JSON, and what can be wrong with one.

use thiserror::Error;

use super::{Scenario, VERSION};

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: {problem}")]
pub struct ScenarioError {
    /// Path of the field, such as `actions[3].action.kill.node`. Empty only when the text as a whole cannot be read.
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
    /// Reads and validates a scenario.
    ///
    /// # Errors
    /// [`ScenarioError`] with the path of the first field that is wrong.
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let scenario: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." {
                "scenario".to_owned()
            } else {
                path
            };
            ScenarioError::new(path, Problem::Malformed(error.into_inner().to_string()))
        })?;
        reader.end().map_err(|error| {
            ScenarioError::new("scenario", Problem::Malformed(error.to_string()))
        })?;
        scenario.validate()?;
        Ok(scenario)
    }

    /// The scenario as JSON, for a person to read.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_else(|error| {
            unreachable!(
                "a scenario is plain data without maps or floats, which always serializes: {error}"
            )
        });
        text.push('\n');
        text
    }
}
