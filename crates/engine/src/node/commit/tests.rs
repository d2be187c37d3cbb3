//! Which writes are answered when: the primary alone, n1 of three.

use super::*;
use crate::ids::NodeId;
use crate::node::desk::{Desk, NONE, acked, alarms};
use crate::node::effects::Effect;
use crate::scenario::SemiSync;

/// n1 in semi-sync mode, waiting for one replica, 1 s at the most.
fn semi_sync() -> Desk {
    let mut desk = Desk::of(1, 3);
    desk.settings.fencing = false;
    desk.settings.mode = Mode::SemiSync;
    desk.settings.semi_sync = SemiSync {
        acks: 1,
        timeout_us: Some(1_000_000),
    };
    desk
}

fn set_to(out: &[Effect]) -> Vec<u32> {
    alarms(out, |timer| *timer == Timer::CommitWait)
        .iter()
        .map(|at| (at.0 / 1_000) as u32)
        .collect()
}

fn fell_back(out: &[Effect]) -> bool {
    out.iter()
        .any(|effect| matches!(effect, Effect::Event(EventKind::SemiSyncFellBack { .. })))
}

#[test]
fn who_waits_for_ever_sets_no_alarm() {
    for mode in [Mode::Async, Mode::SemiSync, Mode::Sync] {
        let mut desk = semi_sync();
        desk.settings.mode = mode;
        desk.settings.semi_sync.timeout_us = None;
        assert_eq!(set_to(&desk.write(10, 1)), NONE, "{mode:?}");
    }
}

#[test]
fn r_my_5_the_alarm_is_for_whoever_loses_patience_first() {
    let mut desk = semi_sync();
    assert_eq!(set_to(&desk.write(10, 1)), [1_010]);
    assert_eq!(set_to(&desk.write(10, 2)), NONE, "it is set");
    assert_eq!(set_to(&desk.write(500, 3)), NONE, "later");
    // With a shorter time-out a later write loses patience first.
    desk.settings.semi_sync.timeout_us = Some(100_000);
    assert_eq!(set_to(&desk.write(600, 4)), [700]);
    let out = desk.wake(700, Timer::CommitWait);
    assert!(fell_back(&out));
    assert_eq!(acked(&out), [1, 2, 3, 4], "all of them");
}

#[test]
fn an_alarm_of_somebody_who_is_done_is_set_again_for_the_next() {
    let mut desk = semi_sync();
    desk.write(10, 1);
    desk.progress(20, 2, 1, 1);
    desk.write(500, 2);
    let out = desk.wake(1_010, Timer::CommitWait);
    assert!(!fell_back(&out));
    assert_eq!(set_to(&out), [1_500]);
    assert!(
        desk.wake(1_200, Timer::CommitWait).is_empty(),
        "an older one"
    );
    assert!(fell_back(&desk.wake(1_500, Timer::CommitWait)));
}

#[test]
fn after_a_fall_back_a_write_needs_no_replica_and_none_has_a_time_limit() {
    let mut desk = semi_sync();
    desk.write(10, 1);
    let out = desk.wake(1_010, Timer::CommitWait);
    assert_eq!((acked(&out), set_to(&out)), (vec![1], vec![]));
    let out = desk.write(1_100, 2);
    assert_eq!((acked(&out), set_to(&out)), (vec![2], vec![]));
}

#[test]
fn a_write_that_has_what_it_waits_for_overtakes_those_with_another_promise() {
    let mut desk = semi_sync();
    desk.settings.mode = Mode::Sync;
    desk.write(10, 1);
    desk.settings.mode = Mode::SemiSync;
    desk.settings.semi_sync.timeout_us = None;
    desk.write(20, 2);
    // Looked at once, and nobody has what it waits for.
    assert_eq!(acked(&desk.progress(30, 2, 0, 0)), NONE);
    desk.write(40, 3);
    assert_eq!(acked(&desk.progress(50, 2, 3, 0)), [2, 3]);
    // One after the other it is in order again.
    assert_eq!(
        acked(&desk.progress(60, 2, 3, 3)),
        NONE,
        "n3 has not applied it"
    );
    assert_eq!(acked(&desk.progress(70, 3, 3, 3)), [1]);
}

#[test]
fn only_a_sync_write_counts_as_one() {
    let last = |desk: &Desk| {
        let primary = desk.node.primary.as_ref().expect("it reigns");
        (primary.last_commit.0, primary.last_sync_commit.0)
    };
    let mut desk = semi_sync();
    desk.settings.mode = Mode::Async;
    desk.write(10, 1);
    assert_eq!(last(&desk), (1, 0));
    desk.settings.mode = Mode::SemiSync;
    desk.write(10, 2);
    desk.progress(20, 2, 2, 2);
    assert_eq!(last(&desk), (2, 0));
    desk.settings.mode = Mode::Sync;
    desk.write(30, 3);
    for from in [2, 3] {
        desk.progress(40, from, 3, 3);
    }
    assert_eq!(last(&desk), (3, 3));
}

#[test]
fn who_waits_for_semi_sync_does_not_drop_members() {
    let mut desk = semi_sync();
    let dropped = |desk: &Desk| desk.node.sync_set().expect("it reigns").len();
    desk.write(10, 1);
    desk.wake(1_010, Timer::CommitWait);
    assert_eq!(dropped(&desk), 2);
    // A replica may come back to the set at once: none was dropped.
    let primary = desk.node.primary.as_ref().expect("it reigns");
    assert_eq!(primary.followers[NodeId(1).index()].acked.write, Lsn::ZERO);
}
