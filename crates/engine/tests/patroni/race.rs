//! R-PT-3: who may become leader.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::Limitation;
use replicascope_engine::scenario::{KillKind, Patroni, PatroniTags};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader};

fn tags(node: u8) -> PatroniTags {
    PatroniTags {
        node: n(node),
        nofailover: false,
        noloadbalance: false,
        nosync: false,
        replicatefrom: None,
    }
}

fn did_not_stand(cluster: &Cluster, node: u8, why: Limitation) -> bool {
    let said = EventKind::Manager(ManagerEvent::DoesNotStand { node: n(node), why });
    cluster.lab.when(|kind| *kind == said).is_some()
}

#[test]
fn r_pt_3_nofailover_never_becomes_leader() {
    for seed in 0..4 {
        let patroni = Patroni {
            tags: vec![PatroniTags {
                nofailover: true,
                ..tags(2)
            }],
            ..Patroni::default()
        };
        let mut cluster = Cluster::new(seed, patroni);
        cluster.wait_ms(20_000);
        cluster.kill(leader(), KillKind::PowerOff);
        cluster.wait_ms(50_000);
        assert_eq!(cluster.primary(), Some(n(3)), "{}", cluster.story());
        assert!(did_not_stand(&cluster, 2, Limitation::NoFailover));
        cluster.kill(n(3), KillKind::PowerOff);
        cluster.wait_ms(90_000);
        assert_eq!(cluster.primary(), None, "the only one left must not");
    }
}

#[test]
fn r_pt_3_the_replica_with_most_log_wins() {
    for seed in 0..4 {
        let mut cluster = Cluster::new(seed, Patroni::default());
        cluster.write_for_ms(20_000, |_| false);
        cluster.link(leader(), n(2), true);
        cluster.write_for_ms(1_000, |_| false);
        cluster.kill(leader(), KillKind::PowerOff);
        cluster.link(leader(), n(2), false);
        cluster.wait_ms(50_000);
        assert_eq!(cluster.primary(), Some(n(3)), "{}", cluster.story());
        assert!(cluster.lab.lost().len() <= 1, "what n3 had survives");
    }
}

#[test]
fn r_pt_3_a_replica_that_lags_more_than_allowed_does_not_stand() {
    for (limit, stands) in [(256 * 20, false), (256 * 2_000, true)] {
        let patroni = Patroni {
            maximum_lag_on_failover: limit,
            tags: vec![PatroniTags {
                nofailover: true,
                ..tags(3)
            }],
            ..Patroni::default()
        };
        let mut cluster = Cluster::new(1, patroni);
        cluster.wait_ms(15_000);
        cluster.link(leader(), n(2), true);
        // 400 records of 256 bytes; the position is in the store a round later.
        cluster.write_for_ms(20_000, |_| false);
        cluster.wait_ms(11_000);
        cluster.kill(leader(), KillKind::PowerOff);
        cluster.wait_ms(60_000);
        assert_eq!(
            cluster.primary() == Some(n(2)),
            stands,
            "{}",
            cluster.story()
        );
        assert_eq!(did_not_stand(&cluster, 2, Limitation::Lagging), !stands);
    }
}

#[test]
fn r_pt_3_nobody_stands_while_a_primary_is_reachable() {
    use replicascope_engine::scenario::{Service, ServiceAction};
    for seed in 0..3 {
        let mut cluster = Cluster::new(seed, Patroni::default());
        cluster.wait_ms(20_000);
        cluster.service(Service::Agent(leader()), ServiceAction::Freeze);
        let expired = EventKind::Manager(ManagerEvent::LeaseExpired { node: leader() });
        while cluster.lab.when(|kind| *kind == expired).is_none() {
            cluster.wait_ms(50);
        }
        // The others wait two seconds for its answer; thawed in time it says that it is primary, and gets its key back.
        cluster.wait_ms(500);
        cluster.service(Service::Agent(leader()), ServiceAction::Thaw);
        cluster.wait_ms(30_000);
        let alive = Limitation::PrimaryAlive(leader());
        let said = did_not_stand(&cluster, 2, alive) || did_not_stand(&cluster, 3, alive);
        assert!(said, "{}", cluster.story());
        assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
        assert_eq!(cluster.lab.simulation.outages().no_primary.0, 0);
    }
}

#[test]
fn tag_replicatefrom_names_the_upstream_unless_it_is_gone() {
    let patroni = Patroni {
        tags: vec![PatroniTags {
            replicatefrom: Some(n(2)),
            ..tags(3)
        }],
        ..Patroni::default()
    };
    let mut cluster = Cluster::new(3, patroni);
    cluster.write_for_ms(25_000, |_| false);
    let upstream = |cluster: &Cluster| cluster.lab.simulation.node(n(3)).upstream();
    assert_eq!(upstream(&cluster), Some(n(2)));
    assert!(cluster.lab.simulation.node(n(3)).streaming_from().is_some());
    cluster.kill(n(2), KillKind::PowerOff);
    cluster.wait_ms(60_000);
    assert_eq!(upstream(&cluster), Some(leader()), "{}", cluster.story());
}
