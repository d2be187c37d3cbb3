//! Random scenarios for property tests and searches: any topology, settings, workload and faults, from one seed.

use super::servers;
use crate::ids::{ClientId, Key, MessageId, NodeId};
use crate::random::{Purpose, below, draw};
use crate::scenario::{
    Action, Arrival, Cluster, Distribution, Endpoint, Failover, KillKind, LinkOverride,
    LinkSettings, Mode, ReadPolicy, Scenario, SemiSync, Setting, Settings, Sync, TimedAction,
    Timers, Workload,
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
    /// What the nodes run.
    pub databases: Databases,
}

/// What the nodes of random scenarios run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Databases {
    /// Anything.
    Any,
    /// The Textbook profile.
    Textbook,
    /// PostgreSQL, MySQL or MariaDB, with any failover manager.
    Servers,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fencing_may_be_off: true,
            faults_until: Time::from_secs(12),
            actions: 14,
            databases: Databases::Any,
        }
    }
}

/// Draws in sequence; scenarios are input, so their making need not be keyed by what they are for.
pub(super) struct Dice {
    seed: u64,
    throws: u64,
}

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.throws += 1;
        below(draw(self.seed, Purpose::Scenario, self.throws, 0), bound)
    }

    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    pub(super) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A client or a node, and another node: the ends of a link.
    fn ends(&mut self, cluster: &Cluster) -> (Endpoint, Endpoint) {
        let node = self.node(cluster);
        let step = self.between(1, u64::from(cluster.replicas)) as u8;
        let other = NodeId((node.0 + step) % (cluster.replicas + 1));
        match self.below(6) {
            0 => (Endpoint::Clients, node.into()),
            1 => (node.into(), Endpoint::Clients),
            _ => (node.into(), other.into()),
        }
    }

    pub(super) fn node(&mut self, cluster: &Cluster) -> NodeId {
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
        let extra = self.one_in(6).then(|| self.distribution());
        LinkSettings {
            delay_us,
            jitter_us,
            loss_ppm,
            extra,
        }
    }

    fn distribution(&mut self) -> Distribution {
        match self.below(4) {
            0 => Distribution::Constant {
                us: self.below(40_000),
            },
            1 => {
                let least_us = self.below(20_000);
                Distribution::Uniform {
                    least_us,
                    most_us: least_us + self.below(60_000),
                }
            }
            2 => Distribution::Exponential {
                mean_us: self.between(100, 30_000),
            },
            _ => Distribution::ParetoOrExponential {
                pareto_ppm: self.between(0, 1_000_000) as u32,
                scale_us: self.between(200, 5_000),
                shape_permille: self.between(1_500, 10_000) as u32,
                mean_us: self.between(200, 20_000),
            },
        }
    }

    fn timers(&mut self) -> Timers {
        let heartbeat_us = self.pick(&[50_000, 250_000, 600_000]);
        Timers {
            heartbeat_us,
            election_timeout_us: heartbeat_us * self.between(3, 8),
            vote_wait_us: self.pick(&[100_000, 400_000]),
            health_check_us: self.pick(&[100_000, 250_000, 1_000_000]),
            client_timeout_us: self.pick(&[500_000, 3_000_000]),
            rewind_us: self.pick(&[0, 500_000]),
            base_backup_us: self.pick(&[0, 1_000_000]),
        }
    }

    fn semi_sync(&mut self, cluster: &Cluster) -> SemiSync {
        SemiSync {
            acks: self.between(1, u64::from(cluster.replicas)) as u8,
            timeout_us: self.patience(),
        }
    }

    fn sync(&mut self, cluster: &Cluster) -> Sync {
        let some = |dice: &mut Self| cluster.nodes().filter(|_| dice.one_in(2)).collect();
        Sync {
            members: self.one_in(3).then(|| some(self)),
            drop_after_us: self.patience(),
        }
    }

    fn patience(&mut self) -> Option<u64> {
        self.one_in(2).then(|| self.between(50_000, 3_000_000))
    }

    fn reads(&mut self) -> ReadPolicy {
        self.pick(&[
            ReadPolicy::PrimaryOnly,
            ReadPolicy::RoundRobin,
            ReadPolicy::Random,
        ])
    }

    fn workload(&mut self, keys: u32) -> Workload {
        Workload {
            operations_per_second: self.pick(&[5, 40, 150]),
            read_percent: self.pick(&[0, 50, 90]),
            keys,
            skew_percent: self.pick(&[0, 99]),
            arrival: self.pick(&[Arrival::Poisson, Arrival::Even]),
        }
    }
}

/// What a scenario is after, besides faults at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    /// A database server instead of the Textbook profile.
    Servers,
    /// Any settings, changed at any time.
    Anything,
    /// Settings that promise linearizable keys, left alone.
    Linearizable,
    /// A disk is lost for good, under settings that survive it.
    LostDisk,
}

/// The scenario of a seed. It is valid.
#[must_use]
pub fn scenario(seed: u64, limits: Limits) -> Scenario {
    let mut dice = Dice { seed, throws: 0 };
    let cluster = cluster(&mut dice);
    let servers = match limits.databases {
        Databases::Any => dice.one_in(2),
        Databases::Textbook => false,
        Databases::Servers => true,
    };
    let theme = match dice.below(8) {
        _ if servers => Theme::Servers,
        0 | 1 => Theme::Linearizable,
        2 if cluster.replicas >= 2 => Theme::LostDisk,
        _ => Theme::Anything,
    };
    let settings = settings(&mut dice, &cluster, theme, limits);
    let keys = dice.between(1, 12) as u32;
    let mut workload = dice.workload(keys);
    if servers {
        // Rows are locked while commits wait: more would only queue.
        workload.operations_per_second = workload.operations_per_second.min(40);
    }
    let mut times: Vec<u64> = (0..dice.between(1, limits.actions))
        .map(|_| dice.below(limits.faults_until.0))
        .collect();
    times.sort_unstable();
    let mut maker = Maker {
        dice,
        settings: &settings,
        cluster: &cluster,
        keys,
        theme,
        limits,
        lost_disk: false,
    };
    let actions = times
        .into_iter()
        .map(|at| TimedAction {
            at_us: Time(at),
            action: maker.action(),
        })
        .collect();
    Scenario {
        seed,
        cluster,
        settings,
        workload,
        actions,
        ..Scenario::default()
    }
}

fn cluster(dice: &mut Dice) -> Cluster {
    let mut cluster = Cluster {
        replicas: dice.between(1, 6) as u8,
        ..Cluster::default()
    };
    cluster.node_link = dice.link();
    cluster.client_link.delay_us = dice.pick(&[100, 2_000, 40_000]);
    cluster.client_link.extra = dice.one_in(8).then(|| dice.distribution());
    cluster.costs.apply_us = dice.pick(&[100, 400, 4_000]);
    cluster.costs.fsync_us = dice.pick(&[0, 800, 10_000]);
    cluster.clients.truncate(dice.between(1, 3) as usize);
    if dice.one_in(4) {
        // A node in another region.
        let (far, link) = (dice.node(&cluster), dice.link());
        let others = cluster.nodes().filter(|&other| other != far);
        cluster.links = others
            .flat_map(|other| [(far, other), (other, far)])
            .map(|(from, to)| LinkOverride {
                from: from.into(),
                to: to.into(),
                link,
            })
            .collect();
    }
    cluster
}

fn settings(dice: &mut Dice, cluster: &Cluster, theme: Theme, limits: Limits) -> Settings {
    let any = Settings {
        mode: dice.pick(&[Mode::Async, Mode::SemiSync, Mode::Sync, Mode::Sync]),
        semi_sync: dice.semi_sync(cluster),
        sync: dice.sync(cluster),
        failover: if dice.one_in(8) {
            Failover::Manual
        } else {
            Failover::Election
        },
        fencing: !limits.fencing_may_be_off || !dice.one_in(3),
        reads: dice.reads(),
        timers: if dice.one_in(3) {
            dice.timers()
        } else {
            Timers::default()
        },
        ..Settings::default()
    };
    match theme {
        Theme::Anything => any,
        Theme::Servers => servers::settings(dice, cluster, any),
        Theme::Linearizable => Settings {
            mode: Mode::Sync,
            fencing: true,
            reads: ReadPolicy::PrimaryOnly,
            ..any
        },
        Theme::LostDisk => Settings {
            sync: Sync::default(),
            ..any
        },
    }
}

/// Makes actions.
struct Maker<'a> {
    dice: Dice,
    settings: &'a Settings,
    cluster: &'a Cluster,
    keys: u32,
    theme: Theme,
    limits: Limits,
    lost_disk: bool,
}

impl Maker<'_> {
    fn action(&mut self) -> Action {
        let dice = &mut self.dice;
        // What happens to the primary matters most, and it is n1 until it is not.
        let node = if dice.one_in(3) {
            NodeId(0)
        } else {
            dice.node(self.cluster)
        };
        let (from, to) = dice.ends(self.cluster);
        if self.theme == Theme::Servers
            && dice.one_in(3)
            && let Some(action) = servers::action(dice, self.cluster, self.settings, node)
        {
            return action;
        }
        if self.theme == Theme::LostDisk && !self.lost_disk && dice.one_in(3) {
            self.lost_disk = true;
            return Action::LoseHost { node };
        }
        match dice.below(26) {
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
            19 => self.message(),
            20 | 21 => self.operation(node),
            22..=24 => self.setting(),
            _ => Action::HealAll,
        }
    }

    fn message(&mut self) -> Action {
        let message = MessageId(self.dice.between(1, 4_000));
        let kinds = if self.theme == Theme::Linearizable {
            4
        } else {
            5
        };
        match self.dice.below(kinds) {
            0 => Action::HoldMessage { message },
            1 => Action::ReleaseMessage { message },
            2 => Action::DropMessage { message },
            3 => Action::DelayMessage {
                message,
                by_us: self.dice.below(2_000_000),
            },
            _ => Action::DuplicateMessage { message },
        }
    }

    fn operation(&mut self, node: NodeId) -> Action {
        let dice = &mut self.dice;
        let client = ClientId(dice.below(self.cluster.clients.len() as u64) as u16);
        let key = Key(dice.below(u64::from(self.keys)) as u32);
        if dice.one_in(2) {
            return Action::Write {
                client,
                key,
                value: None,
                node: None,
                synchronous_commit: None,
            };
        }
        Action::Read {
            client,
            key,
            node: dice.one_in(2).then_some(node),
        }
    }

    fn setting(&mut self) -> Action {
        let dice = &mut self.dice;
        let steady = self.theme == Theme::Linearizable;
        let members_stay = self.theme == Theme::LostDisk;
        if self.theme == Theme::Servers {
            return Action::Set(servers::setting(dice, self.cluster, self.settings));
        }
        Action::Set(match dice.below(8) {
            0 | 1 if !steady => {
                Setting::Mode(dice.pick(&[Mode::Async, Mode::SemiSync, Mode::Sync]))
            }
            2 => Setting::SemiSync(dice.semi_sync(self.cluster)),
            3 if !members_stay => Setting::Sync(dice.sync(self.cluster)),
            4 => Setting::Failover(dice.pick(&[Failover::Manual, Failover::Election])),
            5 if !steady && self.limits.fencing_may_be_off => Setting::Fencing(dice.one_in(2)),
            6 if !steady => Setting::Reads(dice.reads()),
            7 => Setting::Timers(dice.timers()),
            _ => Setting::Workload(dice.workload(self.keys)),
        })
    }
}
