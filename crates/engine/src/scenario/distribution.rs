//! Distributions of delays, as data: integers only, so that a file says exactly what is drawn.

use serde::{Deserialize, Serialize};

use super::read::{Problem, ScenarioError};
use crate::random::{Purpose, below, draw, exponential, happens, unit};
use crate::time::Span;

/// No draw is longer than an hour, however heavy the tail.
const MOST: Span = Span::from_secs(3_600);

/// A distribution of spans. A draw is a pure function of its key and comes out in whole µs, the same natively and in wasm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Always the same.
    Constant {
        /// In µs, at most 60,000,000.
        us: u64,
    },
    /// Every value from one to another is as likely.
    Uniform {
        /// The least, in µs.
        least_us: u64,
        /// The most, in µs, at most 60,000,000.
        most_us: u64,
    },
    /// Exponential: many short, few long.
    Exponential {
        /// The mean, in µs, at most 60,000,000.
        mean_us: u64,
    },
    /// Pareto for a share of the draws and exponential for the rest: a body with a tail, as services measure their latency
    /// (R-NU-6).
    ParetoOrExponential {
        /// How many of a million draws are Pareto's.
        pareto_ppm: u32,
        /// Pareto's least value x_m, in µs, at most 60,000,000.
        scale_us: u64,
        /// Pareto's exponent α times 1,000, 100 to 100,000. The smaller, the heavier the tail.
        shape_permille: u32,
        /// The mean of the exponential rest (1/λ), in µs, at most 60,000,000.
        mean_us: u64,
    },
}

impl Distribution {
    /// The draw of this key.
    #[must_use]
    pub fn sample(&self, seed: u64, a: u64, b: u64) -> Span {
        let lot = draw(seed, Purpose::DelayAmount, a, b);
        let span = match *self {
            Self::Constant { us } => Span(us),
            Self::Uniform { least_us, most_us } => {
                Span(least_us + below(lot, most_us - least_us + 1))
            }
            Self::Exponential { mean_us } => exponential(lot, Span(mean_us)),
            Self::ParetoOrExponential {
                pareto_ppm,
                scale_us,
                shape_permille,
                mean_us,
            } => {
                if happens(draw(seed, Purpose::DelayKind, a, b), pareto_ppm) {
                    pareto(lot, scale_us, shape_permille)
                } else {
                    exponential(lot, Span(mean_us))
                }
            }
        };
        Span(span.0.min(MOST.0))
    }

    /// Checks every parameter against its range, with `path` in front of the field's name in an error.
    pub(super) fn validate(&self, path: &str) -> Result<(), ScenarioError> {
        let within = |field: &str, value: u64, least: u64, most: u64, unit: &'static str| {
            super::validate::field_within(path, field, value, least, most, unit)
        };
        let span = |field: &str, us: u64| within(field, us, 0, 60_000_000, "µs");
        match *self {
            Self::Constant { us } => span("constant.us", us),
            Self::Uniform { least_us, most_us } => {
                span("uniform.most_us", most_us)?;
                if least_us <= most_us {
                    return Ok(());
                }
                Err(ScenarioError::new(
                    format!("{path}.uniform.least_us"),
                    Problem::Contradiction(format!(
                        "{least_us} µs is more than most_us, {most_us} µs"
                    )),
                ))
            }
            Self::Exponential { mean_us } => span("exponential.mean_us", mean_us),
            Self::ParetoOrExponential {
                pareto_ppm,
                scale_us,
                shape_permille,
                mean_us,
            } => {
                let name = "pareto_or_exponential";
                let ppm = u64::from(pareto_ppm);
                within(
                    &format!("{name}.pareto_ppm"),
                    ppm,
                    0,
                    1_000_000,
                    "per million",
                )?;
                span(&format!("{name}.scale_us"), scale_us)?;
                let shape = u64::from(shape_permille);
                within(
                    &format!("{name}.shape_permille"),
                    shape,
                    100,
                    100_000,
                    "thousandths",
                )?;
                span(&format!("{name}.mean_us"), mean_us)
            }
        }
    }
}

/// By inversion: x_m · u^(−1/α) for u uniform in (0, 1].
fn pareto(lot: u64, scale_us: u64, shape_permille: u32) -> Span {
    let exponent = -1_000.0 / f64::from(shape_permille);
    // The cast saturates; the caller has its own bound.
    Span(libm::round(scale_us as f64 * libm::pow(unit(lot), exponent)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u64 = 100_000;

    fn sorted(distribution: Distribution) -> Vec<u64> {
        let mut draws: Vec<u64> = (0..DRAWS)
            .map(|number| distribution.sample(7, 3, number).0)
            .collect();
        draws.sort_unstable();
        draws
    }

    /// The value that `permille` of 1,000 draws do not exceed is `expected`, within `percent`.
    fn assert_quantile(sorted: &[u64], permille: usize, expected: f64, percent: f64) {
        let found = sorted[sorted.len() * permille / 1_000] as f64;
        let off = (found - expected).abs() / expected * 100.0;
        assert!(
            off <= percent,
            "{permille}: {found}, not {expected} ({off:.1} %)"
        );
    }

    #[test]
    fn constant_is_constant_and_uniform_covers_its_range() {
        assert!(
            sorted(Distribution::Constant { us: 70 })
                .iter()
                .all(|&us| us == 70)
        );
        let uniform = sorted(Distribution::Uniform {
            least_us: 10,
            most_us: 13,
        });
        for value in 10..=13 {
            let count = uniform.iter().filter(|&&us| us == value).count();
            assert!((24_300..25_700).contains(&count), "{value}: {count}");
        }
        assert_eq!((uniform[0], uniform[uniform.len() - 1]), (10, 13));
    }

    #[test]
    fn exponential_has_its_quantiles() {
        let draws = sorted(Distribution::Exponential { mean_us: 20_000 });
        for permille in [100, 500, 900, 990] {
            let expected = -20_000.0 * libm::log(1.0 - permille as f64 / 1_000.0);
            assert_quantile(&draws, permille, expected, 3.0);
        }
    }

    #[test]
    fn pareto_has_its_quantiles_and_its_least_value() {
        let draws = sorted(Distribution::ParetoOrExponential {
            pareto_ppm: 1_000_000,
            scale_us: 1_050,
            shape_permille: 1_510,
            mean_us: 0,
        });
        assert!(draws[0] >= 1_050, "{}", draws[0]);
        for permille in [100, 500, 900, 990] {
            let expected = 1_050.0 * libm::pow(1.0 - permille as f64 / 1_000.0, -1.0 / 1.51);
            assert_quantile(&draws, permille, expected, 5.0);
        }
    }

    #[test]
    fn the_mixture_takes_each_part_as_often_as_it_says() {
        let draws = sorted(Distribution::ParetoOrExponential {
            pareto_ppm: 380_000,
            scale_us: 50_000_000,
            shape_permille: 10_000,
            mean_us: 10,
        });
        let pareto = draws.iter().filter(|&&us| us >= 50_000_000).count();
        assert!((37_500..38_500).contains(&pareto), "{pareto}");
    }

    #[test]
    fn the_heaviest_tail_ends_after_an_hour() {
        let heavy = Distribution::ParetoOrExponential {
            pareto_ppm: 1_000_000,
            scale_us: 60_000_000,
            shape_permille: 100,
            mean_us: 0,
        };
        assert_eq!(sorted(heavy)[DRAWS as usize - 1], MOST.0);
    }

    /// The numbers are written down so that a machine that computes otherwise is found out.
    #[test]
    fn known_draws_are_the_same_on_every_machine() {
        let mixed = Distribution::ParetoOrExponential {
            pareto_ppm: 500_000,
            scale_us: 235,
            shape_permille: 10_000,
            mean_us: 602,
        };
        let found: Vec<u64> = (0..8).map(|number| mixed.sample(1, 2, number).0).collect();
        assert_eq!(found, KNOWN);
    }

    const KNOWN: [u64; 8] = [237, 853, 255, 276, 144, 411, 347, 40];
}
