//! The steady workload: operation number n is the same whatever the cluster does, because every draw is keyed by n.

use crate::ids::{ClientId, Key};
use crate::random::{Purpose, below, draw, exponential};
use crate::scenario::{Arrival, Workload};
use crate::time::Span;

/// Draws operations.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    seed: u64,
    settings: Workload,
    /// Tells the timers of these settings from those of earlier ones.
    pub(crate) epoch: u32,
    drawn: u64,
    /// For each key, the share of draws (of 2^64) that fall on it or on a key before it. Empty when uniform.
    cumulative: Vec<u64>,
}

/// One operation of the steady workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) client: ClientId,
    pub(crate) key: Key,
    pub(crate) read: bool,
}

impl Generator {
    pub(crate) fn new(seed: u64, settings: Workload) -> Self {
        Self {
            seed,
            settings,
            epoch: 0,
            drawn: 0,
            cumulative: zipf(settings.keys, settings.skew_percent),
        }
    }

    pub(crate) fn settings(&self) -> &Workload {
        &self.settings
    }

    pub(crate) fn change(&mut self, settings: Workload) {
        self.settings = settings;
        self.epoch += 1;
        self.cumulative = zipf(settings.keys, settings.skew_percent);
    }

    /// The gap before the next operation; `None` when there is no workload.
    pub(crate) fn gap(&self) -> Option<Span> {
        let rate = self.settings.operations_per_second;
        if rate == 0 {
            return None;
        }
        let mean = Span(1_000_000 / rate);
        Some(match self.settings.arrival {
            Arrival::Even => mean,
            Arrival::Poisson => exponential(draw(self.seed, Purpose::Arrival, self.drawn, 0), mean),
        })
    }

    pub(crate) fn next(&mut self, clients: usize) -> Drawn {
        self.drawn += 1;
        let draw = |purpose| draw(self.seed, purpose, self.drawn, 0);
        let lot = draw(Purpose::Key);
        let key = if self.cumulative.is_empty() {
            below(lot, u64::from(self.settings.keys)) as u32
        } else {
            let place = self.cumulative.partition_point(|&share| share < lot);
            place.min(self.cumulative.len() - 1) as u32
        };
        Drawn {
            client: ClientId(below(draw(Purpose::Client), clients as u64) as u16),
            key: Key(key),
            read: below(draw(Purpose::ReadOrWrite), 100) < u64::from(self.settings.read_percent),
        }
    }
}

/// Zipf's law: the k-th most popular key is drawn in proportion to 1 / k^exponent.
fn zipf(keys: u32, skew_percent: u32) -> Vec<u64> {
    if skew_percent == 0 {
        return Vec::new();
    }
    let exponent = f64::from(skew_percent) / 100.0;
    let weights: Vec<f64> = (1..=keys)
        .map(|rank| libm::pow(f64::from(rank), -exponent))
        .collect();
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    weights
        .iter()
        .map(|weight| {
            sum += weight;
            // The cast saturates, which is what the last key needs.
            (sum / total * u64::MAX as f64) as u64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(skew_percent: u32) -> Vec<u32> {
        let settings = Workload {
            keys: 4,
            skew_percent,
            read_percent: 90,
            ..Workload::default()
        };
        let mut generator = Generator::new(5, settings);
        let mut counts = vec![0; 4];
        for _ in 0..100_000 {
            counts[generator.next(3).key.0 as usize] += 1;
        }
        counts
    }

    #[test]
    fn skew_follows_zipf() {
        assert!(
            counts(0)
                .iter()
                .all(|count| (24_300..25_700).contains(count))
        );
        // Exponent 1: 12/25, 6/25, 4/25, 3/25.
        let skewed = counts(100);
        for (count, expected) in skewed.iter().zip([48_000, 24_000, 16_000, 12_000]) {
            assert!(count.abs_diff(expected) < 800, "{skewed:?}");
        }
    }

    #[test]
    fn the_share_of_reads_is_what_was_asked() {
        let mut generator = Generator::new(
            5,
            Workload {
                read_percent: 90,
                ..Workload::default()
            },
        );
        let reads = (0..100_000).filter(|_| generator.next(3).read).count();
        assert!((89_500..90_500).contains(&reads), "{reads}");
    }
}
