//! What is kept of a learner, for the browser's store and for export.

use replicascope_engine::expect::Amount;
use replicascope_engine::scenario::TimedAction;
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario, ScenarioError, json};
use serde::{Deserialize, Serialize};

use crate::lesson::{Lesson, StepKind};
use crate::read::{LessonError, Problem, read};

/// The version that is written.
const VERSION: u32 = 1;

/// The latest instant that a run is brought to: an hour. What is kept comes out of files that anybody may write.
const LATEST: Time = Time::from_secs(3_600);

/// Everything that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Format version, 1.
    pub version: u32,
    /// The lessons that were begun.
    #[serde(default)]
    pub lessons: Vec<LessonProgress>,
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
    /// Its end was reached.
    #[serde(default)]
    pub finished: bool,
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
    /// Whether it is done.
    #[serde(default)]
    pub done: bool,
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
        let progress: Self = read(text, "progress")?;
        if progress.version != VERSION {
            return Err(LessonError::new(
                "version",
                Problem::Version {
                    found: progress.version,
                },
            ));
        }
        Ok(progress)
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
            self.steps.push(StepProgress {
                step: id.to_owned(),
                ..StepProgress::default()
            });
            self.steps.len() - 1
        });
        &mut self.steps[index]
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
            let done = mine.is_some_and(|mine| mine.done);
            score.steps += 1;
            score.done += usize::from(done);
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
