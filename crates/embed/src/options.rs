//! What the address of an embedded page may say. What is wrong is told by parameter and value, and the rest still counts.

use core::fmt;

use thiserror::Error;

use crate::query::parameters;

/// The least and the most that `height` may be, in CSS pixels.
const LOWEST: u32 = 240;
const HIGHEST: u32 = 4_000;

/// Something that is shown beside the stage, or that can be done on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Step back, play or pause, step.
    Transport,
    /// The slider over the run's time.
    Timeline,
    /// Async, semi-sync, sync.
    Mode,
    /// One write, one read.
    Send,
    /// What may be done to a node, a host or a message on the stage.
    Nodes,
    /// The quick faults.
    Faults,
    /// The explanation of what the verdict line says.
    Why,
    /// The link to the whole page, with the run.
    Open,
}

impl Control {
    /// All of them, in the order in which they stand.
    pub const ALL: [Self; 8] = [
        Self::Transport,
        Self::Timeline,
        Self::Mode,
        Self::Send,
        Self::Nodes,
        Self::Faults,
        Self::Why,
        Self::Open,
    ];

    /// Its name in an address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Timeline => "timeline",
            Self::Mode => "mode",
            Self::Send => "send",
            Self::Nodes => "nodes",
            Self::Faults => "faults",
            Self::Why => "why",
            Self::Open => "open",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.name() == name)
    }
}

/// A set of controls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls(u8);

impl Controls {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self(u8::MAX);

    /// What is shown unless the address says otherwise.
    #[must_use]
    pub fn usual() -> Self {
        use Control::{Mode, Open, Timeline, Transport, Why};
        Self::of([Transport, Timeline, Mode, Why, Open])
    }

    /// These.
    #[must_use]
    pub fn of(controls: impl IntoIterator<Item = Control>) -> Self {
        let bits = controls.into_iter().map(|control| 1 << control as u8);
        Self(bits.fold(0, |all, bit| all | bit))
    }

    /// Whether a control is among them.
    #[must_use]
    pub const fn has(self, control: Control) -> bool {
        self.0 & (1 << control as u8) != 0
    }

    /// Those that are in either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the browser prefers.
    #[default]
    Auto,
    /// Dark ink on light paper.
    Light,
    /// The reverse.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its name in an address and in a command.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// How high the page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Height {
    /// As high as what is in it; the host is told.
    #[default]
    Auto,
    /// So many CSS pixels.
    Px(u32),
}

/// Who may command, and is told what happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Anyone.
    pub any: bool,
    /// These, such as `https://example.org`.
    pub named: Vec<String>,
}

impl Origins {
    /// Whether this origin may.
    #[must_use]
    pub fn has(&self, origin: &str) -> bool {
        self.any || self.named.iter().any(|named| named == origin)
    }

    /// Whether anyone may.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any && self.named.is_empty()
    }
}

/// What an address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// One of the page's scenarios, by its id.
    pub scenario: Option<String>,
    /// A lesson, by its id.
    pub lesson: Option<String>,
    /// What is shown.
    pub controls: Controls,
    /// What is shown and does nothing.
    pub locked: Controls,
    /// Light or dark.
    pub theme: Theme,
    /// Whether it stands still at first.
    pub paused: bool,
    /// How high it is.
    pub height: Height,
    /// Who may command and is told.
    pub origins: Origins,
    /// Whether events are told from the start.
    pub events: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenario: None,
            lesson: None,
            controls: Controls::usual(),
            locked: Controls::NONE,
            theme: Theme::Auto,
            paused: false,
            height: Height::Auto,
            origins: Origins::default(),
            events: false,
        }
    }
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{parameter}: {problem}")]
pub struct OptionError {
    /// Its name.
    pub parameter: String,
    /// What is wrong with it.
    pub problem: OptionProblem,
}

/// What is wrong with a parameter's value, or with its name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OptionProblem {
    /// There is no parameter of this name.
    #[error("there is no such parameter; there are {}", NAMES.join(", "))]
    NoParameter,
    /// It stands there twice; the first counts.
    #[error("it is given twice, and \"{0}\" does not count")]
    Twice(String),
    /// It has a value and takes none.
    #[error("it takes no value, and \"{0}\" is one")]
    TakesNone(String),
    /// It has no value and needs one.
    #[error("it needs a value")]
    NeedsOne,
    /// The value is none of those that it may be.
    #[error("\"{value}\" is not one of {}", known.join(", "))]
    Unknown {
        /// The value.
        value: String,
        /// What it may be.
        known: Vec<String>,
    },
    /// It is not a name of a lesson.
    #[error("\"{0}\" is not an id of small letters, digits and -")]
    NoId(String),
    /// It is not a height.
    #[error("\"{0}\" is neither auto nor a whole number of {LOWEST} to {HIGHEST} pixels")]
    NoHeight(String),
    /// It is not an origin.
    #[error(
        "\"{0}\" is not an origin, such as https://example.org, with a port where it is not the usual one and nothing after it"
    )]
    NoOrigin(String),
    /// A lesson brings its own.
    #[error("it does not count beside lesson, which brings its own")]
    BesideLesson,
}

const NAMES: [&str; 10] = [
    "embed", "scenario", "lesson", "controls", "locked", "theme", "paused", "height", "origins",
    "events",
];

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads one address.
#[derive(Default)]
struct Reader {
    errors: Vec<OptionError>,
    seen: Vec<String>,
}

impl Reader {
    fn wrong(&mut self, parameter: &str, problem: OptionProblem) {
        self.errors.push(OptionError {
            parameter: parameter.to_owned(),
            problem,
        });
    }

    fn unknown<'a>(&mut self, name: &str, value: &str, known: impl IntoIterator<Item = &'a str>) {
        let known = known.into_iter().map(str::to_owned).collect();
        let value = value.to_owned();
        self.wrong(name, OptionProblem::Unknown { value, known });
    }

    /// The parts of a list.
    fn list(value: &str) -> impl Iterator<Item = &str> {
        let parts = value.split(',').map(str::trim);
        parts.filter(|part| !part.is_empty())
    }

    fn controls(&mut self, name: &str, value: &str) -> Controls {
        let mut all = Controls::NONE;
        for part in Self::list(value) {
            match (part, Control::named(part)) {
                (_, Some(control)) => all = all.and(Controls::of([control])),
                ("all", _) => all = Controls::ALL,
                ("none", _) => {}
                _ => {
                    let known = Control::ALL.map(Control::name);
                    self.unknown(name, part, known.into_iter().chain(["all", "none"]));
                }
            }
        }
        all
    }

    fn origins(&mut self, name: &str, value: &str) -> Origins {
        let mut origins = Origins::default();
        for part in Self::list(value) {
            if part == "*" {
                origins.any = true;
            } else if is_origin(part) {
                origins.named.push(part.to_owned());
            } else {
                self.wrong(name, OptionProblem::NoOrigin(part.to_owned()));
            }
        }
        origins
    }

    fn flag(&mut self, name: &str, value: Option<&str>) -> bool {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.wrong(name, OptionProblem::TakesNone(value.to_owned()));
        }
        true
    }
}

/// An origin as browsers write it: scheme and host in small letters, a port where it is not the usual one, nothing after it.
fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let usual = match scheme {
        "https" => "443",
        "http" => "80",
        _ => "",
    };
    let in_scheme = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    if scheme.is_empty() || !scheme.bytes().all(in_scheme) {
        return false;
    }
    // An address of IPv6 stands in brackets, with colons of its own.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host_fits = match inside {
        Some(inside) => {
            let fits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b == b':';
            !inside.is_empty() && inside.bytes().all(fits)
        }
        None => {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
            !host.is_empty() && host.bytes().all(fits)
        }
    };
    let port_fits = port.is_none_or(|port| {
        port.parse::<u16>()
            .is_ok_and(|number| number > 0 && number.to_string() == port)
            && port != usual
    });
    host_fits && port_fits
}

/// Whether a text is the id of a lesson as its file has it.
pub(crate) fn is_id(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(fits)
}

impl Options {
    /// Reads the query of an address, with or without its `?`, for a page that offers these scenarios by id. What is wrong comes
    /// beside what is right.
    #[must_use]
    pub fn read(query: &str, scenarios: &[&str]) -> (Self, Vec<OptionError>) {
        let mut options = Self::default();
        let mut reader = Reader::default();
        let (mut all_locked, mut own_controls) = (false, false);
        for (name, value) in parameters(query) {
            let name = name.as_str();
            if reader.seen.iter().any(|seen| seen == name) {
                let value = value.unwrap_or_default();
                reader.wrong(name, OptionProblem::Twice(value));
                continue;
            }
            reader.seen.push(name.to_owned());
            match name {
                "embed" => {
                    reader.flag(name, value.as_deref());
                    continue;
                }
                "paused" => {
                    options.paused = reader.flag(name, value.as_deref());
                    continue;
                }
                "events" => {
                    options.events = reader.flag(name, value.as_deref());
                    continue;
                }
                _ if !NAMES.contains(&name) => {
                    reader.wrong(name, OptionProblem::NoParameter);
                    continue;
                }
                _ => {}
            }
            let Some(value) = value else {
                reader.wrong(name, OptionProblem::NeedsOne);
                continue;
            };
            match name {
                "scenario" if scenarios.contains(&value.as_str()) => options.scenario = Some(value),
                "scenario" => reader.unknown(name, &value, scenarios.iter().copied()),
                "lesson" if is_id(&value) => options.lesson = Some(value),
                "lesson" => reader.wrong(name, OptionProblem::NoId(value)),
                "controls" => {
                    options.controls = reader.controls(name, &value);
                    own_controls = true;
                }
                "locked" => {
                    options.locked = reader.controls(name, &value);
                    all_locked = options.locked == Controls::ALL;
                }
                "theme" => match Theme::named(&value) {
                    Some(theme) => options.theme = theme,
                    None => reader.unknown(name, &value, Theme::ALL.map(Theme::name)),
                },
                "height" => match height(&value) {
                    Some(height) => options.height = height,
                    None => reader.wrong(name, OptionProblem::NoHeight(value)),
                },
                _ => options.origins = reader.origins(name, &value),
            }
        }
        // What is locked by name is shown, or nobody would see that it is.
        if !all_locked {
            options.controls = options.controls.and(options.locked);
        }
        if options.lesson.is_some() {
            if options.scenario.take().is_some() {
                reader.wrong("scenario", OptionProblem::BesideLesson);
            }
            if own_controls {
                reader.wrong("controls", OptionProblem::BesideLesson);
            }
            if options.locked != Controls::NONE {
                reader.wrong("locked", OptionProblem::BesideLesson);
            }
        }
        (options, reader.errors)
    }
}

fn height(value: &str) -> Option<Height> {
    if value == "auto" {
        return Some(Height::Auto);
    }
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    let height = value.parse().ok().filter(|_| digits)?;
    (LOWEST..=HIGHEST)
        .contains(&height)
        .then_some(Height::Px(height))
}
