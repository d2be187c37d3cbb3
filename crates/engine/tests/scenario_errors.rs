//! Bad input is refused with the path of the field, and never half applied.

use replicascope_engine::scenario::Problem;
use replicascope_engine::{Scenario, Simulation};

fn refuse(text: &str) -> String {
    let error = Scenario::from_json(text).expect_err(text);
    assert!(!error.path.is_empty());
    error.to_string()
}

#[test]
fn a_field_without_a_name_is_refused_by_a_path_all_the_same() {
    let error = refuse(r#"{"version":2,"":1}"#);
    assert!(error.starts_with("scenario: unknown field ``"), "{error}");
}

#[test]
fn the_mark_of_the_byte_order_is_passed_over_once() {
    let plain = Scenario::from_json("{\"version\":2}");
    assert_eq!(Scenario::from_json("\u{feff}{\"version\":2}"), plain);
    refuse("\u{feff}\u{feff}{\"version\":2}");
}

#[test]
fn each_error_names_the_field_and_the_value() {
    let cases = [
        (
            r#"{"version":1,"actions":[{"at_us":5,"action":{"kill":{"node":"n9"}}}]}"#,
            "actions[0].action.kill.node: n9 is not in the cluster, which has n1 to n5",
        ),
        (
            r#"{"version":1,"cluster":{"node_link":{"delay_us":-5}}}"#,
            "cluster.node_link.delay_us: invalid value: integer `-5`, expected u64 at line 1 column 50",
        ),
        (
            r#"{"version":1,"cluster":{"client_link":{"extra":{"uniform":{"least_us":9,"most_us":5}}}}}"#,
            "cluster.client_link.extra.uniform.least_us: 9 µs is more than most_us, 5 µs",
        ),
        (
            r#"{"version":1,"cluster":{"node_link":{"extra":{"pareto_or_exponential":{"pareto_ppm":5,"scale_us":5,"shape_permille":99,"mean_us":5}}}}}"#,
            "cluster.node_link.extra.pareto_or_exponential.shape_permille: 99 is not in 100 to 100000 thousandths",
        ),
        (
            r#"{"version":1,"cluster":{"node_link":{"extra":{"exponential":{"mean_us":60000001}}}}}"#,
            "cluster.node_link.extra.exponential.mean_us: 60000001 is not in 0 to 60000000 µs",
        ),
        (
            r#"{"version":1,"workload":{"operations_per_second":1000000000000}}"#,
            "workload.operations_per_second: 1000000000000 is not in 0 to 100000 operations/s",
        ),
        (
            r#"{"version":1,"cluster":{"replicas":0}}"#,
            "cluster.replicas: 0 is not in 1 to 63 replicas",
        ),
        (
            r#"{"version":1,"settings":{"semi_sync":{"acks":5}}}"#,
            "settings.semi_sync.acks: 5 is not in 1 to 4 replicas",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{"synchronous_standby_names":"n2","wal_receiver_status_interval":0}}}}"#,
            "settings.database.postgresql.wal_receiver_status_interval: 0 sends no replies, and commits wait for those of synchronous standbys",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{"max_wal_size":31}}}}"#,
            "settings.database.postgresql.max_wal_size: 31 is not in 32 to 2147483647 MB",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"manager":{"patroni":{"ttl":25}}}}"#,
            "settings.manager.patroni.ttl: loop_wait 10 s + 2 × retry_timeout 10 s must not be more than ttl 25 s",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"manager":{"patroni":{"ttl":19,"loop_wait":1,"retry_timeout":3}}}}"#,
            "settings.manager.patroni.ttl: 19 is not in 20 to 3600 s",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"manager":{"patroni":{"tags":[{"node":"n2","nofailover":true,"failover_priority":3}]}}}}"#,
            "settings.manager.patroni.tags[0].failover_priority: nofailover says it already: give one of them",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"manager":{"patroni":{"tags":[{"node":"n2"},{"node":"n2","nosync":true}]}}}}"#,
            "settings.manager.patroni.tags[1].node: n2 has an entry already",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"manager":{"patroni":{"version":"3.0","synchronous_mode":"quorum"}}}}"#,
            "settings.manager.patroni.synchronous_mode: it came with Patroni 4.0, and this is 3.0",
        ),
        (
            r#"{"version":2,"settings":{"database":{"mysql":{}},"manager":{"mha":{"servers":[{"node":"n2"},{"node":"n2"}]}}}}"#,
            "settings.manager.mha.servers[1].node: n2 has an entry already",
        ),
        (
            r#"{"version":2,"settings":{"database":{"mysql":{}}},"actions":[{"at_us":9,"action":{"admin":{"node":"n2","command":{"set_slave_pos":{"server":"n1","number":5}}}}}]}"#,
            "actions[0].action.admin.command.set_slave_pos: only MariaDB has gtid_slave_pos",
        ),
        (
            r#"{"version":1,"settings":{"sync":{"members":["n2","n7"]}}}"#,
            "settings.sync.members[1]: n7 is not in the cluster, which has n1 to n5",
        ),
        (
            r#"{"version":1,"settings":{"timers":{"heartbeat_us":900000}}}"#,
            "settings.timers.election_timeout_us: 1500000 µs must be at least two heartbeats of 900000 µs, or every node stands",
        ),
        (
            r#"{"version":1,"actions":[{"at_us":9,"action":"heal_all"},{"at_us":5,"action":"heal_all"}]}"#,
            "actions[1].at_us: 5 is before the action ahead of it, at 9 µs",
        ),
        (
            r#"{"version":1,"actions":[{"at_us":9,"action":{"cut_link":{"from":"n1","to":"n1"}}}]}"#,
            "actions[0].action.cut_link.to: n1 is also where the link begins",
        ),
        (
            r#"{"version":1,"actions":[{"at_us":9,"action":{"write":{"client":3,"key":0}}}]}"#,
            "actions[0].action.write.client: there is no client 3; they are 0 to 2",
        ),
        (
            r#"{"version":1,"actions":[{"at_us":9,"action":{"write":{"client":0,"key":12}}}]}"#,
            "actions[0].action.write.key: there is no key 12; they are 0 to 11",
        ),
        (
            r#"{"version":1,"actions":[{"at_us":9,"action":{"slow":{"node":"n1","factor":0}}}]}"#,
            "actions[0].action.slow.factor: 0 is not in 1 to 1000 times",
        ),
        (
            r#"{"version":3}"#,
            "version: version 3 is newer than this engine, which reads up to 2",
        ),
        (
            r#"{"version":1,"settings":{"database":{"postgresql":{}}}}"#,
            "settings.database: other databases came with version 2, and this file says version 1",
        ),
        (
            r#"{"version":2,"settings":{"manager":{"patroni":{}}}}"#,
            "settings.manager: the nodes of the Textbook profile elect a primary themselves, as `failover` says",
        ),
        (
            r#"{"version":2,"settings":{"database":{"mysql":{}},"manager":{"patroni":{}}}}"#,
            "settings.manager: Patroni is for PostgreSQL",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"manager":{"patroni":{"ttl":19}}}}"#,
            "settings.manager.patroni.ttl: 19 is not in 20 to 3600 s",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"manager":{"patroni":{"ttl":29}}}}"#,
            "settings.manager.patroni.ttl: loop_wait 10 s + 2 × retry_timeout 10 s must not be more than ttl 29 s",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{"wal_writer_delay":0}}}}"#,
            "settings.database.postgresql.wal_writer_delay: 0 is not in 1 to 10000 ms",
        ),
        (
            r#"{"version":2,"actions":[{"at_us":9,"action":{"service":{"service":"s1","what":"kill"}}}]}"#,
            "actions[0].action.service.service: the failover manager of this cluster has no s1",
        ),
        (
            r#"{"version":2,"actions":[{"at_us":9,"action":{"admin":{"node":"n1","command":"pause_replay"}}}]}"#,
            "actions[0].action.admin.command: the nodes of the Textbook profile take no commands",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refuse(text), expected, "{text}");
    }
}

#[test]
fn an_unknown_field_and_a_bad_name_are_named() {
    let unknown = refuse(r#"{"version":1,"settings":{"fencign":true}}"#);
    assert!(
        unknown.starts_with("settings.fencign: unknown field `fencign`"),
        "{unknown}"
    );
    let node = refuse(r#"{"version":1,"actions":[{"at_us":5,"action":{"kill":{"node":"n0"}}}]}"#);
    assert!(
        node.starts_with("actions[0].action.kill.node: \"n0\" is not a node's name"),
        "{node}"
    );
    let cut = refuse(r#"{"version":1,"seed":"#);
    assert!(cut.contains("too early"), "{cut}");
    let tail = refuse(r#"{"version":1} and more"#);
    assert!(tail.starts_with("scenario: trailing characters"), "{tail}");
}

#[test]
fn the_simulation_refuses_what_validation_refuses() {
    let mut scenario = Scenario::default();
    scenario.workload.read_percent = 101;
    let error = Simulation::new(&scenario).expect_err("101 %");
    assert_eq!(error.path, "workload.read_percent");
    assert_eq!(
        error.problem,
        Problem::OutOfRange {
            value: 101,
            least: 0,
            most: 100,
            unit: "%"
        }
    );
}

#[test]
fn a_scenario_survives_being_written_and_read() {
    let scenario = Scenario::default();
    assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario));
    assert_eq!(
        Scenario::from_json(r#"{"version":1}"#)
            .expect("all fields have defaults")
            .seed,
        0
    );
}
