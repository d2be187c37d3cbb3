//! MY1x: a replica leaves in good order or is killed, and a wait is ended by hand, under `MariaDB`'s semi-sync.
//!
//! | observation | where |
//! |---|---|
//! | STOP SLAVE, six trials: status variables, first commit, the next ones, on again | `a_replica_that_leaves_in_good_order` |
//! | SIGKILL with wait_no_slave OFF: the first commit | `a_killed_replica_costs_…` |
//! | KILL QUERY, KILL CONNECTION, max_statement_time, at both wait points | `a_wait_is_ended_by_hand_…` |

use replicascope_engine::ids::OpId;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Admin, LinkSettings, Mariadb, WaitPoint};
use serde_json::Value;

use crate::lab::{Lab, mariadb, n};
use crate::{latency_agrees, number, observed};

/// n1 is the source, n2 its semi-sync replica, n3 an asynchronous one.
fn source(timeout_ms: u64, wait_no_slave: bool, point: WaitPoint) -> Lab {
    let settings = Mariadb {
        rpl_semi_sync_master_enabled: true,
        rpl_semi_sync_slave_enabled: Some(vec![n(2)]),
        rpl_semi_sync_master_timeout: timeout_ms,
        rpl_semi_sync_master_wait_no_slave: wait_no_slave,
        rpl_semi_sync_master_wait_point: point,
        ..Mariadb::default()
    };
    let mut scenario = mariadb(2, 0, settings);
    scenario.cluster.client_link = LinkSettings::default();
    scenario.cluster.costs.write_us = 100;
    scenario.cluster.costs.fsync_us = 300;
    Lab::new(&scenario).at_ms(1_000)
}

fn commit(lab: &mut Lab, key: u32, wait_ms: u64) -> (OpId, f64) {
    let op = lab.write_at(key, n(1), None);
    lab.wait_ms(wait_ms);
    let latency = lab.latency(op).expect("answered");
    (op, latency.0 as f64 / 1_000.0)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Compares status, clients, waiting sessions, and the counters as they rose since `before`.
fn status_agrees(lab: &Lab, measured: &Value, before: &Value) {
    let here = lab.semi_sync(n(1));
    assert_eq!(here.status, text(&measured["status"]) == "ON");
    assert_eq!(here.clients.to_string(), text(&measured["clients"]));
    assert_eq!(
        here.wait_sessions.to_string(),
        text(&measured["wait_sessions"])
    );
    let rose = |name: &str| {
        let count = |value: &Value| text(&value[name]).parse::<u64>().expect("a count");
        count(measured) - count(before)
    };
    // Two commits were acknowledged before the replica left.
    assert_eq!(
        (here.yes_tx, here.no_tx),
        (2 + rose("yes_tx"), rose("no_tx"))
    );
}

#[test]
fn a_replica_that_leaves_in_good_order() {
    let trials = observed("MY1x");
    let left = |trial: &&Value| trial["case"] == "clean STOP SLAVE";
    let trials: Vec<&Value> = trials["trials"]
        .as_array()
        .expect("trials")
        .iter()
        .collect();
    let trials: Vec<&&Value> = trials.iter().filter(|trial| left(trial)).collect();
    assert_eq!(trials.len(), 6);
    for trial in trials {
        let timeout = trial["timeout_ms"].as_u64().expect("ms");
        let wait = trial["wait_no_slave"] == "ON";
        let mut lab = source(timeout, wait, WaitPoint::AfterCommit);
        commit(&mut lab, 0, 100);
        commit(&mut lab, 1, 100);
        status_agrees(&lab, &trial["before"], &trial["before"]);
        lab.admin(n(2), Admin::StopReceiver);
        lab.wait_ms(1_000);
        status_agrees(&lab, &trial["1s_after_stop"], &trial["before"]);
        let (_, first) = commit(&mut lab, 2, timeout + 100);
        let there = number(&trial["first_commit_s"]) * 1_000.0;
        assert!(latency_agrees(first, there), "{first} ms, {there} there");
        status_agrees(&lab, &trial["after"], &trial["before"]);
        for next in trial["next_s"].as_array().expect("three") {
            let (_, here) = commit(&mut lab, 3, 100);
            let there = number(next) * 1_000.0;
            assert!(latency_agrees(here, there), "{here} ms, {there} there");
        }
        lab.admin(n(2), Admin::StartReceiver);
        lab.wait_ms(1_000);
        assert!(lab.semi_sync(n(1)).status, "without any commit");
        commit(&mut lab, 4, 100);
        assert!(lab.semi_sync(n(1)).status);
    }
}

#[test]
fn a_killed_replica_costs_the_full_time_out_even_with_wait_no_slave_off() {
    let measured = observed("MY1x");
    let stalls = &measured["SIGKILL + wait_no_slave OFF, first commit s (timeout 1000)"];
    for there in stalls.as_array().expect("two") {
        let mut lab = source(1_000, false, WaitPoint::AfterCommit);
        lab.kill_process(n(2));
        lab.wait_ms(1_000);
        assert_eq!(lab.semi_sync(n(1)).clients, 1, "still counted");
        let (_, first) = commit(&mut lab, 0, 2_000);
        let there = number(there) * 1_000.0;
        assert!(latency_agrees(first, there), "{first} ms, {there} there");
    }
}

#[test]
fn a_wait_is_ended_by_hand_but_not_by_a_statement_time_out() {
    let trials = observed("MY1x");
    let mut cases = 0;
    for trial in trials["trials"].as_array().expect("trials") {
        let case = text(&trial["case"]);
        if !case.contains("during the wait") {
            continue;
        }
        cases += 1;
        let after_commit = trial["wait_point"] == "AFTER_COMMIT";
        let point = if after_commit {
            WaitPoint::AfterCommit
        } else {
            WaitPoint::AfterSync
        };
        let mut lab = source(6_000, true, point);
        lab.act(replicascope_engine::scenario::Action::Freeze { node: n(2) });
        let op = lab.write_at(0, n(1), None);
        lab.wait_ms(500);
        let visible = lab.value_at(0, n(1)) == op.0;
        assert_eq!(Some(visible), trial["visible_during_wait"].as_bool());
        lab.run_to_ms(2_000);
        if case.starts_with("kill query") {
            lab.admin(n(1), Admin::CancelWait { op });
        } else if case.starts_with("kill connection") {
            lab.admin(n(1), Admin::TerminateBackend { op });
        }
        // The engine has no statement time-out: nothing but the semi-sync time-out ends the wait then.
        lab.run_to_ms(8_000);
        let here = lab.latency(op).expect("answered").0 as f64 / 1_000.0;
        let there = number(&trial["result"][0]) * 1_000.0;
        assert!(
            latency_agrees(here, there),
            "{case}: {here} ms, {there} there"
        );
        let told_ok = trial["result"][1] == "OK";
        let status = if told_ok {
            Status::Acked
        } else {
            Status::Unknown
        };
        assert_eq!(lab.op(op).status, status, "{case}");
        assert_eq!(lab.value_at(0, n(1)), op.0, "visible after");
        let semi_sync = lab.semi_sync(n(1));
        assert_eq!(
            semi_sync.status,
            trial["status"]["status"] == "ON",
            "{case}"
        );
        assert_eq!((semi_sync.no_tx, semi_sync.wait_sessions), (1, 0));
        lab.act(replicascope_engine::scenario::Action::Thaw { node: n(2) });
        lab.wait_ms(1_000);
        assert_eq!(lab.value_at(0, n(2)), op.0, "on the replica later");
    }
    assert_eq!(cases, 6);
}
