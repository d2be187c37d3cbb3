//! The failover: how long it takes, who is chosen, when it is tried again.

use replicascope_engine::manager::SentinelEvent;
use replicascope_engine::manager::sentinel::Aborted;
use replicascope_engine::scenario::{
    Action, Database, Endpoint, KillKind, ReplicaPriority, Sentinel, ServiceAction,
};
use replicascope_engine::time::{Span, Time};

use super::{SentinelLab, cluster, five_seconds, mariadb, mysql, postgresql};
use crate::lab::{Lab, n};

fn outage(seed: u64, database: Database, how: KillKind) -> Span {
    let mut scenario = cluster(50, database, five_seconds());
    scenario.seed = seed;
    let mut lab = Lab::new(&scenario).at_ms(10_000);
    lab.act(Action::Kill { node: n(1), how });
    lab.run_to_ms(40_000);
    let (_, at) = lab.promoted().expect("it is replaced");
    at.since(Time::from_secs(10))
}

#[test]
fn r_rs_and_r_nu_8_an_outage_is_down_after_and_one_to_three_seconds() {
    for seed in 0..10 {
        for database in [postgresql(), mysql(), mariadb()] {
            for how in [KillKind::PowerOff, KillKind::Process] {
                let took = outage(seed, database.clone(), how);
                assert!(
                    Span::from_secs(5) <= took && took <= Span::from_secs(8),
                    "seed {seed}: {took:?}"
                );
            }
        }
    }
}

#[test]
fn r_rs_all_sentinels_and_replicas_turn_to_the_new_primary() {
    for database in [postgresql(), mysql(), mariadb()] {
        let mut lab = Lab::new(&cluster(50, database, five_seconds())).at_ms(10_000);
        lab.kill(n(1));
        lab.run_to_ms(30_000);
        let switched = |index| {
            lab.when_reported(
                |event| matches!(*event, SentinelEvent::Switched { by, new, .. } if (by, new) == (index, n(2))),
            )
        };
        assert!((0..3).all(|index| switched(index).is_some()));
        let ended = |event: &SentinelEvent| {
            matches!(
                event,
                SentinelEvent::Ended {
                    timed_out: false,
                    ..
                }
            )
        };
        assert!(lab.when_reported(ended).is_some());
        assert_eq!(lab.simulation.node(n(3)).upstream(), Some(n(2)));
        let leaders = lab.reported();
        let elected = leaders
            .iter()
            .filter(|(_, event)| matches!(event, SentinelEvent::Elected { .. }));
        assert_eq!(elected.count(), 1, "one leader, one failover");
    }
}

/// Who is promoted when n2 lacks the last writes and these priorities hold.
fn chosen(priorities: &[(u8, u32)]) -> Option<u8> {
    let sentinel = Sentinel {
        priorities: priorities
            .iter()
            .map(|&(node, priority)| ReplicaPriority {
                node: n(node),
                priority,
            })
            .collect(),
        ..five_seconds()
    };
    let mut scenario = cluster(0, postgresql(), sentinel);
    scenario.cluster.replicas = 3;
    let mut lab = Lab::new(&scenario).at_ms(10_000);
    let (from, to) = (n(1).into(), n(2).into());
    lab.act(Action::CutLink { from, to });
    for key in 0..5 {
        lab.write_at(key, n(1), None);
    }
    lab.run_to_ms(11_000);
    lab.kill(n(1));
    lab.run_to_ms(40_000);
    lab.promoted().map(|(node, _)| node.0 + 1)
}

#[test]
fn r_rs_priority_goes_first_then_the_most_log_then_the_lowest_name() {
    assert_eq!(chosen(&[]), Some(3), "n3 and n4 have more than n2");
    assert_eq!(chosen(&[(4, 50)]), Some(4));
    assert_eq!(chosen(&[(2, 99)]), Some(2), "priority goes before log");
    assert_eq!(chosen(&[(2, 1), (4, 1)]), Some(4));
    assert_eq!(chosen(&[(3, 0)]), Some(4), "0 is never promoted");
}

#[test]
fn r_rs_with_priority_0_everywhere_nobody_is_promoted() {
    assert_eq!(chosen(&[(2, 0), (3, 0), (4, 0)]), None);
}

#[test]
fn r_rs_a_failover_that_failed_is_not_tried_again_before_twice_failover_timeout() {
    let sentinel = Sentinel {
        sentinels: 1,
        quorum: 1,
        priorities: [2, 3]
            .map(|node| ReplicaPriority {
                node: n(node),
                priority: 0,
            })
            .to_vec(),
        ..five_seconds()
    };
    let mut lab = Lab::new(&cluster(0, postgresql(), sentinel)).at_ms(10_000);
    lab.kill(n(1));
    lab.run_to_ms(150_000);
    let stood: Vec<Time> = lab
        .reported()
        .into_iter()
        .filter(|(_, event)| matches!(event, SentinelEvent::Stood { .. }))
        .map(|(at, _)| at)
        .collect();
    assert!(stood.len() >= 3, "{stood:?}");
    for pair in stood.windows(2) {
        let pause = pair[1].since(pair[0]);
        assert!(
            Span::from_secs(40) <= pause && pause <= Span::from_millis(41_200),
            "{pause:?}"
        );
    }
    let why = Aborted::NoGoodReplica;
    let aborted = |event: &SentinelEvent| *event == SentinelEvent::Aborted { by: 0, why };
    assert!(lab.when_reported(aborted).is_some());
}

#[test]
fn r_rs_a_replica_that_does_not_become_primary_in_time_is_given_up() {
    let sentinel = Sentinel {
        sentinels: 1,
        quorum: 1,
        ..five_seconds()
    };
    let mut scenario = cluster(0, postgresql(), sentinel);
    scenario.cluster.replicas = 1;
    let mut lab = Lab::new(&scenario).at_ms(10_000);
    lab.kill(n(1));
    let selected = |event: &SentinelEvent| matches!(event, SentinelEvent::Selected { .. });
    while lab.when_reported(selected).is_none() {
        assert!(lab.simulation.step());
    }
    lab.act(Action::Freeze { node: n(2) });
    lab.run_to_ms(60_000);
    let why = Aborted::PromotionTimedOut;
    let aborted = |event: &SentinelEvent| *event == SentinelEvent::Aborted { by: 0, why };
    assert!(lab.when_reported(aborted).is_some());
}

#[test]
fn r_rs_a_sentinel_that_was_cut_off_learns_the_new_primary_by_its_epoch() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    let alone = Endpoint::Monitor(2);
    for other in [Endpoint::Monitor(0), Endpoint::Monitor(1)] {
        lab.link(alone, other, true);
    }
    lab.kill(n(1));
    lab.run_to_ms(30_000);
    let knows = |lab: &Lab| {
        lab.when_reported(|event| matches!(event, SentinelEvent::Switched { by: 2, .. }))
            .is_some()
    };
    assert!(lab.promoted().is_some() && !knows(&lab));
    lab.act(Action::HealAll);
    lab.run_to_ms(33_000);
    assert!(knows(&lab));
    lab.run_to_ms(60_000);
    lab.assert_converged(n(2));
}

#[test]
fn r_rs_another_sentinel_goes_on_when_the_leader_dies() {
    let mut lab = Lab::new(&cluster(0, mysql(), five_seconds())).at_ms(10_000);
    lab.kill(n(1));
    let leader = loop {
        let elected = lab
            .reported()
            .into_iter()
            .find_map(|(_, event)| match event {
                SentinelEvent::Elected { by, .. } => Some(by),
                _ => None,
            });
        if let Some(by) = elected {
            break by;
        }
        assert!(lab.simulation.step());
    };
    lab.sentinel(leader, ServiceAction::Kill);
    lab.run_to_ms(120_000);
    assert_eq!(lab.simulation.writers().len(), 1);
    let others: Vec<u8> = lab
        .reported()
        .into_iter()
        .filter_map(|(_, event)| match event {
            SentinelEvent::Switched { by, .. } => Some(by),
            _ => None,
        })
        .collect();
    assert!(
        others.iter().filter(|&&by| by != leader).count() >= 2,
        "{others:?}"
    );
}
