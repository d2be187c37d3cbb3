//! PT2 (R-PT-4): the leader's PostgreSQL dies, its agent lives: it starts again in place.
//!
//! | observation | where |
//! |---|---|
//! | outage, same node, timeline before and after, lost acks | `check`, for each version and set of timers |

use replicascope_engine::scenario::{KillKind, PatroniVersion};

use crate::lab::patroni::{Cluster, leader, seconds, timers};
use crate::{number, observed, time_agrees};

/// Kills the database at a moment of the loop; returns the outage and how the term of the timeline changed.
fn kill(seed: u64, version: PatroniVersion, times: (u64, u64, u64), phase_ms: u64) -> (f64, u32) {
    let mut cluster = Cluster::new(seed, timers(version, times.0, times.1, times.2));
    cluster.wait_ms(25_000);
    let renewed = cluster.last_renewal(leader(), cluster.now()).0 / 1_000;
    let at = renewed + 1_000 * times.1 + phase_ms;
    cluster.wait_ms(at - 500 - cluster.now().0 / 1_000);
    cluster.write_for_ms(500, |_| false);
    let before = cluster.lab.simulation.node(leader()).timeline().term();
    let killed = cluster.now();
    cluster.kill(leader(), KillKind::Process);
    cluster.write_for_ms(20_000, |cluster| cluster.first_ack_after(killed).is_some());
    let (node, first) = cluster
        .first_ack_after(killed)
        .unwrap_or_else(|| panic!("it did not start again\n{}", cluster.story()));
    assert_eq!(node, leader(), "the same node");
    cluster.wait_ms(5_000);
    assert_eq!(cluster.lab.lost(), []);
    let after = cluster.lab.simulation.node(leader()).timeline().term();
    (seconds(killed, first), after - before)
}

fn check(id: &str, version: PatroniVersion, times: (u64, u64, u64)) {
    let measured = &observed("PT2")[id];
    let outage = &measured["outage_s"];
    let (least, most) = (number(&outage["min"]), number(&outage["max"]));
    let pair = &measured["timeline_before_after"][0];
    let raised = (number(&pair[1]) - number(&pair[0])) as u32;
    // The phases of the loop in which the measured outages began.
    for (seed, value) in (0..).zip(outage["values"].as_array().expect("values")) {
        let until_the_next_round = (number(value) - 0.4).clamp(0.0, times.1 as f64 - 0.2);
        let phase = times.1 * 1_000 - (until_the_next_round * 1_000.0) as u64;
        let (simulated, terms) = kill(seed, version, times, phase);
        assert!(
            time_agrees(simulated, least, most),
            "{id}: an outage of {simulated} s"
        );
        assert_eq!(terms, raised, "{id}: the timeline");
    }
}

#[test]
fn patroni_4_starts_it_as_primary_and_the_timeline_stays() {
    check(
        "4.1.5 ttl30/loop10/retry10",
        PatroniVersion::V4,
        (30, 10, 10),
    );
}

#[test]
fn patroni_3_0_starts_it_read_only_and_promotes_it() {
    check(
        "3.0.2 ttl30/loop10/retry10",
        PatroniVersion::V3,
        (30, 10, 10),
    );
    check("3.0.2 ttl20/loop5/retry5", PatroniVersion::V3, (20, 5, 5));
}
