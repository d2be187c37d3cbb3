//! How fast virtual time passes.

use replicascope_engine::time::Span;

/// Virtual time over real time, as a fraction of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// Virtual seconds …
    pub times: u32,
    /// … in so many real ones.
    pub over: u32,
}

/// The speeds that the page offers, slowest first.
pub const SPEEDS: [Speed; 9] = [
    Speed {
        times: 1,
        over: 100,
    },
    Speed { times: 1, over: 50 },
    Speed { times: 1, over: 20 },
    Speed { times: 1, over: 10 },
    Speed { times: 1, over: 4 },
    Speed { times: 1, over: 1 },
    Speed { times: 4, over: 1 },
    Speed { times: 20, over: 1 },
    Speed {
        times: 100,
        over: 1,
    },
];

impl Default for Speed {
    fn default() -> Self {
        SPEEDS[2]
    }
}

impl Speed {
    /// How much virtual time passes in a stretch of real time.
    #[must_use]
    pub fn virtual_span(self, real_ms: f64) -> Span {
        Span((real_ms * 1_000.0 * f64::from(self.times) / f64::from(self.over)) as u64)
    }

    /// Whether it is more than `times` virtual seconds in `over` real ones.
    #[must_use]
    pub fn is_faster_than(self, times: u32, over: u32) -> bool {
        u64::from(self.times) * u64::from(over) > u64::from(times) * u64::from(self.over)
    }

    /// What it is called.
    #[must_use]
    pub fn label(self) -> String {
        match (self.times, self.over) {
            (1, 1) => "real time".to_owned(),
            (1, over) => format!("1/{over} of real time"),
            (times, _) => format!("{times}× real time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lasts_as_long_as_the_speed_says() {
        assert_eq!(
            Speed { times: 1, over: 20 }.virtual_span(1_000.0),
            Span::from_millis(50)
        );
        assert_eq!(
            Speed {
                times: 100,
                over: 1
            }
            .virtual_span(16.0),
            Span::from_millis(1_600)
        );
    }
}
