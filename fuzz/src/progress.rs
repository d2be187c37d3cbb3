//! A learner's progress: as it is kept in the browser and as it comes in a file, of both versions.

use replicascope_engine::time::Time;
use replicascope_lessons::{Lesson, LessonState, Progress, StepState};

/// The lesson that the progress is held against, whichever it names.
const LESSON: &str = include_str!("../../www/lessons/one-kitchen.json");

/// How far the run of a step's beginning is played: a start may lie an hour of the run away, which takes longer than an input may.
const PLAYED: Time = Time::from_millis(200);

/// What is read is written as what reads back as the same; a finished lesson has nothing undone; a step's beginning is either made
/// again or refused with a reason.
pub fn check(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    let progress = match Progress::read(text) {
        Ok(progress) => progress,
        Err(error) => {
            assert!(!error.path.is_empty(), "{error}");
            assert!(!error.problem.to_string().is_empty());
            return;
        }
    };
    let written = progress.write();
    assert_eq!(
        Progress::read(&written).as_ref(),
        Ok(&progress),
        "{written}"
    );
    let lesson = Lesson::read(LESSON).expect("a lesson of the course");
    for mine in &progress.lessons {
        assert_eq!(progress.lesson(&mine.lesson), Some(mine));
        let undone = mine.steps.len() - mine.count(StepState::Done);
        assert!(mine.state != LessonState::Finished || undone == 0);
        let score = mine.score(&lesson);
        assert!(score.done + score.skipped <= score.steps);
        for start in mine.steps.iter().filter_map(|step| step.start.as_ref()) {
            if start.at_us > PLAYED {
                continue;
            }
            match start.recording(&lesson) {
                Ok(recording) => assert!(recording.simulation().now() <= start.at_us),
                Err(error) => assert!(!error.path.is_empty(), "{error}"),
            }
        }
        // Going on with it leaves what can be kept, at every step.
        let mut on = progress.clone();
        for step in &lesson.steps {
            on.lesson_mut(&mine.lesson).skip_step(&step.id);
            assert_eq!(Progress::read(&on.write()).as_ref(), Ok(&on));
        }
        on.lesson_mut(&mine.lesson).reach_end();
        assert_eq!(Progress::read(&on.write()), Ok(on));
    }
}
