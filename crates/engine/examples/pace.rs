//! A fixed amount of the engine's work: `cargo xtask measure` runs it natively and in the browser, and compares the times.
//!
//! Five nodes under 1,000 operations a second, and a recording with its checkpoints, as the page keeps one. The program takes
//! nothing and prints nothing, so that it runs in wasm without anything around it.

use std::hint::black_box;

use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario};

/// Memory that is asked for at once.
const ROOM_BYTES: usize = 160 << 20;
/// Virtual seconds.
const SECONDS: u64 = 300;

fn main() {
    // As the page does when it starts (src/main.rs).
    drop(black_box(Vec::<u8>::with_capacity(ROOM_BYTES)));
    let mut scenario = Scenario::default();
    scenario.workload.operations_per_second = 1_000;
    scenario.workload.read_percent = 90;
    scenario.workload.keys = 100;
    scenario.cluster.costs.read_us = 20;
    scenario.cluster.costs.write_us = 40;
    scenario.cluster.costs.apply_us = 40;
    scenario.cluster.costs.fsync_us = 200;
    let mut recording = Recording::new(scenario).expect("valid");
    recording.advance_to(Time::from_secs(SECONDS));
    let steps = recording.simulation().steps();
    assert!(steps > 1_000 * SECONDS, "only {steps} steps");
}
