//! R-LW-0, R-LW-1, R-LW-6: what each level can lose, and how it is counted.

use replicascope_engine::Scenario;
use replicascope_engine::ids::NodeId;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, Admin, CommitLevel, Database, KillKind, Mode, Postgresql, Setting, Workload,
};

use crate::lab::{Lab, delay_between, n, postgresql, writing};

fn cluster(level: CommitLevel, names: &str) -> Scenario {
    let mut scenario = writing(Mode::Async, 20, 200);
    scenario.cluster.replicas = 2;
    scenario.workload.keys = 1_000;
    scenario.workload.skew_percent = 0;
    delay_between(&mut scenario, n(1), n(3), 60);
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        synchronous_commit: level,
        synchronous_standby_names: names.parse().expect("valid"),
        ..Postgresql::default()
    }));
    scenario
}

fn stop_writing(lab: &mut Lab) {
    let workload = *lab.simulation.workload();
    lab.set(Setting::Workload(Workload {
        operations_per_second: 0,
        ..workload
    }));
}

/// Kills the primary and promotes `winner`. How many acked writes are lost.
fn node_lost(level: CommitLevel, names: &str, winner: NodeId) -> usize {
    let mut lab = Lab::new(&cluster(level, names)).at_ms(5_003);
    stop_writing(&mut lab);
    lab.kill(n(1));
    lab.run_to_ms(6_000);
    lab.act(Action::Promote { node: winner });
    lab.run_to_ms(9_000);
    assert_eq!(lab.promoted().expect("promoted").0, winner);
    lab.lost().len()
}

/// The process of the primary dies and comes back.
fn same_node_returns(level: CommitLevel, names: &str) -> usize {
    let mut lab = Lab::new(&cluster(level, names)).at_ms(5_150);
    stop_writing(&mut lab);
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::PowerOff,
    });
    lab.run_to_ms(6_000);
    lab.restart(n(1));
    lab.run_to_ms(9_000);
    lab.lost().len()
}

#[test]
fn r_lw_1_the_table_for_postgresql() {
    use CommitLevel::{Local, Off, On, RemoteApply, RemoteWrite};
    // The same node returns: only `off` loses anything.
    assert!(
        (20..=40).contains(&same_node_returns(Off, "")),
        "150 ms of 200 writes a second"
    );
    for (level, names) in [
        (Local, ""),
        (RemoteWrite, "n2"),
        (On, "n2"),
        (RemoteApply, "n2"),
    ] {
        assert_eq!(same_node_returns(level, names), 0, "{level:?}");
    }
    // The node is lost and a standby promoted.
    let off = node_lost(Off, "", n(2));
    let local = node_lost(Local, "", n(2));
    assert!(local.abs_diff(4) <= 1, "200/s times 20 ms: {local}");
    assert!(off > local, "and what was not even flushed: {off}");
    for level in [RemoteWrite, On, RemoteApply] {
        assert_eq!(
            node_lost(level, "n2", n(2)),
            0,
            "{level:?}, winner confirmed"
        );
        let elsewhere = node_lost(level, "n2", n(3));
        assert!(
            elsewhere > 0,
            "{level:?}, but the winner was not the one that confirmed"
        );
    }
    // ANY k of n: none only if the best of n - k + 1 wins.
    assert_eq!(node_lost(On, "ANY 1 (n2, n3)", n(2)), 0);
    assert!(node_lost(On, "ANY 1 (n2, n3)", n(3)) > 0);
    assert_eq!(node_lost(On, "ANY 2 (n2, n3)", n(3)), 0);
}

#[test]
fn r_lw_1_a_cancelled_wait_may_be_lost() {
    let settings = Postgresql {
        synchronous_standby_names: "n2".parse().expect("valid"),
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 1, settings)).at_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    let op = lab.write(0);
    lab.run_to_ms(2_000);
    lab.admin(n(1), Admin::CancelWait { op });
    lab.run_to_ms(2_100);
    assert_eq!(lab.op(op).status, Status::Acked);
    lab.kill(n(1));
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(4_000);
    assert!(lab.op(op).lost);
}

#[test]
fn r_lw_0_lost_is_only_what_was_acked_and_ghosts_are_counted_apart() {
    let settings = Postgresql {
        synchronous_standby_names: "n2".parse().expect("valid"),
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(2, 5, settings)).at_ms(1_000);
    let acked = lab.write(0);
    lab.run_to_ms(1_100);
    // On its way to the standby when the primary dies: nobody was told, and it survives.
    let ghost = lab.write(1);
    lab.run_to_ms(1_108);
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    let refused = lab.write_at(2, n(1), None);
    lab.run_to_ms(1_500);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(3_700_000);
    let oracle = lab.simulation.oracle();
    assert_eq!(lab.op(acked).status, Status::Acked);
    assert!(!lab.op(acked).lost);
    assert_eq!(lab.op(ghost).status, Status::Unknown);
    assert!(oracle.is_ghost(&lab.op(ghost)), "it survived unacked");
    assert!(matches!(lab.op(refused).status, Status::Failed(_)));
    let totals = oracle.totals();
    assert_eq!(
        (
            totals.writes_acked,
            totals.writes_failed,
            totals.writes_unknown,
            totals.lost_acked
        ),
        (1, 1, 1, 0)
    );
}

#[test]
fn r_lw_6_the_new_primary_uses_the_positions_of_lost_writes_again() {
    let mut lab = Lab::new(&cluster(CommitLevel::On, "")).at_ms(5_003);
    stop_writing(&mut lab);
    lab.kill(n(1));
    lab.run_to_ms(6_000);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(7_000);
    let lost = lab.lost();
    let first = lab.op(lost[0]).tip.expect("logged");
    let new = lab.write_at(0, n(2), None);
    lab.run_to_ms(8_000);
    let again = lab.op(new).tip.expect("logged");
    assert_eq!(again.lsn, first.lsn, "the same position,");
    assert_ne!(again.timeline, first.timeline, "told apart by the timeline");
    assert!(lab.op(lost[0]).lost && !lab.op(new).lost);
}
