//! The consensus store: R-PT-2, R-PT-5.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::store::StoreRole;
use replicascope_engine::scenario::{Endpoint, Patroni, Service, ServiceAction};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader};

fn three() -> Patroni {
    Patroni {
        use_pg_rewind: true,
        ..Patroni::default()
    }
}

fn store_leader(cluster: &Cluster) -> Option<u8> {
    let leads = |&index: &u8| {
        let role = cluster.lab.simulation.store_role(index);
        let service = Service::Store(index);
        let up = cluster.lab.simulation.service_health(service);
        role.is_some_and(|(role, _)| role == StoreRole::Leader)
            && up == Some(replicascope_engine::world::Health::Up)
    };
    (0..5).find(leads)
}

#[test]
fn r_pt_2_the_store_elects_another_leader_and_the_lease_survives() {
    for what in [ServiceAction::Kill, ServiceAction::Freeze] {
        let mut cluster = Cluster::new(1, three());
        cluster.wait_ms(20_000);
        assert_eq!(store_leader(&cluster), Some(0));
        cluster.service(Service::Store(0), what);
        cluster.wait_ms(5_000);
        let next = store_leader(&cluster);
        assert!(next.is_some_and(|index| index != 0), "{next:?}");
        let at = cluster.now();
        cluster.wait_ms(60_000);
        assert!(cluster.last_renewal(leader(), cluster.now()) > at);
        assert_eq!(cluster.primary(), Some(leader()));
        assert_eq!(cluster.lab.simulation.outages().no_primary.0, 0);
        let back = match what {
            ServiceAction::Kill => ServiceAction::Restart,
            _ => ServiceAction::Thaw,
        };
        cluster.service(Service::Store(0), back);
        cluster.wait_ms(30_000);
        let leaders = (0..3).filter(|&index| {
            let role = cluster.lab.simulation.store_role(index);
            role.is_some_and(|(role, _)| role == StoreRole::Leader)
        });
        assert_eq!(leaders.count(), 1, "the old leader follows");
        assert_eq!(cluster.primary(), Some(leader()));
    }
}

#[test]
fn r_pt_5_without_a_majority_of_the_store_the_leader_steps_down_until_it_is_back() {
    let mut cluster = Cluster::new(2, three());
    cluster.wait_ms(20_000);
    for member in [0, 1] {
        cluster.service(Service::Store(member), ServiceAction::Kill);
    }
    cluster.wait_ms(40_000);
    assert_eq!(cluster.primary(), None, "{}", cluster.story());
    cluster.service(Service::Store(1), ServiceAction::Restart);
    cluster.wait_ms(15_000);
    assert!(cluster.primary().is_some(), "{}", cluster.story());
    assert_eq!(cluster.lab.simulation.outages().split_brain.0, 0);
}

#[test]
fn r_pt_5_an_agent_tries_the_next_member_when_its_own_does_not_answer() {
    let mut cluster = Cluster::new(3, three());
    cluster.wait_ms(20_000);
    for member in [0, 1] {
        cluster.link(leader(), Endpoint::Store(member), true);
    }
    cluster.wait_ms(120_000);
    assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
    assert_eq!(cluster.lab.simulation.outages().no_primary.0, 0);
}

#[test]
fn r_pt_5_cut_from_every_member_of_three_it_steps_down_before_its_lease_ends() {
    for seed in 0..6 {
        let mut cluster = Cluster::new(seed, three());
        cluster.wait_ms(20_000 + 1_500 * seed);
        let renewed = cluster.last_renewal(leader(), cluster.now());
        for member in 0..3 {
            cluster.link(leader(), Endpoint::Store(member), true);
        }
        let cut = cluster.now();
        cluster.wait_ms(45_000);
        let demotes = cluster
            .when_after(cut, |kind| {
                matches!(kind, EventKind::Manager(ManagerEvent::Demotes { .. }))
            })
            .expect("it steps down");
        // 10 s to its next round, 3.3 + 2 × 1.7 s for the members, 3 × 1.7 s for their list.
        let after = demotes.since(renewed).as_millis_f64() / 1_000.0;
        assert!((21.5..22.0).contains(&after), "{after} s");
        let new = cluster.primary().expect("another took over");
        assert_ne!(new, leader());
        assert_eq!(cluster.lab.simulation.outages().split_brain.0, 0);
    }
}

#[test]
fn a_member_that_was_cut_off_does_not_answer_reads_of_the_past() {
    let mut cluster = Cluster::new(4, three());
    cluster.wait_ms(20_000);
    // s1 leads, and keeps only n1 on its side.
    for other in [1, 2] {
        cluster.link(Endpoint::Store(0), Endpoint::Store(other), true);
    }
    for node in [n(2), n(3)] {
        cluster.link(node, Endpoint::Store(0), true);
    }
    for member in [1, 2] {
        cluster.link(leader(), Endpoint::Store(member), true);
    }
    cluster.wait_ms(60_000);
    assert!(
        cluster.primary().is_some_and(|node| node != leader()),
        "{}",
        cluster.story()
    );
    assert_eq!(cluster.lab.simulation.outages().split_brain.0, 0);
}
