//! The scenarios of the corpus that run under Patroni show what their names say.

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::Scenario;
use replicascope_engine::time::Time;

use crate::lab::n;
use crate::lab::patroni::Cluster;

fn run(text: &str) -> Cluster {
    let scenario = Scenario::from_json(text).expect("valid");
    let mut cluster = Cluster::of(&scenario);
    cluster.lab.simulation.advance_to(Time::from_secs(20));
    cluster
}

fn promoted(cluster: &Cluster) -> Vec<NodeId> {
    let events = cluster.lab.simulation.trace().milestones();
    events
        .filter_map(|event| match event.kind {
            EventKind::Promoted { node, .. } => Some(node),
            _ => None,
        })
        .collect()
}

#[test]
fn patroni_leader_dies_and_is_replaced() {
    let text = include_str!("../../../../tests/corpus/patroni_leader_dies_and_is_replaced.json");
    let cluster = run(text);
    assert_eq!(promoted(&cluster).len(), 1, "{}", cluster.story());
    assert!(
        cluster.primary().is_some_and(|node| node != n(1)),
        "{}",
        cluster.story()
    );
}

#[test]
fn patroni_restarts_in_place_and_fails_over() {
    let text =
        include_str!("../../../../tests/corpus/patroni_restarts_in_place_and_fails_over.json");
    let cluster = run(text);
    // Its host is back before its lease ends, so it leads again.
    assert_eq!(promoted(&cluster), [n(2), n(2)], "{}", cluster.story());
    let reset = EventKind::HostReset { node: n(2) };
    assert!(
        cluster.lab.when(|kind| *kind == reset).is_some(),
        "{}",
        cluster.story()
    );
    assert_eq!(cluster.lab.lost(), []);
}
