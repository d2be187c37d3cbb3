//! R-PG-14 under Patroni: its slots keep the log of members that are away, for a while.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::message::Refusal;
use replicascope_engine::scenario::{
    Action, Database, KillKind, Manager, Patroni, PatroniVersion, Postgresql, Setting,
};

use crate::lab::n;
use crate::lab::patroni::{Cluster, cluster, leader};

/// A cluster whose checkpoints come every 30 s, so that log goes soon.
fn with_checkpoints(patroni: Patroni) -> Cluster {
    let mut scenario = cluster(1, patroni);
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        checkpoint_timeout: 30,
        wal_log_hints: true,
        ..Postgresql::default()
    }));
    Cluster::of(&scenario)
}

/// n3 is away for two minutes of writes, and starts again.
fn away(patroni: Patroni) -> Cluster {
    let mut cluster = with_checkpoints(patroni);
    cluster.write_for_ms(20_000, |_| false);
    cluster.kill(n(3), KillKind::PowerOff);
    cluster.write_for_ms(120_000, |_| false);
    cluster.lab.restart(n(3));
    cluster.write_for_ms(20_000, |_| false);
    cluster
}

fn follows(cluster: &Cluster) -> bool {
    let node = cluster.lab.simulation.node(n(3));
    node.upstream() == Some(leader()) && node.streaming_from().is_some()
}

fn its_log_is_gone(cluster: &Cluster) -> bool {
    let gone = |kind: &EventKind| matches!(kind, EventKind::CannotFollow { node, why: Refusal::LogRemoved, .. } if *node == n(3));
    cluster.lab.when(gone).is_some()
}

#[test]
fn r_pg_14_patronis_slots_keep_the_log_of_a_member_that_is_away() {
    let cluster = away(Patroni::default());
    assert!(follows(&cluster), "{}", cluster.story());
    assert!(!its_log_is_gone(&cluster));
    let cluster = away(Patroni {
        use_slots: false,
        ..Patroni::default()
    });
    assert!(
        !follows(&cluster) && its_log_is_gone(&cluster),
        "{}",
        cluster.story()
    );
}

#[test]
fn r_pg_14_a_slot_outlives_its_member_for_member_slots_ttl() {
    let expired = EventKind::Manager(ManagerEvent::SlotExpired {
        node: leader(),
        member: n(3),
    });
    // The member's key lives for 30 s after the death, then the slot for so long.
    for (ttl, kept) in [(0, false), (45, false), (110, true)] {
        let cluster = away(Patroni {
            member_slots_ttl: ttl,
            ..Patroni::default()
        });
        assert_eq!(follows(&cluster), kept, "{ttl} s: {}", cluster.story());
        assert_eq!(its_log_is_gone(&cluster), !kept);
        let said = cluster.lab.when(|kind| *kind == expired).is_some();
        assert_eq!(said, ttl == 45, "0: there was nothing to wait for");
    }
    // Patroni 3.0 drops the slot with the key.
    let cluster = away(Patroni {
        version: PatroniVersion::V3,
        ..Patroni::default()
    });
    assert!(!follows(&cluster), "{}", cluster.story());
}

#[test]
fn r_pg_14_a_replica_has_slots_too_which_the_next_leader_goes_on_with() {
    let mut cluster = with_checkpoints(Patroni::default());
    cluster.write_for_ms(25_000, |_| false);
    let slots = |cluster: &Cluster, node: u8| {
        let now = cluster.now();
        let status = cluster.lab.simulation.node(n(node)).server_status(now);
        status.expect("a server").slots.expect("made by its agent")
    };
    assert_eq!(slots(&cluster, 1), [n(2), n(3)].into_iter().collect());
    assert_eq!(slots(&cluster, 2), [n(1), n(3)].into_iter().collect());
    // n3 hears nothing of n1's end and is far behind when it first reaches n2; a checkpoint lies between.
    cluster.link(leader(), n(3), true);
    cluster.write_for_ms(45_000, |_| false);
    cluster.link(n(2), n(3), true);
    cluster.kill(leader(), KillKind::PowerOff);
    cluster.wait_ms(60_000);
    assert_eq!(cluster.primary(), Some(n(2)), "{}", cluster.story());
    cluster.write_for_ms(60_000, |_| false);
    cluster.link(n(2), n(3), false);
    cluster.write_for_ms(30_000, |_| false);
    let node = cluster.lab.simulation.node(n(3));
    assert_eq!(node.upstream(), Some(n(2)), "{}", cluster.story());
    assert!(node.streaming_from().is_some());
    assert!(!its_log_is_gone(&cluster));
}

#[test]
fn r_pg_14_switched_off_the_slots_go() {
    let mut cluster = with_checkpoints(Patroni::default());
    cluster.wait_ms(25_000);
    let slots = |cluster: &Cluster| {
        let now = cluster.now();
        let status = cluster.lab.simulation.node(leader()).server_status(now);
        status.expect("a server").slots
    };
    assert!(slots(&cluster).is_some());
    let off = Patroni {
        use_slots: false,
        ..Patroni::default()
    };
    let manager = Manager::Patroni(Box::new(off));
    cluster.lab.act(Action::Set(Setting::Manager(manager)));
    cluster.wait_ms(25_000);
    assert_eq!(slots(&cluster), None);
}
