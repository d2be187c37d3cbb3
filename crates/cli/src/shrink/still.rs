//! What a smaller scenario must go on showing.

use replicascope_engine::expect::Expectation;
use replicascope_engine::explore::{self, Failure, Invariant};
use replicascope_engine::scenario::{Action, TimedAction};
use replicascope_engine::{Course, Scenario, ScenarioError};

use crate::check::why;

/// What a smaller scenario must go on showing.
pub(super) enum Still {
    /// An expectation holds.
    Holds(Expectation),
    /// An invariant is violated.
    Violates {
        /// Which; `None` when there was none to begin with.
        invariant: Option<Invariant>,
        /// What mends everything and asks the cluster for a write, when recovery is what failed. Without it a cluster has
        /// no reason to recover, so it stays as it is.
        healing: Vec<TimedAction>,
    },
}

impl Still {
    /// The violation that a scenario shows now.
    pub(super) fn violation(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let healing = healing(&scenario.actions);
        let (mut invariant, mut kept) = (broken(scenario, false)?, Vec::new());
        if invariant.is_none() && !healing.is_empty() {
            invariant = broken(scenario, true)?;
            kept = healing.to_vec();
        }
        Ok(Self::Violates {
            invariant,
            healing: kept,
        })
    }

    /// What the smaller scenario holds for `replicascope check`.
    pub(super) fn expected(&self) -> Vec<Expectation> {
        match self {
            Self::Holds(expectation) => vec![*expectation],
            Self::Violates { .. } => Vec::new(),
        }
    }

    /// Whether the run may end earlier. Recovery takes its time.
    pub(super) fn end_may_move(&self) -> bool {
        matches!(self, Self::Holds(_))
            || matches!(self, Self::Violates { healing, .. } if healing.is_empty())
    }

    /// What a scenario does not show; `None` when it shows everything.
    pub(super) fn missing(&self, scenario: &Scenario) -> Result<Option<String>, ScenarioError> {
        match self {
            Self::Holds(_) => {
                let mut course = Course::new(scenario)?;
                course.finish();
                let answers = course.answers();
                let broken = answers.iter().find(|answer| !answer.holds);
                Ok(broken.map(|answer| format!("{}: {}", answer.expectation, why(answer))))
            }
            Self::Violates {
                invariant: None, ..
            } => Ok(Some("every invariant holds".to_owned())),
            Self::Violates {
                invariant: Some(invariant),
                healing,
            } => {
                if !scenario.actions.ends_with(healing) {
                    return Ok(Some("it is not mended any more".to_owned()));
                }
                let found = broken(scenario, !healing.is_empty())?;
                Ok((found != Some(*invariant)).then(|| format!("{invariant} holds")))
            }
        }
    }
}

fn broken(scenario: &Scenario, recovers: bool) -> Result<Option<Invariant>, ScenarioError> {
    match explore::check(scenario, scenario.ends_at(), recovers) {
        Ok(_) => Ok(None),
        Err(Failure::Broken(violation)) => Ok(Some(violation.invariant)),
        Err(Failure::Invalid(error)) => Err(error),
    }
}

/// What happens at the instant of the last `heal_all`, and everything after it; nothing when no write comes after it, since
/// then nothing asks whether the cluster has recovered.
fn healing(actions: &[TimedAction]) -> &[TimedAction] {
    let last = actions
        .iter()
        .rposition(|timed| timed.action == Action::HealAll);
    let Some(last) = last else {
        return &[];
    };
    let asked = actions[last..]
        .iter()
        .any(|timed| matches!(timed.action, Action::Write { .. }));
    if !asked {
        return &[];
    }
    let first = actions.partition_point(|timed| timed.at_us < actions[last].at_us);
    &actions[first..]
}

#[cfg(test)]
mod tests {
    use replicascope_engine::ids::{ClientId, Key, NodeId};
    use replicascope_engine::time::Time;

    use super::*;

    #[test]
    fn what_mends_stays_together() {
        let at = |seconds, action| TimedAction {
            at_us: Time::from_secs(seconds),
            action,
        };
        let node = NodeId(0);
        let actions = [
            at(1, Action::HealAll),
            at(2, Action::Freeze { node }),
            at(3, Action::Thaw { node }),
            at(3, Action::HealAll),
            at(
                9,
                Action::Write {
                    client: ClientId(0),
                    key: Key(0),
                    value: None,
                    node: None,
                    synchronous_commit: None,
                },
            ),
        ];
        assert_eq!(healing(&actions), &actions[2..]);
        assert_eq!(healing(&actions[..4]), &[], "nobody asks");
        assert_eq!(healing(&actions[1..2]), &[], "nothing is mended");
    }
}
