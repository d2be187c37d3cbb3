//! Fencing on, and fencing off.

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::NodeSet;
use replicascope_engine::node::Role;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Mode, Setting};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::world::ClusterVerdict;

use crate::lab::{Lab, n, quiet, writing};

#[test]
fn with_fencing_a_primary_that_is_cut_off_stops_before_another_starts() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 50)).at_ms(2_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.run_to_ms(10_000);
    let fenced = lab
        .when(|kind| matches!(kind, EventKind::Fenced { .. }))
        .expect("its lease ended");
    let (_, promoted) = lab.promoted().expect("the others elected one");
    assert!(fenced < promoted);
    assert!(
        fenced <= Time::from_millis(3_500),
        "an election time-out after the last answered heartbeat: {fenced}"
    );
    assert_eq!(lab.simulation.node(n(1)).role(), Role::Fenced);
    assert_eq!(lab.simulation.outages().split_brain, Span::ZERO);
    // R-LW-2: what it acked after the cut is lost, rate × time to the fence.
    let lost = lab.lost().len();
    assert!((60..=76).contains(&lost), "{lost}");
    lab.act(Action::Reconnect { node: n(1) });
    lab.run_to_ms(13_000);
    assert_eq!(lab.simulation.node(n(1)).role(), Role::Replica);
    assert!(
        lab.lost()
            .iter()
            .all(|&op| lab.op(op).erased_from.contains(n(1)))
    );
}

#[test]
fn with_fencing_a_frozen_primary_comes_back_and_refuses() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 50)).at_ms(2_000);
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(8_000);
    assert!(lab.promoted().is_some());
    let tip = lab.simulation.node(n(1)).tip();
    lab.act(Action::Thaw { node: n(1) });
    assert_eq!(
        lab.simulation.node(n(1)).tip(),
        tip,
        "the requests in its sockets are refused"
    );
    lab.run_to_ms(12_000);
    assert_eq!(lab.simulation.outages().split_brain, Span::ZERO);
    assert_eq!(lab.simulation.node(n(1)).role(), Role::Replica);
}

#[test]
fn without_fencing_a_frozen_primary_comes_back_and_really_takes_writes() {
    let mut scenario = writing(Mode::Async, 10, 50);
    scenario.settings.fencing = false;
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(8_000);
    let (winner, _) = lab.promoted().expect("an election");
    let tip = lab.simulation.node(n(1)).tip().lsn;
    lab.act(Action::Thaw { node: n(1) });
    lab.run_to_ms(12_000);
    assert_eq!(lab.simulation.writers().len(), 2, "split brain");
    assert!(
        lab.simulation.node(n(1)).tip().lsn.ahead_of(tip) > 50,
        "the router cannot tell and sends it half"
    );
    assert!(
        lab.when(|kind| matches!(kind, EventKind::SplitBrain { primaries: 2 }))
            .is_some()
    );
    assert!(lab.simulation.outages().split_brain >= Span::from_millis(3_900));
    let lost = lab.lost();
    assert!(lost.len() > 50, "{}", lost.len());
    let on = |node, op| {
        lab.op(op)
            .tip
            .is_some_and(|tip| lab.simulation.node(node).wal().contains(tip))
    };
    assert!(
        lost.iter().all(|&op| on(n(1), op) && !on(winner, op)),
        "they are on n1's history alone"
    );

    lab.set(Setting::Fencing(true));
    lab.run_to_ms(16_000);
    assert_eq!(lab.simulation.writers().len(), 1);
    assert_eq!(lab.simulation.node(n(1)).role(), Role::Replica);
    assert!(lost.iter().all(|&op| lab.op(op).erased_from.contains(n(1))));
}

#[test]
fn without_fencing_a_primary_that_is_cut_off_goes_on_alone() {
    let mut scenario = writing(Mode::Async, 10, 50);
    scenario.settings.fencing = false;
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.run_to_ms(10_000);
    assert_eq!(lab.simulation.writers().len(), 2);
    lab.act(Action::Reconnect { node: n(1) });
    lab.run_to_ms(12_000);
    assert_eq!(
        lab.simulation.writers().len(),
        2,
        "it hears of the other and does not care"
    );
    assert!(lab.lost().len() > 100);
}

#[test]
fn sync_mode_blocks_on_the_side_that_is_cut_off() {
    for fencing in [true, false] {
        let mut scenario = writing(Mode::Sync, 10, 50);
        scenario.settings.fencing = fencing;
        let mut lab = Lab::new(&scenario).at_ms(2_000);
        lab.act(Action::Isolate { node: n(1) });
        lab.run_to_ms(10_000);
        assert_eq!(lab.lost(), [], "fencing {fencing}");
        let unknown = lab
            .simulation
            .oracle()
            .ops()
            .filter(|op| op.status == Status::Unknown)
            .count();
        assert!(
            unknown > 40,
            "they wait until their clients give up: {unknown}"
        );
    }
}

#[test]
fn the_cluster_as_a_whole_has_a_verdict() {
    let verdict = |lab: &Lab| lab.simulation.cluster_verdict();
    let mut scenario = writing(Mode::Async, 10, 50);
    scenario.settings.fencing = false;
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    assert_eq!(verdict(&lab), ClusterVerdict::default());
    lab.act(Action::Freeze { node: n(1) });
    assert_eq!(
        verdict(&lab).no_primary_since,
        Some(Time::from_millis(2_000))
    );
    lab.run_to_ms(8_000);
    assert_eq!(verdict(&lab).no_primary_since, None);
    lab.act(Action::Thaw { node: n(1) });
    lab.run_to_ms(10_000);
    assert_eq!(
        verdict(&lab).split_brain_since,
        Some(Time::from_millis(8_000))
    );
    assert_eq!(verdict(&lab).diverged, NodeSet::EMPTY.with(n(1)));
    lab.set(Setting::Fencing(true));
    lab.run_to_ms(14_000);
    assert_eq!(
        verdict(&lab),
        ClusterVerdict::default(),
        "rewound and caught up"
    );

    let mut scenario = writing(Mode::Sync, 10, 50);
    scenario.settings.sync.drop_after_us = Some(300_000);
    scenario.settings.semi_sync.timeout_us = Some(300_000);
    scenario.settings.fencing = false;
    for mode in [Mode::Sync, Mode::SemiSync] {
        scenario.settings.mode = mode;
        let mut lab = Lab::new(&scenario).at_ms(2_000);
        (2..=5).for_each(|node| lab.kill(n(node)));
        lab.run_to_ms(4_000);
        assert_eq!(verdict(&lab).sync_without_standby, mode == Mode::Sync);
        assert_eq!(verdict(&lab).semi_sync_fell_back, mode == Mode::SemiSync);
    }
}

#[test]
fn a_write_is_durable_once_a_majority_has_it_on_disk() {
    let mut lab = Lab::new(&quiet(Mode::Async, 100)).at_ms(500);
    let op = lab.write(3);
    lab.run_to_ms(550);
    let fate = |lab: &Lab| lab.simulation.fate(lab.op(op).tip.expect("inserted"));
    assert_eq!(
        (fate(&lab).flushed, fate(&lab).durable),
        (NodeSet::EMPTY.with(n(1)), false)
    );
    assert_eq!(lab.op(op).status, Status::Acked, "async: acked long before");
    lab.run_to_ms(700);
    assert_eq!((fate(&lab).replayed.len(), fate(&lab).durable), (5, true));
}
