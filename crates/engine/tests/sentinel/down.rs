//! SDOWN, ODOWN, and who may act on it.

use replicascope_engine::manager::SentinelEvent;
use replicascope_engine::manager::sentinel::Aborted;
use replicascope_engine::scenario::{Action, Endpoint, Sentinel, ServiceAction};
use replicascope_engine::time::{Span, Time};

use super::{SentinelLab, cluster, five_seconds, postgresql};
use crate::lab::{Lab, n};

fn held_for_down(event: &SentinelEvent) -> bool {
    matches!(*event, SentinelEvent::Down { node, down: true, .. } if node == n(1))
}

fn agreed(event: &SentinelEvent) -> bool {
    matches!(event, SentinelEvent::Agreed { down: true, .. })
}

#[test]
fn r_rs_the_defaults_are_those_of_the_tool() {
    let sentinel = Sentinel::default();
    assert_eq!(sentinel.down_after_milliseconds, 30_000);
    assert_eq!(sentinel.failover_timeout, 180_000);
    assert_eq!(sentinel.min_replicas_to_write, 0);
    assert_eq!(sentinel.min_replicas_max_lag, 10);
}

#[test]
fn r_rs_silence_for_down_after_milliseconds_is_sdown_and_a_quorum_of_them_odown() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    lab.kill(n(1));
    lab.run_to_ms(30_000);
    let down: Vec<Time> = lab
        .reported()
        .into_iter()
        .filter(|(_, event)| held_for_down(event))
        .map(|(at, _)| at)
        .collect();
    assert!(down.len() >= 2, "each by itself");
    for at in &down {
        let silent = at.since(Time::from_secs(10));
        assert!(
            Span::from_millis(4_900) <= silent && silent <= Span::from_millis(6_200),
            "{silent:?}: from the first ping without an answer"
        );
    }
    let agreed = lab.when_reported(agreed).expect("odown");
    assert!(agreed >= down[1], "not before two of them");
}

#[test]
fn r_rs_one_sentinel_that_is_cut_off_alone_does_nothing() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    lab.link(Endpoint::Monitor(0), n(1).into(), true);
    lab.run_to_ms(60_000);
    let by: Vec<u8> = lab
        .reported()
        .into_iter()
        .filter_map(|(_, event)| match event {
            SentinelEvent::Down {
                by,
                node,
                down: true,
            } if node == n(1) => Some(by),
            _ => None,
        })
        .collect();
    assert_eq!(by, [0]);
    assert_eq!(lab.when_reported(agreed), None);
    assert_eq!(lab.promoted(), None);
}

#[test]
fn r_rs_the_quorum_is_not_enough_the_failover_needs_a_majority_of_all() {
    let lonely = Sentinel {
        quorum: 1,
        ..five_seconds()
    };
    let mut lab = Lab::new(&cluster(0, postgresql(), lonely)).at_ms(10_000);
    for dead in [1, 2] {
        lab.sentinel(dead, ServiceAction::Kill);
    }
    lab.kill(n(1));
    lab.run_to_ms(60_000);
    assert!(lab.when_reported(agreed).is_some(), "one is the quorum");
    let why = Aborted::NotElected;
    let aborted = |event: &SentinelEvent| *event == SentinelEvent::Aborted { by: 0, why };
    assert!(lab.when_reported(aborted).is_some());
    assert_eq!(lab.promoted(), None);
}

#[test]
fn r_rs_a_primary_that_answers_again_is_no_longer_down() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    let patient = |event: &SentinelEvent| matches!(event, SentinelEvent::Down { down: false, .. });
    lab.link(Endpoint::Monitor(1), n(1).into(), true);
    lab.run_to_ms(18_000);
    assert!(lab.when_reported(held_for_down).is_some());
    lab.link(Endpoint::Monitor(1), n(1).into(), false);
    lab.run_to_ms(22_000);
    assert!(lab.when_reported(patient).is_some());
}

#[test]
fn r_rs_a_primary_killed_and_started_again_in_time_stays_primary() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    lab.kill(n(1));
    lab.run_to_ms(13_000);
    lab.restart(n(1));
    lab.run_to_ms(60_000);
    assert_eq!(lab.promoted(), None);
    lab.assert_converged(n(1));
}

#[test]
fn a_sentinel_that_was_frozen_only_watches_for_30_s() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    for index in 0..3 {
        lab.sentinel(index, ServiceAction::Freeze);
    }
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(20_000);
    for index in 0..3 {
        lab.sentinel(index, ServiceAction::Thaw);
    }
    lab.run_to_ms(45_000);
    assert!(
        lab.when_reported(|event| matches!(event, SentinelEvent::Tilt { .. }))
            .is_some()
    );
    assert_eq!(lab.promoted(), None);
    lab.run_to_ms(65_000);
    assert!(
        lab.promoted().is_some(),
        "then it acts again: {:?}",
        lab.reported()
    );
}
