//! The report and the trace as expectations name them.

use std::collections::BTreeSet;

use replicascope_engine::event::EventName;
use replicascope_engine::expect::Metric;
use replicascope_engine::{Course, Scenario};
use serde_json::Value;

use crate::root;

/// Every number in the JSON of a report, with its path.
fn numbers(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                numbers(&path, value, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                numbers(&format!("{path}[{index}]"), value, found);
            }
        }
        Value::Number(_) => found.push((path.to_owned(), value.clone())),
        _ => {}
    }
}

#[test]
fn every_number_of_the_report_can_be_expected() {
    let text =
        include_str!("../../../../tests/corpus/frozen_primary_without_fencing_splits_brain.json");
    let scenario = Scenario::from_json(text).expect("valid");
    let mut course = Course::new(&scenario).expect("valid");
    course.finish();
    let report = course.report();
    assert_eq!(report.failovers.len(), 1);
    let mut found = Vec::new();
    numbers(
        "",
        &serde_json::to_value(&report).expect("JSON"),
        &mut found,
    );
    found.retain(|(path, _)| !path.starts_with("nodes["));
    let mut named: BTreeSet<String> = Metric::paths().collect();
    for (path, value) in found {
        let metric: Metric = path.parse().unwrap_or_else(|error| panic!("{error}"));
        let amount = metric
            .of(&report)
            .unwrap_or_else(|| panic!("{path} is there"));
        assert_eq!(serde_json::to_value(amount).expect("JSON"), value, "{path}");
        named.remove(&path.replace("[0]", "[N]"));
    }
    // A failover has only the stages that its manager knows.
    named.retain(|path| !path.starts_with("failovers[N].stages."));
    assert_eq!(
        named,
        BTreeSet::from(["failovers".to_owned(), "outages".to_owned()]),
        "these are in no report"
    );
    assert_eq!(
        "failovers"
            .parse::<Metric>()
            .expect("it is one")
            .of(&report)
            .map(|n| n.to_string()),
        Some("1".into())
    );
}

#[test]
fn events_have_a_node_when_they_say_so() {
    let entries = std::fs::read_dir(root().join("tests/corpus")).expect("readable");
    let mut seen = BTreeSet::new();
    for entry in entries {
        let file = entry.expect("readable").path();
        let Ok(scenario) = Scenario::from_json(&std::fs::read_to_string(&file).expect("readable"))
        else {
            continue; // hashes.txt and mod.rs
        };
        let mut course = Course::new(&scenario).expect("valid");
        while !course.advance(100_000, |_, event| {
            if seen.insert(event.kind.name()) {
                let json = serde_json::to_value(event).expect("JSON");
                assert_eq!(json["event"], event.kind.name().to_string());
                // Managers and routers have events of their own below the name, some of them with a node.
                let several = matches!(event.kind.name(), EventName::Manager | EventName::Routing);
                assert!(
                    several || json["node"].is_string() == event.kind.name().has_node(),
                    "{json}"
                );
            }
        }) {}
    }
    assert!(seen.len() > 40, "{}", seen.len());
}
