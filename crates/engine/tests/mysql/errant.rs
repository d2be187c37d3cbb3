//! R-LW-4 to R-LW-6: an old source returns with transactions that the new one lacks.

use replicascope_engine::event::{ApplierError, EventKind};
use replicascope_engine::message::Refusal;
use replicascope_engine::node::server::{Gtid, ReceiverState};
use replicascope_engine::scenario::{Action, Admin, Mariadb, Mysql, Scenario, UseGtid};

use crate::lab::{Lab, delay_between, mariadb, mysql, n};
use crate::synced;

fn gtid(server: u8, number: u64) -> Gtid {
    Gtid {
        server: n(server),
        number,
    }
}

/// Keys 0 to 4 are written and replicated, 10 and 11 on the old source n1 only; n2 takes over and writes 20 and 21, and n1
/// is told to follow it.
fn returned(scenario: &Scenario) -> Lab {
    let mut lab = Lab::new(scenario).at_ms(1_000);
    for key in 0..5 {
        lab.write_at(key, n(1), None);
    }
    lab.wait_ms(500);
    lab.act(Action::Isolate { node: n(1) });
    for key in [6, 7] {
        lab.write_at(key, n(1), None);
    }
    lab.wait_ms(500);
    lab.kill_process(n(1));
    lab.promote(n(2));
    lab.wait_ms(500);
    for key in [8, 9] {
        lab.write_at(key, n(2), None);
    }
    lab.wait_ms(500);
    lab.act(Action::Reconnect { node: n(1) });
    lab.restart(n(1));
    lab.wait_ms(500);
    lab.follow(n(1), n(2));
    lab.wait_ms(2_000);
    lab
}

#[test]
fn r_lw_4_mysql_rejoins_without_error_and_silently_differs() {
    let mut lab = returned(&mysql(1, 5, Mysql::default()));
    let status = lab.replica(n(1));
    assert_eq!(status.receiver, ReceiverState::Yes);
    assert!(status.applier_runs && status.receiver_error.is_none());
    assert_eq!(lab.rows(n(1)), [0, 1, 2, 3, 4, 6, 7, 8, 9]);
    assert_eq!(lab.rows(n(2)), [0, 1, 2, 3, 4, 8, 9]);
    let set = |lab: &Lab, node| lab.simulation.node(n(node)).gtid_executed();
    assert_eq!(set(&lab, 1).expect("MySQL").to_string(), "n1:1-7,n2:6-7");
    assert_eq!(set(&lab, 2).expect("MySQL").to_string(), "n1:1-5,n2:6-7");
    assert_eq!(lab.lost().len(), 2);
    let kept = lab.when(|kind| {
        matches!(kind, EventKind::ErrantKept { node, count: 2, fork, .. }
            if *node == n(1) && fork.0 == 5)
    });
    assert!(kept.is_some());
    // A read of an errant row is a read of a write that is lost.
    let read = lab.read(6, Some(n(1)));
    lab.wait_ms(10);
    assert!(lab.op(read).verdict.phantom);
}

#[test]
fn r_lw_4_errant_rows_stay_through_a_crash_and_yield_to_later_writes_of_their_keys() {
    let mut lab = returned(&mysql(1, 5, Mysql::default()));
    lab.kill(n(1));
    lab.restart(n(1));
    lab.wait_ms(1_000);
    assert!(lab.rows(n(1)).contains(&6));
    let write = lab.write_at(6, n(2), None);
    lab.wait_ms(65_000);
    assert_eq!(lab.value_at(6, n(1)), write.0);
}

#[test]
fn r_lw_4_promoted_again_it_spreads_its_errant_transactions() {
    let mut lab = returned(&mysql(1, 5, Mysql::default()));
    let lost = lab.lost();
    lab.kill(n(2));
    lab.promote(n(1));
    lab.wait_ms(1_000);
    assert!(lab.lost().is_empty(), "in the surviving history again");
    assert_eq!(lab.simulation.node(n(1)).errant_transactions().count(), 0);
    lab.restart(n(2));
    lab.wait_ms(1_000);
    lab.follow(n(2), n(1));
    lab.wait_ms(2_000);
    assert_eq!(lab.value_at(6, n(2)), lost[0].0);
    assert_eq!(lab.rows(n(1)), lab.rows(n(2)));
    let spread = lab.when(|kind| matches!(kind, EventKind::ErrantSpread { count: 2, .. }));
    assert!(spread.is_some());
}

#[test]
fn r_lw_4_what_spreads_is_neither_lost_nor_a_phantom_any_more() {
    let mut lab = Lab::new(&mysql(1, 5, Mysql::default())).at_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    // Two errant writes of one key, and two of keys that the new source writes as well.
    let spreads: Vec<_> = [6, 6].map(|key| lab.write_at(key, n(1), None)).into();
    let overwritten: Vec<_> = [8, 8].map(|key| lab.write_at(key, n(1), None)).into();
    lab.wait_ms(500);
    let early = lab.read(6, Some(n(1)));
    lab.wait_ms(500);
    lab.kill_process(n(1));
    lab.promote(n(2));
    lab.wait_ms(500);
    lab.act(Action::Reconnect { node: n(1) });
    lab.restart(n(1));
    lab.wait_ms(500);
    lab.follow(n(1), n(2));
    lab.wait_ms(500);
    lab.write_at(8, n(2), None);
    lab.wait_ms(500);
    let late = lab.read(6, Some(n(1)));
    lab.wait_ms(100);
    assert_eq!(lab.lost().len(), 4);
    assert!(lab.op(early).verdict.phantom && lab.op(late).verdict.phantom);
    assert_eq!(lab.simulation.oracle().totals().phantom_reads, 2);

    lab.kill(n(2));
    lab.promote(n(1));
    lab.wait_ms(1_000);
    let spread = lab.when(|kind| matches!(kind, EventKind::ErrantSpread { count: 2, .. }));
    assert!(spread.is_some(), "the first write of the key too");
    assert_eq!(lab.lost(), overwritten);
    assert!(spreads.iter().all(|&op| !lab.op(op).lost));
    assert!(!lab.op(early).verdict.phantom && !lab.op(late).verdict.phantom);
    assert_eq!(lab.simulation.oracle().totals().phantom_reads, 0);
    lab.restart(n(2));
    lab.wait_ms(1_000);
    lab.follow(n(2), n(1));
    lab.wait_ms(2_000);
    assert_eq!(lab.value_at(6, n(2)), spreads[1].0);
    assert_eq!(lab.rows(n(1)), lab.rows(n(2)));
}

#[test]
fn r_lw_4_a_surplus_under_the_sources_own_uuid_is_refused() {
    // The source loses its unsynced end in a power failure, and its replica has it.
    let settings = Mysql {
        sync_binlog: 0,
        ..Mysql::default()
    };
    let mut lab = Lab::new(&mysql(1, 5, settings)).at_ms(1_000);
    for key in 0..3 {
        lab.write(key);
    }
    lab.wait_ms(500);
    lab.kill(n(1));
    lab.restart(n(1));
    lab.wait_ms(1_000);
    lab.admin(n(2), Admin::StopReceiver);
    lab.admin(n(2), Admin::StartReceiver);
    lab.wait_ms(100);
    let status = lab.replica(n(2));
    assert_eq!(status.receiver, ReceiverState::No);
    let error = Refusal::SourceLacksOwn { gtid: gtid(1, 3) };
    assert_eq!(status.receiver_error, Some(error));
    assert_eq!(error.code(), Some(1_236));
    lab.wait_ms(200_000);
    assert_eq!(
        lab.replica(n(2)).receiver,
        ReceiverState::No,
        "it does not try again"
    );
}

#[test]
fn r_lw_6_once_the_source_has_used_the_numbers_again_the_replica_skips_other_transactions() {
    let settings = Mysql {
        sync_binlog: 0,
        ..Mysql::default()
    };
    let mut lab = Lab::new(&mysql(1, 5, settings)).at_ms(1_000);
    for key in 0..3 {
        lab.write(key);
    }
    lab.wait_ms(500);
    lab.kill(n(1));
    lab.restart(n(1));
    lab.wait_ms(1_000);
    // Numbers 1 to 4, for other transactions.
    for key in 4..8 {
        lab.write_at(key, n(1), None);
    }
    lab.wait_ms(500);
    lab.admin(n(2), Admin::StopReceiver);
    lab.admin(n(2), Admin::StartReceiver);
    lab.wait_ms(500);
    assert_eq!(lab.replica(n(2)).receiver, ReceiverState::Yes, "no error");
    assert_eq!(lab.rows(n(1)), [4, 5, 6, 7]);
    assert_eq!(lab.rows(n(2)), [0, 1, 2, 7]);
    let skipped = lab
        .simulation
        .trace()
        .events()
        .filter(|event| matches!(event.kind, EventKind::TransactionSkipped { .. }));
    assert_eq!(skipped.count(), 3);
}

#[test]
fn r_lw_5_by_file_and_position_nobody_checks_anything() {
    let settings = Mysql {
        source_auto_position: false,
        ..Mysql::default()
    };
    let mut lab = returned(&mysql(1, 5, settings));
    assert_eq!(lab.replica(n(1)).receiver, ReceiverState::Yes);
    assert_eq!(lab.rows(n(1)), [0, 1, 2, 3, 4, 6, 7, 8, 9]);
    // Nor are its extra transactions passed on when it is promoted again.
    lab.kill(n(2));
    lab.promote(n(1));
    lab.wait_ms(1_000);
    lab.restart(n(2));
    lab.wait_ms(1_000);
    lab.follow(n(2), n(1));
    lab.wait_ms(2_000);
    assert_eq!(lab.rows(n(2)), [0, 1, 2, 3, 4, 8, 9]);
    assert_eq!(lab.lost().len(), 2);
}

#[test]
fn r_lw_5_by_file_and_position_a_source_that_lost_its_end_has_nothing_there() {
    let settings = Mysql {
        source_auto_position: false,
        sync_binlog: 0,
        ..Mysql::default()
    };
    let mut lab = Lab::new(&mysql(1, 5, settings)).at_ms(1_000);
    lab.write(0);
    lab.wait_ms(500);
    lab.kill(n(1));
    lab.restart(n(1));
    lab.wait_ms(1_000);
    lab.admin(n(2), Admin::StopReceiver);
    lab.admin(n(2), Admin::StartReceiver);
    lab.wait_ms(100);
    let status = lab.replica(n(2));
    assert_eq!(status.receiver_error, Some(Refusal::ImpossiblePosition));
}

#[test]
fn r_lw_4_mariadb_slave_pos_rejoins_without_error_and_keeps_its_rows() {
    let lab = returned(&mariadb(1, 5, synced()));
    let status = lab.replica(n(1));
    assert_eq!(status.receiver, ReceiverState::Yes);
    assert!(status.applier_runs);
    assert_eq!(lab.rows(n(1)), [0, 1, 2, 3, 4, 6, 7, 8, 9]);
}

#[test]
fn r_lw_4_mariadb_current_pos_stops_the_receiver_with_1236() {
    let settings = Mariadb {
        master_use_gtid: UseGtid::CurrentPos,
        ..synced()
    };
    let lab = returned(&mariadb(1, 5, settings));
    let status = lab.replica(n(1));
    assert_eq!(status.receiver, ReceiverState::No);
    assert!(status.applier_runs);
    let error = Refusal::NotInBinlog {
        gtid: gtid(1, 7),
        diverged: true,
    };
    assert_eq!(status.receiver_error, Some(error));
    assert_eq!(lab.rows(n(1)), [0, 1, 2, 3, 4, 6, 7]);
}

#[test]
fn r_lw_4_mariadb_in_strict_mode_stops_the_applier_with_1950() {
    let settings = Mariadb {
        gtid_strict_mode: true,
        ..synced()
    };
    let mut lab = returned(&mariadb(1, 5, settings));
    let status = lab.replica(n(1));
    assert_eq!(status.receiver, ReceiverState::Yes);
    assert!(!status.applier_runs);
    let error = ApplierError::OutOfOrder {
        gtid: gtid(2, 6),
        existing: gtid(1, 7),
    };
    assert_eq!((status.applier_error, error.code()), (Some(error), 1_950));
    assert_eq!(lab.rows(n(1)), [0, 1, 2, 3, 4, 6, 7]);
    // Starting it again changes nothing.
    lab.admin(n(1), Admin::ResumeReplay);
    lab.wait_ms(100);
    assert!(!lab.replica(n(1)).applier_runs);
    // A copy of the source does.
    lab.admin(n(1), Admin::Rebuild { source: n(2) });
    lab.wait_ms(5_000);
    assert_eq!(lab.rows(n(1)), lab.rows(n(2)));
    assert_eq!(lab.simulation.node(n(1)).errant_transactions().count(), 0);
}

#[test]
fn r_lw_4_following_an_old_source_that_still_writes_goes_unnoticed_too() {
    // n1 is cut off and goes on; n2 takes over and n3 follows it; then n3 is pointed back at n1.
    let mut lab = Lab::new(&mysql(2, 5, Mysql::default())).at_ms(1_000);
    lab.write_at(0, n(1), None);
    lab.wait_ms(100);
    lab.act(Action::Isolate { node: n(1) });
    lab.promote(n(2));
    lab.wait_ms(500);
    lab.follow(n(3), n(2));
    lab.wait_ms(500);
    lab.write_at(1, n(2), None);
    lab.write_at(2, n(1), None);
    lab.wait_ms(500);
    assert_eq!(lab.rows(n(3)), [0, 1]);
    lab.act(Action::Reconnect { node: n(1) });
    lab.follow(n(3), n(1));
    lab.wait_ms(1_000);
    assert_eq!(lab.rows(n(3)), [0, 1, 2]);
    // And promoted at last, it does not open a timeline that somebody has opened before.
    lab.promote(n(3));
    lab.wait_ms(1_000);
    let opened: Vec<_> = lab
        .simulation
        .oracle()
        .histories()
        .branches()
        .iter()
        .map(|branch| branch.timeline)
        .collect();
    assert_eq!(opened.len(), 3);
    assert!(opened[2] > opened[1] && opened[1] > opened[0]);
}

#[test]
fn r_lw_4_who_follows_a_returning_source_asks_again_when_that_goes_back() {
    let mut scenario = mysql(2, 1, Mysql::default());
    delay_between(&mut scenario, n(1), n(2), 100);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    for key in 0..5 {
        lab.write_at(key, n(1), None);
    }
    lab.wait_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    for key in [5, 6] {
        lab.write_at(key, n(1), None);
    }
    lab.promote(n(2));
    lab.wait_ms(500);
    for key in 7..11 {
        lab.write_at(key, n(2), None);
    }
    lab.wait_ms(500);
    lab.act(Action::Reconnect { node: n(1) });
    lab.wait_ms(2_000);
    assert_eq!(lab.rows(n(3)), [0, 1, 2, 3, 4, 5, 6], "it follows n1");
    // It takes n1 200 ms to go back, and n3 2 ms to be connected to it again.
    lab.follow(n(1), n(2));
    lab.wait_ms(70_000);
    for key in 7..11 {
        assert_eq!(lab.value_at(key, n(3)), lab.value_at(key, n(2)), "{key}");
    }
}
