//! What a comparison puts side by side.

use crate::oracle::Op;
use crate::time::Span;
use crate::world::Simulation;

/// The numbers of a run up to now that are worth comparing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Writes that clients issued.
    pub writes: u64,
    /// Acked, and not in the surviving history.
    pub lost: u64,
    /// Ended without an OK: failed, or without an answer.
    pub not_ok: u64,
    /// Wait for an answer now.
    pub waiting: u64,
    /// Half of the acked writes took at most this long, at most a sixteenth too high.
    pub commit_median: Option<Span>,
    /// 99 of 100 acked writes took at most this long, at most a sixteenth too high.
    pub commit_p99: Option<Span>,
    /// The longest that any write waited, with or without an answer, of those that the ledger still holds; the longest
    /// acked one of all.
    pub longest_wait: Option<Span>,
    /// Reads that were answered.
    pub reads: u64,
    /// Of them, older than what had been acked when they were sent.
    pub stale: u64,
    /// Of them, older than the client's own acked write or than what it had read before.
    pub broken: u64,
    /// How long nobody took writes, together.
    pub no_primary: Span,
    /// How long more than one node took writes, together.
    pub split_brain: Span,
    /// The longest that a running replica was behind, as sampled for the charts.
    pub worst_lag: Span,
}

impl Numbers {
    /// The numbers of a run as it stands.
    #[must_use]
    pub fn of(run: &Simulation) -> Self {
        let (totals, outages, now) = (run.oracle().totals(), run.outages(), run.now());
        let waited = |op: &Op| op.done_at.unwrap_or(now).since(op.issued_at);
        let unacked = run.oracle().ops().filter(|op| op.is_write());
        let latency = &totals.commit_latency;
        let longest = unacked.map(waited).max();
        let not_ok = totals.writes_failed + totals.writes_unknown;
        Self {
            writes: totals.writes_issued,
            lost: totals.lost_acked,
            not_ok,
            waiting: totals.writes_issued - totals.writes_acked - not_ok,
            commit_median: latency.quantile(500),
            commit_p99: latency.quantile(990),
            longest_wait: longest.map(|longest| longest.max(latency.most())),
            reads: totals.reads_answered,
            stale: totals.stale_reads,
            broken: totals.broke_read_your_writes + totals.broke_monotonic_reads,
            no_primary: outages.no_primary,
            split_brain: outages.split_brain,
            worst_lag: run
                .series()
                .samples()
                .iter()
                .map(|sample| sample.lag)
                .max()
                .unwrap_or_default(),
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the fields of `Numbers`")]
pub enum Measure {
    Lost,
    NotOk,
    Waiting,
    CommitMedian,
    CommitP99,
    LongestWait,
    NoPrimary,
    SplitBrain,
    Stale,
    Broken,
    WorstLag,
}

/// A number of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// How many.
    Count(u64),
    /// How many of how many.
    Of(u64, u64),
    /// How long; `None` when there was nothing to measure.
    Span(Option<Span>),
}

impl Measure {
    /// Every row, what was promised first.
    pub const ALL: [Self; 11] = [
        Self::Lost,
        Self::NotOk,
        Self::Waiting,
        Self::CommitMedian,
        Self::CommitP99,
        Self::LongestWait,
        Self::NoPrimary,
        Self::SplitBrain,
        Self::Stale,
        Self::Broken,
        Self::WorstLag,
    ];

    /// Its number.
    #[must_use]
    pub fn of(self, numbers: &Numbers) -> Value {
        match self {
            Self::Lost => Value::Count(numbers.lost),
            Self::NotOk => Value::Of(numbers.not_ok, numbers.writes),
            Self::Waiting => Value::Count(numbers.waiting),
            Self::CommitMedian => Value::Span(numbers.commit_median),
            Self::CommitP99 => Value::Span(numbers.commit_p99),
            Self::LongestWait => Value::Span(numbers.longest_wait),
            Self::NoPrimary => Value::Span(Some(numbers.no_primary)),
            Self::SplitBrain => Value::Span(Some(numbers.split_brain)),
            Self::Stale => Value::Of(numbers.stale, numbers.reads),
            Self::Broken => Value::Count(numbers.broken),
            Self::WorstLag => Value::Span(Some(numbers.worst_lag)),
        }
    }

    /// Whether it is the same number in all columns. What it is a part of does not count.
    #[must_use]
    pub fn is_same(self, columns: &[Numbers]) -> bool {
        let part = |numbers: &Numbers| match self.of(numbers) {
            Value::Of(part, _) => Value::Count(part),
            value => value,
        };
        columns.windows(2).all(|two| part(&two[0]) == part(&two[1]))
    }
}
