//! Several futures of one start, each a recording with a name.

use crate::cast::Cast;
use crate::scenario::{Action, Scenario, ScenarioError};
use crate::time::Time;

use super::Recording;

/// One future of an experiment.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Tells it from every other that this experiment has had; its index changes as others are removed.
    pub id: u32,
    /// What a person calls it.
    pub name: String,
    /// The branch it left, and when; `None` for the first.
    pub parent: Option<(usize, Time)>,
    /// The run.
    pub recording: Recording,
}

/// What a branch is made of: its name, which one it left and when, and its run.
pub type Part = (String, Option<(usize, Time)>, Recording);

/// An experiment: one start, and every future that was tried.
#[derive(Clone, Debug)]
pub struct Experiment {
    branches: Vec<Branch>,
    current: usize,
    /// How many there have been.
    made: u32,
}

impl Experiment {
    /// An experiment with one branch.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn new(scenario: Scenario, name: impl Into<String>) -> Result<Self, ScenarioError> {
        Self::with(scenario, name, Cast::all())
    }

    /// As [`Experiment::new`], of runs that these take part in.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid, or needs somebody else.
    pub fn with(
        scenario: Scenario,
        name: impl Into<String>,
        cast: Cast,
    ) -> Result<Self, ScenarioError> {
        Ok(Self::of(Recording::with(scenario, cast)?, name))
    }

    /// An experiment that begins with a run as it stands.
    #[must_use]
    pub fn of(recording: Recording, name: impl Into<String>) -> Self {
        Self {
            branches: vec![Branch {
                id: 0,
                name: name.into(),
                parent: None,
                recording,
            }],
            current: 0,
            made: 1,
        }
    }

    /// An experiment of these branches: the name of each, which one it left and when, and its run. `None` when there is none, when
    /// one does not come after the one that it left, or when none is the one to be played.
    #[must_use]
    pub fn of_branches(parts: Vec<Part>, current: usize) -> Option<Self> {
        let made = parts.len() as u32;
        let mut branches = Vec::new();
        for (id, (name, parent, recording)) in (0..).zip(parts) {
            if parent.is_some_and(|(parent, _)| parent >= branches.len()) {
                return None;
            }
            branches.push(Branch {
                id,
                name,
                parent,
                recording,
            });
        }
        (current < branches.len()).then_some(Self {
            branches,
            current,
            made,
        })
    }

    /// Every branch, in the order of their making.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// The branch of this id, if it is still there.
    #[must_use]
    pub fn branch_of(&self, id: u32) -> Option<&Branch> {
        self.branches.iter().find(|branch| branch.id == id)
    }

    /// The index of the branch that is being played.
    #[must_use]
    pub fn current_index(&self) -> usize {
        self.current
    }

    /// The run that is being played.
    #[must_use]
    pub fn current(&self) -> &Recording {
        &self.branches[self.current].recording
    }

    /// The run that is being played, to be moved.
    pub fn current_mut(&mut self) -> &mut Recording {
        &mut self.branches[self.current].recording
    }

    /// Plays another branch. Returns whether there is one of that index.
    pub fn switch_to(&mut self, index: usize) -> bool {
        let exists = index < self.branches.len();
        if exists {
            self.current = index;
        }
        exists
    }

    /// Calls a branch something else. Returns whether there is one of that index.
    pub fn rename(&mut self, index: usize, name: impl Into<String>) -> bool {
        let branch = self.branches.get_mut(index);
        branch.map(|branch| branch.name = name.into()).is_some()
    }

    /// Takes a branch away and returns it; the last one stays. Those that left it are held to have left the one that it
    /// left, or, where it was the first, the oldest of them. When it is the one that is played, its parent is played from then on.
    pub fn remove(&mut self, index: usize) -> Option<Branch> {
        if index >= self.branches.len() || self.branches.len() < 2 {
            return None;
        }
        let parent_of = |branch: &Branch| branch.parent.map(|(parent, _)| parent);
        let parent = self.branches[index].parent;
        let heir = parent.or_else(|| {
            let mut children = self.branches.iter();
            let first = children.position(|branch| parent_of(branch) == Some(index))?;
            self.branches[first].parent.map(|(_, at)| (first, at))
        });
        for (child, branch) in self.branches.iter_mut().enumerate() {
            if let Some((_, at)) = branch.parent.filter(|&(left, _)| left == index) {
                branch.parent = heir
                    .filter(|&(heir, _)| heir != child)
                    .map(|(heir, until)| (heir, at.min(until)));
            }
        }
        if self.current == index {
            self.current = heir.map_or(0, |(heir, _)| heir);
        }
        let removed = self.branches.remove(index);
        let moved = |place: usize| place - usize::from(place > index);
        for branch in &mut self.branches {
            branch.parent = branch.parent.map(|(parent, at)| (moved(parent), at));
        }
        self.current = moved(self.current).min(self.branches.len() - 1);
        Some(removed)
    }

    /// Puts back what [`Experiment::remove`] took away from the experiment as it was `before`. Runs that are still there stay as
    /// they are now; where the one that was played is back, it is played again.
    pub fn put_back(&mut self, mut before: Self) {
        let playing = self.branches[self.current].id;
        let was_playing = before.branches[before.current].id;
        for branch in &mut before.branches {
            if let Some(now) = self.branches.iter_mut().find(|now| now.id == branch.id) {
                core::mem::swap(&mut branch.recording, &mut now.recording);
                core::mem::swap(&mut branch.name, &mut now.name);
            }
        }
        if self.branch_of(was_playing).is_some() {
            let place = before
                .branches
                .iter()
                .position(|branch| branch.id == playing);
            before.current = place.unwrap_or(before.current);
        }
        *self = before;
    }

    /// Starts a branch at the present instant: the future stays in the old one. Returns its index.
    pub fn branch(&mut self, name: impl Into<String>) -> usize {
        let at = self.current().simulation().now();
        let mut recording = self.current().clone();
        recording.drop_future();
        self.branches.push(Branch {
            id: self.made,
            name: name.into(),
            parent: Some((self.current, at)),
            recording,
        });
        self.made += 1;
        self.current = self.branches.len() - 1;
        self.current
    }

    /// Takes an action now. In the past of a run in which something was done later, that opens a branch named `name`, so
    /// that both futures are kept. Returns whether it did.
    ///
    /// # Errors
    /// [`ScenarioError`] when the action names something that is not there; nothing has changed then.
    pub fn act(&mut self, action: Action, name: impl Into<String>) -> Result<bool, ScenarioError> {
        let branches = self.current().has_future_actions();
        if branches {
            let run = self.current();
            let cast = run.simulation().cast();
            run.scenario()
                .validate_action_for(cast, "action", &action)?;
            self.branch(name);
        }
        self.current_mut().act(action)?;
        Ok(branches)
    }
}
