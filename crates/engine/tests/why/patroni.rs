//! Patroni: leases, the store, races, and agents that stand still.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::DemoteWhy;
use replicascope_engine::message::MessageKind;
use replicascope_engine::scenario::{
    Action, Endpoint, KillKind, Patroni, PatroniVersion, Service, ServiceAction,
};
use replicascope_engine::why::{Lane, Part, Question, RanOn, Step, Verdict};

use crate::lab::patroni::{Cluster, leader};
use crate::lab::{Lab, n};
use crate::{ask, ask_everything, assert_fault, assert_in_order, did, is_fault, took_over};

fn rewinding() -> Patroni {
    Patroni {
        use_pg_rewind: true,
        ..Patroni::default()
    }
}

fn at_25_s(patroni: Patroni) -> Lab {
    let mut cluster = Cluster::new(1, patroni);
    cluster.wait_ms(25_000);
    cluster.lab
}

fn last_renewed(step: &Step) -> bool {
    matches!(step.part, Part::LastRenewed { .. }) && step.lane == Lane::Agent(leader())
}

fn expired(step: &Step) -> bool {
    did(|event| *event == ManagerEvent::LeaseExpired { node: leader() })(step)
        && matches!(step.lane, Lane::Store(_))
}

fn taken(step: &Step) -> bool {
    did(|event| matches!(event, ManagerEvent::LockTaken { .. }))(step)
        && matches!(step.lane, Lane::Agent(_))
}

#[test]
fn an_outage_is_told_from_the_last_renewal_to_who_took_the_key() {
    let mut lab = at_25_s(rewinding());
    lab.kill(leader());
    lab.wait_ms(60_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_eq!(why.verdict, Verdict::NoPrimary { over: true });
    assert_in_order(
        &why,
        &[&last_renewed, &is_fault, &expired, &taken, &took_over],
    );
    assert_fault(&why, |what| *what == EventKind::Killed { node: leader() });
    let answered = why.arrows.iter().any(|arrow| {
        arrow.kind == MessageKind::StoreReply
            && matches!((arrow.from, arrow.to), (Lane::Store(_), Lane::Agent(_)))
    });
    assert!(answered, "{:?}", why.arrows);
}

#[test]
fn a_leader_that_loses_the_store_steps_down_and_the_cut_is_named() {
    let mut lab = at_25_s(rewinding());
    for member in 0..3 {
        let (from, to) = (Endpoint::Node(leader()), Endpoint::Store(member));
        lab.act(Action::CutLink { from, to });
    }
    lab.wait_ms(24_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_eq!(why.verdict, Verdict::NoPrimary { over: false });
    let unreachable = did(|event| matches!(event, ManagerEvent::StoreUnreachable { .. }));
    let demotes = did(|event| {
        let why = DemoteWhy::StoreGone;
        *event
            == ManagerEvent::Demotes {
                node: leader(),
                why,
            }
    });
    assert_in_order(&why, &[&is_fault, &unreachable, &demotes]);
    assert_fault(&why, |what| matches!(what, EventKind::LinkCut { .. }));
}

#[test]
fn without_a_majority_of_the_store_its_dead_members_are_the_fault() {
    let mut lab = at_25_s(rewinding());
    for member in [1, 2] {
        let (service, what) = (Service::Store(member), ServiceAction::Kill);
        lab.act(Action::Service { service, what });
    }
    lab.wait_ms(40_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_fault(&why, |what| {
        matches!(
            what,
            EventKind::ServiceChanged {
                service: Service::Store(_),
                ..
            }
        )
    });
    assert!(why.lanes.contains(&Lane::Store(1)));
}

#[test]
fn a_frozen_agent_without_a_watchdog_is_why_two_nodes_take_writes() {
    let mut lab = at_25_s(rewinding());
    let (service, what) = (Service::Agent(leader()), ServiceAction::Freeze);
    lab.act(Action::Service { service, what });
    lab.wait_ms(35_000);
    let late = lab.write_at(3, leader(), None);
    lab.wait_ms(10);
    let why = ask(&lab, Question::SplitBrain);
    let ran_on = |step: &Step| {
        let (node, why) = (leader(), RanOn::NoAgent);
        step.part == Part::RanOn { node, why }
    };
    assert_in_order(
        &why,
        &[
            &last_renewed,
            &is_fault,
            &expired,
            &taken,
            &took_over,
            &ran_on,
        ],
    );
    let frozen = |what: &EventKind| {
        *what
            == EventKind::ServiceChanged {
                service,
                what: ServiceAction::Freeze,
            }
    };
    assert_fault(&why, frozen);
    let fault = why.fault().expect("a fault");
    assert_eq!(fault.lane, Lane::Agent(leader()));

    let why = ask(&lab, Question::Op(late));
    let Verdict::Lost { after_takeover, .. } = why.verdict else {
        panic!("{why:#?}");
    };
    assert!(after_takeover);
    assert_fault(&why, frozen);
}

#[test]
fn a_watchdog_that_resets_the_host_names_the_frozen_agent() {
    let mut lab = at_25_s(Patroni {
        watchdog_device: true,
        ..rewinding()
    });
    let (service, what) = (Service::Agent(leader()), ServiceAction::Freeze);
    lab.act(Action::Service { service, what });
    lab.wait_ms(60_000);
    let why = ask(&lab, Question::NoPrimary);
    let reset = |step: &Step| step.event.kind == EventKind::HostReset { node: leader() };
    assert_in_order(&why, &[&last_renewed, &is_fault, &reset]);
    assert_fault(&why, |what| {
        *what
            == EventKind::ServiceChanged {
                service,
                what: ServiceAction::Freeze,
            }
    });
}

#[test]
fn a_restart_in_place_ends_the_outage() {
    let mut lab = at_25_s(rewinding());
    lab.kill_process(leader());
    lab.wait_ms(15_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_eq!(why.verdict, Verdict::NoPrimary { over: true });
    let in_place = did(|event| *event == ManagerEvent::RestartsInPlace { node: leader() });
    let ready = |step: &Step| step.event.kind == EventKind::ServerReady { node: leader() };
    assert_in_order(&why, &[&is_fault, &in_place, &ready]);
    assert!(!why.steps.iter().any(took_over));
}

#[test]
fn patronictl_is_the_action_behind_a_failover() {
    let mut lab = at_25_s(rewinding());
    lab.promote(n(3));
    lab.wait_ms(10_000);
    let why = ask(&lab, Question::NoPrimary);
    let wanted = did(|event| *event == ManagerEvent::FailoverWanted { candidate: n(3) });
    let released = did(|event| *event == ManagerEvent::LockReleased { node: leader() });
    let demotes = did(|event| matches!(event, ManagerEvent::Demotes { .. }));
    assert_in_order(&why, &[&wanted, &demotes, &released, &taken, &took_over]);
    let asked = |step: &Step| is_fault(step) && matches!(step.event.kind, EventKind::Action { .. });
    assert_in_order(&why, &[&asked]);
}

#[test]
fn a_stolen_lock_leads_back_to_the_agent_that_stood_still() {
    // Which of its threads runs first is drawn: some seed steals.
    for seed in 0..20 {
        let mut cluster = Cluster::new(
            seed,
            Patroni {
                version: PatroniVersion::V3,
                ..rewinding()
            },
        );
        cluster.wait_ms(25_000);
        cluster.service(Service::Agent(leader()), ServiceAction::Freeze);
        cluster.wait_ms(40_000);
        let new = cluster.lab.promoted().expect("another takes over").0;
        let write = cluster.lab.write_at(3, new, None);
        cluster.wait_ms(100);
        cluster.service(Service::Agent(leader()), ServiceAction::Thaw);
        cluster.wait_ms(30_000);
        if !cluster.lab.op(write).lost {
            continue;
        }
        let why = ask(&cluster.lab, Question::Op(write));
        let stolen = did(|event| *event == ManagerEvent::LockStolen { node: leader() });
        let thawed = |step: &Step| {
            matches!(
                step.event.kind,
                EventKind::ServiceChanged {
                    what: ServiceAction::Thaw,
                    ..
                }
            )
        };
        assert_in_order(&why, &[&is_fault, &thawed, &stolen, &took_over]);
        assert_fault(&why, |what| {
            matches!(
                what,
                EventKind::ServiceChanged {
                    what: ServiceAction::Freeze,
                    ..
                }
            )
        });
        return;
    }
    panic!("nobody stole the lock");
}

#[test]
fn whatever_happens_under_patroni_can_be_explained() {
    for seed in 0..6 {
        let mut cluster = Cluster::new(seed, rewinding());
        cluster.write_for_ms(20_000, |_| false);
        match seed {
            0 => cluster.kill(leader(), KillKind::PowerOff),
            1 => cluster.lab.act(Action::Isolate { node: leader() }),
            2 => cluster.service(Service::Agent(leader()), ServiceAction::Freeze),
            3 => cluster.lab.act(Action::Freeze { node: leader() }),
            4 => cluster.store_links_only_to_nodes(0, true),
            _ => cluster.lab.act(Action::LoseHost { node: leader() }),
        }
        cluster.write_for_ms(40_000, |_| false);
        cluster.lab.act(Action::HealAll);
        cluster.write_for_ms(20_000, |_| false);
        for node in 1..=3 {
            cluster.lab.read(5, Some(n(node)));
        }
        cluster.wait_ms(1_000);
        ask_everything(&cluster.lab);
    }
}
