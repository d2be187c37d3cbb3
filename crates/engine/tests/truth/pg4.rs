//! PG4: which acked writes are lost when the primary dies and a standby is promoted, 200 writes a second, 100 ms away.

use replicascope_engine::Scenario;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, Database, KillKind, LinkSettings, Mode, Postgresql, Setting, Workload,
};

use crate::lab::{Lab, delay_between, n, writing};
use crate::{number, observed};

fn scenario(names: &str, seed: u64) -> Scenario {
    let mut scenario = writing(Mode::Async, 100, 200);
    scenario.seed = seed;
    scenario.cluster.replicas = 2;
    scenario.cluster.client_link = LinkSettings::default();
    // Flush and execution as measured: a local commit takes 0.6 ms.
    scenario.cluster.costs.write_us = 200;
    scenario.cluster.costs.fsync_us = 400;
    scenario.workload.keys = 10_000;
    scenario.workload.skew_percent = 0;
    scenario.settings.timers.client_timeout_us = 5_000_000;
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        synchronous_standby_names: names.parse().expect("valid"),
        ..Postgresql::default()
    }));
    scenario
}

struct Outcome {
    lost: usize,
    contiguous: bool,
    unknown: usize,
    ghosts: usize,
}

/// Runs, kills the primary, promotes s1 (n2) a second later.
fn fail_over(scenario: &Scenario, how: KillKind, phase_us: u64) -> Outcome {
    let mut lab = Lab::new(scenario).at_ms(5_000);
    let at = lab.simulation.now().0 + phase_us;
    lab.simulation
        .advance_to(replicascope_engine::time::Time(at));
    lab.set(Setting::Workload(Workload {
        operations_per_second: 0,
        ..scenario.workload
    }));
    lab.act(Action::Kill { node: n(1), how });
    lab.run_to_ms(6_100);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(20_000);
    assert_eq!(lab.promoted().expect("promoted").0, n(2));
    let oracle = lab.simulation.oracle();
    let lost = lab.lost();
    Outcome {
        contiguous: lost.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1),
        lost: lost.len(),
        unknown: oracle
            .ops()
            .filter(|op| op.status == Status::Unknown)
            .count(),
        ghosts: oracle.ops().filter(|op| oracle.is_ghost(op)).count(),
    }
}

fn between(value: usize, least: f64, most: f64) -> bool {
    value as f64 >= least - 1.0 && value as f64 <= most + 1.0
}

fn ends(list: &serde_json::Value) -> (f64, f64) {
    let values: Vec<f64> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(number)
        .collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(0.0, f64::max))
}

/// Packets in flight are discarded with the node: a power failure. Otherwise what was sent arrives.
fn kind(variant: &str) -> KillKind {
    if variant.contains("variant=link") {
        KillKind::PowerOff
    } else {
        KillKind::Process
    }
}

#[test]
fn async_loses_what_is_in_flight_if_that_is_lost_too_and_sync_nothing() {
    let measured = observed("PG4");
    let mut cases = 0;
    for (name, entry) in measured.as_object().expect("cases") {
        if entry["lost"].is_null() {
            continue;
        }
        cases += 1;
        let sync = name.starts_with("sync on FIRST 1");
        let names = if sync { "FIRST 1 (n2)" } else { "" };
        for phase in 0..entry["n"].as_u64().expect("a count") {
            let mut scenario = scenario(names, 1 + phase);
            if sync {
                delay_between(&mut scenario, n(1), n(3), 0);
            }
            let got = fail_over(&scenario, kind(name), phase * 487);
            let (least, most) = (number(&entry["lost"]["min"]), number(&entry["lost"]["max"]));
            assert!(between(got.lost, least, most), "{name}: {} lost", got.lost);
            assert_eq!(entry["lost_is_contiguous_tail"], got.contiguous, "{name}");
            if most == 0.0 {
                assert_eq!(got.lost, 0, "{name}");
            }
            let (least, most) = ends(&entry["unknown"]);
            assert!(
                between(got.unknown, least, most),
                "{name}: {} unknown",
                got.unknown
            );
            let (least, most) = ends(&entry["ghosts_survived"]);
            assert!(
                between(got.ghosts, least, most),
                "{name}: {} ghosts",
                got.ghosts
            );
        }
    }
    assert_eq!(cases, 5, "every case of the entry");
}
