//! What the page says to its host. A field that does not apply is left out, or `null` where the host would look for it.

use replicascope_engine::event::Event;
use replicascope_engine::json;
use replicascope_engine::time::Time;
use serde::ser::{SerializeMap, Serializer};
use serde::{Serialize, ser};

use crate::command::Id;
use crate::{MARK, VERSION};

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The page takes commands.
    Ready {
        /// Which build of the program it is.
        build: String,
        /// The lesson that is shown.
        lesson: Option<String>,
        /// The scenario that is shown, where it is one that the page offers.
        scenario: Option<&'static str>,
    },
    /// What is in it is so high now, in CSS pixels.
    Resize {
        /// So high.
        height: u32,
    },
    /// How the run stands.
    State(State),
    /// How a lesson went so far.
    Lesson(Lesson),
    /// A command was done.
    Done {
        /// Which.
        re: Id,
    },
    /// A command was not done.
    Refused {
        /// Which.
        re: Id,
        /// The field that is wrong.
        field: String,
        /// Its value, as JSON where it is no text.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// How the run stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The present, in ms with up to three decimals.
    pub at_ms: f64,
    /// Where the page's timeline ends now, in ms.
    pub end_ms: f64,
    /// Whether it plays.
    pub playing: bool,
    /// Virtual over real time.
    pub speed: f64,
    /// `async`, `semi_sync` or `sync`; nothing where the database has no modes.
    pub mode: Option<&'static str>,
    /// Who takes writes, if it is one.
    pub primary: Option<String>,
    /// The nodes, in order.
    pub nodes: Vec<Node>,
    /// What became of the writes.
    pub writes: Writes,
    /// What became of the reads.
    pub reads: Reads,
    /// The lesson that is shown, and where it stands.
    pub lesson: Option<LessonState>,
}

/// How a node stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// Its name.
    pub id: String,
    /// Its part: `primary`, `replica`, `candidate`, `promoting`, `fenced`, `old_primary` or `diverged`.
    pub role: &'static str,
    /// How it is: `up`, `slow`, `cut_off`, `frozen`, `down` or `lost`.
    pub health: &'static str,
    /// A replica that runs: how far it is behind, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<f64>,
}

/// Counts of writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Writes {
    /// That apps sent.
    pub sent: u64,
    /// Of which they were told OK.
    pub acked: u64,
    /// That were not done.
    pub failed: u64,
    /// Of which they never learned.
    pub unknown: u64,
    /// Of the acked ones: gone.
    pub lost: u64,
}

/// Counts of reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// With which nothing was wrong.
    pub fresh: u64,
    /// That returned an old value.
    pub stale: u64,
}

/// Where a lesson stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LessonState {
    /// Its id.
    pub id: String,
    /// Which step it is, from 1; one more than there are at its end.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
}

/// How a lesson went so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Its id.
    pub id: String,
    /// Whether its end was reached and every step is done.
    pub finished: bool,
    /// Which step it is, from 1; one more than there are at its end.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// How the learner did.
    pub score: Score,
}

/// How a learner did in a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_f64(*number),
        }
    }
}

/// A message begins with its version and its kind.
fn head<M: SerializeMap>(map: &mut M, kind: &str) -> Result<(), M::Error> {
    map.serialize_entry(MARK, &VERSION)?;
    map.serialize_entry("type", kind)
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Ready {
                build,
                lesson,
                scenario,
            } => {
                head(&mut map, "ready")?;
                map.serialize_entry("name", "ReplicaScope")?;
                map.serialize_entry("build", build)?;
                if let Some(lesson) = lesson {
                    map.serialize_entry("lesson", lesson)?;
                }
                if let Some(scenario) = scenario {
                    map.serialize_entry("scenario", scenario)?;
                }
            }
            Self::Resize { height } => {
                head(&mut map, "resize")?;
                map.serialize_entry("height", height)?;
            }
            Self::State(state) => {
                head(&mut map, "state")?;
                map.serialize_entry("at_ms", &state.at_ms)?;
                map.serialize_entry("end_ms", &state.end_ms)?;
                map.serialize_entry("playing", &state.playing)?;
                map.serialize_entry("speed", &state.speed)?;
                map.serialize_entry("mode", &state.mode)?;
                map.serialize_entry("primary", &state.primary)?;
                map.serialize_entry("nodes", &state.nodes)?;
                map.serialize_entry("writes", &state.writes)?;
                map.serialize_entry("reads", &state.reads)?;
                if let Some(lesson) = &state.lesson {
                    map.serialize_entry("lesson", lesson)?;
                }
            }
            Self::Lesson(lesson) => {
                head(&mut map, "lesson")?;
                map.serialize_entry("id", &lesson.id)?;
                map.serialize_entry("finished", &lesson.finished)?;
                map.serialize_entry("step", &lesson.step)?;
                map.serialize_entry("steps", &lesson.steps)?;
                map.serialize_entry("score", &lesson.score)?;
            }
            Self::Done { re } => {
                head(&mut map, "done")?;
                map.serialize_entry("re", re)?;
            }
            Self::Refused {
                re,
                field,
                value,
                reason,
            } => {
                head(&mut map, "refused")?;
                map.serialize_entry("re", re)?;
                map.serialize_entry("field", field)?;
                map.serialize_entry("value", value)?;
                map.serialize_entry("reason", reason)?;
            }
        }
        map.end()
    }
}

fn written<E: ser::Error>(line: Result<String, E>) -> String {
    line.unwrap_or_else(|error| unreachable!("a message is plain data: {error}"))
}

impl Message {
    /// As JSON on one line.
    #[must_use]
    pub fn written(&self) -> String {
        written(json::to_line(self))
    }

    /// Whether anybody may be told: it says nothing about a person.
    #[must_use]
    pub const fn is_for_anyone(&self) -> bool {
        matches!(self, Self::Ready { .. } | Self::Resize { .. })
    }
}

/// The message with what has happened, in the form of the trace's lines; before that, where time jumped to, if it did.
#[must_use]
pub fn events<'a>(sought: Option<Time>, events: impl Iterator<Item = &'a Event>) -> String {
    let mut items: Vec<String> = Vec::new();
    if let Some(at) = sought {
        items.push(format!(
            "{{\"sought\":{}}}",
            written(json::to_line(&millis(at)))
        ));
    }
    items.extend(events.map(|event| written(json::to_line(event))));
    format!(
        "{{\"{MARK}\":{VERSION},\"type\":\"event\",\"events\":[{}]}}",
        items.join(",")
    )
}

/// An instant in milliseconds, with up to three decimals.
#[must_use]
pub fn millis(at: Time) -> f64 {
    at.0 as f64 / 1_000.0
}
