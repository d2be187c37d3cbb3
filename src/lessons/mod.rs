//! Lessons: the list of the course, and a lesson beside the stage.
//!
//! What a lesson holds, and whether what it asks for has happened, is the affair of `replicascope_lessons`; this shows it and acts on
//! it. The person's own experiment waits aside meanwhile.
//!
//! Always there: `asked` (whether the list or a lesson is asked for) and `frame` (where they are shown). The rest only when asked for:
//! `course` (the list, the lesson, progress), `turn` (where a lesson stands and what moves it), `script`; `list`, `view`, `step` (what
//! is seen); `fetch`, `keep` (files, and what is kept of a learner).

mod asked;
mod course;
mod fetch;
mod frame;
mod keep;
mod list;
mod script;
mod step;
mod turn;
mod view;

pub(crate) use asked::{Lessons, Report, asked_for};
pub(crate) use fetch::{build, text as lesson_text};
pub(crate) use frame::{CourseDialog, Crumb, LeaveButtons, LessonPanel, LessonsButton};
pub(crate) use list::content as list_content;
pub(crate) use view::content as lesson_content;
