//! The scenarios that the page offers.

use replicascope_engine::Scenario;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{
    Action, Cluster, Endpoint, KillKind, LinkOverride, LinkSettings, Settings, TimedAction, Timers,
    Workload,
};
use replicascope_engine::time::Time;

/// What the page starts with: asynchronous replication, one replica far away and slow, and a primary that dies soon.
#[must_use]
pub fn opening() -> (Scenario, Time) {
    let near = LinkSettings {
        delay_us: 30_000,
        jitter_us: 4_000,
        loss_ppm: 0,
    };
    let far = LinkSettings {
        delay_us: 80_000,
        jitter_us: 8_000,
        loss_ppm: 0,
    };
    let last = NodeId(4);
    let links = (0..4)
        .flat_map(|node| {
            let near_node = Endpoint::Node(NodeId(node));
            [(near_node, last.into()), (last.into(), near_node)]
        })
        .map(|(from, to)| LinkOverride {
            from,
            to,
            link: far,
        })
        .collect();
    let cluster = Cluster {
        node_link: near,
        client_link: LinkSettings {
            delay_us: 8_000,
            jitter_us: 2_000,
            loss_ppm: 0,
        },
        links,
        ..Cluster::default()
    };
    let timers = Timers {
        heartbeat_us: 100_000,
        election_timeout_us: 500_000,
        vote_wait_us: 200_000,
        health_check_us: 100_000,
        client_timeout_us: 2_000_000,
        rewind_us: 200_000,
        base_backup_us: 400_000,
    };
    let actions = [
        (
            500_000,
            Action::Slow {
                node: last,
                factor: 100,
            },
        ),
        (
            1_300_000,
            Action::Kill {
                node: NodeId(0),
                how: KillKind::PowerOff,
            },
        ),
        (3_200_000, Action::Restart { node: NodeId(0) }),
    ];
    let scenario = Scenario {
        seed: 7,
        cluster,
        settings: Settings {
            timers,
            ..Settings::default()
        },
        workload: Workload {
            operations_per_second: 40,
            read_percent: 50,
            ..Workload::default()
        },
        actions: actions
            .map(|(at, action)| TimedAction {
                at_us: Time(at),
                action,
            })
            .to_vec(),
        ..Scenario::default()
    };
    (scenario, Time(900_000))
}
