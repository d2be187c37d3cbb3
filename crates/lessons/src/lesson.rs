//! What a lesson holds. The types are what the file holds, so they are written for reading; docs/lessons.md explains them.

use replicascope_engine::Scenario;
use replicascope_engine::scenario::{Action, Setting};
use serde::Deserialize;

use crate::about::About;
use crate::condition::Condition;
use crate::number::Number;
use crate::text::Paragraph;
use crate::verdict::Limit;

/// The list of all lessons, so that a page can offer them without reading each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Format version, 1.
    pub version: u32,
    /// In the order of the course.
    pub lessons: Vec<Entry>,
}

/// A lesson in the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Station of the course, 1 to 14. A station may have several lessons.
    pub station: u8,
    /// The file's name without `.json`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// About how long it takes, 1 to 60 minutes.
    pub minutes: u8,
    /// What it is about, one line.
    pub line: String,
}

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Format version, 1.
    pub version: u32,
    /// Its name in addresses and in what is kept: small letters, digits and `-`.
    pub id: String,
    /// Station of the course, 1 to 14.
    pub station: u8,
    /// Its title.
    pub title: String,
    /// Shown before the first step.
    pub opening: Vec<Paragraph>,
    /// The runs that its steps start, by name.
    pub runs: Vec<Run>,
    /// In order. The first starts a run.
    pub steps: Vec<Step>,
    /// Shown after the last step.
    pub takeaway: Vec<Paragraph>,
    /// Where what it says can be looked up.
    #[serde(default)]
    pub sources: Vec<Source>,
}

/// A run by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its name in the file.
    pub name: String,
    /// What it is a run of.
    pub scenario: Scenario,
}

/// Something that was read or measured.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is called.
    pub title: String,
    /// Where it is.
    #[serde(default)]
    pub url: Option<String>,
}

/// A step of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name within the lesson: small letters, digits and `-`.
    pub id: String,
    /// A heading of its own.
    #[serde(default)]
    pub title: Option<String>,
    /// The name of the run that begins anew with this step. Absent: the run goes on where it stands.
    #[serde(default)]
    pub run: Option<String>,
    /// The run is played up to this instant, in µs from its start, and pauses there before the learner's turn.
    #[serde(default)]
    pub play_to_us: Option<u64>,
    /// What is told. Its numbers are those of the run as the step begins, and so are those of what it asks.
    pub text: Vec<Paragraph>,
    /// What the learner is to do, one sentence. A prediction or a decision asks its own question.
    #[serde(default)]
    pub ask: Option<Paragraph>,
    /// Which parts of the page matter for it.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// Shown when asked for.
    #[serde(default)]
    pub hint: Option<Paragraph>,
    /// A question to answer before the script runs.
    #[serde(default)]
    pub predict: Option<Prediction>,
    /// A choice that is tried on the run.
    #[serde(default)]
    pub decide: Option<Decision>,
    /// Makes the step a task to construct something, which is graded.
    #[serde(default)]
    pub task: Option<Task>,
    /// What the page does by itself: after a prediction or a decision is locked in, or when the learner of a task asks for it.
    #[serde(default)]
    pub script: Option<Script>,
    /// The step is done when this holds.
    pub goal: Condition,
    /// Numbers of the run to keep when it is done, for the texts of later steps.
    #[serde(default)]
    pub keep: Vec<Keep>,
    /// What to explain through "Why?" when it is done.
    #[serde(default)]
    pub why: Option<About>,
    /// Told when it is done, with the numbers of that instant.
    #[serde(default)]
    pub after: Vec<Paragraph>,
}

/// What a step wants of its learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// To do something.
    Do,
    /// To say what will happen.
    Predict,
    /// To choose settings.
    Decide,
    /// To construct something within limits.
    Construct,
}

impl Step {
    /// What it wants.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        match (&self.predict, &self.decide, &self.task) {
            (Some(_), ..) => StepKind::Predict,
            (_, Some(_), _) => StepKind::Decide,
            (.., Some(_)) => StepKind::Construct,
            _ => StepKind::Do,
        }
    }
}

/// A number to keep.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Under which name: the placeholder is `{kept.NAME}`.
    pub name: String,
    /// Which number.
    pub number: Number,
}

/// What the page does by itself. Times count from the instant at which it begins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// In order of time.
    #[serde(default)]
    pub actions: Vec<ScriptAction>,
    /// Then the run goes on until so long after the beginning, in µs, and pauses.
    pub for_us: u64,
}

/// An action of a script.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptAction {
    /// When, in µs after the script began.
    pub after_us: u64,
    /// What.
    pub action: Action,
}

/// A question about what comes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The question.
    pub question: Paragraph,
    /// Two to five answers.
    pub options: Vec<Answer>,
}

/// An answer to choose.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The answer.
    pub text: Paragraph,
    /// It is right when this holds once the step is done.
    pub when: Condition,
    /// Told to whom chose it, when it was not right.
    #[serde(default)]
    pub if_wrong: Option<Paragraph>,
}

/// A choice of settings, argued for or against by what they do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The question.
    pub question: Paragraph,
    /// Two to five choices.
    pub options: Vec<Way>,
    /// What the case needs. A choice fits when all of it holds once the step is done.
    pub needs: Vec<Need>,
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// What it is called.
    pub text: Paragraph,
    /// What is set before the script runs.
    pub set: Vec<Setting>,
    /// The settings of PostgreSQL that do it.
    #[serde(default)]
    pub postgresql: Option<Paragraph>,
    /// The settings of MySQL that do it.
    #[serde(default)]
    pub mysql: Option<Paragraph>,
}

/// Something that a case needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// In words, with the number that argues.
    pub text: Paragraph,
    /// When it is given.
    pub when: Condition,
}

/// A task to construct something: the step's goal, within limits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What is not allowed.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// The learner may start the run anew with another cluster or other settings.
    #[serde(default)]
    pub own_start: bool,
}

/// A part of the page that matters for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Play, pause and speed.
    Play,
    /// Stepping by event or by message, and back.
    Step,
    /// Single writes and reads.
    Send,
    /// What can be done to a node: kill, restart, freeze, slow, promote.
    Node,
    /// The mode and its parameters.
    Mode,
    /// Settings: failover, fencing, reads, timers.
    Settings,
    /// The steady workload.
    Workload,
    /// Links: cut, heal, delay; cutting a node off.
    Network,
    /// Single messages: hold, release, drop.
    Messages,
    /// Database, manager, router and their parameters.
    Cluster,
    /// The ledger.
    Ledger,
    /// Explanations.
    Why,
    /// Latency, staleness, lag and capacity.
    Numbers,
    /// The timeline.
    Timeline,
    /// The run beside itself under other settings.
    Compare,
}
