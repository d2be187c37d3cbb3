//! R-NU-5: the chance that a read on a replica, sent t after the ack, is stale: P(D > t + t_client), where D is the delay from
//! ack to visible; e^(−t/L) when D is exponential with mean L.

use replicascope_engine::Scenario;
use replicascope_engine::ids::{ClientId, Key};
use replicascope_engine::scenario::{
    Action, Costs, Distribution, Failover, LinkSettings, Mode, TimedAction,
};
use replicascope_engine::time::Time;

use crate::lab::{Lab, n, quiet};

const MEAN_US: u64 = 50_000;
const TRIALS: u64 = 6_000;
/// Between two trials: many times the mean, so that none touches the next.
const APART_US: u64 = 1_000_000;

/// Trials of a write and a read of a replica `after_us` after its ack, with clients this far away, one way.
fn trials(after_us: u64, client_us: u64) -> Scenario {
    let mut scenario = quiet(Mode::Async, 0);
    scenario.cluster.replicas = 1;
    scenario.cluster.costs = Costs {
        read_us: 0,
        write_us: 0,
        apply_us: 0,
        fsync_us: 0,
        ..Costs::default()
    };
    scenario.cluster.node_link.extra = Some(Distribution::Exponential { mean_us: MEAN_US });
    scenario.cluster.client_link = LinkSettings {
        delay_us: client_us,
        ..LinkSettings::default()
    };
    scenario.settings.failover = Failover::Manual;
    // Nothing but records on the link: what is behind a late message on a connection is late as well.
    scenario.settings.fencing = false;
    scenario.settings.timers.heartbeat_us = 1_000_000_000;
    scenario.settings.timers.election_timeout_us = 3_600_000_000;
    scenario.settings.timers.health_check_us = 1_000_000_000;
    for trial in 0..TRIALS {
        let write_at = (trial + 1) * APART_US;
        let (client, key) = (ClientId(0), Key(0));
        let write = Action::Write {
            client,
            key,
            value: None,
            node: None,
            synchronous_commit: None,
        };
        let read = Action::Read {
            client,
            key,
            node: Some(n(2)),
        };
        let read_at = write_at + 2 * client_us + after_us;
        for (at, action) in [(write_at, write), (read_at, read)] {
            scenario.actions.push(TimedAction {
                at_us: Time(at),
                action,
            });
        }
    }
    scenario
}

#[test]
fn r_nu_5_a_read_is_stale_with_probability_e_to_minus_t_over_l() {
    for (after_us, client_us) in [(10_000, 10), (50_000, 10), (100_000, 10), (20_000, 15_000)] {
        let mut lab = Lab::new(&trials(after_us, client_us));
        lab.simulation.advance_to(Time((TRIALS + 2) * APART_US));
        let totals = lab.simulation.oracle().totals();
        assert_eq!((totals.writes_acked, totals.reads_failed), (TRIALS, 0));
        let stale = totals.stale_reads as f64 / TRIALS as f64;
        // From the commit the ack takes client_us to the client, and the read, sent t later, as long to the replica.
        let delay = (after_us + 2 * client_us) as f64;
        let expected = libm::exp(-delay / MEAN_US as f64);
        // Four standard deviations of 6,000 trials.
        let tolerance = 4.0 * (expected * (1.0 - expected) / TRIALS as f64).sqrt();
        assert!(
            (stale - expected).abs() <= tolerance,
            "t {after_us} µs, clients {client_us} µs: {stale:.4}, not {expected:.4} ± {tolerance:.4}"
        );
    }
}
