//! What the timeline draws, also where the run was played already and a person has gone back: the simulation knows its
//! past only, so what was seen at the farthest point is kept until something changes it.

use std::sync::Arc;

use replicascope_engine::Recording;
use replicascope_engine::time::{Span, Time};
use replicascope_engine::world::{LaneChange, Sample};

use crate::words::story::{self, Entry};

/// How many lines of the story may leave a mark.
const ENTRIES: usize = 400;

/// One run as the timeline shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History {
    /// How far it goes.
    pub(super) reached: Time,
    /// Each node's roles and health.
    pub(super) lanes: Vec<Vec<LaneChange>>,
    /// Lag and latency.
    pub(super) samples: Vec<Sample>,
    /// How long a sample is.
    pub(super) width: Span,
    /// What left a mark.
    pub(super) entries: Vec<Entry>,
}

impl History {
    fn of(run: &Recording) -> Self {
        let simulation = run.simulation();
        let lane = |node| simulation.lanes().of(node).copied().collect();
        let mut entries = story::newest(simulation, ENTRIES);
        entries.retain(|entry| entry.mark.is_in_timeline());
        Self {
            reached: run.reached(),
            lanes: simulation.cluster().nodes().map(lane).collect(),
            samples: simulation.series().samples().to_vec(),
            width: simulation.series().width(),
            entries,
        }
    }
}

/// The farthest that was seen of each branch.
#[derive(Default)]
pub(super) struct Seen {
    branches: Vec<Arc<History>>,
}

impl Seen {
    /// The run as far as it has been played.
    pub(super) fn look(&mut self, branch: usize, run: &Recording) -> Arc<History> {
        self.branches
            .resize_with(self.branches.len().max(branch + 1), Arc::default);
        let seen = &mut self.branches[branch];
        let gone_back = run.simulation().now() < run.reached();
        if !(gone_back && seen.reached == run.reached()) {
            *seen = Arc::new(History::of(run));
        }
        Arc::clone(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_played_stays_in_sight_after_going_back() {
        let (scenario, _) = crate::scenarios::opening();
        let mut run = Recording::new(scenario).expect("valid");
        let mut seen = Seen::default();
        run.advance_to(Time::from_secs(3));
        let far = seen.look(0, &run);
        run.seek(Time::from_secs(1));
        assert_eq!(seen.look(0, &run), far);
        run.act(replicascope_engine::scenario::Action::HealAll)
            .expect("valid");
        assert_ne!(seen.look(0, &run), far);
    }
}
