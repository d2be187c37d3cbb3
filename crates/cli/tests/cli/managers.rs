//! Failovers and outages under failover managers: the numbers of the report against what can be worked out by hand.

use serde_json::{Value, json};

use crate::person::Desk;

/// Three nodes, 1 ms to everybody, a write every 100 ms, and what happens when.
fn scenario(database: Value, manager: Value, actions: &[(u64, Value)]) -> Value {
    let actions: Vec<Value> = actions
        .iter()
        .map(|(at_ms, action)| json!({ "at_us": at_ms * 1_000, "action": action }))
        .collect();
    json!({
        "version": 2,
        "seed": 1,
        "cluster": {
            "replicas": 2,
            "node_link": { "delay_us": 1_000 },
            "client_link": { "delay_us": 1_000 },
        },
        "settings": { "database": database, "manager": manager },
        "workload": { "operations_per_second": 10, "read_percent": 0, "arrival": "even" },
        "actions": actions,
        "until_us": 90_000_000,
    })
}

fn run(scenario: &Value) -> Value {
    Desk::new()
        .pipes(&scenario.to_string(), &["run", "-", "--json"])
        .json()
}

fn patroni(parameters: Value, actions: &[(u64, Value)]) -> Value {
    let postgresql = json!({ "postgresql": { "wal_log_hints": true } });
    run(&scenario(
        postgresql,
        json!({ "patroni": parameters }),
        actions,
    ))
}

fn mha(actions: &[(u64, Value)]) -> Value {
    run(&scenario(
        json!({ "mysql": {} }),
        json!({ "mha": { "use_gtid_auto_pos": false } }),
        actions,
    ))
}

fn kill(how: &str) -> Value {
    json!({ "kill": { "node": "n1", "how": how } })
}

fn service(service: &str, what: &str) -> Value {
    json!({ "service": { "service": service, "what": what } })
}

/// The only failover.
fn the_failover(report: &Value) -> &Value {
    let failovers = report["failovers"].as_array().expect("a list");
    assert_eq!(failovers.len(), 1, "{report:#}");
    &failovers[0]
}

fn ms(of: &Value, name: &str) -> f64 {
    of[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} in {of:#}"))
}

fn assert_near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 0.01,
        "{found} instead of {expected}"
    );
}

fn assert_within(found: f64, from: f64, to: f64) {
    assert!((from..=to).contains(&found), "{found}");
}

#[test]
fn a_dead_leader_of_patroni_is_noticed_when_its_lease_runs_out() {
    let report = patroni(json!({}), &[(25_000, kill("power_off"))]);
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "power_off");
    assert_eq!(failover["by"], "manager");
    assert_eq!(failover["at_ms"], 25_000);
    let stages = &failover["stages"];
    // 30 s after a renewal of the last 10 s, and up to half a second until the store looks.
    let expired = ms(stages, "lease_expired_ms");
    assert_within(expired, 20_000.0, 30_500.0);
    assert_near(ms(failover, "detected_ms"), expired);
    // The dead node's REST interface has its 2 s; telling the agents, asking the store and its majority take some round trips.
    assert_within(
        ms(stages, "key_taken_ms"),
        expired + 2_000.0,
        expired + 2_020.0,
    );
    // And then PostgreSQL is told, which has nothing to replay.
    let started = ms(stages, "promotion_started_ms");
    assert_near(started, ms(stages, "key_taken_ms") + 100.0);
    assert_near(ms(failover, "promoted_ms"), started);
    assert_eq!(report["unavailable_ms"], failover["promoted_ms"]);
    let outage = &report["outages"][0];
    assert_eq!(outage["lasted_ms"], failover["promoted_ms"]);
    assert_eq!(outage["ended"], "promotion");
    assert_eq!(outage["cause"], "power_off");
}

#[test]
fn a_host_that_refuses_connections_does_not_cost_the_two_seconds() {
    let report = patroni(json!({}), &[(25_000, kill("all_processes"))]);
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "process_died");
    let stages = &failover["stages"];
    let race = ms(stages, "key_taken_ms") - ms(stages, "lease_expired_ms");
    assert_within(race, 1.0, 20.0);
}

#[test]
fn a_restart_in_place_is_an_outage_and_no_failover() {
    let report = patroni(json!({}), &[(25_000, kill("process"))]);
    assert_eq!(report["failovers"], json!([]));
    let outages = report["outages"].as_array().expect("a list");
    assert_eq!(outages.len(), 1, "{report:#}");
    let outage = &outages[0];
    for (field, is) in [
        ("old", "n1"),
        ("new", "n1"),
        ("cause", "process_died"),
        ("ended", "restart_in_place"),
    ] {
        assert_eq!(outage[field], is);
    }
    // Up to a round of 10 s until the agent looks, then the start of 200 ms.
    assert_within(ms(outage, "lasted_ms"), 200.0, 10_300.0);
    assert_eq!(outage["lasted_ms"], report["unavailable_ms"]);
    assert_eq!(report["writes"]["lost_acked"], 0);
}

#[test]
fn patroni_3_promotes_what_it_restarts() {
    let report = patroni(
        json!({ "version": "3.0", "use_pg_rewind": true }),
        &[(25_000, kill("process"))],
    );
    let failover = the_failover(&report);
    assert_eq!(
        (&failover["old"], &failover["new"]),
        (&json!("n1"), &json!("n1"))
    );
    assert_eq!(failover["timeline"], 2);
    let stages = &failover["stages"];
    assert_near(
        ms(failover, "detected_ms"),
        ms(stages, "restarted_in_place_ms"),
    );
    assert!(stages["lease_expired_ms"].is_null(), "it kept the lock");
}

#[test]
fn a_leader_that_is_cut_off_loses_rate_times_time_to_demotion() {
    let report = patroni(
        json!({ "use_pg_rewind": true }),
        &[(25_000, json!({ "isolate": { "node": "n1" } }))],
    );
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "cut_off");
    let stages = &failover["stages"];
    let demoted = ms(stages, "demoted_ms");
    assert_near(ms(stages, "store_unreachable_ms"), demoted);
    assert_near(ms(failover, "detected_ms"), demoted);
    // One every 100 ms, the first at the instant of the cut; none within the 3.2 ms that one takes before the demotion.
    let expected = ((demoted - 3.2) / 100.0).floor() + 1.0;
    assert_near(ms(failover, "lost_acked"), expected);
    assert_near(ms(&report["writes"], "lost_acked"), expected);
    let nobody = ms(failover, "promoted_ms") - demoted;
    let outage = &report["outages"][0];
    assert_eq!(outage["cause"], "cut_off");
    // The demotion is a shutdown on the agent's word, at once.
    assert_near(ms(outage, "lasted_ms"), nobody);
}

#[test]
fn whose_link_to_the_store_is_cut_and_who_lost_the_store_are_told_apart() {
    let cut = |node: &str, member: &str| {
        let link = json!({ "cut_link": { "from": node, "to": member } });
        (25_000, link)
    };
    let report = patroni(
        json!({}),
        &["s1", "s2", "s3"].map(|member| cut("n1", member)),
    );
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "cut_off_from_store");
    assert_eq!(failover["at_ms"], 25_000);

    let report = patroni(
        json!({}),
        &[
            (20_000, service("s1", "kill")),
            (25_000, service("s2", "freeze")),
            (60_000, json!("heal_all")),
        ],
    );
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "store_lost");
    assert_eq!(failover["at_ms"], 25_000, "two of three are a majority");
    assert_eq!(report["outages"][0]["cause"], "store_lost");
}

#[test]
fn a_frozen_agent_splits_brain_and_a_watchdog_does_not_let_it() {
    let freeze = [(25_000, service("agent:n1", "freeze"))];
    let report = patroni(json!({}), &freeze);
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "agent_frozen");
    // The old primary goes on to the end, beside the new one.
    let promoted = 25_000.0 + ms(failover, "promoted_ms");
    assert_near(ms(&report, "split_brain_ms"), 90_000.0 - promoted);
    assert_eq!(report["unavailable_ms"], 0);

    let report = patroni(json!({ "watchdog_device": true }), &freeze);
    assert_eq!(report["split_brain_ms"], 0);
    let failover = &report["failovers"][0];
    assert_eq!(failover["cause"], "agent_frozen");
    let reset = ms(&failover["stages"], "host_reset_ms");
    // 25 s after the last renewal.
    assert_within(reset, 15_000.0, 25_000.0);
    assert_near(ms(failover, "detected_ms"), reset);
    assert_eq!(report["outages"][0]["cause"], "agent_frozen");
}

#[test]
fn patronictl_is_a_person() {
    let promote = json!({ "promote": { "node": "n2" } });
    let report = patroni(json!({}), &[(25_000, promote)]);
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "by_hand");
    assert_eq!(failover["by"], "person");
    assert_eq!(failover["detected_ms"], 0);
    let stages = &failover["stages"];
    assert_eq!(stages["wanted_ms"], 0);
    // A second for the standbys to catch up, and two round trips to the store.
    let given_up = ms(stages, "key_released_ms") - ms(stages, "demoted_ms");
    assert_within(given_up, 1_000.0, 1_010.0);
    let outage = &report["outages"][0];
    assert_eq!(
        (&outage["cause"], &outage["new"]),
        (&json!("by_hand"), &json!("n2"))
    );
}

#[test]
fn mha_notices_at_the_fourth_ping() {
    // Who refuses is counted at once, every 3 s; whoever is silent has 3 s first.
    for (how, cause, first) in [
        ("process", "process_died", 0.0),
        ("power_off", "power_off", 3_000.0),
    ] {
        let report = mha(&[(20_000, kill(how))]);
        let failover = the_failover(&report);
        assert_eq!(failover["cause"], cause);
        let stages = &failover["stages"];
        let first_failed = ms(stages, "first_ping_failed_ms");
        assert_within(first_failed, first, first + 3_002.0);
        let fourth = ms(stages, "fourth_ping_failed_ms");
        assert_near(fourth - first_failed, 9_000.0);
        assert_near(ms(failover, "detected_ms"), fourth);
        // Every phase starts its scripts for 300 ms; phase 1 waits 2 s for a dead host, or a round trip for one that refuses.
        let phase_1 = ms(stages, "shut_out_phase_ms") - ms(stages, "configuration_phase_ms");
        assert_near(phase_1, if cause == "power_off" { 2_300.0 } else { 302.0 });
        let phase_2 = ms(stages, "latest_phase_ms") - ms(stages, "shut_out_phase_ms");
        assert_near(phase_2, 302.0);
        assert_eq!(
            stages["save_binlog_phase_ms"].is_null(),
            cause == "power_off",
            "no SSH without power"
        );
        // 300 ms and the way to the new source, which has nothing to apply.
        let promoted = ms(failover, "promoted_ms");
        assert_near(promoted - ms(stages, "promote_phase_ms"), 301.0);
        assert_eq!(report["unavailable_ms"], failover["promoted_ms"]);
    }
}

#[test]
fn mha_replaces_a_source_that_only_it_cannot_reach() {
    let mut scenario = scenario(
        json!({ "mysql": {} }),
        json!({ "mha": {} }),
        &[(20_000, json!({ "cut_link": { "from": "m1", "to": "n1" } }))],
    );
    scenario["settings"]["fencing"] = json!(false);
    let report = run(&scenario);
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "cut_off_from_monitor");
    assert_eq!(report["outages"], json!([]));
    let promoted = 20_000.0 + ms(failover, "promoted_ms");
    assert_near(ms(&report, "split_brain_ms"), 90_000.0 - promoted);
    assert!(ms(failover, "lost_acked") > 0.0);
}

#[test]
fn sentinels_notice_when_as_many_as_the_quorum_agree() {
    let sentinel = json!({ "sentinel": {
        "down-after-milliseconds": 5_000, "failover-timeout": 20_000,
    } });
    let report = run(&scenario(
        json!({ "postgresql": { "wal_log_hints": true } }),
        sentinel,
        &[(20_000, kill("power_off"))],
    ));
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "power_off");
    let stages = &failover["stages"];
    let stage = |name: &str| ms(stages, name);
    // The first ping without an answer is sent up to a second after the death; a round comes at least every 100 ms.
    assert_within(stage("held_down_ms"), 5_000.0 - 1.0, 6_100.0);
    // The others come to hold it within a second, and are asked once a second.
    assert_within(
        stage("agreed_ms"),
        stage("held_down_ms"),
        stage("held_down_ms") + 2_100.0,
    );
    assert_near(ms(failover, "detected_ms"), stage("agreed_ms"));
    assert!(stage("leader_stood_ms") >= stage("agreed_ms"));
    // The votes are there after a round trip, and counted in the next round.
    assert_within(
        stage("leader_elected_ms") - stage("leader_stood_ms"),
        2.0,
        102.0,
    );
    assert_near(
        ms(failover, "promoted_ms"),
        stage("replica_selected_ms") + 1.0,
    );
}

#[test]
fn without_a_manager_a_person_promotes_or_starts_it_again() {
    let postgresql = || json!({ "postgresql": {} });
    let promote = json!({ "promote": { "node": "n2" } });
    let report = run(&scenario(
        postgresql(),
        json!("none"),
        &[(20_000, kill("power_off")), (30_000, promote)],
    ));
    let failover = the_failover(&report);
    assert_eq!(failover["cause"], "power_off");
    assert_eq!(failover["by"], "person");
    assert_eq!(failover["detected_ms"], 10_000);
    assert_eq!(failover["promoted_ms"], 10_000, "nothing to replay");

    let restart = json!({ "restart": { "node": "n1" } });
    let report = run(&scenario(
        postgresql(),
        json!("none"),
        &[(20_000, kill("process")), (30_000, restart)],
    ));
    assert_eq!(report["failovers"], json!([]));
    assert_eq!(
        report["outages"],
        json!([{
            "at_ms": 20_000, "lasted_ms": 10_200, "old": "n1", "new": "n1", "cause": "process_died",
            "ended": "restart",
        }])
    );
    assert_eq!(report["unavailable_ms"], 10_200);
}

#[test]
fn a_read_of_a_row_that_the_source_showed_too_early_is_a_phantom() {
    // AFTER_COMMIT: the row can be read on the source from the commit on, before a replica has it. Both replicas are cut off, so
    // nobody ever has it; a person promotes one of them.
    let cut = |to: &str| json!({ "cut_link": { "from": "n1", "to": to } });
    let mut scenario = scenario(
        json!({ "mariadb": { "rpl_semi_sync_master_enabled": true } }),
        json!("none"),
        &[
            (1_000, cut("n2")),
            (1_000, cut("n3")),
            (1_000, json!({ "write": { "client": 0, "key": 0 } })),
            (
                1_500,
                json!({ "read": { "client": 1, "key": 0, "node": "n1" } }),
            ),
            (2_000, kill("power_off")),
            (3_000, json!({ "promote": { "node": "n2" } })),
        ],
    );
    scenario["workload"]["operations_per_second"] = json!(0);
    let report = run(&scenario);
    assert_eq!(report["reads"]["phantom"], 1);
    assert_eq!(report["writes"]["lost_acked"], 0, "it was never acked");
    assert_eq!(report["writes"]["unknown"], 1);
    let failover = the_failover(&report);
    assert_eq!(failover["lost_acked"], 0);
}
