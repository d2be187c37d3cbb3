//! R-PG-1 to R-PG-9: when a commit is answered, and who sees it before.

use replicascope_engine::event::EventKind;
use replicascope_engine::node::server::{SenderState, SyncState};
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, Admin, CommitLevel, Database, KillKind, Mode, Postgresql, Setting,
};
use replicascope_engine::time::Span;

use crate::lab::{Lab, delay_between, n, postgresql, writing};

fn sync_to(names: &str) -> Postgresql {
    Postgresql {
        synchronous_standby_names: names.parse().expect("valid"),
        ..Postgresql::default()
    }
}

/// Latency without the way between client and node: 2 ms.
fn latency(level: CommitLevel, names: &str, delay_ms: u64) -> Option<u64> {
    let mut lab = Lab::new(&postgresql(2, delay_ms, sync_to(names))).at_ms(1_000);
    let op = lab.write_at(0, n(1), Some(level));
    lab.run_to_ms(11_000);
    lab.latency(op).map(|Span(us)| us - 2_000)
}

#[test]
fn r_pg_1_each_level_waits_for_what_it_says() {
    let f = |level, delay| latency(level, "FIRST 1 (n2)", delay).expect("acked");
    // Executing costs 400 µs, a flush 800, applying 400.
    for delay in [0, 10, 50] {
        let round_trip = 2_000 * delay;
        assert_eq!(f(CommitLevel::Off, delay), 400);
        assert_eq!(f(CommitLevel::Local, delay), 1_200);
        assert_eq!(f(CommitLevel::RemoteWrite, delay), 1_200 + round_trip);
        assert_eq!(f(CommitLevel::On, delay), 2_000 + round_trip);
        assert_eq!(f(CommitLevel::RemoteApply, delay), 2_400 + round_trip);
    }
}

#[test]
fn r_pg_1_with_an_empty_list_every_level_but_off_is_local() {
    for level in [
        CommitLevel::RemoteWrite,
        CommitLevel::On,
        CommitLevel::RemoteApply,
    ] {
        assert_eq!(latency(level, "", 50), Some(1_200));
    }
}

#[test]
fn r_pg_1_commits_that_share_a_flush_wait_each_for_the_standby() {
    for level in [
        CommitLevel::RemoteWrite,
        CommitLevel::On,
        CommitLevel::RemoteApply,
    ] {
        let mut lab = Lab::new(&postgresql(1, 10, sync_to("n2"))).at_ms(1_000);
        lab.act(Action::Isolate { node: n(2) });
        let ops = [0, 1, 2, 3].map(|key| lab.write_at(key, n(1), Some(level)));
        lab.run_to_ms(2_000);
        for op in ops {
            assert_eq!(lab.op(op).status, Status::Open, "{level:?}");
        }
        let primary = lab.simulation.node(n(1));
        assert_eq!(primary.positions().flush.0, 4);
        assert_eq!(primary.waiting_commits(), 4);
        lab.act(Action::Reconnect { node: n(2) });
        lab.run_to_ms(20_000);
        for op in ops {
            assert_eq!(lab.op(op).status, Status::Acked, "{level:?}");
        }
        assert_eq!(lab.simulation.node(n(1)).waiting_commits(), 0);
    }
}

#[test]
fn r_pg_2_reads_do_not_wait() {
    let mut lab = Lab::new(&postgresql(2, 10, sync_to("n2"))).at_ms(100);
    lab.kill(n(2));
    lab.run_to_ms(200);
    let write = lab.write(0);
    lab.run_to_ms(300);
    let read = lab.read(1, Some(n(1)));
    lab.run_to_ms(2_000);
    assert_eq!(lab.latency(write), None, "no standby, no answer");
    assert_eq!(lab.latency(read), Some(Span(2_200)));
}

#[test]
fn r_pg_3_only_flushed_log_is_shipped() {
    // A flush that takes 100 ms, standbys next door: nobody has the record before the primary's disk has it.
    let mut scenario = postgresql(2, 0, Postgresql::default());
    scenario.cluster.costs.fsync_us = 100_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.write(0);
    lab.run_to_ms(1_100);
    assert_eq!(lab.simulation.node(n(1)).tip().lsn.0, 1);
    assert_eq!(lab.simulation.node(n(2)).tip().lsn.0, 0);
    lab.run_to_ms(1_150);
    assert_eq!(lab.simulation.node(n(2)).tip().lsn.0, 1);
    let standby = lab.simulation.node(n(2)).positions();
    assert!(
        standby.replay < standby.write,
        "it replays only what it has flushed"
    );
}

#[test]
fn r_pg_4_an_async_standby_shows_the_row_before_the_primary_does() {
    let mut scenario = postgresql(2, 0, sync_to("FIRST 1 (n2)"));
    delay_between(&mut scenario, n(1), n(2), 50);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let write = lab.write(0);
    lab.run_to_ms(1_050);
    let on_primary = lab.read(0, Some(n(1)));
    let on_standby = lab.read(0, Some(n(3)));
    lab.run_to_ms(1_060);
    assert_eq!(lab.value(on_primary), None);
    assert_eq!(lab.value(on_standby), Some(write));
    lab.run_to_ms(1_200);
    let later = lab.read(0, Some(n(1)));
    lab.run_to_ms(1_300);
    assert_eq!(lab.value(later), Some(write));
}

#[test]
fn r_pg_4_a_hot_row_takes_one_update_per_commit_latency() {
    let mut lab = Lab::new(&postgresql(2, 50, sync_to("n2"))).at_ms(1_000);
    for _ in 0..50 {
        lab.write(0);
    }
    let elsewhere = lab.write(1);
    lab.run_to_ms(2_000);
    // 102 ms each; the first is answered at 1,104 ms.
    assert_eq!(lab.simulation.oracle().totals().writes_acked, 9 + 1);
    assert!(lab.latency(elsewhere).expect("another row") < Span(130_000));
    let waits = |kind: &EventKind| matches!(kind, EventKind::LockWait { .. });
    assert!(lab.when(waits).is_some());
    lab.run_to_ms(10_000);
    assert_eq!(
        lab.simulation.oracle().totals().writes_acked,
        51,
        "each gets its turn"
    );
}

#[test]
fn r_pg_5_first_waits_for_the_earliest_of_the_list() {
    // n2 is far, n3 near: FIRST 1 (n2, n3) waits for n2 all the same, FIRST 2 for the slower of both.
    let mut scenario = postgresql(3, 10, sync_to("FIRST 1 (n2, n3)"));
    delay_between(&mut scenario, n(1), n(2), 100);
    let wait = |names: &str| {
        let mut scenario = scenario.clone();
        scenario.settings.database = Database::Postgresql(Box::new(sync_to(names)));
        let mut lab = Lab::new(&scenario).at_ms(1_000);
        let op = lab.write(0);
        lab.run_to_ms(3_000);
        lab.latency(op).map(|Span(us)| us / 1_000)
    };
    assert_eq!(wait("FIRST 1 (n2, n3)"), Some(204));
    assert_eq!(wait("FIRST 1 (n3, n2)"), Some(24));
    assert_eq!(wait("FIRST 2 (n3, n2)"), Some(204));
    assert_eq!(wait("FIRST 2 (n3, n4)"), Some(24));
    assert_eq!(
        wait("FIRST 4 (n2, n3, n4, x)"),
        None,
        "fewer than four qualify"
    );
    assert_eq!(wait("ANY 1 (n2, n3, n4)"), Some(24));
    assert_eq!(wait("ANY 3 (n2, n3, n4)"), Some(204));
    assert_eq!(wait("*"), Some(204), "n2 is the first that connected");
}

#[test]
fn r_pg_5_and_6_what_pg_stat_replication_calls_them() {
    let states = |names: &str| {
        let lab = Lab::new(&postgresql(3, 10, sync_to(names))).at_ms(1_000);
        let names = names.parse().expect("valid");
        let rows = lab.simulation.node(n(1)).standbys(&names);
        rows.iter()
            .map(|row| (row.sync_state, row.sync_priority))
            .collect::<Vec<_>>()
    };
    use SyncState::{Async, Potential, Quorum, Sync};
    assert_eq!(states("n3, n2"), [(Potential, 2), (Sync, 1), (Async, 0)]);
    assert_eq!(
        states("ANY 1 (n3, n2)"),
        [(Quorum, 1), (Quorum, 1), (Async, 0)]
    );
    assert_eq!(states(""), [(Async, 0), (Async, 0), (Async, 0)]);
}

#[test]
fn r_pg_7_three_ways_out_of_the_wait_and_all_leave_the_row_committed() {
    let waiting = || {
        let mut lab = Lab::new(&postgresql(2, 1, sync_to("n2"))).at_ms(1_000);
        lab.kill(n(2));
        lab.run_to_ms(1_500);
        let op = lab.write(0);
        lab.run_to_ms(60_000);
        assert_eq!(lab.op(op).status, Status::Open, "there is no time-out");
        (lab, op)
    };
    let seen = |lab: &mut Lab, op| {
        lab.run_to_ms(61_000);
        let read = lab.read(0, Some(n(1)));
        lab.run_to_ms(62_000);
        assert_eq!(lab.value(read), Some(op), "visible now");
    };
    let (mut lab, op) = waiting();
    lab.admin(n(1), Admin::CancelWait { op });
    lab.run_to_ms(60_100);
    assert_eq!(lab.op(op).status, Status::Acked, "with a warning");
    let warned = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::WaitEnded {
                terminated: false,
                ..
            }
        )
    };
    assert!(lab.when(warned).is_some());
    seen(&mut lab, op);

    let (mut lab, op) = waiting();
    lab.admin(n(1), Admin::TerminateBackend { op });
    lab.run_to_ms(60_100);
    assert_eq!(lab.op(op).status, Status::Unknown);
    seen(&mut lab, op);

    let (mut lab, op) = waiting();
    lab.set(Setting::Database(Database::Postgresql(Box::default())));
    lab.run_to_ms(60_100);
    assert_eq!(
        lab.op(op).status,
        Status::Acked,
        "the list is empty: a normal success"
    );
    seen(&mut lab, op);

    let (mut lab, op) = waiting();
    lab.restart(n(2));
    lab.run_to_ms(61_000);
    assert_eq!(lab.op(op).status, Status::Acked, "the standby is back");
    seen(&mut lab, op);
}

#[test]
fn r_pg_7_after_a_restart_of_the_primary_what_waited_is_committed() {
    let mut lab = Lab::new(&postgresql(2, 1, sync_to("n2"))).at_ms(1_000);
    lab.kill(n(2));
    let op = lab.write(0);
    lab.run_to_ms(2_000);
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    lab.run_to_ms(2_500);
    lab.restart(n(1));
    lab.run_to_ms(3_000);
    let read = lab.read(0, Some(n(1)));
    lab.run_to_ms(3_100);
    assert_eq!(lab.value(read), Some(op));
}

#[test]
fn r_pg_7_a_client_that_is_gone_does_not_end_the_wait() {
    let mut scenario = postgresql(2, 1, sync_to("n2"));
    scenario.settings.timers.client_timeout_us = 1_000_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.kill(n(2));
    let op = lab.write(0);
    lab.run_to_ms(10_000);
    assert_eq!(lab.op(op).status, Status::Unknown);
    assert_eq!(lab.simulation.node(n(1)).waiting_commits(), 1);
    let other = lab.write(0);
    lab.run_to_ms(10_500);
    let waits = |kind: &EventKind| matches!(kind, EventKind::LockWait { op, .. } if *op == other);
    assert!(lab.when(waits).is_some(), "its row is still locked");
}

#[test]
fn r_pg_8_a_standby_that_catches_up_does_not_count() {
    // n2 has been away while 3,000 records were written, and applies slowly: until it has caught up, n3 is the synchronous one.
    let mut scenario = writing(Mode::Async, 20, 300);
    scenario.cluster.replicas = 2;
    scenario.settings.database = Database::Postgresql(Box::new(sync_to("FIRST 1 (n2, n3)")));
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.act(Action::Kill {
        node: n(2),
        how: KillKind::Process,
    });
    lab.run_to_ms(11_000);
    lab.restart(n(2));
    let connected = |kind: &EventKind| matches!(kind, EventKind::StandbyConnected { standby, .. } if *standby == n(2));
    let streams = |kind: &EventKind| matches!(kind, EventKind::StandbyStreaming { standby, .. } if *standby == n(2));
    while lab.when(connected).is_none() {
        lab.simulation.step();
    }
    let names = "FIRST 1 (n2, n3)".parse().expect("valid");
    let rows = lab.simulation.node(n(1)).standbys(&names);
    assert_eq!(rows[0].state, SenderState::Catchup);
    assert_eq!(
        (rows[0].sync_state, rows[1].sync_state),
        (SyncState::Potential, SyncState::Sync)
    );
    // Also once it has told where it is.
    while lab.when(streams).is_none() {
        lab.simulation.step();
        let rows = lab.simulation.node(n(1)).standbys(&names);
        if rows[0].state == SenderState::Catchup {
            assert_eq!(rows[0].sync_state, SyncState::Potential);
        }
    }
    lab.run_to_ms(14_000);
    let rows = lab.simulation.node(n(1)).standbys(&names);
    assert_eq!(rows[0].state, SenderState::Streaming);
    assert_eq!(
        (rows[0].sync_state, rows[1].sync_state),
        (SyncState::Sync, SyncState::Potential)
    );
}

#[test]
fn r_lw_1_level_off_loses_the_last_rounds_of_the_wal_writer_and_nothing_else() {
    let mut scenario = writing(Mode::Async, 5, 100);
    scenario.cluster.replicas = 1;
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        synchronous_commit: CommitLevel::Off,
        ..Postgresql::default()
    }));
    let crash = |at_ms, how| {
        let mut lab = Lab::new(&scenario).at_ms(at_ms);
        lab.act(Action::Kill { node: n(1), how });
        lab.run_to_ms(6_000);
        lab.restart(n(1));
        lab.run_to_ms(7_000);
        let lost = lab.lost();
        assert!(lost.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1));
        (lab, lost)
    };
    // What was written outlives the process; what was not flushed is gone with the power. Three rounds of 200 ms are the most.
    let counts: Vec<(usize, usize)> = (0..12)
        .map(|step| {
            let count = |how| crash(5_000 + 50 * step, how).1.len();
            (count(KillKind::Process), count(KillKind::PowerOff))
        })
        .collect();
    assert!(
        counts
            .iter()
            .all(|(process, power)| process <= power && *power <= 61)
    );
    let most = counts.iter().map(|&(_, power)| power).max();
    assert!(most > Some(21), "more than one round: {counts:?}");

    let (mut lab, lost) = crash(5_150, KillKind::PowerOff);
    assert!(!lost.is_empty());
    let said = |kind: &EventKind| matches!(kind, EventKind::LogEndLost { erased, .. } if *erased as usize >= lost.len());
    assert!(lab.when(said).is_some());
    assert!(lab.simulation.node(n(2)).positions().replay.0 > 0);
    let surviving = lab.simulation.node(n(1)).table().rows().to_vec();
    lab.run_to_ms(7_500);
    assert_ne!(
        lab.simulation.node(n(1)).table().rows(),
        surviving.as_slice(),
        "it goes on"
    );
    assert_eq!(lab.lost(), lost, "and nothing more is lost");
}

#[test]
fn r_pg_1_records_longer_than_a_page_reach_the_disk_at_every_level() {
    let mut scenario = postgresql(1, 1, Postgresql::default());
    scenario.cluster.costs.record_bytes = 20_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let mut ops = Vec::new();
    for round in 0..40 {
        let level = if round % 3 == 0 {
            CommitLevel::On
        } else {
            CommitLevel::Off
        };
        ops.push(lab.write_at(round % 5, n(1), Some(level)));
        lab.wait_ms(u64::from(round % 4));
    }
    lab.wait_ms(700);
    assert!(ops.iter().all(|&op| lab.op(op).status == Status::Acked));
    let positions = lab.simulation.node(n(1)).positions();
    assert_eq!(positions.flush, lab.simulation.node(n(1)).tip().lsn);
    assert_eq!(
        positions.flush,
        lab.simulation.node(n(2)).positions().replay
    );
}
