//! PG1: commit latency by `synchronous_commit` level and round trip.
//!
//! | observation | where |
//! |---|---|
//! | median of each level at round trips of 0, 20 and 100 ms | `every_level_costs_what_it_cost` |
//! | what a level adds to local flush and round trip | the same: it is the difference of two of them |
//! | least, p95 and most | not compared: noise of the measuring machine |

use replicascope_engine::scenario::{CommitLevel, LinkSettings, Postgresql};
use replicascope_engine::time::Span;

use crate::lab::{Lab, n, postgresql};
use crate::{latency_agrees, number, observed};

#[test]
fn every_level_costs_what_it_cost() {
    let measured = observed("PG1");
    for (rtt, delay_ms) in [("rtt0", 0), ("rtt20", 10), ("rtt100", 50)] {
        let cell = |level: &str| number(&measured[rtt][level]["median"]);
        // Local times are the measuring machine's: executing is what level off costs, a flush what local adds.
        let execute = (cell("off") * 1_000.0) as u64;
        let flush = (cell("local") * 1_000.0) as u64 - execute;
        let mut scenario = postgresql(
            2,
            delay_ms,
            Postgresql {
                synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
                ..Postgresql::default()
            },
        );
        scenario.cluster.client_link = LinkSettings::default();
        scenario.cluster.costs.write_us = execute;
        scenario.cluster.costs.fsync_us = flush;
        scenario.cluster.costs.apply_us = 50;
        for (name, level) in [
            ("off", CommitLevel::Off),
            ("local", CommitLevel::Local),
            ("remote_write", CommitLevel::RemoteWrite),
            ("on", CommitLevel::On),
            ("remote_apply", CommitLevel::RemoteApply),
        ] {
            let mut lab = Lab::new(&scenario).at_ms(1_000);
            let mut latencies = Vec::new();
            for commit in 0..45 {
                let op = lab.write_at(0, n(1), Some(level));
                lab.run_to_ms(1_500 + 500 * commit);
                let Span(us) = lab.latency(op).expect("acked");
                latencies.push(us);
            }
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
