//! Settings that change while servers run, start or stand still: who takes them up, and when.

use replicascope_engine::event::{EventKind, LostWhy};
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Admin, Database, Postgresql, Setting};

use crate::lab::{Lab, n, postgresql};

fn reload(lab: &mut Lab, settings: Postgresql) {
    lab.set(Setting::Database(Database::Postgresql(Box::new(settings))));
}

#[test]
fn r_pg_10_time_outs_that_a_reload_brings_end_connections_that_had_none() {
    let never = Postgresql {
        wal_sender_timeout: 0,
        wal_receiver_timeout: 0,
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 1, never)).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    lab.run_to_ms(200_000);
    let why = LostWhy::Silent;
    let upstream = EventKind::UpstreamLost {
        node: n(2),
        upstream: n(1),
        why,
    };
    let standby = EventKind::StandbyLost {
        node: n(1),
        standby: n(2),
        why,
    };
    for lost in [upstream, standby] {
        assert_eq!(lab.when(|kind| *kind == lost), None, "never is never");
    }
    let soon = Postgresql {
        wal_sender_timeout: 4_000,
        wal_receiver_timeout: 4_000,
        ..Postgresql::default()
    };
    reload(&mut lab, soon);
    lab.run_to_ms(205_000);
    for lost in [upstream, standby] {
        let at = lab.when(|kind| *kind == lost).expect("it is noticed now");
        assert!(at.0 < 204_100_000, "{at}");
    }
}

#[test]
fn a_reload_applies_nothing_on_a_standby_whose_replay_is_paused() {
    let mut lab = Lab::new(&postgresql(1, 1, Postgresql::default())).at_ms(1_000);
    lab.admin(n(2), Admin::PauseReplay);
    lab.write(0);
    lab.wait_ms(100);
    let other = Postgresql {
        wal_writer_delay: 100,
        ..Postgresql::default()
    };
    reload(&mut lab, other);
    lab.wait_ms(100);
    let standby = lab.simulation.node(n(2));
    assert_eq!(standby.positions().replay.0, 0);
    lab.admin(n(2), Admin::ResumeReplay);
    lab.wait_ms(100);
    assert_eq!(lab.rows(n(2)), [0], "and is not taken for applied either");
}

#[test]
fn r_pg_7_a_reload_while_a_primary_starts_does_not_skip_what_waited() {
    let waits = Postgresql {
        synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
        ..Postgresql::default()
    };
    let mut scenario = postgresql(1, 1, waits);
    scenario.cluster.costs.start_us = 3_000_000;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.wait_ms(100);
    assert_eq!(lab.op(op).status, Status::Open);
    lab.kill_process(n(1));
    lab.restart(n(1));
    reload(&mut lab, Postgresql::default());
    lab.wait_ms(4_000);
    assert_eq!(lab.rows(n(1)), [0], "crash recovery commits it");
}

#[test]
fn what_a_hand_stopped_starts_again_with_the_process() {
    let mut lab = Lab::new(&postgresql(1, 1, Postgresql::default())).at_ms(1_000);
    lab.admin(n(2), Admin::StopReceiver);
    lab.write(0);
    lab.wait_ms(20_000);
    assert_eq!(lab.rows(n(2)), [] as [u32; 0]);
    lab.kill_process(n(2));
    lab.restart(n(2));
    lab.wait_ms(1_000);
    assert_eq!(lab.rows(n(2)), [0]);
}

#[test]
fn a_reload_while_a_starting_primary_stands_still_does_not_skip_crash_recovery() {
    let waits = Postgresql {
        synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 1, waits)).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    lab.write(0);
    lab.wait_ms(100);
    lab.kill_process(n(1));
    lab.restart(n(1));
    lab.act(Action::Freeze { node: n(1) });
    reload(&mut lab, Postgresql::default());
    lab.wait_ms(4_000);
    lab.act(Action::Thaw { node: n(1) });
    lab.wait_ms(100);
    assert_eq!(lab.rows(n(1)), [0]);
}

#[test]
fn r_pg_10_a_reload_on_a_second_connection_owes_nothing_to_the_first() {
    let with = |wal_receiver_timeout| Postgresql {
        wal_sender_timeout: 0,
        wal_receiver_timeout,
        wal_retrieve_retry_interval: 100,
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 1, with(4_000))).at_ms(1_000);
    reload(&mut lab, with(0));
    let sender = Admin::TerminateSender { standby: n(2) };
    lab.admin(n(1), sender);
    // Past the instant at which the first connection would have been looked at.
    lab.run_to_ms(10_000);
    reload(&mut lab, with(4_000));
    lab.act(Action::Isolate { node: n(2) });
    lab.run_to_ms(15_000);
    let lost = EventKind::UpstreamLost {
        node: n(2),
        upstream: n(1),
        why: LostWhy::Silent,
    };
    assert!(
        lab.when(|kind| *kind == lost).is_some(),
        "silence is noticed"
    );
}
