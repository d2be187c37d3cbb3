//! R-PG-18, R-MY-9, R-PG-12: waits on the server, and what it believes of its lag.

use replicascope_engine::event::RoutingEvent;
use replicascope_engine::message::WaitResult;
use replicascope_engine::scenario::{
    Action, Admin, Database, Failover, Mariadb, Mode, Mysql, Postgresql, Routing, Scenario, Token,
};
use replicascope_engine::time::{Span, Time};

use crate::lab::{Lab, n, postgresql, quiet};

fn waiting(database: Database, replicas: u8, wait: Option<u64>) -> Scenario {
    let mut scenario = postgresql(replicas, 10, Postgresql::default());
    scenario.settings.database = database;
    scenario.settings.routing = Routing::Token(Token {
        wait,
        ..Token::default()
    });
    scenario
}

fn results(lab: &Lab) -> Vec<WaitResult> {
    let ended = |(_, event)| match event {
        RoutingEvent::ReadWaitEnded { result, .. } => Some(result),
        _ => None,
    };
    lab.routed().into_iter().filter_map(ended).collect()
}

#[test]
fn r_pg_18_promotion_ends_the_wait_with_an_error() {
    let scenario = waiting(Database::Postgresql(Box::default()), 1, None);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.acked(0, 0);
    let read = lab.read_by(0, 0);
    lab.wait_ms(5_000);
    assert_eq!(lab.simulation.node(n(2)).waiting_reads(), 1, "for ever");
    assert_eq!(lab.op(read).done_at, None);
    lab.act(Action::Promote { node: n(2) });
    lab.run_until_done(read);
    assert_eq!(results(&lab), [WaitResult::NotInRecovery]);
}

#[test]
fn r_pg_18_a_wait_that_is_over_before_promotion_is_a_success() {
    let scenario = waiting(Database::Postgresql(Box::default()), 1, None);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    lab.acked(0, 0);
    let read = lab.read_by(0, 0);
    lab.wait_ms(1_000);
    assert_eq!(results(&lab), []);
    // Promotion replays what there is, before the server leaves recovery (R-PG-15).
    lab.act(Action::Promote { node: n(2) });
    lab.run_until_done(read);
    assert_eq!(results(&lab), [WaitResult::Success]);
    assert_eq!(lab.node_of(read), n(2));
}

#[test]
fn r_pg_18_the_time_out_counts_from_the_start_of_the_wait() {
    let scenario = waiting(Database::Postgresql(Box::default()), 1, Some(700));
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    lab.acked(0, 0);
    let read = lab.answered(0, 0);
    let events = lab.routed();
    let at = |wanted: fn(&RoutingEvent) -> bool| -> Time {
        let found = events.iter().find(|(_, event)| wanted(event));
        found.expect("it happened").0
    };
    let began = at(|event| matches!(event, RoutingEvent::ReadWaits { .. }));
    let ended = at(|event| matches!(event, RoutingEvent::ReadWaitEnded { .. }));
    assert_eq!(ended.since(began), Span::from_millis(700));
    assert_eq!(lab.node_of(read), n(1));
}

#[test]
fn r_my_9_the_wait_goes_on_while_the_applier_is_stopped() {
    for database in [
        Database::Mysql(Box::default()),
        Database::Mariadb(Box::default()),
    ] {
        let mut lab = Lab::new(&waiting(database, 1, Some(10_000))).at_ms(1_000);
        lab.admin(n(2), Admin::PauseReplay);
        lab.acked(0, 0);
        let read = lab.read_by(0, 0);
        lab.wait_ms(4_000);
        assert_eq!(results(&lab), []);
        lab.admin(n(2), Admin::ResumeReplay);
        lab.run_until_done(read);
        assert_eq!(results(&lab), [WaitResult::Success]);
        assert!(lab.op(read).verdict.is_fresh());
    }
}

#[test]
fn r_my_9_only_gtid_sets_name_the_source_of_a_lost_write() {
    // What a wait for a lost write comes to, once the new primary has written as many of its own.
    let ends = |database| {
        let mut lab = Lab::new(&waiting(database, 2, Some(2_000))).at_ms(1_000);
        lab.act(Action::Isolate { node: n(1) });
        for _ in 0..3 {
            lab.acked(0, 0);
        }
        lab.wait_ms(50);
        lab.kill(n(1));
        lab.act(Action::Promote { node: n(2) });
        lab.admin(n(3), Admin::Follow { upstream: n(2) });
        lab.wait_ms(1_500);
        for key in 1..4 {
            lab.acked(1, key);
        }
        lab.wait_ms(500);
        lab.answered(0, 0);
        results(&lab)
    };
    let mariadb = Mariadb::default();
    let mysql = Mysql::default();
    assert_eq!(
        ends(Database::Postgresql(Box::default())),
        [WaitResult::Success]
    );
    assert_eq!(
        ends(Database::Mariadb(Box::new(mariadb))),
        [WaitResult::Success]
    );
    assert_eq!(
        ends(Database::Mysql(Box::new(mysql))),
        [WaitResult::Timeout]
    );
}

#[test]
fn r_pg_12_the_age_of_the_last_replayed_commit_grows_while_nobody_writes() {
    let mut lab = Lab::new(&postgresql(1, 10, Postgresql::default())).at_ms(1_000);
    assert_eq!(
        lab.simulation
            .node(n(2))
            .timestamp_lag(lab.simulation.now()),
        None
    );
    lab.acked(0, 0);
    lab.run_to_ms(31_000);
    let standby = lab.simulation.node(n(2));
    assert_eq!(
        standby.positions().replay,
        standby.tip().lsn,
        "it has caught up"
    );
    let Span(lag) = standby
        .timestamp_lag(lab.simulation.now())
        .expect("one was replayed");
    assert!((29_900_000..30_000_000).contains(&lag), "{lag} µs");
}

#[test]
fn r_pg_12_received_means_received_and_synced() {
    let mut scenario = postgresql(1, 10, Postgresql::default());
    scenario.cluster.costs.fsync_us = 100_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let write = lab.acked(0, 0);
    let lsn = lab.op(write).tip.expect("inserted").lsn;
    lab.wait_ms(50);
    let standby = lab.simulation.node(n(2));
    assert_eq!(standby.tip().lsn, lsn, "it is there");
    assert!(standby.last_receive_lsn() < lsn, "and not on disk");
    lab.wait_ms(100);
    assert_eq!(lab.simulation.node(n(2)).last_receive_lsn(), lsn);
}

#[test]
fn r_pg_18_promotion_ends_the_wait_on_a_textbook_replica_too() {
    let mut scenario = quiet(Mode::Async, 10);
    scenario.cluster.replicas = 1;
    scenario.settings.failover = Failover::Manual;
    scenario.settings.fencing = false;
    scenario.settings.timers.client_timeout_us = 60_000_000;
    scenario.settings.routing = Routing::Token(Token {
        wait: None,
        ..Token::default()
    });
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.acked(0, 0);
    let read = lab.read_by(0, 0);
    lab.wait_ms(5_000);
    assert_eq!(lab.simulation.node(n(2)).waiting_reads(), 1);
    lab.act(Action::Promote { node: n(2) });
    lab.run_until_done(read);
    assert_eq!(results(&lab), [WaitResult::NotInRecovery]);
}
