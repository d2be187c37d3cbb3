//! What the page does by itself in a step: the choice's settings and the script, as actions to come.

use replicascope_engine::scenario::{Action, TimedAction};
use replicascope_engine::time::{Span, Time};
use replicascope_lessons::Step;

use crate::session::{SPEEDS, Speed};

/// Longest that a script takes to watch, in ms of real time.
const WATCHED_MS: f64 = 12_000.0;

/// The actions that a step's script adds when it begins at an instant; with the settings of the choice, if it is one of settings.
pub(super) fn actions(step: &Step, choice: Option<usize>, from: Time) -> Vec<TimedAction> {
    let way = step
        .decide
        .as_ref()
        .and_then(|decide| decide.options.get(choice?));
    let set = way
        .into_iter()
        .flat_map(|way| &way.set)
        .map(|setting| TimedAction {
            at_us: from,
            action: Action::Set(setting.clone()),
        });
    let script = step.script.iter().flat_map(|script| &script.actions);
    let script = script.map(|action| TimedAction {
        at_us: from + Span(action.after_us),
        action: action.action.clone(),
    });
    set.chain(script).collect()
}

/// The slowest speed at which a stretch of the run does not take too long to watch.
pub(super) fn pace(stretch: Span) -> Speed {
    let mut speeds = SPEEDS.into_iter();
    let slowest = speeds.find(|speed| speed.virtual_span(WATCHED_MS) >= stretch);
    slowest.unwrap_or(SPEEDS[SPEEDS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_takes_a_few_seconds_to_watch() {
        assert_eq!(pace(Span::from_millis(600)), SPEEDS[2]);
        assert_eq!(pace(Span::from_secs(10)), SPEEDS[5]);
        assert_eq!(pace(Span::from_secs(100_000)), SPEEDS[8]);
    }
}
