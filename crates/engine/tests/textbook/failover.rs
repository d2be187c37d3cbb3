//! Detection, election, promotion, and the old primary's return.

use replicascope_engine::event::{ElectionFailure, EventKind, NoEffect};
use replicascope_engine::ids::NodeSet;
use replicascope_engine::node::Role;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Endpoint, Failover, Mode, Setting};
use replicascope_engine::time::{Span, Time};

use crate::lab::{Lab, n, quiet, writing};

#[test]
fn the_replica_with_the_most_log_wins() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 50)).at_ms(3_000);
    // Only n4 still hears the primary.
    for node in [2, 3, 5] {
        lab.act(Action::CutLink {
            from: n(1).into(),
            to: n(node).into(),
        });
    }
    lab.run_to_ms(3_600);
    lab.kill(n(1));
    let behind = lab.simulation.node(n(2)).tip().lsn;
    assert!(lab.simulation.node(n(4)).tip().lsn.ahead_of(behind) > 20);
    lab.run_to_ms(10_000);
    let (winner, at) = lab.promoted().expect("an election");
    assert_eq!(winner, n(4));
    let lost = lab.lost();
    assert!(
        lost.len() <= 1,
        "at most what was on the wire to n4: {lost:?}"
    );
    // Silence, jitter, the window for answers twice (the first to stand has less log), two rounds of messages.
    assert!(
        at <= Time::from_millis(3_600 + 1_500 + 250 + 2 * 400 + 6 * 10),
        "{at}"
    );
}

#[test]
fn a_minority_elects_nobody() {
    let mut lab = Lab::new(&quiet(Mode::Async, 10)).at_ms(500);
    for node in [1, 2, 3] {
        lab.kill(n(node));
    }
    lab.run_to_ms(30_000);
    assert_eq!(lab.promoted(), None);
    let refused = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::ElectionFailed {
                why: ElectionFailure::NoMajority,
                ..
            }
        )
    };
    assert!(lab.when(refused).is_some());
    lab.restart(n(2));
    lab.run_to_ms(40_000);
    assert!(lab.promoted().is_some(), "three of five are enough");
}

#[test]
fn a_replica_that_alone_does_not_hear_the_primary_disturbs_nobody() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 50)).at_ms(1_000);
    lab.act(Action::CutLink {
        from: n(1).into(),
        to: n(3).into(),
    });
    lab.run_to_ms(10_000);
    assert_eq!(lab.promoted(), None);
    let asked = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::ElectionFailed {
                why: ElectionFailure::PrimaryAlive,
                ..
            }
        )
    };
    assert!(lab.when(asked).is_some());
    assert_eq!(lab.simulation.outages().no_primary, Span::ZERO);
    lab.act(Action::HealLink {
        from: n(1).into(),
        to: n(3).into(),
    });
    lab.run_to_ms(11_000);
    assert!(lab.simulation.lag(n(3)).0 <= 2, "it caught up");
}

#[test]
fn the_old_primary_is_refused_rewound_and_caught_up_and_the_ledger_says_what_that_erased() {
    let mut lab = Lab::new(&writing(Mode::Async, 100, 50)).at_ms(5_005);
    lab.kill(n(1));
    lab.run_to_ms(15_000);
    let lost = lab.lost();
    assert!(!lost.is_empty());
    assert!(
        lost.iter()
            .all(|&op| lab.op(op).erased_from == NodeSet::EMPTY),
        "still on n1's disk"
    );
    lab.restart(n(1));
    lab.run_to_ms(25_000);
    let refused =
        lab.when(|kind| matches!(kind, EventKind::RejoinRefused { node, .. } if *node == n(1)));
    let rewound = lab.when(|kind| matches!(kind, EventKind::Rewound { node, .. } if *node == n(1)));
    assert!(refused.expect("R-PG-16") < rewound.expect("R-PG-17"));
    assert!(lost.iter().all(|&op| lab.op(op).erased_from.contains(n(1))));
    let erased = lab
        .simulation
        .oracle()
        .ops()
        .filter(|op| op.status == Status::Acked && !op.erased_from.is_empty());
    assert!(
        erased.map(|op| op.id).eq(lost),
        "what was acked and erased is what was lost"
    );
    assert_eq!(lab.simulation.node(n(1)).role(), Role::Replica);
    assert!(lab.simulation.lag(n(1)).0 <= 7, "100 ms at 50 writes/s");
}

#[test]
fn a_short_stop_does_not_change_the_primary() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 50)).at_ms(2_000);
    lab.kill(n(1));
    lab.run_to_ms(2_600);
    lab.restart(n(1));
    lab.run_to_ms(6_000);
    assert_eq!(lab.promoted(), None);
    assert_eq!(lab.lost(), []);
    let outage = lab.simulation.outages().no_primary;
    assert!((600..=700).contains(&(outage.0 / 1_000)), "{outage}");
}

#[test]
fn under_manual_failover_nobody_is_elected_until_a_person_promotes() {
    let mut scenario = writing(Mode::Async, 10, 50);
    scenario.settings.failover = Failover::Manual;
    scenario.settings.fencing = false;
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    lab.kill(n(1));
    lab.run_to_ms(20_000);
    assert_eq!(lab.promoted(), None);
    lab.act(Action::Promote { node: n(3) });
    lab.run_to_ms(20_001);
    assert_eq!(
        lab.promoted().map(|(node, _)| node),
        Some(n(3)),
        "on the spot, as pg_promote() does"
    );
    assert_eq!(lab.simulation.node(n(3)).timeline().term(), 2);
    lab.run_to_ms(22_000);
    let follows = |node| {
        lab.simulation
            .node(node)
            .streaming_from()
            .map(replicascope_engine::ids::Timeline::owner)
    };
    assert_eq!(follows(n(2)), Some(n(3)));
}

#[test]
fn promote_with_fencing_needs_a_majority_and_retires_the_old_primary() {
    let mut lab = Lab::new(&writing(Mode::Sync, 10, 50)).at_ms(2_000);
    lab.act(Action::Promote { node: n(3) });
    lab.run_to_ms(4_000);
    let (winner, at) = lab.promoted().expect("a majority");
    assert_eq!(winner, n(3));
    assert!(
        at < Time::from_millis(2_100),
        "the old primary gave its vote, so nobody waits for its lease: {at}"
    );
    assert_eq!(lab.lost(), [], "sync mode");
    assert_eq!(lab.simulation.node(n(1)).role(), Role::Replica);
    lab.act(Action::Promote { node: n(3) });
    let refused = lab.when(|kind| {
        *kind
            == EventKind::ActionHadNoEffect {
                why: NoEffect::AlreadyPrimary,
            }
    });
    assert!(refused.is_some());
}

#[test]
fn a_promoted_node_waits_for_a_lease_that_it_could_not_end() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 50)).at_ms(2_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.act(Action::Promote { node: n(3) });
    lab.run_to_ms(6_000);
    let fenced = lab
        .when(|kind| matches!(kind, EventKind::Fenced { node } if *node == n(1)))
        .expect("fenced");
    let (winner, opened) = lab.promoted().expect("a majority of four");
    assert_eq!(winner, n(3));
    assert!(fenced < opened, "never two at once: {fenced}, {opened}");
    assert_eq!(lab.simulation.outages().split_brain, Span::ZERO);
}

#[test]
fn a_new_primary_first_replays_what_it_has() {
    let mut scenario = writing(Mode::Async, 10, 50);
    scenario.cluster.replicas = 2;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    for node in 2..=3 {
        lab.act(Action::Slow {
            node: n(node),
            factor: 100,
        });
    }
    lab.run_to_ms(4_000);
    let backlog = lab
        .simulation
        .node(n(2))
        .tip()
        .lsn
        .ahead_of(lab.simulation.node(n(2)).positions().replay);
    assert!(backlog > 50, "{backlog}");
    lab.kill(n(1));
    lab.run_to_ms(20_000);
    let won = lab
        .when(|kind| matches!(kind, EventKind::Won { .. }))
        .expect("an election");
    let (_, opened) = lab.promoted().expect("an election");
    // R-PG-15: 40 ms for each record that was not applied when it won.
    assert!(opened.since(won) > Span::from_millis(500), "{won} {opened}");
}

#[test]
fn a_lost_host_is_filled_again_with_a_copy() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 50)).at_ms(2_000);
    lab.act(Action::LoseHost { node: n(2) });
    lab.run_to_ms(4_000);
    assert_eq!(lab.simulation.node(n(2)).tip().lsn.0, 0);
    lab.restart(n(2));
    lab.run_to_ms(8_000);
    let filled =
        lab.when(|kind| matches!(kind, EventKind::BackupRestored { node, .. } if *node == n(2)));
    assert!(filled.is_some());
    assert!(lab.simulation.lag(n(2)).0 <= 2);
    let rows = |node| lab.simulation.node(node).table().rows().len();
    assert_eq!(rows(n(2)), rows(n(1)));
}

#[test]
fn a_router_keeps_writes_until_it_knows_a_primary() {
    let mut scenario = writing(Mode::Async, 10, 50);
    scenario.settings.timers.client_timeout_us = 10_000_000;
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    lab.kill(n(1));
    lab.run_to_ms(15_000);
    let totals = lab.simulation.oracle().totals();
    assert_eq!(totals.writes_failed, 0, "none that waited failed");
    // Those sent to the dead node before the router noticed, and nothing else, have no answer.
    assert!(
        (20..=45).contains(&totals.writes_unknown),
        "{}",
        totals.writes_unknown
    );
    assert!(lab.simulation.router().believes(n(4)).reachable);
    lab.set(Setting::Failover(Failover::Manual));
    assert!(
        lab.simulation
            .network()
            .link(Endpoint::Clients, n(2).into())
            .settings
            .delay_us
            == 1_000
    );
}

#[test]
fn a_full_copy_takes_as_long_as_the_timer_says() {
    let filled_after = |copy_ms: u64| {
        let mut scenario = quiet(Mode::Async, 5);
        scenario.settings.timers.base_backup_us = copy_ms * 1_000;
        let mut lab = Lab::new(&scenario).at_ms(1_000);
        lab.act(Action::LoseHost { node: n(2) });
        lab.run_to_ms(2_000);
        lab.restart(n(2));
        lab.run_to_ms(30_000);
        let restored = |kind: &EventKind| matches!(kind, EventKind::BackupRestored { .. });
        lab.when(restored).expect("filled").0 / 1_000
    };
    assert_eq!(filled_after(7_000) - filled_after(1_000), 6_000);
}
