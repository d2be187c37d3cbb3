//! What was kept before a skipped step was told from a step that is under way.

use serde::Deserialize;

use super::{Kept, LessonState, Start, StepState, VERSION};

/// As version 1 wrote it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(default)]
    lessons: Vec<LessonProgress>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LessonProgress {
    lesson: String,
    #[serde(default)]
    steps: Vec<StepProgress>,
    #[serde(default)]
    kept: Vec<Kept>,
    #[serde(default)]
    finished: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepProgress {
    step: String,
    #[serde(default)]
    start: Option<Start>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    choice: Option<usize>,
    #[serde(default)]
    right: Option<bool>,
}

impl From<Progress> for super::Progress {
    fn from(old: Progress) -> Self {
        Self {
            version: VERSION,
            lessons: old.lessons.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LessonProgress> for super::LessonProgress {
    fn from(old: LessonProgress) -> Self {
        // Steps were noted in the order in which they were begun, and a step that was not done could be left behind in one way only.
        let behind = if old.finished {
            old.steps.len()
        } else {
            old.steps.len().saturating_sub(1)
        };
        let steps = old.steps.into_iter().enumerate().map(|(index, step)| {
            let state = match (step.done, index < behind) {
                (true, _) => StepState::Done,
                (false, true) => StepState::Skipped,
                (false, false) => StepState::Begun,
            };
            super::StepProgress {
                step: step.step,
                start: step.start,
                state,
                choice: step.choice,
                right: step.right,
            }
        });
        let mut lesson = Self {
            lesson: old.lesson,
            steps: steps.collect(),
            kept: old.kept,
            state: LessonState::Begun,
        };
        if old.finished {
            lesson.reach_end();
        }
        lesson
    }
}
