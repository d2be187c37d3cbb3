//! Reads: what the router believed, what the session did not know, why the replica was behind.

use replicascope_engine::event::{EventKind, RoutingEvent};
use replicascope_engine::message::{Refusal, WaitResult};
use replicascope_engine::scenario::{
    Action, Admin, Mysql, Pin, Postgresql, Proxysql, Routing, Scenario, Token,
};
use replicascope_engine::time::Span;
use replicascope_engine::why::{Explanation, Part, Question, Routed, Step, Verdict, Whereabouts};

use crate::lab::{Lab, mysql, n, postgresql};
use crate::{ask, assert_fault, assert_in_order, is_fault};

/// One standby that applies everything 3.5 s late.
fn late(routing: Routing) -> Scenario {
    let settings = Postgresql {
        recovery_min_apply_delay: 3_500,
        ..Postgresql::default()
    };
    let mut scenario = postgresql(1, 10, settings);
    scenario.settings.routing = routing;
    scenario
}

fn read_by(lab: &mut Lab, client: u16) -> Explanation {
    use replicascope_engine::ids::{ClientId, Key};
    lab.act(Action::Read {
        client: ClientId(client),
        key: Key(0),
        node: None,
    });
    let newest = lab.simulation.oracle().ops().next_back();
    let read = newest.expect("issued").id;
    lab.wait_ms(700);
    ask(lab, Question::Op(read))
}

fn routed(why: &Explanation) -> Option<Routed> {
    why.steps.iter().find_map(|step| match step.part {
        Part::Routed { why, .. } => Some(why),
        _ => None,
    })
}

#[test]
fn a_pin_that_is_over_and_one_that_holds_for_another_session() {
    let mut lab = Lab::new(&late(Routing::Pin(Pin::RAILS))).at_ms(1_000);
    lab.write(0);
    lab.wait_ms(2_500);
    let why = read_by(&mut lab, 0);
    assert!(matches!(why.verdict, Verdict::Stale { .. }), "{why:#?}");
    // Acked after 3.2 ms.
    let (ago, delay) = (Span(2_496_800), Span::from_secs(2));
    assert_eq!(routed(&why), Some(Routed::PinExpired { ago, delay }));
    let late_by = Whereabouts::HeldBack(Span::from_millis(3_500));
    let answered = |step: &Step| matches!(step.part, Part::Answered { lacks: Some((_, place)), .. } if place == late_by);
    assert_in_order(&why, &[&answered]);
    let why = read_by(&mut lab, 1);
    assert_eq!(routed(&why), Some(Routed::NotPinned));
}

#[test]
fn a_session_without_the_position_and_one_whose_wait_was_too_long() {
    let token = Token {
        wait: Some(500),
        ..Token::default()
    };
    let mut lab = Lab::new(&late(Routing::Token(token))).at_ms(1_000);
    lab.write(0);
    lab.wait_ms(100);
    let why = read_by(&mut lab, 1);
    assert_eq!(routed(&why), Some(Routed::NoPosition));
    let why = read_by(&mut lab, 0);
    assert_eq!(why.verdict, Verdict::Fresh { node: n(1) });
    let waits = |step: &Step| {
        matches!(
            step.event.kind,
            EventKind::Routing(RoutingEvent::ReadWaits { .. })
        )
    };
    let gave_up = |step: &Step| matches!(step.event.kind, EventKind::Routing(RoutingEvent::ReadWaitEnded { result, .. }) if result == WaitResult::Timeout);
    assert_in_order(&why, &[&waits, &gave_up]);
}

#[test]
fn a_router_believes_what_it_last_heard_and_that_was_long_ago() {
    let mut scenario = mysql(1, 10, Mysql::default());
    scenario.settings.routing = Routing::Proxysql(Proxysql {
        max_replication_lag: 2,
        ..Proxysql::default()
    });
    let mut lab = Lab::new(&scenario).at_ms(11_000);
    lab.admin(n(2), Admin::PauseReplay);
    lab.write(0);
    lab.run_to_ms(19_000);
    let why = read_by(&mut lab, 0);
    // Asked at 10 s, and the answer took 2 ms to come and go.
    let believed = Routed::Believed {
        behind: Some(Span::ZERO),
        unapplied: 0,
        age: Span(8_998_000),
    };
    assert_eq!(routed(&why), Some(believed));
    assert_fault(&why, |what| matches!(what, EventKind::Action { .. }));
    let paused = |step: &Step| {
        let (node, paused) = (n(2), true);
        step.event.kind == EventKind::ReplayPaused { node, paused }
    };
    assert_in_order(&why, &[&is_fault, &paused]);
}

#[test]
fn a_plain_router_asks_nobody_and_a_person_asks_no_router() {
    let mut lab = Lab::new(&late(Routing::Plain)).at_ms(1_000);
    lab.write(0);
    lab.wait_ms(100);
    let why = read_by(&mut lab, 0);
    assert_eq!(routed(&why), Some(Routed::Unasked));
    let read = lab.read(0, Some(n(2)));
    lab.wait_ms(100);
    assert_eq!(routed(&ask(&lab, Question::Op(read))), None);
}

#[test]
fn a_standby_that_may_not_follow_leads_back_to_what_kept_it_away() {
    let settings = Postgresql {
        checkpoint_timeout: 30,
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 5, settings)).at_ms(1_000);
    lab.kill(n(2));
    for _ in 0..90 {
        lab.write(0);
        lab.wait_ms(1_000);
    }
    lab.restart(n(2));
    lab.wait_ms(1_000);
    let read = lab.read(0, Some(n(2)));
    lab.wait_ms(100);
    let why = ask(&lab, Question::Op(read));
    let refused = |step: &Step| matches!(step.event.kind, EventKind::CannotFollow { why, .. } if why == Refusal::LogRemoved);
    assert_in_order(&why, &[&is_fault, &refused]);
    assert_fault(&why, |what| *what == EventKind::Killed { node: n(2) });
}

#[test]
fn an_errant_row_is_told_with_the_rejoin_that_kept_it() {
    let mut lab = Lab::new(&mysql(1, 5, Mysql::default())).at_ms(1_000);
    lab.write_at(1, n(1), None);
    lab.wait_ms(500);
    lab.act(Action::Isolate { node: n(1) });
    lab.write_at(6, n(1), None);
    lab.wait_ms(500);
    lab.kill_process(n(1));
    lab.promote(n(2));
    lab.wait_ms(500);
    lab.act(Action::Reconnect { node: n(1) });
    lab.restart(n(1));
    lab.wait_ms(500);
    lab.follow(n(1), n(2));
    lab.wait_ms(2_000);
    let read = lab.read(6, Some(n(1)));
    lab.wait_ms(10);
    let why = ask(&lab, Question::Op(read));
    assert_eq!(why.verdict, Verdict::Phantom { node: n(1) });
    let kept =
        |step: &Step| matches!(step.event.kind, EventKind::ErrantKept { node, .. } if node == n(1));
    let answered = |step: &Step| matches!(step.part, Part::Answered { .. });
    assert_in_order(&why, &[&is_fault, &kept, &answered]);
}
