//! When a winner opens: everything replayed, an older lease over, its own lease given.

use super::*;
use crate::ids::Lsn;
use crate::message::ReplyAt;
use crate::node::Context;
use crate::node::desk::{Desk, FIRST, PATIENCE_MS, alarms, n, set};
use crate::node::effects::Effect;
use crate::node::wal::Record;

fn opened(out: &[Effect]) -> bool {
    out.iter()
        .any(|effect| matches!(effect, Effect::Event(EventKind::Promoted { .. })))
}

/// n2 of five wins at 2 s and may open at this instant.
fn winner(opens_ms: u64) -> (Desk, Vec<Effect>) {
    let mut desk = Desk::of(2, 5);
    let out = wins(&mut desk, opens_ms);
    (desk, out)
}

fn wins(desk: &mut Desk, opens_ms: u64) -> Vec<Effect> {
    let opens_at = Time::from_millis(opens_ms);
    desk.with(2_000, |node: &mut Node, cx: &mut Context<'_>| {
        node.take_over(cx, 2, set(&[2, 3, 4]), opens_at);
    })
}

#[test]
fn a_winner_opens_with_a_lease_from_a_majority_and_not_at_the_instant_it_ends() {
    let (mut desk, out) = winner(2_000);
    assert!(!opened(&out), "nobody has promised anything");
    assert!(!opened(&desk.answers(2_010, 3, 0)), "one of five");
    assert!(opened(&desk.answers(2_020, 4, 0)));

    let (mut desk, _) = winner(9_000);
    for from in [3, 4] {
        desk.answers(2_000, from, 0);
    }
    let until = 2_000 + PATIENCE_MS;
    let primary = desk.node.primary.as_mut().expect("it won");
    primary.opens_at = Time::ZERO;
    assert!(!opened(&desk.wake(until, Timer::Opens)));
    assert!(opened(&desk.wake(until - 1, Timer::Opens)));
}

#[test]
fn without_fencing_nobody_needs_a_lease() {
    let mut desk = Desk::of(2, 5);
    desk.settings.fencing = false;
    assert!(opened(&wins(&mut desk, 2_000)));
}

#[test]
fn a_winner_waits_for_the_lease_that_it_did_not_meet_and_sets_an_alarm_for_its_end() {
    let opens = |out: &[Effect]| alarms(out, |timer| *timer == Timer::Opens);
    assert_eq!(opens(&winner(2_000).1), [], "there is none to wait for");
    let (mut desk, out) = winner(3_000);
    assert_eq!(opens(&out), [Time::from_millis(3_000)]);
    for from in [3, 4] {
        assert!(!opened(&desk.answers(2_900, from, 0)));
    }
    assert!(!opened(&desk.wake(2_999, Timer::Opens)));
    assert!(opened(&desk.wake(3_000, Timer::Opens)));
}

#[test]
fn r_pg_15_a_winner_replays_all_it_has_before_it_opens() {
    let mut desk = Desk::of(2, 5);
    desk.settings.fencing = false;
    let records = [1, 2].map(|lsn| Record {
        lsn: Lsn(lsn),
        timeline: FIRST,
        version: lsn as u32,
        ..Record::default()
    });
    desk.with(1_000, |node, cx| {
        node.on_wal(cx, n(1), FIRST, Lsn::ZERO, &records, ReplyAt::Flush);
    });
    let out = wins(&mut desk, 2_000);
    assert!(!opened(&out), "received, not flushed");
    assert!(!opened(&desk.wake(2_001, Timer::Flushed)), "flushed");
    assert!(!opened(&desk.wake(2_002, Timer::JobDone)), "one of two");
    assert!(opened(&desk.wake(2_003, Timer::JobDone)));
    assert_eq!(desk.node.positions().replay, Lsn(2));
}
