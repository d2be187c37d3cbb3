//! ReplicaScope's engine: a deterministic, in-memory primary-replica database cluster.
//!
//! A [`Scenario`] is everything a run depends on; a [`Simulation`] is one run of it, event by event; a [`Recording`] keeps
//! checkpoints of a run so that any instant can be reached; an [`Experiment`] keeps several branches of one; [`compare`] plays
//! one again under other settings. The [`oracle`] judges what clients saw.
//! A [`Cast`] says who can take part: a program that begins with Textbook runs need not carry the rest.
//!
//! The engine knows no browser, clock, thread or file, iterates over no hash map and computes no replication with floating
//! point, so one scenario gives one trace on every machine, to the bit. It emits typed events, never sentences.

pub mod cast;
pub mod compare;
pub mod cow_log;
pub mod event;
pub mod expect;
pub mod explore;
pub mod ids;
pub mod json;
pub mod linearizable;
pub mod manager;
pub mod message;
pub mod node;
pub mod oracle;
pub mod promises;
pub mod random;
pub mod recording;
pub mod report;
pub mod scenario;
pub mod small_map;
pub mod sort;
pub mod time;
pub mod trace;
pub mod why;
pub mod world;

pub use cast::Cast;
pub use recording::{Experiment, Recording};
pub use report::{Course, Report};
pub use scenario::{Scenario, ScenarioError};
pub use world::Simulation;
