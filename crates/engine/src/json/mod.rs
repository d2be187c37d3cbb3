//! JSON in and out, for scenarios and whatever else is kept as text.
//!
//! Every type that is read or written is compiled once more for each kind of reader and writer there is, and the page pays for
//! that by weight. So there is one reader and one writer, whose own code is the same for all types, and the reader knows where
//! it is: an error names the field by its path without a second reader around the first. A test compares both with
//! `serde_json` and `serde_path_to_error`.
//!
//! `read`: from text to values, through `scan`, which knows the grammar. `write`: from values to text.

mod read;
mod scan;
#[cfg(test)]
mod tests;
mod write;

use core::fmt;

use serde::{Deserialize, Serialize, de, ser};

/// Why a text could not be read, and where.
///
/// A box, since every function of the reader returns one or a value.
#[derive(Debug)]
pub struct Error(Box<Fault>);

#[derive(Debug)]
struct Fault {
    /// Grows at its front while the error travels outwards.
    path: String,
    /// What it begins with.
    front: Front,
    problem: String,
    /// Line and column, counted from 1, of what was last read.
    place: Option<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    Nothing,
    Item,
    Field,
}

impl Error {
    #[cold]
    fn new(problem: String) -> Self {
        Self(Box::new(Fault {
            path: String::new(),
            front: Front::Nothing,
            problem,
            place: None,
        }))
    }

    /// Path of the value that is wrong, such as `actions[3].action.kill.node`. Empty for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong with it, without where.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.0.problem
    }

    /// The value that is wrong is in this field of an object, or in this variant.
    #[cold]
    fn in_field(mut self, name: &str) -> Self {
        if self.0.front == Front::Field {
            self.0.path.insert(0, '.');
        }
        self.0.path.insert_str(0, name);
        self.0.front = Front::Field;
        self
    }

    /// The value that is wrong is in this place of a list.
    #[cold]
    fn in_item(self, index: usize) -> Self {
        let mut error = self.in_field(&format!("[{index}]"));
        error.0.front = Front::Item;
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.problem)?;
        match self.0.place {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self::new(problem.to_string())
    }
}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self::new(problem.to_string())
    }
}

/// Reads a value. Unlike in `serde_json` a list does not do where an object is expected.
///
/// # Errors
/// [`Error`] when the text is not JSON, or not of the form that the type needs.
pub fn from_text<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    let mut reader = scan::Scanner::new(text);
    let value = T::deserialize(&mut reader).map_err(|error| reader.placed(error))?;
    reader.end()?;
    Ok(value)
}

/// Writes a value on one line.
///
/// # Errors
/// [`Error`] when the type itself refuses to be written.
pub fn to_line<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    write::written(value, false)
}

/// Writes a value with a line for each field and item, indented by two spaces, for a person to read.
///
/// # Errors
/// [`Error`] when the type itself refuses to be written.
pub fn to_lines<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    write::written(value, true)
}
