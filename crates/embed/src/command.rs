//! What the host may say to the page. A command is read as a whole before anything of it is done.

use core::fmt;

use replicascope_engine::time::{Span, Time};
use thiserror::Error;

use crate::fields::{Fields, boolean, number, text, unfit};
use crate::options::{Theme, is_id};
use crate::tree::Tree;
use crate::{MARK, VERSION};

/// Longest message that is looked at, in bytes of its JSON: what fits any experiment.
const MOST_TEXT: usize = 4 << 20;
/// Longest name of a command, and longest id of its own, in bytes.
const MOST_ID: usize = 200;
/// The latest instant that a command goes to: an hour.
const LATEST: Time = Time::from_secs(3_600);
/// The slowest and the fastest that a run plays, as virtual over real time.
const SPEEDS: (f64, f64) = (0.001, 100.0);

/// How the host calls a command, to know its answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Id {
    /// By a text.
    Text(String),
    /// By a number.
    Number(f64),
}

/// The scenario of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// One that the page offers, by its id; or nothing that there is.
    Named(String),
    /// A link as Share makes it, from `run=` on.
    Link(String),
    /// A scenario as JSON, not read yet.
    Json(String),
}

/// What the page is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Say again what there is.
    Hello,
    /// Play, at this speed: thousandths of real time.
    Play {
        /// Virtual over real time, times 1,000; as before if there is none.
        speed_milli: Option<u32>,
    },
    /// Stand still.
    Pause,
    /// Go to an instant.
    Seek {
        /// Which.
        at: Time,
    },
    /// To the next event, or back before the last.
    Step {
        /// Back.
        back: bool,
    },
    /// Show another run.
    SetScenario(Given),
    /// Show a lesson.
    OpenLesson {
        /// Its id.
        lesson: String,
    },
    /// Light or dark.
    SetTheme(Theme),
    /// Tell events from now on, or no more.
    Subscribe {
        /// Whether events are told.
        events: bool,
    },
}

/// The names of the commands.
const NAMES: [&str; 9] = [
    "hello",
    "play",
    "pause",
    "seek",
    "step",
    "set_scenario",
    "open_lesson",
    "set_theme",
    "subscribe",
];

/// A message of the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// How the host calls it; nothing if it wants no answer, or if that cannot be read.
    pub id: Option<Id>,
    /// The command, or why it is none.
    pub command: Result<Command, CommandError>,
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{field}: {problem}{}", Found(value))]
pub struct CommandError {
    /// Which field; `message` when it is about the whole. Never empty.
    pub field: String,
    /// Its value as JSON, shortened; empty where there is none.
    pub value: String,
    /// What is wrong with it.
    pub problem: Problem,
}

struct Found<'a>(&'a str);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            value => write!(f, "; it is {value}"),
        }
    }
}

/// What is wrong with a field of a message.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The message is no JSON.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// It is longer than any message.
    #[error("it has {found} bytes as JSON, and no message has more than {MOST_TEXT}")]
    TooLong {
        /// How long it is.
        found: usize,
    },
    /// It is for another version of the interface.
    #[error("this page speaks version {VERSION}")]
    Version,
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// It is there and should not be.
    #[error("{kind} has no such field")]
    Surplus {
        /// The command.
        kind: &'static str,
    },
    /// It is there twice.
    #[error("it is there twice")]
    Twice,
    /// It is of another kind.
    #[error("it should be {expected}, not {found}")]
    Kind {
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// It is none of those that it may be.
    #[error("it should be one of {}", known.join(", "))]
    Unknown {
        /// What it may be.
        known: Vec<&'static str>,
    },
    /// The number is too small or too large.
    #[error("it should be {least} to {most}")]
    Range {
        /// The least.
        least: f64,
        /// The most.
        most: f64,
    },
    /// It is not an id of a lesson.
    #[error("it should be an id of small letters, digits and -")]
    NoId,
}

impl CommandError {
    pub(crate) fn new(field: &str, value: String, problem: Problem) -> Self {
        let field = match field {
            "" => "message".to_owned(),
            field => field.to_owned(),
        };
        Self {
            field,
            value,
            problem,
        }
    }

    fn of_whole(problem: Problem) -> Self {
        Self::new("message", String::new(), problem)
    }
}

impl Received {
    /// Reads a message that has [`MARK`] among its fields, from its JSON.
    #[must_use]
    pub fn read(json: &str) -> Self {
        let mut id = None;
        let command = read(json, &mut id);
        Self { id, command }
    }
}

fn read(json: &str, id: &mut Option<Id>) -> Result<Command, CommandError> {
    if json.len() > MOST_TEXT {
        let found = json.len();
        return Err(CommandError::of_whole(Problem::TooLong { found }));
    }
    let tree = Tree::parse(json).map_err(|error| {
        let problem = Problem::Malformed(error.to_string());
        CommandError::new(error.path(), String::new(), problem)
    })?;
    let Tree::Object(fields) = tree else {
        return Err(unfit("message", &tree, "an object"));
    };
    let mut fields = Fields::new(fields)?;
    let version = fields.need(MARK)?;
    if version != Tree::Whole(i128::from(VERSION)) {
        return Err(match &version {
            Tree::Whole(_) => CommandError::new(MARK, version.shown(), Problem::Version),
            other => unfit(MARK, other, "a whole number"),
        });
    }
    *id = fields.take("id").map(named).transpose()?;
    let kind = text("type", fields.need("type")?)?;
    let Some(kind) = NAMES.into_iter().find(|&name| name == kind) else {
        let known = NAMES.to_vec();
        let value = Tree::Text(kind).shown();
        return Err(CommandError::new("type", value, Problem::Unknown { known }));
    };
    let command = match kind {
        "hello" => Command::Hello,
        "play" => Command::Play {
            speed_milli: fields.take("speed").map(speed).transpose()?,
        },
        "pause" => Command::Pause,
        "seek" => Command::Seek {
            at: instant("at_ms", &fields.need("at_ms")?)?,
        },
        "step" => Command::Step {
            back: match fields.take("back") {
                Some(back) => boolean("back", back)?,
                None => false,
            },
        },
        "set_scenario" => Command::SetScenario(given(fields.need("scenario")?)?),
        "open_lesson" => Command::OpenLesson {
            lesson: lesson(fields.need("lesson")?)?,
        },
        "set_theme" => Command::SetTheme(theme(fields.need("theme")?)?),
        _ => Command::Subscribe {
            events: boolean("events", fields.need("events")?)?,
        },
    };
    fields.none_left(kind)?;
    Ok(command)
}

fn named(value: Tree) -> Result<Id, CommandError> {
    match value {
        Tree::Text(text) if text.len() <= MOST_ID => Ok(Id::Text(text)),
        Tree::Whole(number) => Ok(Id::Number(number as f64)),
        Tree::Fraction(number) => Ok(Id::Number(number)),
        other => Err(unfit("id", &other, "a number or a text of up to 200 bytes")),
    }
}

fn speed(value: Tree) -> Result<u32, CommandError> {
    let (least, most) = SPEEDS;
    let speed = number("speed", &value, least, most)?;
    Ok((speed * 1_000.0).round() as u32)
}

/// Milliseconds with up to three decimals.
fn instant(name: &str, value: &Tree) -> Result<Time, CommandError> {
    let most = LATEST.0 as f64 / 1_000.0;
    let millis = number(name, value, 0.0, most)?;
    Ok(Time::ZERO + Span((millis * 1_000.0).round() as u64))
}

fn given(value: Tree) -> Result<Given, CommandError> {
    match value {
        Tree::Text(text) => {
            let fragment = text.strip_prefix('#').unwrap_or(&text);
            Ok(if fragment.starts_with("run=") {
                Given::Link(fragment.to_owned())
            } else {
                Given::Named(text)
            })
        }
        Tree::Object(_) => Ok(Given::Json(value.written())),
        other => Err(unfit(
            "scenario",
            &other,
            "the id of a scenario, a link from run= on, or a scenario as an object",
        )),
    }
}

fn lesson(value: Tree) -> Result<String, CommandError> {
    let id = text("lesson", value)?;
    if is_id(&id) {
        return Ok(id);
    }
    let value = Tree::Text(id).shown();
    Err(CommandError::new("lesson", value, Problem::NoId))
}

fn theme(value: Tree) -> Result<Theme, CommandError> {
    let name = text("theme", value)?;
    Theme::named(&name).ok_or_else(|| {
        let known = Theme::ALL.map(Theme::name).to_vec();
        let value = Tree::Text(name).shown();
        CommandError::new("theme", value, Problem::Unknown { known })
    })
}
