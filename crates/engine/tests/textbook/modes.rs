//! What each mode promises, what it costs, what it can lose.

use replicascope_engine::event::EventKind;
use replicascope_engine::oracle::{OpKind, Status};
use replicascope_engine::scenario::{Action, KillKind, Mode, SemiSync, Setting, Sync};
use replicascope_engine::time::{Span, Time};

use crate::lab::{Lab, n, quiet, writing};

/// 50 writes/s, replicas 100 ms away, the primary dies for good at 5 s.
fn death_under(mode: Mode) -> Lab {
    let mut lab = Lab::new(&writing(mode, 100, 50)).at_ms(5_005);
    lab.kill(n(1));
    lab.run_to_ms(15_000);
    lab
}

#[test]
fn async_loses_what_was_acked_and_on_the_wire() {
    let lab = death_under(Mode::Async);
    let (winner, at) = lab.promoted().expect("an election");
    assert!(
        at < Time::from_millis(5_005 + 1_500 + 250 + 400 + 4 * 200 + 100),
        "promoted at {at}"
    );
    // R-LW-1: rate × one-way delay = 50/s × 100 ms; the one being flushed or acked at that moment may fall either way.
    let lost = lab.lost();
    assert!((4..=6).contains(&lost.len()), "{lost:?}");
    assert!(
        lost.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1),
        "one contiguous tail: {lost:?}"
    );
    for op in lab
        .simulation
        .oracle()
        .ops()
        .filter(|op| op.status == Status::Acked)
    {
        let tip = op.tip.expect("acked");
        let there = lab.simulation.node(winner).wal().contains(tip);
        assert_eq!(there, !op.lost, "{:?}", op.id);
    }
}

#[test]
fn semi_sync_and_sync_lose_nothing_and_cost_a_round_trip() {
    let median = |lab: &Lab| {
        lab.simulation
            .oracle()
            .totals()
            .commit_latency
            .quantile(500)
            .expect("writes")
    };
    let asynchronous = median(&death_under(Mode::Async));
    for mode in [Mode::SemiSync, Mode::Sync] {
        let lab = death_under(mode);
        assert!(lab.promoted().is_some());
        assert_eq!(lab.lost(), [], "{mode:?}");
        let more = median(&lab) - asynchronous;
        assert!(more >= Span::from_millis(190), "{mode:?} costs {more} more");
    }
}

#[test]
fn each_mode_waits_for_what_it_promises() {
    // Costs: write 0.4 ms, fsync 0.8 ms, apply 0.4 ms; clients 1 ms away, replicas 100 ms.
    let latency = |mode| {
        let mut lab = Lab::new(&quiet(mode, 100)).at_ms(500);
        let op = lab.write(3);
        lab.run_to_ms(1_000);
        lab.latency(op).expect("acked").0
    };
    assert_eq!(latency(Mode::Async), 2_000 + 400 + 800);
    assert_eq!(
        latency(Mode::SemiSync),
        2_000 + 400 + 800 + 200_000,
        "received: no flush on the replica"
    );
    assert_eq!(
        latency(Mode::Sync),
        2_000 + 400 + 800 + 200_000 + 800 + 400,
        "flushed and applied"
    );
}

#[test]
fn positions_move_separately() {
    let mut lab = Lab::new(&quiet(Mode::Sync, 100)).at_ms(500);
    lab.write(3);
    let positions = |lab: &Lab, node| {
        let node = lab.simulation.node(node);
        let at = node.positions();
        (node.tip().lsn.0, at.flush.0, at.replay.0)
    };
    let mut seen = Vec::new();
    for _ in 0..400 {
        let now = (positions(&lab, n(1)), positions(&lab, n(2)));
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        if !lab.simulation.step() || lab.simulation.now() > Time::from_secs(1) {
            break;
        }
    }
    let expected = [
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (0, 0, 0)), // inserted
        ((1, 1, 0), (0, 0, 0)), // flushed on the primary, not visible
        ((1, 1, 0), (1, 0, 0)), // received
        ((1, 1, 0), (1, 1, 0)), // flushed on the replica
        ((1, 1, 0), (1, 1, 1)), // applied: the replica shows it before the primary does (R-PG-4)
        ((1, 1, 1), (1, 1, 1)), // acked and visible on the primary
    ];
    assert_eq!(seen, expected);
}

#[test]
fn semi_sync_falls_back_after_its_timeout_and_recovers() {
    let mut scenario = quiet(Mode::SemiSync, 10);
    scenario.settings.semi_sync = SemiSync {
        acks: 2,
        timeout_us: Some(700_000),
    };
    let mut lab = Lab::new(&scenario).at_ms(500);
    for replica in 2..=4 {
        lab.act(Action::Freeze { node: n(replica) });
    }
    let first = lab.write(0);
    lab.run_to_ms(600);
    let second = lab.write(1);
    lab.run_to_ms(1_190);
    assert_eq!(lab.op(first).status, Status::Open);
    lab.run_to_ms(1_250);
    assert_eq!(
        lab.op(first).status,
        Status::Acked,
        "R-MY-5: the whole time-out, then success"
    );
    assert_eq!(
        lab.op(second).status,
        Status::Acked,
        "all waiters are released at once"
    );
    assert!(lab.latency(first).expect("acked") >= Span::from_millis(700));
    assert!(lab.simulation.node(n(1)).semi_sync_is_off());
    let third = lab.write(2);
    lab.run_to_ms(1_300);
    assert!(
        lab.latency(third).expect("acked") < Span::from_millis(5),
        "silently asynchronous"
    );
    for replica in 2..=4 {
        lab.act(Action::Thaw { node: n(replica) });
    }
    lab.run_to_ms(2_000);
    assert!(!lab.simulation.node(n(1)).semi_sync_is_off(), "R-MY-7");
    let recovered = lab.when(|kind| matches!(kind, EventKind::SemiSyncRecovered { .. }));
    assert!(recovered.is_some_and(|at| at > Time::from_millis(1_300)));
}

#[test]
fn semi_sync_without_timeout_waits_for_ever() {
    let mut scenario = quiet(Mode::SemiSync, 10);
    scenario.settings.semi_sync = SemiSync {
        acks: 4,
        timeout_us: None,
    };
    let mut lab = Lab::new(&scenario).at_ms(500);
    lab.kill(n(5));
    let op = lab.write(0);
    lab.run_to_ms(60_000);
    assert_eq!(
        lab.op(op).status,
        Status::Unknown,
        "the client gave up, the primary did not"
    );
    assert_eq!(lab.simulation.node(n(1)).waiting_commits(), 1);
    lab.restart(n(5));
    lab.run_to_ms(61_000);
    assert_eq!(lab.simulation.node(n(1)).waiting_commits(), 0);
    assert!(
        lab.simulation.oracle().is_ghost(&lab.op(op)),
        "it survived although its client was never told"
    );
}

#[test]
fn a_dead_member_blocks_sync_commits_until_it_is_dropped() {
    let mut scenario = quiet(Mode::Sync, 10);
    scenario.settings.sync = Sync {
        members: None,
        drop_after_us: Some(900_000),
    };
    let mut lab = Lab::new(&scenario).at_ms(500);
    lab.kill(n(4));
    let op = lab.write(0);
    lab.run_to_ms(1_390);
    assert_eq!(lab.op(op).status, Status::Open);
    lab.run_to_ms(1_500);
    assert_eq!(lab.op(op).status, Status::Acked);
    let set = lab.simulation.node(n(1)).sync_set().expect("primary");
    assert!(!set.contains(n(4)) && set.len() == 3);
    let next = lab.write(1);
    lab.run_to_ms(1_600);
    assert!(
        lab.latency(next).expect("acked") < Span::from_millis(30),
        "nobody waits for it any more"
    );
    lab.restart(n(4));
    lab.run_to_ms(4_000);
    assert!(
        lab.simulation
            .node(n(1))
            .sync_set()
            .expect("primary")
            .contains(n(4)),
        "it caught up and is back"
    );
}

#[test]
fn a_dead_member_that_is_never_dropped_blocks_sync_commits_for_ever() {
    let mut lab = Lab::new(&quiet(Mode::Sync, 10)).at_ms(500);
    lab.kill(n(4));
    let op = lab.write(0);
    lab.run_to_ms(30_000);
    assert_eq!(lab.op(op).status, Status::Unknown);
    assert_eq!(lab.simulation.node(n(1)).waiting_commits(), 1);
    assert_eq!(
        lab.simulation.node(n(1)).positions().replay.0,
        0,
        "not visible on the primary either"
    );
}

#[test]
fn only_members_are_waited_for() {
    let mut scenario = quiet(Mode::Sync, 10);
    scenario.settings.sync = Sync {
        members: Some(vec![n(2)]),
        drop_after_us: None,
    };
    let mut lab = Lab::new(&scenario).at_ms(500);
    for node in 3..=5 {
        lab.act(Action::Slow {
            node: n(node),
            factor: 1_000,
        });
    }
    let op = lab.write(0);
    lab.run_to_ms(600);
    assert_eq!(lab.op(op).status, Status::Acked);
    lab.kill(n(1));
    lab.run_to_ms(6_000);
    assert_eq!(
        lab.promoted().map(|(node, _)| node),
        Some(n(2)),
        "only a member may be elected"
    );
    assert_eq!(lab.lost(), []);
}

#[test]
fn a_write_keeps_the_promise_of_its_own_mode() {
    let mut lab = Lab::new(&quiet(Mode::Sync, 100)).at_ms(500);
    let under_sync = lab.write(0);
    lab.run_to_ms(510);
    lab.set(Setting::Mode(Mode::Async));
    let under_async = lab.write(1);
    lab.run_to_ms(1_000);
    assert!(lab.latency(under_async).expect("acked") < Span::from_millis(5));
    assert!(
        lab.latency(under_sync).expect("acked") >= Span::from_millis(200),
        "it still waited for everybody"
    );
}

#[test]
fn a_process_that_dies_loses_nothing_because_the_link_drains() {
    let mut lab = Lab::new(&writing(Mode::Async, 100, 50)).at_ms(5_005);
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    lab.run_to_ms(15_000);
    assert!(lab.promoted().is_some());
    assert_eq!(
        lab.lost(),
        [],
        "R-LW-1, measured: only the processes die, 0 lost"
    );
}

#[test]
fn a_crash_takes_what_was_not_flushed() {
    let mut scenario = quiet(Mode::Async, 10);
    scenario.cluster.costs.fsync_us = 50_000;
    let mut lab = Lab::new(&scenario).at_ms(500);
    let op = lab.write(0);
    lab.run_to_ms(520);
    assert_eq!(lab.simulation.node(n(1)).tip().lsn.0, 1);
    lab.kill(n(1));
    assert_eq!(lab.simulation.node(n(1)).tip().lsn.0, 0);
    lab.run_to_ms(800);
    lab.restart(n(1));
    lab.run_to_ms(6_000);
    assert_eq!(lab.op(op).status, Status::Unknown);
    assert_eq!(lab.op(op).tip, None, "its record is nowhere");
    assert!(matches!(lab.op(op).kind, OpKind::Write { .. }));
    let next = lab.write(0);
    lab.run_to_ms(7_000);
    assert_eq!(
        lab.op(next).status,
        Status::Acked,
        "restarted in place before anybody stood for election"
    );
    assert_eq!(lab.promoted(), None);
}
