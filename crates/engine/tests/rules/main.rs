//! Every rule of the semantic reference has a test that carries its name, or a reason why not.
//!
//! `rules.json` says, for each rule, what the engine does, where it deviates on purpose, and why a rule without a test has
//! none. The tests are found by their names: `r_pg_7_…` carries R-PG-7, `r_pg_5_and_6_…` carries both. `docs/rules.md` is
//! made from the two (`UPDATE_RULES=1 cargo test -p replicascope-engine --test rules`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    rule: String,
    title: String,
    engine: String,
    deviation: Option<String>,
    untested: Option<String>,
}

fn rules() -> Vec<Rule> {
    serde_json::from_str(include_str!("rules.json")).expect("rules.json has this form")
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rules that a test's name carries: `r_pg_5_and_6_states` gives R-PG-5 and R-PG-6, `r_rs_quorum` gives R-RS.
fn carried(name: &str, known: &BTreeSet<&str>) -> Vec<String> {
    let Some(rest) = name.strip_prefix("r_") else {
        return Vec::new();
    };
    let mut words = rest.split('_');
    let family = words.next().unwrap_or_default().to_uppercase();
    let mut found = Vec::new();
    let plain = format!("R-{family}");
    if known.contains(plain.as_str()) {
        found.push(plain);
    }
    while let Some(word) = words.next() {
        let rule = format!("R-{family}-{word}");
        if !known.contains(rule.as_str()) {
            break;
        }
        found.push(rule);
        if words.next() != Some("and") {
            break;
        }
    }
    found
}

/// Every test that carries a rule, by rule: `file::test`.
fn tests_by_rule(known: &BTreeSet<&str>) -> BTreeMap<String, Vec<String>> {
    let home = home();
    let mut files = Vec::new();
    for folder in [
        "crates/engine/src",
        "crates/engine/tests",
        "crates/cli/tests",
    ] {
        rust_files(&home.join(folder), &mut files);
    }
    files.sort();
    let mut by_rule: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("source is text");
        let place = file
            .strip_prefix(&home)
            .expect("under the project")
            .with_extension("")
            .display()
            .to_string()
            .replace("crates/engine/", "")
            .replace("crates/", "");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.trim() != "#[test]" {
                continue;
            }
            let name = lines
                .by_ref()
                .find_map(|line| line.trim().strip_prefix("fn "))
                .and_then(|rest| rest.split('(').next())
                .unwrap_or_default()
                .to_owned();
            for rule in carried(&name, known) {
                by_rule
                    .entry(rule)
                    .or_default()
                    .push(format!("`{place}` {name}"));
            }
        }
    }
    by_rule
}

#[test]
fn every_rule_has_a_test_or_says_why_not_and_the_table_is_up_to_date() {
    let rules = rules();
    let known: BTreeSet<&str> = rules.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(known.len(), rules.len(), "a rule is listed twice");
    let tests = tests_by_rule(&known);
    let mut bare = Vec::new();
    let mut table = String::from(
        "# Rules\n\nWhat the engine does for each rule of the semantic reference, the tests that carry the rule in their names, and where \
         it deviates on purpose. Made by a test (`UPDATE_RULES=1 cargo test -p replicascope-engine --test rules`); the sentences are in \
         `crates/engine/tests/rules/rules.json`.\n\n| rule | what the engine does | tests | deviation |\n|---|---|---|---|\n",
    );
    for rule in &rules {
        let carriers = tests.get(&rule.rule);
        let tested = match (carriers, &rule.untested) {
            (Some(tests), None) => tests.join("<br>"),
            (None, Some(why)) => format!("none: {why}"),
            (None, None) => {
                bare.push(rule.rule.as_str());
                continue;
            }
            (Some(_), Some(_)) => panic!("{} has a test and says that it has none", rule.rule),
        };
        let _ = writeln!(
            table,
            "| **{}** {} | {} | {tested} | {} |",
            rule.rule,
            rule.title,
            rule.engine,
            rule.deviation.as_deref().unwrap_or("")
        );
    }
    assert!(bare.is_empty(), "neither a test nor a reason: {bare:?}");
    let path = home().join("docs/rules.md");
    if std::env::var_os("UPDATE_RULES").is_some() {
        std::fs::write(&path, &table).expect("docs/rules.md can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == table,
        "docs/rules.md is out of date: UPDATE_RULES=1 cargo test -p replicascope-engine --test rules"
    );
}

/// Where the semantic reference lies beside the project, no rule of it may be missing here.
#[test]
fn no_rule_of_the_reference_is_missing() {
    let Ok(text) = std::fs::read_to_string(home().join("../shared/reference/semantics.md")) else {
        return;
    };
    let rules = rules();
    for part in text.split("**R-").skip(1) {
        let id: String = part
            .chars()
            .take_while(|&c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
            .collect();
        let id = format!("R-{}", id.trim_end_matches('-'));
        assert!(rules.iter().any(|rule| rule.rule == id), "{id} has no row");
    }
}

#[test]
fn names_carry_rules() {
    let known = BTreeSet::from(["R-PG-5", "R-PG-6", "R-RS", "R-PT-1"]);
    assert_eq!(carried("r_pg_5_and_6_states", &known), ["R-PG-5", "R-PG-6"]);
    assert_eq!(carried("r_rs_quorum_of_two", &known), ["R-RS"]);
    assert_eq!(carried("r_pt_1_defaults", &known), ["R-PT-1"]);
    assert!(carried("r_pg_9_unknown", &known).is_empty());
    assert!(carried("reads_do_not_wait", &known).is_empty());
}
