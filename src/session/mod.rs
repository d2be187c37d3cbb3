//! The session: the experiment that the page shows, and the clock that moves it.
//!
//! The experiment lives outside the reactive graph. Components never hold it; they project it: [`Session::on_frame`] for
//! what moves (looked at once an animation frame), [`Session::on_panel`] for what is read (at most ten times a second, and
//! at once when a person acts), [`Session::on_second`] for what is read aloud. Whatever changes it goes through the methods here, and only here.
//!
//! `look`: the projections. `clock`: the animation loop. `aside`: what waits while a lesson is shown. `followers`: other runs that keep to the same clock. `speed`: how fast.

mod anew;
mod aside;
mod clock;
mod followers;
mod look;
mod speed;
mod undo;

use leptos::prelude::*;
use replicascope_engine::ids::EventId;
use replicascope_engine::recording::Worth;
use replicascope_engine::scenario::{Action, TimedAction};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::{Experiment, Recording, Scenario, ScenarioError};

use crate::lean::Memo;
use crate::{reserve, words};
use followers::Followers;

pub use clock::Clock;
pub use speed::{SPEEDS, Speed};

/// How long the panels wait between two looks at a running experiment, in milliseconds of real time.
const PANEL_PAUSE_MS: f64 = 100.0;
/// How long what is read aloud waits between two looks.
const SECOND_MS: f64 = 1_000.0;
/// How long a picture of the run stands at least where motion is to be reduced.
const STILL_MS: f64 = 250.0;
/// Most engine steps in a jump to an instant that has not been played yet: a second or so.
const STEPS_PER_JUMP: u64 = 3_000_000;
/// Most engine steps in one animation frame: what a slow phone does in a few milliseconds.
const STEPS_PER_FRAME: u64 = 20_000;
/// Most engine steps of a follower before the page is drawn again; the rest follows frame by frame.
const STEPS_PER_LEAP: u64 = 400_000;
/// Most steps that are skipped in search of an event worth stopping at.
const STEPS_TO_EVENT: u64 = 1_000_000;

/// The experiment and its clock. A copy is a handle to the same session.
#[derive(Clone, Copy)]
pub struct Session {
    experiment: StoredValue<Experiment, LocalStorage>,
    former: StoredValue<anew::Former, LocalStorage>,
    aside: StoredValue<Option<aside::Aside>, LocalStorage>,
    /// Counts animation frames in which something changed.
    frame: RwSignal<u64>,
    /// Counts looks of the panels.
    panel: RwSignal<u64>,
    panel_due_ms: StoredValue<f64, LocalStorage>,
    /// Counts seconds, and everything that a person does.
    second: RwSignal<u64>,
    second_due_ms: StoredValue<f64, LocalStorage>,
    /// When, in real time, the run was last shown where motion is reduced.
    shown_ms: StoredValue<f64, LocalStorage>,
    /// How many steps it had taken then.
    shown_steps: RwSignal<u64>,
    playing: RwSignal<bool>,
    /// Where playing ends by itself.
    until: StoredValue<Option<Time>, LocalStorage>,
    speed: RwSignal<Speed>,
    notice: RwSignal<Option<String>>,
    saturated: RwSignal<bool>,
    /// Counts changes of the future: actions, other branches, other scenarios.
    futures: RwSignal<u64>,
    /// The experiment whose clock this one keeps to, if it is not its own.
    leader: Option<StoredValue<Experiment, LocalStorage>>,
    /// Those that keep to this one's clock.
    followers: StoredValue<Followers, LocalStorage>,
    /// What was undone and can be done again, last first to come; each is what a person did in one go.
    undone: RwSignal<Vec<Vec<TimedAction>>>,
    told: Told,
}

/// What others may read but not set. Made once: a handle to read by dies with the owner in which it was asked for, and each is kept until then.
#[derive(Clone, Copy)]
struct Told {
    playing: ReadSignal<bool>,
    speed: ReadSignal<Speed>,
    saturated: ReadSignal<bool>,
    futures: ReadSignal<u64>,
}

impl Session {
    /// A session on a scenario, paused at the instant `start`.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn new(scenario: Scenario, start: Time) -> Result<Self, ScenarioError> {
        let mut experiment = Experiment::with(scenario, "Run", reserve::cast())?;
        experiment.current_mut().advance_to(start);
        Ok(Self::with(experiment))
    }

    /// A session on an experiment as it stands, paused.
    #[must_use]
    pub fn with(experiment: Experiment) -> Self {
        let playing = RwSignal::new(false);
        let speed = RwSignal::new(Speed::default());
        let saturated = RwSignal::new(false);
        let futures = RwSignal::new(0);
        Self {
            experiment: StoredValue::new_local(experiment),
            former: StoredValue::new_local(anew::Former::default()),
            aside: StoredValue::new_local(None),
            frame: RwSignal::new(0),
            panel: RwSignal::new(0),
            panel_due_ms: StoredValue::new_local(0.0),
            second: RwSignal::new(0),
            second_due_ms: StoredValue::new_local(0.0),
            shown_ms: StoredValue::new_local(0.0),
            shown_steps: RwSignal::new(0),
            playing,
            until: StoredValue::new_local(None),
            speed,
            notice: RwSignal::new(None),
            saturated,
            futures,
            leader: None,
            followers: StoredValue::new_local(Followers::default()),
            undone: RwSignal::new(Vec::new()),
            told: Told {
                playing: playing.read_only(),
                speed: speed.read_only(),
                saturated: saturated.read_only(),
                futures: futures.read_only(),
            },
        }
    }

    /// The session of the page.
    ///
    /// # Panics
    /// Outside of the page's components.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    /// Whether the run plays.
    #[must_use]
    pub fn playing(self) -> ReadSignal<bool> {
        self.told.playing
    }

    /// Virtual time over real time.
    #[must_use]
    pub fn speed(self) -> ReadSignal<Speed> {
        self.told.speed
    }

    /// Something the person should know: an action that was refused, or the end of the run.
    #[must_use]
    pub fn notice(self) -> RwSignal<Option<String>> {
        self.notice
    }

    /// Whether the machine cannot keep up with the speed that was asked for.
    #[must_use]
    pub fn saturated(self) -> ReadSignal<bool> {
        self.told.saturated
    }

    /// Counts actions, and switches to other branches or scenarios: what was known of the future is void then.
    #[must_use]
    pub fn futures(self) -> ReadSignal<u64> {
        self.told.futures
    }

    /// Plays from here on.
    pub fn play(self) {
        self.playing.set(true);
        self.look_again();
    }

    /// Plays up to an instant and pauses there.
    pub(crate) fn play_until(self, end: Time) {
        self.until.set_value(Some(end));
        self.play();
    }

    /// Stands still.
    pub fn pause(self) {
        self.playing.set(false);
        self.look_again();
    }

    /// Plays if it stands still, and the reverse.
    pub fn toggle(self) {
        if self.playing.get_untracked() {
            self.pause();
        } else {
            self.play();
        }
    }

    /// Changes the speed.
    pub fn set_speed(self, speed: Speed) {
        self.speed.set(speed);
    }

    /// Pauses and goes on to the next event, or arrival of a message, that is not background chatter; of several runs, to the
    /// next in any of them.
    pub fn step(self, worth: Worth) {
        if self.leads() {
            if let Some(at) = self.next_among(worth, STEPS_TO_EVENT) {
                self.seek(at);
            }
            return;
        }
        self.move_paused(|recording| {
            recording.step_to(worth, STEPS_TO_EVENT);
        });
    }

    /// Pauses and goes back before the last event, or arrival of a message, that is not background chatter.
    pub fn step_back(self, worth: Worth) {
        if self.leads() {
            if let Some(at) = self.last_among(worth) {
                self.seek(Time(at.0.saturating_sub(1)));
            }
            return;
        }
        self.move_paused(|recording| {
            recording.step_back(worth);
        });
    }

    /// Goes back to the start; the seed and the actions stay. Whether it plays stays too.
    pub fn rewind(self) {
        self.experiment
            .update_value(|experiment| experiment.current_mut().seek(Time::ZERO));
        self.lead(STEPS_PER_LEAP);
        self.look_again();
    }

    /// Pauses and goes to an instant, or as far towards it as can be computed while a person waits.
    pub fn seek(self, at: Time) {
        self.move_paused(|recording| {
            recording.seek(at.min(recording.reached()));
            recording.advance_within(at, STEPS_PER_JUMP);
        });
    }

    /// Pauses and goes to the first state in which an event has happened.
    pub fn seek_event(self, event: EventId) {
        self.move_paused(|recording| {
            recording.seek_event(event);
        });
    }

    fn move_paused(self, change: impl FnOnce(&mut Recording)) {
        self.playing.set(false);
        self.experiment
            .update_value(|experiment| change(experiment.current_mut()));
        self.lead(STEPS_PER_LEAP);
        self.look_again();
    }

    /// Takes an action now. In the past of a run in which something was done later, the old future is kept as a branch.
    /// What is refused is said in [`Session::notice`].
    pub fn act(self, action: Action) {
        self.act_all([action]);
    }

    /// Takes several actions now, up to the first that is refused.
    pub fn act_all(self, actions: impl IntoIterator<Item = Action>) {
        let mut notice = None;
        self.undone.set(Vec::new());
        self.of_the_clock()
            .experiment.update_value(|experiment| {
            for action in actions {
                let at = experiment.current().simulation().now();
                let name = format!("{} at {}", words::settings::short(&action), words::at(at));
                crate::share::about_to(experiment.current(), &action);
                experiment.current_mut().welcome(reserve::cast());
                match experiment.act(action, name.as_str()) {
                    Ok(false) => {}
                    Ok(true) => {
                        notice = Some(format!(
                            "A branch begins here: {name}. What happened later is kept in the one before."
                        ));
                    }
                    Err(error) => {
                        notice = Some(error.to_string());
                        break;
                    }
                }
            }
        });
        self.notice.set(notice);
        self.another_future();
    }

    /// Plays another branch, from where it stood.
    pub fn switch_to(self, branch: usize) {
        self.undone.set(Vec::new());
        self.experiment.update_value(|experiment| {
            experiment.switch_to(branch);
        });
        self.another_future();
    }

    /// Starts a branch at the present instant; what comes after it stays in the one before.
    pub fn branch_here(self) {
        let mut name = String::new();
        self.experiment.update_value(|experiment| {
            let at = experiment.current().simulation().now();
            name = format!("Branch at {}", words::at(at));
            experiment.branch(name.as_str());
        });
        self.notice.set(Some(format!("{name} begins here.")));
        self.another_future();
    }

    /// Calls a branch something else; an empty name changes nothing.
    pub fn rename(self, branch: usize, name: &str) {
        if !name.trim().is_empty() {
            self.experiment.update_value(|experiment| {
                experiment.rename(branch, name.trim());
            });
        }
        self.look_again();
    }

    /// Starts another scenario at the instant `start`; the present experiment is gone.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid; the present experiment stays then.
    pub fn load(self, scenario: Scenario, start: Time) -> Result<(), ScenarioError> {
        let mut experiment = Experiment::with(scenario, "Run", reserve::cast())?;
        experiment.current_mut().advance_to(start);
        self.undone.set(Vec::new());
        self.experiment.set_value(experiment);
        self.forget_former();
        self.another_future();
        Ok(())
    }

    /// Shows another run as it stands; the present experiment is gone.
    pub fn open(self, recording: Recording) {
        self.undone.set(Vec::new());
        self.experiment.set_value(Experiment::of(recording, "Run"));
        self.forget_former();
        self.another_future();
    }

    /// Moves the run by a stretch of real time; called once an animation frame. It waits for followers that are behind.
    /// With `reduced` motion the run is shown event by event and stands still in between.
    fn tick(self, elapsed_ms: f64, real_ms: f64, reduced: bool) {
        let (playing, behind) = (self.playing.get_untracked(), self.is_behind());
        if !playing && !behind {
            return;
        }
        let mut arrived = !behind;
        if !behind {
            let span = self.speed.get_untracked().virtual_span(elapsed_ms);
            let mut ended = false;
            let end = self.until.get_value();
            self.experiment.update_value(|experiment| {
                let recording = experiment.current_mut();
                let now = recording.simulation().now();
                // What lies behind is no end.
                let end = end.filter(|&end| end > now);
                let until = end.map_or(now + span, |end| end.min(now + span));
                arrived = recording.advance_within(until, STEPS_PER_FRAME);
                ended = arrived && Some(until) == end;
            });
            if ended {
                self.until.set_value(None);
                self.pause();
            }
        }
        let together = self.lead(STEPS_PER_FRAME);
        if behind && together {
            self.look_again();
        }
        arrived = arrived && together || !playing;
        if self.saturated.get_untracked() == arrived {
            self.saturated.set(!arrived);
        }
        if reduced && playing && self.stands_still(real_ms) {
            return;
        }
        self.frame.update(|count| *count += 1);
        if real_ms >= self.second_due_ms.get_value() {
            self.second_due_ms.set_value(real_ms + SECOND_MS);
            self.second.update(|count| *count += 1);
        }
        if real_ms >= self.panel_due_ms.get_value() {
            self.panel_due_ms.set_value(real_ms + PANEL_PAUSE_MS);
            self.panel.update(|count| *count += 1);
        }
    }

    /// Whether what is shown still stands: for a while, and until something has happened, at most a second.
    fn stands_still(self, real_ms: f64) -> bool {
        let steps = self.peek(|run| run.simulation().steps());
        let waited = real_ms - self.shown_ms.get_value();
        let same = steps == self.shown_steps.get_untracked();
        let still = waited < STILL_MS || same && waited < SECOND_MS;
        if !still {
            self.shown_ms.set_value(real_ms);
            self.shown_steps.set(steps);
        }
        still
    }

    fn another_future(self) {
        self.futures.update(|count| *count += 1);
        self.look_again();
    }

    /// Lets every projection be computed anew.
    fn look_again(self) {
        self.frame.update(|count| *count += 1);
        self.panel.update(|count| *count += 1);
        self.second.update(|count| *count += 1);
    }

    /// How much virtual time one real second is now.
    #[must_use]
    pub fn pace(self) -> Span {
        self.speed.get().virtual_span(1_000.0)
    }
}

/// Starts the page's one animation loop and stops it when the owner is cleaned up.
pub fn start_clock(session: Session, reduced: Memo<bool>) -> Clock {
    clock::start(move |elapsed_ms, real_ms| {
        session.tick(elapsed_ms, real_ms, reduced.get_untracked());
    })
}
