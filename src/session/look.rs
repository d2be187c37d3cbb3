//! Looking at the run: once, or as a projection that follows it.

use leptos::prelude::*;
use replicascope_engine::time::Time;
use replicascope_engine::{Experiment, Recording, Simulation};

use super::Session;
use crate::lean::Memo;

impl Session {
    /// Looks at the run without tracking it.
    pub fn peek<T>(self, look: impl FnOnce(&Recording) -> T) -> T {
        self.experiment
            .with_value(|experiment| look(experiment.current()))
    }

    /// Looks at the whole experiment without tracking it.
    pub fn peek_experiment<T>(self, look: impl FnOnce(&Experiment) -> T) -> T {
        self.experiment.with_value(look)
    }

    /// A projection that is computed anew whenever an animation frame changed the run.
    pub fn on_frame<T: PartialEq + Send + Sync + 'static>(
        self,
        look: impl Fn(&Simulation) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        let look = move |experiment: &Experiment| look(experiment.current().simulation());
        self.projected(self.frame, Box::new(look))
    }

    /// A projection that is computed anew at most ten times a second while the run plays, and at once when a person acts.
    pub fn on_panel<T: PartialEq + Send + Sync + 'static>(
        self,
        look: impl Fn(&Recording) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        let look = move |experiment: &Experiment| look(experiment.current());
        self.projected(self.panel, Box::new(look))
    }

    /// A projection that is computed anew once a second while the run plays, and at once when a person acts.
    pub fn on_second<T: PartialEq + Send + Sync + 'static>(
        self,
        look: impl Fn(&Recording) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        let look = move |experiment: &Experiment| look(experiment.current());
        self.projected(self.second, Box::new(look))
    }

    /// A projection of the whole experiment, computed anew as those of [`Session::on_panel`] are.
    pub fn on_branches<T: PartialEq + Send + Sync + 'static>(
        self,
        look: impl Fn(&Experiment) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        self.projected(self.panel, Box::new(look))
    }

    /// Boxed, so that the memo's code is there once for each type of result and not once for each look.
    fn projected<T: PartialEq + Send + Sync + 'static>(
        self,
        tick: RwSignal<u64>,
        look: Box<dyn Fn(&Experiment) -> T + Send + Sync>,
    ) -> Memo<T> {
        Memo::new(move || {
            tick.track();
            self.peek_experiment(&look)
        })
    }

    /// The present instant of the run, tracked each frame.
    #[must_use]
    pub fn now(self) -> Time {
        self.frame.track();
        self.peek(|recording| recording.simulation().now())
    }
}
