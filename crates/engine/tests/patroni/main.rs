//! Patroni as rules R-PT-… describe it, as small experiments.

#[path = "../lab/mod.rs"]
mod lab;

mod corpus;
mod failsafe;
mod leader;
mod pause;
mod race;
mod rejoin;
mod rest;
mod slots;
mod store;
mod sync;
mod watchdog;
