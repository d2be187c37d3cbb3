//! The report of a run: its numbers, as a command line, a test or a table of comparison wants them.
//!
//! A [`Course`] steps a run to its end and gathers what the state at the end does not tell: exact latencies, failovers, the
//! answers to expectations. It reads each event once, as it happens, so the bounds of the trace do not matter.
//!
//! `course`: stepping. `distribution`: exact quantiles in bounded memory. `failover`: who replaced whom, and how long each
//! part of it took; `trouble`: what befell nodes and the store; `stages`: what nodes and managers did about it; `outage`:
//! when nobody took writes. `capacity`: how much a cluster can take, by formula and as measured. A number whose name ends in
//! `_ms` is in milliseconds with up to three decimals, so to the microsecond.

mod capacity;
mod course;
mod distribution;
mod failover;
mod millis;
mod outage;
mod stages;
mod trouble;

use serde::Serialize;

use crate::ids::{Lsn, NodeId};
use crate::node::Role;
use crate::time::Span;
use crate::world::{Health, Simulation};

pub use capacity::{Capacity, Share};
pub use course::{Course, DEFAULT_AFTER_LAST_ACTION};
pub use distribution::Distribution;
pub use failover::{By, Failover};
pub use millis::Millis;
pub use outage::{Ended, Outage};
pub use stages::{Stage, Stages};
pub use trouble::Cause;

/// The numbers of a run, from its start to the instant of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Hash over every event, as 16 hexadecimal digits. Two runs are the same when their hashes are.
    #[serde(serialize_with = "hexadecimal")]
    pub trace_hash: u64,
    /// How many events there were.
    pub events: u64,
    /// The instant of the report.
    pub at_ms: Millis,
    /// Actions of the log that have happened.
    pub actions: u64,
    /// Writes, as their clients saw them and as they ended.
    pub writes: Writes,
    /// Reads and their verdicts.
    pub reads: Reads,
    /// From the issue of a write to its ack, as clients saw it.
    pub commit_latency_ms: Quantiles,
    /// How old the stale reads were: how long before the read was sent the first write that it misses had been acked.
    pub staleness_ms: Quantiles,
    /// Every promotion, oldest first.
    pub failovers: Vec<Failover>,
    /// Every stretch in which nobody took writes, oldest first.
    pub outages: Vec<Outage>,
    /// How long nobody took writes, together.
    pub unavailable_ms: Millis,
    /// How long more than one node took writes, together.
    pub split_brain_ms: Millis,
    /// Every node at the instant of the report.
    pub nodes: Vec<NodeReport>,
}

/// Writes: `sent` is the sum of `acked`, `failed`, `unknown` and `open`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Writes {
    /// Issued by clients.
    pub sent: u64,
    /// Clients were told that they are committed.
    pub acked: u64,
    /// Not executed, for certain.
    pub failed: u64,
    /// Sent, but the client never learned what became of them.
    pub unknown: u64,
    /// Without an answer so far.
    pub open: u64,
    /// Acked, and not in the surviving history.
    pub lost_acked: u64,
    /// Failed or unknown, and yet in the surviving history.
    pub survived_unacked: u64,
}

/// Reads: `total` is the sum of the answered ones, `failed` and `open`. A read can have several verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// Issued by clients.
    pub total: u64,
    /// Answered, and nothing is wrong with the value.
    pub fresh: u64,
    /// Older than what had been acked when the read was sent.
    pub stale: u64,
    /// Older than the client's own acked write.
    pub ryw_broken: u64,
    /// Older than what the client had read before.
    pub monotonic_broken: u64,
    /// From a write that is not in the surviving history.
    pub phantom: u64,
    /// Without an answer in time, or refused.
    pub failed: u64,
    /// Without an answer so far.
    pub open: u64,
}

/// A distribution in three numbers; `null` when it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// Half of them are at most this long.
    pub p50: Option<Millis>,
    /// 99 of 100 are at most this long.
    pub p99: Option<Millis>,
    /// The longest.
    pub max: Option<Millis>,
}

impl From<&Distribution> for Quantiles {
    fn from(spans: &Distribution) -> Self {
        let at = |permille| spans.quantile(permille).map(Millis);
        Self {
            p50: at(500),
            p99: at(990),
            max: at(1_000),
        }
    }
}

/// A node's state and positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NodeReport {
    /// Which.
    pub node: NodeId,
    /// What it does in the cluster; what it did, when it does not run.
    pub role: Role,
    /// Whether it runs.
    pub health: Health,
    /// Whether it takes writes.
    pub takes_writes: bool,
    /// Number of the timeline that it writes, follows, or last heard of.
    pub timeline: u32,
    /// End of its log.
    pub insert_lsn: Lsn,
    /// Received, or handed to the disk on a primary.
    pub write_lsn: Lsn,
    /// On its disk.
    pub flush_lsn: Lsn,
    /// Applied: what its reads see.
    pub replay_lsn: Lsn,
    /// Records it is behind the owner of the newest timeline.
    pub lag_records: u64,
    /// Age of the first record that it has not applied.
    pub lag_ms: Millis,
    /// Its log ends in records that the surviving history does not hold.
    pub diverged: bool,
}

impl NodeReport {
    /// A node as it is now.
    #[must_use]
    pub fn of(simulation: &Simulation, node: NodeId) -> Self {
        let this = simulation.node(node);
        let positions = this.positions();
        let (lag_records, lag) = simulation.lag(node);
        Self {
            node,
            role: this.role(),
            health: simulation.health(node),
            takes_writes: simulation.writers().contains(node),
            timeline: this.timeline().term(),
            insert_lsn: this.tip().lsn,
            write_lsn: positions.write,
            flush_lsn: positions.flush,
            replay_lsn: positions.replay,
            lag_records,
            lag_ms: Millis(lag),
            diverged: simulation.has_diverged(node),
        }
    }
}

/// What [`Report`] needs beside the state of the simulation.
struct Gathered<'a> {
    latency: &'a Distribution,
    staleness: &'a Distribution,
    failovers: &'a [Failover],
    outages: Vec<Outage>,
    survived_unacked: u64,
}

impl Report {
    fn new(simulation: &Simulation, gathered: Gathered<'_>) -> Self {
        let totals = simulation.oracle().totals();
        let answered = totals.reads_answered;
        let without = simulation.outages();
        Self {
            trace_hash: simulation.trace().hash(),
            events: simulation.trace().len(),
            at_ms: Millis(Span(simulation.now().0)),
            actions: simulation.actions_taken() as u64,
            writes: Writes {
                sent: totals.writes_issued,
                acked: totals.writes_acked,
                failed: totals.writes_failed,
                unknown: totals.writes_unknown,
                open: totals.writes_issued
                    - totals.writes_acked
                    - totals.writes_failed
                    - totals.writes_unknown,
                lost_acked: totals.lost_acked,
                survived_unacked: gathered.survived_unacked,
            },
            reads: Reads {
                total: totals.reads_issued,
                fresh: totals.fresh_reads,
                stale: totals.stale_reads,
                ryw_broken: totals.broke_read_your_writes,
                monotonic_broken: totals.broke_monotonic_reads,
                phantom: totals.phantom_reads,
                failed: totals.reads_failed,
                open: totals.reads_issued - answered - totals.reads_failed,
            },
            commit_latency_ms: gathered.latency.into(),
            staleness_ms: gathered.staleness.into(),
            failovers: gathered.failovers.to_vec(),
            outages: gathered.outages,
            unavailable_ms: Millis(without.no_primary),
            split_brain_ms: Millis(without.split_brain),
            nodes: simulation
                .cluster()
                .nodes()
                .map(|node| NodeReport::of(simulation, node))
                .collect(),
        }
    }
}

fn hexadecimal<S: serde::Serializer>(hash: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{hash:016x}"))
}
