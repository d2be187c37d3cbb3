//! R-LW-1: what a crash of the source takes, and what it leaves beyond what was acked. What a manager does with relay logs.

use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Admin, Mysql, WaitPoint};

use crate::lab::{Lab, mysql, n};
use crate::{semi_sync, waiting_at};

#[test]
fn r_lw_1_a_source_that_dies_in_the_wait_has_the_unacked_row_when_it_returns() {
    for point in [WaitPoint::AfterSync, WaitPoint::AfterCommit] {
        let mut lab = Lab::new(&mysql(1, 5, waiting_at(point, 60_000))).at_ms(1_000);
        lab.act(Action::Isolate { node: n(2) });
        let op = lab.write(0);
        lab.wait_ms(1_000);
        lab.kill(n(1));
        lab.wait_ms(100);
        lab.restart(n(1));
        lab.wait_ms(1_000);
        assert_eq!(lab.value_at(0, n(1)), op.0, "{point:?}");
        assert_ne!(lab.op(op).status, Status::Acked);
    }
}

#[test]
fn r_lw_1_semi_sync_loses_nothing_acked_when_the_replica_takes_over() {
    let mut scenario = mysql(1, 20, semi_sync(10_000));
    scenario.workload.operations_per_second = 100;
    scenario.workload.read_percent = 0;
    let mut lab = Lab::new(&scenario).at_ms(5_000);
    lab.kill(n(1));
    lab.promote(n(2));
    lab.wait_ms(2_000);
    assert!(lab.simulation.oracle().totals().writes_acked > 300);
    assert!(lab.lost().is_empty());
}

#[test]
fn r_lw_1_async_and_fallen_back_lose_what_was_not_received() {
    let rate = 100;
    for (settings, isolated) in [(Mysql::default(), false), (semi_sync(1_000), true)] {
        let mut scenario = mysql(1, 100, settings);
        scenario.workload.operations_per_second = rate;
        scenario.workload.read_percent = 0;
        // Enough rows that no write waits for another's.
        (scenario.workload.keys, scenario.workload.skew_percent) = (10_000, 0);
        scenario.workload.arrival = replicascope_engine::scenario::Arrival::Even;
        let mut lab = Lab::new(&scenario).at_ms(5_000);
        if isolated {
            lab.act(Action::Isolate { node: n(2) });
            lab.wait_ms(3_000);
            assert!(!lab.semi_sync(n(1)).status);
        }
        lab.kill(n(1));
        lab.promote(n(2));
        lab.wait_ms(2_000);
        let lost = lab.lost().len() as u64;
        // Async: rate × one-way delay. Fallen back: all since the link died, 3 s.
        let expected = if isolated { rate * 3 } else { rate / 10 };
        assert!(lost.abs_diff(expected) <= expected / 10 + 1, "{lost} lost");
    }
}

#[test]
fn r_lw_1_a_promoted_replica_applies_its_relay_log_unless_it_is_told_to_throw_it_away() {
    for (reset, lost) in [(false, 0), (true, 2)] {
        let mut lab = Lab::new(&mysql(1, 5, Mysql::default())).at_ms(1_000);
        lab.admin(n(2), Admin::PauseReplay);
        lab.write(0);
        lab.write(1);
        lab.wait_ms(100);
        lab.kill(n(1));
        if reset {
            lab.admin(n(2), Admin::StopReceiver);
            lab.admin(n(2), Admin::ResetReplica);
        }
        lab.promote(n(2));
        lab.wait_ms(1_000);
        assert_eq!(lab.lost().len(), lost);
        assert_eq!(lab.rows(n(2)).len(), 2 - lost);
    }
}

#[test]
fn an_attempt_to_connect_is_void_once_the_relay_log_it_went_by_is_thrown_away() {
    let settings = Mysql {
        replica_net_timeout: 1,
        source_connect_retry: 1,
        ..Mysql::default()
    };
    let mut lab = Lab::new(&mysql(1, 5, settings)).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    for key in 0..3 {
        lab.write_at(key, n(1), None);
    }
    lab.wait_ms(500);
    lab.act(Action::Freeze { node: n(1) });
    // n2 gives n1 up and asks again, from its own end; the frozen n1 answers that later.
    lab.wait_ms(4_000);
    lab.admin(n(2), Admin::ResetReplica);
    lab.act(Action::Thaw { node: n(1) });
    lab.wait_ms(5_000);
    lab.admin(n(2), Admin::ResumeReplay);
    lab.wait_ms(1_000);
    assert_eq!(lab.rows(n(2)), [0, 1, 2]);
}
