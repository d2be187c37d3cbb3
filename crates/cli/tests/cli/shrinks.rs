//! `replicascope shrink`.

use serde_json::{Value, json};

use crate::person::{Desk, corpus, quiet, with, write};

/// A kill that matters, among much that does not.
fn noisy() -> Value {
    let mut actions = Vec::new();
    for at in [100, 333, 707, 1_000, 1_500] {
        actions.push((at, write(1)));
    }
    actions.push((1_700, json!({ "slow": { "node": "n3", "factor": 20 } })));
    actions.push((2_345, json!({ "kill": { "node": "n1" } })));
    actions.push((2_400, json!({ "set": { "reads": "random" } })));
    actions.push((5_000, json!({ "restart": { "node": "n1" } })));
    actions.push((6_000, json!({ "isolate": { "node": "n3" } })));
    actions.push((7_000, json!("heal_all")));
    let mut scenario = quiet(20, &actions);
    scenario["cluster"]["replicas"] = json!(4);
    with(
        scenario,
        "workload",
        json!({ "operations_per_second": 30, "read_percent": 40 }),
    )
}

#[test]
fn only_what_matters_is_left() {
    let desk = Desk::new();
    desk.scenario("noisy.json", &noisy());
    let said = desk.types(&[
        "shrink",
        "noisy.json",
        "--while",
        "promoted n2",
        "--out",
        "small.json",
    ]);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.err);
    assert!(
        said.err
            .starts_with("11 actions, 5 nodes, 67.000 s -> 1 action, "),
        "{}",
        said.err
    );
    assert_eq!(
        desk.files(),
        ["noisy.json", "small.json"],
        "nothing unfinished is left"
    );
    let small: Value = serde_json::from_str(&desk.text("small.json")).expect("JSON");
    // The kill alone, at a round time; two replicas, since one alone has no majority; no workload.
    assert_eq!(
        small["actions"],
        json!([{ "at_us": 2_000_000, "action": { "kill": { "node": "n1", "how": "power_off" } } }])
    );
    assert_eq!(small["cluster"]["replicas"], 2);
    assert_eq!(small["workload"]["operations_per_second"], 0);
    assert!(small["until_us"].as_u64() <= Some(5_000_000));
    // It shows what it is kept for.
    assert_eq!(
        desk.types(&["check", "small.json"]).well(),
        "ok      small.json: 1 expectation\n"
    );
}

#[test]
fn the_same_command_gives_the_same_scenario() {
    let desk = Desk::new();
    let file = corpus("frozen_primary_without_fencing_splits_brain");
    let arguments = ["shrink", &file, "--while", "split_brain_ms > 500"];
    let first = desk.types(&arguments).well();
    assert_eq!(first, desk.types(&arguments).well());
    // What is smallest cannot be made smaller.
    let again = desk
        .pipes(&first, &["shrink", "-", "--while", "split_brain_ms > 500"])
        .well();
    assert_eq!(again, first);
}

#[test]
fn what_is_not_shown_cannot_be_shrunk() {
    let desk = Desk::new();
    desk.scenario("noisy.json", &noisy());
    let said = desk.types(&[
        "shrink",
        "noisy.json",
        "--while",
        "split_brain_ms > 0",
        "--out",
        "small.json",
    ]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.err,
        "noisy.json does not show it, so there is nothing to shrink: split_brain_ms > 0: it is 0\n"
    );
    assert_eq!(desk.files(), ["noisy.json"]);
}

#[test]
fn what_violates_nothing_cannot_be_shrunk_to_a_violation() {
    let desk = Desk::new();
    desk.scenario("noisy.json", &noisy());
    let said = desk.types(&["shrink", "noisy.json", "--violation"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert_eq!(
        said.err,
        "noisy.json does not show it, so there is nothing to shrink: every invariant holds\n"
    );
}

#[test]
fn a_result_that_cannot_be_written_leaves_nothing_behind() {
    let desk = Desk::new();
    desk.scenario("noisy.json", &noisy());
    let said = desk.types(&[
        "shrink",
        "noisy.json",
        "--while",
        "killed",
        "--out",
        "no/such/folder.json",
    ]);
    assert_eq!(said.code, 2);
    assert!(
        said.err
            .starts_with("error: cannot write no/such/folder.json: "),
        "{}",
        said.err
    );
    assert_eq!(desk.files(), ["noisy.json"]);
}
