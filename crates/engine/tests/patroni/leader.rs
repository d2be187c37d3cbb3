//! Holding the lease: R-PT-1, R-PT-2, R-PT-4, R-LW-2, and a failover that a person asks for.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::DemoteWhy;
use replicascope_engine::node::Role;
use replicascope_engine::scenario::{Action, KillKind, Patroni, SynchronousMode, WatchdogMode};
use replicascope_engine::time::Span;

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader, seconds};

fn rewinding() -> Patroni {
    Patroni {
        use_pg_rewind: true,
        ..Patroni::default()
    }
}

#[test]
fn r_pt_1_defaults() {
    let patroni = Patroni::default();
    assert_eq!(
        (patroni.ttl, patroni.loop_wait, patroni.retry_timeout),
        (30, 10, 10)
    );
    assert_eq!(patroni.maximum_lag_on_failover, 1_048_576);
    assert_eq!(patroni.maximum_lag_on_syncnode, -1);
    assert_eq!(patroni.primary_start_timeout, 300);
    assert_eq!(patroni.synchronous_mode, SynchronousMode::Off);
    assert!(!patroni.synchronous_mode_strict && !patroni.failsafe_mode && !patroni.use_pg_rewind);
    assert_eq!(patroni.synchronous_node_count, 1);
    assert_eq!(patroni.watchdog_mode, WatchdogMode::Automatic);
    assert_eq!(patroni.safety_margin, 5);
    assert!(patroni.use_slots && !patroni.check_timeline && !patroni.pause);
    assert_eq!(
        (patroni.member_slots_ttl, patroni.primary_race_backoff),
        (1_800, 0)
    );
}

#[test]
fn r_pt_2_the_leader_renews_its_lease_every_round_and_publishes_its_position() {
    let mut cluster = Cluster::new(1, rewinding());
    cluster.write_for_ms(60_000, |_| false);
    let renewed = EventKind::Manager(ManagerEvent::LockRenewed { node: leader() });
    let events = cluster.lab.simulation.trace().events();
    let at: Vec<_> = events
        .filter(|event| event.kind == renewed)
        .map(|event| event.at)
        .collect();
    assert!(at.len() >= 5, "{at:?}");
    for pair in at.windows(2) {
        assert!((9.9..10.1).contains(&seconds(pair[0], pair[1])), "{at:?}");
    }
    let state = cluster.lab.simulation.store_state().expect("a store");
    assert!(state.status.lsn.0 > 500, "{:?}", state.status);
    assert_eq!(state.leads(), Some(leader()));
}

#[test]
fn r_pt_2_rounds_of_agents_start_at_phases_that_differ_with_the_seed() {
    let first = |seed| {
        let mut cluster = Cluster::new(seed, rewinding());
        cluster.wait_ms(12_000);
        cluster.last_renewal(leader(), cluster.now())
    };
    assert_ne!(first(1), first(2));
}

#[test]
fn r_pt_4_with_no_time_to_start_another_takes_over_at_the_next_round() {
    let mut cluster = Cluster::new(
        3,
        Patroni {
            primary_start_timeout: 0,
            ..rewinding()
        },
    );
    cluster.wait_ms(25_000);
    let killed = cluster.now();
    cluster.kill(leader(), KillKind::Process);
    cluster.wait_ms(30_000);
    let new = cluster.primary().expect("somebody leads");
    assert_ne!(new, leader(), "{}", cluster.story());
    let promoted = cluster
        .when_after(killed, |kind| matches!(kind, EventKind::Promoted { .. }))
        .expect("promoted");
    assert!(seconds(killed, promoted) < 11.0);
    assert_eq!(cluster.lab.simulation.node(leader()).role(), Role::Replica);
}

#[test]
fn r_pt_4_a_primary_that_takes_too_long_to_start_is_replaced() {
    let mut scenario = crate::lab::patroni::cluster(
        4,
        Patroni {
            loop_wait: 3,
            primary_start_timeout: 5,
            ..rewinding()
        },
    );
    scenario.cluster.costs.start_us = 10_000_000;
    let mut cluster = Cluster::of(&scenario);
    cluster.wait_ms(25_000);
    let killed = cluster.now();
    cluster.kill(leader(), KillKind::Process);
    cluster.wait_ms(60_000);
    let timeout = |kind: &EventKind| {
        let why = DemoteWhy::StartTimeout;
        *kind
            == EventKind::Manager(ManagerEvent::Demotes {
                node: leader(),
                why,
            })
    };
    let at = cluster
        .when_after(killed, timeout)
        .unwrap_or_else(|| panic!("not given up\n{}", cluster.story()));
    // Documented worst case: a round, the time-out, and another round.
    assert!(
        (5.0..11.5).contains(&seconds(killed, at)),
        "{}",
        cluster.story()
    );
    assert!(cluster.primary().is_some_and(|node| node != leader()));
}

#[test]
fn r_pt_4_after_a_restart_of_the_host_the_database_is_a_standby_until_the_agent_holds_the_lock() {
    for (how, after_ms) in [
        (KillKind::PowerOff, 2_000),
        (KillKind::AllProcesses, 2_000),
        (KillKind::PowerOff, 60_000),
    ] {
        let mut cluster = Cluster::new(5, rewinding());
        cluster.wait_ms(25_000);
        cluster.kill(leader(), how);
        cluster.wait_ms(after_ms);
        let taken = cluster.primary();
        cluster.lab.restart(leader());
        cluster.wait_ms(50);
        let role = cluster.lab.simulation.node(leader()).role();
        assert_eq!(role, Role::Replica, "{}", cluster.story());
        cluster.wait_ms(40_000);
        let expected = taken.unwrap_or(leader());
        assert_eq!(cluster.primary(), Some(expected), "{}", cluster.story());
        assert_eq!(cluster.lab.simulation.outages().split_brain, Span::ZERO);
    }
}

#[test]
fn promote_is_a_failover_through_the_store_that_loses_nothing() {
    let mut cluster = Cluster::new(6, rewinding());
    cluster.write_for_ms(25_000, |_| false);
    cluster.lab.act(Action::Promote { node: n(3) });
    cluster.write_for_ms(20_000, |_| false);
    assert_eq!(cluster.primary(), Some(n(3)), "{}", cluster.story());
    assert_eq!(cluster.lab.lost(), []);
    assert_eq!(cluster.lab.simulation.outages().split_brain, Span::ZERO);
    let state = cluster.lab.simulation.store_state().expect("a store");
    assert_eq!((state.leads(), state.failover), (Some(n(3)), None));
    cluster.wait_ms(30_000);
    assert_eq!(cluster.lab.simulation.node(n(1)).role(), Role::Replica);
    assert!(cluster.lab.simulation.node(n(1)).streaming_from().is_some());
}

#[test]
fn promote_where_no_agent_runs_is_pg_promote() {
    use replicascope_engine::scenario::{Service, ServiceAction};
    let mut cluster = Cluster::new(7, rewinding());
    cluster.wait_ms(25_000);
    cluster.service(Service::Agent(n(2)), ServiceAction::Kill);
    cluster.lab.act(Action::Promote { node: n(2) });
    cluster.wait_ms(1_000);
    assert_eq!(
        cluster.lab.simulation.writers().len(),
        2,
        "nobody prevents it"
    );
    // The agent finds a primary without the lock.
    cluster.service(Service::Agent(n(2)), ServiceAction::Restart);
    cluster.wait_ms(30_000);
    assert_eq!(cluster.primary(), Some(leader()), "{}", cluster.story());
}

#[test]
fn r_lw_2_a_leader_that_is_cut_off_with_its_clients_loses_rate_times_time_to_demotion() {
    let mut cluster = Cluster::new(8, rewinding());
    cluster.write_for_ms(22_000, |_| false);
    let cut = cluster.now();
    cluster.lab.act(Action::Isolate { node: leader() });
    cluster.write_for_ms(45_000, |_| false);
    let acks = cluster.acks(leader());
    let last = *acks.last().expect("it took writes");
    assert!(
        (8.0..22.5).contains(&seconds(cut, last)),
        "{}",
        cluster.story()
    );
    let during = acks.iter().filter(|&&ack| ack > cut).count();
    cluster.lab.act(Action::Reconnect { node: leader() });
    cluster.wait_ms(60_000);
    let lost = cluster.lost_of(leader());
    // One more may have been on the wire.
    assert!(lost >= during && lost <= during + 2, "{lost} of {during}");
    let expected = seconds(cut, last) * 20.0;
    assert!(
        (lost as f64 - expected).abs() < 3.0,
        "{lost}, not {expected}"
    );
    assert!(cluster.primary().is_some_and(|node| node != leader()));
    assert_eq!(cluster.lab.simulation.outages().split_brain, Span::ZERO);
}
