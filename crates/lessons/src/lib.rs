//! Lessons as data: what they hold, and whether what they ask for has happened.
//!
//! A [`Lesson`] is a file in `www/lessons`, listed in an [`Index`]. Whether a step is done is a [`Condition`] over the run, so every
//! route to it counts; a [`Witness`] follows the run and answers. A prediction's right option is the one whose condition holds, a
//! number in a text is a placeholder for a number of the run ([`Paragraph::fill`]). [`Progress`] is what is kept of a learner.
//!
//! `lesson`: the data. `read`: reading and what can be wrong. `text`: paragraphs and their markup. `condition`, `number`,
//! `setting`: what is asked of a run. `witness`: following one. `verdict`: predictions, decisions, limits and grades. `about`: which
//! explanation belongs to a step. `progress`: what is kept.
//!
//! It knows no browser, clock or file, like the engine, whose JSON it uses. docs/lessons.md describes the format for authors.

mod about;
mod condition;
mod lesson;
mod number;
mod progress;
mod read;
mod setting;
mod text;
mod verdict;
mod witness;

pub use about::About;
pub use condition::{Answered, Atom, Condition, Part, PartKind, Seen, Standing};
pub use lesson::{
    Answer, Control, Decision, Entry, Index, Keep, Lesson, Need, Prediction, Run, Script,
    ScriptAction, Source, Step, StepKind, Task, Way,
};
pub use number::{Number, OfCapacity, OfNode, Unit};
pub use progress::{
    Kept, LessonProgress, LessonState, Progress, Score, Start, StepProgress, StepState,
};
pub use read::{LessonError, Problem};
pub use setting::SettingPath;
pub use text::{Filled, Paragraph, Piece, Placeholder};
pub use verdict::{Deed, Fit, Grade, Limit, Refusal, Setting, Verdict};
pub use witness::Witness;
