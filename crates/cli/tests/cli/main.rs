//! The binary, called as a person calls it.

mod checks;
mod errors;
mod explores;
mod managers;
mod numbers;
mod person;
mod runs;
mod shrinks;
mod traces;
