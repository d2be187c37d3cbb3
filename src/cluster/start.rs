//! What a run starts with, changed: presets, another database, manager or router, more or fewer replicas.

use replicascope_engine::scenario::{Action, Endpoint, TimedAction};
use replicascope_engine::{Scenario, Simulation};

use super::value::Value;

/// A starting point: what it is called and its settings.
pub(crate) const PRESETS: [(&str, &str); 15] = [
    ("Textbook, async", r#"{"mode":"async"}"#),
    ("Textbook, semi-sync", r#"{"mode":"semi_sync"}"#),
    ("Textbook, sync", r#"{"mode":"sync"}"#),
    (
        "PostgreSQL 17 defaults, async",
        r#"{"database":{"postgresql":{}}}"#,
    ),
    (
        "PostgreSQL, FIRST 1 remote_apply",
        r#"{"database":{"postgresql":{"synchronous_commit":"remote_apply","synchronous_standby_names":"FIRST 1 (*)"}}}"#,
    ),
    (
        "PostgreSQL, ANY 2 quorum commit",
        r#"{"database":{"postgresql":{"synchronous_standby_names":"ANY 2 (*)"}}}"#,
    ),
    (
        "PostgreSQL + Patroni 4 defaults",
        r#"{"database":{"postgresql":{}},"manager":{"patroni":{}}}"#,
    ),
    (
        "Patroni, synchronous and strict",
        r#"{"database":{"postgresql":{}},"manager":{"patroni":{"synchronous_mode":"on","synchronous_mode_strict":true}}}"#,
    ),
    (
        "Patroni, quorum of 2, watchdog and failsafe",
        r#"{"database":{"postgresql":{"wal_log_hints":true}},"manager":{"patroni":{"synchronous_mode":"quorum","synchronous_node_count":2,"watchdog_device":true,"failsafe_mode":true,"use_pg_rewind":true}}}"#,
    ),
    ("MySQL 8.4 defaults, async", r#"{"database":{"mysql":{}}}"#),
    (
        "MySQL 8.4, semi-sync AFTER_SYNC",
        r#"{"database":{"mysql":{"rpl_semi_sync_source_enabled":true}}}"#,
    ),
    (
        "MySQL + MHA",
        r#"{"database":{"mysql":{}},"manager":{"mha":{}}}"#,
    ),
    ("MariaDB 10.11 defaults", r#"{"database":{"mariadb":{}}}"#),
    (
        "MariaDB, semi-sync AFTER_COMMIT",
        r#"{"database":{"mariadb":{"rpl_semi_sync_master_enabled":true}}}"#,
    ),
    (
        "MySQL + Sentinel style",
        r#"{"database":{"mysql":{}},"manager":{"sentinel":{"down-after-milliseconds":5000}}}"#,
    ),
];

/// The databases: what each is called, and its part of a scenario.
pub(crate) const DATABASES: [(&str, &str); 4] = [
    ("Textbook", "textbook"),
    ("PostgreSQL", "postgresql"),
    ("MySQL", "mysql"),
    ("MariaDB", "mariadb"),
];

/// The failover managers, and the databases that each is for.
pub(crate) const MANAGERS: [(&str, &str, &str); 4] = [
    ("None", "none", "textbook postgresql mysql mariadb"),
    ("Patroni", "patroni", "postgresql"),
    ("MHA", "mha", "mysql mariadb"),
    ("Sentinel style", "sentinel", "postgresql mysql mariadb"),
];

/// The routers. What comes after a slash is a variant.
pub(crate) const ROUTERS: [(&str, &str); 11] = [
    ("Plain: nothing more", "plain"),
    ("Pin to the primary after a write (Rails)", "pin"),
    ("Sticky replica", "sticky"),
    ("Position token", "token"),
    (
        "Django: PrimaryReplicaRouter",
        "django/primary_replica_router",
    ),
    ("Django: the instance decides", "django/instance_state"),
    ("Django: pin after a write", "django/pin_after_write"),
    ("ProxySQL", "proxysql"),
    ("MaxScale readwritesplit", "maxscale"),
    ("Pgpool-II", "pgpool"),
    ("HAProxy", "haproxy"),
];

/// What is chosen of a part of the settings, by the names of the lists above.
pub(crate) fn chosen(scenario: &Value, part: &str) -> String {
    let absent = match part {
        "database" => "textbook",
        "manager" => "none",
        _ => "plain",
    };
    match &scenario["settings"][part] {
        Value::String(word) => word.clone(),
        Value::Object(it) => match it.first() {
            Some((kind, Value::String(variant))) => format!("{kind}/{variant}"),
            Some((kind, _)) if kind == "django" => "django/pin_after_write".to_owned(),
            Some((kind, _)) => kind.clone(),
            None => absent.to_owned(),
        },
        _ => absent.to_owned(),
    }
}

/// The JSON of a choice, with its parameters as they come.
fn choice(name: &str) -> Value {
    match name.split_once('/') {
        Some((kind, "pin_after_write")) => {
            Value::one(kind, Value::one("pin_after_write", Value::Number(2_000)))
        }
        Some((kind, variant)) => Value::one(kind, Value::from(variant)),
        None if ["textbook", "none", "plain", "sticky"].contains(&name) => Value::from(name),
        None => Value::one(name, Value::empty()),
    }
}

/// The smallest scenario that has what stands at this path, with its parameters as they come.
pub(crate) fn sample_for(owner: &str) -> Value {
    let mut scenario = Value::one("version", Value::Number(2));
    let mut parts = owner.split('.').skip(1);
    if let (Some(part), Some(kind)) = (parts.next(), parts.next()) {
        let database = match kind {
            "patroni" => "postgresql",
            "mha" | "sentinel" => "mysql",
            _ => "textbook",
        };
        scenario["settings"]["database"] = choice(database);
        let variant = if kind == "django" {
            "django/pin_after_write"
        } else {
            kind
        };
        scenario["settings"][part] = choice(variant);
    }
    super::catalogue::close(&scenario)
        .map_or(scenario, |scenario| super::catalogue::open(&scenario))
}

/// Whether a manager is for a database.
pub(crate) fn goes_with(manager: &str, database: &str) -> bool {
    let found = MANAGERS.iter().find(|(_, name, _)| *name == manager);
    found.is_some_and(|(.., databases)| databases.split(' ').any(|name| name == database))
}

/// Chooses another database, manager or router. A manager that is not for the database goes, and so does a router.
pub(crate) fn choose(scenario: &mut Value, part: &str, name: &str) {
    scenario["settings"][part] = choice(name);
    if part == "database" {
        if !goes_with(&chosen(scenario, "manager"), name) {
            scenario["settings"]["manager"] = Value::from("none");
        }
        if super::catalogue::close(scenario).is_err_and(|error| error.path.ends_with(".routing")) {
            scenario["settings"]["routing"] = Value::from("plain");
        }
    }
}

/// Takes the settings of a preset. Its database, manager and replication parameters; routing stays where it goes with them.
pub(crate) fn take_preset(scenario: &mut Value, preset: &str) {
    let Ok(preset) = Value::parse(preset) else {
        return;
    };
    let settings = &mut scenario["settings"];
    for part in ["mode", "semi_sync", "sync", "failover", "fencing"] {
        settings.remove(part);
    }
    settings["database"] = Value::from("textbook");
    settings["manager"] = Value::from("none");
    for (part, value) in preset.fields() {
        settings[part.as_str()] = value.clone();
    }
    if super::catalogue::close(scenario).is_err_and(|error| error.path.ends_with(".routing")) {
        scenario["settings"]["routing"] = Value::from("plain");
    }
}

/// Has another number of replicas. What the settings and links say of nodes that are gone goes with them.
pub(crate) fn resize(scenario: &mut Value, replicas: u8) {
    scenario["cluster"]["replicas"] = Value::Number(replicas.into());
    let gone: Vec<String> = (replicas + 2..=64).map(|node| format!("n{node}")).collect();
    forget(&mut scenario["cluster"]["links"], &gone);
    forget(&mut scenario["settings"], &gone);
}

/// Takes what names a node that is gone out of every list, and out of every field that may be empty.
pub(super) fn forget(value: &mut Value, gone: &[String]) {
    let names = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| gone.iter().any(|node| node == text))
    };
    match value {
        Value::Array(items) => {
            items.retain(|item| {
                let of_it = ["node", "from", "to"];
                !names(item) && !of_it.iter().any(|field| item.get(field).is_some_and(names))
            });
            for item in items {
                forget(item, gone);
            }
        }
        Value::Object(fields) => {
            for (_, field) in fields {
                if names(field) {
                    *field = Value::Null;
                } else {
                    forget(field, gone);
                }
            }
        }
        _ => {}
    }
}

/// The settings, cluster and workload of a run as they are now, as a start of their own without actions.
pub(crate) fn as_it_is(simulation: &Simulation, seed: u64) -> Scenario {
    Scenario {
        seed,
        cluster: simulation.cluster().clone(),
        settings: simulation.settings().clone(),
        workload: *simulation.workload(),
        ..Scenario::default()
    }
}

/// Lets a new start have the actions of an old run, as far as they still mean something: what was set is part of the start
/// now, messages are other ones, and what names something that is gone is left behind. Returns how many were.
pub(crate) fn take_along(log: &[TimedAction], scenario: &mut Scenario) -> usize {
    let means_something = |action: &Action| match action {
        Action::HoldMessage { .. }
        | Action::ReleaseMessage { .. }
        | Action::DropMessage { .. }
        | Action::DelayMessage { .. }
        | Action::DuplicateMessage { .. } => false,
        action => scenario.validate_action("action", action).is_ok(),
    };
    let wanted = log
        .iter()
        .filter(|timed| !matches!(timed.action, Action::Set(_)));
    let (kept, left): (Vec<_>, Vec<_>) = wanted
        .cloned()
        .partition(|timed| means_something(&timed.action));
    scenario.actions = kept;
    left.len()
}

/// Whether an action is about links between database nodes and apps, which a choice of places replaces.
pub(crate) fn is_about_delays(action: &Action) -> bool {
    let placed = |end: &Endpoint| matches!(end, Endpoint::Node(_) | Endpoint::Clients);
    matches!(action, Action::SetLink { from, to, .. } if placed(from) && placed(to))
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{close, open};
    use super::*;
    use replicascope_engine::ids::NodeId;
    use replicascope_engine::scenario::{KillKind, Mode, Setting};
    use replicascope_engine::time::Time;

    fn plain() -> Value {
        open(&Scenario::default())
    }

    #[test]
    fn every_preset_is_valid_and_keeps_the_seed() {
        for (name, preset) in PRESETS {
            let mut scenario = plain();
            scenario["seed"] = Value::Number(77);
            scenario["settings"]["routing"] = Value::one("pgpool", Value::empty());
            take_preset(&mut scenario, preset);
            let scenario = close(&scenario).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(scenario.seed, 77);
            Simulation::new(&scenario).expect(name);
        }
    }

    #[test]
    fn every_parameter_is_in_a_sample() {
        for parameter in super::super::catalogue::all() {
            let sample = sample_for(parameter.owner);
            assert!(parameter.default(&sample).is_some(), "{}", parameter.path());
        }
    }

    #[test]
    fn every_choice_is_valid_and_reads_back() {
        for (_, database) in DATABASES {
            for (_, manager, _) in MANAGERS {
                let mut scenario = plain();
                choose(&mut scenario, "database", database);
                choose(&mut scenario, "manager", manager);
                assert_eq!(
                    close(&scenario).is_ok(),
                    goes_with(manager, database),
                    "{database} {manager}"
                );
                assert_eq!(chosen(&scenario, "database"), database);
                assert_eq!(chosen(&scenario, "manager"), manager);
            }
        }
        for (_, router) in ROUTERS {
            let mut scenario = plain();
            choose(&mut scenario, "routing", router);
            let read = open(&close(&scenario).unwrap_or_else(|error| panic!("{router}: {error}")));
            assert_eq!(chosen(&read, "routing"), router);
        }
    }

    #[test]
    fn another_database_takes_along_only_what_goes_with_it() {
        let mut scenario = plain();
        choose(&mut scenario, "database", "postgresql");
        choose(&mut scenario, "manager", "patroni");
        choose(&mut scenario, "routing", "haproxy");
        choose(&mut scenario, "database", "mysql");
        close(&scenario).expect("valid");
        assert_eq!(chosen(&scenario, "manager"), "none");
        assert_eq!(chosen(&scenario, "routing"), "plain");
    }

    #[test]
    fn fewer_replicas_take_what_is_said_of_them_along() {
        let text = r#"{"version":2,"cluster":{"replicas":4,"links":[{"from":"n1","to":"n5","link":{}},{"from":"n1","to":"n2","link":{}}]},
            "settings":{"database":{"postgresql":{"recovery_min_apply_delay_on":"n5"}},
            "manager":{"patroni":{"tags":[{"node":"n5","nosync":true},{"node":"n2","replicatefrom":"n5"}]}},"sync":{"members":["n2","n5"]}}}"#;
        let mut scenario = open(&Scenario::from_json(text).expect("valid"));
        resize(&mut scenario, 3);
        let scenario = close(&scenario).expect("valid");
        assert_eq!(scenario.cluster.links.len(), 1);
        assert_eq!(scenario.settings.sync.members, Some(vec![NodeId(1)]));
        let json = scenario.to_json();
        assert!(
            !json.contains("\"n5\"") && json.contains("\"tags\""),
            "{json}"
        );
    }

    #[test]
    fn faults_come_along_and_settings_do_not() {
        let timed = |action| TimedAction {
            at_us: Time::ZERO,
            action,
        };
        let kill = |node| Action::Kill {
            node: NodeId(node),
            how: KillKind::PowerOff,
        };
        let log = [
            timed(kill(0)),
            timed(Action::Set(Setting::Mode(Mode::Sync))),
            timed(Action::HoldMessage {
                message: replicascope_engine::ids::MessageId(3),
            }),
            timed(kill(4)),
        ];
        let mut scenario = Scenario::default();
        scenario.cluster.replicas = 3;
        assert_eq!(take_along(&log, &mut scenario), 2);
        assert_eq!(scenario.actions, [timed(kill(0))]);
    }
}
