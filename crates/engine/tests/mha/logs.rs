//! R-MH-4, R-MH-5: what survives is what the manager carried from one log to another.

use replicascope_engine::ids::{NodeId, OpId};
use replicascope_engine::manager::MhaEvent;
use replicascope_engine::manager::mha::BinlogKept;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, Database, KillKind, Manager, Mha, MhaServer, Scenario,
};

use super::{MhaLab, cluster, mysql};
use crate::lab::{Lab, n};

fn cut(lab: &mut Lab, from: NodeId, to: NodeId) {
    lab.act(Action::CutLink {
        from: from.into(),
        to: to.into(),
    });
}

fn candidate(node: NodeId) -> Mha {
    Mha {
        servers: vec![MhaServer {
            node,
            candidate_master: true,
            no_master: false,
            ignore_fail: false,
        }],
        ..Mha::default()
    }
}

fn acked_writes(lab: &mut Lab, count: u32) -> Vec<OpId> {
    let ops: Vec<OpId> = (0..count)
        .map(|key| lab.write_at(key % 12, n(1), None))
        .collect();
    let soon = lab.simulation.now().0 / 1_000 + 500;
    lab.run_to_ms(soon);
    assert!(ops.iter().all(|&op| lab.op(op).status == Status::Acked));
    ops
}

/// Five writes were acked that no replica has; then the source dies. What became of the binlog, and how many are lost.
fn unshipped(how: KillKind, scenario: &Scenario) -> (BinlogKept, usize, Lab) {
    let mut lab = Lab::new(scenario).at_ms(10_000);
    acked_writes(&mut lab, 3);
    for replica in [n(2), n(3)] {
        cut(&mut lab, n(1), replica);
    }
    acked_writes(&mut lab, 5);
    lab.act(Action::Kill { node: n(1), how });
    lab.run_to_ms(50_000);
    let binlog = lab
        .reported()
        .into_iter()
        .find_map(|(_, event)| match event {
            MhaEvent::Binlog { kept, .. } => Some(kept),
            _ => None,
        });
    let lost = lab.lost().len();
    (binlog.expect("phase 3.2"), lost, lab)
}

fn everybody_has_the_log_of(lab: &Lab, primary: NodeId, others: &[NodeId]) {
    let tip = lab.simulation.node(primary).tip();
    assert!(lab.simulation.writers().contains(primary));
    for &node in others {
        let node = lab.simulation.node(node);
        assert_eq!((node.tip(), node.upstream()), (tip, Some(primary)));
        assert_eq!(
            node.table().rows(),
            lab.simulation.node(primary).table().rows()
        );
    }
}

#[test]
fn r_mh_4_events_that_were_not_shipped_are_saved_by_ssh() {
    let (kept, lost, mut lab) = unshipped(KillKind::Process, &cluster(0, Mha::default()));
    assert_eq!((kept, lost), (BinlogKept::Saved(5), 0));
    lab.write(9);
    lab.run_to_ms(52_000);
    everybody_has_the_log_of(&lab, n(2), &[n(3)]);
}

#[test]
fn r_mh_4_without_ssh_what_was_not_shipped_is_lost() {
    let (kept, lost, lab) = unshipped(KillKind::PowerOff, &cluster(0, Mha::default()));
    assert_eq!((kept, lost), (BinlogKept::NoSsh, 5));
    everybody_has_the_log_of(&lab, n(2), &[n(3)]);
}

#[test]
fn r_mh_5_with_gtid_auto_position_nothing_is_saved_even_if_ssh_works() {
    let mut scenario = cluster(0, Mha::default());
    scenario.settings.database = mysql(true);
    let (kept, lost, lab) = unshipped(KillKind::Process, &scenario);
    assert_eq!((kept, lost), (BinlogKept::SkippedForGtid, 5));
    everybody_has_the_log_of(&lab, n(2), &[n(3)]);

    // Told not to go by it, and with MariaDB, whose GTIDs the tool does not know, it saves what it can.
    let told_not_to = Mha {
        use_gtid_auto_pos: false,
        ..Mha::default()
    };
    scenario.settings.manager = Manager::Mha(Box::new(told_not_to));
    let (kept, lost, _) = unshipped(KillKind::Process, &scenario);
    assert_eq!((kept, lost), (BinlogKept::Saved(5), 0));
    scenario.settings.manager = Manager::Mha(Box::default());
    scenario.settings.database = Database::Mariadb(Box::default());
    let (kept, _, _) = unshipped(KillKind::Process, &scenario);
    assert_eq!(kept, BinlogKept::Saved(5));
}

#[test]
fn r_mh_6_a_candidate_that_is_not_the_latest_is_first_brought_level() {
    for gtid in [false, true] {
        let mut scenario = cluster(0, candidate(n(2)));
        scenario.settings.database = mysql(gtid);
        let mut lab = Lab::new(&scenario).at_ms(10_000);
        cut(&mut lab, n(1), n(2));
        acked_writes(&mut lab, 5);
        lab.kill(n(1));
        lab.run_to_ms(50_000);
        let events: Vec<MhaEvent> = lab.reported().into_iter().map(|(_, event)| event).collect();
        let node = n(2);
        assert!(
            events.contains(&MhaEvent::Chosen {
                node,
                latest: false
            }),
            "{events:?}"
        );
        assert!(
            events.contains(&MhaEvent::Levelled { node, records: 5 }),
            "{events:?}"
        );
        assert_eq!(lab.lost(), [], "choosing it loses nothing");
        everybody_has_the_log_of(&lab, n(2), &[n(3)]);
    }
}

#[test]
fn r_mh_4_the_other_replicas_get_what_they_lack_too() {
    let mut lab = Lab::new(&cluster(0, candidate(n(2)))).at_ms(10_000);
    cut(&mut lab, n(1), n(3));
    acked_writes(&mut lab, 4);
    cut(&mut lab, n(1), n(2));
    acked_writes(&mut lab, 2);
    lab.kill_process(n(1));
    lab.run_to_ms(50_000);
    let events: Vec<MhaEvent> = lab.reported().into_iter().map(|(_, event)| event).collect();
    for (node, records) in [(n(2), 2), (n(3), 6)] {
        assert!(
            events.contains(&MhaEvent::Levelled { node, records }),
            "{events:?}"
        );
    }
    assert_eq!(lab.lost(), []);
    everybody_has_the_log_of(&lab, n(2), &[n(3)]);
}

#[test]
fn r_mh_6_an_applier_far_behind_is_passed_over() {
    for (check_repl_delay, chosen) in [(true, n(3)), (false, n(2))] {
        let mha = Mha {
            check_repl_delay,
            ..Mha::default()
        };
        let mut scenario = cluster(0, mha);
        scenario.cluster.costs.record_bytes = 1_000_000;
        let mut lab = Lab::new(&scenario).at_ms(10_000);
        let (node, factor) = (n(2), 1_000);
        lab.act(Action::Slow { node, factor });
        acked_writes(&mut lab, 600);
        lab.kill_process(n(1));
        lab.run_to_ms(900_000);
        assert_eq!(lab.promoted().map(|(node, _)| node), Some(chosen));
        assert_eq!(lab.lost(), []);
    }
}
