//! Bad input and usage: exit code 2, the field and the value, nothing on standard output.

use crate::person::{Desk, corpus};

#[test]
fn bad_scenarios_are_refused_with_field_and_value() {
    let desk = Desk::new();
    for (text, reason) in [
        (
            r#"{"version":9}"#,
            "version: version 9 is newer than this engine",
        ),
        (r#"{"version":1,"sed":4}"#, "unknown field `sed`"),
        (
            r#"{"version":1,"cluster":{"replicas":64}}"#,
            "cluster.replicas: 64 is not in 1 to 63 replicas",
        ),
        (
            r#"{"version":1,"actions":[{"at_us":0,"action":{"kill":{"node":"n7"}}}]}"#,
            "actions[0].action.kill.node: n7",
        ),
        (
            r#"{"version":2,"until_us":2592000000001}"#,
            "until_us: 2592000000001 is not in 0 to 2592000000000 µs",
        ),
        (
            r#"{"version":1,"until_us":1}"#,
            "until_us: the end of a run came with version 2",
        ),
        (
            r#"{"version":1,"expect":[{"event":{"event":"killed"}}]}"#,
            "expect: expectations came with version 2",
        ),
        (
            r#"{"version":2,"expect":[{"report":{"number":"writes.lost","is":{"equal_to":0}}}]}"#,
            "expect[0].report.number: \"writes.lost\" is not a number of the report; they are events, ",
        ),
        (
            r#"{"version":2,"expect":[{"report":{"number":"writes.sent","is":{"equal_to":-1}}}]}"#,
            "expect[0].report.is.equal_to: \"-1\" is not a number of 0 or more",
        ),
        (
            r#"{"version":2,"expect":[{"report":{"number":"writes.sent","is":{"equal_to":0.0005}}}]}"#,
            "at most three decimals",
        ),
        (
            r#"{"version":2,"expect":[{"report":{"number":"writes.sent","is":{"within":[2,1]}}}]}"#,
            "expect[0].report.is.within[1]: 1 is below 2, where it begins",
        ),
        (
            r#"{"version":2,"expect":[{"node":{"node":"n6","is":{"role":"primary"}}}]}"#,
            "expect[0].node.node: n6 is not in the cluster, which has n1 to n5",
        ),
        (
            r#"{"version":2,"expect":[{"node":{"node":"n1","is":{"role":"king"}}}]}"#,
            "expect[0].node.is.role: unknown variant `king`",
        ),
        (
            r#"{"version":2,"expect":[{"event":{"event":"promted"}}]}"#,
            "expect[0].event.event: unknown variant `promted`, expected one of",
        ),
        (
            r#"{"version":2,"expect":[{"event":{"event":"split_brain","node":"n1"}}]}"#,
            "expect[0].event.node: the event split_brain has no field node",
        ),
        (
            r#"{"version":2,"expect":[{"event":{"event":"killed","from_us":5,"until_us":4}}]}"#,
            "expect[0].event.until_us: 4 µs is before from_us, 5 µs",
        ),
        ("", "scenario: the text ends too early at line 1 column 0"),
        ("[1,2", "scenario: "),
    ] {
        for command in ["run", "trace", "check"] {
            let error = desk.pipes(text, &[command, "-"]).refused();
            assert!(
                error.starts_with("error: standard input: "),
                "{text}: {error}"
            );
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let desk = Desk::new();
    let error = desk.types(&["run", "nowhere.json"]).refused();
    assert!(
        error.starts_with("error: cannot read nowhere.json: "),
        "{error}"
    );
    let error = desk.types(&["run", "."]).refused();
    assert!(error.starts_with("error: cannot read .: "), "{error}");
    std::fs::write(desk.path("bytes"), [0xFF, 0xFE, 0x00]).expect("writable");
    let error = desk.types(&["run", "bytes"]).refused();
    assert!(error.starts_with("error: cannot read bytes: "), "{error}");
}

#[test]
fn bad_usage_is_refused_with_what_was_typed() {
    let desk = Desk::new();
    let file = corpus("promoted_by_hand");
    for (arguments, reason) in [
        (vec![], "Usage: replicascope"),
        (vec!["fly"], "'fly'"),
        (vec!["run"], "<FILE>"),
        (
            vec!["run", &file, "--until", "7"],
            "\"7\" is not a time such as",
        ),
        (
            vec!["run", &file, "--until", "1.0000005s"],
            "finer than a microsecond",
        ),
        (
            vec!["trace", &file, "--node", "n0"],
            "\"n0\" is not a node's name",
        ),
        (
            vec!["trace", &file, "--kind", "promted"],
            "\"promted\" is not an event; they are ",
        ),
        (vec!["explore", "--seeds", "0"], "0 is not in 1.."),
        (
            vec!["explore", "--from", "18446744073709551615", "--seeds", "2"],
            "more than there are",
        ),
        (vec!["shrink", &file], "--while"),
        (
            vec!["shrink", &file, "--while", "writes.lost > 0"],
            "\"writes.lost\" is not a number of the report",
        ),
        (
            vec!["shrink", &file, "--while", "n9.role == primary"],
            "expect[0].node.node: n9 is not in the cluster",
        ),
    ] {
        let error = desk.types(&arguments).refused();
        assert!(error.contains(reason), "{arguments:?}: {error}");
    }
}

#[test]
fn help_names_the_exit_codes() {
    let desk = Desk::new();
    for arguments in [
        vec!["--help"],
        vec!["run", "--help"],
        vec!["shrink", "--help"],
    ] {
        let help = desk.types(&arguments).well();
        assert!(help.contains("1  an expectation does not hold"), "{help}");
    }
    assert!(
        desk.types(&["--version"])
            .well()
            .starts_with("replicascope ")
    );
}
