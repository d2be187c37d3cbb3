//! R-PT-7: the watchdog.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::Limitation;
use replicascope_engine::scenario::{
    Action, KillKind, Manager, Patroni, Service, ServiceAction, Setting, WatchdogMode,
};

use crate::lab::n;
use crate::lab::patroni::{Cluster, leader, seconds};

fn with_device() -> Patroni {
    Patroni {
        watchdog_device: true,
        use_pg_rewind: true,
        ..Patroni::default()
    }
}

fn reset(kind: &EventKind) -> bool {
    *kind == EventKind::HostReset { node: leader() }
}

#[test]
fn r_pt_7_a_frozen_agent_has_its_host_reset_before_the_lease_ends() {
    for (seed, margin, after) in [(1, 5, 25.0), (2, 10, 20.0), (3, -1, 15.0), (4, 0, 30.0)] {
        let patroni = Patroni {
            safety_margin: margin,
            ..with_device()
        };
        let mut cluster = Cluster::new(seed, patroni);
        cluster.wait_ms(24_000);
        let frozen = cluster.now();
        let renewed = cluster.last_renewal(leader(), frozen);
        cluster.service(Service::Agent(leader()), ServiceAction::Freeze);
        cluster.write_for_ms(60_000, |_| false);
        let at = cluster.when_after(frozen, reset).expect("it is reset");
        let found = seconds(renewed, at);
        assert!((found - after).abs() < 0.1, "{found} s");
        assert_eq!(
            cluster.lab.simulation.outages().split_brain.0,
            0,
            "{}",
            cluster.story()
        );
        assert_eq!(cluster.lab.lost(), []);
        // It may be back before its lease ends; then it gets its lock again, as a standby that is promoted.
        assert!(cluster.primary().is_some(), "{}", cluster.story());
    }
}

#[test]
fn r_pt_7_a_killed_agent_does_not_switch_the_watchdog_off() {
    let mut cluster = Cluster::new(5, with_device());
    cluster.wait_ms(24_000);
    let killed = cluster.now();
    cluster.service(Service::Agent(leader()), ServiceAction::Kill);
    cluster.wait_ms(60_000);
    assert!(cluster.when_after(killed, reset).is_some());
    assert_eq!(cluster.lab.simulation.outages().split_brain.0, 0);
}

#[test]
fn r_pt_7_a_leader_that_steps_down_and_a_healthy_one_are_not_reset() {
    let mut cluster = Cluster::new(6, with_device());
    cluster.wait_ms(24_000);
    cluster.lab.act(Action::Promote { node: n(2) });
    cluster.wait_ms(120_000);
    assert_eq!(cluster.primary(), Some(n(2)), "{}", cluster.story());
    let any = |kind: &EventKind| matches!(kind, EventKind::HostReset { .. });
    assert!(cluster.lab.when(any).is_none());
}

#[test]
fn r_pt_7_off_and_without_a_device_there_is_none() {
    for patroni in [
        Patroni {
            watchdog_mode: WatchdogMode::Off,
            ..with_device()
        },
        Patroni::default(),
    ] {
        let mut cluster = Cluster::new(7, patroni);
        cluster.wait_ms(24_000);
        cluster.service(Service::Agent(leader()), ServiceAction::Freeze);
        cluster.wait_ms(60_000);
        assert_eq!(cluster.lab.simulation.writers().len(), 2, "split brain");
        assert!(cluster.lab.when(reset).is_none());
    }
}

#[test]
fn r_pt_7_required_without_a_device_nobody_is_leader() {
    let patroni = Patroni {
        watchdog_mode: WatchdogMode::Required,
        ..Patroni::default()
    };
    let mut cluster = Cluster::new(8, patroni);
    cluster.wait_ms(60_000);
    assert_eq!(cluster.primary(), None, "{}", cluster.story());
    let why = Limitation::NoWatchdog;
    let said = EventKind::Manager(ManagerEvent::DoesNotStand { node: n(2), why });
    assert!(cluster.lab.when(|kind| *kind == said).is_some());
    let patroni = Patroni {
        watchdog_mode: WatchdogMode::Required,
        ..with_device()
    };
    let mut cluster = Cluster::new(8, patroni);
    cluster.wait_ms(30_000);
    cluster.kill(leader(), KillKind::PowerOff);
    cluster.wait_ms(50_000);
    assert!(cluster.primary().is_some());
}

#[test]
fn r_pt_7_a_watchdog_that_is_switched_off_does_not_fire() {
    let mut cluster = Cluster::new(6, with_device());
    cluster.wait_ms(24_000);
    let off = Patroni {
        watchdog_mode: WatchdogMode::Off,
        ..with_device()
    };
    cluster
        .lab
        .set(Setting::Manager(Manager::Patroni(Box::new(off))));
    cluster.wait_ms(12_000);
    cluster.service(Service::Agent(leader()), ServiceAction::Freeze);
    cluster.wait_ms(60_000);
    assert_eq!(cluster.lab.when(reset), None, "{}", cluster.story());
}

/// Else the agent of a host that stands still would feed the watchdog, and its database come back beside another primary.
#[test]
fn r_pt_7_no_agent_runs_on_a_host_that_stands_still() {
    let mut cluster = Cluster::new(6, with_device());
    cluster.wait_ms(24_000);
    cluster.lab.act(Action::Freeze { node: leader() });
    let agent = Service::Agent(leader());
    cluster.service(agent, ServiceAction::Thaw);
    let frozen = cluster.now();
    let thawed = |kind: &EventKind| {
        *kind
            == EventKind::ServiceChanged {
                service: agent,
                what: ServiceAction::Thaw,
            }
    };
    cluster.wait_ms(60_000);
    assert_eq!(cluster.when_after(frozen, thawed), None);
    cluster.lab.act(Action::HealAll);
    cluster.wait_ms(60_000);
    assert!(cluster.primary().is_some(), "{}", cluster.story());
    assert_eq!(cluster.lab.simulation.outages().split_brain.0, 0);
}
