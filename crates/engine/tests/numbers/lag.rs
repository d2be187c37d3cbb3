//! R-NU-4: lag as a queue. With writes at W a second and a replica that applies m a second, a backlog B drains in
//! B / (m − W) seconds when W < m, and lag grows by (W − m) / m seconds each second when W > m.

use replicascope_engine::scenario::{Action, Failover, Mode};

use crate::assert_within;
use crate::lab::{Lab, n, writing};

/// One replica that applies `m` records a second, and `w` writes a second.
fn lab(w: u64, m: u64) -> Lab {
    let mut scenario = writing(Mode::Async, 1, w);
    scenario.cluster.replicas = 1;
    scenario.cluster.costs.apply_us = 1_000_000 / m;
    scenario.cluster.costs.write_us = 100;
    scenario.cluster.costs.fsync_us = 0;
    // The primary goes on when its only replica does not answer.
    scenario.settings.failover = Failover::Manual;
    scenario.settings.fencing = false;
    Lab::new(&scenario)
}

fn backlog(lab: &Lab) -> u64 {
    lab.simulation.lag(n(2)).0
}

#[test]
fn r_nu_4_a_backlog_drains_in_b_over_m_minus_w() {
    for (w, m, stopped_ms) in [(100, 500, 4_000), (250, 500, 4_000), (400, 500, 1_500)] {
        let mut lab = lab(w, m).at_ms(1_000);
        lab.act(Action::Freeze { node: n(2) });
        lab.run_to_ms(1_000 + stopped_ms);
        let behind = backlog(&lab);
        assert_within(
            "backlog",
            behind as f64,
            (w * stopped_ms / 1_000) as f64,
            2.0,
        );
        lab.act(Action::Thaw { node: n(2) });
        let thawed = lab.simulation.now();
        while backlog(&lab) > 2 {
            assert!(lab.simulation.step());
        }
        let drained = lab.simulation.now().since(thawed).as_millis_f64() / 1_000.0;
        let expected = behind as f64 / (m - w) as f64;
        assert_within(
            &format!("W {w}, m {m}: seconds to drain {behind}"),
            drained,
            expected,
            4.0,
        );
    }
}

#[test]
fn r_nu_4_lag_grows_by_w_minus_m_over_m_seconds_a_second() {
    for (w, m) in [(600, 500), (1_000, 500), (2_000, 400)] {
        for seconds in [4, 8] {
            let mut lab = lab(w, m).at_ms(seconds * 1_000);
            let grown = (w - m) * seconds;
            assert_within("backlog", backlog(&lab) as f64, grown as f64, 3.0);
            // The record that is written now becomes visible so much later.
            let written = lab.simulation.node(n(1)).tip().lsn;
            let now = lab.simulation.now();
            while lab.simulation.node(n(2)).positions().replay < written {
                assert!(lab.simulation.step());
            }
            let lag = lab.simulation.now().since(now).as_millis_f64() / 1_000.0;
            let expected = (w - m) as f64 / m as f64 * seconds as f64;
            assert_within(
                &format!("W {w}, m {m}: lag after {seconds} s"),
                lag,
                expected,
                3.0,
            );
        }
    }
}
