//! R-PT-8 and R-PT-9: synchronous mode, strict or not, and quorum mode.

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::{NodeId, NodeSet};
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::Limitation;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, KillKind, Manager, Patroni, PatroniTags, Setting, SynchronousMode,
};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader, seconds};

fn mode(mode: SynchronousMode, strict: bool) -> Patroni {
    Patroni {
        synchronous_mode: mode,
        synchronous_mode_strict: strict,
        use_pg_rewind: true,
        ..Patroni::default()
    }
}

fn voters(cluster: &Cluster) -> NodeSet {
    cluster
        .lab
        .simulation
        .store_state()
        .expect("a store")
        .sync
        .voters
}

fn only(nodes: &[u8]) -> NodeSet {
    nodes.iter().map(|&node| n(node)).collect()
}

/// A write asked of the leader, and whether it is acked within so long.
fn acked_within(cluster: &mut Cluster, node: NodeId, ms: u64) -> bool {
    let op = cluster.lab.write_at(7, node, None);
    cluster.wait_ms(ms);
    cluster.lab.op(op).status == Status::Acked
}

#[test]
fn r_pt_8_one_standby_is_synchronous_and_only_it_may_win() {
    for seed in 0..4 {
        let mut cluster = Cluster::new(seed, mode(SynchronousMode::On, false));
        cluster.write_for_ms(30_000, |_| false);
        let chosen = voters(&cluster);
        assert_eq!(chosen.len(), 1, "{}", cluster.story());
        let chosen = chosen.iter().next().expect("one");
        cluster.kill(leader(), KillKind::PowerOff);
        cluster.wait_ms(50_000);
        assert_eq!(cluster.primary(), Some(chosen), "{}", cluster.story());
        let other = if chosen == n(2) { n(3) } else { n(2) };
        let why = Limitation::NotSynchronous;
        let said = EventKind::Manager(ManagerEvent::DoesNotStand { node: other, why });
        assert!(cluster.lab.when(|kind| *kind == said).is_some());
        assert_eq!(cluster.lab.lost(), []);
    }
}

#[test]
fn r_pt_8_the_store_before_postgresql_when_removing_and_after_it_when_adding() {
    let mut cluster = Cluster::new(1, mode(SynchronousMode::On, false));
    cluster.write_for_ms(30_000, |_| false);
    let first = voters(&cluster).iter().next().expect("one");
    let second = if first == n(2) { n(3) } else { n(2) };
    let died = cluster.now();
    cluster.kill(first, KillKind::PowerOff);
    cluster.write_for_ms(110_000, |cluster| {
        voters(cluster) == NodeSet::EMPTY.with(second)
    });
    let steps: Vec<EventKind> = cluster
        .lab
        .simulation
        .trace()
        .milestones()
        .filter(|event| event.at > died)
        .map(|event| event.kind)
        .filter(|kind| {
            matches!(
                kind,
                EventKind::StandbyNamesChanged { .. }
                    | EventKind::Manager(ManagerEvent::SyncChanged { .. })
            )
        })
        .collect();
    let changed = |voters| {
        EventKind::Manager(ManagerEvent::SyncChanged {
            node: leader(),
            voters,
            quorum: 0,
        })
    };
    let names = EventKind::StandbyNamesChanged { node: leader() };
    assert_eq!(
        steps,
        [
            changed(NodeSet::EMPTY),
            names,
            changed(NodeSet::EMPTY.with(second))
        ],
        "{}",
        cluster.story()
    );
}

#[test]
fn r_pt_8_commits_block_until_the_leader_notices_that_the_standby_is_gone() {
    let mut cluster = Cluster::new(2, mode(SynchronousMode::On, false));
    cluster.write_for_ms(30_000, |_| false);
    let first = voters(&cluster).iter().next().expect("one");
    // The process dies: the connection is closed, and the next round replaces it.
    let died = cluster.now();
    cluster.kill(first, KillKind::AllProcesses);
    assert!(!acked_within(&mut cluster, leader(), 100));
    cluster.write_for_ms(20_000, |_| false);
    let next = cluster.acks(leader()).into_iter().find(|&ack| ack > died);
    let stall = seconds(died, next.expect("acked again"));
    assert!((0.1..10.5).contains(&stall), "{stall} s");
}

fn lose_both_standbys(cluster: &mut Cluster) {
    cluster.write_for_ms(30_000, |_| false);
    for node in [n(2), n(3)] {
        cluster.kill(node, KillKind::AllProcesses);
    }
    cluster.wait_ms(25_000);
}

#[test]
fn r_pt_8_with_nobody_left_the_leader_acks_alone_and_nobody_may_replace_it() {
    let mut cluster = Cluster::new(3, mode(SynchronousMode::On, false));
    lose_both_standbys(&mut cluster);
    assert!(
        acked_within(&mut cluster, leader(), 500),
        "{}",
        cluster.story()
    );
    assert_eq!(voters(&cluster), NodeSet::EMPTY);
    cluster.kill(leader(), KillKind::AllProcesses);
    for node in [n(2), n(3)] {
        cluster.lab.restart(node);
    }
    cluster.wait_ms(90_000);
    assert_eq!(
        cluster.primary(),
        None,
        "no automatic failover\n{}",
        cluster.story()
    );
    cluster.lab.restart(leader());
    cluster.wait_ms(30_000);
    assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
    assert_eq!(cluster.lab.lost(), []);
}

#[test]
fn r_pt_8_strict_blocks_instead() {
    let mut cluster = Cluster::new(3, mode(SynchronousMode::On, true));
    lose_both_standbys(&mut cluster);
    assert!(!acked_within(&mut cluster, leader(), 2_000));
    cluster.lab.restart(n(3));
    cluster.wait_ms(25_000);
    assert!(
        acked_within(&mut cluster, leader(), 500),
        "{}",
        cluster.story()
    );
    assert_eq!(voters(&cluster), only(&[3]));
}

#[test]
fn r_pt_8_node_count_tags_and_lag_choose_who_is_synchronous() {
    let tags = vec![PatroniTags {
        nosync: true,
        ..PatroniTags::of(n(2))
    }];
    let mut cluster = Cluster::new(
        4,
        Patroni {
            tags,
            ..mode(SynchronousMode::On, false)
        },
    );
    cluster.wait_ms(30_000);
    assert_eq!(voters(&cluster), only(&[3]));
    let mut cluster = Cluster::new(
        4,
        Patroni {
            synchronous_node_count: 2,
            maximum_lag_on_syncnode: 256 * 20,
            ..mode(SynchronousMode::On, false)
        },
    );
    cluster.write_for_ms(30_000, |_| false);
    assert_eq!(voters(&cluster), only(&[2, 3]), "{}", cluster.story());
    // n3 receives nothing but stays connected: it lags until it is replaced, and commits wait for it until then.
    cluster
        .lab
        .act(Action::Set(Setting::Manager(Manager::Patroni(Box::new(
            Patroni {
                maximum_lag_on_syncnode: 256 * 20,
                ..mode(SynchronousMode::On, false)
            },
        )))));
    cluster.write_for_ms(25_000, |_| false);
    assert_eq!(voters(&cluster).len(), 1);
}

#[test]
fn r_pt_8_a_standby_that_lags_is_replaced_when_there_is_a_limit() {
    for (limit, replaced) in [(256 * 20, true), (-1, false)] {
        let mut cluster = Cluster::new(
            5,
            Patroni {
                maximum_lag_on_syncnode: limit,
                ..mode(SynchronousMode::On, false)
            },
        );
        cluster.write_for_ms(30_000, |_| false);
        let first = voters(&cluster).iter().next().expect("one");
        // Asynchronous writes go on while the synchronous standby receives nothing.
        cluster.link(leader(), first, true);
        for _ in 0..400 {
            let _asynchronous = cluster.lab.write_at(
                9,
                leader(),
                Some(replicascope_engine::scenario::CommitLevel::Local),
            );
            cluster.wait_ms(50);
        }
        assert_eq!(
            !voters(&cluster).contains(first),
            replaced,
            "{}",
            cluster.story()
        );
    }
}

#[test]
fn r_pt_8_switched_off_the_settings_count_again() {
    let mut cluster = Cluster::new(6, mode(SynchronousMode::On, true));
    lose_both_standbys(&mut cluster);
    cluster
        .lab
        .act(Action::Set(Setting::Manager(Manager::Patroni(
            Box::default(),
        ))));
    cluster.wait_ms(25_000);
    assert!(
        acked_within(&mut cluster, leader(), 500),
        "{}",
        cluster.story()
    );
    let sync = cluster.lab.simulation.store_state().expect("a store").sync;
    assert_eq!(sync.leader, None);
}

#[test]
fn r_pt_9_quorum_mode_acks_with_any_and_a_candidate_needs_the_votes() {
    for seed in 0..4 {
        let mut cluster = Cluster::new(seed, mode(SynchronousMode::Quorum, false));
        cluster.write_for_ms(40_000, |_| false);
        let sync = cluster.lab.simulation.store_state().expect("a store").sync;
        assert_eq!(
            (sync.voters, sync.quorum),
            (only(&[2, 3]), 1),
            "{}",
            cluster.story()
        );
        // A standby that gets nothing more holds nothing up, and does not win.
        cluster.link(leader(), n(2), true);
        assert!(acked_within(&mut cluster, leader(), 500));
        cluster.write_for_ms(1_000, |_| false);
        cluster.kill(leader(), KillKind::PowerOff);
        cluster.wait_ms(60_000);
        assert_eq!(cluster.primary(), Some(n(3)), "{}", cluster.story());
        assert_eq!(cluster.lab.lost(), []);
    }
}

#[test]
fn r_pt_9_without_the_other_voter_nobody_is_level_with_enough() {
    let mut cluster = Cluster::new(5, mode(SynchronousMode::Quorum, false));
    cluster.write_for_ms(40_000, |_| false);
    for node in [leader(), n(3)] {
        cluster.kill(node, KillKind::AllProcesses);
    }
    cluster.wait_ms(60_000);
    assert_eq!(cluster.primary(), None, "{}", cluster.story());
    let why = Limitation::NoQuorum;
    let said = EventKind::Manager(ManagerEvent::DoesNotStand { node: n(2), why });
    assert!(cluster.lab.when(|kind| *kind == said).is_some());
    cluster.lab.restart(n(3));
    cluster.wait_ms(30_000);
    assert!(cluster.primary().is_some(), "{}", cluster.story());
    assert_eq!(cluster.lab.lost(), []);
}

#[test]
fn r_pt_8_the_standby_with_the_higher_sync_priority_is_synchronous() {
    let prefers = |node: u8, priority: i32| Patroni {
        tags: vec![PatroniTags {
            sync_priority: Some(priority),
            ..PatroniTags::of(n(node))
        }],
        ..mode(SynchronousMode::On, false)
    };
    for node in [2, 3] {
        let mut cluster = Cluster::new(4, prefers(node, 2));
        cluster.wait_ms(30_000);
        assert_eq!(voters(&cluster), only(&[node]), "{}", cluster.story());
        // It is not kept only because it was chosen first.
        let other = Manager::Patroni(Box::new(prefers(5 - node, 2)));
        cluster.lab.act(Action::Set(Setting::Manager(other)));
        cluster.write_for_ms(25_000, |_| false);
        assert_eq!(voters(&cluster), only(&[5 - node]), "{}", cluster.story());
        let never = Manager::Patroni(Box::new(prefers(5 - node, 0)));
        cluster.lab.act(Action::Set(Setting::Manager(never)));
        cluster.write_for_ms(25_000, |_| false);
        assert_eq!(voters(&cluster), only(&[node]), "{}", cluster.story());
    }
}
