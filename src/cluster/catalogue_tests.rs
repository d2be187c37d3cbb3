//! The table against the schema of the scenario format and the list of rules.

use std::collections::BTreeSet;

use super::*;

/// Which definition of the schema each owner is.
const OWNERS: [(&str, &str); 19] = [
    ("settings", "Settings"),
    ("settings.semi_sync", "SemiSync"),
    ("settings.sync", "Sync"),
    ("settings.timers", "Timers"),
    ("settings.database.postgresql", "Postgresql"),
    ("settings.database.mysql", "Mysql"),
    ("settings.database.mariadb", "Mariadb"),
    ("settings.manager.patroni", "Patroni"),
    ("settings.manager.patroni.tags", "PatroniTags"),
    ("settings.manager.mha", "Mha"),
    ("settings.manager.mha.servers", "MhaServer"),
    ("settings.manager.sentinel", "Sentinel"),
    ("settings.manager.sentinel.priorities", "ReplicaPriority"),
    ("settings.routing.pin", "Pin"),
    ("settings.routing.token", "Token"),
    ("settings.routing.proxysql", "Proxysql"),
    ("settings.routing.maxscale", "Maxscale"),
    ("settings.routing.pgpool", "Pgpool"),
    ("settings.routing.haproxy", "Haproxy"),
];

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => i64::try_from(*number).ok(),
        _ => None,
    }
}

fn schema() -> Value {
    Value::parse(include_str!("../../docs/scenario.schema.json")).expect("a schema")
}

/// The owner and the field as the schema has them.
fn place(parameter: &Parameter) -> (String, &'static str) {
    match parameter.of_each_node() {
        Some((list, field)) => (format!("{}.{list}", parameter.owner), field),
        None => (parameter.owner.to_owned(), parameter.name),
    }
}

fn definition(parameter: &Parameter) -> Option<Value> {
    let (owner, field) = place(parameter);
    let (_, name) = OWNERS.iter().find(|(path, _)| *path == owner)?;
    schema()["$defs"][name]["properties"].get(field).cloned()
}

/// A scenario of every database, manager and router, so that each parameter is in one of them.
fn scenarios() -> Vec<Value> {
    let of = |settings: &str| {
        let text = format!(r#"{{"version":2,"settings":{settings}}}"#);
        open(&Scenario::from_json(&text).expect("valid"))
    };
    [
        "{}",
        r#"{"database":{"postgresql":{}},"manager":{"patroni":{}},"routing":{"pgpool":{}}}"#,
        r#"{"database":{"mysql":{}},"manager":{"mha":{}},"routing":{"proxysql":{}}}"#,
        r#"{"database":{"mariadb":{}},"manager":{"sentinel":{}},"routing":{"maxscale":{}}}"#,
        r#"{"routing":{"pin":{}}}"#,
        r#"{"routing":{"token":{}}}"#,
        r#"{"routing":{"haproxy":{}}}"#,
        r#"{"routing":{"django":{"pin_after_write":2000}}}"#,
    ]
    .map(of)
    .into()
}

#[test]
fn every_field_of_the_schema_has_exactly_one_entry() {
    let lists = ["tags", "servers", "priorities"];
    // These are chosen elsewhere in the panel, or are what the others belong to.
    let chosen = [
        "database",
        "manager",
        "routing",
        "semi_sync",
        "sync",
        "timers",
        "node",
    ];
    for (owner, name) in OWNERS {
        let definition = &schema()["$defs"][name]["properties"];
        assert!(!definition.fields().is_empty(), "{name}");
        for (field, _) in definition.fields() {
            let entries = all()
                .filter(|parameter| place(parameter) == (owner.to_owned(), field))
                .count();
            let expected =
                usize::from(!lists.contains(&field.as_str()) && !chosen.contains(&field.as_str()));
            assert_eq!(entries, expected, "{owner}.{field}");
        }
    }
    for parameter in all() {
        let known = definition(&parameter).is_some() || parameter.name == "pin_after_write";
        assert!(known, "{} is in no scenario", parameter.path());
    }
}

#[test]
fn every_entry_cites_a_rule_that_there_is_and_says_what_it_does() {
    let rules = include_str!("../../docs/rules.md");
    for parameter in all() {
        let Parameter { rule, line, .. } = parameter;
        let known = rule == "Textbook" && parameter.title == "Textbook"
            || rules.contains(&format!("| **{rule}** "));
        assert!(known, "{}: {rule}", parameter.path());
        assert!(
            line.ends_with('.') && line.len() > 20,
            "{}",
            parameter.path()
        );
    }
}

#[test]
fn ranges_and_choices_are_those_of_the_schema() {
    let schema = schema();
    for parameter in all() {
        let Some(property) = definition(&parameter) else {
            continue;
        };
        let path = parameter.path();
        match parameter.kind() {
            Kind::Number { range, .. } => {
                let (least, most) = parameter.bounds().expect("a number");
                let counted = property["format"].as_str().is_some_and(|it| it == "uint8");
                // What the engine checks beyond the type is in the schema, unless it depends on another field.
                if !counted && !parameter.owner.starts_with("settings.routing") {
                    let minimum = whole(&property["minimum"]);
                    assert!(minimum.is_none_or(|minimum| minimum == least), "{path}");
                    let maximum = whole(&property["maximum"]);
                    assert!(
                        maximum.is_none_or(|maximum| most == Some(maximum)),
                        "{path}"
                    );
                }
                assert!(range.ends_with('#') || !counted || most.is_some(), "{path}");
            }
            Kind::Choice(words) if property["$ref"].as_str().is_some() => {
                let name = property["$ref"].as_str().expect("a reference");
                let name = name.trim_start_matches("#/$defs/");
                let definition = &schema["$defs"][name];
                let said: BTreeSet<&str> = definition["oneOf"]
                    .items()
                    .iter()
                    .flat_map(|variant| {
                        let several = variant["enum"].items().iter();
                        several.chain([&variant["const"]]).filter_map(Value::as_str)
                    })
                    .collect();
                assert_eq!(words.split(' ').collect::<BTreeSet<_>>(), said, "{path}");
            }
            Kind::Bool => assert_eq!(property["type"].as_str(), Some("boolean"), "{path}"),
            _ => {}
        }
    }
}

#[test]
fn defaults_are_those_of_engine_and_schema() {
    let scenarios = scenarios();
    for parameter in all() {
        let path = parameter.path();
        let scenario = scenarios
            .iter()
            .find(|scenario| parameter.is_in(scenario))
            .unwrap_or_else(|| panic!("{path} is in none"));
        let default = parameter.default(&defaults(scenario));
        let default = default.unwrap_or_else(|| panic!("{path} has no default"));
        if let Some(said) = definition(&parameter).and_then(|it| it.get("default").cloned()) {
            assert_eq!(default, said, "{path}");
        }
    }
}

/// A value that the engine takes besides the default, if there is one.
fn another(parameter: &Parameter, default: &Value) -> Option<Value> {
    Some(match parameter.kind() {
        Kind::Bool => Value::Bool(default != &Value::Bool(true)),
        Kind::Text => Value::from("FIRST 1 (n2)"),
        Kind::Node => Value::from("n2"),
        Kind::Nodes { .. } => Value::Array(vec![Value::from("n3")]),
        Kind::Choice(words) => words
            .split(' ')
            .map(|word| parameter.read(word))
            .find(|word| word != default)?,
        Kind::Number { .. } => Value::Number(whole(default).unwrap_or(1_999) as i128 + 1),
    })
}

#[test]
fn every_parameter_can_be_changed_and_reads_back() {
    let scenarios = scenarios();
    for parameter in all() {
        let path = parameter.path();
        let start = scenarios.iter().find(|it| parameter.is_in(it));
        let start = start.expect("every one is in some scenario");
        let node = parameter.of_each_node().map(|_| "n2");
        let before = parameter.get(start, node).expect("it has a value");
        let value = another(&parameter, &before).expect("another value");
        let mut changed = start.clone();
        parameter.set(&mut changed, node, value.clone());
        // The lease leaves no room for longer rounds: that is what the next test is about.
        if ["ttl", "loop_wait", "retry_timeout", "quorum", "sentinels"].contains(&parameter.name) {
            parameter.set(&mut changed, node, before.clone());
        }
        let read = close(&changed).unwrap_or_else(|error| panic!("{path}: {error}"));
        let after = parameter.get(&open(&read), node);
        if !["ttl", "loop_wait", "retry_timeout", "quorum", "sentinels"].contains(&parameter.name) {
            assert_eq!(after, Some(value), "{path}");
        }
    }
}

#[test]
fn what_the_engine_refuses_says_why_and_where() {
    let patroni = &scenarios()[1];
    let refused = |name: &str, text: &str| {
        let parameter = all()
            .find(|parameter| parameter.name == name)
            .expect("known");
        let mut changed = patroni.clone();
        parameter.set(&mut changed, None, parameter.read(text));
        close(&changed).expect_err("refused").to_string()
    };
    assert_eq!(
        refused("ttl", "10"),
        "settings.manager.patroni.ttl: 10 is not in 20 to 3600 s"
    );
    assert_eq!(
        refused("loop_wait", "15"),
        "settings.manager.patroni.ttl: loop_wait 15 s + 2 × retry_timeout 10 s must not be more than ttl 30 s"
    );
    assert!(refused("ttl", "long").starts_with("settings.manager.patroni.ttl: "));
    assert!(
        refused("synchronous_standby_names", "FIRST x (").contains("synchronous_standby_names")
    );
}

#[test]
fn they_are_found_by_their_real_names() {
    for name in [
        "synchronous_commit",
        "rpl_semi_sync_source_timeout",
        "ttl",
        "max_replication_lag",
        "tags.nofailover",
        "mysql-monitor_slave_lag_when_null",
        "watchdog.mode",
        "replica-priority",
    ] {
        assert!(all().any(|parameter| parameter.matches(name)), "{name}");
    }
    assert!(!all().any(|parameter| parameter.matches("no_such_parameter")));
}
