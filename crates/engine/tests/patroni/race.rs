//! R-PT-3: who may become leader.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::Limitation;
use replicascope_engine::scenario::{Action, KillKind, Manager, Patroni, PatroniTags, Setting};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader};

fn tags(node: u8) -> PatroniTags {
    PatroniTags::of(n(node))
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

#[test]
fn r_pt_3_of_level_replicas_the_one_with_the_higher_priority_wins() {
    let preferred = |node, priority| Patroni {
        tags: vec![PatroniTags {
            failover_priority: Some(priority),
            ..tags(node)
        }],
        ..Patroni::default()
    };
    let mut gave_way = false;
    for seed in 0..4 {
        for node in [2, 3] {
            let mut cluster = Cluster::new(seed, preferred(node, 2));
            cluster.wait_ms(20_000);
            cluster.kill(leader(), KillKind::PowerOff);
            cluster.wait_ms(50_000);
            assert_eq!(cluster.primary(), Some(n(node)), "{}", cluster.story());
            gave_way |= did_not_stand(&cluster, 5 - node, Limitation::LowerPriority(n(node)));
        }
    }
    assert!(gave_way, "the other one asked first in some of them");
    // Log goes before priority, and 0 never becomes leader.
    for priority in [9, 0] {
        let mut cluster = Cluster::new(1, preferred(2, priority));
        cluster.write_for_ms(20_000, |_| false);
        cluster.link(leader(), n(2), true);
        cluster.write_for_ms(1_000, |_| false);
        cluster.kill(leader(), KillKind::PowerOff);
        cluster.link(leader(), n(2), false);
        cluster.wait_ms(50_000);
        assert_eq!(cluster.primary(), Some(n(3)), "{}", cluster.story());
        assert_eq!(
            did_not_stand(&cluster, 2, Limitation::NoFailover),
            priority == 0
        );
    }
}

#[test]
fn r_pt_3_who_led_before_is_not_given_way_to_because_of_its_priority() {
    // n1 leads and has the higher priority. Its database dies and may not start in place, so it stands as a replica beside
    // the others: one of them takes over all the same.
    let patroni = Patroni {
        primary_start_timeout: 0,
        tags: vec![PatroniTags {
            failover_priority: Some(9),
            ..tags(1)
        }],
        ..Patroni::default()
    };
    let mut cluster = Cluster::new(2, patroni);
    cluster.wait_ms(20_000);
    cluster.kill(leader(), KillKind::Process);
    cluster.wait_ms(40_000);
    let new = cluster.primary().expect("one leads");
    assert_ne!(new, leader(), "{}", cluster.story());
}

#[test]
fn r_pt_3_check_timeline_keeps_a_replica_of_an_older_timeline_from_standing() {
    for check_timeline in [false, true] {
        let patroni = |failover_priority| Patroni {
            check_timeline,
            tags: vec![PatroniTags {
                failover_priority,
                ..tags(3)
            }],
            ..Patroni::default()
        };
        let mut cluster = Cluster::new(1, patroni(Some(0)));
        cluster.wait_ms(20_000);
        // n3 never hears of the timeline that n2 opens.
        cluster.link(n(2), n(3), true);
        cluster.kill(leader(), KillKind::PowerOff);
        cluster.wait_ms(50_000);
        assert_eq!(cluster.primary(), Some(n(2)), "{}", cluster.story());
        let manager = Manager::Patroni(Box::new(patroni(None)));
        cluster.lab.act(Action::Set(Setting::Manager(manager)));
        cluster.kill(n(2), KillKind::PowerOff);
        cluster.wait_ms(60_000);
        let stands = cluster.primary() == Some(n(3));
        assert_eq!(stands, !check_timeline, "{}", cluster.story());
        let why = Limitation::BehindTimeline;
        assert_eq!(did_not_stand(&cluster, 3, why), check_timeline);
    }
}

#[test]
fn r_pt_3_under_check_timeline_an_older_log_that_is_longer_keeps_everybody_from_standing() {
    let patroni = Patroni {
        check_timeline: true,
        tags: vec![PatroniTags {
            nofailover: true,
            ..tags(3)
        }],
        ..Patroni::default()
    };
    let mut cluster = Cluster::new(1, patroni);
    cluster.write_for_ms(20_000, |_| false);
    // n1 dies with records that n2 never got; n2 opens a timeline, and dies before it has as many.
    cluster.link(leader(), n(2), true);
    cluster.write_for_ms(2_000, |_| false);
    cluster.kill(leader(), KillKind::PowerOff);
    cluster.link(leader(), n(2), false);
    cluster.wait_ms(50_000);
    assert_eq!(cluster.primary(), Some(n(2)), "{}", cluster.story());
    cluster.kill(n(2), KillKind::PowerOff);
    cluster.wait_ms(40_000);
    for node in [leader(), n(2)] {
        cluster.lab.restart(node);
    }
    cluster.wait_ms(120_000);
    assert_eq!(cluster.primary(), None, "{}", cluster.story());
    assert!(did_not_stand(&cluster, 1, Limitation::BehindTimeline));
    assert!(did_not_stand(&cluster, 2, Limitation::Ahead(leader())));
    // Only a person can tell which of the two it is to be.
    cluster.lab.promote(n(2));
    cluster.wait_ms(30_000);
    assert_eq!(cluster.primary(), Some(n(2)), "{}", cluster.story());
}

#[test]
fn r_pt_3_the_race_is_put_off_while_the_log_of_the_primary_still_comes() {
    use replicascope_engine::scenario::{Service, ServiceAction};
    for (backoff, frozen_s, fails_over) in [(0, 8, true), (20, 8, false), (20, 40, true)] {
        let patroni = Patroni {
            primary_race_backoff: backoff,
            ..Patroni::default()
        };
        let mut cluster = Cluster::new(3, patroni);
        cluster.write_for_ms(20_000, |_| false);
        cluster.service(Service::Agent(leader()), ServiceAction::Freeze);
        let expired = EventKind::Manager(ManagerEvent::LeaseExpired { node: leader() });
        cluster.write_for_ms(40_000, |cluster| {
            cluster.lab.when(|kind| *kind == expired).is_some()
        });
        cluster.write_for_ms(frozen_s * 1_000, |_| false);
        let taken = |kind: &EventKind| matches!(kind, EventKind::Promoted { .. });
        let promoted = cluster.lab.when(taken);
        assert_eq!(
            promoted.is_some(),
            fails_over,
            "{backoff}: {}",
            cluster.story()
        );
        let put_off = did_not_stand(&cluster, 2, Limitation::LogStillGrows);
        assert_eq!(put_off, backoff > 0);
        if let Some(at) = promoted {
            let since = at.since(
                cluster
                    .lab
                    .when(|kind| *kind == expired)
                    .expect("it ran out"),
            );
            let (least, most) = (backoff * 1_000, backoff * 1_000 + 3_000);
            let ms = since.0 / 1_000;
            assert!(least <= ms && ms <= most, "{ms} ms after the lease");
            continue;
        }
        cluster.service(Service::Agent(leader()), ServiceAction::Thaw);
        cluster.write_for_ms(30_000, |_| false);
        assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
        assert_eq!(cluster.lab.lost(), []);
        assert_eq!(cluster.lab.simulation.outages().split_brain.0, 0);
    }
}
