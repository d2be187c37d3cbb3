//! How much a cluster can take (R-NU-9), by the formula and as a run shows it.
//!
//! With N replicas that serve all reads, W writes and R reads a second, and the costs of `Costs`: the primary works W·write, a
//! replica W·apply + R·read/N. One server alone works W·write + R·read. The most operations a second of a given mix are those at
//! which the busiest works all the time. Nodes are taken as healthy.

use crate::scenario::ReadPolicy;
use crate::time::Span;
use crate::world::Simulation;

/// The part of its time that a processor works, in 1,000; above 1,000 when more is asked than it can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// By the formula, for the operations that were issued.
    pub formula: u64,
    /// As the processors worked.
    pub measured: u64,
}

/// What a cluster can take of the operations that were issued lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// The time that was looked at: the last so much of the run.
    pub window: Span,
    /// Writes issued in it.
    pub writes: u64,
    /// Reads issued in it.
    pub reads: u64,
    /// Most operations a second of this mix on one server alone.
    pub single: u64,
    /// Most operations a second of this mix on this cluster.
    pub cluster: u64,
    /// Most writes a second, however many replicas there are.
    pub writes_alone: u64,
    /// The node that takes writes.
    pub primary: Share,
    /// The others, on the average.
    pub replicas: Share,
    /// Whether the settings send all reads to the primary, so that replicas add nothing.
    pub primary_only: bool,
}

impl Capacity {
    /// Over about the last `window` of a run; `None` before anything was issued in it. Operations that the ledger no longer
    /// holds are not counted, so the window shrinks to what it holds.
    #[must_use]
    pub fn of(simulation: &Simulation, window: Span) -> Option<Self> {
        let series = simulation.series();
        let (width, samples) = (series.width(), series.samples());
        // The last sample is not over yet.
        let over = samples.len() - 1;
        let wanted = (window.0.div_ceil(width.0.max(1)) as usize).min(over);
        let end = over as u64 * width.0;
        let oldest = simulation.oracle().ops().next()?.issued_at.0;
        let kept = if simulation.oracle().keeps_everything() {
            wanted
        } else {
            (end.saturating_sub(oldest) / width.0) as usize
        };
        let taken = wanted.min(kept);
        let window = width * taken as u64;
        let begin = end - window.0;
        let (mut writes, mut reads) = (0, 0);
        for op in simulation.oracle().ops().rev() {
            if op.issued_at.0 < begin {
                break;
            }
            if op.issued_at.0 < end {
                *(if op.is_write() {
                    &mut writes
                } else {
                    &mut reads
                }) += 1;
            }
        }
        let work = |pick: fn(&crate::world::Sample) -> Span| -> u64 {
            samples[over - taken..over]
                .iter()
                .map(|sample| pick(sample).0)
                .sum()
        };
        let settings = simulation.settings();
        Self::from_parts(&Parts {
            window,
            writes,
            reads,
            costs: simulation.cluster().costs,
            replicas: u64::from(simulation.cluster().replicas),
            primary_only: settings.reads == ReadPolicy::PrimaryOnly && settings.routing.is_plain(),
            primary_work: work(|sample| sample.primary_work),
            replica_work: work(|sample| sample.replica_work),
        })
    }

    fn from_parts(parts: &Parts) -> Option<Self> {
        let &Parts {
            window,
            writes,
            reads,
            costs,
            replicas,
            primary_only,
            ..
        } = parts;
        let operations = writes + reads;
        if operations == 0 || window.0 == 0 {
            return None;
        }
        let (on_primary, on_replicas) = if primary_only { (reads, 0) } else { (0, reads) };
        // In microseconds of work; the replicas' is that of all of them.
        let alone = writes * costs.write_us + reads * costs.read_us;
        let primary = writes * costs.write_us + on_primary * costs.read_us;
        let others = writes * costs.apply_us * replicas + on_replicas * costs.read_us;
        let most = |work: u64| {
            (operations * 1_000_000)
                .checked_div(work)
                .unwrap_or(u64::MAX)
        };
        let share = |work: u64, nodes: u64| work * 1_000 / (window.0 * nodes.max(1));
        Some(Self {
            window,
            writes,
            reads,
            single: most(alone),
            cluster: most(primary).min(most(others.div_ceil(replicas.max(1)))),
            writes_alone: 1_000_000_u64
                .checked_div(costs.write_us)
                .unwrap_or(u64::MAX),
            primary: Share {
                formula: share(primary, 1),
                measured: share(parts.primary_work, 1),
            },
            replicas: Share {
                formula: share(others, replicas),
                measured: share(parts.replica_work, replicas),
            },
            primary_only,
        })
    }

    /// Operations issued a second.
    #[must_use]
    pub fn offered(&self) -> u64 {
        (self.writes + self.reads) * 1_000_000 / self.window.0
    }
}

/// What the formula needs.
struct Parts {
    window: Span,
    writes: u64,
    reads: u64,
    costs: crate::scenario::Costs,
    replicas: u64,
    primary_only: bool,
    primary_work: u64,
    replica_work: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Costs;

    fn parts(replicas: u64) -> Parts {
        Parts {
            window: Span::from_secs(10),
            writes: 1_000,
            reads: 9_000,
            costs: Costs {
                read_us: 1_000,
                write_us: 1_000,
                apply_us: 1_000,
                ..Costs::default()
            },
            replicas,
            primary_only: false,
            primary_work: 0,
            replica_work: 0,
        }
    }

    /// w = 0.1, c = a = 1, C = 1,000 a second: the table of R-NU-9, in operations a second.
    #[test]
    fn r_nu_9_the_table_of_capacities_is_what_is_shown() {
        for (replicas, most) in [(1, 1_000), (2, 1_818), (3, 2_500), (5, 3_571), (10, 5_263)] {
            let capacity = Capacity::from_parts(&parts(replicas)).expect("something is issued");
            assert_eq!((capacity.single, capacity.cluster), (1_000, most));
            assert_eq!(capacity.writes_alone, 1_000);
            assert_eq!(capacity.offered(), 1_000);
        }
        let three = Capacity::from_parts(&parts(3)).expect("something is issued");
        assert_eq!((three.primary.formula, three.replicas.formula), (100, 400));
    }

    #[test]
    fn reads_from_the_primary_only_gain_nothing() {
        let all = Parts {
            primary_only: true,
            ..parts(5)
        };
        let capacity = Capacity::from_parts(&all).expect("something is issued");
        assert_eq!(capacity.cluster, capacity.single);
        assert_eq!(capacity.primary.formula, 1_000);
    }

    #[test]
    fn nothing_issued_is_no_capacity_and_free_work_no_division() {
        let none = Parts {
            writes: 0,
            reads: 0,
            ..parts(3)
        };
        assert_eq!(Capacity::from_parts(&none), None);
        let free = Parts {
            costs: Costs {
                read_us: 0,
                write_us: 0,
                apply_us: 0,
                ..Costs::default()
            },
            ..parts(3)
        };
        let capacity = Capacity::from_parts(&free).expect("something is issued");
        assert_eq!(capacity.cluster, u64::MAX);
    }
}
