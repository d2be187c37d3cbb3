//! `min-replicas-to-write` and `min-replicas-max-lag`: what a cut-off primary may lose is bounded.

use replicascope_engine::event::EventKind;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Database, Sentinel};
use replicascope_engine::time::{Span, Time};

use super::{SentinelLab, cluster, five_seconds, mysql, postgresql};
use crate::lab::{Lab, n};

fn guarded(least: u8) -> Sentinel {
    Sentinel {
        min_replicas_to_write: least,
        min_replicas_max_lag: 2,
        ..five_seconds()
    }
}

/// Writes acked by n1 while it was cut off and later lost: how many seconds after the cut the last one was issued.
fn lost_for(database: Database, sentinel: Sentinel) -> Option<Span> {
    let mut scenario = cluster(100, database, sentinel);
    scenario.settings.fencing = false;
    let mut lab = Lab::new(&scenario).at_ms(10_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.run_to_ms(40_000);
    lab.act(Action::HealAll);
    lab.run_to_ms(80_000);
    let lost = lab.lost().into_iter().map(|op| lab.op(op).issued_at);
    lost.max().map(|at| at.since(Time::from_secs(10)))
}

#[test]
fn r_rs_min_replicas_bounds_what_a_cut_off_primary_loses() {
    for database in [postgresql(), mysql()] {
        let unguarded = lost_for(database.clone(), guarded(0)).expect("many");
        assert!(
            unguarded >= Span::from_secs(25),
            "{unguarded:?}: until it was mended"
        );
        let bounded = lost_for(database, guarded(1)).expect("some");
        // The lag of 2 s, and a count each second.
        assert!(
            Span::from_secs(1) <= bounded && bounded <= Span::from_millis(4_100),
            "{bounded:?}"
        );
    }
}

#[test]
fn r_rs_a_primary_with_too_few_replicas_refuses_writes_and_takes_them_again() {
    for database in [postgresql(), mysql()] {
        let mut lab = Lab::new(&cluster(0, database, guarded(2))).at_ms(10_000);
        let op = lab.write_at(0, n(1), None);
        lab.run_to_ms(10_500);
        assert_eq!(lab.op(op).status, Status::Acked);
        lab.act(Action::Freeze { node: n(3) });
        lab.run_to_ms(14_500);
        assert!(lab.simulation.node(n(1)).lacks_replicas());
        assert!(lab.simulation.writers().is_empty());
        let op = lab.write_at(0, n(1), None);
        lab.run_to_ms(15_000);
        assert!(
            matches!(lab.op(op).status, Status::Failed(_)),
            "refused for certain"
        );
        lab.act(Action::Thaw { node: n(3) });
        lab.run_to_ms(18_000);
        let op = lab.write_at(0, n(1), None);
        lab.run_to_ms(19_000);
        assert_eq!(lab.op(op).status, Status::Acked);
        let refusals = lab
            .simulation
            .trace()
            .milestones()
            .filter(|event| matches!(event.kind, EventKind::MinReplicas { .. }))
            .count();
        assert_eq!(refusals, 2, "refused, then taken");
    }
}

#[test]
fn r_rs_min_replicas_0_refuses_nothing() {
    let mut lab = Lab::new(&cluster(0, postgresql(), guarded(0))).at_ms(10_000);
    for node in [n(2), n(3)] {
        lab.kill(node);
    }
    lab.run_to_ms(20_000);
    let op = lab.write_at(0, n(1), None);
    lab.run_to_ms(21_000);
    assert_eq!(lab.op(op).status, Status::Acked);
    assert!(!lab.split_brain());
}
