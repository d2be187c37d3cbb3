//! R-RC-3, R-LW-6: read where the log is applied up to the session's position.

use replicascope_engine::event::{Failure, RoutingEvent};
use replicascope_engine::ids::{ClientId, Key};
use replicascope_engine::message::WaitResult;
use replicascope_engine::oracle::{Op, Status};
use replicascope_engine::scenario::{
    Action, Admin, CommitLevel, KillKind, LinkSettings, Mode, Postgresql, Routing, Token,
    TokenPosition,
};
use replicascope_engine::time::Span;

use crate::lab::{Lab, n, postgresql, quiet};
use crate::{at_random, lagging, one_lagging};

fn token(wait: Option<u64>) -> Token {
    Token {
        wait,
        ..Token::default()
    }
}

#[test]
fn r_rc_3_a_replica_waits_for_the_position_and_then_answers() {
    let mut lab = Lab::new(&lagging(2, 300, Routing::Token(token(Some(1_000))))).at_ms(1_000);
    let write = lab.acked(0, 0);
    let inserted = lab.op(write).issued_at;
    let read = lab.answered(0, 0);
    assert_ne!(lab.node_of(read), n(1));
    assert!(lab.op(read).verdict.is_fresh());
    let done = lab.op(read).done_at.expect("answered").since(inserted);
    assert!((Span(300_000)..Span(310_000)).contains(&done), "{done:?}");
    let other = lab.answered(1, 0);
    assert!(lab.op(other).verdict.is_fresh(), "it is applied by now");
}

#[test]
fn r_rc_3_where_the_wait_is_too_long_the_primary_answers() {
    for wait in [0, 100] {
        let routing = Routing::Token(token(Some(wait)));
        let mut lab = Lab::new(&lagging(2, 3_000, routing)).at_ms(1_000);
        lab.acked(0, 0);
        let read = lab.answered(0, 0);
        assert_eq!(lab.node_of(read), n(1));
        assert!(lab.op(read).verdict.is_fresh());
        let Span(latency) = lab.latency(read).expect("answered");
        // Asking for the position, the replica, the primary: three round trips of 2 ms and two executions of 200 µs.
        assert_eq!(latency, wait * 1_000 + 6_400);
        let ended = lab.routed().into_iter().any(|(_, event)| {
            matches!(event, RoutingEvent::ReadWaitEnded { op, result: WaitResult::Timeout, .. } if op == read)
        });
        assert!(ended);
    }
}

#[test]
fn r_rc_3_textbook_replicas_wait_as_well() {
    let read = |routing| {
        let mut scenario = quiet(Mode::Async, 10);
        scenario.settings.routing = routing;
        let mut lab = Lab::new(&scenario).at_ms(500);
        for node in 2..=5 {
            lab.act(Action::SetLink {
                from: n(1).into(),
                to: n(node).into(),
                link: LinkSettings {
                    delay_us: 400_000,
                    ..LinkSettings::default()
                },
            });
        }
        lab.acked(0, 0);
        let read = lab.answered(0, 0);
        assert_ne!(lab.node_of(read), n(1));
        lab.op(read).verdict.broke_read_your_writes
    };
    assert!(read(Routing::Plain));
    assert!(!read(Routing::Token(token(Some(1_000)))));
}

#[test]
fn r_rc_3_the_insert_position_can_point_past_what_is_flushed() {
    let wait = |position| {
        let mut scenario = postgresql(1, 10, Postgresql::default());
        scenario.settings.routing = Routing::Token(Token {
            position,
            wait: None,
            ..Token::default()
        });
        // A write at level off wakes the WAL writer, whose next round is 200 ms later.
        let mut lab = Lab::new(&scenario).at_ms(1_000);
        let asynchronous = Action::Write {
            client: ClientId(1),
            key: Key(1),
            value: None,
            node: None,
            synchronous_commit: Some(CommitLevel::Off),
        };
        lab.act(asynchronous.clone());
        lab.wait_ms(5);
        lab.write_by(0, 0);
        lab.wait_ms(3);
        // Another session's write at that level comes while the first one's position is asked for.
        lab.act(asynchronous);
        lab.wait_ms(2);
        let read = lab.answered(0, 0);
        assert!(!lab.op(read).verdict.broke_read_your_writes);
        let Span(latency) = lab.latency(read).expect("answered");
        latency / 1_000
    };
    let (insert, write) = (wait(TokenPosition::Insert), wait(TokenPosition::Write));
    assert!(write < 30, "{write} ms");
    assert!(
        (180..220).contains(&insert),
        "{insert} ms: until the WAL writer's next round"
    );
}

#[test]
fn r_rc_3_the_position_seen_keeps_reads_from_going_back() {
    let went_back = |keep_seen| {
        let routing = Routing::Token(Token {
            keep_seen,
            wait: Some(5_000),
            ..Token::default()
        });
        let mut lab = Lab::new(&at_random(one_lagging(700, routing))).at_ms(1_000);
        for _ in 0..40 {
            lab.write_by(0, 0);
            lab.wait_ms(40);
            lab.answered(1, 0);
        }
        lab.simulation.oracle().totals().broke_monotonic_reads
    };
    assert!(went_back(false) > 5);
    assert_eq!(went_back(true), 0);
}

#[test]
fn r_rc_3_a_position_that_nobody_could_tell_leaves_only_the_primary() {
    let mut scenario = lagging(2, 1_000, Routing::Token(Token::default()));
    scenario.settings.timers.client_timeout_us = 500_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.acked(0, 0);
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    let read = lab.read_by(0, 0);
    lab.wait_ms(1_000);
    let status = lab.op(read).status;
    assert_eq!(
        status,
        Status::Failed(Failure::NoPrimary),
        "rather than a stale answer"
    );
}

/// Session 0 has the position of three writes that failover lost; session 1 has written as many since, on the new primary.
/// What came of session 0's next read.
fn after_a_failover(timelines: bool) -> (Lab, Op) {
    let mut scenario = postgresql(2, 10, Postgresql::default());
    scenario.settings.routing = Routing::Token(Token {
        timelines,
        ..Token::default()
    });
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.acked(0, 0);
    lab.wait_ms(200);
    lab.act(Action::Isolate { node: n(1) });
    for _ in 0..3 {
        lab.acked(0, 0);
    }
    lab.wait_ms(50);
    lab.kill(n(1));
    lab.act(Action::Promote { node: n(2) });
    lab.admin(n(3), Admin::Follow { upstream: n(2) });
    lab.wait_ms(1_500);
    for key in 1..4 {
        lab.acked(1, key);
    }
    lab.wait_ms(500);
    let read = lab.answered(0, 0);
    let op = lab.op(read);
    (lab, op)
}

#[test]
fn r_lw_6_a_number_alone_is_reached_by_other_writes() {
    let (lab, read) = after_a_failover(false);
    assert_eq!(lab.lost().len(), 3);
    assert_eq!(read.node, Some(n(3)));
    assert!(read.verdict.broke_read_your_writes, "and nobody says so");
    let told = |(_, event)| matches!(event, RoutingEvent::TokenLost { .. });
    assert!(!lab.routed().into_iter().any(told));
}

#[test]
fn r_lw_6_with_its_timeline_a_lost_position_is_found_out() {
    let (lab, read) = after_a_failover(true);
    assert_eq!(
        read.node,
        Some(n(2)),
        "the primary, once the position was found lost"
    );
    let told = |(_, event)| matches!(event, RoutingEvent::TokenLost { .. });
    assert!(lab.routed().into_iter().any(told));
}
