//! Another start: the run begins anew, and the one before is kept so that this can be undone too. So can the deletion of a branch.

use leptos::prelude::*;
use replicascope_engine::time::Time;
use replicascope_engine::{Experiment, Scenario, ScenarioError};

use crate::lean::Memo;

use super::Session;

/// How many experiments are kept for undo.
const KEPT: usize = 20;

/// The experiments before this one.
#[derive(Default)]
pub(super) struct Former {
    /// The latest last.
    experiments: Vec<Before>,
    /// The count of futures at which the present one was started anew.
    at_future: Option<u64>,
}

/// An experiment before the present one.
pub(super) struct Before {
    experiment: Experiment,
    /// Whether it had itself just been started anew, with nothing done since.
    fresh: bool,
    /// The branch that was deleted from it, if that is all that was done.
    without: Option<String>,
}

impl Before {
    /// One that another has come in the place of; `fresh` says whether it had itself just been started anew.
    pub(super) fn whole(experiment: Experiment, fresh: bool) -> Self {
        Self {
            experiment,
            fresh,
            without: None,
        }
    }
}

impl Session {
    /// Starts another scenario, paused at its start. The present experiment is kept: [`Session::undo`] brings it back as long
    /// as nothing else has been done.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid; the present experiment stays then.
    pub fn start_anew(self, scenario: Scenario) -> Result<(), ScenarioError> {
        let mut experiment = Experiment::with(scenario, "Run", crate::reserve::cast())?;
        experiment.current_mut().advance_to(Time::ZERO);
        self.pause();
        let fresh = self.is_anew();
        self.experiment
            .update_value(|present| core::mem::swap(present, &mut experiment));
        self.undone.set(Vec::new());
        self.another_future();
        self.keep_former(Before::whole(experiment, fresh));
        Ok(())
    }

    /// Takes a branch away; the last one stays. Undo brings it back as long as nothing else has been done.
    pub fn remove(self, branch: usize) {
        let before = self.peek_experiment(Clone::clone);
        let fresh = self.is_anew();
        let mut removed = None;
        self.experiment
            .update_value(|experiment| removed = experiment.remove(branch));
        let Some(removed) = removed else { return };
        let notice = format!("Deleted: {}. Undo brings it back.", removed.name);
        self.notice.set(Some(notice));
        self.another_future();
        self.keep_former(Before {
            experiment: before,
            fresh,
            without: Some(removed.name),
        });
    }

    /// Keeps an experiment for undo: the present one has just come in its place.
    pub(super) fn keep_former(self, before: Before) {
        let future = self.futures.get_untracked();
        self.former.update_value(|former| {
            former.experiments.push(before);
            if former.experiments.len() > KEPT {
                former.experiments.remove(0);
            }
            former.at_future = Some(future);
        });
        self.look_again();
    }

    /// Whether the run was started anew, with nothing done since: then undo brings back the one before.
    pub(super) fn is_anew(self) -> bool {
        let future = self.futures.get_untracked();
        self.former
            .with_value(|former| former.at_future == Some(future) && !former.experiments.is_empty())
    }

    /// Whether there is something to undo, tracked as the panels are.
    #[must_use]
    pub fn undoable(self) -> Memo<bool> {
        self.on_panel(move |run| run.simulation().actions_taken() > 0 || self.is_anew())
    }

    /// Brings back the experiment before this one.
    pub(super) fn bring_back(self) {
        let mut brought = None;
        self.former
            .update_value(|former| brought = former.experiments.pop());
        let Some(Before {
            experiment,
            fresh,
            without,
        }) = brought
        else {
            return;
        };
        let notice = match without {
            Some(name) => {
                self.experiment
                    .update_value(|present| present.put_back(experiment));
                format!("Undone: {name} is back.")
            }
            None => {
                self.pause();
                self.experiment.set_value(experiment);
                "Undone: the run before is back.".to_owned()
            }
        };
        self.undone.set(Vec::new());
        self.another_future();
        self.is_fresh(fresh);
        self.notice.set(Some(notice));
        self.look_again();
    }

    /// Says whether the present experiment has just been started anew.
    pub(super) fn is_fresh(self, fresh: bool) {
        let future = self.futures.get_untracked();
        self.former
            .update_value(|former| former.at_future = fresh.then_some(future));
    }

    /// Forgets the experiments before this one.
    pub(super) fn forget_former(self) {
        self.former.set_value(Former::default());
    }
}
