//! The same run under other settings: the same seed, cluster and actions, with some parameters changed from the start.
//!
//! A [`Change`] is one parameter with another value; a column of a comparison is a list of them. [`begin`] makes its run, a
//! [`Script`] takes the actions of the original in it as their instants come, and notes those that make no sense there.
//! [`Numbers`] is what a table compares, [`Measure`] a row of it.
//!
//! `change`: parameters, and which are worth offering. `script`: actions done again. `numbers`: the table.

mod change;
mod numbers;
mod script;

pub use change::{Change, offers, usual};
pub use numbers::{Measure, Numbers, Value};
pub use script::{Odd, Script, Why};

use crate::recording::Recording;
use crate::scenario::{Scenario, ScenarioError};

/// A run of the scenario under other settings, at its start, and the script of what is to be done in it.
///
/// # Errors
/// [`ScenarioError`] when the scenario is not valid with the changes.
pub fn begin(
    scenario: &Scenario,
    changes: Vec<Change>,
) -> Result<(Recording, Script), ScenarioError> {
    let mut start = Scenario {
        actions: Vec::new(),
        ..scenario.clone()
    };
    for change in &changes {
        change.apply(&mut start.settings, &mut start.workload);
    }
    Ok((Recording::new(start)?, Script::new(scenario, changes)))
}
