//! Explanations read as a person reads them.

use super::*;
use replicascope_engine::time::Time;
use replicascope_engine::why::explain;

fn opening(until: u64) -> Simulation {
    let (scenario, _) = crate::scenarios::opening();
    let mut run = Simulation::new(&scenario).expect("valid");
    run.advance_to(Time::from_millis(until));
    run
}

fn told(run: &Simulation, question: Question) -> Vec<String> {
    let why = explain(run, question).expect("explained");
    let mut lines = vec![title(run, &why), short(run, &why)];
    lines.extend(
        why.steps
            .iter()
            .map(|one| format!("{} {}", at(one.event.at), step(run, one))),
    );
    lines
}

#[test]
fn the_lost_write_of_the_opening_reads_like_a_story() {
    let run = opening(4_000);
    let lost = run
        .oracle()
        .ops()
        .find(|op| op.lost)
        .expect("one is lost")
        .id;
    let lines = told(&run, Question::Op(lost));
    let text = lines.join("\n");
    assert!(
        lines[0].starts_with("Why is ") && lines[0].ends_with(" lost?"),
        "{text}"
    );
    for part in [
        "without waiting for a replica",
        "It waited for no replica.",
        "was told OK.",
        "n1 was killed: its power failed.",
        "was still on its way to n2. It was lost with n1.",
        "n2 heard n1 for the last time.",
        "n2 took over, with the votes of",
        "of the old history is not in its own.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn every_row_of_every_scenario_has_a_whole_explanation() {
    for preset in crate::scenarios::ALL {
        let (scenario, _) = (preset.make)();
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(Time::from_secs(8));
        let broken: Vec<OpId> = run
            .oracle()
            .ops()
            .filter(|op| op.is_broken())
            .map(|op| op.id)
            .collect();
        let whole: Vec<OpId> = run.oracle().ops().map(|op| op.id).take(40).collect();
        for id in broken.into_iter().chain(whole) {
            for line in told(&run, Question::Op(id)) {
                let sentence = line
                    .split_once(" s ")
                    .map_or(line.as_str(), |(_, text)| text);
                assert!(
                    sentence.len() > 8 && sentence.ends_with(['.', '?']),
                    "{}: {line}",
                    preset.name
                );
            }
        }
    }
}

/// A scenario from its JSON, at an instant.
fn at_ms(scenario: &str, until: u64) -> Simulation {
    let scenario = replicascope_engine::Scenario::from_json(scenario).expect("valid");
    let mut run = Simulation::new(&scenario).expect("valid");
    run.advance_to(Time::from_millis(until));
    run
}

/// Patroni's leader of PostgreSQL, whose agent stands still from 25 s on, at 57 s: two nodes take writes.
pub(crate) fn frozen_agent() -> Simulation {
    at_ms(
        r#"{
            "version": 2, "seed": 1,
            "cluster": { "replicas": 2, "node_link": { "delay_us": 1000 } },
            "settings": {
                "database": { "postgresql": { "wal_log_hints": true } },
                "manager": { "patroni": { "use_pg_rewind": true } }
            },
            "workload": { "operations_per_second": 0 },
            "actions": [
                { "at_us": 25000000, "action": { "service": { "service": "agent:n1", "what": "freeze" } } },
                { "at_us": 56000000, "action": { "write": { "client": 0, "key": 1, "node": "n1" } } }
            ]
        }"#,
        57_000,
    )
}

/// Every part stands in the text, in this order.
fn assert_in_order(lines: &[String], parts: &[&str]) {
    let text = lines.join("\n");
    let mut from = 0;
    for part in parts {
        let found = text[from..].find(part);
        from += found.unwrap_or_else(|| panic!("{part}\n{text}"));
    }
}

#[test]
fn a_frozen_agent_without_a_watchdog_reads_like_a_story() {
    let run = frozen_agent();
    assert_in_order(
        &told(&run, Question::SplitBrain),
        &[
            "Why do two nodes take writes?",
            "n1's agent renewed its lease for the last time. It held for 30.0 s more.",
            "The agent on n1 was frozen.",
            "n1's lease ran out: the store deleted the leader key.",
            "The agent on n2 took the leader key.",
            "n2 is being promoted",
            "n2 took over.",
            "n1 went on taking writes: its agent could not stop it, and no watchdog did.",
        ],
    );
    let lost = run.oracle().ops().find(|op| op.lost).expect("one is").id;
    assert_in_order(
        &told(&run, Question::Op(lost)),
        &["had already taken over", "n2 took over", "was told OK."],
    );
}

#[test]
fn mha_and_sentinel_tell_what_they_noticed_and_decided() {
    let scenario = |database: &str, manager: &str| {
        format!(
            r#"{{
                "version": 2, "seed": 1,
                "cluster": {{ "replicas": 2, "node_link": {{ "delay_us": 1000 }} }},
                "settings": {{ "database": {database}, "manager": {manager} }},
                "workload": {{ "operations_per_second": 0 }},
                "actions": [{{ "at_us": 20000000, "action": {{ "kill": {{ "node": "n1" }} }} }}]
            }}"#
        )
    };
    let mha = at_ms(&scenario(r#"{"mysql":{}}"#, r#"{"mha":{}}"#), 60_000);
    assert_in_order(
        &told(&mha, Question::NoPrimary),
        &[
            "n1 was killed: its power failed.",
            "MHA had no answer from n1.",
            "MHA had no answer from n1, 4 times in a row.",
            "MHA holds n1 for dead. Its host cannot be logged in to.",
            "MHA has no script to shut n1 out.",
            "MHA chose n2",
            "n2 took over.",
        ],
    );
    let sentinel = r#"{"sentinel":{"down-after-milliseconds":5000}}"#;
    let sentinel = at_ms(&scenario(r#"{"postgresql":{}}"#, sentinel), 40_000);
    assert_in_order(
        &told(&sentinel, Question::NoPrimary),
        &[
            "n1 was killed: its power failed.",
            "holds n1 for down.",
            "more agree: n1 is down.",
            "leads the failover, with 2 votes.",
            "chose n2 to take over.",
            "n2 took over.",
        ],
    );
}

#[test]
fn a_read_is_told_with_what_the_router_believed_and_how_old_that_was() {
    let run = at_ms(
        r#"{
            "version": 2,
            "cluster": { "replicas": 1, "node_link": { "delay_us": 10000 } },
            "settings": {
                "database": { "mysql": {} },
                "routing": { "proxysql": { "max_replication_lag": 2 } }
            },
            "workload": { "operations_per_second": 5, "read_percent": 0, "arrival": "even" },
            "actions": [
                { "at_us": 11000000, "action": { "admin": { "node": "n2", "command": "pause_replay" } } },
                { "at_us": 19000000, "action": { "read": { "client": 0, "key": 1 } } }
            ]
        }"#,
        20_000,
    );
    let stale = run
        .oracle()
        .ops()
        .find(|op| op.verdict.stale.is_some())
        .expect("it is old")
        .id;
    assert_in_order(
        &told(&run, Question::Op(stale)),
        &[
            "Replay on n2 is to stop.",
            "n2 applies nothing: paused by hand.",
            "The router chose n2: when last asked, 8.",
            "it had said that it was 0 ms behind.",
            "n2 answered with version",
        ],
    );
}
