//! R-RC-5: HAProxy's `inter`, `fall` and `rise`.

use replicascope_engine::event::{Backend, Failure, RoutingEvent};
use replicascope_engine::ids::NodeId;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Admin, Haproxy, KillKind, Routing};

use crate::lab::{Lab, n};
use crate::lagging;

fn lab(haproxy: Haproxy) -> Lab {
    Lab::new(&lagging(2, 0, Routing::Haproxy(haproxy))).at_ms(4_000)
}

/// When HAProxy changed its mind, in ms.
fn changes(lab: &Lab) -> Vec<(u64, NodeId, Backend, bool)> {
    let change = |(at, event): (replicascope_engine::time::Time, _)| match event {
        RoutingEvent::ServerChecked { node, backend, up } => {
            Some((at.0 / 1_000, node, backend, up))
        }
        _ => None,
    };
    lab.routed().into_iter().filter_map(change).collect()
}

#[test]
fn r_rc_5_three_failed_checks_take_a_server_out_and_two_passed_ones_bring_it_in() {
    // Checks at 0.25, 3.25, 6.25, 9.25, … s.
    let mut lab = lab(Haproxy::default());
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    lab.run_to_ms(5_000);
    lab.act(Action::Promote { node: n(2) });
    lab.admin(n(3), Admin::Follow { upstream: n(2) });
    let refused = lab.answered(0, 0);
    assert_ne!(lab.op(refused).status, Status::Open);
    let write = lab.write_by(0, 0);
    lab.run_to_ms(9_000);
    assert_eq!(
        lab.op(write).status,
        Status::Failed(Failure::Refused),
        "HAProxy does not look at what it forwards"
    );
    lab.run_to_ms(9_300);
    let nodes: Vec<NodeId> = (0..10)
        .map(|_| {
            let write = lab.write_by(0, 0);
            lab.node_of(write)
        })
        .collect();
    assert!(
        nodes.contains(&n(1)) && nodes.contains(&n(2)),
        "two servers are up: {nodes:?}"
    );
    lab.run_to_ms(13_000);
    assert_eq!(
        changes(&lab),
        [
            (9_252, n(2), Backend::Primary, true),
            (12_252, n(1), Backend::Primary, false),
            (12_252, n(2), Backend::Replica, false),
        ]
    );
    let write = lab.write_by(0, 0);
    lab.run_to_ms(13_100);
    assert_eq!(lab.op(write).status, Status::Acked);
}

#[test]
fn r_rc_5_a_check_without_an_answer_has_failed_when_the_next_one_is_due() {
    let mut lab = lab(Haproxy::default());
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(16_000);
    assert_eq!(changes(&lab), [(15_250, n(1), Backend::Primary, false)]);
    let write = lab.write_by(0, 0);
    assert_eq!(
        lab.op(write).status,
        Status::Failed(Failure::NoPrimary),
        "no server in the backend: the connection is closed at once"
    );
}

#[test]
fn r_rc_5_a_standby_with_too_much_unapplied_log_fails_the_check() {
    let mut lab = lab(Haproxy {
        lag: Some(10 * 256),
        ..Haproxy::default()
    });
    lab.admin(n(2), Admin::PauseReplay);
    for _ in 0..11 {
        lab.write_by(0, 0);
    }
    lab.run_to_ms(13_000);
    assert_eq!(changes(&lab), [(12_252, n(2), Backend::Replica, false)]);
    lab.admin(n(2), Admin::ResumeReplay);
    lab.run_to_ms(20_000);
    assert_eq!(changes(&lab)[1..], [(18_252, n(2), Backend::Replica, true)]);
}

#[test]
fn r_rc_5_without_a_replica_reads_go_to_the_primary() {
    let mut lab = lab(Haproxy::default());
    for node in [n(2), n(3)] {
        lab.kill(node);
    }
    lab.run_to_ms(20_000);
    let read = lab.answered(0, 0);
    assert_eq!(lab.node_of(read), n(1));
}
