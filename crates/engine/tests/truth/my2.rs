//! MY2: what others see during the wait at either point, and what is there after the source crashes in it.
//!
//! | observation | where |
//! |---|---|
//! | six trials: waiting, who sees the row, whether it is locked, how long the commit took | `who_sees_the_row_during_the_wait` |
//! | source killed in the wait: what the client knows, where the row is | `a_source_that_crashes_in_the_wait_…` |

use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, LinkSettings, Mariadb, WaitPoint};
use serde_json::Value;

use crate::lab::{Lab, mariadb, n};
use crate::{latency_agrees, number, observed};

/// The semi-sync replica n2 is frozen, n3 is asynchronous.
fn waiting(trial: &Value) -> Lab {
    let point = match trial["wait_point"].as_str() {
        Some("AFTER_COMMIT") => WaitPoint::AfterCommit,
        Some("AFTER_SYNC") => WaitPoint::AfterSync,
        other => panic!("{other:?} is no wait point"),
    };
    let settings = Mariadb {
        rpl_semi_sync_master_enabled: true,
        rpl_semi_sync_slave_enabled: Some(vec![n(2)]),
        rpl_semi_sync_master_timeout: 4_000,
        rpl_semi_sync_master_wait_point: point,
        ..Mariadb::default()
    };
    let mut scenario = mariadb(2, 0, settings);
    scenario.cluster.client_link = LinkSettings::default();
    scenario.cluster.costs.fsync_us = 300;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.act(Action::Freeze { node: n(2) });
    lab
}

#[test]
fn who_sees_the_row_during_the_wait() {
    let measured = observed("MY2");
    let trials = measured["trials"].as_array().expect("trials");
    assert_eq!(trials.len(), 6);
    for trial in trials {
        let mut lab = waiting(trial);
        let op = lab.write_at(0, n(1), None);
        lab.run_to_ms(2_000);
        assert_eq!(
            Some(lab.op(op).status == Status::Open),
            trial["still_waiting_1s"].as_bool()
        );
        let other_session = lab.value_at(0, n(1)) == op.0;
        assert_eq!(
            Some(other_session),
            trial["visible_other_session"].as_bool()
        );
        let replica = lab.value_at(0, n(3)) == op.0;
        assert_eq!(Some(replica), trial["visible_async_replica_m3"].as_bool());
        // A locking read waits for the row as a second write of it does.
        let second = lab.write_at(0, n(1), None);
        lab.wait_ms(1_000);
        let free = lab.op(second).tip.is_some();
        assert_eq!(free, trial["locking_read"].is_array());
        lab.run_to_ms(8_000);
        let here = lab.latency(op).expect("answered").0 as f64 / 1_000.0;
        let there = number(&trial["commit_took_s"]) * 1_000.0;
        assert!(latency_agrees(here, there), "{here} ms, {there} there");
        assert!(lab.value_at(0, n(1)) >= op.0, "visible after");
    }
}

#[test]
fn a_source_that_crashes_in_the_wait_has_the_row_after_its_restart() {
    let measured = observed("MY2");
    let trials = measured["source killed during wait, restarted"].as_array();
    for trial in trials.expect("trials") {
        let mut lab = waiting(trial);
        let op = lab.write_at(0, n(1), None);
        lab.run_to_ms(2_000);
        lab.kill_process(n(1));
        lab.act(Action::Thaw { node: n(2) });
        lab.restart(n(1));
        lab.wait_ms(1_000);
        assert_ne!(lab.op(op).status, Status::Acked, "the client never knew");
        let source = lab.value_at(0, n(1)) == op.0;
        assert_eq!(Some(source), trial["row_on_source_after_restart"].as_bool());
        let replica = lab.value_at(0, n(2)) == op.0;
        assert_eq!(Some(replica), trial["row_on_m2"].as_bool());
    }
}
