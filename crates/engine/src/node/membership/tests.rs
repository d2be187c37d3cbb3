//! Who joins the sync set, who leaves it, and when that counts: the primary alone, n1 of five.

use super::*;
use crate::node::desk::{Desk, NONE, acked, set};
use crate::node::effects::Effect;

/// n1 in sync mode; members that do not apply for 1 s are dropped.
fn throne() -> Desk {
    let mut desk = Desk::of(1, 5);
    desk.settings.mode = Mode::Sync;
    desk.settings.sync.drop_after_us = Some(1_000_000);
    desk.settings.timers.election_timeout_us = 60_000_000;
    for from in 2..=5 {
        answers(&mut desk, 1, from);
    }
    desk
}

/// A node answers a heartbeat with a long promise, and has stored the newest set.
fn answers(desk: &mut Desk, at_ms: u64, from: u8) {
    let epoch = desk.node.ballot.electable.epoch;
    stores(desk, at_ms, from, epoch);
}

fn stores(desk: &mut Desk, at_ms: u64, from: u8, epoch: u32) -> Vec<Effect> {
    let until = Time::from_millis(at_ms + 60_000);
    let primary = desk.node.primary.as_mut().expect("it reigns");
    for follower in &mut primary.followers {
        follower.promised_until = until;
    }
    desk.answers(at_ms, from, epoch)
}

fn electable(desk: &Desk) -> NodeSet {
    desk.node
        .primary
        .as_ref()
        .expect("it reigns")
        .membership
        .committed
}

fn required(desk: &Desk) -> NodeSet {
    desk.node.sync_set().expect("it reigns")
}

fn changed(out: &[Effect]) -> Option<NodeSet> {
    out.iter().find_map(|effect| match effect {
        Effect::Note(EventKind::ElectableChanged { set, .. }) => Some(*set),
        _ => None,
    })
}

/// Writes 1 to 3 are applied by n2 to n4; n5 is dropped at 2 s, for it lacks the last one.
fn without_n5() -> Desk {
    let mut desk = throne();
    for op in 1..=3 {
        desk.write(10, op);
    }
    for from in 2..=4 {
        desk.progress(20, from, 3, 3);
    }
    desk.progress(20, 5, 3, 2);
    let out = desk.wake(1_010, crate::node::Timer::CommitWait);
    assert_eq!(acked(&out), NONE, "a majority has to know first");
    assert_eq!(required(&desk), set(&[2, 3, 4, 5]), "so n5 is waited for");
    let epoch = desk.node.ballot.electable.epoch;
    assert_eq!(
        changed(&stores(&mut desk, 1_020, 2, epoch)),
        None,
        "two of five"
    );
    assert_eq!(
        changed(&stores(&mut desk, 1_030, 3, epoch - 1)),
        None,
        "an older one"
    );
    let out = stores(&mut desk, 1_040, 3, epoch);
    assert_eq!(changed(&out), Some(set(&[1, 2, 3, 4])));
    assert_eq!(acked(&out), [3], "nobody waits for n5 any more");
    assert_eq!(required(&desk), set(&[2, 3, 4]));
    desk
}

#[test]
fn at_the_start_everybody_is_known_to_be_electable_and_sync_writes_are_acked_at_once() {
    let mut desk = Desk::of(1, 5);
    desk.settings.mode = Mode::Sync;
    desk.write(10, 1);
    for from in 2..=4 {
        assert_eq!(acked(&desk.progress(20, from, 1, 1)), NONE);
    }
    assert_eq!(acked(&desk.progress(20, 5, 1, 1)), [1]);
}

#[test]
fn a_new_reign_acks_nothing_in_sync_mode_before_a_majority_has_stored_its_set() {
    let mut desk = throne();
    let primary = desk.node.primary.as_mut().expect("it reigns");
    primary.membership = Membership::starting(set(&[1, 2, 3]));
    desk.write(10, 1);
    for from in 2..=5 {
        assert_eq!(acked(&desk.progress(20, from, 1, 1)), NONE);
    }
    let epoch = desk.node.ballot.electable.epoch;
    assert_eq!(acked(&stores(&mut desk, 30, 2, epoch)), NONE);
    let out = stores(&mut desk, 40, 4, epoch);
    assert_eq!(acked(&out), [1]);
    assert_eq!(changed(&out), None, "it is what it was");
}

#[test]
fn who_lacks_the_write_leaves_and_who_has_just_that_stays() {
    let desk = without_n5();
    assert_eq!(electable(&desk), set(&[1, 2, 3, 4]));
}

#[test]
fn without_fencing_the_primary_decides_alone() {
    let mut desk = throne();
    desk.settings.fencing = false;
    desk.write(10, 1);
    for from in 2..=4 {
        desk.progress(20, from, 1, 1);
    }
    let out = desk.wake(1_010, crate::node::Timer::CommitWait);
    assert_eq!(changed(&out), Some(set(&[1, 2, 3, 4])));
    assert_eq!(acked(&out), [1]);
}

#[test]
fn who_was_dropped_comes_back_once_it_answers_again_and_is_not_far_behind() {
    let mut desk = without_n5();
    desk.progress(1_050, 5, 3, 3);
    assert_eq!(required(&desk), set(&[2, 3, 4]), "its answer may be old");
    // 20 writes go on without it.
    for op in 4..=23 {
        desk.write(1_100, op);
    }
    for from in 2..=4 {
        desk.progress(1_110, from, 23, 23);
    }
    desk.progress(1_120, 5, 6, 6);
    answers(&mut desk, 1_130, 5);
    assert_eq!(required(&desk), set(&[2, 3, 4]), "17 behind");
    desk.progress(1_140, 5, 7, 7);
    assert_eq!(required(&desk), set(&[2, 3, 4, 5]), "16");
    assert_eq!(
        electable(&desk),
        set(&[1, 2, 3, 4]),
        "but it lacks what was acked"
    );
}

/// n5 is waited for again, and write 23 was the last that was acked before.
fn n5_joins() -> Desk {
    let mut desk = without_n5();
    for op in 4..=23 {
        desk.write(1_100, op);
    }
    for from in 2..=4 {
        desk.progress(1_110, from, 23, 23);
    }
    desk.progress(1_120, 5, 20, 20);
    answers(&mut desk, 1_130, 5);
    assert_eq!(required(&desk), set(&[2, 3, 4, 5]));
    desk
}

#[test]
fn r_pt_8_who_joins_may_be_elected_once_it_has_what_was_acked_before() {
    let mut desk = n5_joins();
    desk.write(1_200, 24);
    for from in 2..=4 {
        assert_eq!(
            acked(&desk.progress(1_210, from, 24, 24)),
            NONE,
            "n5 is waited for"
        );
    }
    desk.progress(1_220, 5, 24, 22);
    assert_eq!(desk.node.electable(), set(&[1, 2, 3, 4]));
    desk.progress(1_230, 5, 24, 23);
    assert_eq!(desk.node.electable(), set(&[1, 2, 3, 4, 5]));
    let epoch = desk.node.ballot.electable.epoch;
    stores(&mut desk, 1_240, 2, epoch);
    let out = stores(&mut desk, 1_240, 3, epoch);
    assert_eq!(changed(&out), Some(set(&[1, 2, 3, 4, 5])));
    let membership = desk.node.primary.as_ref().expect("it reigns").membership;
    assert_eq!(membership.joining, NodeSet::EMPTY);
}

#[test]
fn one_that_joins_and_stops_is_not_waited_for_and_the_others_stay() {
    let mut desk = n5_joins();
    desk.write(1_200, 24);
    for from in 2..=4 {
        desk.progress(1_210, from, 24, 24);
    }
    let out = desk.wake(2_200, crate::node::Timer::CommitWait);
    assert_eq!(acked(&out), [24]);
    assert_eq!(required(&desk), set(&[2, 3, 4]));
    assert_eq!(electable(&desk), set(&[1, 2, 3, 4]));
}

#[test]
fn one_that_joins_goes_on_joining_when_another_is_dropped() {
    let mut desk = n5_joins();
    desk.write(1_200, 24);
    desk.write(1_200, 25);
    for from in 2..=3 {
        desk.progress(1_210, from, 25, 25);
    }
    // It has applied what is overdue, and not yet been told to be electable; n4 has not.
    let primary = desk.node.primary.as_mut().expect("it reigns");
    primary.followers[4].acked.replay = Lsn(25);
    primary.followers[4].streaming = true;
    desk.with(2_200, |node, cx| node.drop_laggards(cx, Lsn(25)));
    let membership = desk.node.primary.as_ref().expect("it reigns").membership;
    assert_eq!(membership.proposed, Some(set(&[1, 2, 3])));
    assert_eq!(membership.joining, set(&[5]));
}

#[test]
fn only_one_joins_at_a_time() {
    let mut desk = n5_joins();
    let primary = desk.node.primary.as_mut().expect("it reigns");
    primary.membership.committed = set(&[1, 2, 3]);
    answers(&mut desk, 1_300, 4);
    assert_eq!(required(&desk), set(&[2, 3, 5]));
}

#[test]
fn in_other_modes_whoever_has_the_last_sync_write_may_be_elected() {
    let mut desk = without_n5();
    desk.settings.mode = Mode::Async;
    // An async write is nobody's condition.
    desk.write(1_100, 4);
    answers(&mut desk, 1_110, 5);
    assert_eq!(
        desk.node.electable(),
        set(&[1, 2, 3, 4]),
        "it lacks write 3"
    );
    assert_eq!(required(&desk), set(&[2, 3, 4]), "and nobody waits for it");
    desk.progress(1_120, 5, 3, 3);
    assert_eq!(desk.node.electable(), set(&[1, 2, 3, 4, 5]));
}

#[test]
fn in_sync_mode_having_the_last_sync_write_is_not_enough_without_being_waited_for() {
    let mut desk = without_n5();
    // It has it, and has not answered since it was dropped.
    desk.progress(1_120, 5, 3, 3);
    assert_eq!(desk.node.electable(), set(&[1, 2, 3, 4]));
    answers(&mut desk, 1_130, 2);
    assert_eq!(desk.node.electable(), set(&[1, 2, 3, 4]));
}

#[test]
fn who_does_not_stream_does_not_join() {
    let mut desk = without_n5();
    let primary = desk.node.primary.as_mut().expect("it reigns");
    primary.followers[4].streaming = false;
    primary.followers[4].acked.replay = Lsn(3);
    answers(&mut desk, 1_130, 5);
    assert_eq!(required(&desk), set(&[2, 3, 4]));
}

#[test]
fn who_is_not_listed_leaves_and_the_primary_stays() {
    let mut desk = throne();
    desk.settings.sync.members = Some(vec![NodeId(1), NodeId(2)]);
    answers(&mut desk, 10, 2);
    assert_eq!(desk.node.electable(), set(&[1, 2, 3]));
    // In another mode the list is nobody's concern.
    let mut desk = throne();
    desk.settings.mode = Mode::Async;
    desk.settings.sync.members = Some(vec![NodeId(1), NodeId(2)]);
    answers(&mut desk, 10, 2);
    assert_eq!(desk.node.electable(), set(&[1, 2, 3, 4, 5]));
}
