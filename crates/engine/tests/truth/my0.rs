//! MY0: `MariaDB`'s defaults, and what a semi-sync commit costs at either wait point.
//!
//! | observation | where |
//! |---|---|
//! | defaults of every variable that the engine has | `the_defaults_are_those_of_the_server` |
//! | `innodb_flush_log_at_trx_commit` 1, `slave_parallel_mode` optimistic | assumed (R-MY-1, R-MY-11) |
//! | median latency of async and both wait points at three round trips | `semi_sync_costs_one_round_trip_at_either_point` |

use replicascope_engine::scenario::{LinkSettings, Mariadb, UseGtid, WaitPoint};
use replicascope_engine::time::Span;

use crate::lab::{Lab, mariadb, n};
use crate::{latency_agrees, number, observed};

#[test]
fn the_defaults_are_those_of_the_server() {
    let defaults = &observed("MY0")["defaults"];
    let is = |name: &str, value: String| {
        assert_eq!(defaults[name].as_str(), Some(value.as_str()), "{name}");
    };
    let on = |on: bool| if on { "ON" } else { "OFF" }.to_owned();
    let here = Mariadb::default();
    is("gtid_strict_mode", on(here.gtid_strict_mode));
    is(
        "rpl_semi_sync_master_enabled",
        on(here.rpl_semi_sync_master_enabled),
    );
    is(
        "rpl_semi_sync_master_timeout",
        here.rpl_semi_sync_master_timeout.to_string(),
    );
    is(
        "rpl_semi_sync_master_wait_no_slave",
        on(here.rpl_semi_sync_master_wait_no_slave),
    );
    let point = serde_json::to_value(here.rpl_semi_sync_master_wait_point).expect("a word");
    is(
        "rpl_semi_sync_master_wait_point",
        point.as_str().expect("a word").to_owned(),
    );
    is("slave_net_timeout", here.slave_net_timeout.to_string());
    is(
        "slave_parallel_threads",
        here.slave_parallel_threads.to_string(),
    );
    is("sync_binlog", here.sync_binlog.to_string());
    is("sync_relay_log", here.sync_relay_log.to_string());
    assert_eq!(here.master_use_gtid, UseGtid::SlavePos);
}

#[test]
fn semi_sync_costs_one_round_trip_at_either_point() {
    let measured = observed("MY0");
    for (rtt, delay_ms) in [("rtt0", 0), ("rtt20", 10), ("rtt100", 50)] {
        let cell = |point: &str| number(&measured["latency_ms"][rtt][point]["median"]);
        for (name, point) in [
            ("async", None),
            ("AFTER_COMMIT", Some(WaitPoint::AfterCommit)),
            ("AFTER_SYNC", Some(WaitPoint::AfterSync)),
        ] {
            let settings = Mariadb {
                rpl_semi_sync_master_enabled: point.is_some(),
                rpl_semi_sync_slave_enabled: Some(vec![n(2)]),
                rpl_semi_sync_master_wait_point: point.unwrap_or(WaitPoint::AfterCommit),
                ..Mariadb::default()
            };
            let mut scenario = mariadb(2, delay_ms, settings);
            scenario.cluster.client_link = LinkSettings::default();
            // The measuring machine's: what an asynchronous commit takes, nearly all of it the flush.
            scenario.cluster.costs.write_us = 100;
            scenario.cluster.costs.fsync_us = (cell("async") * 1_000.0) as u64 - 100;
            let mut lab = Lab::new(&scenario).at_ms(1_000);
            let mut latencies: Vec<u64> = (0..20)
                .map(|_| {
                    let op = lab.write(0);
                    lab.wait_ms(500);
                    let Span(us) = lab.latency(op).expect("acked");
                    us
                })
                .collect();
            latencies.sort_unstable();
            let median = latencies[latencies.len() / 2] as f64 / 1_000.0;
            assert!(
                latency_agrees(median, cell(name)),
                "{rtt}, {name}: {median} ms here, {} ms there",
                cell(name)
            );
        }
    }
}
