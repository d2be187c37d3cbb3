//! R-PG-9 to R-PG-14, R-PG-19: connections, timers, what an administrator sees, replay that is held up.

use replicascope_engine::event::{EventKind, LostWhy};
use replicascope_engine::message::Refusal;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, Admin, CommitLevel, Database, Endpoint, KillKind, Mode, Postgresql, Setting,
};
use replicascope_engine::time::Span;

use crate::lab::{Lab, delay_between, n, postgresql, writing};

fn sync_to(names: &str) -> Postgresql {
    Postgresql {
        synchronous_standby_names: names.parse().expect("valid"),
        ..Postgresql::default()
    }
}

#[test]
fn r_pg_9_a_silent_standby_stays_synchronous_until_its_sender_gives_up() {
    let mut lab = Lab::new(&postgresql(2, 1, sync_to("FIRST 1 (n2, n3)"))).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.run_to_ms(59_000);
    assert_eq!(
        lab.op(op).status,
        Status::Open,
        "n3 is healthy, and does not help"
    );
    lab.run_to_ms(75_000);
    let lost = |kind: &EventKind| matches!(kind, EventKind::StandbyLost { standby, why: LostWhy::Silent, .. } if *standby == n(2));
    let dropped = lab.when(lost).expect("given up").0;
    // n2 last replied at the start of the run.
    assert_eq!(dropped / 1_000_000, 60);
    let waited = lab.latency(op).expect("released by n3's next reply");
    assert!(
        waited > Span(59_000_000) && waited < Span(70_000_000),
        "{waited:?}"
    );
}

#[test]
fn r_pg_9_after_a_change_of_the_list_only_a_reply_of_one_that_is_listed_wakes() {
    let mut lab = Lab::new(&postgresql(3, 1, sync_to("n2"))).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.run_to_ms(1_100);
    // n3 has the record, and has said so; from now on nothing that it says arrives.
    lab.act(Action::CutLink {
        from: n(3).into(),
        to: n(1).into(),
    });
    lab.set(Setting::Database(Database::Postgresql(Box::new(sync_to(
        "n3",
    )))));
    lab.write(1);
    lab.run_to_ms(2_000);
    let rows = lab
        .simulation
        .node(n(1))
        .standbys(&"n3".parse().expect("valid"));
    assert_eq!(rows[2].acked.flush.0, 2, "n4 has replied");
    assert_eq!(lab.op(op).status, Status::Open);
    lab.act(Action::HealLink {
        from: n(3).into(),
        to: n(1).into(),
    });
    lab.run_to_ms(20_000);
    assert_eq!(lab.op(op).status, Status::Acked);
}

#[test]
fn r_pg_9_any_1_does_not_stall() {
    let mut lab = Lab::new(&postgresql(2, 1, sync_to("ANY 1 (n2, n3)"))).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let op = lab.write(0);
    lab.run_to_ms(1_100);
    assert_eq!(lab.op(op).status, Status::Acked);
}

#[test]
fn r_pg_10_the_timers_do_what_their_names_say() {
    // The standby gives the primary up after wal_receiver_timeout, and tries again every wal_retrieve_retry_interval.
    let settings = Postgresql {
        wal_sender_timeout: 0,
        wal_receiver_timeout: 20_000,
        wal_retrieve_retry_interval: 2_000,
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 1, settings)).at_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.run_to_ms(40_000);
    let gave_up = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::UpstreamLost {
                why: LostWhy::Silent,
                ..
            }
        )
    };
    let at = lab.when(gave_up).expect("given up").0 / 1_000;
    assert!((20_000..=20_001).contains(&at), "{at}");
    lab.act(Action::Reconnect { node: n(1) });
    lab.run_to_ms(45_100);
    let streams = |lab: &Lab| lab.simulation.node(n(2)).streaming_from().is_some();
    assert!(
        streams(&lab),
        "what a cut link lost is asked again every 5 s"
    );
    // A host that refuses is asked again every wal_retrieve_retry_interval.
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    lab.run_to_ms(50_000);
    lab.restart(n(1));
    lab.run_to_ms(52_300);
    assert!(streams(&lab));
}

#[test]
fn r_pg_10_status_messages_come_at_least_every_interval() {
    let settings = Postgresql {
        wal_sender_timeout: 0,
        wal_receiver_status_interval: 3,
        ..Postgresql::default()
    };
    let lab = Lab::new(&postgresql(1, 1, settings)).at_ms(100_000);
    let row = &lab.simulation.node(n(1)).standbys(&Default::default())[0];
    let silent = lab.simulation.now().since(row.reply_time);
    assert!(silent <= Span(3_001_000), "{silent:?}");
}

#[test]
fn r_pg_10_recovery_min_apply_delay_delays_commits_and_stalls_remote_apply() {
    let settings = Postgresql {
        recovery_min_apply_delay: 5_000,
        recovery_min_apply_delay_on: Some(n(3)),
        ..sync_to("n3")
    };
    let mut lab = Lab::new(&postgresql(2, 1, settings)).at_ms(1_000);
    let on = lab.write_at(0, n(1), Some(CommitLevel::On));
    let apply = lab.write_at(1, n(1), Some(CommitLevel::RemoteApply));
    lab.run_to_ms(5_500);
    assert_eq!(
        lab.op(on).status,
        Status::Acked,
        "received and flushed is enough"
    );
    assert_eq!(lab.op(apply).status, Status::Open);
    let (elsewhere, late) = (lab.read(0, Some(n(2))), lab.read(0, Some(n(3))));
    lab.run_to_ms(5_600);
    assert_eq!(lab.value(elsewhere), Some(on));
    assert_eq!(lab.value(late), None, "five seconds behind on purpose");
    lab.run_to_ms(6_500);
    let waited = lab.latency(apply).expect("applied").0 / 1_000;
    assert!((5_000..5_010).contains(&waited), "{waited}");
}

#[test]
fn r_pg_11_lag_columns_are_what_the_level_would_have_cost_and_go_null_when_idle() {
    let mut scenario = writing(Mode::Async, 50, 20);
    scenario.cluster.replicas = 1;
    scenario.settings.database = Database::Postgresql(Box::default());
    let mut lab = Lab::new(&scenario).at_ms(5_000);
    let row = |lab: &Lab| lab.simulation.node(n(1)).standbys(&Default::default())[0];
    let busy = row(&lab);
    // A round trip of 100 ms; then the standby's flush of 0.8 ms; the apply position comes with the next reply.
    assert_eq!(busy.write_lag, Some(Span(100_000)));
    assert_eq!(busy.flush_lag, Some(Span(100_800)));
    assert!(busy.replay_lag > busy.flush_lag);
    assert!(busy.sent >= busy.acked.write);
    lab.set(replicascope_engine::scenario::Setting::Workload(
        replicascope_engine::scenario::Workload {
            operations_per_second: 0,
            ..scenario.workload
        },
    ));
    lab.run_to_ms(12_000);
    assert!(
        row(&lab).write_lag.is_some(),
        "the last value stays for a while"
    );
    lab.run_to_ms(40_000);
    let idle = row(&lab);
    assert_eq!(
        (idle.write_lag, idle.flush_lag, idle.replay_lag),
        (None, None, None)
    );
    assert_eq!(idle.acked.replay, idle.sent);
}

#[test]
fn r_pg_12_the_age_of_the_last_commit_grows_on_an_idle_standby_that_is_level() {
    let mut lab = Lab::new(&postgresql(1, 1, Postgresql::default())).at_ms(1_000);
    lab.write(0);
    lab.run_to_ms(11_000);
    let standby = lab.simulation.node(n(2));
    let age = standby.timestamp_lag(lab.simulation.now());
    assert!(age.expect("something was replayed") > Span(9_900_000));
    assert_eq!(lab.simulation.lag(n(2)), (0, Span::ZERO));
}

#[test]
fn r_pg_13_a_conflicting_query_stops_all_replay_until_it_is_cancelled() {
    let mut scenario = writing(Mode::Async, 1, 10);
    scenario.cluster.replicas = 2;
    scenario.settings.timers.client_timeout_us = 60_000_000;
    let settings = Postgresql {
        max_standby_streaming_delay: 5_000,
        ..sync_to("n2")
    };
    scenario.settings.database = Database::Postgresql(Box::new(settings.clone()));
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    lab.admin(n(2), Admin::ConflictingQuery { for_us: 60_000_000 });
    let stuck = lab.write_at(11, n(1), Some(CommitLevel::RemoteApply));
    lab.run_to_ms(6_500);
    assert!(
        lab.simulation.lag(n(2)).0 > 30,
        "{:?}",
        lab.simulation.lag(n(2))
    );
    assert_eq!(
        lab.op(stuck).status,
        Status::Open,
        "remote_apply hangs with it"
    );
    lab.run_to_ms(8_000);
    let cancelled = |kind: &EventKind| matches!(kind, EventKind::QueryCancelled { .. });
    let at = lab.when(cancelled).expect("cancelled").0 / 1_000;
    assert!(
        (7_000..7_200).contains(&at),
        "5 s after the first record that it held up: {at}"
    );
    assert_eq!(lab.op(stuck).status, Status::Acked);

    // -1: the query may hold replay up for ever; hot_standby_feedback: there is no conflict.
    let patient = Postgresql {
        max_standby_streaming_delay: -1,
        ..settings.clone()
    };
    scenario.settings.database = Database::Postgresql(Box::new(patient));
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    lab.admin(n(2), Admin::ConflictingQuery { for_us: 60_000_000 });
    lab.run_to_ms(61_000);
    assert!(lab.simulation.lag(n(2)).0 > 500);
    lab.run_to_ms(64_000);
    assert!(lab.simulation.lag(n(2)).0 < 5, "the query ended by itself");
    assert_eq!(lab.when(cancelled), None);
    let polite = Postgresql {
        hot_standby_feedback: true,
        ..settings
    };
    scenario.settings.database = Database::Postgresql(Box::new(polite));
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    lab.admin(n(2), Admin::ConflictingQuery { for_us: 60_000_000 });
    lab.run_to_ms(6_000);
    assert!(lab.simulation.lag(n(2)).0 < 5);
}

#[test]
fn r_pg_13_the_time_counts_from_when_the_log_was_received() {
    let conflict_after_a_pause = |most_ms: i64| {
        let mut scenario = writing(Mode::Async, 1, 10);
        scenario.cluster.replicas = 1;
        scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
            max_standby_streaming_delay: most_ms,
            ..Postgresql::default()
        }));
        let mut lab = Lab::new(&scenario).at_ms(2_000);
        lab.admin(n(2), Admin::PauseReplay);
        lab.run_to_ms(12_000);
        lab.admin(n(2), Admin::ConflictingQuery { for_us: 60_000_000 });
        lab.admin(n(2), Admin::ResumeReplay);
        lab.run_to_ms(40_000);
        let cancelled = |kind: &EventKind| matches!(kind, EventKind::QueryCancelled { .. });
        lab.when(cancelled).expect("cancelled").0 / 1_000
    };
    // The log that waits for replay came in from 2 s on: at 12 s its five seconds are long over, and 15 s end at 17 s.
    assert_eq!(conflict_after_a_pause(5_000), 12_000);
    let at = conflict_after_a_pause(15_000);
    assert!((17_000..17_200).contains(&at), "{at}");
}

#[test]
fn r_pg_14_much_log_brings_a_checkpoint_before_its_time() {
    // 62 MB are written while n3 is away, far from the next checkpoint by time.
    let away = |max_wal_size| {
        comes_back_after_a_checkpoint(Postgresql {
            checkpoint_timeout: 86_400,
            max_wal_size,
            ..Postgresql::default()
        })
    };
    assert!(follows(&away(1_024)));
    assert!(!follows(&away(64)));
}

/// n3 is away from 10 s to 320 s, across a checkpoint, while log is written. Whether it can follow again.
fn comes_back_after_a_checkpoint(settings: Postgresql) -> Lab {
    let mut scenario = writing(Mode::Async, 1, 50);
    scenario.cluster.replicas = 2;
    // 250 records are a megabyte: 310 s of writing are 62 MB.
    scenario.cluster.costs.record_bytes = 4_194;
    scenario.settings.database = Database::Postgresql(Box::new(settings));
    let mut lab = Lab::new(&scenario).at_ms(10_000);
    lab.kill(n(3));
    lab.run_to_ms(320_000);
    lab.restart(n(3));
    lab.run_to_ms(330_000);
    lab
}

fn follows(lab: &Lab) -> bool {
    lab.simulation.node(n(3)).streaming_from().is_some()
}

#[test]
fn r_pg_14_a_standby_that_was_away_for_long_needs_a_copy() {
    let mut lab = comes_back_after_a_checkpoint(Postgresql::default());
    let removed = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::CannotFollow {
                why: Refusal::LogRemoved,
                ..
            }
        )
    };
    assert!(lab.when(removed).is_some());
    assert!(!follows(&lab), "it tries for ever");
    lab.admin(n(3), Admin::Rebuild { source: n(1) });
    lab.run_to_ms(340_000);
    assert!(follows(&lab));
    assert!(lab.simulation.lag(n(3)).0 < 10);
}

#[test]
fn r_pg_14_kept_log_or_a_slot_spares_the_copy_and_a_limit_on_slots_does_not() {
    let keep = |megabytes| Postgresql {
        wal_keep_size: megabytes,
        ..Postgresql::default()
    };
    assert!(follows(&comes_back_after_a_checkpoint(keep(64))));
    assert!(!follows(&comes_back_after_a_checkpoint(keep(8))));
    let slots = |limit| Postgresql {
        replication_slots: true,
        max_slot_wal_keep_size: limit,
        ..Postgresql::default()
    };
    assert!(follows(&comes_back_after_a_checkpoint(slots(-1))));
    assert!(follows(&comes_back_after_a_checkpoint(slots(100))));
    assert!(!follows(&comes_back_after_a_checkpoint(slots(20))));
}

#[test]
fn r_pg_19_remote_apply_is_causal_only_on_the_standby_that_released_the_commit() {
    let mut scenario = postgresql(
        2,
        1,
        Postgresql {
            synchronous_commit: CommitLevel::RemoteApply,
            ..sync_to("ANY 1 (n2, n3)")
        },
    );
    delay_between(&mut scenario, n(1), n(3), 100);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    let op = lab.write(0);
    while lab.op(op).status == Status::Open {
        lab.simulation.step();
    }
    let (near, far) = (lab.read(0, Some(n(2))), lab.read(0, Some(n(3))));
    lab.run_to_ms(1_050);
    assert_eq!(lab.value(near), Some(op));
    assert_eq!(lab.value(far), None);
    assert!(lab.op(far).verdict.broke_read_your_writes);
}

#[test]
fn what_a_cut_link_lost_is_sent_again_on_the_same_connection() {
    let mut scenario = writing(Mode::Async, 5, 50);
    scenario.cluster.replicas = 1;
    scenario.settings.database = Database::Postgresql(Box::default());
    let mut lab = Lab::new(&scenario).at_ms(2_000);
    let (from, to): (Endpoint, Endpoint) = (n(1).into(), n(2).into());
    lab.act(Action::CutLink { from, to });
    lab.run_to_ms(9_000);
    assert!(lab.simulation.lag(n(2)).0 > 300);
    lab.act(Action::HealLink { from, to });
    lab.run_to_ms(20_000);
    assert!(lab.simulation.lag(n(2)).0 < 5);
    let lost = |kind: &EventKind| matches!(kind, EventKind::StandbyLost { .. });
    assert_eq!(lab.when(lost), None, "TCP bridged it");
}
