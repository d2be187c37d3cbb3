//! R-MY-9 to R-MY-11: GTIDs, Seconds_Behind_Source, workers.

use replicascope_engine::node::server::{Gtid, ReceiverState};
use replicascope_engine::scenario::{Action, Admin, Mysql};

use crate::lab::{Lab, mysql, n};

/// How many of `writes` writes, made together, the replica has applied after so many ms, with so many workers.
fn applied(workers: u32, same_key: bool, after_ms: u64) -> u64 {
    let settings = Mysql {
        replica_parallel_workers: workers,
        ..Mysql::default()
    };
    let mut scenario = mysql(1, 0, settings);
    scenario.cluster.costs.apply_us = 100_000;
    scenario.cluster.costs.write_us = 1;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    for key in 0..12 {
        lab.write(if same_key { 0 } else { key });
    }
    lab.wait_ms(after_ms);
    lab.replica(n(2)).applied.0
}

#[test]
fn r_my_11_a_serial_applier_takes_one_at_a_time() {
    assert_eq!(applied(0, false, 650), 6);
    assert_eq!(applied(1, false, 650), 6);
}

#[test]
fn r_my_11_workers_share_the_time_of_records_of_different_keys() {
    // The first is alone; then rounds of four.
    assert_eq!(applied(4, false, 150), 1);
    assert_eq!(applied(4, false, 250), 5);
    assert_eq!(applied(4, false, 450), 12);
}

#[test]
fn r_my_11_writes_of_one_key_are_applied_one_after_the_other() {
    assert_eq!(applied(4, true, 650), 6);
}

#[test]
fn r_my_9_gtid_executed_names_what_is_applied_here() {
    let mut lab = Lab::new(&mysql(1, 1, Mysql::default())).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    lab.write(0);
    lab.wait_ms(50);
    let executed = |lab: &Lab, node| {
        let set = lab.simulation.node(n(node)).gtid_executed();
        set.expect("MySQL")
    };
    let gtid = Gtid {
        server: n(1),
        number: 1,
    };
    assert!(executed(&lab, 1).contains(gtid));
    assert!(!executed(&lab, 2).contains(gtid), "received is not enough");
    lab.admin(n(2), Admin::ResumeReplay);
    lab.wait_ms(50);
    assert!(executed(&lab, 2).contains(gtid));
    lab.kill(n(1));
    lab.promote(n(2));
    lab.wait_ms(1_000);
    lab.write(1);
    lab.wait_ms(100);
    assert_eq!(executed(&lab, 2).to_string(), "n1:1-1,n2:2-2");
}

#[test]
fn r_my_10_seconds_behind_source_is_null_when_the_applier_is_stopped() {
    let mut lab = Lab::new(&mysql(1, 1, Mysql::default())).at_ms(1_000);
    assert_eq!(lab.replica(n(2)).seconds_behind_source, Some(0));
    lab.admin(n(2), Admin::PauseReplay);
    lab.write(0);
    lab.wait_ms(5_000);
    let status = lab.replica(n(2));
    assert_eq!(
        (status.seconds_behind_source, status.applier_runs),
        (None, false)
    );
}

#[test]
fn r_my_10_seconds_behind_source_is_the_age_of_what_is_being_applied() {
    let mut scenario = mysql(1, 1, Mysql::default());
    scenario.cluster.costs.apply_us = 10_000_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.write(0);
    lab.wait_ms(3_500);
    assert_eq!(lab.replica(n(2)).seconds_behind_source, Some(3));
    lab.wait_ms(7_000);
    assert_eq!(lab.replica(n(2)).seconds_behind_source, Some(0));
}

#[test]
fn r_my_10_seconds_behind_source_is_0_over_a_dead_link_until_the_time_out() {
    let mut lab = Lab::new(&mysql(1, 1, Mysql::default())).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    lab.write(0);
    lab.wait_ms(58_900);
    let status = lab.replica(n(2));
    assert_eq!(status.receiver, ReceiverState::Yes);
    assert_eq!(
        status.seconds_behind_source,
        Some(0),
        "it lies: a minute behind"
    );
    assert!(lab.rows(n(2)).is_empty());
    // 60 s after the last thing heard, which was a heartbeat or the start.
    lab.wait_ms(2_000);
    let status = lab.replica(n(2));
    assert_eq!(status.receiver, ReceiverState::Connecting);
    assert_eq!(status.seconds_behind_source, None);
}
