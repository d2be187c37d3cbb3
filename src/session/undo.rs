//! Taking back what was done, and doing it again.

use leptos::prelude::*;
use replicascope_engine::scenario::{Action, TimedAction};

use super::Session;
use crate::lean::Memo;
use crate::words;

impl Session {
    /// Takes back the last thing that a person did and that has happened, or the start of another run if nothing was done since. Where something was done later, that is kept as a branch.
    pub fn undo(self) {
        if self.is_anew() {
            self.bring_back();
            return;
        }
        let mut notice = "There is nothing to undo.".to_owned();
        self.experiment.update_value(|experiment| {
            let run = experiment.current().simulation();
            let count = in_one_go(&run.actions()[..run.actions_taken()]);
            let Some(last) = run.actions_taken().checked_sub(1) else {
                return;
            };
            let what = told(&run.actions()[last]);
            if experiment.current().has_future_actions() {
                experiment.branch(format!("Without {what}"));
            }
            let mut undone: Vec<_> = (0..count)
                .filter_map(|_| experiment.current_mut().undo())
                .collect();
            undone.reverse();
            self.undone.update(|all| all.push(undone));
            notice = format!("Undone: {what}.");
        });
        self.notice.set(Some(notice));
        self.another_future();
    }

    /// Does again what was undone last.
    pub fn redo(self) {
        let actions = self.undone.try_update(Vec::pop).flatten();
        let mut notice = "There is nothing to do again.".to_owned();
        self.experiment.update_value(|experiment| {
            for action in actions.iter().flatten() {
                crate::share::about_to(experiment.current(), &action.action);
                experiment.current_mut().welcome(crate::reserve::cast());
                match experiment.current_mut().redo(action) {
                    Ok(()) => notice = format!("Done again: {}.", told(action)),
                    Err(error) => {
                        notice = error.to_string();
                        break;
                    }
                }
            }
        });
        self.notice.set(Some(notice));
        self.another_future();
    }

    /// Whether something was undone that can be done again.
    #[must_use]
    pub fn redoable(self) -> Memo<bool> {
        let undone = self.undone;
        Memo::new(move || undone.with(|undone| !undone.is_empty()))
    }
}

/// How many of the last actions a person did in one go: all links of one change of the network, or both actions that let one
/// message overtake the others. 0 when there is none.
fn in_one_go(actions: &[TimedAction]) -> usize {
    let Some((last, before)) = actions.split_last() else {
        return 0;
    };
    let here = before
        .iter()
        .rev()
        .take_while(|other| other.at_us == last.at_us);
    match &last.action {
        Action::SetLink { from, to, .. } => {
            let mut seen = vec![(*from, *to)];
            for other in here {
                match &other.action {
                    Action::SetLink { from, to, .. } if !seen.contains(&(*from, *to)) => {
                        seen.push((*from, *to));
                    }
                    _ => break,
                }
            }
            seen.len()
        }
        Action::ReleaseMessage { message } => {
            let held = Action::HoldMessage { message: *message };
            1 + usize::from(here.take(1).any(|other| other.action == held))
        }
        _ => 1,
    }
}

fn told(action: &TimedAction) -> String {
    format!(
        "{} at {}",
        words::settings::short(&action.action),
        words::at(action.at_us)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::ids::{MessageId, NodeId};
    use replicascope_engine::scenario::LinkSettings;
    use replicascope_engine::time::Time;

    fn timed(actions: impl IntoIterator<Item = (u64, Action)>) -> Vec<TimedAction> {
        let timed = |(at, action)| TimedAction {
            at_us: Time(at),
            action,
        };
        actions.into_iter().map(timed).collect()
    }

    fn link(from: u8, to: u8) -> Action {
        Action::SetLink {
            from: NodeId(from).into(),
            to: NodeId(to).into(),
            link: LinkSettings::default(),
        }
    }

    #[test]
    fn one_change_of_the_network_is_one_go_and_the_next_is_another() {
        let log = timed([
            (5, link(0, 1)),
            (5, link(1, 0)),
            (5, link(0, 1)),
            (5, link(1, 0)),
        ]);
        assert_eq!(in_one_go(&log), 2);
        assert_eq!(in_one_go(&log[..2]), 2);
        assert_eq!(in_one_go(&timed([(4, link(1, 0)), (5, link(0, 1))])), 1);
        assert_eq!(in_one_go(&[]), 0);
    }

    #[test]
    fn an_overtaking_is_one_go_and_a_release_after_a_hold_long_ago_is_not() {
        let message = MessageId(7);
        let (hold, release) = (
            Action::HoldMessage { message },
            Action::ReleaseMessage { message },
        );
        assert_eq!(
            in_one_go(&timed([(5, hold.clone()), (5, release.clone())])),
            2
        );
        assert_eq!(in_one_go(&timed([(4, hold), (5, release)])), 1);
        assert_eq!(
            in_one_go(&timed([(5, Action::HealAll), (5, Action::HealAll)])),
            1
        );
    }
}
