//! PostgreSQL as rules R-PG-… describe it, as small experiments.

#[path = "../lab/mod.rs"]
mod lab;

mod commit;
mod failover;
mod losses;
mod reload;
mod standbys;
