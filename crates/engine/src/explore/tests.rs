//! The checks find what is wrong: real runs, with events that did not happen told to them.

use super::acks::Acks;
use super::causes::Causes;
use super::course::Course;
use super::history::Asked;
use super::reigns::Reigns;
use super::*;
use crate::event::{Event, EventKind};
use crate::ids::{ClientId, EventId, Key, Lsn, NodeId, OpId, Timeline};
use crate::linearizable::Kind;
use crate::manager::{ManagerEvent, SentinelEvent};
use crate::scenario::{
    Action, Database, KillKind, LinkOverride, LinkSettings, Manager, Mode, Mysql, Patroni,
    Postgresql, ReadPolicy, SemiSync, Service, ServiceAction, Setting, TimedAction,
};

pub(super) fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

/// Two replicas, n2 20 ms away and n3 60 ms, no workload, and these actions.
pub(super) fn quiet(mode: Mode, actions: Vec<(u64, Action)>) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.cluster.replicas = 2;
    scenario.settings.mode = mode;
    scenario.settings.reads = ReadPolicy::PrimaryOnly;
    scenario.workload.operations_per_second = 0;
    let link = LinkSettings {
        delay_us: 60_000,
        ..LinkSettings::default()
    };
    scenario.cluster.links = vec![LinkOverride {
        from: n(1).into(),
        to: n(3).into(),
        link,
    }];
    scenario.actions = actions
        .into_iter()
        .map(|(at, action)| TimedAction {
            at_us: Time::from_millis(at),
            action,
        })
        .collect();
    scenario
}

pub(super) fn write() -> Action {
    Action::Write {
        client: ClientId(0),
        key: Key(0),
        value: None,
        node: None,
        synchronous_commit: None,
    }
}

pub(super) fn read(node: Option<NodeId>) -> Action {
    Action::Read {
        client: ClientId(0),
        key: Key(0),
        node,
    }
}

pub(super) fn watched(scenario: &Scenario) -> Watched {
    Watched {
        simulation: Simulation::new(scenario).expect("valid"),
        seed: scenario.seed,
    }
}

/// Runs to an instant and tells `acks` what happened.
fn run(run: &mut Watched, acks: &mut Acks, until_ms: u64) {
    let mut seen = run.simulation.trace().len();
    let until = Time::from_millis(until_ms);
    while run.simulation.next_due().is_some_and(|at| at <= until) {
        run.simulation.step();
        let events: Vec<Event> = run
            .simulation
            .trace()
            .since(EventId(seen))
            .copied()
            .collect();
        seen = run.simulation.trace().len();
        for event in &events {
            acks.note(run, event).expect("the engine keeps its rules");
        }
        acks.after_step(run);
    }
}

/// Says that n1 committed the first write.
fn committed(run: &Watched, acks: &mut Acks) -> Option<String> {
    let event = Event {
        id: EventId(run.simulation.trace().len() + 1),
        at: run.simulation.now(),
        cause: EventId(1),
        kind: EventKind::Committed {
            node: n(1),
            op: OpId(1),
            lsn: Lsn(1),
        },
    };
    let violation = acks.note(run, &event).err()?;
    assert_eq!(violation.invariant, Invariant::AckRule);
    Some(violation.detail)
}

/// What is found when n1 is said to commit the write of 1 s at this instant.
fn commit_at(scenario: &Scenario, millis: u64) -> Option<String> {
    let (mut watched, mut acks) = (watched(scenario), Acks::default());
    run(&mut watched, &mut acks, millis);
    committed(&watched, &mut acks)
}

#[test]
fn an_ack_before_its_rule_is_true_is_found() {
    let asynchronous = quiet(Mode::Async, vec![(1_000, write())]);
    let found = commit_at(&asynchronous, 1_001).expect("too early");
    assert!(found.contains("was not waiting"), "{found}");

    let mut slow_disk = quiet(Mode::Async, vec![(1_000, write())]);
    slow_disk.cluster.costs.fsync_us = 50_000;
    let found = commit_at(&slow_disk, 1_020).expect("not flushed");
    assert!(found.contains("not on its disk"), "{found}");

    let mut semi = quiet(Mode::SemiSync, vec![(1_000, write())]);
    semi.settings.semi_sync = SemiSync {
        acks: 2,
        timeout_us: None,
    };
    let found = commit_at(&semi, 1_015).expect("nobody has it");
    assert!(found.contains("0 of 2"), "{found}");
    let found = commit_at(&semi, 1_040).expect("n2 has it");
    assert!(found.contains("1 of 2"), "{found}");
    assert_eq!(commit_at(&semi, 1_070), None, "both have it");

    let sync = quiet(Mode::Sync, vec![(1_000, write())]);
    assert!(commit_at(&sync, 1_010).is_some());
    let found = commit_at(&sync, 1_050).expect("n3 has not");
    assert!(found.contains("which n3 had not applied"), "{found}");
    assert_eq!(commit_at(&sync, 1_070), None, "both have");
}

#[test]
fn after_a_fall_back_a_local_flush_is_enough() {
    let mut scenario = quiet(
        Mode::SemiSync,
        vec![(900, Action::Isolate { node: n(1) }), (1_000, write())],
    );
    scenario.settings.semi_sync.timeout_us = Some(100_000);
    scenario.settings.fencing = false;
    assert!(commit_at(&scenario, 1_050).is_some(), "nobody has it");
    let (mut watched, mut acks) = (watched(&scenario), Acks::default());
    run(&mut watched, &mut acks, 1_200);
    assert_eq!(acks.checked, 1, "and it was committed");
}

fn note(
    causes: &mut Causes,
    run: &Watched,
    id: u64,
    at: u64,
    cause: u64,
    kind: EventKind,
) -> Result<(), Violation> {
    let (id, at, cause) = (EventId(id), Time(at), EventId(cause));
    causes.note(
        run,
        &Event {
            id,
            at,
            cause,
            kind,
        },
    )
}

#[test]
fn a_verdict_out_of_nowhere_is_found() {
    let run = watched(&quiet(Mode::Async, Vec::new()));
    let mut causes = Causes::default();
    let action = EventKind::Action { index: 0 };
    note(&mut causes, &run, 1, 10, 0, action).expect("a person acted");
    note(&mut causes, &run, 2, 10, 1, EventKind::NoPrimary).expect("by that");
    assert_eq!(causes.verdicts, 1);
    let broken = [
        (3, 11, 0, EventKind::NoPrimary, "has no cause"),
        (3, 11, 3, EventKind::NoPrimary, "still to come"),
        (3, 9, 2, EventKind::NoPrimary, "before its cause"),
        (4, 11, 2, EventKind::NoPrimary, "not the next event"),
        (
            3,
            11,
            2,
            EventKind::WriteLost { op: OpId(1) },
            "does not come from",
        ),
        (
            3,
            11,
            2,
            EventKind::WriteRegained { op: OpId(1) },
            "does not come from",
        ),
    ];
    for (id, at, cause, kind, what) in broken {
        let mut causes = Causes::default();
        note(&mut causes, &run, 1, 10, 0, action).expect("a person acted");
        note(&mut causes, &run, 2, 10, 1, EventKind::NoPrimary).expect("by that");
        let violation = note(&mut causes, &run, id, at, cause, kind).expect_err(what);
        assert_eq!(violation.invariant, Invariant::VerdictsHaveCauses);
        assert!(violation.detail.contains(what), "{violation}");
    }
}

fn course(scenario: &Scenario, until_ms: u64) -> Course {
    let mut course = Course::new(scenario).expect("valid");
    course
        .run_to(Time::from_millis(until_ms))
        .expect("nothing is broken on the way");
    course
}

#[test]
fn a_cluster_that_has_not_recovered_is_found() {
    let kill = |node| Action::Kill {
        node,
        how: KillKind::PowerOff,
    };
    let cases = [
        (vec![(1_000, kill(n(3)))], Invariant::Converges),
        (
            vec![(1_000, kill(n(2))), (1_000, kill(n(3)))],
            Invariant::Available,
        ),
        (vec![(1_000, read(None))], Invariant::Available),
        (
            vec![(1_000, write()), (2_000, read(None))],
            Invariant::Available,
        ),
    ];
    for (actions, expected) in cases {
        let scenario = quiet(Mode::Async, actions);
        let violation = recovery::check(&mut course(&scenario, 5_000)).expect_err("not recovered");
        assert_eq!(violation.invariant, expected, "{violation}");
    }
    let mut all = vec![(1_000, write())];
    all.extend([1, 2, 3].map(|node| (2_000, read(Some(n(node))))));
    let mut healthy = course(&quiet(Mode::Async, all.clone()), 5_000);
    recovery::check(&mut healthy).expect("all is well");
    assert!(healthy.statistics().recovered);
    // A read that comes before the write has arrived everywhere does not show it.
    all[3].0 = 1_010;
    all.sort_by_key(|&(at, _)| at);
    let violation =
        recovery::check(&mut course(&quiet(Mode::Async, all), 5_000)).expect_err("n3 is late");
    assert_eq!(violation.invariant, Invariant::Available);
}

#[test]
fn reads_past_the_router_are_left_out_of_histories() {
    let actions = vec![
        (1_000, write()),
        (1_020, read(Some(n(3)))),
        (1_500, read(None)),
    ];
    let scenario = quiet(Mode::Async, actions);
    let mut run = watched(&scenario);
    let (mut asked, untold) = (Asked::default(), Asked::default());
    while run
        .simulation
        .next_due()
        .is_some_and(|at| at <= Time::from_secs(2))
    {
        let seen = EventId(run.simulation.trace().len());
        run.simulation.step();
        for event in run.simulation.trace().since(seen) {
            asked.note(&run.simulation, event);
        }
    }
    let oracle = run.simulation.oracle();
    let kinds: Vec<Kind> = asked.histories(oracle)[&Key(0)]
        .iter()
        .map(|op| op.kind)
        .collect();
    assert_eq!(kinds, [Kind::Write, Kind::Read(Some(OpId(1)))]);
    assert_eq!(asked.misjudged(oracle), None);
    // Told nothing, it takes the stale read for one through the primary.
    assert_eq!(untold.misjudged(oracle).map(|op| op.id), Some(OpId(2)));
    assert_eq!(untold.histories(oracle)[&Key(0)].len(), 3);
}

#[test]
fn a_read_of_what_was_never_written_is_one_of_the_first_value() {
    let scenario = quiet(
        Mode::Async,
        vec![(1_000, read(None)), (2_000, write()), (3_000, read(None))],
    );
    let course = course(&scenario, 5_000);
    let histories = Asked::default().histories(course.simulation().oracle());
    let kinds: Vec<Kind> = histories[&Key(0)].iter().map(|op| op.kind).collect();
    assert_eq!(
        kinds,
        [Kind::Read(None), Kind::Write, Kind::Read(Some(OpId(2)))]
    );
}

#[test]
fn each_bad_verdict_of_a_read_through_the_router_is_one_too_many() {
    // Reads 2 and 4 go through the router, read 3 to n2 past it.
    let actions = vec![
        (1_000, write()),
        (2_000, read(None)),
        (3_000, read(Some(n(2)))),
        (4_000, read(None)),
    ];
    let found = |op: u32, change: fn(&mut crate::oracle::ReadVerdict)| {
        let mut run = watched(&quiet(Mode::Async, actions.clone()));
        let mut asked = Asked::default();
        while run
            .simulation
            .next_due()
            .is_some_and(|at| at <= Time::from_secs(5))
        {
            let seen = EventId(run.simulation.trace().len());
            run.simulation.step();
            for event in run.simulation.trace().since(seen) {
                asked.note(&run.simulation, event);
            }
        }
        run.simulation
            .oracle_mut()
            .break_op(OpId(op), |op| change(&mut op.verdict));
        asked.misjudged(run.simulation.oracle()).map(|op| op.id.0)
    };
    assert_eq!(found(2, |_| ()), None);
    for op in [2, 4] {
        assert_eq!(
            found(op, |it| it.stale =
                Some(crate::oracle::Staleness::default())),
            Some(op)
        );
        assert_eq!(found(op, |it| it.broke_read_your_writes = true), Some(op));
    }
    assert_eq!(
        found(3, |it| it.broke_read_your_writes = true),
        None,
        "past the router"
    );
    // Who has seen more at n2 goes back, and rightly so.
    assert_eq!(found(2, |it| it.broke_monotonic_reads = true), Some(2));
    assert_eq!(found(4, |it| it.broke_monotonic_reads = true), None);
}

#[test]
fn a_lost_write_comes_from_who_took_over_or_from_its_own_ack() {
    let kill = Action::Kill {
        node: n(1),
        how: KillKind::PowerOff,
    };
    let mut run = watched(&quiet(Mode::Async, vec![(1_000, write()), (2_000, kill)]));
    run.simulation.advance_to(Time::from_secs(10));
    let events: Vec<Event> = run.simulation.trace().events().copied().collect();
    let place = |like: &dyn Fn(&EventKind) -> bool| {
        let event = events.iter().find(|event| like(&event.kind));
        event.expect("it happened").id.0
    };
    let acked = place(&|kind| matches!(kind, EventKind::WriteAcked { .. }));
    let promoted = place(&|kind| matches!(kind, EventKind::Promoted { .. }));
    let caused_by = |cause: u64, kind| {
        let mut causes = Causes::default();
        for event in &events {
            causes.note(&run, event).expect("the engine tells causes");
        }
        let next = events.len() as u64 + 1;
        note(&mut causes, &run, next, run.simulation.now().0, cause, kind).is_ok()
    };
    let lost = |op| EventKind::WriteLost { op: OpId(op) };
    assert!(
        caused_by(acked, lost(1)),
        "acked by a primary whose history nobody follows"
    );
    assert!(!caused_by(acked, lost(2)), "the ack of another");
    assert!(caused_by(promoted, lost(2)));
    let regained = EventKind::WriteRegained { op: OpId(1) };
    assert!(caused_by(promoted, regained) && !caused_by(acked, regained));
    assert!(!caused_by(1, lost(1)), "the first event of all");
}

#[test]
fn only_at_the_start_may_semi_sync_fall_back_without_a_cause() {
    let run = watched(&quiet(Mode::Async, Vec::new()));
    let fell_back = EventKind::SemiSyncFellBack { node: n(1) };
    let first = |at, kind| note(&mut Causes::default(), &run, 1, at, 0, kind).is_ok();
    assert!(first(0, fell_back));
    assert!(!first(1, fell_back));
    assert!(!first(0, EventKind::NoPrimary));
}

/// n1 is the source, n2 20 ms away and n3 60 ms; both are waited for.
pub(super) fn two_relay_logs(actions: Vec<(u64, Action)>) -> Scenario {
    let mut scenario = quiet(Mode::Async, actions);
    scenario.settings.database = Database::Mysql(Box::new(Mysql {
        rpl_semi_sync_source_enabled: true,
        rpl_semi_sync_source_wait_for_replica_count: 2,
        rpl_semi_sync_source_timeout: 500,
        ..Mysql::default()
    }));
    scenario
}

#[test]
fn a_commit_before_its_relay_logs_is_found() {
    let scenario = two_relay_logs(vec![(1_000, write())]);
    let found = commit_at(&scenario, 1_016).expect("nobody has it");
    assert!(found.contains("0 of 2"), "{found}");
    let found = commit_at(&scenario, 1_040).expect("n2 has it");
    assert!(found.contains("1 of 2"), "{found}");
    assert_eq!(commit_at(&scenario, 1_070), None, "both have it");
    // What was acked once both had it is what the one that has received most must hold.
    let (mut watched, mut acks) = (watched(&scenario), Acks::default());
    run(&mut watched, &mut acks, 1_300);
    assert_eq!(acks.checked, 1);
    assert_eq!(acks.take_in_relay_logs().len(), 1);
}

#[test]
fn after_a_fall_back_the_binlog_is_enough() {
    let scenario = two_relay_logs(vec![
        (900, Action::Isolate { node: n(1) }),
        (1_000, write()),
    ]);
    assert!(commit_at(&scenario, 1_400).is_some(), "it waits");
    let (mut watched, mut acks) = (watched(&scenario), Acks::default());
    run(&mut watched, &mut acks, 2_000);
    assert_eq!(acks.checked, 1, "and was answered");
    assert_eq!(acks.take_in_relay_logs(), []);
}

/// Three PostgreSQL servers under Patroni without slots and with a checkpoint every 30 s: n3 misses two minutes of writes.
fn misses_log(more: &[(u64, Action)]) -> Scenario {
    let mut scenario = quiet(Mode::Async, Vec::new());
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        checkpoint_timeout: 30,
        ..Postgresql::default()
    }));
    scenario.settings.manager = Manager::Patroni(Box::new(Patroni {
        use_slots: false,
        ..Patroni::default()
    }));
    let idle = scenario.workload;
    scenario.workload.operations_per_second = 20;
    let kill = Action::Kill {
        node: n(3),
        how: KillKind::PowerOff,
    };
    let mut actions = vec![
        (20_000, kill),
        (140_000, Action::Restart { node: n(3) }),
        (150_000, Action::Set(Setting::Workload(idle))),
        (180_000, write()),
    ];
    actions.extend([1, 2, 3].map(|node| (187_000, read(Some(n(node))))));
    actions.extend_from_slice(more);
    actions.sort_by_key(|&(at, _)| at);
    scenario.actions = quiet(Mode::Async, actions).actions;
    scenario
}

#[test]
fn r_pg_14_a_standby_that_waits_for_log_excuses_itself_and_nobody_else() {
    let end = Time::from_secs(195);
    let stuck = check(&misses_log(&[]), end, true).expect("the others are well");
    assert_eq!(stuck.excused, Some(Excuse::LogRemoved));
    assert!(!stuck.recovered);
    let isolated = Action::Isolate { node: n(2) };
    let found = check(&misses_log(&[(170_000, isolated)]), end, true);
    let Err(Failure::Broken(violation)) = found else {
        panic!("n2 is away: {found:?}");
    };
    assert_eq!(violation.invariant, Invariant::Converges);
}

#[test]
fn what_arrives_at_a_service_that_does_not_run_may_be_the_first_of_its_chain() {
    // Members of the store beat from the start on; one of them dies before the first beat arrives.
    let service = Service::Store(1);
    let what = ServiceAction::Kill;
    let mut scenario = quiet(Mode::Async, vec![(1, Action::Service { service, what })]);
    scenario.settings.database = Database::Postgresql(Box::default());
    scenario.settings.manager = Manager::Patroni(Box::default());
    let watched = {
        let mut watched = watched(&scenario);
        watched.simulation.advance_to(Time::from_secs(2));
        watched
    };
    let first = watched.simulation.trace().events().find(|event| {
        event.cause == EventId(0) && matches!(event.kind, EventKind::ServiceSilent { .. })
    });
    assert!(first.is_some());
    check(&scenario, Time::from_secs(2), false).expect("it has no other cause");
}

#[test]
fn a_second_reign_of_the_same_name_is_found() {
    let watched = watched(&quiet(Mode::Async, Vec::new()));
    let timeline = |term, owner| Timeline::new(term, n(owner));
    let promoted = |node, timeline| EventKind::Promoted {
        node,
        timeline,
        fork: Lsn(1),
    };
    let store = |member, term| EventKind::Manager(ManagerEvent::StoreLeads { member, term });
    let elected = |by, epoch| {
        EventKind::Manager(ManagerEvent::Sentinel(SentinelEvent::Elected {
            by,
            epoch,
            votes: 2,
        }))
    };
    let pairs: [(EventKind, EventKind, EventKind); 3] = [
        (
            promoted(n(2), timeline(2, 2)),
            promoted(n(3), timeline(2, 3)),
            promoted(n(2), timeline(2, 2)),
        ),
        (store(0, 1), store(1, 2), store(1, 1)),
        (elected(0, 1), elected(0, 1), elected(1, 1)),
    ];
    for (first, second, again) in pairs {
        let mut reigns = Reigns::new();
        for kind in [first, second] {
            reigns.note(&watched, &kind).expect("nothing is wrong yet");
        }
        let violation = reigns.note(&watched, &again).expect_err("again");
        assert_eq!(violation.invariant, Invariant::OneReignEach);
    }
    let first = promoted(n(1), timeline(1, 1));
    assert!(Reigns::new().note(&watched, &first).is_err(), "it is open");
}
