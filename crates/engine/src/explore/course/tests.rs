//! Each check of a run: real runs, in which events are told that did not happen, or nodes are made wrong.

use super::*;
use crate::explore::tests::{n, quiet, read, two_relay_logs, write};
use crate::ids::{Lsn, Timeline};
use crate::node::Node;
use crate::scenario::{
    CommitLevel, Database, KillKind, Mode, Mysql, Patroni, Postgresql, ReadPolicy, Setting,
    SynchronousMode,
};

const FORK: Lsn = Lsn(1);

fn after(scenario: &Scenario, until_ms: u64) -> Course {
    let mut course = Course::new(scenario).expect("valid");
    let until = Time::from_millis(until_ms);
    course.run_to(until).expect("nothing is broken on the way");
    course
}

/// One write, known everywhere.
fn one_write(mode: Mode) -> Scenario {
    quiet(mode, vec![(1_000, write())])
}

fn with(mut scenario: Scenario, database: Database) -> Scenario {
    scenario.settings.database = database;
    scenario
}

fn postgresql() -> Database {
    Database::Postgresql(Box::default())
}

fn mysql(sync_binlog: u32) -> Database {
    Database::Mysql(Box::new(Mysql {
        sync_binlog,
        ..Mysql::default()
    }))
}

/// Tells the course of an event. What it finds.
fn tell(course: &mut Course, kind: EventKind) -> Option<Invariant> {
    let event = Event {
        id: EventId(course.seen.0 + 1),
        at: course.simulation().now(),
        cause: EventId(1),
        kind,
    };
    course
        .on_event(&event)
        .err()
        .map(|violation| violation.invariant)
}

fn break_node(course: &mut Course, node: u8, change: impl FnOnce(&mut Node)) {
    change(course.run.simulation.node_mut(n(node)));
}

fn lost(op: u32) -> EventKind {
    EventKind::WriteLost { op: OpId(op) }
}

fn promoted(node: u8) -> EventKind {
    EventKind::Promoted {
        node: n(node),
        timeline: Timeline::new(2, n(node)),
        fork: FORK,
    }
}

#[test]
fn what_a_step_brings_is_checked() {
    // n2 has flushed more than it has, which is seen when it does something.
    let mut scenario = one_write(Mode::Async);
    scenario.actions.push(crate::scenario::TimedAction {
        at_us: Time::from_millis(2_000),
        action: write(),
    });
    let mut course = after(&scenario, 1_900);
    break_node(&mut course, 2, |node| node.break_positions(1, 5, 1));
    let violation = course.run_to(Time::from_millis(5_000)).expect_err("broken");
    assert_eq!(violation.seed, scenario.seed);
    assert!(violation.when >= Time::from_millis(2_000));
}

#[test]
fn a_setting_and_an_action_take_their_promises_when_they_happen() {
    let mut scenario = one_write(Mode::Sync);
    let mut timed = |at_ms, action| {
        scenario.actions.push(crate::scenario::TimedAction {
            at_us: Time::from_millis(at_ms),
            action,
        });
    };
    timed(2_000, Action::Set(Setting::Mode(Mode::Async)));
    timed(4_000, Action::LoseHost { node: n(2) });
    timed(4_000, Action::LoseHost { node: n(3) });
    assert!(after(&scenario, 1_999).promises().linearizable);
    let settled = after(&scenario, 3_000).promises();
    assert!(!settled.linearizable && settled.keeps_sync_writes && settled.recovers);
    assert!(!after(&scenario, 5_000).promises().recovers);
}

#[test]
fn a_lost_write_is_found_if_it_was_promised_to_survive() {
    let mut course = after(&one_write(Mode::Sync), 5_000);
    assert_eq!(course.statistics().promised_acks, 1);
    assert_eq!(tell(&mut course, lost(2)), None, "that one was not");
    assert_eq!(
        tell(&mut course, lost(1)),
        Some(Invariant::NoAckedWriteLost)
    );

    let mut course = after(&one_write(Mode::Async), 5_000);
    assert_eq!(course.statistics().promised_acks, 0);
    assert_eq!(tell(&mut course, lost(1)), None);
    assert_eq!(course.statistics().lost_acked, 1);
    assert_eq!(
        tell(&mut course, EventKind::WriteRegained { op: OpId(1) }),
        None
    );
    assert_eq!(course.statistics().lost_acked, 0);

    // Without fencing nothing of it is promised.
    let mut scenario = one_write(Mode::Sync);
    scenario.settings.fencing = false;
    let mut course = after(&scenario, 5_000);
    assert_eq!(course.statistics().promised_acks, 0);
    assert_eq!(tell(&mut course, lost(1)), None);
}

fn under_patroni() -> Scenario {
    let mut scenario = quiet(Mode::Async, vec![(100, write()), (60_000, write())]);
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        synchronous_commit: CommitLevel::On,
        ..Postgresql::default()
    }));
    scenario.settings.manager = Manager::Patroni(Box::new(Patroni {
        synchronous_mode: SynchronousMode::On,
        ..Patroni::default()
    }));
    scenario
}

#[test]
fn r_pt_8_what_is_written_before_sync_is_in_force_is_not_promised() {
    let course = after(&under_patroni(), 59_000);
    assert!(course.sync_in_force && course.promised.is_empty());
    let mut course = after(&under_patroni(), 70_000);
    assert_eq!(
        course.promised.iter().copied().collect::<Vec<_>>(),
        [OpId(2)]
    );
    assert_eq!(tell(&mut course, lost(1)), None);
    assert_eq!(
        tell(&mut course, lost(2)),
        Some(Invariant::NoAckedWriteLost)
    );
    // Without a manager nothing has to be written first, and only what waits for a standby's disk counts.
    let alone = |level, names: &str| {
        let database = Database::Postgresql(Box::new(Postgresql {
            synchronous_commit: level,
            synchronous_standby_names: names.parse().expect("a list"),
            ..Postgresql::default()
        }));
        after(&with(one_write(Mode::Async), database), 5_000)
            .promised
            .len()
    };
    assert_eq!(alone(CommitLevel::On, "n2"), 1);
    assert_eq!(alone(CommitLevel::RemoteWrite, "n2"), 0);
}

#[test]
fn before_sync_is_in_force_a_promotion_ends_linearizability() {
    let mut course = after(&under_patroni(), 50);
    assert!(!course.sync_in_force && course.promises().linearizable);
    tell(&mut course, promoted(2));
    assert!(!course.promises().linearizable);
    let mut course = after(&under_patroni(), 59_000);
    assert!(course.promises().linearizable);
    tell(&mut course, promoted(2));
    assert!(course.promises().linearizable);
    assert_eq!(course.statistics().promotions, 1);
}

#[test]
fn two_primaries_are_found_where_one_is_promised() {
    let split = EventKind::SplitBrain { primaries: 2 };
    let mut course = after(&one_write(Mode::Async), 2_000);
    assert!(!course.statistics().split_brain);
    assert_eq!(tell(&mut course, split), Some(Invariant::OnePrimary));
    let mut scenario = one_write(Mode::Async);
    scenario.settings.fencing = false;
    let mut course = after(&scenario, 2_000);
    assert_eq!(tell(&mut course, split), None);
    assert!(course.statistics().split_brain);
}

#[test]
fn r_pt_8_who_is_promoted_was_in_the_set_or_waited_for() {
    let listed = |fencing| {
        let mut scenario = one_write(Mode::Sync);
        scenario.settings.sync.members = Some(vec![n(2)]);
        scenario.settings.fencing = fencing;
        after(&scenario, 2_000)
    };
    let set = |numbers: &[u8]| EventKind::ElectableChanged {
        node: n(1),
        set: numbers.iter().map(|&number| n(number)).collect(),
    };
    for (numbers, node, right) in [
        (&[1, 2][..], 1, true),
        (&[1, 2], 2, true),
        // n2 is waited for.
        (&[1], 2, true),
        (&[1, 2], 3, false),
        (&[1, 2, 3], 3, true),
    ] {
        let mut course = listed(true);
        assert!(course.acks.is_waited_for(n(2)) && !course.acks.is_waited_for(n(3)));
        tell(&mut course, set(numbers));
        let expected = (!right).then_some(Invariant::OnlyElectablePromoted);
        // So that nothing else is found.
        let found = tell(&mut course, promoted(node));
        assert_eq!(found, expected, "{numbers:?}, n{node}");
        assert_eq!(course.statistics().promotions, 1);
    }
    let mut course = listed(false);
    tell(&mut course, set(&[1, 2]));
    assert_eq!(tell(&mut course, promoted(3)), None, "nobody promised");
}

#[test]
fn positions_out_of_order_are_found() {
    let received = |node| EventKind::Received {
        node: n(node),
        lsn: FORK,
    };
    let broken = |scenario: &Scenario, node: u8, positions: (u64, u64, u64)| {
        let mut course = after(scenario, 5_000);
        assert_eq!(tell(&mut course, received(node)), None);
        let (write, flush, replay) = positions;
        break_node(&mut course, node, |node| {
            node.break_positions(write, flush, replay);
        });
        let lsn = FORK;
        let flushed = EventKind::Flushed { node: n(node), lsn };
        let replayed = EventKind::Replayed { node: n(node), lsn };
        let found = tell(&mut course, received(node));
        assert_eq!(tell(&mut course, flushed), found);
        assert_eq!(tell(&mut course, replayed), found);
        found
    };
    let out_of_order = Some(Invariant::PositionsInOrder);
    let textbook = one_write(Mode::Async);
    let server = with(one_write(Mode::Async), postgresql());
    for scenario in [&textbook, &server] {
        for node in [1, 2] {
            assert_eq!(broken(scenario, node, (1, 1, 1)), None);
            assert_eq!(broken(scenario, node, (1, 1, 0)), None);
            assert_eq!(broken(scenario, node, (1, 2, 1)), out_of_order);
        }
        assert_eq!(broken(scenario, 2, (1, 0, 1)), out_of_order);
        assert_eq!(broken(scenario, 1, (0, 1, 1)), out_of_order);
        assert_eq!(broken(scenario, 1, (2, 1, 1)), out_of_order);
    }
    // A server that is primary shows commits of level `off` before they are flushed.
    assert_eq!(broken(&textbook, 1, (1, 0, 1)), out_of_order);
    assert_eq!(broken(&server, 1, (1, 0, 1)), None);
}

#[test]
fn r_pg_3_log_that_is_ahead_of_its_primarys_disk_is_found() {
    let ahead = |scenario: &Scenario, change: fn(&mut Node)| {
        let mut course = after(scenario, 5_000);
        break_node(&mut course, 1, change);
        let (node, lsn) = (n(2), FORK);
        tell(&mut course, EventKind::Received { node, lsn })
    };
    let unflushed = |node: &mut Node| node.break_positions(1, 0, 0);
    let unwritten = |node: &mut Node| node.break_positions(0, 0, 0);
    let shipped = Some(Invariant::OnlyFlushedIsShipped);
    let textbook = one_write(Mode::Async);
    assert_eq!(ahead(&textbook, |_| ()), None);
    assert_eq!(ahead(&textbook, unflushed), shipped);
    assert_eq!(
        ahead(&with(one_write(Mode::Async), postgresql()), unflushed),
        shipped
    );
    // R-MY-1: what is in the binlog may be sent, unless it is synced each time.
    assert_eq!(
        ahead(&with(one_write(Mode::Async), mysql(1)), unflushed),
        shipped
    );
    let lazy = with(one_write(Mode::Async), mysql(0));
    assert_eq!(ahead(&lazy, unflushed), None);
    assert_eq!(ahead(&lazy, unwritten), None, "it was once");
    // Who is primary no more, or of another timeline, has nothing to say.
    let deposed = |node: &mut Node| {
        node.break_positions(1, 0, 0);
        node.depose();
    };
    assert_eq!(ahead(&textbook, deposed), None);
}

#[test]
fn logs_that_differ_before_their_fork_or_agree_after_it_are_found() {
    type Change = fn(&mut Node);
    let other_value: Change = |node| {
        node.break_log(|mut record| {
            record.value += 1;
            Some(record)
        });
    };
    let mut course = after(&one_write(Mode::Async), 5_000);
    assert!(course.check_logs().is_ok());
    for node in [1, 2, 3] {
        break_node(&mut course, node, other_value);
        let found = course.check_logs().map_err(|violation| violation.invariant);
        // Once all have it they agree.
        let expected = if node == 3 {
            Ok(())
        } else {
            Err(Invariant::LogsAgree)
        };
        assert_eq!(found, expected, "n{node}");
    }
    break_node(&mut course, 2, |node| {
        node.break_log(|mut record| {
            record.timeline = Timeline::new(2, n(2));
            Some(record)
        });
    });
    assert!(course.check_logs().is_ok(), "two records of two timelines");
    // A promotion is when it is looked at.
    let mut course = after(&one_write(Mode::Async), 5_000);
    break_node(&mut course, 2, other_value);
    assert_eq!(tell(&mut course, promoted(3)), Some(Invariant::LogsAgree));
}

/// One write in the relay logs of n2 and n3.
fn in_relay_logs() -> Course {
    after(&two_relay_logs(vec![(1_000, write())]), 5_000)
}

#[test]
fn r_lw_1_who_has_received_most_holds_what_semi_sync_acked() {
    fn empty(node: &mut Node) {
        node.break_log(|_| None);
    }
    // In order: the replica holds it; it does not, and the other one has no more.
    let mut course = in_relay_logs();
    assert_eq!(tell(&mut course, promoted(2)), None);
    assert_eq!(course.statistics().safest_promotions, 1);
    assert_eq!(course.source, n(2));
    let broken = |which: &[u8], then: fn(&mut Course), node| {
        let mut course = in_relay_logs();
        for &node in which {
            break_node(&mut course, node, empty);
        }
        then(&mut course);
        let found = tell(&mut course, promoted(node));
        (found, course.statistics().safest_promotions)
    };
    let nothing = |_: &mut Course| ();
    let gone = Some(Invariant::NoAckedWriteLost);
    assert_eq!(broken(&[2, 3], nothing, 2), (gone, 1));
    assert_eq!(broken(&[2], nothing, 2), (None, 0), "n3 has more");
    assert_eq!(broken(&[3], nothing, 2), (None, 1));
    assert_eq!(broken(&[], nothing, 1), (None, 0), "nobody is replaced");
    let not_whole = |course: &mut Course| course.promises.relay_logs_are_whole = false;
    assert_eq!(broken(&[2, 3], not_whole, 2), (None, 0));
    // What was acked by a source before the last one is none of this one's.
    let before = |course: &mut Course| course.source = n(3);
    assert_eq!(broken(&[], before, 2), (None, 0));
    // Nothing was acked.
    let mut course = after(&two_relay_logs(Vec::new()), 5_000);
    assert_eq!(tell(&mut course, promoted(2)), None);
    assert_eq!(course.statistics().safest_promotions, 0);
}

#[test]
fn what_excuses_a_cluster_later_is_noted_when_it_happens() {
    let mut course = after(&with(one_write(Mode::Async), mysql(1)), 5_000);
    let (node, count) = (n(2), 1);
    tell(
        &mut course,
        EventKind::TransactionSkipped { node, lsn: FORK },
    );
    assert!(course.skipped.contains(&Key(0)));
    assert!(course.skipped_ops.contains(&(node, OpId(1))));
    for event in [
        EventKind::ErrantSpread { node, count },
        EventKind::ErrantKept {
            node,
            upstream: n(1),
            fork: FORK,
            count,
        },
    ] {
        course.errant = false;
        tell(&mut course, event);
        assert!(course.errant);
    }
    let nobody = |why| {
        EventKind::Manager(ManagerEvent::Sentinel(SentinelEvent::Aborted {
            by: 0,
            why,
        }))
    };
    tell(&mut course, nobody(Aborted::NoGoodReplica));
    assert!(!course.nobody_fit, "no disk is lost");
    course.promises.after(&Action::LoseHost { node: n(3) });
    tell(&mut course, nobody(Aborted::NotElected));
    assert!(!course.nobody_fit);
    tell(&mut course, nobody(Aborted::NoGoodReplica));
    assert!(course.nobody_fit);
    tell(&mut course, promoted(2));
    assert!(!course.nobody_fit, "somebody was");
    course.excuse(Excuse::NobodyFit);
    assert_eq!(course.statistics().excused, Some(Excuse::NobodyFit));
}

/// Every kind of answer: an acked write, one of unknown fate, a refused one, reads that are fresh, stale and without answer.
fn all_kinds() -> Course {
    let kill = |node| Action::Kill {
        node: n(node),
        how: KillKind::PowerOff,
    };
    let actions = vec![
        (1_000, write()),
        (1_100, read(Some(n(1)))),
        (2_000, Action::Isolate { node: n(3) }),
        (2_100, write()),
        (2_500, write()),
        (3_000, Action::HealAll),
        (3_010, read(Some(n(1)))),
        (3_010, read(Some(n(3)))),
        (4_000, Action::Isolate { node: n(3) }),
        (
            5_000,
            Action::Write {
                client: crate::ids::ClientId(0),
                key: Key(1),
                value: None,
                node: Some(n(2)),
                synchronous_commit: None,
            },
        ),
        (6_000, kill(2)),
        (6_500, read(Some(n(2)))),
        (6_500, read(Some(n(2)))),
        (6_500, read(Some(n(2)))),
        (6_599, write()),
        (6_600, kill(1)),
    ];
    after(&quiet(Mode::SemiSync, actions), 20_000)
}

#[test]
fn the_totals_are_what_the_events_add_up_to() {
    let mut course = all_kinds();
    course.check_histories().expect("they add up");
    let counted = course.counted;
    let oracle = course.simulation().oracle().totals();
    assert!(
        counted.writes_acked >= 1 && counted.stale_reads >= 1,
        "{counted:?}"
    );
    let wrong = (
        oracle.writes_unknown,
        oracle.writes_failed,
        oracle.reads_failed,
    );
    assert_eq!(wrong, (1, 1, 3), "{counted:?}");
    assert_eq!(
        counted.reads_answered + oracle.reads_failed,
        counted.reads_issued
    );
    type Change = fn(&mut Counted);
    let changes: [Change; 6] = [
        |it| it.writes_issued += 1,
        |it| it.writes_acked += 1,
        |it| it.writes_unknown += 1,
        |it| it.reads_issued += 1,
        |it| it.stale_reads += 1,
        |it| it.failed += 1,
    ];
    for change in changes {
        let mut course = all_kinds();
        change(&mut course.counted);
        let violation = course.check_histories().expect_err("they do not");
        assert_eq!(violation.invariant, Invariant::TotalsMatchLedger);
    }
    let mut course = all_kinds();
    course.lost.insert(OpId(1));
    let violation = course.check_histories().expect_err("one too many");
    assert_eq!(violation.invariant, Invariant::TotalsMatchLedger);
}

#[test]
fn every_kind_of_answer_is_counted() {
    let event = |kind| Event {
        id: EventId(1),
        at: Time::ZERO,
        cause: EventId(1),
        kind,
    };
    let (op, client, key) = (OpId(1), crate::ids::ClientId(0), Key(0));
    let answered = |stale_versions| EventKind::ReadAnswered { op, stale_versions };
    let mut course = after(&quiet(Mode::Async, Vec::new()), 0);
    for kind in [
        EventKind::WriteIssued { op, client, key },
        EventKind::ReadIssued { op, client, key },
        EventKind::WriteAcked { op },
        EventKind::WriteUnknown { op },
        EventKind::OpFailed {
            op,
            why: crate::event::Failure::Refused,
        },
        answered(0),
        answered(1),
        answered(2),
    ] {
        course.count(&event(kind));
        course.count(&event(EventKind::NoPrimary));
    }
    let expected = Counted {
        writes_issued: 1,
        writes_acked: 1,
        writes_unknown: 1,
        reads_issued: 1,
        reads_answered: 3,
        stale_reads: 2,
        failed: 1,
    };
    assert_eq!(course.counted, expected);
}

#[test]
fn what_was_seen_is_told() {
    let actions = vec![(1_000, write()), (2_000, read(None)), (3_000, read(None))];
    let course = after(&quiet(Mode::Async, actions), 5_000);
    let statistics = course.statistics();
    let trace = course.simulation().trace();
    let expected = Statistics {
        events: trace.len(),
        trace_hash: trace.hash(),
        writes_acked: 1,
        acks_checked: 1,
        reads_answered: 2,
        verdicts: course.causes.verdicts,
        ..Statistics::default()
    };
    assert_eq!(statistics, expected);
    assert!(statistics.verdicts >= 1);
}

/// Two writes, and a read of an old value from n3, which has not the second.
fn stale() -> Course {
    let mut actions = vec![(1_000, write()), (2_000, write()), (5_000, read(None))];
    actions.splice(
        2..2,
        [read(None), read(None), read(None)].map(|read| (2_030, read)),
    );
    let mut scenario = quiet(Mode::Async, actions);
    scenario.settings.reads = ReadPolicy::RoundRobin;
    after(&scenario, 8_000)
}

#[test]
fn a_history_that_is_not_linearizable_is_found_where_it_is_promised_to_be() {
    let mut course = stale();
    assert!(course.simulation().oracle().totals().stale_reads > 0);
    course.check_histories().expect("nobody promised");
    assert_eq!(course.statistics().linearizable_keys, 0);
    course.promises.linearizable = true;
    let violation = course.check_histories().expect_err("it is stale");
    assert_eq!(violation.invariant, Invariant::Linearizable);
    // Of a run that the ledger does not hold there is no history.
    let mut course = stale();
    course.promises.linearizable = true;
    course.run.simulation.oracle_mut().keep_last(2);
    course.check_histories().expect("it cannot tell");
    assert_eq!(course.statistics().linearizable_keys, 0);

    let actions = vec![(1_000, write()), (2_000, read(None)), (3_000, write())];
    let mut course = after(&quiet(Mode::Sync, actions), 5_000);
    course.check_histories().expect("it is linearizable");
    let statistics = course.statistics();
    assert_eq!(
        (statistics.linearizable_keys, statistics.linearizable_ops),
        (1, 3)
    );
    // The oracle calls the read old.
    let oracle = course.run.simulation.oracle_mut();
    oracle.break_op(OpId(2), |op| op.verdict.broke_read_your_writes = true);
    let violation = course.check_histories().expect_err("it is not");
    assert_eq!(violation.invariant, Invariant::NoReadMisjudged);
}
