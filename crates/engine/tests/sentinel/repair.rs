//! Nodes that are out of line: the old primary that is back, and logs that left the new primary's history.

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::OpId;
use replicascope_engine::manager::SentinelEvent;
use replicascope_engine::scenario::{
    Action, Admin, Database, Endpoint, Mariadb, Setting, UseGtid, Workload,
};

use super::{SentinelLab, cluster, five_seconds, mariadb, mysql, postgresql};
use crate::lab::{Lab, n};

/// n1 goes on alone with its clients while the others replace it; after 30 s everything is mended. Returns the writes that
/// only n1 had.
fn partition(database: Database) -> (Vec<OpId>, Lab) {
    let mut lab = Lab::new(&cluster(50, database, five_seconds())).at_ms(10_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.run_to_ms(30_000);
    assert!(lab.split_brain());
    let alone: Vec<OpId> = (0..5).map(|key| lab.write_at(key, n(1), None)).collect();
    lab.run_to_ms(31_000);
    let quiet = Workload {
        operations_per_second: 0,
        ..*lab.simulation.workload()
    };
    lab.set(Setting::Workload(quiet));
    lab.act(Action::HealAll);
    lab.run_to_ms(80_000);
    (alone, lab)
}

#[test]
fn r_rs_the_old_primary_is_made_a_replica_and_its_writes_are_lost() {
    for database in [postgresql(), mysql(), mariadb()] {
        let (alone, lab) = partition(database);
        lab.assert_converged(n(2));
        assert!(
            alone.iter().all(|&op| lab.op(op).lost),
            "acked by nobody's primary"
        );
    }
}

#[test]
fn r_pg_16_a_diverged_postgresql_is_rewound_where_that_is_possible() {
    let (_, lab) = partition(postgresql());
    let rewound =
        |kind: &EventKind| matches!(*kind, EventKind::Rewound { node, .. } if node == n(1));
    assert!(lab.when(rewound).is_some());
    let filled = |kind: &EventKind| matches!(kind, EventKind::BackupRestored { .. });
    assert_eq!(lab.when(filled), None);
}

#[test]
fn r_pg_16_a_postgresql_that_cannot_be_rewound_is_filled_again() {
    let (_, lab) = partition(Database::Postgresql(Box::default()));
    let filled =
        |kind: &EventKind| matches!(*kind, EventKind::BackupRestored { node, .. } if node == n(1));
    assert!(lab.when(filled).is_some());
    lab.assert_converged(n(2));
}

#[test]
fn r_lw_4_a_mysql_source_that_returns_follows_without_error_and_keeps_what_it_had() {
    let (_, lab) = partition(mysql());
    let kept =
        |kind: &EventKind| matches!(*kind, EventKind::ErrantKept { node, .. } if node == n(1));
    assert!(lab.when(kept).is_some());
    let filled = |kind: &EventKind| matches!(kind, EventKind::BackupRestored { .. });
    assert_eq!(lab.when(filled), None);
    assert_eq!(
        lab.simulation.node(n(1)).streaming_from(),
        Some(lab.simulation.node(n(2)).timeline())
    );
}

#[test]
fn r_rs_an_old_primary_without_writes_of_its_own_just_follows() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    lab.kill(n(1));
    lab.run_to_ms(30_000);
    lab.restart(n(1));
    lab.run_to_ms(36_000);
    assert!(
        lab.simulation.writers().contains(n(1)),
        "it comes back as primary"
    );
    lab.run_to_ms(50_000);
    lab.assert_converged(n(2));
    let repaired = |event: &SentinelEvent| matches!(event, SentinelEvent::Repaired { .. });
    assert_eq!(lab.when_reported(repaired), None);
}

#[test]
fn r_rs_a_replica_that_follows_somebody_else_is_repointed_after_failover_timeout() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    lab.admin(n(3), Admin::Follow { upstream: n(2) });
    lab.run_to_ms(28_000);
    assert_eq!(lab.simulation.node(n(3)).upstream(), Some(n(2)));
    lab.run_to_ms(36_000);
    assert_eq!(lab.simulation.node(n(3)).upstream(), Some(n(1)));
}

#[test]
fn a_node_with_an_empty_disk_is_filled() {
    for database in [postgresql(), mysql()] {
        for lost in [n(1), n(3)] {
            let mut lab = Lab::new(&cluster(0, database.clone(), five_seconds())).at_ms(5_000);
            lab.write(0);
            lab.run_to_ms(10_000);
            lab.act(Action::LoseHost { node: lost });
            lab.restart(lost);
            lab.run_to_ms(60_000);
            lab.assert_converged(if lost == n(1) { n(2) } else { n(1) });
        }
    }
}

#[test]
fn a_node_that_waits_for_a_dead_source_is_given_another() {
    let mut lab = Lab::new(&cluster(0, postgresql(), five_seconds())).at_ms(10_000);
    // Nobody can send it a copy.
    for other in [n(1), n(2)] {
        lab.link(Endpoint::Node(n(3)), other.into(), true);
    }
    lab.admin(n(3), Admin::Rewind { source: n(1) });
    lab.run_to_ms(11_000);
    lab.kill(n(1));
    lab.run_to_ms(20_000);
    assert!(lab.simulation.node(n(3)).is_being_rebuilt());
    lab.link(Endpoint::Node(n(3)), n(2).into(), false);
    lab.run_to_ms(40_000);
    assert_eq!(lab.simulation.node(n(3)).upstream(), Some(n(2)));
    assert!(!lab.simulation.node(n(3)).is_being_rebuilt());
}

#[test]
fn r_lw_4_a_mariadb_source_that_is_refused_for_what_it_has_more_is_filled_again() {
    let current_pos = Mariadb {
        master_use_gtid: UseGtid::CurrentPos,
        ..Mariadb::default()
    };
    let (_, lab) = partition(Database::Mariadb(Box::new(current_pos)));
    let filled =
        |kind: &EventKind| matches!(*kind, EventKind::BackupRestored { node, .. } if node == n(1));
    assert!(lab.when(filled).is_some());
    lab.assert_converged(n(2));
}

#[test]
fn a_promotion_that_is_taken_back_leaves_the_primary_s_history_the_surviving_one() {
    for database in [mysql(), mariadb()] {
        let mut lab = Lab::new(&cluster(20, database, five_seconds())).at_ms(5_000);
        for (from, to) in [
            (Endpoint::Clients, n(2).into()),
            (n(2).into(), Endpoint::Clients),
        ] {
            lab.act(Action::CutLink { from, to });
        }
        lab.promote(n(2));
        lab.run_to_ms(40_000);
        lab.assert_converged(n(1));
        assert_eq!(lab.lost(), [], "n2 had nothing that n1 had not");
        let op = lab.write(0);
        lab.run_to_ms(41_000);
        assert!(!lab.op(op).lost);
    }
}

#[test]
fn r_pg_14_a_standby_whose_log_is_gone_is_filled_since_rewinding_brings_none() {
    let mut lab = Lab::new(&cluster(5, postgresql(), five_seconds())).at_ms(5_000);
    lab.kill(n(2));
    lab.act(Action::LoseHost { node: n(3) });
    lab.restart(n(3));
    // n3 is filled with a copy, and has no log from before it.
    lab.run_to_ms(20_000);
    lab.kill(n(1));
    lab.run_to_ms(40_000);
    lab.restart(n(2));
    lab.restart(n(1));
    lab.run_to_ms(140_000);
    lab.assert_converged(n(3));
}

#[test]
fn a_timeline_whose_only_disk_is_lost_does_not_survive() {
    let mut lab = Lab::new(&cluster(20, mysql(), five_seconds())).at_ms(5_000);
    lab.act(Action::Isolate { node: n(2) });
    lab.promote(n(2));
    lab.run_to_ms(6_000);
    let op = lab.write_at(0, n(1), None);
    lab.run_to_ms(6_500);
    assert!(lab.op(op).lost, "n2 was promoted last");
    lab.act(Action::LoseHost { node: n(2) });
    assert!(!lab.op(op).lost, "nobody but n1 is left");
}
