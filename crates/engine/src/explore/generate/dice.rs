//! Draws of which scenarios are made.

use crate::ids::NodeId;
use crate::random::{Purpose, below, draw};
use crate::scenario::{
    Arrival, Cluster, Distribution, LinkSettings, ReadPolicy, SemiSync, Sync, Timers, Workload,
};

/// Draws in sequence; scenarios are input, so their making need not be keyed by what they are for.
pub(super) struct Dice {
    seed: u64,
    throws: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, throws: 0 }
    }

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

    pub(super) fn node(&mut self, cluster: &Cluster) -> NodeId {
        NodeId(self.below(cluster.node_count() as u64) as u8)
    }

    /// Some of the nodes.
    pub(super) fn nodes(&mut self, cluster: &Cluster) -> Vec<NodeId> {
        cluster.nodes().filter(|_| self.one_in(2)).collect()
    }

    pub(super) fn link(&mut self) -> LinkSettings {
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

    pub(super) fn distribution(&mut self) -> Distribution {
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

    pub(super) fn timers(&mut self) -> Timers {
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

    pub(super) fn semi_sync(&mut self, cluster: &Cluster) -> SemiSync {
        SemiSync {
            acks: self.between(1, u64::from(cluster.replicas)) as u8,
            timeout_us: self.patience(),
        }
    }

    pub(super) fn sync(&mut self, cluster: &Cluster) -> Sync {
        Sync {
            members: self.one_in(3).then(|| self.nodes(cluster)),
            drop_after_us: self.patience(),
        }
    }

    fn patience(&mut self) -> Option<u64> {
        self.one_in(2).then(|| self.between(50_000, 3_000_000))
    }

    pub(super) fn reads(&mut self) -> ReadPolicy {
        self.pick(&[
            ReadPolicy::PrimaryOnly,
            ReadPolicy::RoundRobin,
            ReadPolicy::Random,
        ])
    }

    /// A workload; `rates` are operations/s.
    pub(super) fn workload(&mut self, keys: u32, rates: &[u64]) -> Workload {
        Workload {
            operations_per_second: self.pick(rates),
            read_percent: self.pick(&[0, 50, 90]),
            keys,
            skew_percent: self.pick(&[0, 99]),
            arrival: self.pick(&[Arrival::Poisson, Arrival::Even]),
        }
    }
}
