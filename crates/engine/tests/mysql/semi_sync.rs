//! R-MY-2, R-MY-4 to R-MY-8: acknowledgements, giving up, coming back.

use replicascope_engine::event::EventKind;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Admin, Database, Mariadb, Mysql, Setting, WaitPoint};
use replicascope_engine::time::Span;

use crate::lab::{Lab, delay_between, mariadb, mysql, n};
use crate::semi_sync;

fn ms(latency: Option<Span>) -> u64 {
    latency.expect("acked").0 / 1_000
}

#[test]
fn r_my_2_the_defaults_are_those_of_the_two_databases() {
    let (mysql, mariadb) = (Mysql::default(), Mariadb::default());
    assert!(!mysql.rpl_semi_sync_source_enabled && !mariadb.rpl_semi_sync_master_enabled);
    assert_eq!(mysql.rpl_semi_sync_source_timeout, 10_000);
    assert_eq!(mariadb.rpl_semi_sync_master_timeout, 10_000);
    assert_eq!(mysql.rpl_semi_sync_source_wait_for_replica_count, 1);
    assert!(mysql.rpl_semi_sync_source_wait_no_replica);
    assert!(mariadb.rpl_semi_sync_master_wait_no_slave);
    assert_eq!(mysql.rpl_semi_sync_source_wait_point, WaitPoint::AfterSync);
    assert_eq!(
        mariadb.rpl_semi_sync_master_wait_point,
        WaitPoint::AfterCommit
    );
    assert_eq!((mysql.sync_binlog, mariadb.sync_binlog), (1, 0));
}

#[test]
fn r_my_2_a_commit_waits_for_as_many_replicas_as_it_is_told() {
    for (count, waits) in [(1, 20), (2, 100), (3, 400)] {
        let settings = Mysql {
            rpl_semi_sync_source_wait_for_replica_count: count,
            ..semi_sync(10_000)
        };
        let mut scenario = mysql(3, 0, settings);
        for (node, delay) in [(2, 10), (3, 50), (4, 200)] {
            delay_between(&mut scenario, n(1), n(node), delay);
        }
        let mut lab = Lab::new(&scenario).at_ms(1_000);
        let op = lab.write(0);
        lab.wait_ms(1_000);
        assert_eq!(ms(lab.latency(op)), waits + 4, "{count} replicas");
    }
}

#[test]
fn r_my_2_a_replica_without_the_plugin_does_not_acknowledge() {
    let settings = Mysql {
        rpl_semi_sync_replica_enabled: Some(vec![n(3)]),
        ..semi_sync(10_000)
    };
    let mut scenario = mysql(2, 0, settings);
    delay_between(&mut scenario, n(1), n(3), 100);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let op = lab.write(0);
    lab.wait_ms(1_000);
    assert_eq!(ms(lab.latency(op)), 204);
    assert_eq!(lab.semi_sync(n(1)).clients, 1);
}

#[test]
fn r_my_4_acknowledged_means_received_and_not_applied() {
    let mut lab = Lab::new(&mysql(1, 5, semi_sync(10_000))).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    let op = lab.write(0);
    lab.wait_ms(100);
    assert_eq!(lab.op(op).status, Status::Acked);
    assert_eq!(lab.semi_sync(n(1)).yes_tx, 1);
    assert!(lab.rows(n(2)).is_empty(), "a read there does not see it");
    assert_eq!(lab.replica(n(2)).received.0, 1);
}

#[test]
fn r_my_4_a_relay_log_that_is_not_synced_can_lose_what_it_acknowledged() {
    for (sync_relay_log, lost) in [(10_000, 1), (1, 0)] {
        let settings = Mysql {
            sync_relay_log,
            ..semi_sync(10_000)
        };
        let mut lab = Lab::new(&mysql(1, 5, settings)).at_ms(1_000);
        lab.admin(n(2), Admin::PauseReplay);
        let op = lab.write(0);
        lab.wait_ms(100);
        assert_eq!(lab.op(op).status, Status::Acked);
        // Both lose power; only the replica comes back.
        lab.kill(n(1));
        lab.kill(n(2));
        lab.restart(n(2));
        lab.wait_ms(1_000);
        lab.promote(n(2));
        lab.wait_ms(1_000);
        assert_eq!(lab.lost().len(), lost, "sync_relay_log = {sync_relay_log}");
    }
}

#[test]
fn r_my_4_an_unsynced_relay_log_survives_the_death_of_the_process() {
    let mut lab = Lab::new(&mysql(1, 5, semi_sync(10_000))).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    lab.write(0);
    lab.wait_ms(100);
    lab.kill(n(1));
    lab.kill_process(n(2));
    lab.restart(n(2));
    lab.wait_ms(1_000);
    lab.promote(n(2));
    lab.wait_ms(1_000);
    assert!(lab.lost().is_empty());
    assert_eq!(lab.rows(n(2)), [0]);
}

#[test]
fn r_my_5_the_first_full_time_out_switches_it_off_for_everybody_and_nobody_is_told() {
    let mut lab = Lab::new(&mysql(1, 5, semi_sync(2_000))).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let first = lab.write(0);
    lab.wait_ms(1_500);
    let second = lab.write(1);
    lab.wait_ms(400);
    assert_eq!(lab.semi_sync(n(1)).wait_sessions, 2);
    lab.wait_ms(300);
    // The second had waited for half a second only.
    assert_eq!(ms(lab.latency(first)), 2_004);
    assert_eq!(ms(lab.latency(second)), 504);
    let status = lab.semi_sync(n(1));
    assert_eq!((status.status, status.no_tx, status.yes_tx), (false, 2, 0));
    let third = lab.write(2);
    lab.wait_ms(100);
    assert_eq!(ms(lab.latency(third)), 4, "silently asynchronous");
    assert!(lab.simulation.node(n(1)).semi_sync_is_off());
    let fell = lab.when(|kind| matches!(kind, EventKind::SemiSyncFellBack { .. }));
    assert_eq!(fell.expect("an event").0 / 1_000, 3_003);
}

#[test]
fn r_my_6_mysql_with_wait_no_replica_on_stalls_for_the_time_out_without_any_replica() {
    let mut lab = Lab::new(&mysql(1, 5, semi_sync(2_000))).at_ms(1_000);
    lab.admin(n(2), Admin::StopReceiver);
    lab.wait_ms(100);
    assert!(lab.semi_sync(n(1)).status);
    let op = lab.write(0);
    lab.wait_ms(3_000);
    assert_eq!(ms(lab.latency(op)), 2_004);
}

#[test]
fn r_my_6_mysql_with_wait_no_replica_off_switches_off_when_too_few_are_connected() {
    let settings = Mysql {
        rpl_semi_sync_source_wait_no_replica: false,
        rpl_semi_sync_source_wait_for_replica_count: 2,
        ..semi_sync(2_000)
    };
    let mut lab = Lab::new(&mysql(2, 5, settings)).at_ms(1_000);
    lab.act(Action::Isolate { node: n(3) });
    let waits = lab.write(0);
    lab.wait_ms(500);
    assert_eq!(lab.op(waits).status, Status::Open);
    lab.admin(n(2), Admin::StopReceiver);
    lab.wait_ms(100);
    let status = lab.semi_sync(n(1));
    assert_eq!((status.status, status.clients), (false, 1));
    assert_eq!(ms(lab.latency(waits)), 506, "released as a success");
}

#[test]
fn r_my_6_mysql_notices_a_killed_replica_when_it_next_sends() {
    let settings = Mysql {
        rpl_semi_sync_source_wait_no_replica: false,
        ..semi_sync(2_000)
    };
    let mut lab = Lab::new(&mysql(1, 5, settings)).at_ms(1_000);
    lab.kill_process(n(2));
    lab.wait_ms(500);
    assert_eq!(lab.semi_sync(n(1)).clients, 1);
    let op = lab.write(0);
    lab.wait_ms(500);
    // One round trip until the host over there has refused.
    assert_eq!(ms(lab.latency(op)), 14);
    assert_eq!(lab.semi_sync(n(1)).clients, 0);
}

#[test]
fn r_my_6_mariadb_with_wait_no_slave_off_stays_on_and_does_not_wait() {
    let settings = Mariadb {
        rpl_semi_sync_master_enabled: true,
        rpl_semi_sync_master_timeout: 2_000,
        rpl_semi_sync_master_wait_no_slave: false,
        ..Mariadb::default()
    };
    let mut lab = Lab::new(&mariadb(1, 5, settings)).at_ms(1_000);
    lab.admin(n(2), Admin::StopReceiver);
    lab.wait_ms(100);
    let op = lab.write(0);
    lab.wait_ms(100);
    assert_eq!(ms(lab.latency(op)), 3);
    let status = lab.semi_sync(n(1));
    assert_eq!((status.status, status.clients, status.no_tx), (true, 0, 1));
}

#[test]
fn r_my_7_it_returns_when_a_replica_has_all_that_is_written() {
    let mut lab = Lab::new(&mysql(1, 50, semi_sync(1_000))).at_ms(1_000);
    lab.admin(n(2), Admin::StopReceiver);
    for key in 0..5 {
        lab.write(key);
    }
    lab.wait_ms(2_000);
    assert!(!lab.semi_sync(n(1)).status);
    lab.admin(n(2), Admin::StartReceiver);
    // Connected after 50 ms; its position is not the newest, so the log goes there and the answer comes back.
    lab.wait_ms(120);
    assert_eq!(
        (lab.semi_sync(n(1)).clients, lab.semi_sync(n(1)).status),
        (1, false)
    );
    lab.wait_ms(100);
    assert!(lab.semi_sync(n(1)).status, "without any new commit");
    let op = lab.write(0);
    lab.wait_ms(500);
    assert_eq!(ms(lab.latency(op)), 104);
}

#[test]
fn r_my_7_a_reconnecting_replica_is_credited_with_what_it_need_not_ask_for() {
    let mut lab = Lab::new(&mysql(1, 50, semi_sync(60_000))).at_ms(1_000);
    let op = lab.write(0);
    lab.wait_ms(60);
    // It has the record; the connection ends before its answer arrives.
    lab.admin(n(1), Admin::TerminateSender { standby: n(2) });
    lab.wait_ms(80);
    assert_eq!(lab.op(op).status, Status::Open);
    lab.wait_ms(80);
    assert_eq!(lab.op(op).status, Status::Acked);
    assert_eq!(ms(lab.latency(op)), 161, "hung up, connected again");
}

#[test]
fn r_my_8_one_acknowledgement_releases_all_before_it() {
    let mut scenario = mysql(1, 50, semi_sync(10_000));
    scenario.cluster.costs.write_us = 10;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let ops: Vec<_> = (0..10).map(|key| lab.write(key)).collect();
    lab.wait_ms(500);
    let slowest = ops.iter().map(|&op| ms(lab.latency(op))).max();
    assert_eq!(slowest, Some(105), "ten commits, one round trip");
    assert_eq!(lab.semi_sync(n(1)).yes_tx, 10);
}

#[test]
fn r_my_8_a_lost_acknowledgement_is_made_good_by_the_next() {
    let mut lab = Lab::new(&mysql(1, 50, semi_sync(60_000))).at_ms(1_000);
    let first = lab.write(0);
    lab.wait_ms(60);
    lab.act(Action::CutLink {
        from: n(2).into(),
        to: n(1).into(),
    });
    lab.wait_ms(100);
    lab.act(Action::HealAll);
    assert_eq!(lab.op(first).status, Status::Open);
    let second = lab.write(1);
    lab.wait_ms(200);
    assert_eq!(lab.op(second).done_at, lab.op(first).done_at);
    assert_eq!(ms(lab.latency(second)), 104);
}

#[test]
fn r_my_5_a_client_that_gives_up_does_not_end_the_wait() {
    let mut scenario = mysql(1, 5, semi_sync(6_000));
    scenario.settings.timers.client_timeout_us = 2_000_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.wait_ms(5_900);
    assert_eq!(lab.op(op).status, Status::Unknown);
    assert_eq!(lab.semi_sync(n(1)).wait_sessions, 1);
    lab.wait_ms(200);
    assert!(!lab.semi_sync(n(1)).status);
    assert_eq!(lab.rows(n(1)), [0]);
}

#[test]
fn r_my_5_disabling_it_releases_everybody() {
    let mut lab = Lab::new(&mysql(1, 5, semi_sync(60_000))).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.wait_ms(1_000);
    lab.set(Setting::Database(Database::Mysql(Box::default())));
    lab.wait_ms(10);
    assert_eq!(lab.op(op).status, Status::Acked);
    let status = lab.semi_sync(n(1));
    assert_eq!((status.status, status.wait_sessions), (false, 0));
}

#[test]
fn r_my_5_a_frozen_source_takes_up_that_semi_sync_was_switched_off_when_it_goes_on() {
    let mut lab = Lab::new(&mysql(1, 1, semi_sync(1_000))).at_ms(500);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.wait_ms(100);
    lab.act(Action::Freeze { node: n(1) });
    lab.set(Setting::Database(Database::Mysql(Box::default())));
    lab.wait_ms(2_000);
    lab.act(Action::Thaw { node: n(1) });
    lab.wait_ms(100);
    assert_eq!(lab.op(op).status, Status::Acked);
    assert!(!lab.semi_sync(n(1)).status);
}

#[test]
fn r_my_8_an_acknowledgement_that_comes_before_the_source_has_synced_counts() {
    // Every second group is synced; the log goes out as soon as it is written, which takes a flush too (R-MY-1).
    let settings = Mysql {
        sync_binlog: 2,
        ..semi_sync(10_000)
    };
    let mut scenario = mysql(1, 20, settings);
    scenario.cluster.costs.fsync_us = 100_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let first = lab.write(0);
    lab.wait_ms(500);
    assert_eq!(lab.op(first).status, Status::Acked);
    let (second, sent) = (lab.write(1), lab.simulation.now());
    lab.wait_ms(150);
    assert_eq!(lab.replica(n(2)).received.0, 2, "it has it");
    assert_eq!(lab.op(second).status, Status::Open, "the disk has not");
    lab.wait_ms(500);
    let took = lab.op(second).done_at.expect("acked").since(sent);
    assert!(took < Span(220_000), "no further round trip: {took:?}");
    assert_eq!(lab.semi_sync(n(1)).yes_tx, 2);
}

#[test]
fn r_my_6_with_semi_sync_disabled_nothing_falls_back_and_once_fallen_back_only_once() {
    let falls_back = |enabled| {
        let settings = Mysql {
            rpl_semi_sync_source_enabled: enabled,
            rpl_semi_sync_source_wait_no_replica: false,
            ..semi_sync(2_000)
        };
        let mut lab = Lab::new(&mysql(2, 5, settings)).at_ms(1_000);
        for node in [2, 3] {
            lab.kill_process(n(node));
            lab.write(0);
            lab.wait_ms(20_000);
        }
        let fell_back = |kind: &EventKind| matches!(kind, EventKind::SemiSyncFellBack { .. });
        let trace = lab.simulation.trace();
        trace
            .milestones()
            .filter(|event| fell_back(&event.kind))
            .count()
    };
    assert_eq!(falls_back(false), 0);
    assert_eq!(falls_back(true), 1);
}

#[test]
fn r_my_5_a_source_that_stood_still_past_the_time_out_falls_back_when_it_goes_on() {
    let mut lab = Lab::new(&mysql(1, 5, semi_sync(2_000))).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.run_to_ms(1_500);
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(8_000);
    assert_eq!(lab.op(op).status, Status::Open);
    lab.act(Action::Thaw { node: n(1) });
    lab.run_to_ms(8_100);
    assert!(!lab.semi_sync(n(1)).status);
    assert_eq!(lab.simulation.node(n(1)).waiting_commits(), 0);
    assert_eq!(lab.op(op).status, Status::Acked);
}
