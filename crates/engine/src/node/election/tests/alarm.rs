//! When a node stands: the alarm for the end of the silence, pauses between attempts, what stops an attempt.

use super::*;
use crate::node::desk::alarms;
use crate::scenario::Settings;

const HEARTBEAT_MS: u64 = 250;

/// When the alarm for the end of the silence is set to go off.
fn due(out: &[Effect]) -> Vec<Time> {
    alarms(out, |timer| *timer == Timer::ElectionDue)
}

fn polls(out: &[Effect]) -> bool {
    !asked(out, |message| matches!(message, Message::Poll { .. })).is_empty()
}

fn arm(desk: &mut Desk, at_ms: u64) -> Vec<Time> {
    due(&desk.with(at_ms, Node::arm_election))
}

/// The primary is heard.
fn beat(desk: &mut Desk, at_ms: u64, timeline: Timeline) -> Vec<Effect> {
    let beat = Message::Heartbeat {
        timeline,
        sent_at: Time::from_millis(at_ms),
        patience: Span::from_millis(PATIENCE_MS),
        sent: Some(Lsn::ZERO),
        open: true,
        electable: Electable::new(timeline, 0, NodeSet::first(5)),
    };
    desk.hear(at_ms, timeline.owner().0 + 1, beat)
}

fn alarm_goes_off(desk: &mut Desk, at: Time) -> Vec<Effect> {
    desk.wake(at.0.div_ceil(1_000), Timer::ElectionDue)
}

#[test]
fn the_silence_lasts_as_long_as_was_promised_and_no_two_nodes_stand_together() {
    let heartbeat = Settings::default().timers.heartbeat_us;
    assert_eq!(heartbeat, HEARTBEAT_MS * 1_000);
    let mut all: Vec<Time> = (2..=5)
        .flat_map(|number| arm(&mut Desk::of(number, 5), 0))
        .collect();
    for &at in &all {
        let least = Time::from_millis(PATIENCE_MS);
        assert!(least <= at && at < least + Span(heartbeat), "{at:?}");
    }
    all.dedup();
    assert_eq!(all.len(), 4, "one alarm each, and all differ");
}

#[test]
fn one_alarm_is_enough() {
    let mut desk = Desk::of(2, 5);
    assert_eq!(arm(&mut desk, 0).len(), 1);
    assert_eq!(arm(&mut desk, 0), [], "it is set");
    beat(&mut desk, 1_000, FIRST);
    assert_eq!(
        arm(&mut desk, 1_000),
        [],
        "it goes off before, and is looked at then"
    );
}

#[test]
fn an_alarm_that_goes_off_too_early_is_set_again_and_one_that_is_due_starts_a_poll() {
    let mut desk = Desk::of(2, 5);
    let [at] = arm(&mut desk, 0)[..] else {
        panic!("one alarm")
    };
    let early = desk.wake(PATIENCE_MS - 100, Timer::ElectionDue);
    assert!(early.is_empty(), "an older one: {early:?}");
    assert!(polls(&alarm_goes_off(&mut desk, at)));

    let mut desk = Desk::of(2, 5);
    let [at] = arm(&mut desk, 0)[..] else {
        panic!("one alarm")
    };
    beat(&mut desk, 1_000, FIRST);
    let out = alarm_goes_off(&mut desk, at);
    assert!(!polls(&out), "the primary was heard at 1 s");
    let [next] = due(&out)[..] else {
        panic!("one alarm")
    };
    assert!(Time::from_millis(1_000 + PATIENCE_MS) <= next);
    assert!(alarm_goes_off(&mut desk, at).is_empty(), "that one is over");
    assert!(polls(&alarm_goes_off(&mut desk, next)));
}

#[test]
fn neither_a_primary_nor_who_waits_for_a_person_nor_a_candidate_sets_an_alarm() {
    assert_eq!(arm(&mut Desk::of(1, 5), 0), []);
    let mut desk = Desk::of(2, 5);
    desk.settings.failover = Failover::Manual;
    assert_eq!(arm(&mut desk, 0), []);
    assert_eq!(arm(&mut Desk::of(2, 5).polls(2_000), 2_000), []);
}

#[test]
fn an_alarm_that_was_set_before_means_nothing_to_a_primary_or_once_a_person_decides() {
    let mut desk = Desk::of(2, 5);
    let [at] = arm(&mut desk, 0)[..] else {
        panic!("one alarm")
    };
    desk.settings.failover = Failover::Manual;
    assert!(alarm_goes_off(&mut desk, at).is_empty());

    let mut desk = Desk::of(2, 5);
    let [at] = arm(&mut desk, 0)[..] else {
        panic!("one alarm")
    };
    desk.settings.fencing = false;
    desk.with(100, Node::promote);
    assert!(alarm_goes_off(&mut desk, at).is_empty());
    assert!(desk.node.primary.is_some());
}

/// When n2 tries again after an attempt that ended at 2.4 s.
fn again(end: impl FnOnce(&mut Desk) -> Vec<Effect>) -> Time {
    let mut desk = Desk::of(2, 5).polls(2_000);
    let before = desk.node.election.attempt;
    let out = end(&mut desk);
    assert!(failed(&out).is_some());
    assert_eq!(desk.node.role, Role::Replica);
    assert!(desk.node.election.attempt > before, "that attempt is over");
    let [at] = due(&out)[..] else {
        panic!("one alarm: {out:?}")
    };
    at
}

#[test]
fn who_gives_way_waits_for_the_whole_patience_and_who_fails_for_half_of_it() {
    let within = |at: Time, pause_ms: u64| {
        let least = Time::from_millis(2_400 + pause_ms);
        least <= at && at < least + Span::from_millis(HEARTBEAT_MS)
    };
    let gave_way = again(|desk| {
        desk.would(2_010, 3, true, standing(9));
        desk.would(2_010, 4, true, level());
        desk.window_ends(2_400)
    });
    assert!(within(gave_way, PATIENCE_MS), "{gave_way:?}");
    let failed = again(|desk| {
        desk.would(2_010, 3, false, level());
        desk.would(2_010, 4, false, level());
        desk.window_ends(2_400)
    });
    assert!(within(failed, PATIENCE_MS / 2), "{failed:?}");
}

#[test]
fn a_primary_that_is_heard_ends_the_candidacy_unless_a_person_asked_for_it() {
    let mut desk = candidate();
    let out = beat(&mut desk, 2_500, Timeline::new(3, n(3)));
    assert_eq!(failed(&out), Some(ElectionFailure::Overtaken));
    assert_eq!(desk.node.role, Role::Replica);

    let asked_for = || {
        let mut desk = Desk::of(2, 5);
        desk.with(100, Node::promote);
        desk
    };
    let mut desk = asked_for();
    assert_eq!(failed(&beat(&mut desk, 200, FIRST)), None, "that very one");
    let mut desk = asked_for();
    let out = beat(&mut desk, 200, Timeline::new(2, n(3)));
    assert_eq!(
        failed(&out),
        Some(ElectionFailure::Overtaken),
        "a newer one"
    );
    // One that stands of its own accord had only not heard it.
    let out = beat(&mut Desk::of(2, 5).polls(2_000), 2_010, FIRST);
    assert_eq!(failed(&out), Some(ElectionFailure::Overtaken));
    // To who is no candidate it is good news.
    let out = beat(&mut Desk::of(2, 5), 200, FIRST);
    assert_eq!(failed(&out), None);
}

#[test]
fn after_a_primary_was_heard_who_has_more_log_is_waited_for_anew() {
    let defers = |desk: &mut Desk, at_ms: u64| {
        desk.would(at_ms, 3, false, standing(9));
        desk.would(at_ms, 4, true, level());
        desk.would(at_ms, 5, true, level());
        failed(&desk.window_ends(at_ms + 400)) == Some(ElectionFailure::OtherHasMore)
    };
    let mut desk = Desk::of(2, 5).polls(2_000);
    assert!(defers(&mut desk, 2_010));
    beat(&mut desk, 2_500, FIRST);
    let mut desk = desk.polls(5_000);
    assert!(defers(&mut desk, 5_010));
}

#[test]
fn an_answer_to_an_attempt_that_ended_is_none_to_the_next() {
    let late = |attempt| Message::PollReply {
        attempt,
        willing: true,
        standing: level(),
    };
    let mut desk = Desk::of(2, 5).polls(2_000);
    let first = desk.node.election.attempt;
    desk.window_ends(2_400);
    desk.window_ends(3_900);
    let mut desk = desk.polls(5_000);
    for from in [1, 3, 4, 5] {
        assert!(desk.hear(5_010, from, late(first)).is_empty());
    }
    // Nor one to the poll that a person's interrupted.
    let mut desk = Desk::of(2, 5).polls(2_000);
    let own = desk.node.election.attempt;
    desk.with(2_005, Node::promote);
    for from in [1, 3, 4, 5] {
        assert!(desk.hear(2_010, from, late(own)).is_empty());
    }
    // Nor one to what a node asked whose disk was lost.
    let mut desk = blank(5);
    let asked = desk.node.election.attempt;
    for from in [1, 3, 4] {
        desk.would(5_100, from, true, level());
    }
    assert!(!desk.node.ballot.blank);
    assert!(desk.node.election.attempt > asked);
    desk.node.follow.needs_backup = false;
    let mut desk = desk.polls(9_000);
    for from in [1, 3, 4, 5] {
        assert!(desk.hear(9_010, from, late(asked)).is_empty());
    }
}

#[test]
fn what_stops_an_attempt_leaves_the_alarm_and_a_crash_takes_it() {
    let mut desk = Desk::of(2, 5);
    let [at] = arm(&mut desk, 0)[..] else {
        panic!("one alarm")
    };
    // Its vote puts off its own attempt.
    desk.vote(PATIENCE_MS, 3, 2, false);
    let put_off = desk.node.election.due;
    assert!(put_off > at);
    desk.node.election.stop();
    assert_eq!(desk.node.election.due, put_off);
    assert_eq!(arm(&mut desk, PATIENCE_MS), [], "it is still set");

    desk.node.crash(true);
    let [next] = due(&desk.with(5_000, Node::restart))[..] else {
        panic!("the old one is void")
    };
    let least = Time::from_millis(5_000 + PATIENCE_MS);
    assert!(least <= next && next < least + Span::from_millis(HEARTBEAT_MS));
}

#[test]
fn every_poll_and_every_candidacy_has_a_number_of_its_own() {
    let window = |out: &[Effect]| {
        out.iter().find_map(|effect| match effect {
            Effect::Timer {
                timer: Timer::ElectionWindow(attempt),
                ..
            } => Some(*attempt),
            _ => None,
        })
    };
    let mut desk = Desk::of(2, 5);
    let mut numbers = Vec::new();
    for at_ms in [2_000, 10_000, 20_000] {
        numbers.extend(window(&desk.hear(at_ms, 5, Message::Stand)));
        desk.would(at_ms + 10, 3, true, level());
        desk.would(at_ms + 10, 4, true, level());
        numbers.extend(window(&desk.window_ends(at_ms + 400)));
        desk.window_ends(at_ms + 800);
        desk.window_ends(at_ms + 2_300);
    }
    assert_eq!(numbers.len(), 6);
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn the_end_of_the_time_for_the_poll_does_not_shorten_that_for_votes() {
    let mut desk = Desk::of(2, 5).polls(2_000);
    let poll = Timer::ElectionWindow(desk.node.election.attempt);
    let unfit = Standing {
        fit: false,
        ..level()
    };
    desk.would(2_010, 1, true, unfit);
    for from in [3, 4] {
        desk.would(2_010, from, true, level());
    }
    assert!(stands(&desk.would(2_010, 5, true, level())), "all answered");
    desk.wake(2_400, poll);
    assert_eq!(failed(&desk.window_ends(2_410)), None, "the first end");
    assert_eq!(
        failed(&desk.window_ends(3_910)),
        Some(ElectionFailure::NoMajority)
    );
}

#[test]
fn a_persons_candidate_opens_when_it_hears_that_the_old_primary_stepped_down() {
    let opens_at = |of_term: i32| {
        let mut desk = Desk::of(2, 5);
        desk.with(100, Node::promote);
        for from in [1, 3, 4, 5] {
            desk.would(110, from, true, level());
        }
        for from in [3, 4] {
            desk.votes(120, from, true, level());
        }
        let term = desk.node.ballot.term.saturating_add_signed(of_term);
        let reply = Message::VoteReply {
            term,
            granted: true,
            stepped_down: true,
            standing: level(),
        };
        desk.hear(130, 1, reply);
        desk.node.primary.as_ref().expect("it won").opens_at
    };
    assert_eq!(opens_at(0), Time::from_millis(130));
    assert_eq!(
        opens_at(-1),
        Time::from_millis(120 + PATIENCE_MS),
        "another term"
    );
}
