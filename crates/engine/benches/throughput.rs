//! Events per second of the engine, beside a bare `BinaryHeap` that pops and pushes with the same queue length.
//!
//! An event here is one thing taken from the queue and handled. Each figure is the median of five rounds; compare figures
//! of one run only.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::Instant;

use replicascope_engine::scenario::{Costs, Mode, Workload};
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario, Simulation};

const ROUNDS: usize = 5;

fn load(nodes: u8, operations_per_second: u64, mode: Mode) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.cluster.replicas = nodes - 1;
    scenario.cluster.costs = Costs {
        read_us: 20,
        write_us: 40,
        apply_us: 40,
        fsync_us: 200,
        ..Costs::default()
    };
    scenario.settings.mode = mode;
    scenario.workload = Workload {
        operations_per_second,
        read_percent: 90,
        keys: 100,
        ..Workload::default()
    };
    scenario
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Events per second over `events` events, after a second of warming up, and the queue's length.
fn engine(scenario: &Scenario, events: u64) -> (f64, usize) {
    let mut start = Simulation::new(scenario).expect("valid");
    start.advance_to(Time::from_secs(2));
    let mut length = 0;
    let figures = (0..ROUNDS).map(|_| {
        let mut simulation = start.clone();
        let before = Instant::now();
        for _ in 0..events {
            black_box(simulation.step());
        }
        length = simulation.queue_length();
        events as f64 / before.elapsed().as_secs_f64()
    });
    (median(figures.collect()), length)
}

/// Pops and pushes per second of a heap of that length, with entries of the engine's size.
fn bare_heap(length: usize, events: u64) -> f64 {
    let figures = (0..ROUNDS).map(|round| {
        let mut state = 88_172_645_463_325_252_u64 + round as u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % 100_000
        };
        let mut heap: BinaryHeap<Reverse<(u64, u64, [u64; 3])>> = (0..length as u64)
            .map(|number| Reverse((random(), number, [number; 3])))
            .collect();
        let before = Instant::now();
        for number in 0..events {
            if let Some(Reverse((at, _, payload))) = heap.pop() {
                heap.push(Reverse((at + random(), number, black_box(payload))));
            }
        }
        events as f64 / before.elapsed().as_secs_f64()
    });
    median(figures.collect())
}

fn report(name: &str, scenario: &Scenario, events: u64) {
    let (rate, length) = engine(scenario, events);
    let bare = bare_heap(length.max(1), events);
    println!(
        "{name:<34} {:>7.2} M events/s   queue {length:>6}   bare heap {:>7.2} M/s   ratio {:.2}",
        rate / 1e6,
        bare / 1e6,
        rate / bare
    );
}

/// Time of seeks in a recording of ten minutes at 100 operations/s.
fn seeks() {
    let mut recording = Recording::new(load(5, 100, Mode::Async)).expect("valid");
    let end = Time::from_secs(600);
    recording.advance_to(end);
    let mut millis: Vec<f64> = (0..200u64)
        .map(|number| {
            let at = Time(number * 7_919 % 600 * 1_000_000 + number * 997);
            let before = Instant::now();
            recording.seek(at);
            before.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    println!(
        "seek in a 10-minute run: median {:.1} ms, 99th percentile {:.1} ms",
        millis[100], millis[197]
    );
}

fn main() {
    let events = 2_000_000;
    report(
        "5 nodes, 1,000 operations/s",
        &load(5, 1_000, Mode::Async),
        events,
    );
    report(
        "5 nodes, 1,000/s, semi-sync",
        &load(5, 1_000, Mode::SemiSync),
        events,
    );
    report(
        "5 nodes, 1,000/s, sync",
        &load(5, 1_000, Mode::Sync),
        events,
    );
    println!();
    for operations in [10, 100, 10_000] {
        report(
            &format!("5 nodes, {operations} operations/s"),
            &load(5, operations, Mode::Async),
            events,
        );
    }
    println!();
    for nodes in [3, 10, 50] {
        report(
            &format!("{nodes} nodes, 1,000 operations/s"),
            &load(nodes, 1_000, Mode::Async),
            events,
        );
    }
    println!();
    seeks();
}
