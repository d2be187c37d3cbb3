//! What settings promise and can lose, as a person is told before a run; and that runs keep it.
#![allow(clippy::unwrap_used, reason = "tests")]

use replicascope_engine::promises::outlook::{
    Acked, Alone, CrashLoss, FailoverLoss, Outlook, Reads, Takeover, TwoPrimaries,
};
use replicascope_engine::scenario::{Action, CommitLevel, KillKind};
use replicascope_engine::time::Time;
use replicascope_engine::{Scenario, Simulation, ids::NodeId};

fn scenario(settings: &str) -> Scenario {
    let text = format!(
        r#"{{"version":2,"seed":7,"cluster":{{"node_link":{{"delay_us":60000}}}},
        "workload":{{"operations_per_second":100,"read_percent":0}},"settings":{settings}}}"#
    );
    Scenario::from_json(&text).unwrap()
}

fn outlook(settings: &str) -> Outlook {
    let scenario = scenario(settings);
    Outlook::of(&scenario.cluster, &scenario.settings)
}

const TAIL: FailoverLoss = FailoverLoss::Tail {
    rescued: false,
    most_bytes: None,
};

#[test]
fn textbook() {
    let it = outlook(r#"{"mode":"async"}"#);
    assert_eq!((it.acked, it.failover), (Acked::Flushed, TAIL));
    assert_eq!(it.two_primaries, TwoPrimaries::Never);
    assert_eq!(it.reads, Reads::AnyAge);
    let it = outlook(r#"{"mode":"semi_sync","semi_sync":{"acks":2,"timeout_us":500000}}"#);
    assert_eq!(it.acked, Acked::Received { by: 2 });
    assert_eq!(it.alone, Alone::GoOnAfterMs(500));
    let it = outlook(r#"{"mode":"sync"}"#);
    assert_eq!(
        (it.failover, it.alone),
        (FailoverLoss::Nothing, Alone::Wait)
    );
    assert_eq!(it.reads, Reads::AllAcked);
    let it = outlook(r#"{"mode":"sync","fencing":false}"#);
    assert_eq!(it.two_primaries, TwoPrimaries::IfCutOff);
    assert_ne!(it.failover, FailoverLoss::Nothing);
}

#[test]
fn postgresql_by_level_and_list() {
    let of = |level: &str, names: &str| {
        outlook(&format!(
            r#"{{"database":{{"postgresql":{{"synchronous_commit":"{level}","synchronous_standby_names":"{names}"}}}}}}"#
        ))
    };
    let it = of("off", "*");
    assert_eq!(
        (it.acked, it.crash),
        (Acked::Executed, CrashLoss::LastMs(600))
    );
    assert_eq!(it.failover, TAIL);
    assert_eq!(of("on", "").failover, TAIL);
    assert_eq!(of("local", "*").acked, Acked::Flushed);
    let it = of("remote_write", "FIRST 1 (*)");
    assert_eq!(
        it.failover,
        FailoverLoss::NothingIfConfirmed {
            in_memory: true,
            reads_vanish: false,
            fallback_ms: None
        }
    );
    assert_eq!(it.alone, Alone::Wait);
    // Four standbys: two that confirmed are met by the best of three.
    assert_eq!(
        of("on", "ANY 2 (*)").failover,
        FailoverLoss::NothingIfBestOf(3)
    );
    assert_eq!(of("remote_apply", "FIRST 1 (*)").reads, Reads::AnyAge);
    assert_eq!(of("remote_apply", "FIRST 4 (*)").reads, Reads::AllAcked);
}

#[test]
fn mysql_and_mariadb() {
    let it = outlook(r#"{"database":{"mysql":{"rpl_semi_sync_source_enabled":true}}}"#);
    assert_eq!(
        (it.acked, it.crash),
        (Acked::Received { by: 1 }, CrashLoss::Nothing)
    );
    assert_eq!(
        it.failover,
        FailoverLoss::NothingIfConfirmed {
            in_memory: false,
            reads_vanish: false,
            fallback_ms: Some(10_000)
        }
    );
    let it = outlook(r#"{"database":{"mariadb":{}}}"#);
    assert_eq!((it.acked, it.crash), (Acked::Written, CrashLoss::Unsynced));
    assert_eq!(it.failover, TAIL);
    let it = outlook(r#"{"database":{"mysql":{}},"manager":{"mha":{"use_gtid_auto_pos":false}}}"#);
    assert_eq!(
        it.failover,
        FailoverLoss::Tail {
            rescued: true,
            most_bytes: None
        }
    );
    assert_eq!(it.takeover, Takeover::Mha { ping_interval: 3 });
    assert_eq!(it.two_primaries, TwoPrimaries::IfCutOff);
}

#[test]
fn patroni() {
    let of = |patroni: &str| {
        outlook(&format!(
            r#"{{"database":{{"postgresql":{{}}}},"manager":{{"patroni":{patroni}}}}}"#
        ))
    };
    let it = of("{}");
    assert_eq!(
        it.failover,
        FailoverLoss::Tail {
            rescued: false,
            most_bytes: Some(1_048_576)
        }
    );
    assert_eq!(it.two_primaries, TwoPrimaries::WhileFrozen { within: 30 });
    let it = of(r#"{"synchronous_mode":"on","watchdog_device":true}"#);
    assert_eq!(it.failover, FailoverLoss::Nothing);
    assert_eq!(it.alone, Alone::GoOnWithoutFailover);
    assert_eq!(it.two_primaries, TwoPrimaries::Never);
    assert_eq!(
        it.acked,
        Acked::Standbys {
            level: CommitLevel::On,
            by: 1,
            any: false
        }
    );
    assert_eq!(
        of(r#"{"synchronous_mode":"on","synchronous_mode_strict":true}"#).alone,
        Alone::Wait
    );
}

#[test]
fn routers() {
    let of = |routing: &str| outlook(&format!(r#"{{"routing":{routing}}}"#)).reads;
    assert_eq!(of(r#""sticky""#), Reads::Forward);
    assert_eq!(of(r#"{"pin":{}}"#), Reads::OwnWhileLagBelowMs(2_000));
    assert_eq!(of(r#"{"token":{}}"#), Reads::OwnAndForward);
    assert_eq!(
        of(r#"{"proxysql":{"max_replication_lag":5}}"#),
        Reads::PolledMs(15_000)
    );
    assert_eq!(of(r#"{"haproxy":{}}"#), Reads::AnyAge);
    let it = outlook(r#"{"reads":"primary_only","routing":{"token":{}}}"#);
    assert_eq!(it.reads, Reads::Primary);
}

#[test]
fn pollers_know_what_was_true_when_they_last_looked() {
    let of = |routing: &str| outlook(&format!(r#"{{"routing":{routing}}}"#)).reads;
    for (routing, reads) in [
        (r#"{"proxysql":{"max_replication_lag":0}}"#, Reads::AnyAge),
        (
            r#"{"proxysql":{"max_replication_lag":5,"monitor_replication_lag_interval":2000,"monitor_replication_lag_count":3}}"#,
            Reads::PolledMs(11_000),
        ),
        (
            r#"{"maxscale":{"max_replication_lag":4,"monitor_interval":1500}}"#,
            Reads::PolledMs(5_500),
        ),
        (r#"{"maxscale":{"max_replication_lag":0}}"#, Reads::AnyAge),
        (r#"{"maxscale":{"causal_reads":"local"}}"#, Reads::Own),
        (
            r#"{"pgpool":{"delay_threshold_by_time":300,"delay_threshold":7,"sr_check_period":10}}"#,
            Reads::PolledMs(10_300),
        ),
        (
            r#"{"pgpool":{"delay_threshold_by_time":0,"delay_threshold":7}}"#,
            Reads::PolledBytes(7),
        ),
        (
            r#"{"pgpool":{"delay_threshold_by_time":0,"delay_threshold":0}}"#,
            Reads::AnyAge,
        ),
        (
            r#"{"pgpool":{"delay_threshold":7,"disable_load_balance_on_write":"always"}}"#,
            Reads::Own,
        ),
        (r#"{"haproxy":{"lag":65536}}"#, Reads::PolledBytes(65_536)),
        (r#"{"token":{"keep_seen":false}}"#, Reads::Own),
        (r#"{"django":"primary_replica_router"}"#, Reads::AnyAge),
        (
            r#"{"django":{"pin_after_write":700}}"#,
            Reads::OwnWhileLagBelowMs(700),
        ),
    ] {
        assert_eq!(of(routing), reads, "{routing}");
    }
    // Django's routers do not look at `reads`; in sync mode a replica shows all that was acked.
    let django = r#"{"reads":"primary_only","routing":{"django":"primary_replica_router"}}"#;
    assert_eq!(outlook(django).reads, Reads::AnyAge);
    for (sync, reads) in [
        (r#""drop_after_us":5000000"#, Reads::AnyAge),
        (r#""members":["n2"]"#, Reads::AnyAge),
        ("", Reads::AllAcked),
    ] {
        let it = outlook(&format!(r#"{{"mode":"sync","sync":{{{sync}}}}}"#));
        assert_eq!(it.reads, reads, "{sync}");
    }
}

#[test]
fn who_takes_over_and_whether_two_can_take_writes() {
    for (settings, takeover, two) in [
        (
            r#"{"failover":"manual"}"#,
            Takeover::ByHand,
            TwoPrimaries::IfPromoted,
        ),
        (
            r#"{"fencing":false,"timers":{"election_timeout_us":3000000}}"#,
            Takeover::Election {
                after_us: 3_000_000,
            },
            TwoPrimaries::IfCutOff,
        ),
        (
            r#"{"database":{"mysql":{}}}"#,
            Takeover::ByHand,
            TwoPrimaries::IfPromoted,
        ),
        (
            r#"{"database":{"postgresql":{}},"failover":"election"}"#,
            Takeover::ByHand,
            TwoPrimaries::IfPromoted,
        ),
        (
            r#"{"database":{"postgresql":{}},"manager":{"patroni":{"ttl":40,"watchdog_device":true,"watchdog_mode":"off"}}}"#,
            Takeover::Patroni { ttl: 40 },
            TwoPrimaries::WhileFrozen { within: 40 },
        ),
        (
            r#"{"database":{"mysql":{}},"manager":{"mha":{"master_ip_failover_script":true}}}"#,
            Takeover::Mha { ping_interval: 3 },
            TwoPrimaries::IfUnreachable,
        ),
        (
            r#"{"database":{"mysql":{}},"manager":{"mha":{"shutdown_script":true,"ping_interval":5}}}"#,
            Takeover::Mha { ping_interval: 5 },
            TwoPrimaries::IfUnreachable,
        ),
        (
            r#"{"database":{"mysql":{}},"manager":{"sentinel":{"down-after-milliseconds":4000}}}"#,
            Takeover::Sentinel {
                down_after_ms: 4_000,
                sentinels: 3,
            },
            TwoPrimaries::IfCutOff,
        ),
        (
            r#"{"database":{"mysql":{}},"manager":{"sentinel":{"min-replicas-to-write":1,"min-replicas-max-lag":7}}}"#,
            Takeover::Sentinel {
                down_after_ms: 30_000,
                sentinels: 3,
            },
            TwoPrimaries::IfCutOffFor(7),
        ),
    ] {
        let it = outlook(settings);
        assert_eq!(
            (it.takeover, it.two_primaries),
            (takeover, two),
            "{settings}"
        );
    }
}

#[test]
fn what_waits_for_whom_and_how_long() {
    let it = outlook(r#"{"mode":"sync","sync":{"drop_after_us":2500000}}"#);
    assert_eq!(it.alone, Alone::GoOnAfterMs(2_500));
    let it = outlook(r#"{"mode":"semi_sync","semi_sync":{"acks":1,"timeout_us":null}}"#);
    assert_eq!(it.alone, Alone::Wait);
    // Of the four standbys only two are listed, so the best of two met one that confirmed.
    let of = |names: &str| {
        outlook(&format!(
            r#"{{"database":{{"postgresql":{{"synchronous_standby_names":"{names}"}}}}}}"#
        ))
        .failover
    };
    assert_eq!(of("ANY 1 (n2, n3)"), FailoverLoss::NothingIfBestOf(2));
    assert_eq!(of("ANY 2 (n2, n3)"), FailoverLoss::NothingIfBestOf(1));
    // Patroni keeps the level, and writes the list.
    let under = |level: &str| {
        let it = outlook(&format!(
            r#"{{"database":{{"postgresql":{{"synchronous_commit":"{level}","synchronous_standby_names":"*"}}}},
            "manager":{{"patroni":{{"synchronous_mode":"quorum","synchronous_node_count":2}}}}}}"#
        ));
        it.acked
    };
    let standbys = |level| Acked::Standbys {
        level,
        by: 2,
        any: true,
    };
    assert_eq!(under("remote_apply"), standbys(CommitLevel::RemoteApply));
    assert_eq!(under("local"), standbys(CommitLevel::On));
    assert_eq!(under("off"), Acked::Executed);
    // Only by GTID does MHA leave the dead source's log alone (R-MH-5).
    let rescued = |settings: &str| match outlook(settings).failover {
        FailoverLoss::Tail { rescued, .. } => rescued,
        other => panic!("{other:?}"),
    };
    assert!(!rescued(
        r#"{"database":{"mysql":{}},"manager":{"mha":{}}}"#
    ));
    assert!(rescued(
        r#"{"database":{"mysql":{"source_auto_position":false}},"manager":{"mha":{}}}"#
    ));
    assert!(rescued(
        r#"{"database":{"mariadb":{}},"manager":{"mha":{}}}"#
    ));
}

/// Acked writes that are lost when the primary loses power under load and the furthest replica takes over.
fn lost(settings: &str) -> u64 {
    let mut run = Simulation::new(&scenario(settings)).unwrap();
    run.advance_to(Time::from_secs(12));
    let kill = Action::Kill {
        node: NodeId(0),
        how: KillKind::PowerOff,
    };
    run.act(kill).unwrap();
    if outlook(settings).takeover == Takeover::ByHand {
        run.advance_to(Time::from_secs(13));
        let best = run.nodes()[1..].iter().max_by_key(|node| node.tip().lsn);
        let node = best.unwrap().id();
        run.act(Action::Promote { node }).unwrap();
    }
    run.advance_to(Time::from_secs(90));
    assert!(!run.writers().is_empty(), "nobody takes writes: {settings}");
    run.oracle().totals().lost_acked
}

#[test]
fn what_is_said_to_be_kept_is_kept_and_a_tail_is_lost() {
    let kept = [
        r#"{"mode":"semi_sync"}"#,
        r#"{"mode":"sync"}"#,
        r#"{"database":{"postgresql":{"synchronous_standby_names":"ANY 2 (*)"}}}"#,
        r#"{"database":{"mysql":{"rpl_semi_sync_source_enabled":true}}}"#,
        r#"{"database":{"postgresql":{}},"manager":{"patroni":{"synchronous_mode":"on"}}}"#,
        r#"{"database":{"mysql":{"rpl_semi_sync_source_enabled":true}},"manager":{"mha":{}}}"#,
    ];
    for settings in kept {
        assert!(!matches!(
            outlook(settings).failover,
            FailoverLoss::Tail { .. }
        ));
        assert_eq!(lost(settings), 0, "{settings}");
    }
    let tails = [
        r#"{"mode":"async"}"#,
        r#"{"database":{"postgresql":{}}}"#,
        r#"{"database":{"mariadb":{}}}"#,
        r#"{"database":{"postgresql":{}},"manager":{"patroni":{}}}"#,
    ];
    for settings in tails {
        assert!(matches!(
            outlook(settings).failover,
            FailoverLoss::Tail { .. }
        ));
        assert!(lost(settings) > 0, "{settings}");
    }
}
