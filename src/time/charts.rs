//! Lines over time: how far the worst replica is behind, and how long commits take.

use core::fmt::Write as _;

use replicascope_engine::time::{Span, Time};
use replicascope_engine::world::Sample;

use super::axis::Axis;
use crate::lean::number::decimal;

/// Units of the drawing from left to right and from top to bottom; the page stretches it.
pub(super) const WIDE: f64 = 1_000.0;
/// See [`WIDE`].
pub(super) const HIGH: f64 = 100.0;

/// A line goes on over so many samples without a value; over more it breaks: nothing was committed there, and no line is
/// better than a wrong one.
const BRIDGED: usize = 6;

/// What a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// How long the worst running replica is behind.
    Lag,
    /// Mean time from a write's issue to its ack.
    Commit,
}

impl Measure {
    fn of(self, sample: &Sample) -> Option<Span> {
        match self {
            Self::Lag => Some(sample.lag),
            Self::Commit => sample.latency_mean(),
        }
    }
}

/// A line and the highest value in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Chart {
    /// As a path's `d`.
    pub(super) line: String,
    /// The top of the drawing.
    pub(super) most: Span,
}

/// Draws samples of equal `width` up to `until`.
pub(super) fn draw(
    samples: &[Sample],
    width: Span,
    until: Time,
    axis: Axis,
    measure: Measure,
) -> Chart {
    let most = samples
        .iter()
        .filter_map(|sample| measure.of(sample))
        .max()
        .unwrap_or_default();
    let mut line = String::with_capacity(samples.len() * 12);
    let mut last: Option<usize> = None;
    for (index, sample) in samples.iter().enumerate() {
        // The sample that is not over yet would be a wrong end of the line.
        let over = Time((index as u64 + 1) * width.0) <= until;
        let Some(value) = measure.of(sample).filter(|_| over) else {
            continue;
        };
        let start = Time(index as u64 * width.0);
        let middle = Time(start.0 + width.0 / 2);
        let x = axis.percent(middle) / 100.0 * WIDE;
        let y = HIGH - value.0 as f64 / most.0.max(1) as f64 * HIGH;
        // A lone point is drawn as a dot: a line of no length with a round cap.
        let joins = last.is_some_and(|last| index - last <= BRIDGED);
        let (command, again) = if joins { ('L', "") } else { ('M', "h0") };
        let _ = write!(line, "{command}{} {}{again}", decimal(x, 1), decimal(y, 0));
        last = Some(index);
    }
    Chart { line, most }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(lag_ms: u64, acks: u32, latency_ms: u64) -> Sample {
        Sample {
            lag: Span::from_millis(lag_ms),
            acks,
            latency_sum: Span::from_millis(latency_ms * u64::from(acks)),
            ..Sample::default()
        }
    }

    #[test]
    fn the_highest_value_is_the_top() {
        let samples = [sample(0, 2, 10), sample(40, 0, 0), sample(20, 1, 5)];
        let width = Span::from_secs(1);
        let axis = Axis::for_run(Time::from_secs(3));
        let until = Time::from_secs(3);
        let lag = draw(&samples, width, until, axis, Measure::Lag);
        assert_eq!(lag.most, Span::from_millis(40));
        assert_eq!(lag.line, "M83.3 100h0L250 0L416.7 50");
        let commit = draw(&samples, width, until, axis, Measure::Commit);
        assert_eq!(commit.most, Span::from_millis(10));
        assert_eq!(commit.line, "M83.3 0h0L416.7 50");
    }

    #[test]
    fn a_long_pause_breaks_the_line_and_an_open_sample_is_not_drawn() {
        let mut samples = vec![sample(0, 0, 0); 9];
        samples[0] = sample(0, 1, 10);
        samples[7] = sample(0, 1, 10);
        samples[8] = sample(0, 1, 10);
        let axis = Axis::for_run(Time::from_secs(9));
        let until = Time::from_millis(8_500);
        let commit = draw(&samples, Span::from_secs(1), until, axis, Measure::Commit);
        assert_eq!(commit.line.matches('M').count(), 2);
        assert_eq!(commit.line.matches('L').count(), 0);
    }
}
