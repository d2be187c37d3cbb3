//! R-RC-4: balancing by lot, and a session that keeps its replica.

use replicascope_engine::event::RoutingEvent;
use replicascope_engine::ids::ClientId;
use replicascope_engine::scenario::Routing;

use crate::lab::{Lab, n};
use crate::{at_random, one_lagging};

/// How many reads of session 1 went back, while session 0 writes.
fn went_back(routing: Routing) -> u64 {
    let mut lab = Lab::new(&at_random(one_lagging(1_000, routing))).at_ms(1_000);
    for _ in 0..60 {
        lab.write_by(0, 0);
        lab.wait_ms(25);
        lab.read_by(1, 0);
        lab.wait_ms(25);
    }
    lab.wait_ms(500);
    let totals = lab.simulation.oracle().totals();
    assert_eq!(totals.fresh_reads + totals.stale_reads, 60);
    totals.broke_monotonic_reads
}

#[test]
fn r_rc_4_random_balancing_breaks_monotonic_reads_and_a_sticky_replica_does_not() {
    assert!(went_back(Routing::Plain) > 10);
    assert_eq!(went_back(Routing::Sticky), 0);
}

#[test]
fn r_rc_4_a_sticky_replica_helps_until_it_is_lost() {
    let mut lab = Lab::new(&one_lagging(2_000, Routing::Sticky)).at_ms(1_000);
    let first = lab.answered(1, 0);
    assert_eq!(lab.node_of(first), n(2));
    lab.acked(0, 0);
    lab.wait_ms(100);
    let second = lab.answered(1, 0);
    assert_eq!(lab.node_of(second), n(2));
    assert!(lab.op(second).verdict.is_fresh());
    lab.kill(n(2));
    lab.wait_ms(1_500);
    let third = lab.answered(1, 0);
    assert_eq!(lab.node_of(third), n(3));
    assert!(lab.op(third).verdict.broke_monotonic_reads);
    let moved = RoutingEvent::SessionMoved {
        client: ClientId(1),
        from: n(2),
        to: n(3),
    };
    assert!(lab.routed().iter().any(|&(_, event)| event == moved));
    lab.restart(n(2));
    lab.wait_ms(3_000);
    let fourth = lab.answered(1, 0);
    assert_eq!(lab.node_of(fourth), n(3), "it stays where it is");
}
