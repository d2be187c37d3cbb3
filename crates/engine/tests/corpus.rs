//! The scenario corpus runs as it always did. `UPDATE_CORPUS=1` writes the hashes anew after a change that was meant.

#[path = "../../../tests/corpus/mod.rs"]
mod corpus;

use std::collections::BTreeSet;
use std::path::Path;

use replicascope_engine::event::EventKind;
use replicascope_engine::time::Time;
use replicascope_engine::{Scenario, Simulation};

fn run(text: &str) -> Simulation {
    let scenario = Scenario::from_json(text).expect("the corpus is valid");
    let mut simulation = Simulation::new(&scenario).expect("valid");
    simulation.advance_to(Time::from_secs(corpus::SECONDS));
    simulation
}

#[test]
fn every_scenario_gives_its_known_trace() {
    let lines: Vec<String> = corpus::SCENARIOS
        .iter()
        .map(|(name, text)| {
            let simulation = run(text);
            corpus::line(name, simulation.trace().hash(), simulation.trace().len())
        })
        .collect();
    let found = lines.join("\n") + "\n";
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/hashes.txt");
        std::fs::write(file, &found).expect("writable");
        return;
    }
    assert_eq!(
        found,
        corpus::HASHES,
        "a run changed; if that was meant: UPDATE_CORPUS=1 cargo test --test corpus"
    );
}

#[test]
fn every_file_of_the_corpus_is_run_and_every_action_has_an_effect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("readable")
        .filter_map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_str()?
                .strip_suffix(".json")
                .map(String::from)
        })
        .collect();
    let named: BTreeSet<String> = corpus::SCENARIOS
        .iter()
        .map(|(name, _)| String::from(*name))
        .collect();
    assert_eq!(files, named);
    for (name, text) in corpus::SCENARIOS {
        for event in run(text).trace().milestones() {
            let idle = matches!(event.kind, EventKind::ActionHadNoEffect { .. });
            assert!(!idle, "{name} at {}: {:?}", event.at, event.kind);
        }
    }
}

#[test]
fn the_corpus_uses_every_action_and_every_setting() {
    let all: String = corpus::SCENARIOS.iter().map(|(_, text)| *text).collect();
    let actions = [
        "write",
        "read",
        "kill",
        "lose_host",
        "restart",
        "freeze",
        "thaw",
        "slow",
        "cut_link",
        "heal_link",
        "set_link",
        "isolate",
        "reconnect",
        "heal_all",
        "hold_message",
        "release_message",
        "drop_message",
        "delay_message",
        "duplicate_message",
        "promote",
        "set",
    ];
    let settings = [
        "mode",
        "semi_sync",
        "sync",
        "failover",
        "fencing",
        "reads",
        "routing",
        "timers",
        "workload",
    ];
    for word in actions.into_iter().chain(settings) {
        assert!(
            all.contains(&format!("\"{word}\"")),
            "no scenario uses {word}"
        );
    }
}
