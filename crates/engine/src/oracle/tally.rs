//! Totals and distributions over all operations of a run, also those that the ledger no longer keeps.

use super::ledger::ReadVerdict;
use crate::time::Span;

/// Totals.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Writes that clients issued.
    pub writes_issued: u64,
    /// Writes that clients were told are committed.
    pub writes_acked: u64,
    /// Writes that were not executed.
    pub writes_failed: u64,
    /// Writes whose clients do not know.
    pub writes_unknown: u64,
    /// Acked writes that are not in the surviving history.
    pub lost_acked: u64,
    /// Reads that clients issued.
    pub reads_issued: u64,
    /// Reads that returned a value.
    pub reads_answered: u64,
    /// Reads that returned a value with which nothing is wrong.
    pub fresh_reads: u64,
    /// Reads that returned an old value.
    pub stale_reads: u64,
    /// Reads that missed the client's own acked write.
    pub broke_read_your_writes: u64,
    /// Reads that went back behind what the client had read.
    pub broke_monotonic_reads: u64,
    /// Reads that returned a value that is lost.
    pub phantom_reads: u64,
    /// Reads without an answer.
    pub reads_failed: u64,
    /// From issue to ack, as clients saw it.
    pub commit_latency: Histogram,
    /// How old stale reads were.
    pub staleness: Histogram,
}

impl Totals {
    pub(super) fn count_read(&mut self, verdict: &ReadVerdict) {
        self.reads_answered += 1;
        self.fresh_reads += u64::from(verdict.is_fresh());
        self.broke_read_your_writes += u64::from(verdict.broke_read_your_writes);
        self.broke_monotonic_reads += u64::from(verdict.broke_monotonic_reads);
        self.phantom_reads += u64::from(verdict.phantom);
        if let Some(stale) = verdict.stale {
            self.stale_reads += 1;
            self.staleness.add(stale.span);
        }
    }

    /// A read's value was lost, or is in the surviving history again: its verdict is another one now.
    pub(super) fn recount_read(&mut self, before: &ReadVerdict, now: &ReadVerdict) {
        for (counter, was, is) in [
            (&mut self.fresh_reads, before.is_fresh(), now.is_fresh()),
            (&mut self.phantom_reads, before.phantom, now.phantom),
        ] {
            *counter = *counter + u64::from(is) - u64::from(was);
        }
    }
}

/// Steps per doubling: a quantile is at most 1/16 too high.
const STEPS: u64 = 16;
const BUCKETS: usize = 16 * 36;

/// A distribution of spans in logarithmic buckets: bounded memory, quantiles within 7 %.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u32]>,
    count: u64,
    most: Span,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS].into_boxed_slice(),
            count: 0,
            most: Span::ZERO,
        }
    }
}

impl Histogram {
    fn bucket(span: Span) -> usize {
        let value = span.0;
        if value < STEPS {
            return value as usize;
        }
        let doubling = u64::from(value.ilog2()) - 3;
        let step = (value >> (doubling - 1)) - STEPS;
        ((doubling * STEPS + step) as usize).min(BUCKETS - 1)
    }

    /// The highest value that falls into a bucket.
    fn top(bucket: usize) -> u64 {
        let bucket = bucket as u64;
        if bucket < STEPS {
            return bucket;
        }
        let (doubling, step) = (bucket / STEPS, bucket % STEPS);
        ((STEPS + step + 1) << (doubling - 1)) - 1
    }

    pub(crate) fn add(&mut self, span: Span) {
        let count = &mut self.counts[Self::bucket(span)];
        *count = count.saturating_add(1);
        self.count += 1;
        self.most = self.most.max(span);
    }

    /// How many spans there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    #[must_use]
    pub fn most(&self) -> Span {
        self.most
    }

    /// The span that `permille` of 1,000 do not exceed, at most a sixteenth too high; `None` when there are none.
    #[must_use]
    pub fn quantile(&self, permille: u64) -> Option<Span> {
        if self.count == 0 {
            return None;
        }
        let wanted = (self.count * permille).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (bucket, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if seen >= wanted {
                return Some(Span(Self::top(bucket)).min(self.most));
            }
        }
        Some(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_sixteenth() {
        let mut histogram = Histogram::default();
        for value in 1..=100_000 {
            histogram.add(Span(value));
        }
        for permille in [1, 10, 500, 990, 999, 1_000] {
            let exact = permille * 100;
            let found = histogram.quantile(permille).expect("not empty").0;
            assert!(
                found >= exact && found <= exact + exact / 16 + 1,
                "{permille}: {found}, not {exact}"
            );
        }
        assert_eq!(histogram.most(), Span(100_000));
        assert_eq!(histogram.count(), 100_000);
        assert_eq!(Histogram::default().count(), 0);
        assert_eq!(Histogram::default().quantile(500), None);
    }

    #[test]
    fn the_top_of_a_bucket_is_the_last_value_in_it() {
        for bucket in 0..BUCKETS - 1 {
            let top = Histogram::top(bucket);
            let next = Histogram::bucket(Span(top + 1));
            assert_eq!((Histogram::bucket(Span(top)), next), (bucket, bucket + 1));
        }
    }

    #[test]
    fn each_read_counts_for_what_is_wrong_with_it() {
        let mut totals = Totals::default();
        let read = |totals: &mut Totals, change: fn(&mut ReadVerdict)| {
            let mut verdict = ReadVerdict::default();
            change(&mut verdict);
            totals.count_read(&verdict);
        };
        for _ in 0..2 {
            read(&mut totals, |_| {});
            read(&mut totals, |verdict| {
                verdict.stale = Some(Default::default());
            });
            read(&mut totals, |verdict| verdict.broke_read_your_writes = true);
            read(&mut totals, |verdict| verdict.broke_monotonic_reads = true);
            read(&mut totals, |verdict| verdict.phantom = true);
        }
        assert_eq!((totals.reads_answered, totals.fresh_reads), (10, 2));
        assert_eq!((totals.stale_reads, totals.staleness.count()), (2, 2));
        let broken = (totals.broke_read_your_writes, totals.broke_monotonic_reads);
        assert_eq!((broken, totals.phantom_reads), ((2, 2), 2));
    }

    #[test]
    fn buckets_cover_every_span() {
        let mut last = 0;
        for power in 0..40 {
            for value in [1u64 << power, (1 << power) + 1, (1 << power) * 3 / 2] {
                let bucket = Histogram::bucket(Span(value));
                assert!(bucket < BUCKETS - 1 || power >= 38, "{value}");
                assert!(power >= 38 || Histogram::top(bucket) >= value, "{value}");
                last = last.max(bucket);
            }
        }
        assert_eq!(last, BUCKETS - 1);
    }
}
