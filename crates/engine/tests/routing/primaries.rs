//! What each router does when more than one node claims to be primary.

use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{
    Action, Haproxy, Maxscale, Pgpool, Proxysql, Routing, Scenario,
};

use crate::lab::{Lab, n};
use crate::{lagging, mariadb};

/// Where ten writes go once n2 was promoted beside n1.
fn writers(mut scenario: Scenario, fencing: bool) -> Vec<NodeId> {
    scenario.settings.fencing = fencing;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.acked(0, 0);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(10_000);
    assert_eq!(lab.simulation.writers().len(), 2);
    let mut nodes: Vec<NodeId> = (0..10)
        .map(|_| {
            let write = lab.write_by(0, 0);
            lab.node_of(write)
        })
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

#[test]
fn plain_routing_takes_the_newest_timeline_with_fencing_and_all_without() {
    assert_eq!(writers(lagging(2, 0, Routing::Plain), true), [n(2)]);
    assert_eq!(writers(lagging(2, 0, Routing::Plain), false), [n(1), n(2)]);
}

#[test]
fn proxysql_and_haproxy_spread_over_all_whatever_fencing_says() {
    let proxysql = || mariadb(2, 1, Routing::Proxysql(Proxysql::default()));
    let haproxy = || lagging(2, 0, Routing::Haproxy(Haproxy::default()));
    for fencing in [true, false] {
        assert_eq!(writers(proxysql(), fencing), [n(1), n(2)]);
        assert_eq!(writers(haproxy(), fencing), [n(1), n(2)]);
    }
}

#[test]
fn maxscale_keeps_to_its_primary_and_pgpool_takes_the_first() {
    let maxscale = || mariadb(2, 1, Routing::Maxscale(Maxscale::default()));
    let pgpool = || lagging(2, 0, Routing::Pgpool(Pgpool::default()));
    for fencing in [true, false] {
        assert_eq!(writers(maxscale(), fencing), [n(1)]);
        assert_eq!(writers(pgpool(), fencing), [n(1)]);
    }
}

#[test]
fn maxscale_takes_the_next_primary_once_its_own_is_gone() {
    let routing = Routing::Maxscale(Maxscale::default());
    let mut lab = Lab::new(&mariadb(2, 1, routing)).at_ms(1_000);
    lab.acked(0, 0);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(3_000);
    lab.kill(n(1));
    lab.run_to_ms(6_000);
    let write = lab.acked(0, 0);
    assert_eq!(lab.node_of(write), n(2));
    lab.restart(n(1));
    lab.run_to_ms(9_000);
    let write = lab.acked(0, 0);
    assert_eq!(lab.node_of(write), n(2), "and keeps to that one");
}
