//! A cluster that has recovered, and each of the ways in which it may not have.

use super::*;
use crate::explore::tests::{n, quiet, read, write};
use crate::ids::{ClientId, NodeId};
use crate::scenario::{
    Action, Admin, Arrival, Database, KillKind, Mode, Patroni, Postgresql, Scenario, Setting,
    Workload,
};
use crate::time::Time;

const END: u64 = 20_000;

fn write_of(key: u32, node: Option<NodeId>) -> Action {
    Action::Write {
        client: ClientId(0),
        key: Key(key),
        value: None,
        node,
        synchronous_commit: None,
    }
}

/// These actions, then a write at 15 s that is read everywhere.
fn healed(mode: Mode, before: Vec<(u64, Action)>) -> Scenario {
    let mut actions = before;
    actions.push((15_000, write()));
    actions.extend([1, 2, 3].map(|node| (17_000, read(Some(n(node))))));
    quiet(mode, actions)
}

fn course(scenario: &Scenario) -> Course {
    let mut course = Course::new(scenario).expect("valid");
    let end = Time::from_millis(END);
    course.run_to(end).expect("nothing is broken on the way");
    course
}

fn found(course: &mut Course) -> Option<Invariant> {
    check(course).err().map(|violation| violation.invariant)
}

/// Two writes of key 1, and the last one.
fn healthy() -> Course {
    let writes = [2_000, 3_000].map(|at| (at, write_of(1, None)));
    course(&healed(Mode::Async, writes.to_vec()))
}

#[test]
fn a_node_that_is_not_the_same_in_any_way_is_found() {
    type Change = fn(&mut Node);
    let changes: [(&str, Change, bool); 5] = [
        ("nothing", |_| (), true),
        (
            "tip",
            |node| node.break_log(|it| (it.lsn.0 < 3).then_some(it)),
            false,
        ),
        ("flush", |node| node.break_positions(3, 2, 3), false),
        ("replay", |node| node.break_positions(3, 3, 2), false),
        ("row", |node| node.break_row(Key(1), OpId(77)), false),
    ];
    let is_same = |course: &Course| {
        let simulation = course.simulation();
        same(
            simulation.node(n(3)),
            simulation.node(n(1)),
            &course.skipped,
        )
    };
    for (what, change, right) in changes {
        let mut course = healthy();
        change(course.run.simulation.node_mut(n(3)));
        assert_eq!(is_same(&course), right, "{what}");
    }
    // All alike, and not at the end of their log.
    let mut course = healthy();
    for node in 1..=3 {
        course
            .run
            .simulation
            .node_mut(n(node))
            .break_positions(3, 3, 2);
    }
    assert!(!is_same(&course));
    // What does not heal is found in the end.
    assert_eq!(found(&mut healthy()), None);
    let mut course = healthy();
    course
        .run
        .simulation
        .node_mut(n(3))
        .break_row(Key(1), OpId(77));
    assert_eq!(found(&mut course), Some(Invariant::Converges));
}

#[test]
fn r_lw_4_and_r_lw_6_only_rows_of_errant_and_skipped_transactions_may_differ() {
    let mut skipped = healthy();
    skipped
        .run
        .simulation
        .node_mut(n(3))
        .break_row(Key(1), OpId(77));
    skipped.skipped.insert(Key(2));
    assert_eq!(found(&mut skipped), Some(Invariant::Converges));
    skipped.skipped.insert(Key(1));
    assert_eq!(found(&mut skipped), None);

    // n1 writes what nobody else gets, and follows n2 when it is back.
    let follow = |node, upstream| Action::Admin {
        node: n(node),
        command: Admin::Follow {
            upstream: n(upstream),
        },
    };
    let kill = Action::Kill {
        node: n(1),
        how: KillKind::Process,
    };
    let mut scenario = healed(
        Mode::Async,
        vec![
            (1_000, write_of(1, Some(n(1)))),
            (2_000, Action::Isolate { node: n(1) }),
            (2_100, write_of(2, Some(n(1)))),
            (3_000, kill),
            (3_100, Action::Promote { node: n(2) }),
            (3_200, follow(3, 2)),
            (4_000, write_of(1, Some(n(2)))),
            (5_000, Action::Reconnect { node: n(1) }),
            (5_100, Action::Restart { node: n(1) }),
            (6_000, follow(1, 2)),
        ],
    );
    scenario.settings.database = Database::Mysql(Box::default());
    let mut with = course(&scenario);
    assert_eq!(found(&mut with), None);
    let (node, leader) = (with.simulation().node(n(1)), with.simulation().node(n(2)));
    assert_eq!(node.errant_transactions().count(), 1);
    assert_ne!(node.table().row(Key(2)), leader.table().row(Key(2)));
    let none = BTreeSet::new();
    assert_eq!(differing(node, leader, &none).count(), 0);
    assert_eq!(differing(leader, node, &none).count(), 0);
    // Another row that differs does differ.
    with.run
        .simulation
        .node_mut(n(2))
        .break_row(Key(0), OpId(77));
    let (node, leader) = (with.simulation().node(n(1)), with.simulation().node(n(2)));
    let keys: Vec<Key> = differing(node, leader, &none)
        .map(|(key, ..)| key)
        .collect();
    assert_eq!(keys, [Key(0)]);
}

/// All nodes have a log in which the first write is another's.
fn with_a_lost_write() -> Course {
    let mut course = healthy();
    for node in 1..=3 {
        course
            .run
            .simulation
            .node_mut(n(node))
            .break_log(|mut record| {
                if record.lsn.0 == 1 {
                    record.op = OpId(77);
                }
                Some(record)
            });
    }
    course
}

#[test]
fn an_acked_write_that_is_not_in_the_log_is_found_if_the_log_can_tell() {
    let mut course = with_a_lost_write();
    assert_eq!(found(&mut course), Some(Invariant::LedgerMatchesLog));
    // A server may have logged it again as another record, and a ledger that forgot some cannot tell.
    let mut course = with_a_lost_write();
    course.errant = true;
    assert_eq!(found(&mut course), None);
    let mut course = with_a_lost_write();
    course.run.simulation.oracle_mut().keep_last(5);
    assert!(!course.simulation().oracle().keeps_everything());
    assert_eq!(found(&mut course), None);
}

#[test]
fn a_ledger_that_calls_a_write_lost_that_is_there_is_found() {
    let mut course = healthy();
    let oracle = course.run.simulation.oracle_mut();
    oracle.break_op(OpId(1), |op| op.lost = true);
    assert_eq!(found(&mut course), Some(Invariant::LedgerMatchesLog));
    let mut course = with_a_lost_write();
    let oracle = course.run.simulation.oracle_mut();
    oracle.break_op(OpId(1), |op| op.lost = true);
    assert_eq!(found(&mut course), Some(Invariant::TotalsMatchLedger));
}

#[test]
fn a_write_that_failed_is_not_in_the_log_and_one_of_unknown_fate_may_be() {
    // n2 is no primary, and says so. n3 is away for 5 s, longer than a client waits for its sync write.
    let actions = vec![
        (1_000, write_of(1, Some(n(2)))),
        (2_000, Action::Isolate { node: n(3) }),
        (3_000, write_of(1, None)),
        (8_000, Action::HealAll),
    ];
    let scenario = healed(Mode::Sync, actions);
    let status = |course: &Course, op| {
        course
            .simulation()
            .oracle()
            .op(OpId(op))
            .map(|op| op.status)
    };
    let mut right = course(&scenario);
    assert!(matches!(status(&right, 1), Some(Status::Failed(_))));
    assert_eq!(status(&right, 2), Some(Status::Unknown));
    assert_eq!(found(&mut right), None);
    // A write that is there cannot have failed.
    let mut wrong = course(&scenario);
    let failed = status(&wrong, 1).expect("it is there");
    let oracle = wrong.run.simulation.oracle_mut();
    oracle.break_op(OpId(2), |op| op.status = failed);
    assert_eq!(found(&mut wrong), Some(Invariant::LedgerMatchesLog));
    // A write that the ledger calls a ghost is in the log.
    let mut wrong = course(&scenario);
    let oracle = wrong.run.simulation.oracle_mut();
    oracle.break_op(OpId(2), |op| op.flushed = false);
    assert_eq!(found(&mut wrong), Some(Invariant::LedgerMatchesLog));
}

#[test]
fn a_primary_that_was_filled_with_a_copy_has_not_the_whole_log() {
    let actions = vec![
        (2_000, write_of(1, None)),
        (3_000, Action::LoseHost { node: n(2) }),
        (4_000, Action::Restart { node: n(2) }),
        (10_000, Action::Promote { node: n(2) }),
    ];
    let mut course = course(&healed(Mode::Async, actions));
    let node = course.simulation().node(n(2));
    assert!(node.is_primary() && node.wal().first().0 > 1);
    assert_eq!(found(&mut course), None);
}

#[test]
fn recovery_may_take_ten_seconds_and_no_longer() {
    // n3 comes back after the end and is filled up.
    let back_at = |millis: u64| {
        let mut scenario = healed(Mode::Async, Vec::new());
        let kill = Action::Kill {
            node: n(3),
            how: KillKind::Process,
        };
        scenario.actions.push(timed(18_000, kill));
        scenario
            .actions
            .push(timed(millis, Action::Restart { node: n(3) }));
        let mut course = course(&scenario);
        check(&mut course).err()
    };
    assert_eq!(back_at(END + 5_000), None);
    let late = back_at(END + 30_000).expect("too late");
    assert_eq!(late.invariant, Invariant::Converges);
    assert_eq!(late.when, Time::from_millis(END) + PATIENCE);
}

fn timed(at_ms: u64, action: Action) -> crate::scenario::TimedAction {
    crate::scenario::TimedAction {
        at_us: Time::from_millis(at_ms),
        action,
    }
}

/// n3 was away for so long that its primary has not got the log any more that it needs; then a write that is read everywhere.
fn log_removed(manager: Manager) -> Course {
    let kill = Action::Kill {
        node: n(3),
        how: KillKind::PowerOff,
    };
    let mut scenario = quiet(Mode::Async, Vec::new());
    scenario.workload.operations_per_second = 5;
    scenario.workload.read_percent = 0;
    scenario.workload.arrival = Arrival::Even;
    let rest = Workload {
        operations_per_second: 0,
        ..scenario.workload
    };
    scenario.actions = vec![
        timed(10_000, kill),
        timed(80_000, Action::Restart { node: n(3) }),
        timed(85_000, Action::Set(Setting::Workload(rest))),
        timed(88_000, write()),
    ];
    let reads = [1, 2, 3].map(|node| timed(92_000, read(Some(n(node)))));
    scenario.actions.extend(reads);
    scenario.cluster.costs.record_bytes = 400_000;
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        checkpoint_timeout: 30,
        wal_log_hints: true,
        ..Postgresql::default()
    }));
    scenario.settings.manager = manager;
    let mut course = Course::new(&scenario).expect("valid");
    course
        .run_to(Time::from_secs(100))
        .expect("nothing is broken on the way");
    let refusal = course
        .simulation()
        .node(n(3))
        .server_status(course.simulation().now())
        .and_then(|status| status.refusal);
    assert_eq!(refusal, Some(Refusal::LogRemoved));
    course
}

#[test]
fn r_pg_14_only_under_patroni_is_a_standby_excused_that_waits_for_log_and_only_that_one() {
    let without_slots = || {
        log_removed(Manager::Patroni(Box::new(Patroni {
            use_slots: false,
            ..Patroni::default()
        })))
    };
    let mut course = without_slots();
    assert_eq!(excuse(&course), None, "the others have to converge");
    assert_eq!(found(&mut course), None);
    let statistics = course.statistics();
    assert_eq!(statistics.excused, Some(Excuse::LogRemoved));
    assert!(!statistics.recovered);

    let mut course = without_slots();
    let node = course.run.simulation.node_mut(n(2));
    node.break_row(Key(0), OpId(77));
    assert_eq!(found(&mut course), Some(Invariant::Converges));
    let mut course = without_slots();
    let of_n2 = |op: &&Op| !op.is_write() && op.node == Some(n(2));
    let read = course
        .simulation()
        .oracle()
        .ops()
        .find(of_n2)
        .expect("read")
        .id;
    let oracle = course.run.simulation.oracle_mut();
    oracle.break_op(read, |op| op.returned = None);
    assert_eq!(found(&mut course), Some(Invariant::Available));

    let mut course = log_removed(Manager::None);
    assert_eq!(found(&mut course), Some(Invariant::Converges));
    assert_eq!(found(&mut healthy()), None);
    let mut healthy = healthy();
    check(&mut healthy).expect("all is well");
    assert!(healthy.statistics().recovered && healthy.statistics().excused.is_none());
}

#[test]
fn who_lost_too_many_disks_or_has_nobody_fit_is_excused_and_nobody_else() {
    assert_eq!(excuse(&healthy()), None);
    let lose = |node| Action::LoseHost { node: n(node) };
    let actions = vec![(1_000, lose(2)), (1_000, lose(3))];
    let two = course(&quiet(Mode::Async, actions));
    assert_eq!(excuse(&two), Some(Excuse::DisksLost));

    let mut nobody = healthy();
    nobody.nobody_fit = true;
    assert_eq!(excuse(&nobody), None, "n1 takes writes");
    let kill = Action::Kill {
        node: n(1),
        how: KillKind::PowerOff,
    };
    let mut scenario = quiet(Mode::Async, vec![(1_000, kill)]);
    scenario.settings.failover = crate::scenario::Failover::Manual;
    let mut dead = course(&scenario);
    assert_eq!(excuse(&dead), None, "somebody may be fit");
    dead.nobody_fit = true;
    assert_eq!(excuse(&dead), Some(Excuse::NobodyFit));
}
