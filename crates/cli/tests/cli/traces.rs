//! `replicascope trace`.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::person::{Desk, command, corpus, quiet, write};

fn lines(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn every_event_is_there_and_every_cause_came_before() {
    let desk = Desk::new();
    let file = corpus("async_primary_dies_and_returns");
    let events = lines(
        &desk
            .types(&["trace", &file, "--json", "--until", "20s"])
            .well(),
    );
    let report = desk
        .types(&["run", &file, "--json", "--until", "20s"])
        .json();
    assert_eq!(report["events"], events.len());
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["id"], index + 1);
        assert!(event["cause"].as_u64() < event["id"].as_u64(), "{event}");
        assert!(
            event["at_us"].is_u64() && event["event"].is_string(),
            "{event}"
        );
    }
    let lost = events.iter().filter(|event| event["event"] == "write_lost");
    assert_eq!(report["writes"]["lost_acked"], lost.count());
}

#[test]
fn one_write_is_a_short_story() {
    let scenario = quiet(20, &[(1_000, write(0))]).to_string();
    let desk = Desk::new();
    let filter = [
        "--kind",
        "action,write_issued,inserted,committed",
        "--kind",
        "write_acked",
    ];
    let arguments: Vec<&str> = ["trace", "-", "--until", "2s"]
        .iter()
        .chain(&filter)
        .copied()
        .collect();
    let text = desk.pipes(&scenario, &arguments).well();
    let words: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let tails: Vec<String> = words.iter().map(|line| line[5..].join(" ")).collect();
    assert_eq!(
        tails,
        [
            "action index=0 write(client=0 key=0 value=null)",
            "write_issued op=1 client=0 key=0",
            "inserted node=n1 op=1 lsn=1",
            "committed node=n1 op=1 lsn=1",
            "write_acked op=1",
        ]
    );
    let times: Vec<&str> = words.iter().map(|line| line[0]).collect();
    // 1 ms there, 0.4 ms to execute, 0.8 ms to flush, 1 ms back.
    assert_eq!(
        times,
        ["1.000000", "1.000000", "1.001400", "1.002200", "1.003200"]
    );
    assert_eq!(words[0][4], "start");
    assert_eq!(
        words[1][4], words[0][2],
        "the write was issued by the action"
    );
}

#[test]
fn fields_are_typed() {
    let file = corpus("async_primary_dies_and_returns");
    let out = Desk::new()
        .types(&[
            "trace", &file, "--json", "--kind", "promoted", "--until", "20s",
        ])
        .well();
    let [promoted] = &lines(&out)[..] else {
        panic!("one promotion: {out}");
    };
    assert_eq!(promoted["node"], "n2");
    assert_eq!(
        promoted["timeline"],
        json!({ "number": 2, "opened_by": "n2" })
    );
    assert!(promoted["fork"].is_u64());
}

#[test]
fn filters_leave_out_the_rest() {
    let desk = Desk::new();
    let file = corpus("async_primary_dies_and_returns");
    let all = |more: &[&str]| {
        let arguments: Vec<&str> = ["trace", &file, "--json", "--until", "12s"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        lines(&desk.types(&arguments).well())
    };
    let milestones = all(&["--milestones"]);
    assert!(milestones.iter().any(|event| event["event"] == "killed"));
    assert!(milestones.iter().all(|event| event["event"] != "delivered"));
    let about = all(&["--milestones", "--node", "n2"]);
    assert!(about.len() < milestones.len());
    assert!(
        about
            .iter()
            .all(|event| event.to_string().contains("\"n2\""))
    );
    // As a candidate it is in the votes of others.
    assert!(
        about
            .iter()
            .any(|event| event["event"] == "voted" && event["node"] == "n3")
    );
    let late = all(&["--milestones", "--from", "10s"]);
    assert_eq!(late[0]["at_us"], 10_000_000);
    assert_eq!(late[0]["event"], "action");
}

#[test]
fn a_run_longer_than_the_trace_is_shown_from_its_first_event() {
    // More than the 100,000 events that the engine keeps.
    let mut scenario = quiet(1, &[]);
    scenario["workload"] = json!({ "operations_per_second": 2_000, "read_percent": 50 });
    let desk = Desk::new();
    let out = desk
        .pipes(
            &scenario.to_string(),
            &["trace", "-", "--json", "--until", "6s"],
        )
        .well();
    let count = out.lines().count();
    assert!(count > 110_000, "{count}");
    let first: Value = serde_json::from_str(out.lines().next().expect("one")).expect("JSON");
    assert_eq!(first["id"], 1);
    let last: Value = serde_json::from_str(out.lines().next_back().expect("one")).expect("JSON");
    assert_eq!(last["id"], count);
}

#[test]
fn whoever_reads_may_stop_reading() {
    let desk = Desk::new();
    let file = corpus("many_faults_then_heal_all");
    let mut child = command(&desk.path(""))
        .args(["trace", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut first = String::new();
    {
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        out.read_line(&mut first).expect("a line");
    }
    let mut errors = String::new();
    child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut errors)
        .expect("text");
    let code = child.wait().expect("it ends").code();
    assert!(first.contains("#1 "), "{first}");
    assert_eq!((code, errors.as_str()), (Some(0), ""));
}
