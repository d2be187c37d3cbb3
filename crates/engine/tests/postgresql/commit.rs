//! R-PG-1 to R-PG-9: when a commit is answered, and who sees it before.

use replicascope_engine::scenario::{CommitLevel, Postgresql};
use replicascope_engine::time::Span;

use crate::lab::{Lab, n, postgresql};

fn sync_to(names: &str) -> Postgresql {
    Postgresql {
        synchronous_standby_names: names.parse().expect("valid"),
        ..Postgresql::default()
    }
}

/// Latency without the way between client and node: 2 ms.
fn latency(level: CommitLevel, names: &str, delay_ms: u64) -> Option<u64> {
    let mut lab = Lab::new(&postgresql(2, delay_ms, sync_to(names))).at_ms(1_000);
    let op = lab.write_at(0, n(1), Some(level));
    lab.run_to_ms(11_000);
    lab.latency(op).map(|Span(us)| us - 2_000)
}

#[test]
fn r_pg_1_each_level_waits_for_what_it_says() {
    let f = |level, delay| latency(level, "FIRST 1 (n2)", delay).expect("acked");
    // Executing costs 400 µs, a flush 800, applying 400.
    for delay in [0, 10, 50] {
        let round_trip = 2_000 * delay;
        assert_eq!(f(CommitLevel::Off, delay), 400);
        assert_eq!(f(CommitLevel::Local, delay), 1_200);
        assert_eq!(f(CommitLevel::RemoteWrite, delay), 1_200 + round_trip);
        assert_eq!(f(CommitLevel::On, delay), 2_000 + round_trip);
        assert_eq!(f(CommitLevel::RemoteApply, delay), 2_400 + round_trip);
    }
}

#[test]
fn r_pg_1_with_an_empty_list_every_level_but_off_is_local() {
    for level in [
        CommitLevel::RemoteWrite,
        CommitLevel::On,
        CommitLevel::RemoteApply,
    ] {
        assert_eq!(latency(level, "", 50), Some(1_200));
    }
}
