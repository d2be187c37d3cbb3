//! An experiment that waits while another one is shown: what a person was doing before a lesson.

use leptos::prelude::*;
use replicascope_engine::scenario::TimedAction;
use replicascope_engine::{Experiment, Recording};

use super::anew::{Before, Former};
use super::{Session, Speed};

/// All that a person had before them: the experiment, what undo and redo know of it, and how fast it went.
pub(super) struct Aside {
    experiment: Experiment,
    former: Former,
    /// Whether it had just been started anew.
    fresh: bool,
    undone: Vec<Vec<TimedAction>>,
    speed: Speed,
}

impl Session {
    /// Puts the present experiment aside and shows another one, paused. What is aside already stays.
    pub(crate) fn set_aside(self, other: Experiment) {
        if self.is_aside() {
            self.show(other);
            return;
        }
        let (mut experiment, fresh) = (other, self.is_anew());
        self.experiment
            .update_value(|present| core::mem::swap(present, &mut experiment));
        let former = self.former.try_update_value(core::mem::take);
        self.aside.set_value(Some(Aside {
            experiment,
            former: former.unwrap_or_default(),
            fresh,
            undone: self.undone.get_untracked(),
            speed: self.speed.get_untracked(),
        }));
        self.undone.set(Vec::new());
        self.stand_still();
    }

    /// Whether an experiment is aside.
    pub(crate) fn is_aside(self) -> bool {
        self.aside.with_value(Option::is_some)
    }

    /// Shows another experiment, paused; the one that was shown is gone.
    pub(crate) fn show(self, other: Experiment) {
        self.experiment.set_value(other);
        self.undone.set(Vec::new());
        self.forget_former();
        self.stand_still();
    }

    /// The run goes on as another one, which stands where it stands: one with other things to come.
    pub(crate) fn go_on_as(self, other: Recording) {
        self.experiment
            .update_value(|experiment| *experiment.current_mut() = other);
        self.undone.set(Vec::new());
        self.stand_still();
    }

    /// Brings back what is aside, as it stood. With `keep`, what is shown goes on, and undo brings back what was aside.
    pub(crate) fn come_back(self, keep: bool) {
        let Some(aside) = self.aside.try_update_value(Option::take).flatten() else {
            return;
        };
        self.former.set_value(aside.former);
        if keep {
            self.undone.set(Vec::new());
            self.stand_still();
            self.keep_former(Before::whole(aside.experiment, aside.fresh));
        } else {
            self.experiment.set_value(aside.experiment);
            self.undone.set(aside.undone);
            self.speed.set(aside.speed);
            self.stand_still();
            self.is_fresh(aside.fresh);
        }
    }

    fn stand_still(self) {
        self.playing.set(false);
        self.until.set_value(None);
        self.notice.set(None);
        self.another_future();
    }
}
