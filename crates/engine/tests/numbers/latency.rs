//! R-NU-1: what a commit waits for, as far as the Textbook profile goes.

use replicascope_engine::Scenario;
use replicascope_engine::scenario::{Mode, SemiSync};

use crate::lab::{Lab, delay_between, n, quiet};

const CLIENTS_US: u64 = 2 * 1_000;
const WRITE_US: u64 = 400;
const APPLY_US: u64 = 700;
/// One-way delays from n1 to n2, n3 and n4, in ms.
const DELAYS_MS: [u64; 3] = [30, 5, 12];

/// Three replicas at different distances.
fn cluster(mode: Mode, fsync_us: u64) -> Scenario {
    let mut scenario = quiet(mode, 1);
    scenario.cluster.replicas = 3;
    for (delay, replica) in DELAYS_MS.into_iter().zip(2..) {
        delay_between(&mut scenario, n(1), n(replica), delay);
    }
    scenario.cluster.costs.write_us = WRITE_US;
    scenario.cluster.costs.apply_us = APPLY_US;
    scenario.cluster.costs.fsync_us = fsync_us;
    scenario
}

/// What one write takes on an idle cluster, without the way to and from the client and its execution: in µs.
fn commit_wait(scenario: &Scenario) -> u64 {
    let mut lab = Lab::new(scenario).at_ms(500);
    let op = lab.write(3);
    lab.run_to_ms(2_000);
    lab.latency(op).expect("acked").0 - CLIENTS_US - WRITE_US
}

#[test]
fn r_nu_1_async_is_one_local_flush() {
    for fsync in [0, 800, 12_000] {
        assert_eq!(commit_wait(&cluster(Mode::Async, fsync)), fsync);
    }
}

#[test]
fn r_nu_1_semi_sync_is_a_flush_and_the_kth_shortest_round_trip() {
    for fsync in [0, 800, 12_000] {
        for (acks, nearest_ms) in [(1, 5), (2, 12), (3, 30)] {
            let mut scenario = cluster(Mode::SemiSync, fsync);
            scenario.settings.semi_sync = SemiSync {
                acks,
                timeout_us: None,
            };
            assert_eq!(
                commit_wait(&scenario),
                fsync + 2 * nearest_ms * 1_000,
                "{acks} acks, fsync {fsync} µs"
            );
        }
    }
}

#[test]
fn r_nu_1_sync_is_two_flushes_the_longest_round_trip_and_the_replay() {
    for fsync in [0, 800, 12_000] {
        let farthest = 2 * 30 * 1_000;
        assert_eq!(
            commit_wait(&cluster(Mode::Sync, fsync)),
            fsync + farthest + fsync + APPLY_US
        );
        let mut near = cluster(Mode::Sync, fsync);
        near.settings.sync.members = Some(vec![n(3), n(4)]);
        assert_eq!(
            commit_wait(&near),
            fsync + 2 * 12 * 1_000 + fsync + APPLY_US,
            "the maximum over the members only"
        );
    }
}
