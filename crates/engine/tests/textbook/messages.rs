//! Links, and single messages that a person lays hands on.

use replicascope_engine::event::{EventKind, NoEffect};
use replicascope_engine::ids::MessageId;
use replicascope_engine::message::MessageKind;
use replicascope_engine::scenario::{Action, Mode};
use replicascope_engine::time::Time;

use crate::lab::{Lab, n, quiet};

/// A lab with a write whose log record is on its way to n2.
fn record_on_its_way() -> (Lab, MessageId) {
    let mut lab = Lab::new(&quiet(Mode::Async, 50)).at_ms(500);
    lab.write(3);
    lab.run_to_ms(510);
    let mut in_flight = lab.simulation.network().in_flight();
    let record = in_flight
        .find(|message| message.message.kind() == MessageKind::Wal && message.to == n(2).into());
    let id = record.expect("on its way").id;
    drop(in_flight);
    (lab, id)
}

fn has_it(lab: &Lab) -> bool {
    lab.simulation.node(n(2)).tip().lsn.0 == 1
}

#[test]
fn a_dropped_record_is_missed_and_sent_again() {
    let (mut lab, message) = record_on_its_way();
    lab.act(Action::DropMessage { message });
    lab.run_to_ms(600);
    assert!(!has_it(&lab));
    // The next heartbeat says how much was sent; the replica answers that there is a gap.
    lab.run_to_ms(1_000);
    assert!(has_it(&lab));
    lab.act(Action::DropMessage { message });
    let refused = |kind: &EventKind| {
        *kind
            == EventKind::ActionHadNoEffect {
                why: NoEffect::NoSuchMessage,
            }
    };
    assert!(lab.when(refused).is_some());
}

#[test]
fn a_held_record_arrives_when_it_is_released() {
    let (mut lab, message) = record_on_its_way();
    lab.act(Action::HoldMessage { message });
    lab.run_to_ms(580);
    assert!(!has_it(&lab));
    assert!(
        lab.simulation
            .network()
            .find(message)
            .is_some_and(|message| message.held)
    );
    lab.act(Action::ReleaseMessage { message });
    lab.run_to_ms(581);
    assert!(has_it(&lab));
}

#[test]
fn a_record_may_be_late_or_come_twice() {
    let (mut lab, message) = record_on_its_way();
    lab.act(Action::DuplicateMessage { message });
    lab.act(Action::DelayMessage {
        message,
        by_us: 30_000,
    });
    lab.run_to_ms(700);
    assert!(has_it(&lab));
    let delivered = lab.simulation.trace().events().filter(|event| {
        matches!(event.kind, EventKind::Delivered { kind: MessageKind::Wal, to, .. } if to == n(2).into())
    });
    assert_eq!(delivered.count(), 2);
    assert_eq!(
        lab.simulation.node(n(2)).table().rows()[3].version,
        1,
        "applied once"
    );
}

#[test]
fn loss_delays_and_keeps_order() {
    let mut scenario = quiet(Mode::Async, 20);
    scenario.cluster.node_link.loss_ppm = 300_000;
    scenario.cluster.node_link.jitter_us = 15_000;
    let mut lab = Lab::new(&scenario).at_ms(100);
    for key in 0..12 {
        lab.write(key);
        lab.run_to_ms(110 + u64::from(key) * 10);
    }
    lab.run_to_ms(9_000);
    assert!(
        lab.when(|kind| matches!(kind, EventKind::Retransmitted { .. }))
            .is_some()
    );
    for node in lab.simulation.nodes() {
        assert_eq!(node.tip().lsn.0, 12, "{}", node.id());
    }
    let mut last = [Time::ZERO; 5];
    let mut numbers = [0; 5];
    for event in lab.simulation.trace().events() {
        if let EventKind::Delivered {
            message, from, to, ..
        } = event.kind
            && from == n(1).into()
            && let replicascope_engine::scenario::Endpoint::Node(to) = to
        {
            assert!(
                event.at >= last[to.index()] && message.0 > numbers[to.index()],
                "overtaken on the way to {to}"
            );
            (last[to.index()], numbers[to.index()]) = (event.at, message.0);
        }
    }
}

#[test]
fn a_cut_in_one_direction_stops_that_direction() {
    let mut lab = Lab::new(&quiet(Mode::Async, 20)).at_ms(100);
    lab.act(Action::CutLink {
        from: n(2).into(),
        to: n(1).into(),
    });
    lab.write(0);
    lab.run_to_ms(400);
    assert_eq!(
        lab.simulation.node(n(2)).positions().replay.0,
        1,
        "it still receives"
    );
    let follower = lab
        .simulation
        .node(n(1))
        .follower(n(2))
        .expect("n1 is primary");
    assert_eq!(follower.acked.flush.0, 0, "but it is not heard");
}
