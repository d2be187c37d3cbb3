//! `replicascope run`.

use serde_json::json;

use crate::person::{Desk, corpus, quiet, with, write};

#[test]
fn a_report_is_the_same_every_time_and_knows_the_corpus() {
    let desk = Desk::new();
    let file = corpus("async_primary_dies_and_returns");
    let first = desk
        .types(&["run", &file, "--json", "--until", "20s"])
        .json();
    let again = desk
        .types(&["run", &file, "--json", "--until", "20s"])
        .json();
    assert_eq!(first, again);
    let hashes = include_str!("../../../../tests/corpus/hashes.txt");
    let line = hashes
        .lines()
        .find(|line| line.starts_with("async_primary_dies_and_returns "))
        .expect("it is in the corpus");
    let (hash, events) = (&first["trace_hash"], &first["events"]);
    let found = format!(
        "async_primary_dies_and_returns {} {events}",
        hash.as_str().expect("text")
    );
    assert_eq!(found, line);
}

#[test]
fn totals_add_up() {
    let desk = Desk::new();
    for name in [
        "many_faults_then_heal_all",
        "frozen_primary_without_fencing_splits_brain",
        "lossy_links_and_a_one_way_cut",
        "stale_reads_on_a_slow_replica",
    ] {
        let report = desk
            .types(&["run", &corpus(name), "--json", "--until", "20s"])
            .json();
        let of = |part: &str, field: &str| report[part][field].as_u64().expect("a count");
        let sum =
            |part: &str, fields: &[&str]| fields.iter().map(|field| of(part, field)).sum::<u64>();
        assert_eq!(
            of("writes", "sent"),
            sum("writes", &["acked", "failed", "unknown", "open"]),
            "{name}"
        );
        let answered = of("reads", "total") - sum("reads", &["failed", "open"]);
        // A read is fresh or has at least one of the verdicts.
        let broken = ["stale", "ryw_broken", "monotonic_broken", "phantom"];
        assert!(
            of("reads", "fresh") + sum("reads", &broken) >= answered,
            "{name}"
        );
        for verdict in broken {
            assert!(
                of("reads", "fresh") + of("reads", verdict) <= answered,
                "{name}: {verdict}"
            );
        }
        let by_failover: u64 = report["failovers"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|failover| failover["lost_acked"].as_u64().expect("a count"))
            .sum();
        assert_eq!(by_failover, of("writes", "lost_acked"), "{name}");
    }
}

#[test]
fn a_run_ends_where_it_should() {
    let desk = Desk::new();
    let scenario = quiet(20, &[(1_500, write(0))]);
    let ends = |text: &str, more: &[&str]| {
        let arguments: Vec<&str> = ["run", "-", "--json"].iter().chain(more).copied().collect();
        desk.pipes(text, &arguments).json()["at_ms"].clone()
    };
    // 60 s after the last action.
    assert_eq!(ends(&scenario.to_string(), &[]), 61_500);
    assert_eq!(ends(r#"{"version":1}"#, &[]), 60_000);
    // Where the file says, and where the person says.
    let said = with(
        with(scenario, "until_us", json!(7_000_000)),
        "version",
        json!(2),
    )
    .to_string();
    assert_eq!(ends(&said, &[]), 7_000);
    assert_eq!(ends(&said, &["--until", "8.25 s"]), 8_250);
}

#[test]
fn actions_that_come_too_late_are_said() {
    let said = Desk::new().pipes(
        &quiet(20, &[(1_000, write(0)), (9_000, write(0))]).to_string(),
        &["run", "-", "--until", "5s"],
    );
    assert_eq!(
        said.err,
        "note: standard input: 1 of its actions come after the end of the run at 5.000000 s\n"
    );
    assert!(said.well().contains("1 sent: 1 acked"));
}

#[test]
fn a_person_reads_the_story() {
    let file = corpus("async_primary_dies_and_returns");
    let said = Desk::new().types(&["run", &file, "--until", "20s"]);
    assert_eq!(said.err, "", "no progress when it is not a terminal");
    let text = said.well();
    for part in [
        "20.000 s of virtual time, 2 actions, ",
        "failover 1  n1 -> n2: n1 lost power at 4.000 s; detected after ",
        "promoted by an election after",
        "timeline 2\n",
        "n2    primary    up              2",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
