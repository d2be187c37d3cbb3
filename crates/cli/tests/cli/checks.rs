//! `replicascope check`.

use serde_json::{Value, json};

use crate::person::{Desk, corpus, quiet, with, write};

/// A write at 1 s, n1 killed at 2 s, another write at 6 s; 8 s long. n2 takes over between 3.2 s and 5 s.
fn expecting(expect: &Value) -> Value {
    let scenario = quiet(
        20,
        &[
            (1_000, write(0)),
            (2_000, json!({ "kill": { "node": "n1" } })),
            (6_000, write(0)),
        ],
    );
    let scenario = with(scenario, "expect", expect.clone());
    with(
        with(scenario, "until_us", json!(8_000_000)),
        "version",
        json!(2),
    )
}

#[test]
fn what_holds_is_ok() {
    let expect = json!([
        { "report": { "number": "writes.acked", "is": { "equal_to": 2 } } },
        { "report": { "number": "commit_latency_ms.p99", "is": { "within": [3.2, 3.2] } } },
        { "report": { "number": "failovers[0].lost_acked", "is": { "below": 1 } } },
        { "node": { "node": "n1", "at_us": 1_999_999, "is": { "role": "primary" } } },
        { "node": { "node": "n1", "at_us": 2_000_000, "is": { "health": "down" } } },
        { "node": { "node": "n3", "at_us": 1_010_000, "is": { "replay_lsn": { "equal_to": 0 } } } },
        { "node": { "node": "n3", "at_us": 1_100_000, "is": { "replay_lsn": { "equal_to": 1 } } } },
        { "node": { "node": "n2", "is": { "takes_writes": true } } },
        { "event": { "event": "promoted", "node": "n2", "from_us": 3_200_000, "until_us": 5_000_000 } },
        { "event": { "event": "write_acked", "times": { "equal_to": 2 } } },
        { "event": { "event": "split_brain", "times": { "equal_to": 0 } } },
    ]);
    let desk = Desk::new();
    desk.scenario("good.json", &expecting(&expect));
    let said = desk.types(&["check", "good.json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert_eq!(said.out, "ok      good.json: 11 expectations\n");
}

#[test]
fn what_does_not_hold_is_said_with_what_there_was() {
    let expect = json!([
        { "report": { "number": "writes.acked", "is": { "above": 2 } } },
        { "report": { "number": "writes.lost_acked", "is": { "equal_to": 0 } } },
        { "report": { "number": "staleness_ms.p50", "is": { "at_least": 0 } } },
        { "node": { "node": "n1", "at_us": 2_000_000, "is": { "health": "up" } } },
        { "node": { "node": "n2", "at_us": 9_000_000, "is": { "role": "primary" } } },
        { "event": { "event": "promoted", "node": "n3" } },
        { "event": { "event": "killed", "until_us": 1_000_000 } },
        { "event": { "event": "write_acked", "times": { "at_most": 1 } } },
    ]);
    let desk = Desk::new();
    desk.scenario("bad.json", &expecting(&expect));
    let said = desk.types(&["check", "bad.json"]);
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    assert_eq!(
        said.out,
        "FAILED  bad.json: 7 of 8 expectations do not hold\n  \
         expect[0]: writes.acked > 2: it is 2\n  \
         expect[2]: staleness_ms.p50 >= 0: there is no such number in this run\n  \
         expect[3]: n1.health == up at 2s: it is down\n  \
         expect[4]: n2.role == primary at 9s: the run ends before that instant\n  \
         expect[5]: promoted n3: it did not happen\n  \
         expect[6]: killed until 1s: it did not happen then; in the whole run first at 2s\n  \
         expect[7]: write_acked times <= 1: it happened 2 times; in the whole run first at 1.0032s, 6.0032s\n"
    );
}

#[test]
fn several_files_are_checked_and_one_failure_is_enough() {
    let holds = |acked: u64| {
        expecting(&json!([{ "report": { "number": "writes.acked", "is": { "equal_to": acked } } }]))
    };
    let desk = Desk::new();
    desk.scenario("a.json", &holds(2))
        .scenario("b.json", &holds(3));
    let said = desk.types(&["check", "a.json", "b.json", "a.json"]);
    assert_eq!(said.code, 1);
    let starts: Vec<&str> = said.out.lines().map(|line| &line[..9]).collect();
    assert_eq!(starts, ["ok      a", "FAILED  b", "  expect[", "ok      a"]);
    assert_eq!(
        desk.pipes(&holds(2).to_string(), &["check", "-"]).well(),
        "ok      standard input: 1 expectation\n"
    );
}

#[test]
fn checking_nothing_is_a_mistake() {
    let file = corpus("promoted_by_hand");
    let error = Desk::new().types(&["check", &file]).refused();
    assert!(
        error.ends_with("expect: there are no expectations to check\n"),
        "{error}"
    );
}
