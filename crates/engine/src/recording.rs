//! Recordings: reaching any instant of a run, and keeping several futures of it.
//!
//! A run is a pure function of its scenario, so the way to an earlier instant is: take the nearest checkpoint before it
//! and run on. Checkpoints share their logs with the run (copy on write), and they grow sparser as the run grows longer.
//! `experiment`: several futures of one start.

mod experiment;

use std::sync::Arc;

use crate::cast::Cast;
use crate::event::{Event, EventKind};
use crate::ids::EventId;
use crate::scenario::{Action, Scenario, ScenarioError, TimedAction};
use crate::time::Time;
use crate::world::Simulation;

pub use experiment::{Branch, Experiment, Part};

/// Most checkpoints kept; when there are more, every other one goes.
const CHECKPOINTS: usize = 64;
/// Most checkpoints kept once the ledger no longer holds the whole run. Until then they share nearly everything with the
/// run; from then on each holds about 20 MB of its own.
const CHECKPOINTS_OF_LONG_RUNS: usize = 12;
/// Steps between checkpoints at the start of a run; doubles whenever they are thinned out.
const FIRST_INTERVAL: u64 = 2_000;

/// What stepping stops at. Background chatter is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// Any event.
    Event,
    /// The arrival of a message, also where nobody listens.
    Arrival,
}

impl Worth {
    fn is(self, event: &Event) -> bool {
        let arrives = matches!(
            event.kind,
            EventKind::Delivered { .. } | EventKind::NobodyListened { .. }
        );
        (arrives || self == Self::Event) && !event.kind.is_routine()
    }

    fn oldest_after(self, run: &Simulation, after: EventId) -> Option<Event> {
        let mut events = run.trace().since(after);
        events.find(|event| self.is(event)).copied()
    }
}

/// One run with its checkpoints.
#[derive(Clone, Debug)]
pub struct Recording {
    scenario: Scenario,
    simulation: Simulation,
    /// In order of steps. The first is the start of the run.
    checkpoints: Vec<Simulation>,
    interval: u64,
    /// How far the run has been played: the end of what can be scrubbed without computing anything new.
    reached: Time,
}

impl Recording {
    /// A recording of a run at its start.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn new(scenario: Scenario) -> Result<Self, ScenarioError> {
        Self::with(scenario, Cast::all())
    }

    /// As [`Recording::new`], of a run that these take part in.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid, or needs somebody else.
    pub fn with(scenario: Scenario, cast: Cast) -> Result<Self, ScenarioError> {
        let simulation = Simulation::with(&scenario, cast)?;
        let checkpoints = vec![simulation.clone()];
        Ok(Self {
            scenario,
            simulation,
            checkpoints,
            interval: FIRST_INTERVAL,
            reached: Time::ZERO,
        })
    }

    /// These can take part from now on, such as the routers that an action asks for.
    pub fn welcome(&mut self, cast: Cast) {
        self.simulation.welcome(cast);
        for checkpoint in &mut self.checkpoints {
            checkpoint.welcome(cast);
        }
    }

    /// The run as it stands.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// How far the run has been played.
    #[must_use]
    pub fn reached(&self) -> Time {
        self.reached
    }

    /// The scenario, with every action of the log.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario {
            actions: self.simulation.actions().to_vec(),
            ..self.scenario.clone()
        }
    }

    /// Handles everything due up to and at `until`.
    pub fn advance_to(&mut self, until: Time) {
        while !self.advance_within(until, u64::MAX) {}
    }

    /// As [`Recording::advance_to`], but handles about `most` things at most and says whether it got there.
    pub fn advance_within(&mut self, until: Time, most: u64) -> bool {
        let mut left = most;
        loop {
            let next = self.last_checkpoint() + self.interval;
            let until_checkpoint = next.saturating_sub(self.simulation.steps()).max(1);
            let chunk = left.min(until_checkpoint);
            let before = self.simulation.steps();
            let arrived = self.simulation.advance_within(until, chunk);
            self.reached = self.reached.max(self.simulation.now());
            self.maybe_checkpoint();
            if arrived {
                return true;
            }
            left = left.saturating_sub((self.simulation.steps() - before).max(1));
            if left == 0 {
                return false;
            }
        }
    }

    /// Handles the next thing that is due. Returns whether there was one.
    pub fn step(&mut self) -> bool {
        let stepped = self.simulation.step();
        self.reached = self.reached.max(self.simulation.now());
        self.maybe_checkpoint();
        stepped
    }

    /// Steps until something has happened that is [`Worth`] stopping at; gives up after `most` steps. Returns it.
    pub fn step_to(&mut self, worth: Worth, most: u64) -> Option<Event> {
        for _ in 0..most {
            let before = EventId(self.simulation.trace().len());
            if !self.step() {
                return None;
            }
            let found = worth.oldest_after(&self.simulation, before);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Goes back to the state before the last step that made an event [`Worth`] stopping at. Returns that event.
    pub fn step_back(&mut self, worth: Worth) -> Option<Event> {
        let newest = self.newest(worth)?;
        self.seek_before(newest.id);
        Some(newest)
    }

    /// The newest event that is [`Worth`] stopping at, if the trace still holds one.
    #[must_use]
    pub fn newest(&self, worth: Worth) -> Option<Event> {
        let mut events = self.simulation.trace().events().rev();
        events.find(|event| worth.is(event)).copied()
    }

    /// When the next event [`Worth`] stopping at happens, if within `most` steps. The run stays where it is.
    #[must_use]
    pub fn next_at(&self, worth: Worth, most: u64) -> Option<Time> {
        let mut ahead = self.simulation.clone();
        for _ in 0..most {
            let before = EventId(ahead.trace().len());
            if !ahead.step() {
                return None;
            }
            if let Some(event) = worth.oldest_after(&ahead, before) {
                return Some(event.at);
            }
        }
        None
    }

    /// Goes to the state just before the step that made this event.
    pub fn seek_before(&mut self, event: EventId) {
        self.restore(|checkpoint| checkpoint.trace().len() < event.0);
        loop {
            let mut ahead = self.simulation.clone();
            // In strides: cheap copies, and at most one stride is walked step by step.
            let target = ahead.steps() + 64;
            while ahead.steps() < target && ahead.trace().len() < event.0 {
                if !ahead.step() {
                    return;
                }
            }
            if ahead.trace().len() < event.0 {
                self.simulation = ahead;
                continue;
            }
            while self.simulation.steps() + 1 < ahead.steps() {
                self.simulation.step();
            }
            return;
        }
    }

    /// Goes to the first state in which this event has happened. Returns whether there is one.
    pub fn seek_event(&mut self, event: EventId) -> bool {
        if self.simulation.trace().len() >= event.0 {
            self.restore(|checkpoint| checkpoint.trace().len() < event.0.max(1));
        }
        while self.simulation.trace().len() < event.0 {
            if !self.step() {
                return false;
            }
        }
        true
    }

    /// Goes to an instant: everything due up to and at it has happened.
    pub fn seek(&mut self, at: Time) {
        if at < self.simulation.now()
            || self
                .checkpoints
                .iter()
                .any(|other| other.steps() > self.simulation.steps() && other.now() <= at)
        {
            self.restore(|checkpoint| checkpoint.now() <= at);
        }
        self.advance_to(at);
    }

    /// Takes an action at the present instant. What came after it is dropped; keep a clone to keep that future.
    ///
    /// # Errors
    /// [`ScenarioError`] when the action names something that is not there; nothing has changed then.
    pub fn act(&mut self, action: Action) -> Result<(), ScenarioError> {
        self.simulation.act(action)?;
        let steps = self.simulation.steps();
        self.checkpoints
            .retain(|checkpoint| checkpoint.steps() < steps);
        self.reached = self.simulation.now();
        Ok(())
    }

    /// Takes back the last action that has happened: the run is at the same instant, as if it had never been taken. What came
    /// after the present is dropped. Returns the action.
    pub fn undo(&mut self) -> Option<TimedAction> {
        let now = self.simulation.now();
        let index = self.simulation.actions_taken().checked_sub(1)?;
        let mut log = self.simulation.actions()[..=index].to_vec();
        let undone = log.pop();
        self.restore(|checkpoint| checkpoint.actions_taken() <= index);
        self.simulation.set_actions(Arc::new(log));
        self.checkpoints
            .retain(|checkpoint| checkpoint.actions_taken() <= index);
        self.reached = self.simulation.now();
        self.advance_to(now);
        undone
    }

    /// Takes an action again that [`Recording::undo`] took back: the run is at the same instant as before, or at the action's
    /// when that is later. What came after the present is dropped.
    ///
    /// # Errors
    /// [`ScenarioError`] when the action names something that is not there; the run is where the action would have been then.
    pub fn redo(&mut self, action: &TimedAction) -> Result<(), ScenarioError> {
        let now = self.simulation.now().max(action.at_us);
        self.seek(action.at_us);
        self.act(action.action.clone())?;
        self.advance_to(now);
        Ok(())
    }

    /// Whether acting now would drop a future in which something was done.
    #[must_use]
    pub fn has_future_actions(&self) -> bool {
        self.simulation.actions_taken() < self.simulation.actions().len()
    }

    /// Restores the latest checkpoint that `fits`; the start of the run always does.
    fn restore(&mut self, fits: impl Fn(&Simulation) -> bool) {
        let log = self.simulation.action_log();
        let index = self.checkpoints.partition_point(fits).max(1) - 1;
        self.simulation = self.checkpoints[index].clone();
        self.simulation.set_actions(log);
    }

    fn last_checkpoint(&self) -> u64 {
        self.checkpoints.last().map_or(0, Simulation::steps)
    }

    fn maybe_checkpoint(&mut self) {
        if self.simulation.steps() < self.last_checkpoint() + self.interval {
            return;
        }
        self.checkpoints.push(self.simulation.clone());
        let whole = self.simulation.oracle().keeps_everything();
        let most = if whole {
            CHECKPOINTS
        } else {
            CHECKPOINTS_OF_LONG_RUNS
        };
        while self.checkpoints.len() > most {
            let mut index = 0;
            self.checkpoints.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.interval *= 2;
        }
    }

    /// Drops the actions that are still to come and the checkpoints beyond the present.
    fn drop_future(&mut self) {
        let taken = self.simulation.actions_taken();
        let log: Vec<TimedAction> = self.simulation.actions()[..taken].to_vec();
        self.simulation.set_actions(Arc::new(log));
        let steps = self.simulation.steps();
        self.checkpoints
            .retain(|checkpoint| checkpoint.steps() <= steps);
        self.reached = self.simulation.now();
    }
}
