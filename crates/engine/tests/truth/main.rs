//! What real PostgreSQL, Patroni and MariaDB did when measured, done again by the engine.
//!
//! `truth.json` holds the measurements with their set-up; every entry has a module of its name. How a simulated run is
//! compared: an outcome must match exactly; a latency within 5 % or 2 ms, whichever is more, where the round trip or a
//! time-out makes the number, with local times set from the entry; a count of lost writes within 1 or the stated range; a
//! failover or stall time within the stated least and most widened by 0.5 s, over the same phases of the loop.

#[path = "../lab/mod.rs"]
mod lab;

mod my0;
mod my1x;
mod my2;
mod my4;
mod pg1;
mod pg3a;
mod pg3b;
mod pg3c;
mod pg3d;
mod pg4;
mod pg5b;
mod pg6;
mod pt1;
mod pt2;
mod pt3;
mod pt4;

use serde_json::Value;

/// One entry's observations.
pub(crate) fn observed(id: &str) -> Value {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("truth.json")).expect("the measurements are JSON");
    let entry = all.into_iter().find(|entry| entry["id"] == id);
    entry.expect("there is such an entry")["observations"].clone()
}

/// A number of the measurements.
pub(crate) fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

/// Whether a latency in ms agrees: within 5 % or 2 ms, whichever is more.
pub(crate) fn latency_agrees(simulated: f64, measured: f64) -> bool {
    (simulated - measured).abs() <= (measured * 0.05).max(2.0)
}

/// Whether a stall or failover time in s lies within what was measured, widened by 0.5 s.
pub(crate) fn time_agrees(simulated: f64, least: f64, most: f64) -> bool {
    simulated >= least - 0.5 && simulated <= most + 0.5
}

#[test]
fn every_entry_has_a_module() {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("truth.json")).expect("the measurements are JSON");
    for entry in &all {
        let id = entry["id"].as_str().expect("a name").to_lowercase();
        let line = format!("mod {id};");
        assert!(
            include_str!("main.rs").lines().any(|found| found == line),
            "no module does {id} again"
        );
    }
    assert_eq!(all.len(), 16);
}
