//! The fields of a message, taken one by one; what is left over is one too many.

use crate::command::{CommandError, Problem};
use crate::tree::Tree;

/// Those that have not been taken yet.
pub(crate) struct Fields {
    fields: Vec<(String, Tree)>,
}

impl Fields {
    /// # Errors
    /// When a field stands there twice.
    pub(crate) fn new(fields: Vec<(String, Tree)>) -> Result<Self, CommandError> {
        for (index, (name, value)) in fields.iter().enumerate() {
            if fields[..index].iter().any(|(other, _)| other == name) {
                return Err(CommandError::new(name, value.shown(), Problem::Twice));
            }
        }
        Ok(Self { fields })
    }

    /// Takes a field, if it is there.
    pub(crate) fn take(&mut self, name: &str) -> Option<Tree> {
        let index = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.swap_remove(index).1)
    }

    /// Takes a field.
    pub(crate) fn need(&mut self, name: &str) -> Result<Tree, CommandError> {
        self.take(name)
            .ok_or_else(|| CommandError::new(name, String::new(), Problem::Missing))
    }

    /// The end: nothing may be left.
    pub(crate) fn none_left(self, kind: &'static str) -> Result<(), CommandError> {
        match self.fields.first() {
            None => Ok(()),
            Some((name, value)) => {
                let problem = Problem::Surplus { kind };
                Err(CommandError::new(name, value.shown(), problem))
            }
        }
    }
}

/// Another kind of value than the field takes.
pub(crate) fn unfit(name: &str, value: &Tree, expected: &'static str) -> CommandError {
    let problem = Problem::Kind {
        expected,
        found: value.kind(),
    };
    CommandError::new(name, value.shown(), problem)
}

pub(crate) fn boolean(name: &str, value: Tree) -> Result<bool, CommandError> {
    match value {
        Tree::Bool(value) => Ok(value),
        other => Err(unfit(name, &other, "a boolean")),
    }
}

pub(crate) fn text(name: &str, value: Tree) -> Result<String, CommandError> {
    match value {
        Tree::Text(value) => Ok(value),
        other => Err(unfit(name, &other, "a text")),
    }
}

/// A number within a range.
pub(crate) fn number(name: &str, value: &Tree, least: f64, most: f64) -> Result<f64, CommandError> {
    let number = match value {
        Tree::Whole(number) => *number as f64,
        Tree::Fraction(number) => *number,
        other => return Err(unfit(name, other, "a number")),
    };
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    let problem = Problem::Range { least, most };
    Err(CommandError::new(name, value.shown(), problem))
}
