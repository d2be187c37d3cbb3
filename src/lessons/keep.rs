//! What is kept of a learner: in the browser, and as a file that goes out and comes in.

use leptos::prelude::*;
use replicascope_lessons::{LessonError, Progress};

use super::asked::Lessons;
use crate::lean::effect_after;
use crate::share::storage;

const STORED_AS: &str = "replicascope.lessons";
/// The file that goes out.
pub(super) const FILE: &str = "replicascope-progress.json";

/// What was kept; and what is wrong with it, where it cannot be read.
pub(super) fn load() -> (Progress, Option<LessonError>) {
    let text = storage().and_then(|storage| storage.get_item(STORED_AS).ok().flatten());
    match text.map(|text| Progress::read(&text)) {
        None => (Progress::default(), None),
        Some(Ok(progress)) => (progress, None),
        Some(Err(error)) => (Progress::default(), Some(error)),
    }
}

/// Keeps it from now on, and says whether the browser lets it. Of a lesson inside another page only that one is kept: there may be
/// others on the same page, each of which knows only how it went itself.
pub(super) fn follow(progress: RwSignal<Progress>, lessons: Lessons) -> RwSignal<bool> {
    let kept = RwSignal::new(true);
    effect_after(move |before: Option<()>| {
        let text = progress.with(|progress| match lessons.report {
            None => progress.write(),
            Some(_) => {
                let own = lessons.asked.get_untracked().unwrap_or_default();
                with_own(load().0, progress, &own).write()
            }
        });
        let stored = before.is_none()
            || storage().is_some_and(|storage| storage.set_item(STORED_AS, &text).is_ok());
        kept.set(stored && storage().is_some());
    });
    kept
}

/// What was kept, with this lesson as it is here.
fn with_own(mut kept: Progress, here: &Progress, lesson: &str) -> Progress {
    if let Some(own) = here.lesson(lesson) {
        kept.lesson_mut(lesson).clone_from(own);
    }
    kept
}

/// Both: where the same lesson is in both, as the file has it.
pub(super) fn joined(mut mine: Progress, file: Progress) -> Progress {
    for lesson in file.lessons {
        let id = lesson.lesson.clone();
        *mine.lesson_mut(&id) = lesson;
    }
    mine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_lessons_on_one_page_each_keeps_its_own() {
        let with = |done: &[(&str, bool)]| {
            let mut progress = Progress::default();
            for (lesson, done) in done {
                let mine = progress.lesson_mut(lesson);
                mine.step_mut("a");
                if *done {
                    mine.finish_step("a");
                }
            }
            progress
        };
        // The other one went on meanwhile, which this one does not know.
        let kept = with(&[("one", false), ("two", true)]);
        let here = with(&[("one", true), ("two", false)]);
        assert_eq!(
            with_own(kept, &here, "one"),
            with(&[("one", true), ("two", true)])
        );
        let none = with_own(Progress::default(), &here, "three");
        assert_eq!(none, Progress::default());
    }

    #[test]
    fn what_comes_in_replaces_the_same_lessons_and_no_others() {
        let with = |lesson: &str, step: &str| {
            let mut progress = Progress::default();
            progress.lesson_mut(lesson).finish_step(step);
            progress
        };
        let mine = joined(with("one", "a"), with("two", "b"));
        let both = joined(mine, with("one", "c"));
        let steps = |id: &str| both.lesson(id).map(|lesson| lesson.steps.clone());
        assert_eq!(both.lessons.len(), 2);
        assert_eq!(
            steps("one"),
            with("one", "c").lesson("one").map(|l| l.steps.clone())
        );
        assert!(steps("two").is_some());
    }
}
