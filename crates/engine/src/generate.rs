//! Random scenarios for property tests and searches: any topology, settings, workload and faults, from one seed.

use crate::ids::{ClientId, Key, NodeId};
use crate::random::{Purpose, below, draw};
use crate::scenario::{
    Action, Arrival, Cluster, Endpoint, Failover, KillKind, LinkSettings, Mode, ReadPolicy,
    Scenario, SemiSync, Setting, Settings, Sync, TimedAction, Workload,
};
use crate::time::Time;

/// What random scenarios may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Whether fencing may be off, or be switched.
    pub fencing_may_be_off: bool,
    /// Actions happen before this.
    pub faults_until: Time,
    /// Most actions.
    pub actions: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fencing_may_be_off: true,
            faults_until: Time::from_secs(12),
            actions: 14,
        }
    }
}

/// Draws in sequence; scenarios are input, so their making need not be keyed by what they are for.
struct Dice {
    seed: u64,
    throws: u64,
}

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.throws += 1;
        below(draw(self.seed, Purpose::Scenario, self.throws, 0), bound)
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    fn node(&mut self, cluster: &Cluster) -> NodeId {
        NodeId(self.below(cluster.node_count() as u64) as u8)
    }

    fn link(&mut self) -> LinkSettings {
        let delay_us = self.pick(&[200, 5_000, 30_000, 100_000]);
        let jitter_us = self.below(delay_us / 2 + 1);
        let loss_ppm = if self.one_in(3) {
            self.between(1, 50_000) as u32
        } else {
            0
        };
        LinkSettings {
            delay_us,
            jitter_us,
            loss_ppm,
            extra: None,
        }
    }
}

/// The scenario of a seed. It is valid.
#[must_use]
pub fn scenario(seed: u64, limits: Limits) -> Scenario {
    let mut dice = Dice { seed, throws: 0 };
    let mut cluster = Cluster {
        replicas: dice.between(1, 6) as u8,
        ..Cluster::default()
    };
    cluster.node_link = dice.link();
    cluster.client_link.delay_us = dice.pick(&[100, 2_000, 40_000]);
    cluster.costs.apply_us = dice.pick(&[100, 400, 4_000]);
    let settings = settings(&mut dice, &cluster, limits);
    let workload = Workload {
        operations_per_second: dice.pick(&[5, 40, 150]),
        read_percent: dice.pick(&[0, 50, 90]),
        keys: dice.between(1, 12) as u32,
        skew_percent: dice.pick(&[0, 99]),
        arrival: dice.pick(&[Arrival::Poisson, Arrival::Even]),
    };
    let mut times: Vec<u64> = (0..dice.between(1, limits.actions))
        .map(|_| dice.below(limits.faults_until.0))
        .collect();
    times.sort_unstable();
    // Losing the only up-to-date disk is a loss that no protocol survives; one disk, with a set that nobody leaves, is not.
    let everybody_stays = settings.sync.drop_after_us.is_none() && settings.sync.members.is_none();
    let mut disks_to_lose = u64::from(cluster.replicas >= 2 && everybody_stays);
    let mut actions = Vec::new();
    for at in times {
        let action = action(
            &mut dice,
            &cluster,
            &settings,
            &workload,
            limits,
            &mut disks_to_lose,
        );
        actions.push(TimedAction {
            at_us: Time(at),
            action,
        });
    }
    Scenario {
        seed,
        cluster,
        settings,
        workload,
        actions,
        ..Scenario::default()
    }
}

fn settings(dice: &mut Dice, cluster: &Cluster, limits: Limits) -> Settings {
    let members = dice
        .one_in(3)
        .then(|| cluster.nodes().filter(|_| dice.one_in(2)).collect());
    let drop_after_us = dice.one_in(2).then(|| dice.between(50_000, 3_000_000));
    Settings {
        mode: dice.pick(&[Mode::Async, Mode::SemiSync, Mode::Sync, Mode::Sync]),
        semi_sync: SemiSync {
            acks: dice.between(1, u64::from(cluster.replicas)) as u8,
            timeout_us: dice.one_in(2).then(|| dice.between(50_000, 3_000_000)),
        },
        sync: Sync {
            members,
            drop_after_us,
        },
        failover: Failover::Election,
        fencing: !limits.fencing_may_be_off || !dice.one_in(3),
        reads: dice.pick(&[
            ReadPolicy::PrimaryOnly,
            ReadPolicy::RoundRobin,
            ReadPolicy::Random,
        ]),
        ..Settings::default()
    }
}

fn action(
    dice: &mut Dice,
    cluster: &Cluster,
    settings: &Settings,
    workload: &Workload,
    limits: Limits,
    disks_to_lose: &mut u64,
) -> Action {
    let node = dice.node(cluster);
    let other = NodeId(
        (node.0 + dice.between(1, u64::from(cluster.replicas)) as u8) % (cluster.replicas + 1),
    );
    let (from, to) = match dice.below(6) {
        0 => (Endpoint::Clients, Endpoint::Node(node)),
        1 => (Endpoint::Node(node), Endpoint::Clients),
        _ => (Endpoint::Node(node), Endpoint::Node(other)),
    };
    let client = ClientId(dice.below(cluster.clients.len() as u64) as u16);
    let key = Key(dice.below(u64::from(workload.keys)) as u32);
    let message = crate::ids::MessageId(dice.between(1, 4_000));
    match dice.below(24) {
        0..=2 => Action::Kill {
            node,
            how: dice.pick(&[KillKind::PowerOff, KillKind::Process]),
        },
        3..=5 => Action::Restart { node },
        6 | 7 => Action::Freeze { node },
        8 | 9 => Action::Thaw { node },
        10 => Action::Slow {
            node,
            factor: dice.pick(&[1, 10, 200]),
        },
        11 | 12 => Action::Isolate { node },
        13 => Action::Reconnect { node },
        14 | 15 => Action::CutLink { from, to },
        16 => Action::HealLink { from, to },
        17 => Action::SetLink {
            from,
            to,
            link: dice.link(),
        },
        18 => Action::Promote { node },
        19 => Action::Set(Setting::Mode(dice.pick(&[
            Mode::Async,
            Mode::SemiSync,
            Mode::Sync,
        ]))),
        20 => match dice.below(5) {
            0 => Action::HoldMessage { message },
            1 => Action::ReleaseMessage { message },
            2 => Action::DropMessage { message },
            3 => Action::DelayMessage {
                message,
                by_us: dice.below(2_000_000),
            },
            _ => Action::DuplicateMessage { message },
        },
        21 => {
            if dice.one_in(2) {
                Action::Write {
                    node: None,
                    synchronous_commit: None,
                    client,
                    key,
                    value: None,
                }
            } else {
                Action::Read {
                    client,
                    key,
                    node: dice.one_in(2).then_some(node),
                }
            }
        }
        22 if *disks_to_lose > 0 => {
            *disks_to_lose -= 1;
            Action::LoseHost { node }
        }
        23 if limits.fencing_may_be_off => Action::Set(Setting::Fencing(!settings.fencing)),
        _ => Action::HealAll,
    }
}
