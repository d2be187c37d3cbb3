//! R-NU-1: what a commit waits for, in the Textbook profile, PostgreSQL, MySQL and MariaDB.

use replicascope_engine::Scenario;
use replicascope_engine::scenario::{
    CommitLevel, Database, Mariadb, Mode, Mysql, Postgresql, SemiSync, WaitPoint,
};

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

/// What a commit waits for at each level, given the round trip that counts, with a flush of `fsync` everywhere. Handing the
/// log to the operating system takes no time.
fn postgresql_wait(level: CommitLevel, fsync: u64, round_trip: u64) -> u64 {
    match level {
        CommitLevel::Off => 0,
        CommitLevel::Local => fsync,
        CommitLevel::RemoteWrite => fsync + round_trip,
        CommitLevel::On => fsync + round_trip + fsync,
        CommitLevel::RemoteApply => fsync + round_trip + fsync + APPLY_US,
    }
}

#[test]
fn r_nu_1_postgresql_every_level_with_first_k_and_any_k() {
    // n2, n3 and n4 are 30, 5 and 12 ms away: FIRST k waits for the farthest of its first k, ANY k for the k-th nearest.
    let lists = [
        ("", None),
        ("FIRST 1 (n2, n3, n4)", Some(30)),
        ("FIRST 1 (n3, n4, n2)", Some(5)),
        ("FIRST 2 (n3, n4, n2)", Some(12)),
        ("FIRST 2 (n4, n3, n2)", Some(12)),
        ("FIRST 3 (n3, n4, n2)", Some(30)),
        ("ANY 1 (n2, n3, n4)", Some(5)),
        ("ANY 2 (n2, n3, n4)", Some(12)),
        ("ANY 3 (n2, n3, n4)", Some(30)),
        ("ANY 1 (n2, n4)", Some(12)),
    ];
    for fsync in [0, 800, 12_000] {
        for (names, farthest_ms) in lists {
            for level in [
                CommitLevel::Off,
                CommitLevel::Local,
                CommitLevel::RemoteWrite,
                CommitLevel::On,
                CommitLevel::RemoteApply,
            ] {
                let mut scenario = cluster(Mode::Async, fsync);
                scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
                    synchronous_commit: level,
                    synchronous_standby_names: names.parse().expect("valid"),
                    ..Postgresql::default()
                }));
                let expected = match farthest_ms {
                    Some(ms) => postgresql_wait(level, fsync, 2 * ms * 1_000),
                    None => postgresql_wait(level.min(CommitLevel::Local), fsync, 0),
                };
                assert_eq!(
                    commit_wait(&scenario),
                    expected,
                    "{level:?}, {names}, fsync {fsync} µs"
                );
            }
        }
    }
}

#[test]
fn r_nu_1_mysql_semi_sync_is_the_binlog_and_the_kth_shortest_round_trip() {
    for fsync in [0, 800, 12_000] {
        for (count, nearest_ms) in [(1, 5), (2, 12), (3, 30)] {
            for point in [WaitPoint::AfterSync, WaitPoint::AfterCommit] {
                for sync_relay_log in [10_000, 1] {
                    let mut scenario = cluster(Mode::Async, fsync);
                    scenario.settings.database = Database::Mysql(Box::new(Mysql {
                        rpl_semi_sync_source_enabled: true,
                        rpl_semi_sync_source_wait_for_replica_count: count,
                        rpl_semi_sync_source_wait_point: point,
                        sync_relay_log,
                        ..Mysql::default()
                    }));
                    // InnoDB's prepare and the binlog are a flush each; the relay log is one if it is synced each time.
                    let relay = if sync_relay_log == 1 { fsync } else { 0 };
                    assert_eq!(
                        commit_wait(&scenario),
                        2 * fsync + 2 * nearest_ms * 1_000 + relay,
                        "{count} replicas, {point:?}, fsync {fsync} µs"
                    );
                }
            }
        }
    }
}

#[test]
fn r_nu_1_mariadb_waits_for_one_replica_and_does_not_sync_its_binlog() {
    for fsync in [0, 800, 12_000] {
        for (semi_sync, sync_binlog) in [(false, 0), (true, 0), (false, 1), (true, 1)] {
            let mut scenario = cluster(Mode::Async, fsync);
            scenario.settings.database = Database::Mariadb(Box::new(Mariadb {
                rpl_semi_sync_master_enabled: semi_sync,
                sync_binlog,
                ..Mariadb::default()
            }));
            let round_trip = if semi_sync { 2 * 5 * 1_000 } else { 0 };
            let flushes = 1 + u64::from(sync_binlog);
            assert_eq!(
                commit_wait(&scenario),
                flushes * fsync + round_trip,
                "semi-sync {semi_sync}, sync_binlog {sync_binlog}, fsync {fsync} µs"
            );
        }
    }
}
