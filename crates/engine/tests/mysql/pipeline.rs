//! R-MY-1, R-MY-3: the way of a commit, and who sees it when.

use replicascope_engine::event::EventKind;
use replicascope_engine::scenario::{KillKind, Mysql, WaitPoint};
use replicascope_engine::time::{Span, Time};

use crate::lab::{Lab, delay_between, mysql, n};
use crate::{semi_sync, waiting_at};

/// Latency without the way between client and node: 2 ms.
fn latency(settings: Mysql, delay_ms: u64) -> u64 {
    let mut lab = Lab::new(&mysql(1, delay_ms, settings)).at_ms(1_000);
    let op = lab.write(0);
    lab.run_to_ms(11_000);
    let Span(us) = lab.latency(op).expect("acked");
    us - 2_000
}

fn sync_every(sync_binlog: u32) -> Mysql {
    Mysql {
        sync_binlog,
        ..Mysql::default()
    }
}

#[test]
fn r_my_1_a_commit_prepares_then_syncs_the_binlog_when_it_is_told_to() {
    // Executing costs 400 µs, each flush 800: InnoDB's always, the binlog's when its group is due.
    assert_eq!(latency(sync_every(1), 50), 400 + 800 + 800);
    assert_eq!(latency(sync_every(0), 50), 400 + 800);
    assert_eq!(
        latency(sync_every(2), 50),
        400 + 800,
        "the first of two groups"
    );
}

#[test]
fn r_my_1_every_nth_group_pays_for_the_sync() {
    let mut lab = Lab::new(&mysql(1, 1, sync_every(3))).at_ms(1_000);
    let latencies: Vec<u64> = (0..6)
        .map(|key| {
            let op = lab.write(key);
            lab.wait_ms(100);
            lab.latency(op).expect("acked").0 - 2_000
        })
        .collect();
    assert_eq!(latencies, [1_200, 1_200, 2_000, 1_200, 1_200, 2_000]);
}

#[test]
fn r_my_1_commits_that_meet_at_the_disk_share_a_group() {
    let mut lab = Lab::new(&mysql(1, 1, Mysql::default())).at_ms(1_000);
    for key in 0..6 {
        lab.write(key);
    }
    lab.wait_ms(100);
    let groups = lab
        .simulation
        .trace()
        .events()
        .filter(|event| matches!(event.kind, EventKind::BinlogWritten { .. }))
        .count();
    // The first executed goes alone; four more execute during its two flushes, and the last during theirs.
    assert_eq!(groups, 3);
}

#[test]
fn r_my_1_without_sync_the_operating_system_writes_back_after_5_s() {
    let mut lab = Lab::new(&mysql(1, 1, sync_every(0))).at_ms(1_000);
    lab.write(0);
    lab.wait_ms(4_900);
    let source = lab.simulation.node(n(1)).positions();
    assert_eq!((source.write.0, source.flush.0), (1, 0));
    assert_eq!(
        lab.rows(n(2)),
        [0],
        "sent and applied before it is safe here"
    );
    lab.wait_ms(200);
    assert_eq!(lab.simulation.node(n(1)).positions().flush.0, 1);
}

/// When the replica had the record, and when the source had synced it.
fn sent_and_synced(sync_binlog: u32) -> (Time, Time) {
    let mut lab = Lab::new(&mysql(1, 0, sync_every(sync_binlog))).at_ms(1_000);
    lab.write(0);
    lab.wait_ms(10_000);
    let received = lab.when(|kind| matches!(kind, EventKind::Received { .. }));
    let synced = lab.when(|kind| matches!(kind, EventKind::Flushed { node, .. } if *node == n(1)));
    (received.expect("received"), synced.expect("synced"))
}

#[test]
fn r_my_1_only_sync_binlog_1_holds_events_back_until_they_are_synced() {
    let (received, synced) = sent_and_synced(1);
    assert!(received >= synced);
    let (received, synced) = sent_and_synced(0);
    assert!(received < synced);
}

#[test]
fn r_my_1_a_power_failure_without_sync_leaves_replicas_ahead() {
    for (how, kept) in [(KillKind::PowerOff, 0), (KillKind::Process, 3)] {
        let mut lab = Lab::new(&mysql(1, 1, sync_every(0))).at_ms(1_000);
        for key in 0..3 {
            lab.write(key);
        }
        lab.wait_ms(1_000);
        assert_eq!(lab.simulation.oracle().totals().writes_acked, 3);
        lab.act(replicascope_engine::scenario::Action::Kill { node: n(1), how });
        lab.wait_ms(100);
        lab.restart(n(1));
        lab.wait_ms(1_000);
        let rows = (lab.rows(n(1)).len(), lab.rows(n(2)).len());
        assert_eq!(rows, (kept, 3), "{how:?}");
        assert_eq!(lab.lost().len(), 3 - kept, "{how:?}");
    }
}

/// Row of key 0 on the source and on the replica while the source waits, whether a second write of the row is done then, and
/// the row on the source at the end.
fn during_the_wait(point: WaitPoint) -> (u32, u32, bool, u32) {
    let mut scenario = mysql(2, 0, waiting_at(point, 5_000));
    let database = Mysql {
        rpl_semi_sync_replica_enabled: Some(vec![n(2)]),
        ..waiting_at(point, 5_000)
    };
    scenario.settings.database = replicascope_engine::scenario::Database::Mysql(Box::new(database));
    delay_between(&mut scenario, n(1), n(2), 500);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let first = lab.write(0);
    lab.wait_ms(100);
    let source = lab.value_at(0, n(1));
    let replica = lab.value_at(0, n(3));
    let second = lab.write(0);
    lab.wait_ms(500);
    let executed = lab.op(second).tip.is_some();
    lab.wait_ms(3_000);
    assert_eq!(
        (source == first.0, replica),
        (point == WaitPoint::AfterCommit, first.0)
    );
    (source, replica, executed, lab.value_at(0, n(1)))
}

#[test]
fn r_my_3_after_sync_hides_and_locks_the_row_during_the_wait() {
    let (source, replica, executed, last) = during_the_wait(WaitPoint::AfterSync);
    assert_eq!((source, replica > 0, executed), (0, true, false));
    assert!(last > replica, "the second write came after");
}

#[test]
fn r_my_3_after_commit_shows_and_unlocks_the_row_during_the_wait() {
    let (source, replica, executed, last) = during_the_wait(WaitPoint::AfterCommit);
    assert_eq!((source, executed), (replica, true));
    assert!(last > replica);
}

#[test]
fn r_my_3_a_row_read_during_an_after_commit_wait_can_vanish() {
    for (point, phantoms) in [(WaitPoint::AfterCommit, 1), (WaitPoint::AfterSync, 0)] {
        let mut scenario = mysql(1, 200, waiting_at(point, 60_000));
        scenario.settings.reads = replicascope_engine::scenario::ReadPolicy::PrimaryOnly;
        let mut lab = Lab::new(&scenario).at_ms(1_000);
        let write = lab.write(0);
        lab.wait_ms(50);
        lab.read(0, Some(n(1)));
        lab.wait_ms(50);
        lab.kill(n(1));
        lab.promote(n(2));
        lab.wait_ms(2_000);
        assert_eq!(lab.simulation.oracle().totals().phantom_reads, phantoms);
        assert!(!lab.op(write).lost, "nobody was told that it is committed");
    }
}

#[test]
fn r_my_3_both_points_cost_one_round_trip() {
    for point in [WaitPoint::AfterSync, WaitPoint::AfterCommit] {
        assert_eq!(latency(waiting_at(point, 10_000), 50), 2_000 + 100_000);
    }
    assert_eq!(latency(semi_sync(10_000), 0), 2_000);
}
