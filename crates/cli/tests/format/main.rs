//! The scenario format: schema, document, engine and old files agree.

mod report;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use replicascope_engine::expect::Metric;
use replicascope_engine::scenario::{Action, KillKind, Mode, ReadPolicy, Setting, VERSION};
use replicascope_engine::{Course, Scenario};
use serde_json::{Value, json};

/// A file of version 1 with all that version 1 had. It is never changed.
const VERSION_1: &str = include_str!("version_1.json");
const DOCUMENT: &str = include_str!("../../../../docs/scenario.md");

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn validator() -> Validator {
    jsonschema::validator_for(&Scenario::json_schema()).expect("a valid schema")
}

/// The schema and the engine both take it.
fn taken(validator: &Validator, name: &str, text: &str) -> Scenario {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    Scenario::from_json(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The JSON blocks of the document.
fn examples() -> Vec<&'static str> {
    DOCUMENT
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split("```").next().expect("one part at least"))
        .collect()
}

#[test]
fn the_schema_file_is_up_to_date() {
    let file = root().join("docs/scenario.schema.json");
    let text = serde_json::to_string_pretty(&Scenario::json_schema()).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &text).expect("writable");
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "docs/scenario.schema.json is out of date: UPDATE_SCHEMA=1 cargo test -p replicascope --test format"
    );
}

#[test]
fn schema_and_engine_take_the_corpus() {
    let validator = validator();
    let entries = std::fs::read_dir(root().join("tests/corpus")).expect("readable");
    let mut count = 0;
    for entry in entries {
        let file = entry.expect("readable").path();
        if file
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = std::fs::read_to_string(&file).expect("readable");
            let scenario = taken(&validator, &file.display().to_string(), &text);
            taken(&validator, "written anew", &scenario.to_json());
            count += 1;
        }
    }
    assert!(count >= 12, "{count}");
}

#[test]
fn schema_and_engine_take_every_example_and_what_is_expected_there_holds() {
    let validator = validator();
    let examples = examples();
    assert!(examples.len() >= 8);
    let mut checked = 0;
    for (index, text) in examples.iter().enumerate() {
        let scenario = taken(&validator, &format!("example {index}"), text);
        if scenario.expect.is_empty() {
            continue;
        }
        let mut course = Course::new(&scenario).expect("valid");
        course.finish();
        for answer in course.answers() {
            assert!(answer.holds, "{}: {:?}", answer.expectation, answer.found);
            checked += 1;
        }
    }
    assert!(checked >= 20, "{checked}");
}

/// The names of all properties, variants and values in a schema.
fn names(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        for (name, property) in properties {
                            found.insert(name.clone());
                            names(property, found);
                        }
                    }
                    ("enum", Value::Array(values)) => {
                        found.extend(values.iter().filter_map(Value::as_str).map(String::from));
                    }
                    ("const", Value::String(value)) => {
                        found.insert(value.clone());
                    }
                    ("default", _) => {}
                    _ => names(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

#[test]
fn the_document_names_everything_that_the_schema_knows() {
    let mut schema = Scenario::json_schema();
    // The events are those of the trace; the document refers to the schema for them.
    schema["$defs"]["EventName"] = Value::Null;
    let mut found = BTreeSet::new();
    names(&schema, &mut found);
    assert!(found.len() > 150, "{}", found.len());
    let words: BTreeSet<&str> = DOCUMENT
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.'))
        .map(|word| word.trim_matches('.'))
        .collect();
    let metrics: BTreeSet<String> = Metric::paths().collect();
    let missing: Vec<&String> = found
        .iter()
        .filter(|name| !words.contains(name.as_str()) && !metrics.contains(name.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/scenario.md does not name {missing:?}"
    );
    for metric in metrics {
        let last = metric.rsplit('.').next().expect("one part at least");
        assert!(
            words.contains(last),
            "docs/scenario.md does not name {metric}"
        );
    }
}

#[test]
fn every_action_has_an_example() {
    let all = examples().concat();
    let schema = Scenario::json_schema();
    for of in [
        "Action",
        "Admin",
        "Setting",
        "NodeState",
        "Comparison",
        "Expectation",
    ] {
        let mut variants = BTreeSet::new();
        for variant in schema["$defs"][of]["oneOf"].as_array().expect("variants") {
            let fields = variant["properties"].as_object().into_iter().flatten();
            variants.extend(fields.map(|(name, _)| name.clone()));
            variants.extend(variant["const"].as_str().map(String::from));
            let values = variant["enum"].as_array().into_iter().flatten();
            variants.extend(values.filter_map(Value::as_str).map(String::from));
        }
        assert!(variants.len() >= 3, "{of}: {variants:?}");
        for variant in variants {
            assert!(
                all.contains(&format!("\"{variant}\"")),
                "no example of {of} {variant}"
            );
        }
    }
}

/// A scenario with the value of one field, and the paths by which its type is reached.
fn places() -> Vec<(&'static str, String, Value)> {
    let real = |database: &str, manager: &str| json!({ "version": 2, "settings": { "database": { database: {} }, "manager": { manager: {} } } });
    let plain = json!({ "version": 2 });
    let place = |of, path: &str, base: &Value| (of, path.to_owned(), base.clone());
    vec![
        place("Cluster", "cluster", &plain),
        place("LinkSettings", "cluster.node_link", &plain),
        place("Costs", "cluster.costs", &plain),
        place("SemiSync", "settings.semi_sync", &plain),
        place("Sync", "settings.sync", &plain),
        place("Timers", "settings.timers", &plain),
        place("Workload", "workload", &plain),
        place(
            "Postgresql",
            "settings.database.postgresql",
            &real("postgresql", "patroni"),
        ),
        place(
            "Patroni",
            "settings.manager.patroni",
            &real("postgresql", "patroni"),
        ),
        place("Mysql", "settings.database.mysql", &real("mysql", "mha")),
        place("Mha", "settings.manager.mha", &real("mysql", "mha")),
        place(
            "Mariadb",
            "settings.database.mariadb",
            &real("mariadb", "sentinel"),
        ),
        place(
            "Sentinel",
            "settings.manager.sentinel",
            &real("mariadb", "sentinel"),
        ),
    ]
}

#[test]
fn the_ranges_of_the_schema_are_those_of_the_engine() {
    let schema = Scenario::json_schema();
    let validator = validator();
    let mut checked = 0;
    for (of, path, base) in places() {
        let properties = schema["$defs"][of]["properties"].as_object().expect(of);
        for (field, property) in properties {
            let range = (property["minimum"].as_u64(), property["maximum"].as_u64());
            // What only the width of the number bounds has no range of its own.
            let (Some(least), Some(most)) = range else {
                continue;
            };
            if [u64::from(u8::MAX), u64::from(u16::MAX), u64::from(u32::MAX)].contains(&most) {
                continue;
            }
            let pointer = format!("/{}", path.replace('.', "/"));
            let mut outside = vec![most + 1];
            outside.extend(least.checked_sub(1));
            for value in outside {
                let mut scenario = base.clone();
                let mut at = &mut scenario;
                for part in pointer.split('/').skip(1) {
                    at = &mut at[part];
                }
                at[field.as_str()] = json!(value);
                assert!(!validator.is_valid(&scenario), "{path}.{field}: {value}");
                let error = Scenario::from_json(&scenario.to_string())
                    .expect_err("outside")
                    .to_string();
                let expected = format!("{path}.{field}: {value} is not in {least} to {most} ");
                assert!(error.starts_with(&expected), "{error}, not {expected}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 60, "{checked}");
}

#[test]
fn what_the_engine_refuses_for_its_form_the_schema_refuses() {
    let validator = validator();
    for text in [
        r#"{}"#,
        r#"{"version":0}"#,
        r#"{"version":99}"#,
        r#"{"version":2,"more":1}"#,
        r#"{"version":2,"settings":{"mode":"fast"}}"#,
        r#"{"version":2,"actions":[{"action":"heal_all"}]}"#,
        r#"{"version":2,"actions":[{"at_us":1,"action":{"kill":{"node":"n0"}}}]}"#,
        r#"{"version":2,"actions":[{"at_us":1,"action":{"kill":{"node":"n1","why":"fun"}}}]}"#,
        r#"{"version":2,"expect":[{"report":{"number":"writes.lost","is":{"equal_to":0}}}]}"#,
        r#"{"version":2,"expect":[{"report":{"number":"failovers[01].timeline","is":{"equal_to":0}}}]}"#,
        r#"{"version":2,"expect":[{"report":{"number":"events","is":{"within":[1]}}}]}"#,
        r#"{"version":2,"expect":[{"event":{"event":"promted"}}]}"#,
        r#"{"version":2,"until_us":-1}"#,
    ] {
        let value: Value = serde_json::from_str(text).expect("JSON");
        assert!(Scenario::from_json(text).is_err(), "{text}");
        assert!(!validator.is_valid(&value), "{text}");
    }
}

#[test]
fn a_file_of_version_1_is_read_for_ever() {
    let scenario = taken(&validator(), "version_1.json", VERSION_1);
    assert_eq!(scenario.version, 1);
    assert_eq!(scenario.seed, u64::MAX);
    assert_eq!(scenario.cluster.node_count(), 3);
    assert_eq!(scenario.cluster.clients, ["shop", "back office"]);
    assert_eq!(scenario.cluster.node_link.delay_us, 30_000);
    assert_eq!(scenario.cluster.links[0].link.delay_us, 900);
    assert_eq!(scenario.cluster.costs.fsync_us, 1_400);
    assert_eq!(scenario.settings.mode, Mode::SemiSync);
    assert_eq!(scenario.settings.semi_sync.timeout_us, None);
    assert_eq!(scenario.settings.reads, ReadPolicy::Random);
    assert!(!scenario.settings.fencing);
    assert!(scenario.settings.database.is_textbook());
    assert_eq!(scenario.settings.timers.base_backup_us, 500_000);
    assert_eq!(scenario.workload.skew_percent, 99);
    assert_eq!(scenario.actions.len(), 29);
    assert!(matches!(
        scenario.actions[3].action,
        Action::Kill {
            how: KillKind::Process,
            ..
        }
    ));
    assert!(matches!(
        scenario.actions[24].action,
        Action::Set(Setting::Fencing(true))
    ));
    assert_eq!(scenario.actions[28].action, Action::HealAll);
    let mut course = Course::new(&scenario).expect("valid");
    course.finish();
    assert_eq!(course.report().actions, 29);
    // Written as the present version it is the same scenario.
    let today = Scenario {
        version: VERSION,
        ..scenario.clone()
    };
    let read = Scenario::from_json(&today.to_json()).expect("valid");
    assert_eq!(Scenario { version: 1, ..read }, scenario);
}
