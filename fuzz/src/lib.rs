//! What is fuzzed: every text that the page or the command line reads, and the log of actions.
//!
//! A module is a target. Its `check` takes any bytes at all and panics when something does not hold: that nothing else panics goes
//! without saying, and what is read must also be written back as the same thing. `fuzz/targets` gives the functions to the
//! fuzzer, `fuzz/tests` replays the corpora without one. docs/fuzzing.md tells how to run it.

pub mod actions;
pub mod command;
mod draw;
pub mod link;
pub mod progress;
pub mod scenario;
pub mod standby_names;
pub mod version_1;
pub mod words;

/// A target's name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 8] = [
    ("actions", actions::check),
    ("command", command::check),
    ("link", link::check),
    ("progress", progress::check),
    ("scenario", scenario::check),
    ("standby_names", standby_names::check),
    ("version_1", version_1::check),
    ("words", words::check),
];
