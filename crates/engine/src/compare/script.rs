//! What a person did in a run, done again under other settings.

use std::sync::Arc;

use super::Change;
use crate::cast::Cast;
use crate::event::{EventKind, NoEffect};
use crate::ids::{EventId, MessageId};
use crate::recording::Recording;
use crate::scenario::{Action, Scenario, ScenarioError, TimedAction};
use crate::time::Time;
use crate::world::{InFlight, Simulation};

/// Why an action makes no sense under other settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was taken and changed nothing.
    NoEffect(NoEffect),
    /// The change under comparison holds for the whole run, so what the action sets stays as it is.
    Held,
    /// No such message is on its way here.
    OtherMessages,
    /// It names something that is not there under these settings, such as a process of another manager.
    NotThere(ScenarioError),
}

/// An action that makes no sense here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// When.
    pub at: Time,
    /// What was to be done.
    pub action: Action,
    /// Why it makes no sense.
    pub why: Why,
}

/// The actions of a run, to be taken in another one as their instants come. That run goes forward through
/// [`Script::advance_within`] only; going back in it is safe at any time.
#[derive(Clone, Debug)]
pub struct Script {
    changes: Vec<Change>,
    actions: Vec<TimedAction>,
    next: usize,
    odd: Vec<Odd>,
    scenario: Scenario,
    /// The original, up to the last action on a message: what a message's number meant there.
    original: Option<Box<Simulation>>,
}

impl Script {
    pub(super) fn new(scenario: &Scenario, changes: Vec<Change>) -> Self {
        Self {
            changes,
            actions: scenario.actions.clone(),
            next: 0,
            odd: Vec::new(),
            scenario: scenario.clone(),
            original: None,
        }
    }

    /// A script without actions, for a run that has its own.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(&Scenario::default(), Vec::new())
    }

    /// The actions up to the farthest instant reached that make no sense here, oldest first.
    #[must_use]
    pub fn odd(&self) -> &[Odd] {
        &self.odd
    }

    /// Moves the run to `until`, taking the actions that are due, but handles about `most` things at most. Returns whether it
    /// got there.
    pub fn advance_within(&mut self, run: &mut Recording, until: Time, most: u64) -> bool {
        let last = run.simulation().steps().saturating_add(most);
        loop {
            let left = last.saturating_sub(run.simulation().steps());
            let due = self.actions.get(self.next).map(|action| action.at_us);
            let Some(due) = due.filter(|&due| due <= until) else {
                return run.advance_within(until, left);
            };
            if !run.advance_within(due, left) {
                return false;
            }
            self.take(run);
        }
    }

    fn take(&mut self, run: &mut Recording) {
        let TimedAction { at_us: at, action } = self.actions[self.next].clone();
        let why = match self.translate(run.simulation(), &action) {
            Ok(here) => {
                let held = here != action;
                let before = EventId(run.simulation().trace().len());
                match run.act(here) {
                    Err(error) => Some(Why::NotThere(error)),
                    Ok(()) => no_effect(run.simulation(), before).map(|why| match why {
                        NoEffect::SameSetting if held => Why::Held,
                        why => Why::NoEffect(why),
                    }),
                }
            }
            Err(why) => Some(why),
        };
        self.next += 1;
        self.odd.extend(why.map(|why| Odd { at, action, why }));
    }

    /// The action as it is to be taken here.
    fn translate(&mut self, here: &Simulation, action: &Action) -> Result<Action, Why> {
        Ok(match *action {
            Action::Set(ref setting) => {
                let (mut settings, mut workload) = (here.settings().clone(), *here.workload());
                setting.apply(&mut settings, &mut workload);
                for change in &self.changes {
                    change.apply(&mut settings, &mut workload);
                }
                Action::Set(setting.in_force(&settings, &workload))
            }
            Action::HoldMessage { message } => Action::HoldMessage {
                message: self.counterpart(here, message)?,
            },
            Action::ReleaseMessage { message } => Action::ReleaseMessage {
                message: self.counterpart(here, message)?,
            },
            Action::DropMessage { message } => Action::DropMessage {
                message: self.counterpart(here, message)?,
            },
            Action::DelayMessage { message, by_us } => Action::DelayMessage {
                message: self.counterpart(here, message)?,
                by_us,
            },
            Action::DuplicateMessage { message } => Action::DuplicateMessage {
                message: self.counterpart(here, message)?,
            },
            ref other => other.clone(),
        })
    }

    /// Messages are numbered in the order of their sending, so the same number is another message under other settings. The
    /// counterpart says the same, and is on its way between the same two; of several, the one with the nearest number.
    fn counterpart(&mut self, here: &Simulation, message: MessageId) -> Result<MessageId, Why> {
        let at = self.actions[self.next].at_us;
        let meant = self
            .original_at(at, here.cast())
            .and_then(|original| original.network().find(message))
            .ok_or(Why::NoEffect(NoEffect::NoSuchMessage))?;
        let same = |other: &&InFlight| {
            (other.from, other.to) == (meant.from, meant.to) && other.message == meant.message
        };
        let found = here.network().in_flight().filter(same);
        let nearest = found.min_by_key(|other| other.id.0.abs_diff(message.0));
        nearest.map(|found| found.id).ok_or(Why::OtherMessages)
    }

    /// The original just before the action that is to be taken next.
    fn original_at(&mut self, at: Time, cast: Cast) -> Option<&Simulation> {
        if self.original.is_none() {
            self.original = Simulation::with(&self.scenario, cast).ok().map(Box::new);
        }
        let original = self.original.as_mut()?;
        original.set_actions(Arc::new(self.actions[..self.next].to_vec()));
        original.advance_to(at);
        Some(original)
    }
}

fn no_effect(run: &Simulation, before: EventId) -> Option<NoEffect> {
    run.trace()
        .since(before)
        .find_map(|event| match event.kind {
            EventKind::ActionHadNoEffect { why } => Some(why),
            _ => None,
        })
}
