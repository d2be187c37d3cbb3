//! What is kept of a learner, for the browser's store and for export.
//!
//! A step is done only by reaching its goal; one that was skipped says so, and so does its lesson: gone through is not finished.
//! `version_1` reads what was kept before there was that difference.

mod version_1;

use replicascope_engine::expect::Amount;
use replicascope_engine::scenario::TimedAction;
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario, ScenarioError, json};
use serde::{Deserialize, Serialize};

use crate::lesson::{Lesson, StepKind};
use crate::read::{LessonError, Problem, read};

/// The version that is written.
const VERSION: u32 = 2;

/// The latest instant that a run is brought to: an hour. What is kept comes out of files that anybody may write.
const LATEST: Time = Time::from_secs(3_600);

/// Everything that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Format version, 2.
    pub version: u32,
    /// The lessons that were begun.
    #[serde(default)]
    pub lessons: Vec<LessonProgress>,
}

/// As much as says how the rest is to be read.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            version: VERSION,
            lessons: Vec::new(),
        }
    }
}

/// How far a lesson is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonProgress {
    /// Which, by its id.
    pub lesson: String,
    /// The steps that were begun.
    #[serde(default)]
    pub steps: Vec<StepProgress>,
    /// Numbers that steps kept.
    #[serde(default)]
    pub kept: Vec<Kept>,
    /// How far it is as a whole.
    #[serde(default)]
    pub state: LessonState,
}

/// How far a lesson is as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonState {
    /// Its end was not reached.
    #[default]
    Begun,
    /// Its end was reached, and steps of it were skipped.
    GoneThrough,
    /// Its end was reached, and every step of it is done.
    Finished,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Nothing yet.
    #[default]
    Begun,
    /// The learner went on without it.
    Skipped,
    /// Its goal was reached.
    Done,
}

/// How far a step is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepProgress {
    /// Which, by its id.
    pub step: String,
    /// Where the run stood when it began: going back leads here.
    #[serde(default)]
    pub start: Option<Start>,
    /// What became of it.
    #[serde(default)]
    pub state: StepState,
    /// Prediction or decision: the option that was locked in.
    #[serde(default)]
    pub choice: Option<usize>,
    /// Prediction: whether it was right. Decision: whether it fitted.
    #[serde(default)]
    pub right: Option<bool>,
}

/// A number that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// The number.
    pub amount: Amount,
}

/// An exact state of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The lesson's run, by name.
    pub run: String,
    /// The scenario that the learner started instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Box<Scenario>>,
    /// What had been done.
    #[serde(default)]
    pub actions: Vec<TimedAction>,
    /// The instant, in µs.
    pub at_us: Time,
    /// How many things had been handled: within an instant it makes a difference.
    pub steps: u64,
}

/// How a learner did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Steps that are done.
    pub done: usize,
    /// Steps that were skipped, and not done since.
    pub skipped: usize,
    /// Of so many.
    pub steps: usize,
    /// Predictions that were right, and decisions that fitted.
    pub right: usize,
    /// Of so many.
    pub questions: usize,
    /// Tasks that were accepted.
    pub accepted: usize,
    /// Of so many.
    pub tasks: usize,
}

impl Progress {
    /// Reads what was written.
    ///
    /// # Errors
    /// [`LessonError`] with the field that is wrong.
    pub fn read(text: &str) -> Result<Self, LessonError> {
        let progress = match read::<Head>(text, "progress") {
            Ok(Head { version: 1 }) => read::<version_1::Progress>(text, "progress")?.into(),
            // What is wrong in its head is told with the rest.
            Ok(Head { version: VERSION }) | Err(_) => read::<Self>(text, "progress")?,
            Ok(Head { version: found }) => {
                let known = "1 or 2, those that are read";
                return Err(LessonError::new(
                    "version",
                    Problem::Version { found, known },
                ));
            }
        };
        progress.check()?;
        Ok(progress)
    }

    /// What no single field can say.
    fn check(&self) -> Result<(), LessonError> {
        let wrong = |path: String, problem| Err(LessonError::new(path, problem));
        for (i, lesson) in self.lessons.iter().enumerate() {
            let path = format!("lessons[{i}]");
            if self.lessons[..i]
                .iter()
                .any(|other| other.lesson == lesson.lesson)
            {
                return wrong(
                    format!("{path}.lesson"),
                    Problem::Twice(lesson.lesson.clone()),
                );
            }
            for (j, step) in lesson.steps.iter().enumerate() {
                if lesson.steps[..j]
                    .iter()
                    .any(|other| other.step == step.step)
                {
                    let path = format!("{path}.steps[{j}].step");
                    return wrong(path, Problem::Twice(step.step.clone()));
                }
            }
            if lesson.state == LessonState::Finished && !lesson.all_done() {
                let why = "finished, and a step of it is not done";
                return wrong(format!("{path}.state"), Problem::Contradiction(why));
            }
        }
        Ok(())
    }

    /// As JSON on one line.
    #[must_use]
    pub fn write(&self) -> String {
        json::to_line(self).unwrap_or_else(|error| {
            unreachable!("progress is plain data, which always serializes: {error}")
        })
    }

    /// A lesson, if it was begun.
    #[must_use]
    pub fn lesson(&self, id: &str) -> Option<&LessonProgress> {
        self.lessons.iter().find(|lesson| lesson.lesson == id)
    }

    /// A lesson, begun if it was not.
    pub fn lesson_mut(&mut self, id: &str) -> &mut LessonProgress {
        let found = self.lessons.iter().position(|lesson| lesson.lesson == id);
        let index = found.unwrap_or_else(|| {
            self.lessons.push(LessonProgress {
                lesson: id.to_owned(),
                ..LessonProgress::default()
            });
            self.lessons.len() - 1
        });
        &mut self.lessons[index]
    }
}

impl LessonProgress {
    /// A step, if it was begun.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&StepProgress> {
        self.steps.iter().find(|step| step.step == id)
    }

    /// A step, begun if it was not.
    pub fn step_mut(&mut self, id: &str) -> &mut StepProgress {
        let found = self.steps.iter().position(|step| step.step == id);
        let index = found.unwrap_or_else(|| {
            // A lesson that has grown has a new end.
            self.state = LessonState::Begun;
            self.steps.push(StepProgress {
                step: id.to_owned(),
                ..StepProgress::default()
            });
            self.steps.len() - 1
        });
        &mut self.steps[index]
    }

    /// A step's goal was reached.
    pub fn finish_step(&mut self, id: &str) {
        self.step_mut(id).state = StepState::Done;
        self.settle();
    }

    /// The learner goes on without a step. One that is done stays so.
    pub fn skip_step(&mut self, id: &str) {
        let step = self.step_mut(id);
        if step.state == StepState::Begun {
            step.state = StepState::Skipped;
        }
    }

    /// The learner is behind the last step.
    pub fn reach_end(&mut self) {
        self.state = LessonState::GoneThrough;
        self.settle();
    }

    /// How many steps are in a state.
    #[must_use]
    pub fn count(&self, state: StepState) -> usize {
        self.steps.iter().filter(|step| step.state == state).count()
    }

    fn all_done(&self) -> bool {
        self.count(StepState::Done) == self.steps.len()
    }

    /// A lesson whose end was reached is finished as soon as every step is done.
    fn settle(&mut self) {
        if self.state == LessonState::GoneThrough && self.all_done() {
            self.state = LessonState::Finished;
        }
    }

    /// Keeps a number, in the place of an earlier one of that name.
    pub fn keep(&mut self, name: &str, amount: Amount) {
        self.kept.retain(|kept| kept.name != name);
        self.kept.push(Kept {
            name: name.to_owned(),
            amount,
        });
    }

    /// How the learner did.
    #[must_use]
    pub fn score(&self, lesson: &Lesson) -> Score {
        let mut score = Score::default();
        for step in &lesson.steps {
            let mine = self.step(&step.id);
            let state = mine.map(|mine| mine.state).unwrap_or_default();
            let done = state == StepState::Done;
            score.steps += 1;
            score.done += usize::from(done);
            score.skipped += usize::from(state == StepState::Skipped);
            match step.kind() {
                StepKind::Do => {}
                StepKind::Predict | StepKind::Decide => {
                    score.questions += 1;
                    let right = mine.and_then(|mine| mine.right) == Some(true);
                    score.right += usize::from(right);
                }
                StepKind::Construct => {
                    score.tasks += 1;
                    score.accepted += usize::from(done);
                }
            }
        }
        score
    }
}

impl Start {
    /// Where a recording of the lesson's run of this name stands.
    #[must_use]
    pub fn of(lesson: &Lesson, run: &str, recording: &Recording) -> Self {
        let simulation = recording.simulation();
        let begun = Scenario {
            actions: Vec::new(),
            ..recording.scenario()
        };
        let known = lesson.run(run).is_some_and(|known| {
            begun
                == Scenario {
                    actions: Vec::new(),
                    ..known.clone()
                }
        });
        Self {
            run: run.to_owned(),
            scenario: (!known).then(|| Box::new(begun)),
            actions: simulation.actions()[..simulation.actions_taken()].to_vec(),
            at_us: simulation.now(),
            steps: simulation.steps(),
        }
    }

    /// The recording that stands there: the exact state.
    ///
    /// # Errors
    /// [`LessonError`] when the lesson has no such run, or the actions make no sense in it.
    pub fn recording(&self, lesson: &Lesson) -> Result<Recording, LessonError> {
        let begun = match &self.scenario {
            Some(scenario) => scenario.as_ref().clone(),
            None => lesson
                .run(&self.run)
                .ok_or_else(|| LessonError::unknown("start.run", "run", &self.run))?
                .clone(),
        };
        let scenario = Scenario {
            actions: self.actions.clone(),
            ..begun
        };
        if self.at_us > LATEST {
            let problem = Problem::Number {
                found: self.at_us.0,
                least: 0,
                most: LATEST.0,
            };
            return Err(LessonError::new("start.at_us", problem));
        }
        let wrong = |error: ScenarioError| LessonError::scenario("start", error);
        let mut recording = Recording::new(scenario).map_err(wrong)?;
        let due = |recording: &Recording| {
            let next = recording.simulation().next_due();
            next.is_some_and(|at| at <= self.at_us)
        };
        while recording.simulation().steps() < self.steps && due(&recording) {
            recording.step();
        }
        if recording.simulation().now() < self.at_us {
            recording.advance_to(self.at_us);
        }
        Ok(recording)
    }
}
