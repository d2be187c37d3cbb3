//! R-MH-8, R-NU-8: from the death of the source to a new one that takes writes, 10 to 30 s.

use replicascope_engine::scenario::{Action, KillKind, Mha};
use replicascope_engine::time::{Span, Time};

use super::cluster;
use crate::lab::{Lab, n};

fn outage(seed: u64, how: KillKind, mha: Mha) -> Span {
    let mut scenario = cluster(100, mha);
    scenario.seed = seed;
    let mut lab = Lab::new(&scenario).at_ms(20_000);
    lab.act(Action::Kill { node: n(1), how });
    lab.run_to_ms(70_000);
    let (_, at) = lab.promoted().expect("it is replaced");
    at.since(Time::from_secs(20))
}

#[test]
fn r_mh_8_and_r_nu_8_a_failover_takes_10_to_30_s() {
    let off = Mha {
        shutdown_script: true,
        ..Mha::default()
    };
    let slow = Mha {
        step_ms: 1_000,
        ..Mha::default()
    };
    let kinds = [
        (KillKind::Process, Mha::default(), 10, 15),
        (KillKind::PowerOff, Mha::default(), 12, 20),
        (KillKind::PowerOff, off, 20, 30),
        // What a step takes is a parameter: there are four before the new source takes writes.
        (KillKind::Process, slow, 13, 18),
    ];
    for (how, mha, least, most) in kinds {
        for seed in 0..10 {
            let took = outage(seed, how, mha.clone());
            assert!(
                Span::from_secs(least) <= took && took <= Span::from_secs(most),
                "{how:?}, shutdown_script {}, seed {seed}: {took:?}",
                mha.shutdown_script
            );
        }
    }
}
