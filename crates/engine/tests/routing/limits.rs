//! R-RC-5: what is known of lag is old.

use replicascope_engine::event::RoutingEvent;
use replicascope_engine::scenario::{
    Action, Admin, DisableLoadBalanceOnWrite, Maxscale, Pgpool, Postgresql, Proxysql, Routing,
};
use replicascope_engine::time::Span;

use crate::lab::{Lab, n, postgresql};
use crate::{lagging, mariadb};

/// The longest staleness, in ms, that reads got while a replica fell behind by half a second a second, from `from_ms` on.
fn worst(routing: Routing, from_ms: u64) -> u64 {
    let mut scenario = mariadb(1, 1, routing);
    // Twenty writes a second, and ten can be applied.
    scenario.cluster.costs.apply_us = 100_000;
    let mut lab = Lab::new(&scenario).at_ms(from_ms);
    while lab.simulation.now().0 < 25_000_000 {
        lab.write_by(0, 0);
        lab.read_by(1, 0);
        lab.wait_ms(50);
    }
    let staleness = |op: &replicascope_engine::oracle::Op| op.verdict.stale.map(|stale| stale.span);
    let Span(us) = lab
        .simulation
        .oracle()
        .ops()
        .filter_map(staleness)
        .max()
        .expect("some are stale");
    us / 1_000
}

#[test]
fn r_rc_5_a_limit_admits_threshold_and_interval_and_age() {
    // ProxySQL looks at 0, 10, 20 s and counts whole seconds: at 10 s the lag of 1.9 s counts as 1, which is not more
    // than 1. Until 20 s it grows to 6.9.
    let proxysql = Routing::Proxysql(Proxysql {
        max_replication_lag: 1,
        ..Proxysql::default()
    });
    let worst_of_proxysql = worst(proxysql, 6_200);
    assert!(
        (6_400..7_200).contains(&worst_of_proxysql),
        "{worst_of_proxysql} ms"
    );
    // MaxScale looks every 2 s and wants strictly less than 2: 1.9 s passes, and grows to 2.9.
    let maxscale = Routing::Maxscale(Maxscale {
        max_replication_lag: 2,
        ..Maxscale::default()
    });
    let worst_of_maxscale = worst(maxscale, 6_200);
    assert!(
        (2_500..3_200).contains(&worst_of_maxscale),
        "{worst_of_maxscale} ms"
    );
    assert!(worst(Routing::Plain, 6_200) > 8_000, "no limit at all");
}

#[test]
fn r_rc_5_proxysql_counts_null_as_60_s_and_maxscale_takes_it_for_too_much() {
    let shunned = |routing| {
        let mut lab = Lab::new(&mariadb(2, 1, routing)).at_ms(5_000);
        lab.admin(n(2), Admin::PauseReplay);
        lab.run_to_ms(12_000);
        let events = lab.routed().into_iter().map(|(_, event)| event);
        events.collect::<Vec<_>>()
    };
    let proxysql = |max_replication_lag| {
        Routing::Proxysql(Proxysql {
            max_replication_lag,
            ..Proxysql::default()
        })
    };
    let behind = Some(Span::from_secs(60));
    let node = n(2);
    assert_eq!(
        shunned(proxysql(59)),
        [RoutingEvent::ReplicaShunned { node, behind }]
    );
    assert_eq!(shunned(proxysql(60)), []);
    let maxscale = Routing::Maxscale(Maxscale {
        max_replication_lag: 1_000,
        ..Maxscale::default()
    });
    let behind = None;
    assert_eq!(
        shunned(maxscale),
        [RoutingEvent::ReplicaShunned { node, behind }]
    );
}

#[test]
fn r_rc_5_proxysql_shuns_after_so_many_bad_looks_and_trusts_after_one_good() {
    let proxysql = Routing::Proxysql(Proxysql {
        max_replication_lag: 5,
        monitor_replication_lag_interval: 1_000,
        monitor_replication_lag_count: 3,
        ..Proxysql::default()
    });
    let mut lab = Lab::new(&mariadb(1, 1, proxysql)).at_ms(500);
    lab.admin(n(2), Admin::PauseReplay);
    lab.run_to_ms(2_900);
    let replica = lab.answered(0, 0);
    assert_eq!(lab.node_of(replica), n(2), "two bad looks");
    lab.run_to_ms(3_100);
    let writer = lab.answered(0, 0);
    assert_eq!(
        lab.node_of(writer),
        n(1),
        "three, and the writer is also a reader"
    );
    lab.admin(n(2), Admin::ResumeReplay);
    lab.run_to_ms(4_100);
    let again = lab.answered(0, 0);
    assert_eq!(lab.node_of(again), n(2));
}

#[test]
fn r_rc_5_a_lag_limit_does_not_see_a_link_that_is_cut() {
    let maxscale = Routing::Maxscale(Maxscale {
        max_replication_lag: 1,
        ..Maxscale::default()
    });
    let mut lab = Lab::new(&mariadb(1, 1, maxscale)).at_ms(1_000);
    lab.act(Action::CutLink {
        from: n(1).into(),
        to: n(2).into(),
    });
    lab.acked(0, 0);
    lab.run_to_ms(50_000);
    let read = lab.answered(0, 0);
    assert_eq!(
        lab.node_of(read),
        n(2),
        "nothing received is left to apply: 0 s behind"
    );
    let stale = lab.op(read).verdict.stale.expect("stale");
    assert!(stale.span > Span::from_secs(48));
}

fn pgpool(replicas: u8, pgpool: Pgpool) -> Lab {
    let scenario = lagging(replicas, 0, Routing::Pgpool(pgpool));
    Lab::new(&scenario).at_ms(1_000)
}

#[test]
fn r_rc_5_pgpool_counts_bytes_at_its_last_look() {
    for prefer_lower_delay_standby in [false, true] {
        let mut lab = pgpool(
            2,
            Pgpool {
                delay_threshold: 10 * 256,
                prefer_lower_delay_standby,
                ..Pgpool::default()
            },
        );
        let first = lab.answered(0, 0);
        let own = lab.node_of(first);
        assert_ne!(own, n(1));
        lab.admin(own, Admin::PauseReplay);
        for _ in 0..11 {
            lab.acked(1, 0);
        }
        let stale = lab.answered(0, 0);
        assert_eq!(lab.node_of(stale), own, "sr_check_period is 10 s");
        assert!(lab.op(stale).verdict.stale.is_some());
        lab.run_to_ms(10_100);
        let fresh = lab.answered(0, 0);
        assert!(lab.op(fresh).verdict.stale.is_none());
        let node = lab.node_of(fresh);
        if prefer_lower_delay_standby {
            assert!(node != n(1) && node != own, "the other standby");
        } else {
            assert_eq!(node, n(1));
        }
    }
}

#[test]
fn r_rc_5_pgpool_by_time_overrides_bytes() {
    let settings = Pgpool {
        delay_threshold: 1,
        delay_threshold_by_time: 300,
        ..Pgpool::default()
    };
    let node_with = |lag_ms| {
        let mut scenario = postgresql(
            1,
            10,
            Postgresql {
                recovery_min_apply_delay: lag_ms,
                ..Postgresql::default()
            },
        );
        scenario.settings.routing = Routing::Pgpool(settings);
        let mut lab = Lab::new(&scenario).at_ms(5_000);
        while lab.simulation.now().0 < 11_000_000 {
            lab.write_by(1, 0);
            lab.wait_ms(50);
        }
        let read = lab.answered(0, 0);
        lab.node_of(read)
    };
    assert_eq!(node_with(100), n(2), "more than a byte, less than 300 ms");
    assert_eq!(node_with(600), n(1));
}

#[test]
fn r_rc_5_pgpool_pins_writers_only_with_always_as_there_are_no_transactions() {
    for (level, pinned) in [
        (DisableLoadBalanceOnWrite::Off, false),
        (DisableLoadBalanceOnWrite::Transaction, false),
        (DisableLoadBalanceOnWrite::TransTransaction, false),
        (DisableLoadBalanceOnWrite::Always, true),
    ] {
        let mut lab = pgpool(
            2,
            Pgpool {
                disable_load_balance_on_write: level,
                ..Pgpool::default()
            },
        );
        let before = lab.answered(0, 0);
        assert_ne!(lab.node_of(before), n(1));
        lab.acked(0, 0);
        lab.wait_ms(60_000);
        let after = lab.answered(0, 0);
        assert_eq!(lab.node_of(after) == n(1), pinned, "{level:?}");
        let other = lab.answered(1, 0);
        assert_ne!(lab.node_of(other), n(1));
    }
}

#[test]
fn r_rc_5_pgpool_balances_sessions_or_statements() {
    let nodes = |statement_level_load_balance| {
        let mut lab = pgpool(
            3,
            Pgpool {
                statement_level_load_balance,
                ..Pgpool::default()
            },
        );
        let mut nodes: Vec<_> = (0..30)
            .map(|_| {
                let read = lab.answered(0, 0);
                lab.node_of(read)
            })
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes.len()
    };
    assert_eq!((nodes(false), nodes(true)), (1, 3));
}
