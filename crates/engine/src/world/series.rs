//! What the charts and the timeline show: lag and latency over time, and each node's role over time. Bounded: the samples
//! grow coarser as the run grows longer.

use serde::{Deserialize, Serialize};

use crate::cow_log::CowLog;
use crate::ids::NodeId;
use crate::node::Role;
use crate::time::{Span, Time};

/// Most samples kept; when there are more, two become one.
pub const SAMPLES: usize = 1_200;
/// Most changes of one node's lane kept.
pub const LANE_CAP: usize = 4_096;

/// What happened in one stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Most records that a running replica was behind.
    pub lag_records: u64,
    /// Longest time that a running replica was behind.
    pub lag: Span,
    /// Writes acked.
    pub acks: u32,
    /// Their commit latencies together.
    pub latency_sum: Span,
    /// The longest of them.
    pub latency_most: Span,
    /// Reads that returned an old value.
    pub stale_reads: u32,
    /// Acked writes found lost.
    pub lost: u32,
    /// Work that the processors of nodes which take writes began, together.
    pub primary_work: Span,
    /// Work that the processors of all other nodes began, together.
    pub replica_work: Span,
}

impl Sample {
    fn join(self, other: Self) -> Self {
        Self {
            lag_records: self.lag_records.max(other.lag_records),
            lag: self.lag.max(other.lag),
            acks: self.acks + other.acks,
            latency_sum: self.latency_sum + other.latency_sum,
            latency_most: self.latency_most.max(other.latency_most),
            stale_reads: self.stale_reads + other.stale_reads,
            lost: self.lost + other.lost,
            primary_work: self.primary_work + other.primary_work,
            replica_work: self.replica_work + other.replica_work,
        }
    }

    /// Mean commit latency, if anything was acked.
    #[must_use]
    pub fn latency_mean(&self) -> Option<Span> {
        (self.acks > 0).then(|| Span(self.latency_sum.0 / u64::from(self.acks)))
    }
}

/// Samples of equal width from the start of the run.
#[derive(Clone, Debug)]
pub struct Series {
    width: Span,
    samples: Vec<Sample>,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            width: Span::from_millis(50),
            samples: vec![Sample::default()],
        }
    }
}

impl Series {
    /// How long one sample is.
    #[must_use]
    pub fn width(&self) -> Span {
        self.width
    }

    /// The samples; the last one is not over yet.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The end of the last sample.
    pub(crate) fn ends(&self) -> Time {
        Time(self.samples.len() as u64 * self.width.0)
    }

    /// Begins the sample after the last one.
    pub(crate) fn extend(&mut self) {
        if self.samples.len() >= SAMPLES {
            self.samples = self
                .samples
                .chunks(2)
                .map(|two| two.iter().copied().fold(Sample::default(), Sample::join))
                .collect();
            self.width = self.width * 2;
        }
        self.samples.push(Sample::default());
    }

    pub(crate) fn current(&mut self) -> &mut Sample {
        if self.samples.is_empty() {
            self.samples.push(Sample::default());
        }
        let last = self.samples.len() - 1;
        &mut self.samples[last]
    }
}

/// Whether a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It runs, perhaps slowly.
    Up,
    /// It does not execute.
    Frozen,
    /// It is stopped; its disk is there.
    Down,
    /// Its machine is gone.
    Lost,
}

/// What a node was from some instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneChange {
    /// Since when.
    pub at: Time,
    /// Its role.
    pub role: Role,
    /// Whether it ran.
    pub health: Health,
    /// Times slower than healthy.
    pub slow: u32,
}

/// Each node's role and health over time.
#[derive(Clone, Debug)]
pub struct Lanes {
    lanes: Vec<CowLog<LaneChange>>,
}

impl Lanes {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            lanes: vec![CowLog::new(); nodes],
        }
    }

    /// A node's changes, oldest first.
    pub fn of(&self, node: NodeId) -> impl DoubleEndedIterator<Item = &LaneChange> {
        self.lanes[node.index()].iter()
    }

    pub(crate) fn note(&mut self, node: NodeId, change: LaneChange) {
        let lane = &mut self.lanes[node.index()];
        lane.push(change);
        lane.keep_last(LANE_CAP);
    }
}
