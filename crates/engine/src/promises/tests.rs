//! Which setting and which action takes which promise away, one at a time.

mod servers;

use super::*;
use crate::event::EventKind;
use crate::ids::{ClientId, Key, MessageId, OpId};
use crate::scenario::{Django, LinkSettings, Postgresql, SemiSync, TimedAction};
use crate::time::Time;
use crate::{Scenario, Simulation};

/// Everything is promised: sync, fencing, reads from the primary.
fn strongest() -> Settings {
    Settings {
        mode: Mode::Sync,
        fencing: true,
        reads: ReadPolicy::PrimaryOnly,
        ..Settings::default()
    }
}

fn nodes(count: u8) -> Cluster {
    Cluster {
        replicas: count - 1,
        ..Cluster::default()
    }
}

/// One primary, sync writes kept, linearizable, recovers.
fn kept(promises: &Promises) -> [bool; 4] {
    [
        promises.one_primary,
        promises.keeps_sync_writes,
        promises.linearizable,
        promises.recovers,
    ]
}

fn at_start(settings: &Settings) -> [bool; 4] {
    kept(&Promises::at_start(&nodes(5), settings))
}

const LOSE_HOST: Action = Action::LoseHost { node: NodeId(0) };

#[test]
fn of_textbook_writes_those_acked_in_sync_mode_survive_any_failover() {
    assert!(survives_failover(&strongest(), None));
    for mode in [Mode::Async, Mode::SemiSync] {
        let settings = Settings {
            mode,
            ..strongest()
        };
        assert!(!survives_failover(&settings, None), "{mode:?}");
    }
}

#[test]
fn each_setting_takes_its_own_promise() {
    assert_eq!(at_start(&strongest()), [true; 4]);
    let fencing = Settings {
        fencing: false,
        ..strongest()
    };
    assert_eq!(at_start(&fencing), [false, false, false, true]);
    let not_linearizable = [true, true, false, true];
    for mode in [Mode::Async, Mode::SemiSync] {
        let settings = Settings {
            mode,
            ..strongest()
        };
        assert_eq!(at_start(&settings), not_linearizable, "{mode:?}");
    }
    for reads in [ReadPolicy::RoundRobin, ReadPolicy::Random] {
        let settings = Settings {
            reads,
            ..strongest()
        };
        assert_eq!(at_start(&settings), not_linearizable, "{reads:?}");
    }
    let routing = Settings {
        routing: Routing::Django(Django::default()),
        ..strongest()
    };
    assert_eq!(at_start(&routing), not_linearizable);
}

#[test]
fn what_was_taken_away_once_stays_away() {
    let mut promises = Promises::at_start(&nodes(5), &strongest());
    let weak = Settings {
        fencing: false,
        mode: Mode::Async,
        ..strongest()
    };
    promises.under(&weak);
    promises.under(&strongest());
    assert_eq!(kept(&promises), [false, false, false, true]);
}

#[test]
fn a_write_that_may_be_executed_twice_is_no_registers_write() {
    let mut promises = Promises::at_start(&nodes(5), &strongest());
    promises.after(&Action::HealAll);
    assert_eq!(kept(&promises), [true; 4]);
    promises.after(&Action::DuplicateMessage {
        message: MessageId(1),
    });
    assert_eq!(kept(&promises), [true, true, false, true]);
}

#[test]
fn one_disk_of_three_may_be_lost_while_nobody_leaves_the_sync_set() {
    let lost_everything = [true, false, false, false];
    let after = |count: u8, settings: &Settings, disks: usize| {
        let mut promises = Promises::at_start(&nodes(count), settings);
        for _ in 0..disks {
            promises.after(&LOSE_HOST);
        }
        kept(&promises)
    };
    assert_eq!(after(3, &strongest(), 0), [true; 4]);
    assert_eq!(after(3, &strongest(), 1), [true; 4]);
    assert_eq!(after(3, &strongest(), 2), lost_everything);
    assert_eq!(after(2, &strongest(), 0), [true; 4]);
    assert_eq!(after(2, &strongest(), 1), lost_everything);
    let mut leaves = strongest();
    leaves.sync.drop_after_us = Some(1_000_000);
    let mut listed = strongest();
    listed.sync.members = Some(vec![NodeId(1)]);
    for settings in [leaves, listed] {
        assert_eq!(after(3, &settings, 0), [true; 4]);
        assert_eq!(after(3, &settings, 1), lost_everything);
    }
}

#[test]
fn who_may_leave_counts_also_when_it_was_said_after_the_loss() {
    let mut promises = Promises::at_start(&nodes(3), &strongest());
    promises.after(&LOSE_HOST);
    let mut leaves = strongest();
    leaves.sync.drop_after_us = Some(1_000_000);
    promises.under(&leaves);
    assert_eq!(kept(&promises), [true, false, false, false]);
    // And once it could leave, it may have left.
    let mut promises = Promises::at_start(&nodes(3), &leaves);
    promises.under(&strongest());
    promises.after(&LOSE_HOST);
    assert_eq!(kept(&promises), [true, false, false, false]);
}

/// The rule of a write at 1 s, as soon as it is in the log.
fn rule(settings: Settings) -> AckRule {
    let mut scenario = Scenario {
        settings,
        ..Scenario::default()
    };
    scenario.cluster.replicas = 3;
    scenario.cluster.node_link = LinkSettings {
        delay_us: 20_000,
        ..LinkSettings::default()
    };
    scenario.workload.operations_per_second = 0;
    scenario.actions = vec![TimedAction {
        at_us: Time::from_secs(1),
        action: Action::Write {
            client: ClientId(0),
            key: Key(0),
            value: None,
            node: None,
            synchronous_commit: None,
        },
    }];
    let mut run = Simulation::new(&scenario).expect("valid");
    let is_in = |run: &Simulation| {
        run.trace()
            .events()
            .any(|event| matches!(event.kind, EventKind::Inserted { .. }))
    };
    while !is_in(&run) {
        assert!(run.step() && run.now() < Time::from_secs(2), "no write");
    }
    ack_rule(run.settings(), run.node(NodeId(0)), OpId(1))
}

fn postgresql(names: &str, synchronous_commit: CommitLevel) -> Settings {
    Settings {
        database: Database::Postgresql(Box::new(Postgresql {
            synchronous_standby_names: names.parse().expect("a list"),
            synchronous_commit,
            ..Postgresql::default()
        })),
        ..Settings::default()
    }
}

#[test]
fn r_pg_1_a_listed_standby_is_waited_for_unless_the_level_is_local() {
    let listed = [NodeId(1), NodeId(2)].into_iter().collect();
    let at = |level| AckRule::Standbys {
        level,
        by: 2,
        listed,
    };
    for level in [
        CommitLevel::RemoteWrite,
        CommitLevel::On,
        CommitLevel::RemoteApply,
    ] {
        // The primary's own name in the list is nobody's.
        let found = rule(postgresql("ANY 2 (n1, n2, n3)", level));
        assert_eq!(found, at(level));
        assert_eq!(rule(postgresql("", level)), AckRule::Local);
    }
    let local = rule(postgresql("ANY 2 (n1, n2, n3)", CommitLevel::Local));
    assert_eq!(local, AckRule::Local);
}

#[test]
fn the_mode_is_the_rule_of_a_textbook_write() {
    let mode = |mode| Settings {
        mode,
        semi_sync: SemiSync {
            acks: 2,
            timeout_us: None,
        },
        ..Settings::default()
    };
    assert_eq!(rule(mode(Mode::Async)), AckRule::Local);
    assert_eq!(rule(mode(Mode::Sync)), AckRule::Applied);
    let received = AckRule::Received { by: 2 };
    assert_eq!(rule(mode(Mode::SemiSync)), received);
}
