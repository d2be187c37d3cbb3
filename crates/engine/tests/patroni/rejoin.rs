//! R-PT-10, R-LW-3: the old primary returns with log that nobody else has.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::node::Role;
use replicascope_engine::scenario::{Action, KillKind, Patroni, PatroniTags};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader};

/// The leader takes writes that no standby gets, dies, is replaced, and comes back.
fn comes_back(patroni: Patroni) -> Cluster {
    let mut cluster = Cluster::new(1, patroni);
    cluster.write_for_ms(20_000, |_| false);
    for node in [n(2), n(3)] {
        cluster.link(leader(), node, true);
    }
    cluster.write_for_ms(1_000, |_| false);
    cluster.kill(leader(), KillKind::PowerOff);
    cluster.write_for_ms(40_000, |_| false);
    for node in [n(2), n(3)] {
        cluster.link(leader(), node, false);
    }
    assert_eq!(cluster.lost_of(leader()), 20, "{}", cluster.story());
    cluster.lab.restart(leader());
    cluster.wait_ms(60_000);
    cluster
}

fn happened(cluster: &Cluster, event: ManagerEvent) -> bool {
    cluster
        .lab
        .when(|kind| *kind == EventKind::Manager(event))
        .is_some()
}

#[test]
fn r_pt_10_it_is_rewound_when_that_is_allowed_and_possible() {
    let cluster = comes_back(Patroni {
        use_pg_rewind: true,
        ..Patroni::default()
    });
    let node = cluster.lab.simulation.node(leader());
    assert_eq!(node.role(), Role::Replica, "{}", cluster.story());
    assert!(happened(&cluster, ManagerEvent::Rewinds { node: leader() }));
    let rewound = |kind: &EventKind| matches!(kind, EventKind::Rewound { erased: 20, .. });
    assert!(cluster.lab.when(rewound).is_some());
}

#[test]
fn r_pt_10_else_it_is_wiped_and_filled_when_that_is_allowed() {
    let cluster = comes_back(Patroni {
        remove_data_directory_on_diverged_timelines: true,
        ..Patroni::default()
    });
    let node = cluster.lab.simulation.node(leader());
    assert_eq!(node.role(), Role::Replica, "{}", cluster.story());
    assert!(happened(
        &cluster,
        ManagerEvent::Reinitializes { node: leader() }
    ));
    let filled = |kind: &EventKind| matches!(kind, EventKind::BackupRestored { .. });
    assert!(cluster.lab.when(filled).is_some());
}

#[test]
fn r_pt_10_else_it_stays_a_broken_replica() {
    let mut cluster = comes_back(Patroni::default());
    assert_eq!(cluster.lab.simulation.node(leader()).role(), Role::Demoted);
    assert!(happened(
        &cluster,
        ManagerEvent::StaysDiverged { node: leader() }
    ));
    // R-LW-3: it is refused for as long as nobody helps it.
    cluster.wait_ms(120_000);
    assert_eq!(cluster.lab.simulation.node(leader()).role(), Role::Demoted);
    assert!(
        cluster
            .lab
            .simulation
            .node(leader())
            .streaming_from()
            .is_none()
    );
}

#[test]
fn r_pt_10_a_node_whose_disk_is_gone_is_filled_from_the_leader() {
    let mut cluster = Cluster::new(2, Patroni::default());
    cluster.write_for_ms(15_000, |_| false);
    for node in [n(3), leader()] {
        cluster.lab.act(Action::LoseHost { node });
        cluster.wait_ms(45_000);
        cluster.lab.restart(node);
        cluster.wait_ms(45_000);
        assert_eq!(
            cluster.lab.simulation.node(node).role(),
            Role::Replica,
            "{}",
            cluster.story()
        );
        let primary = cluster.primary().expect("one leads");
        let tips = [node, primary].map(|node| cluster.lab.simulation.node(node).tip());
        assert_eq!(tips[0], tips[1]);
    }
}

#[test]
fn r_pt_10_a_rewind_whose_source_dies_is_begun_again_from_the_next_leader() {
    let mut cluster = comes_back(Patroni::default());
    let first = cluster.primary().expect("one leads");
    cluster.lab.act(Action::Set(
        replicascope_engine::scenario::Setting::Manager(
            replicascope_engine::scenario::Manager::Patroni(Box::new(Patroni {
                use_pg_rewind: true,
                ..Patroni::default()
            })),
        ),
    ));
    let rewinds = EventKind::Manager(ManagerEvent::Rewinds { node: leader() });
    while cluster.lab.when(|kind| *kind == rewinds).is_none() {
        cluster.wait_ms(1);
    }
    cluster.kill(first, KillKind::PowerOff);
    cluster.wait_ms(90_000);
    let second = cluster.primary().expect("another leads");
    assert_ne!(second, first);
    let node = cluster.lab.simulation.node(leader());
    assert!(
        second == leader() || node.role() == Role::Replica,
        "{}",
        cluster.story()
    );
}

#[test]
fn an_empty_disk_is_filled_from_whoever_leads_by_then() {
    let mut cluster = Cluster::new(3, Patroni::default());
    cluster.write_for_ms(5_000, |_| false);
    cluster.lab.act(Action::LoseHost { node: n(3) });
    cluster.link(leader(), n(3), true);
    cluster.lab.restart(n(3));
    // Its agent has asked the leader for a copy, in vain.
    cluster.wait_ms(15_000);
    cluster.kill(leader(), KillKind::PowerOff);
    cluster.wait_ms(90_000);
    assert_eq!(cluster.primary(), Some(n(2)), "{}", cluster.story());
    let node = cluster.lab.simulation.node(n(3));
    assert_eq!(node.role(), Role::Replica, "{}", cluster.story());
    assert_eq!(node.tip(), cluster.lab.simulation.node(n(2)).tip());
}

#[test]
fn r_pt_10_an_empty_member_is_filled_from_one_that_is_tagged_clonefrom() {
    for (tagged, source) in [(true, n(2)), (false, leader())] {
        let patroni = Patroni {
            tags: vec![PatroniTags {
                clonefrom: tagged,
                ..PatroniTags::of(n(2))
            }],
            ..Patroni::default()
        };
        let mut cluster = Cluster::new(2, patroni);
        cluster.write_for_ms(15_000, |_| false);
        cluster.lab.act(Action::LoseHost { node: n(3) });
        cluster.wait_ms(45_000);
        cluster.lab.restart(n(3));
        let status = |cluster: &Cluster| {
            let now = cluster.now();
            let status = cluster.lab.simulation.node(n(3)).server_status(now);
            status.expect("a server")
        };
        let mut from = None;
        for _ in 0..200 {
            cluster.wait_ms(100);
            from = from.or(status(&cluster).rebuilt_from);
        }
        assert_eq!(from, Some(source), "{}", cluster.story());
        let node = cluster.lab.simulation.node(n(3));
        assert_eq!(node.upstream(), Some(leader()), "{}", cluster.story());
        assert!(node.streaming_from().is_some());
    }
}
