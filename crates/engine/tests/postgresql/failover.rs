//! R-PG-15 to R-PG-17, R-LW-3: promotion, following a new timeline, rewinding; by hand.

use replicascope_engine::event::EventKind;
use replicascope_engine::message::Refusal;
use replicascope_engine::node::Role;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Admin, Database, Mode, Postgresql};

use crate::lab::{Lab, delay_between, n, postgresql, writing};

fn rewindable() -> Postgresql {
    Postgresql {
        wal_log_hints: true,
        ..Postgresql::default()
    }
}

#[test]
fn r_pg_15_promotion_replays_everything_first() {
    // n2 applies a hundred times slower than the log comes.
    let mut scenario = writing(Mode::Async, 1, 200);
    scenario.cluster.replicas = 1;
    scenario.cluster.costs.apply_us = 20_000;
    scenario.settings.database = Database::Postgresql(Box::default());
    let mut lab = Lab::new(&scenario).at_ms(5_000);
    lab.kill(n(1));
    lab.run_to_ms(5_100);
    let behind = {
        let node = lab.simulation.node(n(2));
        node.tip().lsn.ahead_of(node.positions().replay)
    };
    assert!(behind > 500, "{behind}");
    lab.act(Action::Promote { node: n(2) });
    let asked = lab.simulation.now();
    lab.run_to_ms(60_000);
    let (node, at) = lab.promoted().expect("promoted");
    assert_eq!(node, n(2));
    let took = at.since(asked).0 / 1_000;
    assert!(
        took.abs_diff(behind * 20) < 100,
        "{took} ms for {behind} records"
    );
    let node = lab.simulation.node(n(2));
    assert_eq!(node.timeline().term(), 2, "the timeline went up by one");
    assert!(lab.lost().len() <= 1);
}

#[test]
fn r_pg_15_promotion_ends_a_pause_and_a_delay() {
    let settings = Postgresql {
        recovery_min_apply_delay: 3_600_000,
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 1, settings)).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    let op = lab.write(0);
    lab.run_to_ms(2_000);
    lab.kill(n(1));
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(3_000);
    let read = lab.read(0, Some(n(2)));
    lab.run_to_ms(3_100);
    assert_eq!(lab.value(read), Some(op));
    assert_eq!(lab.simulation.node(n(2)).role(), Role::Primary);
}

#[test]
fn r_pg_16_a_standby_with_no_more_than_the_fork_follows_the_new_timeline() {
    let mut scenario = writing(Mode::Async, 5, 50);
    scenario.cluster.replicas = 2;
    scenario.settings.database = Database::Postgresql(Box::default());
    let mut lab = Lab::new(&scenario).at_ms(3_000);
    lab.kill(n(1));
    lab.run_to_ms(4_000);
    lab.act(Action::Promote { node: n(2) });
    lab.admin(n(3), Admin::Follow { upstream: n(2) });
    lab.run_to_ms(12_000);
    let (new, follower) = (lab.simulation.node(n(2)), lab.simulation.node(n(3)));
    assert_eq!(follower.streaming_from(), Some(new.timeline()));
    assert!(new.tip().lsn.ahead_of(follower.tip().lsn) < 5);
}

#[test]
fn r_pg_16_a_standby_that_received_more_than_the_promoted_one_cannot_follow() {
    // n3 is near, n2 far: n3 has applied records that n2, which is promoted, never saw.
    let mut scenario = writing(Mode::Async, 5, 100);
    scenario.cluster.replicas = 2;
    scenario.settings.database = Database::Postgresql(Box::new(rewindable()));
    delay_between(&mut scenario, n(1), n(2), 200);
    let mut lab = Lab::new(&scenario).at_ms(3_000);
    lab.kill(n(1));
    lab.run_to_ms(4_000);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(4_500);
    lab.admin(n(3), Admin::Follow { upstream: n(2) });
    lab.run_to_ms(30_000);
    let said = |kind: &EventKind| matches!(kind, EventKind::CannotFollow { node, why: Refusal::Diverged { .. }, .. } if *node == n(3));
    assert!(lab.when(said).is_some());
    assert_eq!(lab.simulation.node(n(3)).role(), Role::Demoted);
    let lost = lab.lost();
    assert!(lost.len() > 10);
    let last = *lost.last().expect("some");
    let read = lab.read(lab.op(last).key.0, Some(n(3)));
    lab.run_to_ms(30_100);
    assert_eq!(
        lab.op(read).status,
        Status::Answered,
        "it goes on answering reads"
    );
    assert!(lab.op(read).verdict.phantom, "with rows that are lost");
    // R-LW-3, R-PG-17: rewinding deletes the tail, and it follows.
    lab.admin(n(3), Admin::Rewind { source: n(2) });
    lab.run_to_ms(40_000);
    assert!(lab.simulation.node(n(3)).streaming_from().is_some());
    let read = lab.read(lab.op(last).key.0, Some(n(3)));
    lab.run_to_ms(40_100);
    assert!(!lab.op(read).verdict.phantom);
}

#[test]
fn r_pg_17_rewinding_has_preconditions_and_a_copy_has_none() {
    for (settings, possible) in [
        (Postgresql::default(), false),
        (rewindable(), true),
        (
            Postgresql {
                data_checksums: true,
                ..Postgresql::default()
            },
            true,
        ),
        (
            Postgresql {
                full_page_writes: false,
                ..rewindable()
            },
            false,
        ),
    ] {
        let mut scenario = writing(Mode::Async, 50, 100);
        scenario.cluster.replicas = 1;
        scenario.settings.database = Database::Postgresql(Box::new(settings));
        let mut lab = Lab::new(&scenario).at_ms(3_000);
        lab.kill(n(1));
        lab.act(Action::Promote { node: n(2) });
        lab.run_to_ms(4_000);
        lab.admin(n(1), Admin::Follow { upstream: n(2) });
        lab.restart(n(1));
        lab.run_to_ms(5_000);
        lab.admin(n(1), Admin::Rewind { source: n(2) });
        lab.run_to_ms(10_000);
        let impossible = |kind: &EventKind| matches!(kind, EventKind::RewindImpossible { .. });
        assert_eq!(lab.when(impossible).is_none(), possible);
        assert_eq!(
            lab.simulation.node(n(1)).streaming_from().is_some(),
            possible
        );
        lab.admin(n(1), Admin::Rebuild { source: n(2) });
        lab.run_to_ms(20_000);
        assert!(lab.simulation.node(n(1)).streaming_from().is_some());
        lab.set(replicascope_engine::scenario::Setting::Workload(
            replicascope_engine::scenario::Workload {
                operations_per_second: 0,
                ..scenario.workload
            },
        ));
        lab.run_to_ms(25_000);
        let rows = |number| lab.simulation.node(n(number)).table().rows();
        assert_eq!(rows(1), rows(2));
    }
}

#[test]
fn r_lw_3_an_old_primary_that_nobody_told_comes_back_as_primary() {
    let mut scenario = writing(Mode::Async, 5, 50);
    scenario.cluster.replicas = 1;
    scenario.settings.database = Database::Postgresql(Box::default());
    let mut lab = Lab::new(&scenario).at_ms(3_000);
    lab.kill(n(1));
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(5_000);
    lab.restart(n(1));
    lab.run_to_ms(6_000);
    let op = lab.write_at(0, n(1), None);
    lab.run_to_ms(8_000);
    assert_eq!(lab.op(op).status, Status::Acked);
    let split = |kind: &EventKind| matches!(kind, EventKind::SplitBrain { primaries: 2 });
    assert!(lab.when(split).is_some());
    assert!(
        lab.op(op).lost,
        "what clients write to it is not in the history that goes on"
    );
}

#[test]
fn a_primary_told_to_follow_shuts_down_first_and_ends_its_waits() {
    let settings = Postgresql {
        synchronous_standby_names: "n9".parse().expect("valid"),
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 1, settings)).at_ms(1_000);
    let op = lab.write(0);
    let blocked = lab.write(0);
    lab.run_to_ms(2_000);
    assert_eq!(lab.op(op).status, Status::Open);
    lab.admin(n(1), Admin::Follow { upstream: n(2) });
    lab.run_to_ms(2_100);
    assert_eq!(lab.op(op).status, Status::Unknown);
    assert_ne!(lab.op(blocked).status, Status::Acked);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(10_000);
    assert_eq!(
        lab.simulation.node(n(1)).streaming_from(),
        Some(lab.simulation.node(n(2)).timeline())
    );
}

#[test]
fn r_pg_16_a_timeline_passes_down_a_chain_and_the_next_promotion_opens_a_later_one() {
    let mut lab = Lab::new(&postgresql(3, 5, Postgresql::default())).at_ms(1_000);
    lab.follow(n(3), n(2));
    lab.wait_ms(1_000);
    lab.kill(n(1));
    lab.promote(n(4));
    lab.follow(n(2), n(4));
    lab.write_at(0, n(4), None);
    lab.wait_ms(6_000);
    let followed = lab.when(|kind| {
        matches!(kind, EventKind::Following { node, timeline }
            if *node == n(3) && timeline.term() == 2)
    });
    assert!(followed.is_some(), "n3 learned of it from n2");
    assert_eq!(lab.rows(n(3)), [0]);
    lab.kill(n(4));
    lab.promote(n(3));
    lab.wait_ms(1_000);
    let opened = lab.when(|kind| {
        matches!(kind, EventKind::Promoted { node, timeline, .. }
            if *node == n(3) && timeline.term() == 3)
    });
    assert!(opened.is_some(), "a number that nobody has used");
}
