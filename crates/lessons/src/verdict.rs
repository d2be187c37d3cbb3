//! Judging: predictions by what happened, decisions by what the case needs, tasks by their goal and limits.

use replicascope_engine::scenario::{Action, ServiceAction, Settings, TimedAction, Workload};
use replicascope_engine::{Scenario, Simulation};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::condition::{Atom, Standing};
use crate::lesson::{Answer, Decision, Prediction, Script, Step};
use crate::number::Number;
use crate::witness::Witness;

/// What became of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was right.
    Right,
    /// Another option was: this one.
    Wrong(usize),
    /// The run took a way on which no single option is right.
    Undecided,
}

impl Prediction {
    /// Judges a choice by what happened. Asked when the step is done.
    #[must_use]
    pub fn judge(&self, witness: &Witness, choice: usize) -> Verdict {
        match self.right(witness) {
            Some(right) if right == choice => Verdict::Right,
            Some(right) => Verdict::Wrong(right),
            None => Verdict::Undecided,
        }
    }

    /// The one option that holds, if exactly one does.
    #[must_use]
    pub fn right(&self, witness: &Witness) -> Option<usize> {
        let holds = |(index, option): (usize, &Answer)| option.when.holds(witness).then_some(index);
        let mut holding = self.options.iter().enumerate().filter_map(holds);
        let first = holding.next()?;
        holding.next().is_none().then_some(first)
    }
}

/// How a choice of settings did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Whether it gave all that the case needs.
    pub fits: bool,
    /// Need by need.
    pub needs: Vec<Standing>,
}

impl Decision {
    /// Judges the choice that the run was made with. Asked when the step is done.
    #[must_use]
    pub fn judge(&self, witness: &Witness) -> Fit {
        let needs: Vec<Standing> = self
            .needs
            .iter()
            .map(|need| need.when.standing(witness))
            .collect();
        Fit {
            fits: needs.iter().all(|need| need.reached),
            needs,
        }
    }
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grade {
    /// It is done.
    Accepted,
    /// Nothing is against it, but it is not done yet.
    NotYet(Standing),
    /// A limit was overstepped.
    Refused(Vec<Refusal>),
}

/// Why a task's run does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// This action of the log is not allowed.
    Deed {
        /// Index of the limit in the task.
        limit: usize,
        /// Index in the log of actions.
        action: usize,
        /// What was done.
        deed: Deed,
    },
    /// A setting did not stay what it had to.
    Setting {
        /// Index of the limit in the task.
        limit: usize,
        /// Index in the log of the action that changed it; `None` when it was otherwise from the start.
        action: Option<usize>,
    },
    /// More was done than is allowed.
    TooMany {
        /// Index of the limit in the task.
        limit: usize,
        /// How many actions there were.
        actions: usize,
        /// How many are allowed.
        most: usize,
    },
    /// The run went on for longer than is allowed.
    TooLate {
        /// Index of the limit in the task.
        limit: usize,
        /// How long since the step began, in µs.
        after_us: u64,
        /// How long is allowed, in µs.
        most_us: u64,
    },
    /// The run did not start as the task's does.
    OtherStart,
}

/// What is not allowed in a task.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Nothing may be done but this.
    Only(Vec<Deed>),
    /// None of this may be done.
    Without(Vec<Deed>),
    /// A setting must be this all the time: `settings.mode == semi_sync`.
    Stays(Setting),
    /// So many actions at most.
    MostActions(usize),
    /// It must be done within so long after the step began, in µs.
    WithinUs(u64),
}

/// A setting that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting(pub Atom);

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let atom: Atom = text.parse().map_err(D::Error::custom)?;
        match &atom {
            Atom::Setting { .. }
            | Atom::Number {
                number: Number::Setting(_),
                ..
            } => Ok(Self(atom)),
            _ => Err(D::Error::custom(format!(
                "\"{text}\" is not about a setting"
            ))),
        }
    }
}

/// What an action does, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are those of Action, which says what they mean"
)]
pub enum Deed {
    Write,
    Read,
    Kill,
    LoseHost,
    Restart,
    Freeze,
    Thaw,
    Slow,
    CutLink,
    HealLink,
    SetLink,
    Isolate,
    Reconnect,
    HealAll,
    HoldMessage,
    ReleaseMessage,
    DropMessage,
    DelayMessage,
    DuplicateMessage,
    Promote,
    Admin,
    Service,
    Set,
    /// Anything that breaks or slows a node, a link, a message or a process.
    Fault,
}

impl Deed {
    /// What an action is.
    #[must_use]
    pub fn of(action: &Action) -> Self {
        match action {
            Action::Write { .. } => Self::Write,
            Action::Read { .. } => Self::Read,
            Action::Kill { .. } => Self::Kill,
            Action::LoseHost { .. } => Self::LoseHost,
            Action::Restart { .. } => Self::Restart,
            Action::Freeze { .. } => Self::Freeze,
            Action::Thaw { .. } => Self::Thaw,
            Action::Slow { .. } => Self::Slow,
            Action::CutLink { .. } => Self::CutLink,
            Action::HealLink { .. } => Self::HealLink,
            Action::SetLink { .. } => Self::SetLink,
            Action::Isolate { .. } => Self::Isolate,
            Action::Reconnect { .. } => Self::Reconnect,
            Action::HealAll => Self::HealAll,
            Action::HoldMessage { .. } => Self::HoldMessage,
            Action::ReleaseMessage { .. } => Self::ReleaseMessage,
            Action::DropMessage { .. } => Self::DropMessage,
            Action::DelayMessage { .. } => Self::DelayMessage,
            Action::DuplicateMessage { .. } => Self::DuplicateMessage,
            Action::Promote { .. } => Self::Promote,
            Action::Admin { .. } => Self::Admin,
            Action::Service { .. } => Self::Service,
            Action::Set(_) => Self::Set,
        }
    }

    fn covers(self, action: &Action) -> bool {
        let fault = || match action {
            Action::Slow { factor, .. } => *factor > 1,
            Action::Service { what, .. } => {
                matches!(what, ServiceAction::Kill | ServiceAction::Freeze)
            }
            other => matches!(
                Self::of(other),
                Self::Kill
                    | Self::LoseHost
                    | Self::Freeze
                    | Self::CutLink
                    | Self::SetLink
                    | Self::Isolate
                    | Self::HoldMessage
                    | Self::DropMessage
                    | Self::DelayMessage
                    | Self::DuplicateMessage
            ),
        };
        self == Self::of(action) || self == Self::Fault && fault()
    }
}

impl Step {
    /// Grades a task. `scenario` is what the step's run starts from. What the script did does not count as the learner's doing,
    /// but it must have been done. A step that is no task is accepted when its goal is reached.
    #[must_use]
    pub fn grade(&self, witness: &Witness, scenario: &Scenario) -> Grade {
        let run = witness.run();
        let taken = &run.actions()[..run.actions_taken()];
        let begun = witness.start().actions_taken().min(taken.len());
        let scripted = match &self.script {
            Some(script) => script.begun_in(taken, begun),
            None => Vec::new(),
        };
        let wanted = self
            .script
            .as_ref()
            .map_or(0, |script| script.actions.len());
        let own: Vec<usize> = (begun..taken.len())
            .filter(|index| !scripted.contains(index))
            .collect();
        let mut refusals = Vec::new();
        if let Some(task) = &self.task {
            let start = witness.scenario();
            let same = start.seed == scenario.seed
                && start.cluster == scenario.cluster
                && start.settings == scenario.settings
                && start.workload == scenario.workload;
            if !task.own_start && !same {
                refusals.push(Refusal::OtherStart);
            }
            for (index, limit) in task.limits.iter().enumerate() {
                limit.check(index, witness, &own, &mut refusals);
            }
        }
        if !refusals.is_empty() {
            return Grade::Refused(refusals);
        }
        let standing = self.goal.standing(witness);
        if standing.reached && scripted.len() == wanted {
            Grade::Accepted
        } else {
            Grade::NotYet(standing)
        }
    }
}

impl Limit {
    fn check(&self, limit: usize, witness: &Witness, own: &[usize], refusals: &mut Vec<Refusal>) {
        let run = witness.run();
        let begun = witness.start();
        let taken = &run.actions()[..run.actions_taken()];
        match self {
            Self::Only(deeds) | Self::Without(deeds) => {
                let only = matches!(self, Self::Only(_));
                for &action in own {
                    let what = &taken[action].action;
                    if deeds.iter().any(|deed| deed.covers(what)) != only {
                        let deed = Deed::of(what);
                        refusals.push(Refusal::Deed {
                            limit,
                            action,
                            deed,
                        });
                    }
                }
            }
            Self::MostActions(most) => {
                let actions = own.len();
                if actions > *most {
                    refusals.push(Refusal::TooMany {
                        limit,
                        actions,
                        most: *most,
                    });
                }
            }
            Self::WithinUs(most_us) => {
                let after_us = run.now().since(begun.now()).0;
                if after_us > *most_us {
                    refusals.push(Refusal::TooLate {
                        limit,
                        after_us,
                        most_us: *most_us,
                    });
                }
            }
            Self::Stays(Setting(atom)) => {
                if let Some(action) = changed(atom, witness, begun, taken) {
                    refusals.push(Refusal::Setting { limit, action });
                }
            }
        }
    }
}

/// Whether a setting was, or became, something else than it must stay: by which action, `None` when from the step's start on.
fn changed(
    atom: &Atom,
    witness: &Witness,
    begun: &Simulation,
    taken: &[TimedAction],
) -> Option<Option<usize>> {
    let (mut settings, mut workload) = (begun.settings().clone(), *begun.workload());
    let holds = |settings: &Settings, workload: &Workload| match atom {
        Atom::Setting { path, is } => {
            path.among(witness.run(), settings, workload).as_ref() == Some(is)
        }
        Atom::Number {
            number: Number::Setting(path),
            is,
            ..
        } => path
            .among(witness.run(), settings, workload)
            .and_then(|value| path.amount(&value))
            .is_some_and(|amount| is.holds(amount)),
        _ => true,
    };
    if !holds(&settings, &workload) {
        return Some(None);
    }
    for (index, timed) in taken.iter().enumerate().skip(begun.actions_taken()) {
        if let Action::Set(setting) = &timed.action {
            setting.apply(&mut settings, &mut workload);
            if !holds(&settings, &workload) {
                return Some(Some(index));
            }
        }
    }
    None
}

impl Script {
    /// Where in a log its actions are, from index `from` on: each as long after the first as it should be. `None` when it was not
    /// done to its last action.
    #[must_use]
    pub fn found_in(&self, log: &[TimedAction], from: usize) -> Option<Vec<usize>> {
        let found = self.begun_in(log, from);
        (found.len() == self.actions.len()).then_some(found)
    }

    /// As [`Script::found_in`], but as much of it as was done, as while it is under way.
    fn begun_in(&self, log: &[TimedAction], from: usize) -> Vec<usize> {
        let Some(first) = self.actions.first() else {
            return Vec::new();
        };
        let begins = |index: usize| {
            let mut found: Vec<usize> = Vec::new();
            let Some(began) = log[index].at_us.0.checked_sub(first.after_us) else {
                return found;
            };
            for wanted in &self.actions {
                let next = found.last().map_or(index, |last| last + 1);
                let place = (next..log.len()).find(|&place| {
                    log[place].at_us.0 == began + wanted.after_us
                        && log[place].action == wanted.action
                });
                match place {
                    Some(place) => found.push(place),
                    None => break,
                }
            }
            found
        };
        let mut longest = Vec::new();
        for index in (from..log.len()).filter(|&index| log[index].action == first.action) {
            let found = begins(index);
            if found.len() > longest.len() {
                longest = found;
            }
        }
        longest
    }
}
