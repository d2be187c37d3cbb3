//! Leaving out actions: delta debugging (Zeller, ddmin), large parts first, then one by one until none can go.

use super::Trial;

/// Leaves out every action that can go.
pub(super) fn leave_out(trial: &mut Trial) {
    let mut part = trial.best.actions.len().max(1);
    loop {
        let mut at = 0;
        let mut left_out = false;
        while at < trial.best.actions.len() {
            let end = (at + part).min(trial.best.actions.len());
            // When it can go, the next part has moved here.
            if trial.change(|scenario| drop(scenario.actions.drain(at..end))) {
                left_out = true;
            } else {
                at = end;
            }
        }
        if part > 1 {
            part = part.div_ceil(2);
        } else if !left_out {
            return;
        }
    }
}
