//! PT4 (R-PT-5, R-PT-6): the leader cannot reach the store, or nobody can.
//!
//! | observation | where |
//! |---|---|
//! | last ack after the cut, after the last renewal; first write of the next leader; gap; nothing lost | `cut_the_leader`, in the phases of the trials |
//! | whole store down: last ack, states at the end, writable again, another leader or not, nothing lost | `without_the_store_…`, over the phases of the loop |
//! | `failsafe_mode`: writes go on throughout, same leader | `with_failsafe_mode_…` |

use replicascope_engine::scenario::{Endpoint, Patroni, PatroniVersion};

use crate::lab::patroni::{Cluster, leader, seconds, timers};
use crate::{number, observed, time_agrees};

const STORE: Endpoint = Endpoint::Store(0);

/// Runs to so long after a renewal of the leader, writing for the last second.
fn at_phase(seed: u64, patroni: Patroni, phase: f64) -> Cluster {
    let round = 1_000 * patroni.loop_wait;
    let mut cluster = Cluster::new(seed, patroni);
    cluster.wait_ms(25_000);
    let renewed = cluster.last_renewal(leader(), cluster.now()).0 / 1_000;
    let at = renewed + round + (phase * 1_000.0) as u64;
    cluster.wait_ms(at - 500 - cluster.now().0 / 1_000);
    cluster.write_for_ms(500, |_| false);
    cluster
}

/// The phases of the measured trials: how long after the last renewal the cut came.
fn phases(measured: &serde_json::Value) -> Vec<f64> {
    let values = |name: &str| -> Vec<f64> {
        let values = measured[name]["values"].as_array().expect("values");
        values.iter().map(number).collect()
    };
    let (renewal, cut) = (
        values("last_ack_after_last_renew_s"),
        values("last_ack_after_cut_s"),
    );
    renewal.iter().zip(cut).map(|(a, b)| a - b).collect()
}

fn cut_the_leader(id: &str, version: PatroniVersion, times: (u64, u64, u64)) -> Vec<f64> {
    let measured = observed("PT4")[id].clone();
    let all = phases(&measured);
    let span = |name: &str| {
        (
            number(&measured[name]["min"]),
            number(&measured[name]["max"]),
        )
    };
    let mut stops = Vec::new();
    for seed in 0..8 {
        let phase = all[seed as usize % all.len()];
        let mut cluster = at_phase(seed, timers(version, times.0, times.1, times.2), phase);
        let cut = cluster.now();
        let renewed = cluster.last_renewal(leader(), cut);
        cluster.link(leader(), STORE, true);
        cluster.write_for_ms(35_000, |_| false);
        let last = *cluster.acks(leader()).last().expect("it took writes");
        let (new, first) = cluster
            .first_ack_after(last)
            .unwrap_or_else(|| panic!("nobody took over\n{}", cluster.story()));
        assert_ne!(new, leader());
        let stop = seconds(renewed, last);
        let from_renewal = span("last_ack_after_last_renew_s");
        // Two values and nothing between them, always before the lease ends.
        let (early, late) = if times.2 == 10 {
            (18.2, 24.7)
        } else {
            (9.55, 9.55)
        };
        assert!(
            (stop - early).abs() < 0.5 || (stop - late).abs() < 0.5,
            "{id}: {stop} s after the renewal\n{}",
            cluster.story()
        );
        assert!(stop < times.0 as f64);
        stops.push(stop);
        // A trial that stops early was not measured in every phase.
        if time_agrees(stop, from_renewal.0, from_renewal.1) {
            let gap = seconds(last, first);
            let (least, most) = (times.0 as f64 - late, times.0 as f64 - early + 0.6);
            assert!(time_agrees(gap, least, most), "{id}: a gap of {gap} s");
        }
        let taken = seconds(cut, first);
        let (least, most) = span("new_leader_first_write_after_cut_s");
        assert!(time_agrees(taken, least, most), "{id}: {taken} s");
        assert_eq!(cluster.lab.lost(), [], "replication was intact");
        assert_eq!(cluster.lab.simulation.outages().split_brain.0, 0);
    }
    stops
}

#[test]
fn a_leader_cut_from_the_store_stops_before_another_starts() {
    let mut stops = cut_the_leader(
        "3.0.2 ttl30/loop10/retry10 | leader cut from DCS only",
        PatroniVersion::V3,
        (30, 10, 10),
    );
    stops.extend(cut_the_leader(
        "4.1.5 ttl30/loop10/retry10 | leader cut from DCS only",
        PatroniVersion::V4,
        (30, 10, 10),
    ));
    let early = stops.iter().filter(|&&stop| stop < 20.0).count();
    assert!(early > 0 && early < stops.len() / 2, "{stops:?}");
}

#[test]
fn shorter_timers_stop_it_sooner_and_at_one_value() {
    cut_the_leader(
        "3.0.2 ttl20/loop5/retry5 | leader cut from DCS only",
        PatroniVersion::V3,
        (20, 5, 5),
    );
}

/// How long after a renewal the store goes, in s.
const PHASES: [f64; 9] = [0.3, 1.5, 3.2, 3.9, 5.5, 7.0, 8.1, 9.0, 9.8];

/// The store is silent for 45 s. Everybody is read-only at the end of it, but for a leader in failsafe mode.
fn store_down(seed: u64, patroni: Patroni, phase: f64) -> (Cluster, f64, f64) {
    let mut cluster = at_phase(seed, patroni, phase);
    let down = cluster.now();
    cluster.store_links(0, true);
    cluster.write_for_ms(45_000, |_| false);
    let back = cluster.now();
    let last = cluster
        .acks(leader())
        .last()
        .copied()
        .expect("it took writes");
    let writers = usize::from(cluster.primary().is_some());
    assert_eq!(
        writers,
        usize::from(seconds(last, back) < 1.0),
        "states_at_end"
    );
    cluster.store_links(0, false);
    cluster.write_for_ms(10_000, |cluster| cluster.first_ack_after(back).is_some());
    let (_, first) = cluster
        .first_ack_after(back)
        .unwrap_or_else(|| panic!("nobody takes writes\n{}", cluster.story()));
    (cluster, seconds(down, last), seconds(back, first))
}

#[test]
fn without_the_store_everybody_is_read_only_until_it_is_back() {
    for (id, version) in [
        (
            "3.0.2 ttl30/loop10/retry10 | whole DCS down 45 s",
            PatroniVersion::V3,
        ),
        (
            "4.1.5 ttl30/loop10/retry10 | whole DCS down 45 s",
            PatroniVersion::V4,
        ),
    ] {
        let measured = observed("PT4")[id].clone();
        let again = measured["write_again_after_dcs_back_s"]
            .as_array()
            .expect("values")
            .clone();
        assert!(
            again
                .iter()
                .all(|value| (0.3..=0.95).contains(&number(value)))
        );
        let values = |name: &str| -> Vec<f64> {
            let values = measured[name]["values"].as_array().expect("values");
            values.iter().map(number).collect()
        };
        // The trials did not record their phase. In every phase the leader stops 18.2 or 24.7 s after its last renewal.
        let mut unmatched = values("last_ack_after_dcs_down_s");
        let mut leaders = Vec::new();
        for (seed, phase) in (0..).zip(PHASES) {
            let (cluster, last, back) = store_down(seed, timers(version, 30, 10, 10), phase);
            let stops = [18.2 - phase, 24.7 - phase];
            assert!(
                stops.iter().any(|&stop| (last - stop).abs() < 0.5),
                "{id}: {last} s, {phase} s after a renewal\n{}",
                cluster.story()
            );
            unmatched.retain(|&value| !time_agrees(last, value, value));
            assert!(
                time_agrees(back, 0.3, 0.9),
                "{id}: {back} s\n{}",
                cluster.story()
            );
            assert_eq!(cluster.lab.lost(), []);
            leaders.push(cluster.primary().expect("one"));
        }
        assert_eq!(unmatched, [] as [f64; 0], "{id}: not seen in any phase");
        assert!(
            leaders.iter().any(|&node| node != leader()),
            "often another leader"
        );
    }
}

#[test]
fn with_failsafe_mode_the_leader_writes_on() {
    let id = "3.0.2 ttl30/loop10/retry10 | whole DCS down, failsafe_mode=true";
    let measured = observed("PT4")[id].clone();
    for seed in 0..3 {
        let patroni = Patroni {
            failsafe_mode: true,
            ..timers(PatroniVersion::V3, 30, 10, 10)
        };
        let (cluster, last, back) = store_down(seed, patroni, 5.0);
        let expected = number(&measured["last_ack_after_dcs_down_s"]["max"]);
        assert!(
            (last - expected).abs() < 0.2,
            "{last} s\n{}",
            cluster.story()
        );
        assert!(back < 0.1, "{back} s");
        assert_eq!(cluster.primary(), Some(leader()));
        assert_eq!(cluster.lab.lost(), []);
    }
}
