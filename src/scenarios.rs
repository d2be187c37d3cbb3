//! The scenarios that the page offers.

use replicascope_engine::Scenario;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{
    Action, Cluster, Endpoint, KillKind, LinkOverride, LinkSettings, Settings, TimedAction, Timers,
    Workload,
};
use replicascope_engine::time::Time;

/// A scenario of the list.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What addresses and messages call it. It stays.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Makes it, and says from when on it is worth watching.
    pub make: fn() -> (Scenario, Time),
}

/// Every scenario that the page offers; it opens with the first.
pub const ALL: [Preset; 4] = [
    Preset {
        id: "vanished-write",
        name: "The acked write that vanished",
        make: opening,
    },
    Preset {
        id: "lagging-replica",
        name: "A lagging replica",
        make: lagging_replica,
    },
    Preset {
        id: "split-brain",
        name: "Frozen primary, fencing off: split brain",
        make: split_brain,
    },
    Preset {
        id: "quiet",
        name: "Quiet cluster: try it yourself",
        make: quiet,
    },
];

/// What a scenario of the list is called; none is one that came from a link or a file.
#[must_use]
pub fn name(index: Option<usize>) -> &'static str {
    index
        .and_then(|index| ALL.get(index))
        .map_or("A run of your own", |preset| preset.name)
}

/// Timers short enough that an election fits into a minute of slow motion.
const QUICK: Timers = Timers {
    heartbeat_us: 100_000,
    election_timeout_us: 500_000,
    vote_wait_us: 200_000,
    health_check_us: 100_000,
    client_timeout_us: 2_000_000,
    rewind_us: 200_000,
    base_backup_us: 400_000,
};

/// Between two nodes of one region.
const NEAR: LinkSettings = LinkSettings {
    delay_us: 30_000,
    jitter_us: 4_000,
    loss_ppm: 0,
    extra: None,
};

/// Between the apps and a node.
const TO_APPS: LinkSettings = LinkSettings {
    delay_us: 8_000,
    jitter_us: 2_000,
    loss_ppm: 0,
    extra: None,
};

/// A link of this delay between `last` and each of the nodes before it, both ways.
fn far_from_the_others(last: NodeId, far: LinkSettings) -> Vec<LinkOverride> {
    (0..last.0)
        .flat_map(|node| {
            let other = Endpoint::Node(NodeId(node));
            [(other, last.into()), (last.into(), other)]
        })
        .map(|(from, to)| LinkOverride {
            from,
            to,
            link: far,
        })
        .collect()
}

fn timed(actions: impl IntoIterator<Item = (u64, Action)>) -> Vec<TimedAction> {
    let timed = |(at, action)| TimedAction {
        at_us: Time::from_millis(at),
        action,
    };
    actions.into_iter().map(timed).collect()
}

/// What the page starts with: asynchronous replication, one replica far away and slow, and a primary that dies soon.
#[must_use]
pub fn opening() -> (Scenario, Time) {
    let last = NodeId(4);
    let far = LinkSettings {
        delay_us: 80_000,
        jitter_us: 8_000,
        loss_ppm: 0,
        extra: None,
    };
    let scenario = Scenario {
        seed: 45,
        cluster: Cluster {
            node_link: NEAR,
            client_link: TO_APPS,
            links: far_from_the_others(last, far),
            ..Cluster::default()
        },
        settings: Settings {
            timers: QUICK,
            ..Settings::default()
        },
        workload: Workload {
            operations_per_second: 50,
            read_percent: 50,
            ..Workload::default()
        },
        actions: timed([
            (
                500,
                Action::Slow {
                    node: last,
                    factor: 100,
                },
            ),
            (
                1_300,
                Action::Kill {
                    node: NodeId(0),
                    how: KillKind::PowerOff,
                },
            ),
            (3_200, Action::Restart { node: NodeId(0) }),
        ]),
        ..Scenario::default()
    };
    (scenario, Time::from_millis(900))
}

/// Nothing fails here, and still clients get old answers: one replica applies too slowly, another is far away.
#[must_use]
pub fn lagging_replica() -> (Scenario, Time) {
    let far = LinkSettings {
        delay_us: 200_000,
        jitter_us: 40_000,
        loss_ppm: 10_000,
        extra: None,
    };
    let slow = |factor| Action::Slow {
        node: NodeId(2),
        factor,
    };
    let scenario = Scenario {
        seed: 11,
        cluster: Cluster {
            replicas: 3,
            node_link: NEAR,
            client_link: TO_APPS,
            links: far_from_the_others(NodeId(3), far),
            ..Cluster::default()
        },
        settings: Settings {
            timers: Timers {
                election_timeout_us: 2_000_000,
                ..QUICK
            },
            ..Settings::default()
        },
        workload: Workload {
            operations_per_second: 60,
            read_percent: 60,
            keys: 6,
            ..Workload::default()
        },
        actions: timed([(800, slow(150)), (5_000, slow(1))]),
        ..Scenario::default()
    };
    (scenario, Time::from_millis(600))
}

/// A primary stands still for two seconds while another takes over, and goes on as if nothing had been.
#[must_use]
pub fn split_brain() -> (Scenario, Time) {
    let primary = NodeId(0);
    let scenario = Scenario {
        seed: 3,
        cluster: Cluster {
            node_link: NEAR,
            client_link: TO_APPS,
            ..Cluster::default()
        },
        settings: Settings {
            fencing: false,
            timers: QUICK,
            ..Settings::default()
        },
        workload: Workload {
            operations_per_second: 30,
            read_percent: 40,
            ..Workload::default()
        },
        actions: timed([
            (1_000, Action::Freeze { node: primary }),
            (3_000, Action::Thaw { node: primary }),
        ]),
        ..Scenario::default()
    };
    (scenario, Time::from_millis(700))
}

/// Nothing happens until a person does something.
#[must_use]
pub fn quiet() -> (Scenario, Time) {
    let scenario = Scenario {
        seed: 5,
        cluster: Cluster {
            client_link: TO_APPS,
            ..Cluster::default()
        },
        settings: Settings {
            timers: QUICK,
            ..Settings::default()
        },
        workload: Workload {
            operations_per_second: 0,
            ..Workload::default()
        },
        ..Scenario::default()
    };
    (scenario, Time::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Simulation;

    fn run(index: usize, until_ms: u64) -> Simulation {
        let mut simulation = Simulation::new(&(ALL[index].make)().0).expect("valid");
        simulation.advance_to(Time::from_millis(until_ms));
        simulation
    }

    #[test]
    fn the_opening_loses_acked_writes() {
        assert_eq!(run(0, 6_000).oracle().totals().lost_acked, 3);
    }

    #[test]
    fn a_lagging_replica_answers_with_old_values_and_loses_nothing() {
        let run = run(1, 5_000);
        assert!(run.oracle().totals().stale_reads > 5);
        assert_eq!(run.oracle().totals().lost_acked, 0);
    }

    #[test]
    fn without_fencing_two_nodes_take_writes() {
        assert_eq!(run(2, 3_200).writers().len(), 2);
    }

    #[test]
    fn nothing_happens_in_the_quiet_cluster() {
        assert_eq!(run(3, 5_000).trace().milestones().count(), 0);
    }
}
