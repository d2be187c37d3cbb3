//! The health checks of the REST interface that a router asks.

use replicascope_engine::scenario::{KillKind, Patroni, PatroniTags, Service, ServiceAction};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader};

#[test]
fn primary_answers_only_while_the_agent_holds_the_lock() {
    let mut cluster = Cluster::new(1, Patroni::default());
    cluster.wait_ms(20_000);
    let says = |cluster: &Cluster, node| cluster.lab.simulation.rest_status(node);
    let first = says(&cluster, leader()).expect("the agent runs");
    assert!(first.primary && !first.replica);
    assert!(says(&cluster, n(2)).is_some_and(|status| !status.primary && status.replica));
    // Cut from the store: /primary says no once it has stepped down.
    for member in 0..3 {
        cluster.link(
            leader(),
            replicascope_engine::scenario::Endpoint::Store(member),
            true,
        );
    }
    cluster.wait_ms(30_000);
    assert!(says(&cluster, leader()).is_some_and(|status| !status.primary));
    cluster.wait_ms(20_000);
    let primaries =
        [1, 2, 3].map(|node| says(&cluster, n(node)).is_some_and(|status| status.primary));
    assert_eq!(primaries.iter().filter(|&&yes| yes).count(), 1);
}

#[test]
fn a_frozen_or_dead_agent_answers_nothing() {
    let mut cluster = Cluster::new(2, Patroni::default());
    cluster.wait_ms(20_000);
    cluster.service(Service::Agent(n(2)), ServiceAction::Freeze);
    cluster.service(Service::Agent(n(3)), ServiceAction::Kill);
    assert_eq!(cluster.lab.simulation.rest_status(n(2)), None);
    assert_eq!(cluster.lab.simulation.rest_status(n(3)), None);
    cluster.wait_ms(3_000);
    let believes = |node| cluster.lab.simulation.router().believes(node);
    assert!(!believes(n(2)).reachable && !believes(n(3)).reachable);
    assert!(believes(leader()).primary);
}

#[test]
fn the_router_follows_a_failover_by_the_health_checks() {
    let mut cluster = Cluster::new(3, Patroni::default());
    cluster.wait_ms(20_000);
    cluster.kill(leader(), KillKind::AllProcesses);
    cluster.wait_ms(1_000);
    assert_eq!(cluster.lab.simulation.waiting_ops(), 0);
    let op = cluster.lab.write(1);
    cluster.wait_ms(500);
    assert_eq!(cluster.lab.op(op).done_at, None, "nobody to send it to");
    cluster.wait_ms(40_000);
    let new = cluster.primary().expect("one leads");
    let op = cluster.lab.write(1);
    cluster.wait_ms(500);
    assert!(cluster.lab.simulation.router().believes(new).primary);
    assert!(cluster.lab.op(op).done_at.is_some(), "acked by {new}");
}

#[test]
fn tag_noloadbalance_and_the_lag_of_a_replica() {
    let patroni = Patroni {
        tags: vec![PatroniTags {
            noloadbalance: true,
            ..PatroniTags::of(n(3))
        }],
        ..Patroni::default()
    };
    let mut cluster = Cluster::new(4, patroni);
    cluster.write_for_ms(15_000, |_| false);
    cluster.link(leader(), n(2), true);
    cluster.write_for_ms(22_000, |_| false);
    let says = |node| cluster.lab.simulation.rest_status(node).expect("it runs");
    assert!(!says(n(3)).replica && says(n(2)).replica);
    // 12 s at least of 20 records a second of 256 bytes are in the position that the store has.
    assert!(says(n(2)).lag_bytes > 200 * 256, "{:?}", says(n(2)));
    assert_eq!(says(n(3)).lag_bytes, 0);
}
