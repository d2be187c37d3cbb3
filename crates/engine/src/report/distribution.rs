//! Exact quantiles in bounded memory.

use std::collections::BTreeMap;

use crate::time::Span;

/// How many different spans are kept apart.
const DIFFERENT: usize = 16_384;

/// A distribution of spans. Up to 16,384 different ones it is exact. Beyond that spans are rounded up to a multiple of 2 µs,
/// 4 µs and so on until they fit: with latencies of up to 3 s, as clients usually wait, to 256 µs at the very most. The
/// longest is always exact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    counts: BTreeMap<u64, u64>,
    count: u64,
    most: Span,
    /// Spans are rounded up to a multiple of 2 to the power of this.
    rounded_bits: u32,
}

impl Distribution {
    /// Adds a span.
    pub fn add(&mut self, span: Span) {
        *self.counts.entry(self.rounded(span.0)).or_default() += 1;
        self.count += 1;
        self.most = self.most.max(span);
        while self.counts.len() > DIFFERENT {
            self.rounded_bits += 1;
            for (value, count) in core::mem::take(&mut self.counts) {
                *self.counts.entry(self.rounded(value)).or_default() += count;
            }
        }
    }

    fn rounded(&self, value: u64) -> u64 {
        value.div_ceil(1 << self.rounded_bits) << self.rounded_bits
    }

    /// How many spans there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The least span that `permille` of 1,000 do not exceed (nearest rank); `None` when there are none.
    #[must_use]
    pub fn quantile(&self, permille: u64) -> Option<Span> {
        let rank = (self.count * permille).div_ceil(1_000).max(1);
        let mut seen = 0;
        self.counts.iter().find_map(|(&value, &count)| {
            seen += count;
            (seen >= rank).then(|| Span(value.min(self.most.0)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_exact() {
        let mut spans = Distribution::default();
        assert_eq!(spans.quantile(500), None);
        for value in (1..=100).rev() {
            spans.add(Span(value * 1_037));
        }
        for (permille, value) in [
            (1, 1),
            (10, 1),
            (500, 50),
            (501, 51),
            (990, 99),
            (1_000, 100),
        ] {
            assert_eq!(spans.quantile(permille), Some(Span(value * 1_037)));
        }
        assert_eq!(spans.count(), 100);
    }

    #[test]
    fn many_values_are_rounded_up_a_little() {
        let mut spans = Distribution::default();
        for value in 0..3_000_000 {
            spans.add(Span(value));
        }
        assert!(spans.counts.len() <= DIFFERENT);
        assert_eq!(spans.rounded_bits, 8);
        for permille in [1, 500, 990] {
            let exact = 3_000 * permille - 1;
            let found = spans.quantile(permille).expect("not empty").0;
            assert!((exact..exact + 256).contains(&found), "{permille}: {found}");
        }
        assert_eq!(spans.quantile(1_000), Some(Span(2_999_999)));
    }
}
