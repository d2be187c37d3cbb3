//! R-MH-7: when a failover is not begun, and what happens after one.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::MhaEvent;
use replicascope_engine::manager::mha::{GaveUp, MhaPhase};
use replicascope_engine::scenario::{
    Action, Admin, Database, Mariadb, Mha, MhaServer, ServiceAction, UseGtid,
};
use replicascope_engine::world::Health;

use super::{M1, MhaLab, cluster};
use crate::lab::{Lab, n};

fn gave_up(lab: &Lab) -> Option<GaveUp> {
    lab.reported()
        .into_iter()
        .find_map(|(_, event)| match event {
            MhaEvent::GaveUp { why } => Some(why),
            _ => None,
        })
}

fn forgiven(node: u8) -> Mha {
    Mha {
        servers: vec![MhaServer {
            node: n(node),
            candidate_master: false,
            no_master: false,
            ignore_fail: true,
        }],
        ..Mha::default()
    }
}

#[test]
fn r_mh_7_another_dead_server_forbids_it_unless_its_failure_is_ignored() {
    for (mha, why) in [
        (Mha::default(), Some(GaveUp::OtherDead(n(3)))),
        (forgiven(3), None),
    ] {
        let mut lab = Lab::new(&cluster(0, mha)).at_ms(10_000);
        lab.kill(n(3));
        lab.run_to_ms(15_000);
        lab.kill_process(n(1));
        lab.run_to_ms(60_000);
        assert_eq!(gave_up(&lab), why);
        assert_eq!(lab.promoted().is_some(), why.is_none());
    }
}

#[test]
fn r_mh_7_broken_replication_forbids_it_unless_it_is_ignored() {
    for (mha, why) in [
        (Mha::default(), Some(GaveUp::ReplicationBroken(n(3)))),
        (forgiven(3), None),
    ] {
        // A MariaDB replica that asks to start after its own extra transaction is refused: error 1236 (R-LW-4).
        let mut scenario = cluster(0, mha);
        scenario.settings.database = Database::Mariadb(Box::new(Mariadb {
            master_use_gtid: UseGtid::CurrentPos,
            ..Mariadb::default()
        }));
        let mut lab = Lab::new(&scenario).at_ms(10_000);
        // It was a source for a while, and now cannot follow n1.
        lab.act(Action::Promote { node: n(3) });
        lab.write_at(0, n(3), None);
        lab.run_to_ms(11_000);
        lab.admin(n(3), Admin::Follow { upstream: n(1) });
        lab.run_to_ms(15_000);
        lab.kill_process(n(1));
        lab.run_to_ms(60_000);
        assert_eq!(gave_up(&lab), why);
        let new = lab.simulation.writers().contains(n(2));
        assert_eq!(new, why.is_none());
    }
}

#[test]
fn r_mh_7_a_server_that_follows_somebody_else_forbids_it() {
    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(10_000);
    lab.admin(n(3), Admin::Follow { upstream: n(2) });
    lab.run_to_ms(15_000);
    lab.kill_process(n(1));
    lab.run_to_ms(60_000);
    assert_eq!(gave_up(&lab), Some(GaveUp::NotAReplica(n(3))));
    assert_eq!(lab.promoted(), None);
}

#[test]
fn r_mh_7_a_source_that_answers_after_all_is_left_alone() {
    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(20_000);
    lab.kill_process(n(1));
    while lab
        .when_reported(|event| matches!(event, MhaEvent::Checked { .. }))
        .is_none()
    {
        assert!(lab.simulation.step());
    }
    lab.restart(n(1));
    lab.run_to_ms(60_000);
    assert_eq!(gave_up(&lab), Some(GaveUp::SourceAlive));
    assert_eq!(lab.promoted(), None);
}

#[test]
fn r_mh_7_one_shot_the_manager_is_gone_after_a_failover_and_the_old_source_is_not_rejoined() {
    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(20_000);
    lab.kill_process(n(1));
    lab.run_to_ms(40_000);
    assert_eq!(lab.simulation.service_health(M1), Some(Health::Down));
    lab.restart(n(1));
    lab.run_to_ms(60_000);
    assert!(lab.split_brain(), "it comes back as what it was");
    lab.kill(n(1));
    lab.kill(n(2));
    lab.run_to_ms(120_000);
    assert!(
        lab.simulation.writers().is_empty(),
        "nobody watches any more"
    );
}

#[test]
fn r_mh_7_a_second_failover_within_480_minutes_is_not_begun() {
    for (minutes, wait_s, why) in [
        (480, 60, Some(GaveUp::TooSoon)),
        (480, 480 * 60 + 60, None),
        (2, 60, Some(GaveUp::TooSoon)),
        (0, 60, None),
    ] {
        let mha = Mha {
            last_failover_minute: minutes,
            ..Mha::default()
        };
        let mut lab = Lab::new(&cluster(0, mha)).at_ms(20_000);
        lab.kill_process(n(1));
        lab.run_to_ms(40_000);
        lab.restart(n(1));
        lab.admin(n(1), Admin::Follow { upstream: n(2) });
        lab.run_to_ms(50_000);
        lab.admin(n(1), Admin::Follow { upstream: n(2) });
        lab.run_to_ms(60_000);
        lab.service(ServiceAction::Restart);
        lab.run_to_ms(60_000 + wait_s * 1_000);
        assert_eq!(lab.simulation.service_health(M1), Some(Health::Up));
        lab.kill_process(n(2));
        lab.run_to_ms(120_000 + wait_s * 1_000);
        assert_eq!(gave_up(&lab), why);
        assert_eq!(lab.simulation.writers().is_empty(), why.is_some());
    }
}

#[test]
fn r_mh_7_after_a_failed_failover_none_is_begun() {
    let mha = Mha {
        shutdown_script: true,
        ..Mha::default()
    };
    let mut lab = Lab::new(&cluster(0, mha)).at_ms(20_000);
    lab.manager_link(n(1), true);
    lab.run_to_ms(80_000);
    let phase = MhaPhase::ShutOut;
    let failed = |event: &MhaEvent| *event == MhaEvent::Failed { phase };
    assert!(
        lab.when_reported(failed).is_some(),
        "the power could not be turned off"
    );
    assert_eq!(lab.promoted(), None);
    assert!(!lab.split_brain());
    lab.manager_link(n(1), false);
    // What the failed one stopped.
    for node in [n(2), n(3)] {
        lab.admin(node, Admin::StartReceiver);
    }
    lab.run_to_ms(90_000);
    lab.service(ServiceAction::Restart);
    lab.run_to_ms(100_000);
    lab.kill_process(n(1));
    lab.run_to_ms(140_000);
    assert_eq!(gave_up(&lab), Some(GaveUp::AfterFailure));
}

#[test]
fn a_manager_that_starts_looks_for_the_source_and_insists_on_everybody() {
    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(10_000);
    lab.service(ServiceAction::Kill);
    lab.kill(n(3));
    lab.run_to_ms(20_000);
    lab.service(ServiceAction::Restart);
    lab.run_to_ms(30_000);
    assert_eq!(gave_up(&lab), Some(GaveUp::OtherDead(n(3))));
    lab.restart(n(3));
    lab.run_to_ms(40_000);
    lab.service(ServiceAction::Restart);
    lab.run_to_ms(50_000);
    lab.kill_process(n(1));
    lab.run_to_ms(80_000);
    assert!(lab.promoted().is_some());
    let restarted = |kind: &EventKind| matches!(kind, EventKind::ServiceChanged { .. });
    assert!(lab.when(restarted).is_some());
}
