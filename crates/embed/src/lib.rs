//! The page inside another one: what its address may say, and the messages between the two.
//!
//! `options`: the parameters of the address, after `query` has taken it apart. `command`: what the host may say, read by `fields` from
//! a `tree` of JSON. `message`: what the page says. docs/embedding.md describes all of it for those who embed.
//!
//! It knows no browser, clock or file, like the engine, whose JSON it uses. Whoever has the text can read it.

mod command;
mod fields;
mod message;
mod options;
mod query;
mod tree;

pub use command::{Command, CommandError, Given, Id, Problem, Received};
pub use message::{
    Lesson, LessonState, Message, Node, Reads, Score, State, Writes, events, millis,
};
pub use options::{Control, Controls, Height, OptionError, OptionProblem, Options, Origins, Theme};
pub use query::decoded;

/// The version of the messages: what `replicascope` says in each.
pub const VERSION: u32 = 1;
/// The field that every message has.
pub const MARK: &str = "replicascope";
