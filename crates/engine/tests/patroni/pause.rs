//! Maintenance mode (`patronictl pause`): agents keep the lock and leave the databases alone.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::Limitation;
use replicascope_engine::scenario::{Action, KillKind, Manager, Patroni, Setting};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader};

fn paused() -> Patroni {
    Patroni {
        pause: true,
        use_pg_rewind: true,
        ..Patroni::default()
    }
}

fn resume(cluster: &mut Cluster) {
    let patroni = Patroni {
        pause: false,
        ..paused()
    };
    let manager = Manager::Patroni(Box::new(patroni));
    cluster.lab.act(Action::Set(Setting::Manager(manager)));
}

fn promoted(cluster: &Cluster) -> bool {
    let promoted = |kind: &EventKind| matches!(kind, EventKind::Promoted { .. });
    cluster.lab.when(promoted).is_some()
}

#[test]
fn pause_nobody_takes_over_until_it_is_ended() {
    let mut cluster = Cluster::new(1, paused());
    cluster.wait_ms(20_000);
    cluster.kill(leader(), KillKind::PowerOff);
    cluster.wait_ms(90_000);
    assert!(!promoted(&cluster), "{}", cluster.story());
    let why = Limitation::Paused;
    let said = EventKind::Manager(ManagerEvent::DoesNotStand { node: n(2), why });
    assert!(cluster.lab.when(|kind| *kind == said).is_some());
    resume(&mut cluster);
    cluster.wait_ms(20_000);
    assert!(cluster.primary().is_some(), "{}", cluster.story());
}

#[test]
fn pause_a_leader_without_the_store_goes_on() {
    let mut cluster = Cluster::new(2, paused());
    cluster.write_for_ms(20_000, |_| false);
    for member in 0..3 {
        cluster.store_links(member, true);
    }
    cluster.write_for_ms(60_000, |_| false);
    assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
    for member in 0..3 {
        cluster.store_links(member, false);
    }
    cluster.write_for_ms(30_000, |_| false);
    assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
    let leads = cluster
        .lab
        .simulation
        .store_state()
        .expect("a store")
        .leads();
    assert_eq!(leads, Some(leader()), "it took its lock again");
    assert!(!promoted(&cluster));
    assert_eq!(cluster.lab.simulation.outages().no_primary.0, 0);
}

#[test]
fn pause_a_database_that_is_down_stays_down_until_a_person_starts_it() {
    for node in [leader(), n(2)] {
        let mut cluster = Cluster::new(3, paused());
        cluster.wait_ms(20_000);
        cluster.kill(node, KillKind::Process);
        cluster.wait_ms(60_000);
        let down = cluster.lab.simulation.health(node);
        assert_eq!(
            down,
            replicascope_engine::world::Health::Down,
            "{}",
            cluster.story()
        );
        let leads = cluster
            .lab
            .simulation
            .store_state()
            .expect("a store")
            .leads();
        assert_eq!(
            leads.is_none(),
            node == leader(),
            "a dead leader's lock is given up"
        );
        cluster.lab.restart(node);
        cluster.wait_ms(30_000);
        assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
        let leads = cluster
            .lab
            .simulation
            .store_state()
            .expect("a store")
            .leads();
        assert_eq!(leads, Some(leader()));
    }
}

#[test]
fn pause_a_person_can_still_change_the_leader() {
    let mut cluster = Cluster::new(4, paused());
    cluster.write_for_ms(20_000, |_| false);
    cluster.lab.promote(n(3));
    cluster.write_for_ms(30_000, |_| false);
    assert_eq!(cluster.primary(), Some(n(3)), "{}", cluster.story());
    assert_eq!(cluster.lab.lost(), []);
}
