//! The numbers of the report against small scenarios whose numbers can be worked out by hand.

use serde_json::{Value, json};

use crate::person::{Desk, quiet, read, with, write};

fn report(scenario: &Value, until: &str) -> Value {
    let text = scenario.to_string();
    Desk::new()
        .pipes(&text, &["run", "-", "--json", "--until", until])
        .json()
}

/// The commit latency of one write by hand in a mode, in ms.
fn commit(mode: &str) -> Value {
    let scenario = with(
        quiet(20, &[(1_000, write(0))]),
        "settings",
        json!({ "mode": mode }),
    );
    let report = report(&scenario, "5s");
    let latency = &report["commit_latency_ms"];
    assert_eq!(latency["p50"], latency["max"]);
    assert_eq!(latency["p99"], latency["max"]);
    assert_eq!(report["writes"]["sent"], 1);
    assert_eq!(report["writes"]["acked"], 1);
    latency["max"].clone()
}

#[test]
fn commit_latency_is_the_way_the_promise_takes() {
    // To the primary and back, execute, flush.
    assert_eq!(commit("async"), 3.2);
    // And a round trip to a replica, which answers when it has received.
    assert_eq!(commit("semi_sync"), 43.2);
    // And there it is flushed and applied first: 0.8 + 0.4.
    assert_eq!(commit("sync"), 44.4);
}

#[test]
fn quantiles_are_by_nearest_rank() {
    // Three writes at the same instant of different keys: the processor takes them one by one, 0.4 ms each. The first is
    // flushed alone, the two others share the next flush, which starts when the first ends.
    let at_once = |key: u32| (1_000, json!({ "write": { "client": 0, "key": key } }));
    let mut scenario = quiet(20, &[at_once(0), at_once(1), at_once(2)]);
    scenario["cluster"]["costs"] = json!({ "write_us": 400, "fsync_us": 1_000 });
    let report = report(&scenario, "5s");
    // 1 + 0.4 + 1 + 1 = 3.4, and 1 + 0.4 + 1 + 1 + 1 = 4.4 for the others.
    assert_eq!(
        report["commit_latency_ms"],
        json!({ "p50": 4.4, "p99": 4.4, "max": 4.4 })
    );
    assert_eq!(
        report["staleness_ms"],
        json!({ "p50": null, "p99": null, "max": null })
    );
}

#[test]
fn reads_are_judged_to_the_microsecond() {
    let report = report(
        &quiet(
            100,
            &[
                (1_000, write(0)),      // acked at 1003.2, on the replicas from about 1102 on
                (1_050, read(0, "n2")), // own write missed, 46.8 ms old
                (1_300, read(1, "n2")), // fresh
                (2_000, write(0)),      // acked at 2003.2
                (2_010, read(1, "n1")), // fresh
                (2_023, read(1, "n2")), // stale by 19.8 ms, and back behind what client 1 has read
                (2_400, read(2, "n3")), // fresh
            ],
        ),
        "4s",
    );
    assert_eq!(
        report["reads"],
        json!({
            "total": 5, "fresh": 3, "stale": 2, "ryw_broken": 1, "monotonic_broken": 1, "phantom": 0,
            "failed": 0, "open": 0,
        })
    );
    assert_eq!(
        report["staleness_ms"],
        json!({ "p50": 19.8, "p99": 46.8, "max": 46.8 })
    );
    assert_eq!(report["writes"]["acked"], 2);
    assert_eq!(report["failovers"], json!([]));
    assert_eq!(report["unavailable_ms"], 0);
}

/// n1 loses power at 1 s with a write on the wire; a person promotes n2 at 3 s.
fn lost_on_the_wire() -> Value {
    with(
        quiet(
            200,
            &[
                (900, write(0)), // acked at 903.2; arrives at n2 at 1102.2, when it is lost already
                (950, read(1, "n1")), // reads what will be lost
                (1_000, json!({ "kill": { "node": "n1" } })),
                (3_000, json!({ "promote": { "node": "n2" } })),
                (4_000, write(0)), // the router knows by now: acked at 4003.2
            ],
        ),
        "settings",
        json!({ "failover": "manual", "fencing": false }),
    )
}

#[test]
fn a_failover_by_hand_is_measured_from_the_kill() {
    let report = report(&lost_on_the_wire(), "5s");
    assert_eq!(
        report["failovers"],
        json!([{
            "old": "n1", "new": "n2", "cause": "power_off", "by": "person", "at_ms": 1000, "detected_ms": 2000,
            "stages": { "won_ms": 2000 }, "promoted_ms": 2000, "writable_ms": 3003.2, "lost_acked": 1, "timeline": 2,
        }])
    );
    assert_eq!(report["unavailable_ms"], 2000);
    assert_eq!(report["split_brain_ms"], 0);
    assert_eq!(
        report["writes"],
        json!({
            "sent": 2, "acked": 2, "failed": 0, "unknown": 0, "open": 0, "lost_acked": 1, "survived_unacked": 0,
        })
    );
    assert_eq!(report["reads"]["phantom"], 1);
    assert_eq!(report["reads"]["fresh"], 0);
    let nodes = report["nodes"].as_array().expect("a list");
    assert_eq!(nodes.len(), 3);
    let of = |index: usize, field: &str| nodes[index][field].clone();
    assert_eq!(of(0, "health"), "down");
    assert_eq!(of(0, "flush_lsn"), 1);
    assert_eq!(of(0, "diverged"), true);
    assert_eq!(of(1, "role"), "primary");
    assert_eq!(of(1, "takes_writes"), true);
    for field in ["insert_lsn", "write_lsn", "flush_lsn", "replay_lsn"] {
        assert_eq!(of(1, field), 1, "{field}");
    }
    assert_eq!(of(1, "timeline"), 2);
    assert_eq!(of(1, "lag_ms"), 0);
}

#[test]
fn what_comes_after_the_end_does_not_count() {
    let report = report(&lost_on_the_wire(), "2500ms");
    assert_eq!(report["at_ms"], 2500);
    assert_eq!(report["actions"], 3);
    assert_eq!(report["unavailable_ms"], 1500);
    assert_eq!(report["failovers"], json!([]));
    assert_eq!(report["writes"]["lost_acked"], 0);
}

#[test]
fn nobody_writes_on_the_new_timeline_and_nobody_is_told() {
    let mut scenario = lost_on_the_wire();
    scenario["actions"].as_array_mut().expect("a list").pop();
    let report = report(&scenario, "5s");
    assert_eq!(report["failovers"][0]["promoted_ms"], 2000);
    assert_eq!(report["failovers"][0]["writable_ms"], Value::Null);
}

#[test]
fn a_write_whose_ack_is_cut_off_is_unknown_and_survives() {
    let cut = json!({ "cut_link": { "from": "n1", "to": "clients" } });
    let report = report(&quiet(20, &[(1_000, cut), (1_000, write(0))]), "10s");
    assert_eq!(
        report["writes"],
        json!({
            "sent": 1, "acked": 0, "failed": 0, "unknown": 1, "open": 0, "lost_acked": 0, "survived_unacked": 1,
        })
    );
    assert_eq!(report["commit_latency_ms"]["max"], Value::Null);
}

#[test]
fn an_operation_under_way_is_open() {
    let report = report(
        &quiet(20, &[(1_000, write(0)), (1_000, read(0, "n2"))]),
        "1001ms",
    );
    assert_eq!(report["writes"]["open"], 1);
    assert_eq!(report["reads"]["open"], 1);
    assert_eq!(report["reads"]["total"], 1);
}

#[test]
fn split_brain_lasts_until_the_end() {
    let promote = json!({ "promote": { "node": "n3" } });
    let scenario = with(
        quiet(20, &[(1_000, promote)]),
        "settings",
        json!({ "failover": "manual", "fencing": false }),
    );
    let report = report(&scenario, "10s");
    assert_eq!(report["split_brain_ms"], 9000);
    assert_eq!(report["unavailable_ms"], 0);
    let failover = &report["failovers"][0];
    assert_eq!(failover["cause"], "by_hand");
    assert_eq!(failover["by"], "person");
    assert_eq!(failover["at_ms"], 1000);
    assert_eq!(failover["detected_ms"], 0);
    assert_eq!(failover["promoted_ms"], 0);
}

#[test]
fn an_election_is_measured_from_the_fault() {
    let fault = |action: Value, settings: Value| {
        let scenario = with(
            quiet(20, &[(2_000, action), (9_000, write(0))]),
            "settings",
            settings,
        );
        report(&scenario, "10s")
    };
    for (action, cause) in [
        (json!({ "kill": { "node": "n1" } }), "power_off"),
        (
            json!({ "kill": { "node": "n1", "how": "process" } }),
            "process_died",
        ),
        (json!({ "lose_host": { "node": "n1" } }), "host_lost"),
        (json!({ "freeze": { "node": "n1" } }), "frozen"),
        (json!({ "isolate": { "node": "n1" } }), "cut_off"),
    ] {
        let report = fault(action, json!({}));
        let failovers = report["failovers"].as_array().expect("a list");
        assert_eq!(failovers.len(), 1, "{cause}");
        let failover = &failovers[0];
        assert_eq!(failover["cause"], cause);
        assert_eq!(failover["by"], "election");
        assert_eq!(failover["old"], "n1");
        assert_eq!(failover["at_ms"], 2000);
        let ms = |field: &str| failover[field].as_f64().expect("a number");
        // A heartbeat every 250 ms, silence of 1,500 ms; what was on its way arrives within 20 ms; up to 100 ms by lot.
        let (detected, promoted) = (ms("detected_ms"), ms("promoted_ms"));
        assert!(
            (1_230.0..1_650.0).contains(&detected),
            "{cause}: {detected}"
        );
        // A poll and a vote, a round trip of 40 ms each, or the window of 400 ms for who does not answer.
        assert!(
            (40.0..1_000.0).contains(&(promoted - detected)),
            "{cause}: {promoted}"
        );
        // The write by hand at 9 s: 3.2 ms.
        assert!((ms("writable_ms") - 7_003.2).abs() < 0.001, "{cause}");
        if cause != "cut_off" {
            assert_eq!(report["unavailable_ms"], failover["promoted_ms"], "{cause}");
        }
    }
}

#[test]
fn a_fault_that_came_first_stays_the_cause() {
    let freeze = json!({ "freeze": { "node": "n1" } });
    let kill = json!({ "kill": { "node": "n1" } });
    let slow = json!({ "slow": { "node": "n1", "factor": 3 } });
    let cause = |actions: &[(u64, Value)]| {
        let failover = report(&quiet(20, actions), "9s")["failovers"][0].clone();
        (failover["cause"].clone(), failover["at_ms"].clone())
    };
    // It was frozen when it was killed: it took no writes since 2 s.
    assert_eq!(
        cause(&[(2_000, freeze), (2_500, kill.clone())]),
        (json!("frozen"), json!(2000))
    );
    // It was only slow when it was killed.
    assert_eq!(
        cause(&[(1_000, slow), (2_500, kill.clone())]),
        (json!("power_off"), json!(2500))
    );
    // A fault long gone is not the cause.
    let cut = json!({ "isolate": { "node": "n1" } });
    let mend = json!({ "reconnect": { "node": "n1" } });
    assert_eq!(
        cause(&[(1_000, cut), (1_200, mend), (4_000, kill)]),
        (json!("power_off"), json!(4000))
    );
}
