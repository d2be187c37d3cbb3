//! Reading lessons, and what can be wrong with one.

use replicascope_engine::scenario::Problem as ScenarioProblem;
use replicascope_engine::{Scenario, ScenarioError, json};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::condition::{Atom, Condition};
use crate::lesson::{Index, Lesson, Step};
use crate::number::Number;
use crate::text::{Paragraph, Piece};

/// The version that is read.
const VERSION: u32 = 1;
/// Stations of the course.
const STATIONS: u8 = 14;

/// What is wrong with a lesson, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: {problem}")]
pub struct LessonError {
    /// Path of the field, such as `steps[2].predict.options[0].when`; `lesson` when it is not about one field. Never empty.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is not of the form that the field needs, or the field is not known.
    #[error("{0}")]
    Malformed(String),
    /// It is wrong in a scenario.
    #[error("{0}")]
    Scenario(ScenarioProblem),
    /// Written for another version.
    #[error("version {found} is not {known}")]
    Version {
        /// What the file says.
        found: u32,
        /// Which ones there are, in words.
        known: &'static str,
    },
    /// Something named is not there.
    #[error("there is no {what} \"{name}\"")]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Two have the same name.
    #[error("\"{0}\" is there already")]
    Twice(String),
    /// A name that cannot be one.
    #[error("\"{0}\" is not a name of small letters, digits and -")]
    Name(String),
    /// There are too few or too many.
    #[error("{found} is not in {least} to {most}")]
    Number {
        /// What was given.
        found: u64,
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
    },
    /// Something that belongs together is not.
    #[error("{0}")]
    Contradiction(&'static str),
}

impl LessonError {
    pub(crate) fn new(path: impl Into<String>, problem: Problem) -> Self {
        Self {
            path: path.into(),
            problem,
        }
    }

    pub(crate) fn unknown(path: impl Into<String>, what: &'static str, name: &str) -> Self {
        let name = name.to_owned();
        Self::new(path, Problem::Unknown { what, name })
    }

    pub(crate) fn scenario(path: &str, error: ScenarioError) -> Self {
        Self::new(
            format!("{path}.{}", error.path),
            Problem::Scenario(error.problem),
        )
    }
}

type Checked = Result<(), LessonError>;

/// Reads JSON; `whole` is what an error says when it is about no field.
pub(crate) fn read<T: DeserializeOwned>(text: &str, whole: &str) -> Result<T, LessonError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    json::from_text(text).map_err(|error| {
        let path = match error.path() {
            "" => whole,
            path => path,
        };
        LessonError::new(path, Problem::Malformed(error.to_string()))
    })
}

fn number(path: &str, found: usize, least: usize, most: usize) -> Checked {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    let [found, least, most] = [found, least, most].map(|number| number as u64);
    Err(LessonError::new(
        path,
        Problem::Number { found, least, most },
    ))
}

fn version(found: u32) -> Checked {
    if found == VERSION {
        return Ok(());
    }
    let known = "1, the one that is read";
    Err(LessonError::new(
        "version",
        Problem::Version { found, known },
    ))
}

fn name(path: String, name: &str) -> Checked {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !name.is_empty() && name.bytes().all(fits) {
        return Ok(());
    }
    Err(LessonError::new(path, Problem::Name(name.to_owned())))
}

fn once(path: String, name: &str, mut earlier: impl Iterator<Item = bool>) -> Checked {
    if earlier.any(|same| same) {
        return Err(LessonError::new(path, Problem::Twice(name.to_owned())));
    }
    Ok(())
}

impl Index {
    /// Reads the list of lessons.
    ///
    /// # Errors
    /// [`LessonError`] with the field that is wrong.
    pub fn read(text: &str) -> Result<Self, LessonError> {
        let index: Self = read(text, "index")?;
        version(index.version)?;
        for (i, entry) in index.lessons.iter().enumerate() {
            let path = format!("lessons[{i}]");
            name(format!("{path}.id"), &entry.id)?;
            let earlier = index.lessons[..i].iter().map(|other| other.id == entry.id);
            once(format!("{path}.id"), &entry.id, earlier)?;
            let (station, minutes) = (usize::from(entry.station), usize::from(entry.minutes));
            number(
                &format!("{path}.station"),
                station,
                1,
                usize::from(STATIONS),
            )?;
            number(&format!("{path}.minutes"), minutes, 1, 60)?;
        }
        Ok(index)
    }
}

impl Lesson {
    /// Reads a lesson and checks it.
    ///
    /// # Errors
    /// [`LessonError`] with the field that is wrong.
    pub fn read(text: &str) -> Result<Self, LessonError> {
        let lesson: Self = read(text, "lesson")?;
        lesson.check()?;
        Ok(lesson)
    }

    /// The scenario of a run.
    #[must_use]
    pub fn run(&self, name: &str) -> Option<&Scenario> {
        let run = self.runs.iter().find(|run| run.name == name)?;
        Some(&run.scenario)
    }

    /// The run that a step is part of: its own, or the one that goes on.
    #[must_use]
    pub fn run_of(&self, step: usize) -> Option<&str> {
        let until = self.steps.get(..=step)?;
        until.iter().rev().find_map(|step| step.run.as_deref())
    }

    fn check(&self) -> Checked {
        version(self.version)?;
        name("id".to_owned(), &self.id)?;
        number(
            "station",
            usize::from(self.station),
            1,
            usize::from(STATIONS),
        )?;
        number("steps", self.steps.len(), 1, 20)?;
        number("runs", self.runs.len(), 1, 20)?;
        number("opening", self.opening.len(), 1, 4)?;
        number("takeaway", self.takeaway.len(), 1, 6)?;
        for (i, run) in self.runs.iter().enumerate() {
            let path = format!("runs[{i}].name");
            name(path.clone(), &run.name)?;
            let earlier = self.runs[..i].iter().map(|other| other.name == run.name);
            once(path, &run.name, earlier)?;
            let wrong = |error| LessonError::scenario(&format!("runs[{i}].scenario"), error);
            run.scenario.validate().map_err(wrong)?;
        }
        let mut kept: Vec<&str> = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            let path = format!("steps[{i}]");
            name(format!("{path}.id"), &step.id)?;
            let earlier = self.steps[..i].iter().map(|other| other.id == step.id);
            once(format!("{path}.id"), &step.id, earlier)?;
            let run = self.run_of(i).ok_or_else(|| {
                let problem = Problem::Contradiction("the first step starts a run");
                LessonError::new(format!("{path}.run"), problem)
            })?;
            let run = self
                .run(run)
                .ok_or_else(|| LessonError::unknown(format!("{path}.run"), "run", run))?;
            Checking {
                run,
                kept: &kept,
                sources: self.sources.len(),
            }
            .step(&path, step)?;
            kept.extend(step.keep.iter().map(|keep| keep.name.as_str()));
        }
        let run = &self.runs[0].scenario;
        let checking = Checking {
            run,
            kept: &kept,
            sources: self.sources.len(),
        };
        checking.paragraphs("opening", &self.opening)?;
        checking.paragraphs("takeaway", &self.takeaway)
    }
}

/// What a step may name.
struct Checking<'l> {
    run: &'l Scenario,
    kept: &'l [&'l str],
    sources: usize,
}

impl Checking<'_> {
    fn step(&self, path: &str, step: &Step) -> Checked {
        let at = |field: &str| format!("{path}.{field}");
        let wants = [
            step.predict.is_some(),
            step.decide.is_some(),
            step.task.is_some(),
        ];
        let wants = wants.into_iter().filter(|&wanted| wanted).count();
        let wrong =
            |field: &str, why| Err(LessonError::new(at(field), Problem::Contradiction(why)));
        if wants > 1 {
            return wrong(
                "predict",
                "a step predicts, decides or constructs, one of them",
            );
        }
        if (step.predict.is_some() || step.decide.is_some()) != step.ask.is_none() {
            return wrong("ask", "a step asks, unless its prediction or decision does");
        }
        if (step.predict.is_some() || step.decide.is_some()) && step.script.is_none() {
            return wrong(
                "script",
                "what is predicted or decided needs a script that shows it",
            );
        }
        if step.decide.is_some() && step.run.is_none() {
            return wrong(
                "run",
                "each choice of a decision is tried on a run of its own",
            );
        }
        self.condition(&at("goal"), &step.goal)?;
        self.paragraphs(&at("text"), &step.text)?;
        self.paragraphs(&at("after"), &step.after)?;
        for (field, paragraph) in [("ask", &step.ask), ("hint", &step.hint)] {
            if let Some(paragraph) = paragraph {
                self.paragraph(&at(field), paragraph)?;
            }
        }
        if let Some(predict) = &step.predict {
            number(&at("predict.options"), predict.options.len(), 2, 5)?;
            self.paragraph(&at("predict.question"), &predict.question)?;
            for (i, option) in predict.options.iter().enumerate() {
                let path = at(&format!("predict.options[{i}]"));
                self.paragraph(&format!("{path}.text"), &option.text)?;
                self.condition(&format!("{path}.when"), &option.when)?;
                if let Some(told) = &option.if_wrong {
                    self.paragraph(&format!("{path}.if_wrong"), told)?;
                }
            }
        }
        if let Some(decide) = &step.decide {
            number(&at("decide.options"), decide.options.len(), 2, 5)?;
            number(&at("decide.needs"), decide.needs.len(), 1, 5)?;
            self.paragraph(&at("decide.question"), &decide.question)?;
            for (i, need) in decide.needs.iter().enumerate() {
                let path = at(&format!("decide.needs[{i}]"));
                self.paragraph(&format!("{path}.text"), &need.text)?;
                self.condition(&format!("{path}.when"), &need.when)?;
            }
            for (i, way) in decide.options.iter().enumerate() {
                for (j, setting) in way.set.iter().enumerate() {
                    let path = at(&format!("decide.options[{i}].set[{j}]"));
                    let action = replicascope_engine::scenario::Action::Set(setting.clone());
                    self.action(&path, &action)?;
                }
            }
        }
        let mut earlier = 0;
        for (i, action) in step
            .script
            .iter()
            .flat_map(|script| &script.actions)
            .enumerate()
        {
            let path = at(&format!("script.actions[{i}]"));
            if action.after_us < earlier {
                let why = "it is before the action ahead of it";
                return Err(LessonError::new(
                    format!("{path}.after_us"),
                    Problem::Contradiction(why),
                ));
            }
            earlier = action.after_us;
            self.action(&format!("{path}.action"), &action.action)?;
        }
        for (i, keep) in step.keep.iter().enumerate() {
            let name = at(&format!("keep[{i}].name"));
            if Number::Kept(keep.name.clone()).unit() != keep.number.unit() {
                let why = "its end must say what it counts: _ms, _percent, _per_second, or nothing";
                return Err(LessonError::new(name, Problem::Contradiction(why)));
            }
            self.number(&at(&format!("keep[{i}].number")), &keep.number)?;
        }
        Ok(())
    }

    fn action(&self, path: &str, action: &replicascope_engine::scenario::Action) -> Checked {
        self.run
            .validate_action(path, action)
            .map_err(|error| LessonError::new(error.path.clone(), Problem::Scenario(error.problem)))
    }

    fn condition(&self, path: &str, condition: &Condition) -> Checked {
        let mut checked = Ok(());
        condition.each(&mut |atom| {
            if checked.is_ok() {
                checked = self.atom(path, atom);
            }
        });
        checked
    }

    fn atom(&self, path: &str, atom: &Atom) -> Checked {
        match atom {
            Atom::Expectation { what, .. } => {
                let nodes = self.run.cluster.node_count();
                what.validate(path, nodes)
                    .map_err(|error| LessonError::new(path, Problem::Scenario(error.problem)))
            }
            Atom::Number { number, .. } => self.number(path, number),
            Atom::Setting { .. } => Ok(()),
        }
    }

    fn number(&self, path: &str, number: &Number) -> Checked {
        if let Number::Kept(name) = number
            && !self.kept.contains(&name.as_str())
        {
            return Err(LessonError::unknown(path, "kept number", name));
        }
        match number.node() {
            Some(node) if node.index() >= self.run.cluster.node_count() => {
                Err(LessonError::unknown(path, "node", &node.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn paragraphs(&self, path: &str, paragraphs: &[Paragraph]) -> Checked {
        for (i, paragraph) in paragraphs.iter().enumerate() {
            self.paragraph(&format!("{path}[{i}]"), paragraph)?;
        }
        Ok(())
    }

    fn paragraph(&self, path: &str, paragraph: &Paragraph) -> Checked {
        for piece in paragraph.pieces() {
            match piece {
                Piece::Number(place) => self.number(path, &place.number)?,
                Piece::Source(source) if *source >= self.sources => {
                    let name = format!("S{}", source + 1);
                    return Err(LessonError::unknown(path, "source", &name));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
