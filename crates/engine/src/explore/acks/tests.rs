//! Which of the things that are reported make an ack right: real runs, with events told that did not happen.

use super::*;
use crate::Simulation;
use crate::explore::tests::{n, quiet, two_relay_logs, watched, write};
use crate::ids::EventId;
use crate::scenario::{
    Action, Database, KillKind, Mariadb, Mode, Mysql, Postgresql, Scenario, SemiSync,
};
use crate::time::Time;

const LATE: u64 = 5_000;

/// Two writes of two keys: the first at 1 s, known everywhere; the second at 2 s.
fn two_writes(mode: Mode) -> Scenario {
    let other = Action::Write {
        client: crate::ids::ClientId(0),
        key: crate::ids::Key(1),
        value: None,
        node: None,
        synchronous_commit: None,
    };
    quiet(mode, vec![(1_000, write()), (2_000, other)])
}

/// The checks beside a run.
struct Beside {
    run: Watched,
    acks: Acks,
    seen: EventId,
}

impl Beside {
    fn of(scenario: &Scenario) -> Self {
        Self {
            run: watched(scenario),
            acks: Acks::default(),
            seen: EventId(0),
        }
    }

    /// Runs on; what happens is noted if it is to be.
    fn to(mut self, until_ms: u64, noted: impl Fn(&EventKind) -> bool) -> Self {
        let until = Time::from_millis(until_ms);
        let due = |simulation: &Simulation| simulation.next_due().is_some_and(|at| at <= until);
        while due(&self.run.simulation) {
            self.run.simulation.step();
            let events: Vec<Event> = self
                .run
                .simulation
                .trace()
                .since(self.seen)
                .copied()
                .collect();
            self.seen = EventId(self.run.simulation.trace().len());
            for event in events.iter().filter(|event| noted(&event.kind)) {
                let right = self.acks.note(&self.run, event);
                right.expect("the engine keeps its rules");
            }
            self.acks.after_step(&self.run);
        }
        self
    }

    fn tell(&mut self, kind: EventKind) -> Result<(), Violation> {
        let event = Event {
            id: EventId(self.seen.0 + 1),
            at: self.run.simulation.now(),
            cause: EventId(1),
            kind,
        };
        self.acks.note(&self.run, &event)
    }

    /// What is found when n1 is said to commit a write.
    fn commit(&mut self, op: u32, lsn: u64) -> Option<String> {
        let committed = EventKind::Committed {
            node: n(1),
            op: OpId(op),
            lsn: Lsn(lsn),
        };
        let violation = self.tell(committed).err()?;
        assert_eq!(violation.invariant, Invariant::AckRule);
        Some(violation.detail)
    }
}

fn all(_: &EventKind) -> bool {
    true
}

fn database(mut scenario: Scenario, database: Database) -> Scenario {
    scenario.settings.database = database;
    scenario
}

fn postgresql(level: CommitLevel) -> Database {
    Database::Postgresql(Box::new(Postgresql {
        synchronous_standby_names: "ANY 2 (n2, n3)".parse().expect("a list"),
        synchronous_commit: level,
        ..Postgresql::default()
    }))
}

fn mysql(change: impl FnOnce(&mut Mysql)) -> Database {
    let mut settings = Mysql {
        rpl_semi_sync_source_enabled: true,
        rpl_semi_sync_source_wait_for_replica_count: 2,
        ..Mysql::default()
    };
    change(&mut settings);
    Database::Mysql(Box::new(settings))
}

/// What two replicas may say of the second write: by it, what they must have said.
fn said(node: NodeId) -> [(&'static str, EventKind); 4] {
    let lsn = Lsn(2);
    [
        ("received", EventKind::Received { node, lsn }),
        ("flushed", EventKind::Flushed { node, lsn }),
        ("applied", EventKind::Replayed { node, lsn }),
        ("copied", EventKind::BackupRestored { node, lsn }),
    ]
}

#[test]
fn what_was_reported_counts_for_its_own_rule_and_no_other() {
    let semi = {
        let mut scenario = two_writes(Mode::SemiSync);
        scenario.settings.semi_sync = SemiSync {
            acks: 2,
            timeout_us: None,
        };
        scenario
    };
    let plain = || two_writes(Mode::Async);
    let relay = |sync_relay_log| database(plain(), mysql(|it| it.sync_relay_log = sync_relay_log));
    for (what, scenario, enough) in [
        ("semi-sync", semi, &["received", "copied"][..]),
        ("sync", two_writes(Mode::Sync), &["applied", "copied"]),
        (
            "remote_write",
            database(plain(), postgresql(CommitLevel::RemoteWrite)),
            &["received", "copied"],
        ),
        (
            "on",
            database(plain(), postgresql(CommitLevel::On)),
            &["flushed"],
        ),
        (
            "remote_apply",
            database(plain(), postgresql(CommitLevel::RemoteApply)),
            &["applied", "copied"],
        ),
        ("relay log", relay(10_000), &["received", "copied"]),
        ("synced relay log", relay(1), &["flushed"]),
    ] {
        for (index, (name, of_n2)) in said(n(2)).into_iter().enumerate() {
            // n1 has flushed it, and nobody else can have heard of it.
            let mut beside = Beside::of(&scenario).to(2_018, all);
            assert_eq!(beside.run.simulation.node(n(1)).positions().flush, Lsn(2));
            assert_eq!(beside.run.simulation.node(n(2)).tip().lsn, Lsn(1));
            beside.tell(of_n2).expect("noted");
            let found = beside.commit(2, 2).expect("n3 has not said so");
            assert!(!found.contains("disk"), "{what}: {found}");
            let mut beside = Beside::of(&scenario).to(2_018, all);
            for node in [n(2), n(3)] {
                beside.tell(said(node)[index].1).expect("noted");
            }
            let right = beside.commit(2, 2).is_none();
            assert_eq!(right, enough.contains(&name), "{what}: {name}");
        }
    }
}

#[test]
fn what_a_node_has_counts_although_it_never_reported_it() {
    let inserted = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::Inserted { .. } | EventKind::ElectableChanged { .. }
        )
    };
    for scenario in [
        two_writes(Mode::Sync),
        database(two_writes(Mode::Async), postgresql(CommitLevel::On)),
        database(
            two_writes(Mode::Async),
            postgresql(CommitLevel::RemoteApply),
        ),
    ] {
        let mut beside = Beside::of(&scenario).to(LATE, inserted);
        assert_eq!(beside.commit(2, 2), None);
    }
    // It has received it, and not applied it.
    let mut slow = two_writes(Mode::Sync);
    slow.cluster.costs.apply_us = 300_000;
    let mut beside = Beside::of(&slow).to(2_200, inserted);
    assert_eq!(beside.run.simulation.node(n(3)).tip().lsn, Lsn(2));
    let found = beside.commit(2, 2).expect("not applied");
    assert!(found.contains("had not applied"), "{found}");
}

/// What happens in a run of 5 s is found to be right.
fn is_right(scenario: &Scenario) -> u64 {
    Beside::of(scenario).to(LATE, all).acks.checked
}

#[test]
fn what_a_node_had_when_it_said_so_counts_after_it_has_lost_it() {
    // n2 takes 40 ms to flush what it has received at 1,021 ms, and dies before that; its answer is on the way.
    let mut scenario = quiet(
        Mode::SemiSync,
        vec![
            (
                500,
                Action::Slow {
                    node: n(2),
                    factor: 50,
                },
            ),
            (1_000, write()),
            (
                1_035,
                Action::Kill {
                    node: n(2),
                    how: KillKind::Process,
                },
            ),
        ],
    );
    scenario.settings.semi_sync = SemiSync {
        acks: 1,
        timeout_us: None,
    };
    let beside = Beside::of(&scenario).to(1_060, all);
    assert_eq!(beside.run.simulation.node(n(2)).tip().lsn, Lsn::ZERO);
    assert_eq!(beside.acks.checked, 1, "acked by n2's answer");
}

#[test]
fn r_pg_1_and_r_my_1_what_needs_no_flush_is_right_before_it() {
    let off = database(two_writes(Mode::Async), postgresql(CommitLevel::Off));
    assert_eq!(is_right(&off), 2);
    let binlog = |sync_binlog| {
        let settings = mysql(|it| {
            it.rpl_semi_sync_source_enabled = false;
            it.sync_binlog = sync_binlog;
        });
        database(two_writes(Mode::Async), settings)
    };
    for sync_binlog in [0, 1, 100] {
        assert_eq!(is_right(&binlog(sync_binlog)), 2);
    }
    // It is in no file yet.
    let mut slow = binlog(0);
    slow.cluster.costs.fsync_us = 100_000;
    let found = Beside::of(&slow).to(2_050, all).commit(2, 2);
    assert!(found.expect("not written").contains("not on its disk"));
    // It is written, and not synced.
    let written = |sync_binlog| {
        let mut slow = binlog(sync_binlog);
        slow.cluster.costs.fsync_us = 100_000;
        let mut beside = Beside::of(&slow).to(2_000, all);
        let mut now = 2_000;
        while beside.run.simulation.node(n(1)).positions().write < Lsn(2) {
            now += 1;
            assert!(now < 3_000, "it is written soon");
            beside = beside.to(now, |kind| !matches!(kind, EventKind::Committed { .. }));
        }
        assert!(beside.run.simulation.node(n(1)).positions().flush < Lsn(2));
        beside
    };
    assert!(written(1).commit(2, 2).is_some());
    assert_eq!(written(0).commit(2, 2), None);
    // Under other settings it may be answered as those say.
    let mut beside = written(1);
    beside.tell(EventKind::SettingChanged).expect("noted");
    assert_eq!(beside.commit(2, 2), None);
}

#[test]
fn r_my_6_a_source_without_replicas_may_be_excused() {
    let mut scenario = quiet(
        Mode::Async,
        vec![
            (
                500,
                Action::Kill {
                    node: n(2),
                    how: KillKind::Process,
                },
            ),
            (
                500,
                Action::Kill {
                    node: n(3),
                    how: KillKind::Process,
                },
            ),
            (1_000, write()),
            (80_000, write()),
        ],
    );
    scenario.settings.database = Database::Mariadb(Box::new(Mariadb {
        rpl_semi_sync_master_enabled: true,
        rpl_semi_sync_master_wait_no_slave: false,
        rpl_semi_sync_master_timeout: 600_000,
        ..Mariadb::default()
    }));
    let beside = Beside::of(&scenario).to(90_000, all);
    assert!(beside.acks.checked >= 1);
    assert!(beside.acks.in_relay_logs.is_empty());
}

/// The second write waits for two standbys, and n1 has flushed it.
fn waits(of: Database) -> Beside {
    Beside::of(&database(two_writes(Mode::Async), of)).to(2_018, all)
}

#[test]
fn r_pg_7_whoever_waits_may_be_released_by_a_change_or_by_hand() {
    let standbys = || waits(postgresql(CommitLevel::On));
    assert!(standbys().commit(2, 2).is_some());
    let node = n(1);
    let ended = |op| EventKind::WaitEnded {
        node,
        op: OpId(op),
        terminated: false,
    };
    for (kind, released) in [
        (EventKind::SettingChanged, true),
        (EventKind::StandbyNamesChanged { node }, true),
        (ended(2), true),
        (ended(1), false),
        (EventKind::NoPrimary, false),
    ] {
        let mut beside = standbys();
        beside.tell(kind).expect("noted");
        assert_eq!(beside.commit(2, 2).is_none(), released, "{kind:?}");
    }
}

#[test]
fn without_replicas_what_is_left_is_the_nodes_own_log() {
    let relay = |synced| AckRule::RelayLogs {
        by: 2,
        of: NodeSet::first(3),
        synced,
        relay_synced: false,
    };
    for (synced, still, left) in [
        (true, true, true),
        (true, false, false),
        (false, true, false),
        (false, false, false),
    ] {
        let left = AckRule::Binlog { synced: left };
        assert_eq!(without_replicas(relay(synced), still), left);
    }
    for rule in [
        AckRule::Local,
        AckRule::Applied,
        AckRule::Received { by: 1 },
    ] {
        assert_eq!(without_replicas(rule, false), rule);
    }
}

#[test]
fn what_waited_where_a_process_ended_is_not_waited_for_any_more() {
    let end = |node: u8| {
        let node = n(node);
        [
            EventKind::Killed { node },
            EventKind::HostLost { node },
            EventKind::HostReset { node },
            EventKind::ServerStopped { node },
            EventKind::SteppedDown { node },
        ]
    };
    for (own, other) in end(1).into_iter().zip(end(2)) {
        let mut beside = waits(postgresql(CommitLevel::Local));
        // Noted only as inserted, so it is still open here.
        let waiting = beside.acks.waiting.len();
        beside
            .acks
            .waiting
            .insert((n(1), OpId(9)), (Timeline::new(1, n(1)), AckRule::Executed));
        beside.tell(other).expect("noted");
        assert_eq!(beside.acks.waiting.len(), waiting + 1, "{other:?}");
        beside.tell(own).expect("noted");
        let found = beside.commit(9, 2).expect("it is gone");
        assert!(found.contains("was not waiting"), "{own:?}: {found}");
    }
}

#[test]
fn who_is_waited_for_and_what_was_written_is_remembered() {
    let mut acks = Beside::of(&two_writes(Mode::Sync)).to(500, all).acks;
    assert!(acks.is_waited_for(n(2)) && acks.is_waited_for(n(3)));
    assert!(!acks.is_waited_for(n(1)), "not for itself");
    acks.sets.clear();
    let mut beside = Beside::of(&two_writes(Mode::Sync)).to(500, all);
    beside.acks = acks;
    let set = NodeSet::EMPTY.with(n(3));
    let changed = EventKind::ElectableChanged { node: n(1), set };
    beside.tell(changed).expect("noted");
    assert!(!beside.acks.is_waited_for(n(2)) && beside.acks.is_waited_for(n(3)));

    let first = Timeline::new(1, n(1));
    let mut beside = Beside::of(&two_relay_logs(vec![(1_000, write())])).to(2_000, |_| false);
    let written = |beside: &Beside| beside.acks.has_written(n(1), first);
    assert_eq!(written(&beside), Lsn::ZERO);
    let (node, lsn) = (n(1), Lsn(1));
    beside
        .tell(EventKind::Received { node, lsn })
        .expect("noted");
    assert_eq!(written(&beside), Lsn::ZERO, "from somebody else");
    beside
        .tell(EventKind::BinlogWritten { node, lsn })
        .expect("noted");
    assert_eq!(written(&beside), lsn);
    let lsn = Lsn(2);
    beside
        .tell(EventKind::Flushed { node, lsn })
        .expect("noted");
    assert_eq!(written(&beside), lsn);
    assert_eq!(beside.acks.has_written(n(2), first), Lsn::ZERO);
}
