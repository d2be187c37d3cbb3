//! The course: its list, the lesson that is open, and what is known of the learner. Made when something is asked for.

use std::sync::Arc;

use leptos::prelude::*;
use replicascope_lessons::{Index, Lesson, LessonError, LessonState, Progress, StepState, Witness};

use super::asked::{Lessons, Place, Report};
use super::turn::Turn;
use super::{fetch, keep};
use crate::lean::effect;
use crate::session::Session;
use crate::words;

/// The course. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(super) struct Course {
    pub(super) lessons: Lessons,
    pub(super) session: Session,
    /// The list, once it was fetched.
    pub(super) index: RwSignal<Option<Arc<Index>>>,
    /// Why the list is not there.
    pub(super) no_index: RwSignal<Option<String>>,
    /// The lesson that is open.
    pub(super) lesson: RwSignal<Option<Arc<Lesson>>>,
    /// Why the lesson that is asked for is not there.
    pub(super) no_lesson: RwSignal<Option<String>>,
    /// The lesson's step; one beyond the last is the end.
    pub(super) step: RwSignal<usize>,
    pub(super) turn: RwSignal<Turn>,
    /// What follows the run for the step.
    pub(super) witness: StoredValue<Option<Witness>, LocalStorage>,
    pub(super) progress: RwSignal<Progress>,
    /// Whether the browser keeps progress.
    pub(super) kept: RwSignal<bool>,
    /// Said aloud: what has just become of the step.
    pub(super) said: RwSignal<String>,
}

impl Course {
    /// The one of the page, made if it is not there.
    pub(super) fn of_page() -> Self {
        let lessons = Lessons::expect();
        let made = lessons.course.with_value(|course| {
            let course = course.as_ref()?;
            course.downcast_ref::<Self>().copied()
        });
        made.unwrap_or_else(|| {
            let owner = lessons.owner.get_value();
            let course = owner.with(|| Self::new(lessons));
            lessons.course.set_value(Some(Box::new(course)));
            course
        })
    }

    fn new(lessons: Lessons) -> Self {
        let session = lessons.session;
        let (progress, unread) = keep::load();
        let progress = RwSignal::new(progress);
        if let Some(error) = unread {
            let words = words::lessons::progress_unread(&error);
            session.notice().set(Some(words));
        }
        Self {
            lessons,
            session,
            index: RwSignal::new(None),
            no_index: RwSignal::new(None),
            lesson: RwSignal::new(None),
            no_lesson: RwSignal::new(None),
            step: RwSignal::new(0),
            turn: RwSignal::new(Turn::default()),
            witness: StoredValue::new_local(None),
            progress,
            kept: keep::follow(progress, lessons),
            said: RwSignal::new(String::new()),
        }
    }

    /// Fetches the list once.
    pub(super) fn fetch_index(self) {
        self.no_index.set(None);
        if self.index.with_untracked(Option::is_some) {
            return;
        }
        leptos::task::spawn_local(async move {
            match fetched("index", Index::read).await {
                Ok(index) => self.index.set(Some(index)),
                Err(error) => self.no_index.set(Some(error)),
            }
        });
    }

    /// Fetches the lesson that is asked for, and begins where the learner was.
    pub(super) fn load(self, id: String) {
        self.forget();
        leptos::task::spawn_local(async move {
            let fetched = fetched(&id, Lesson::read).await;
            let asked = self.lessons.asked;
            if asked.with_untracked(|asked| asked.as_deref() != Some(&id)) {
                // Another one was asked for meanwhile, or none.
                return;
            }
            match fetched {
                Ok(lesson) => {
                    self.fetch_index();
                    self.begin_lesson(lesson);
                }
                Err(error) => self.no_lesson.set(Some(error)),
            }
        });
    }

    /// No lesson is open any more.
    pub(super) fn forget(self) {
        self.lesson.set(None);
        self.no_lesson.set(None);
        self.witness.set_value(None);
        self.lessons.place.set(Place::default());
    }

    /// Keeps the place in the top bar true while a lesson is shown.
    pub(super) fn follow_place(self) {
        effect(move || {
            let Some(lesson) = self.lesson.get() else {
                return;
            };
            let (here, steps) = (self.step.get(), lesson.steps.len());
            let of = self.index.with(|index| {
                let lessons = &index.as_ref()?.lessons;
                let index = lessons.iter().position(|entry| entry.id == lesson.id)?;
                Some(format!("Lesson {} of {}", index + 1, lessons.len()))
            });
            let states: Vec<_> = (0..steps).map(|index| self.state(&lesson, index)).collect();
            let cell = |(index, state): (usize, &StepState)| match state {
                StepState::Done => "is-done",
                _ if index == here => "is-here",
                StepState::Skipped => "is-skipped",
                StepState::Begun => "",
            };
            let skipped = states.iter().filter(|&&state| state == StepState::Skipped);
            self.lessons.place.set(Place {
                lesson: of.unwrap_or_default(),
                step: words::lessons::cells(here, steps, skipped.count()),
                cells: states.iter().enumerate().map(cell).collect(),
            });
            if let Some(report) = self.lessons.report {
                report.set(Some(self.report(&lesson)));
            }
        });
    }

    /// How the lesson goes, tracked.
    fn report(self, lesson: &Lesson) -> Report {
        let mine = self
            .progress
            .with(|progress| progress.lesson(&lesson.id).cloned());
        let mine = mine.unwrap_or_default();
        Report {
            lesson: lesson.id.clone(),
            step: self.step.get(),
            steps: lesson.steps.len(),
            done: self.turn.with(|turn| turn.outcome.is_some()),
            finished: mine.state == LessonState::Finished,
            score: mine.score(lesson),
        }
    }
}

/// A file of the course, read; or what is wrong, in words.
async fn fetched<T>(
    name: &str,
    read: fn(&str) -> Result<T, LessonError>,
) -> Result<Arc<T>, String> {
    let text = fetch::text(name).await.map_err(words::lessons::no_file)?;
    let file = read(&text).map_err(|error| words::lessons::unreadable(&error))?;
    Ok(Arc::new(file))
}
