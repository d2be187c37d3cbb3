//! R-MH-4: the phases, and what keeps the old source from being used.

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::NodeSet;
use replicascope_engine::manager::MhaEvent;
use replicascope_engine::manager::mha::MhaPhase;
use replicascope_engine::scenario::{Action, Mha};
use replicascope_engine::time::Span;
use replicascope_engine::world::Health;

use super::{MhaLab, cluster};
use crate::lab::{Lab, n};

fn phases(lab: &Lab) -> Vec<MhaPhase> {
    let phase = |event| match event {
        MhaEvent::Phase { phase } => Some(phase),
        _ => None,
    };
    lab.reported()
        .into_iter()
        .filter_map(|(_, event)| phase(event))
        .collect()
}

#[test]
fn r_mh_4_the_phases_come_in_order_and_every_replica_follows() {
    let mut lab = Lab::new(&cluster(100, Mha::default())).at_ms(20_000);
    lab.kill_process(n(1));
    lab.run_to_ms(60_000);
    assert_eq!(
        phases(&lab),
        [
            MhaPhase::Configuration,
            MhaPhase::ShutOut,
            MhaPhase::Latest,
            MhaPhase::SaveBinlog,
            MhaPhase::Promote,
            MhaPhase::Replicas,
        ],
        "no differential log: nobody lacks anything"
    );
    let events: Vec<MhaEvent> = lab.reported().into_iter().map(|(_, event)| event).collect();
    let (node, source) = (n(3), n(2));
    assert!(events.contains(&MhaEvent::Repointed { node, source }));
    let done = MhaEvent::Done {
        old: n(1),
        new: n(2),
        left_behind: NodeSet::EMPTY,
    };
    assert_eq!(events[events.len() - 2..], [done, MhaEvent::Exited]);
    assert_eq!(lab.lost(), []);
    let (new, other) = (lab.simulation.node(n(2)), lab.simulation.node(n(3)));
    assert_eq!(other.streaming_from(), Some(new.timeline()));
}

#[test]
fn r_mh_4_shutdown_script_turns_the_power_off_which_takes_7_to_10_s() {
    for seed in 0..6 {
        let mut scenario = cluster(
            0,
            Mha {
                shutdown_script: true,
                ..Mha::default()
            },
        );
        scenario.seed = seed;
        let mut lab = Lab::new(&scenario).at_ms(20_000);
        lab.act(Action::Freeze { node: n(1) });
        lab.run_to_ms(70_000);
        let shut_out = |phase| lab.when_reported(|event| *event == MhaEvent::Phase { phase });
        let from = shut_out(MhaPhase::ShutOut).expect("phase 2");
        let to = shut_out(MhaPhase::Latest).expect("phase 3");
        let took = to.since(from);
        assert!(
            Span::from_secs(7) <= took && took <= Span::from_millis(10_010),
            "{took:?}"
        );
        assert_eq!(lab.simulation.health(n(1)), Health::Down);
        assert!(lab.promoted().is_some() && !lab.split_brain());
    }
}

#[test]
fn r_mh_4_with_ssh_the_script_ends_the_process_and_the_binlog_can_still_be_saved() {
    let mha = Mha {
        shutdown_script: true,
        ..Mha::default()
    };
    let mut lab = Lab::new(&cluster(0, mha)).at_ms(20_000);
    lab.kill_process(n(1));
    lab.run_to_ms(60_000);
    assert!(phases(&lab).contains(&MhaPhase::SaveBinlog));
    assert!(lab.promoted().is_some());
}

#[test]
fn r_mh_4_master_ip_failover_script_moves_the_clients_and_no_write_is_lost() {
    for script in [false, true] {
        let mha = Mha {
            master_ip_failover_script: script,
            ..Mha::default()
        };
        let mut scenario = cluster(100, mha);
        // A router that knows no timelines believes whoever says that it is the source.
        scenario.settings.fencing = false;
        let mut lab = Lab::new(&scenario).at_ms(20_000);
        lab.manager_link(n(1), true);
        lab.run_to_ms(60_000);
        let said = lab.when_reported(
            |event| matches!(*event, MhaEvent::ShutOut { address, .. } if address == script),
        );
        assert!(said.is_some());
        let (_, promoted) = lab.promoted().expect("it is replaced");
        let lost_later = lab.lost().iter().any(|&op| lab.op(op).issued_at > promoted);
        assert_eq!(lost_later, !script, "the old source got writes, or not");
        assert!(lab.split_brain(), "it would take them either way");
    }
}

#[test]
fn r_mh_4_a_replica_that_stops_answering_on_the_way_ends_the_failover() {
    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(20_000);
    lab.kill_process(n(1));
    let shutting = |event: &MhaEvent| {
        *event
            == MhaEvent::Phase {
                phase: MhaPhase::ShutOut,
            }
    };
    while lab.when_reported(shutting).is_none() {
        assert!(lab.simulation.step());
    }
    lab.act(Action::Freeze { node: n(3) });
    lab.run_to_ms(80_000);
    let phase = MhaPhase::ShutOut;
    assert!(
        lab.when_reported(|event| *event == MhaEvent::Failed { phase })
            .is_some()
    );
    assert_eq!(lab.promoted(), None);
    let no_primary = |kind: &EventKind| matches!(kind, EventKind::NoPrimary);
    assert!(lab.when(no_primary).is_some());
}
