//! PT1 (R-PT-11): the leader dies; how long nobody takes writes.
//!
//! | observation | where |
//! |---|---|
//! | outage, and from the last renewal to the next write, in the phases of the trials; lost acks | `a_dead_leader_whose_host_refuses_…`, `a_silent_leader_…` |

use replicascope_engine::scenario::{KillKind, PatroniVersion};

use crate::lab::patroni::{Cluster, leader, seconds, timers};
use crate::{number, observed, time_agrees};

/// Kills the leader so long after its last renewal; returns the outage and the time from that renewal to the next write.
fn kill(
    seed: u64,
    version: PatroniVersion,
    how: KillKind,
    since_renewal: f64,
) -> (f64, f64, usize) {
    let mut cluster = Cluster::new(seed, timers(version, 30, 10, 10));
    cluster.wait_ms(25_000);
    let renewed = cluster.last_renewal(leader(), cluster.now());
    let at = renewed.0 / 1_000 + 10_000 + (since_renewal * 1_000.0) as u64;
    let before = at - 1_000 - cluster.now().0 / 1_000;
    cluster.wait_ms(before);
    cluster.write_for_ms(1_000, |_| false);
    let killed = cluster.now();
    let renewed = cluster.last_renewal(leader(), killed);
    cluster.kill(leader(), how);
    cluster.write_for_ms(40_000, |cluster| cluster.first_ack_after(killed).is_some());
    let (node, first) = cluster
        .first_ack_after(killed)
        .unwrap_or_else(|| panic!("nobody took over\n{}", cluster.story()));
    assert_ne!(node, leader());
    (
        seconds(killed, first),
        seconds(renewed, first),
        cluster.lab.lost().len(),
    )
}

fn check(id: &str, version: PatroniVersion, how: KillKind) {
    let measured = &observed("PT1")[id];
    let phases: Vec<f64> = measured["since_last_renew_at_kill_s"]
        .as_array()
        .expect("phases")
        .iter()
        .map(number)
        .collect();
    let outage = &measured["outage_s"];
    let whole = &measured["last_renew_to_new_write_s"];
    for (seed, &phase) in phases.iter().enumerate() {
        let (simulated, from_renewal, lost) = kill(seed as u64, version, how, phase.min(9.9));
        assert!(
            time_agrees(simulated, number(&outage["min"]), number(&outage["max"])),
            "{id}: an outage of {simulated} s, {phase} s after the renewal"
        );
        assert!(
            time_agrees(from_renewal, number(&whole["min"]), number(&whole["max"])),
            "{id}: {from_renewal} s after the renewal"
        );
        // Of the writes that were on the wire when the power went one may be lost.
        assert!(
            lost <= usize::from(how == KillKind::PowerOff),
            "{lost} lost"
        );
    }
}

#[test]
fn a_dead_leader_whose_host_refuses_is_replaced_when_its_lease_ends() {
    let id = "3.0.2 ttl30/loop10/retry10, processes killed (REST refuses)";
    check(id, PatroniVersion::V3, KillKind::AllProcesses);
    let id = "4.1.5 ttl30/loop10/retry10, processes killed (REST refuses)";
    check(id, PatroniVersion::V4, KillKind::AllProcesses);
}

#[test]
fn a_silent_leader_costs_the_two_seconds_that_others_wait_for_its_answer() {
    let id = "3.0.2 ttl30/loop10/retry10, node silent (REST times out)";
    check(id, PatroniVersion::V3, KillKind::PowerOff);
    let id = "4.1.5 ttl30/loop10/retry10, node silent (REST times out)";
    check(id, PatroniVersion::V4, KillKind::PowerOff);
}

/// R-PT-11: 0.1 to 0.6 s after the end of the lease, and 2 s more when silent, whatever the phase.
#[test]
fn r_pt_11_the_rest_after_the_lease_is_as_short_as_measured_in_every_phase() {
    for seed in 10..22 {
        let phase = (seed - 10) as f64 * 0.8;
        let (_, refused, _) = kill(seed, PatroniVersion::V4, KillKind::AllProcesses, phase);
        assert!((30.05..=30.75).contains(&refused), "{refused}");
        let (_, silent, _) = kill(seed, PatroniVersion::V4, KillKind::PowerOff, phase);
        assert!((32.05..=32.75).contains(&silent), "{silent}");
    }
}
