//! PostgreSQL, MySQL and MariaDB servers: what a setting, an action or an event takes away, and the rule of their writes.

use super::*;
use crate::ids::{Lsn, MAX_NODES, Timeline};
use crate::node::server::Family;
use crate::scenario::{KillKind, Mariadb, Mysql, Patroni, Service, ServiceAction, SynchronousMode};

const N1: NodeId = NodeId(0);
const N2: NodeId = NodeId(1);

fn under(database: Database, manager: Manager) -> Settings {
    Settings {
        database,
        manager,
        reads: ReadPolicy::PrimaryOnly,
        ..Settings::default()
    }
}

fn mysql(change: impl FnOnce(&mut Mysql)) -> Database {
    let mut settings = Mysql::default();
    change(&mut settings);
    Database::Mysql(Box::new(settings))
}

fn mariadb(change: impl FnOnce(&mut Mariadb)) -> Database {
    let mut settings = Mariadb::default();
    change(&mut settings);
    Database::Mariadb(Box::new(settings))
}

fn at_level(level: CommitLevel) -> Database {
    Database::Postgresql(Box::new(Postgresql {
        synchronous_commit: level,
        ..Postgresql::default()
    }))
}

fn patroni() -> Manager {
    Manager::Patroni(Box::new(Patroni {
        synchronous_mode: SynchronousMode::On,
        ..Patroni::default()
    }))
}

fn start(settings: &Settings) -> Promises {
    Promises::at_start(&nodes(3), settings)
}

fn after(settings: &Settings, actions: &[Action]) -> Promises {
    let mut promises = start(settings);
    for action in actions {
        promises.after(action);
    }
    promises
}

fn lose(node: NodeId) -> Action {
    Action::LoseHost { node }
}

fn write(synchronous_commit: Option<CommitLevel>) -> Action {
    Action::Write {
        client: ClientId(0),
        key: Key(0),
        value: None,
        node: None,
        synchronous_commit,
    }
}

#[test]
fn r_lw_1_of_server_writes_only_those_flushed_on_a_standby_survive() {
    let of = |level| survives_failover(&under(at_level(CommitLevel::On), Manager::None), level);
    for (level, survives) in [
        (CommitLevel::Off, false),
        (CommitLevel::Local, false),
        (CommitLevel::RemoteWrite, false),
        (CommitLevel::On, true),
        (CommitLevel::RemoteApply, true),
    ] {
        assert_eq!(of(Some(level)), survives, "{level:?}");
    }
    assert!(!of(None), "it was answered without a wait");
    for database in [mysql(|_| {}), mariadb(|_| {})] {
        let settings = under(database, Manager::None);
        assert!(!survives_failover(&settings, Some(CommitLevel::On)));
    }
}

#[test]
fn only_patroni_answers_for_who_takes_over_a_server() {
    let kept_by = |manager| kept(&start(&under(at_level(CommitLevel::On), manager)));
    assert_eq!(kept_by(patroni()), [true; 4]);
    for manager in [Manager::None, Manager::Sentinel(Box::default())] {
        assert_eq!(kept_by(manager), [false, false, false, true]);
    }
    for manager in [Manager::None, Manager::Mha(Box::default())] {
        let settings = under(mysql(|_| {}), manager);
        assert_eq!(kept(&start(&settings)), [false, false, false, true]);
    }
}

#[test]
fn under_patroni_the_level_and_the_mode_decide_what_is_linearizable() {
    let of = |level, manager| kept(&start(&under(at_level(level), manager)));
    assert_eq!(of(CommitLevel::RemoteApply, patroni()), [true; 4]);
    let weak = of(CommitLevel::RemoteWrite, patroni());
    assert_eq!(weak, [true, true, false, true]);
    let off = Manager::Patroni(Box::default());
    assert_eq!(of(CommitLevel::On, off), [true, false, false, true]);
    // The mode is another one later: what was acked under the first may be lost.
    let settings = under(at_level(CommitLevel::On), patroni());
    let mut promises = start(&settings);
    promises.under(&under(
        at_level(CommitLevel::On),
        Manager::Patroni(Box::default()),
    ));
    promises.under(&settings);
    assert_eq!(kept(&promises), [true, false, false, true]);
}

#[test]
fn r_pt_7_and_r_pt_8_what_befalls_agents_counts_at_once() {
    let settings = under(at_level(CommitLevel::On), patroni());
    let kill_agent = Action::Service {
        service: Service::Agent(N1),
        what: ServiceAction::Kill,
    };
    let promises = after(&settings, &[kill_agent]);
    assert_eq!(kept(&promises), [false, true, false, true]);
    let promises = after(&settings, &[lose(N2)]);
    assert_eq!(kept(&promises), [true, false, false, true]);
    // To the other managers an agent is nothing.
    let alone = under(at_level(CommitLevel::On), Manager::None);
    let freeze = Action::Freeze { node: N1 };
    assert_eq!(after(&alone, &[freeze]), start(&alone));
}

#[test]
fn a_write_at_a_weaker_level_is_no_registers_write() {
    let settings = under(at_level(CommitLevel::On), patroni());
    for (level, linearizable) in [
        (None, true),
        (Some(CommitLevel::RemoteApply), true),
        (Some(CommitLevel::On), true),
        (Some(CommitLevel::RemoteWrite), false),
        (Some(CommitLevel::Local), false),
        (Some(CommitLevel::Off), false),
    ] {
        let promises = after(&settings, &[write(level)]);
        let expected = [true, true, linearizable, true];
        assert_eq!(kept(&promises), expected, "{level:?}");
    }
}

#[test]
fn r_pg_7_a_leader_that_starts_in_place_shows_what_no_standby_has() {
    let mut promises = start(&under(at_level(CommitLevel::On), patroni()));
    promises.seen(&EventKind::NoPrimary);
    assert_eq!(kept(&promises), [true; 4]);
    promises.seen(&EventKind::Manager(ManagerEvent::RestartsInPlace {
        node: N1,
    }));
    assert_eq!(kept(&promises), [true, true, false, true]);
}

/// By a person with n1's data, or by a manager that needs nobody's.
#[test]
fn servers_recover_from_one_lost_disk_unless_it_is_what_mends() {
    let by_hand = [
        under(at_level(CommitLevel::On), Manager::None),
        under(mysql(|_| {}), Manager::None),
        under(mysql(|_| {}), Manager::Mha(Box::default())),
    ];
    let by_manager = [
        under(at_level(CommitLevel::On), patroni()),
        under(mysql(|_| {}), Manager::Sentinel(Box::default())),
    ];
    let recovers = |settings: &Settings, lost: &[NodeId]| {
        let actions: Vec<Action> = lost.iter().map(|&node| lose(node)).collect();
        let promises = after(settings, &actions);
        assert_eq!(promises.has_lost_a_disk(), !lost.is_empty());
        promises.recovers
    };
    for settings in by_hand.iter().chain(&by_manager) {
        assert!(recovers(settings, &[]));
        assert!(recovers(settings, &[N2]));
        assert!(!recovers(settings, &[N2, N2]));
    }
    for settings in &by_hand {
        assert!(!recovers(settings, &[N1]));
    }
    for settings in &by_manager {
        assert!(recovers(settings, &[N1]));
    }
    // A Textbook node's disk is nobody's tool.
    let mut promises = Promises::at_start(&nodes(3), &strongest());
    assert!(!promises.has_lost_a_disk());
    promises.after(&lose(N1));
    assert!(promises.has_lost_a_disk() && promises.recovers);
}

#[test]
fn r_lw_1_relay_logs_are_whole_until_something_took_of_them() {
    let kill = |how| Action::Kill { node: N2, how };
    let synced = under(mysql(|it| it.sync_relay_log = 1), Manager::None);
    let lazy = under(mysql(|it| it.sync_relay_log = 10_000), Manager::None);
    for (settings, action, whole) in [
        (&synced, kill(KillKind::PowerOff), true),
        (&lazy, kill(KillKind::PowerOff), false),
        (&lazy, kill(KillKind::Process), true),
        (&lazy, kill(KillKind::AllProcesses), true),
        (&synced, lose(N2), false),
        (&lazy, Action::Restart { node: N2 }, true),
    ] {
        let promises = after(settings, std::slice::from_ref(&action));
        assert_eq!(promises.relay_logs_are_whole, whole, "{action:?}");
    }
    // Not synced once, so what was received then may be gone.
    let mut promises = start(&synced);
    promises.under(&lazy);
    promises.under(&synced);
    promises.after(&kill(KillKind::PowerOff));
    assert!(!promises.relay_logs_are_whole);
    let fork = Lsn(3);
    for event in [
        EventKind::RelayLogDropped {
            node: N2,
            from: fork,
            dropped: 1,
        },
        EventKind::BackupRestored {
            node: N2,
            lsn: fork,
        },
        EventKind::ErrantKept {
            node: N2,
            upstream: N1,
            fork,
            count: 1,
        },
        EventKind::LogEndLost {
            node: N1,
            timeline: Timeline::new(2, N1),
            fork,
            erased: 1,
        },
    ] {
        let mut promises = start(&synced);
        promises.seen(&EventKind::NoPrimary);
        assert!(promises.relay_logs_are_whole);
        promises.seen(&event);
        assert!(!promises.relay_logs_are_whole, "{event:?}");
    }
}

#[test]
fn r_my_1_a_binlog_is_synced_while_sync_binlog_is_1_all_the_time() {
    let with = |sync_binlog| under(mysql(|it| it.sync_binlog = sync_binlog), Manager::None);
    assert!(start(&with(1)).binlog_is_synced);
    for other in [0, 2] {
        assert!(!start(&with(other)).binlog_is_synced, "{other}");
    }
    let mut promises = start(&with(1));
    promises.under(&with(0));
    promises.under(&with(1));
    assert!(!promises.binlog_is_synced);
    let alone = under(at_level(CommitLevel::On), Manager::None);
    assert!(start(&alone).binlog_is_synced, "it has none");
}

fn semi_sync(it: &mut Mysql) {
    it.rpl_semi_sync_source_enabled = true;
    it.rpl_semi_sync_source_wait_for_replica_count = 2;
}

#[test]
fn r_my_2_and_r_my_4_a_semi_sync_write_waits_for_relay_logs() {
    let rule_of = |database| rule(under(database, Manager::None));
    for (sync_binlog, synced) in [(0, false), (1, true), (2, false)] {
        let found = rule_of(mysql(|it| it.sync_binlog = sync_binlog));
        assert_eq!(found, AckRule::Binlog { synced }, "{sync_binlog}");
    }
    // All that may ever be.
    let of = NodeSet::first(MAX_NODES).without(N1);
    for (sync_relay_log, relay_synced) in [(0, false), (1, true), (10_000, false)] {
        let found = rule_of(mysql(|it| {
            semi_sync(it);
            it.sync_relay_log = sync_relay_log;
        }));
        let expected = AckRule::RelayLogs {
            by: 2,
            of,
            synced: true,
            relay_synced,
        };
        assert_eq!(found, expected, "{sync_relay_log}");
    }
    // The source itself is no replica, and MariaDB waits for one.
    let found = rule_of(mariadb(|it| {
        it.rpl_semi_sync_master_enabled = true;
        it.rpl_semi_sync_slave_enabled = Some(vec![N1, N2]);
    }));
    let expected = AckRule::RelayLogs {
        by: 1,
        of: [N2].into_iter().collect(),
        synced: false,
        relay_synced: false,
    };
    assert_eq!(found, expected);
}

/// A run of 10 s in which n1 is cut off at 2 s; a write at 3 s makes semi-sync fall back after 1 s.
fn cut_off(database: Database) -> Simulation {
    let mut scenario = Scenario {
        settings: under(database, Manager::None),
        ..Scenario::default()
    };
    scenario.workload.operations_per_second = 0;
    scenario.actions = vec![
        TimedAction {
            at_us: Time::from_secs(2),
            action: Action::Isolate { node: N1 },
        },
        TimedAction {
            at_us: Time::from_secs(3),
            action: write(None),
        },
    ];
    let mut run = Simulation::new(&scenario).expect("valid");
    run.advance_to(Time::from_secs(10));
    run
}

#[test]
fn r_my_5_fallen_back_a_write_waits_for_the_binlog_alone() {
    let run = cut_off(mysql(|it| {
        semi_sync(it);
        it.rpl_semi_sync_source_timeout = 1_000;
    }));
    let (settings, source) = (run.settings(), run.node(N1));
    assert!(source.semi_sync_is_off());
    let found = ack_rule(settings, source, OpId(2));
    assert_eq!(found, AckRule::Binlog { synced: true });
}

#[test]
fn fallen_back_a_textbook_write_is_local() {
    let mut settings = strongest();
    settings.mode = Mode::SemiSync;
    settings.semi_sync.timeout_us = Some(1_000_000);
    settings.fencing = false;
    let mut scenario = Scenario {
        settings,
        ..Scenario::default()
    };
    scenario.workload.operations_per_second = 0;
    scenario.actions = [(2, Action::Isolate { node: N1 }), (3, write(None))]
        .map(|(at, action)| TimedAction {
            at_us: Time::from_secs(at),
            action,
        })
        .to_vec();
    let mut run = Simulation::new(&scenario).expect("valid");
    run.advance_to(Time::from_secs(3));
    let now = |run: &Simulation| ack_rule(run.settings(), run.node(N1), OpId(2));
    assert!(matches!(now(&run), AckRule::Received { .. }));
    run.advance_to(Time::from_secs(5));
    assert_eq!(now(&run), AckRule::Local);
}

#[test]
fn r_pg_1_a_write_that_waits_for_nothing_needs_no_disk() {
    let found = rule(under(at_level(CommitLevel::Off), Manager::None));
    assert_eq!(found, AckRule::Executed);
}

#[test]
fn r_my_6_only_mariadb_told_not_to_wait_and_without_replicas_is_excused() {
    let excused = |database: Database, alone: bool| {
        let mut scenario = Scenario {
            settings: under(database, Manager::None),
            ..Scenario::default()
        };
        scenario.workload.operations_per_second = 0;
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(Time::from_secs(1));
        if alone {
            for node in run.cluster().nodes().filter(|&node| node != N1) {
                let how = KillKind::Process;
                run.act(Action::Kill { node, how }).expect("it runs");
            }
            run.advance_to(Time::from_secs(2));
            let action = write(None);
            run.act(action).expect("somebody writes");
            run.advance_to(Time::from_secs(200));
        }
        let database = &run.settings().database;
        let clients = run.node(N1).semi_sync_status(database).map(|it| it.clients);
        if let Some(clients) = clients {
            assert_eq!(clients == 0, alone);
        }
        is_excused(run.settings(), run.node(N1))
    };
    let maria = |wait_no_slave| {
        mariadb(|it| {
            it.rpl_semi_sync_master_enabled = true;
            it.rpl_semi_sync_master_wait_no_slave = wait_no_slave;
        })
    };
    let my = mysql(|it| {
        it.rpl_semi_sync_source_enabled = true;
        it.rpl_semi_sync_source_wait_no_replica = false;
    });
    assert!(excused(maria(false), true));
    assert!(!excused(maria(false), false), "it has replicas");
    assert!(!excused(maria(true), true), "it is to wait");
    assert!(!excused(my, true), "it switches off");
    assert!(!excused(at_level(CommitLevel::On), true));
    assert!(Family::of(&at_level(CommitLevel::On)).is_none());
}

#[test]
fn a_sync_write_waits_for_the_set_of_its_primary() {
    let run = Simulation::new(&Scenario {
        settings: strongest(),
        ..Scenario::default()
    });
    let run = run.expect("valid");
    let others = run.cluster().nodes().filter(|&node| node != N1).collect();
    assert_eq!(must_have_applied(run.node(N1)), others);
    assert_eq!(must_have_applied(run.node(N2)), NodeSet::EMPTY, "a replica");
}
