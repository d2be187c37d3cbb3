//! What an expectation must satisfy.

use super::{Comparison, Expectation, NodeState};
use crate::ids::NodeId;
use crate::scenario::{Problem, ScenarioError};
use crate::time::Time;

/// The latest instant that a scenario may name: thirty days.
const LATEST: Time = Time::from_secs(30 * 24 * 3_600);

type Checked = Result<(), ScenarioError>;

fn wrong(path: String, problem: Problem) -> ScenarioError {
    ScenarioError { path, problem }
}

/// Checks an instant.
pub(crate) fn instant(path: &str, at: Option<Time>) -> Checked {
    match at {
        Some(at) if at > LATEST => Err(wrong(
            path.to_owned(),
            Problem::OutOfRange {
                value: at.0,
                least: 0,
                most: LATEST.0,
                unit: "µs",
            },
        )),
        _ => Ok(()),
    }
}

impl Expectation {
    /// Checks it against a cluster of so many nodes, with `path` in front of the field's name in an error.
    ///
    /// # Errors
    /// [`ScenarioError`] for the field that is wrong.
    pub fn validate(&self, path: &str, nodes: usize) -> Checked {
        let exists = |path: String, node: NodeId| {
            if node.index() < nodes {
                return Ok(());
            }
            let node = node.to_string();
            Err(wrong(path, Problem::NoSuchNode { node, nodes }))
        };
        match *self {
            Self::Report { is, .. } => is.validate(&format!("{path}.report.is")),
            Self::Node { node, at_us, is } => {
                exists(format!("{path}.node.node"), node)?;
                instant(&format!("{path}.node.at_us"), at_us)?;
                is.validate(&format!("{path}.node.is"))
            }
            Self::Event {
                event,
                node,
                from_us,
                until_us,
                times,
            } => {
                if let Some(node) = node {
                    let path = format!("{path}.event.node");
                    exists(path.clone(), node)?;
                    if !event.has_node() {
                        let text = format!("the event {event} has no field node");
                        return Err(wrong(path, Problem::Contradiction(text)));
                    }
                }
                instant(&format!("{path}.event.from_us"), from_us)?;
                instant(&format!("{path}.event.until_us"), until_us)?;
                if let (Some(from), Some(until)) = (from_us, until_us)
                    && until < from
                {
                    let text = format!("{} µs is before from_us, {} µs", until.0, from.0);
                    let path = format!("{path}.event.until_us");
                    return Err(wrong(path, Problem::Contradiction(text)));
                }
                times.validate(&format!("{path}.event.times"))
            }
        }
    }
}

impl NodeState {
    fn validate(self, path: &str) -> Checked {
        let (name, is) = match self {
            Self::Role(_) | Self::Health(_) | Self::TakesWrites(_) | Self::Diverged(_) => {
                return Ok(());
            }
            Self::Timeline(is) => ("timeline", is),
            Self::InsertLsn(is) => ("insert_lsn", is),
            Self::WriteLsn(is) => ("write_lsn", is),
            Self::FlushLsn(is) => ("flush_lsn", is),
            Self::ReplayLsn(is) => ("replay_lsn", is),
            Self::LagRecords(is) => ("lag_records", is),
            Self::LagMs(is) => ("lag_ms", is),
        };
        is.validate(&format!("{path}.{name}"))
    }
}

impl Comparison {
    fn validate(self, path: &str) -> Checked {
        match self {
            Self::Within(least, most) if most < least => {
                let text = format!("{most} is below {least}, where it begins");
                let path = format!("{path}.within[1]");
                Err(wrong(path, Problem::Contradiction(text)))
            }
            _ => Ok(()),
        }
    }
}
