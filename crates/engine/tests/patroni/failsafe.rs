//! R-PT-6: `failsafe_mode`.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::scenario::{Patroni, Service, ServiceAction};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader};

fn without_store(seed: u64, failsafe_mode: bool) -> Cluster {
    let patroni = Patroni {
        failsafe_mode,
        use_pg_rewind: true,
        ..Patroni::default()
    };
    let mut cluster = Cluster::new(seed, patroni);
    cluster.wait_ms(25_000);
    for member in 0..3 {
        cluster.store_links_only_to_nodes(member, true);
    }
    cluster
}

#[test]
fn r_pt_6_the_leader_goes_on_while_every_member_confirms() {
    let mut cluster = without_store(1, true);
    cluster.wait_ms(120_000);
    assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
    assert_eq!(cluster.lab.simulation.outages().no_primary.0, 0);
    for member in 0..3 {
        cluster.store_links_only_to_nodes(member, false);
    }
    cluster.wait_ms(40_000);
    assert_eq!(
        cluster.primary(),
        Some(leader()),
        "the members did not race"
    );
    assert_eq!(
        cluster.lab.simulation.outages().no_primary.0,
        0,
        "{}",
        cluster.story()
    );
    let state = cluster.lab.simulation.store_state().expect("a store");
    assert_eq!(state.leads(), Some(leader()));
}

#[test]
fn r_pt_6_without_it_the_leader_steps_down() {
    let mut cluster = without_store(1, false);
    cluster.wait_ms(40_000);
    assert_eq!(cluster.primary(), None);
}

#[test]
fn r_pt_6_one_silent_member_is_enough_to_step_down() {
    for how in ["agent", "link"] {
        let mut cluster = without_store(2, true);
        cluster.wait_ms(35_000);
        let went_on = EventKind::Manager(ManagerEvent::Failsafe { node: leader() });
        assert!(cluster.lab.when(|kind| *kind == went_on).is_some());
        assert_eq!(cluster.primary(), Some(leader()));
        match how {
            "agent" => cluster.service(Service::Agent(n(3)), ServiceAction::Kill),
            _ => cluster.link(leader(), n(3), true),
        }
        cluster.wait_ms(40_000);
        assert_eq!(cluster.primary(), None, "{how}\n{}", cluster.story());
    }
}
