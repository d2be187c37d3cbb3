//! Latency, staleness and lag in numbers: over a run, and stretch by stretch of it.
//!
//! Commits and stale reads are taken one by one from the ledger, so their quantiles are exact as far as it reaches back. Lag is sampled:
//! a sample holds the worst of its stretch, so its quantiles say for how much of the time the worst replica was no further behind.

use replicascope_engine::Simulation;
use replicascope_engine::oracle::{Op, Status};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::world::Sample;

/// A stretch and a span in one number, so that one sort does for all: the lower bits are the span, up to half a year.
const SPAN_BITS: u32 = 44;
const SPAN_MOST: u64 = (1 << SPAN_BITS) - 1;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// From the issue of a write to its ack, as its client saw it.
    Commit,
    /// How old the answers of stale reads were.
    Staleness,
    /// How long the worst running replica was behind.
    Lag,
}

/// Half are at most `p50`, 99 of 100 at most `p99`, all at most `most`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantiles {
    /// How many there are.
    pub(crate) count: usize,
    pub(crate) p50: Span,
    pub(crate) p99: Span,
    pub(crate) most: Span,
}

impl Quantiles {
    /// Nearest rank; the spans are in order, each perhaps below a stretch. `None` when there are none.
    fn of(spans: &[u64]) -> Option<Self> {
        let at = |percent: usize| {
            let rank = (spans.len() * percent).div_ceil(100).max(1);
            spans.get(rank - 1).map(|span| Span(span & SPAN_MOST))
        };
        Some(Self {
            count: spans.len(),
            p50: at(50)?,
            p99: at(99)?,
            most: at(100)?,
        })
    }
}

/// A measure of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Of the whole run.
    pub(crate) whole: Option<Quantiles>,
    /// Of each stretch, from the start of the run.
    pub(crate) stretches: Vec<Option<Quantiles>>,
}

fn span_of(measure: Measure, op: &Op) -> Option<(Time, Span)> {
    let done_at = op.done_at?;
    match measure {
        Measure::Commit if op.status == Status::Acked => {
            Some((done_at, done_at.since(op.issued_at)))
        }
        Measure::Staleness => Some((done_at, op.verdict.stale?.span)),
        _ => None,
    }
}

impl Figures {
    /// Of a run, in stretches of `width`, which is a multiple of the width of its samples.
    pub(crate) fn of(simulation: &Simulation, measure: Measure, width: Span) -> Self {
        let series = simulation.series();
        // The sample that is not over yet would be wrong.
        let samples = series
            .samples()
            .split_last()
            .map_or(&[][..], |(_, over)| over);
        let packed = |stretch: u64, Span(span): Span| (stretch << SPAN_BITS) | span.min(SPAN_MOST);
        let mut spans: Vec<u64> = match measure {
            Measure::Lag => samples
                .iter()
                .enumerate()
                .map(|(index, Sample { lag, .. })| {
                    packed(index as u64 * series.width().0 / width.0, *lag)
                })
                .collect(),
            _ => simulation
                .oracle()
                .ops()
                .filter_map(|op| span_of(measure, op))
                .map(|(at, span)| packed(at.0 / width.0, span))
                .collect(),
        };
        spans.sort_unstable();
        let count = simulation.now().0 / width.0 + 1;
        let mut stretches = vec![None; count as usize];
        for stretch in spans.chunk_by(|a, b| a >> SPAN_BITS == b >> SPAN_BITS) {
            if let Some(place) = stretches.get_mut((stretch[0] >> SPAN_BITS) as usize) {
                *place = Quantiles::of(stretch);
            }
        }
        for span in &mut spans {
            *span &= SPAN_MOST;
        }
        spans.sort_unstable();
        let all = spans;
        Self {
            whole: Quantiles::of(&all),
            stretches,
        }
    }
}

/// The width of about `most` stretches of a run, a multiple of the width of its samples.
pub(crate) fn width(simulation: &Simulation, most: u64) -> Span {
    let sample = simulation.series().width();
    let samples = simulation.now().0 / sample.0 + 1;
    sample * samples.div_ceil(most).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Course;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let spans: Vec<u64> = (1..=200).collect();
        let found = Quantiles::of(&spans).expect("not empty");
        assert_eq!(
            (found.p50, found.p99, found.most),
            (Span(100), Span(198), Span(200))
        );
        let one = Quantiles::of(&[7]).expect("not empty");
        assert_eq!((one.count, one.p50, one.p99), (1, Span(7), Span(7)));
        assert_eq!(Quantiles::of(&[]), None);
    }

    #[test]
    fn the_whole_is_what_the_report_of_the_command_line_says() {
        let (scenario, _) = crate::scenarios::opening();
        let mut course = Course::until(&scenario, Time::from_secs(10)).expect("valid");
        course.finish();
        let report = course.report();
        let run = course.simulation();
        let commit = Figures::of(run, Measure::Commit, width(run, 60));
        let whole = commit.whole.expect("writes were acked");
        assert_eq!(
            Some(whole.p50),
            report.commit_latency_ms.p50.map(|millis| millis.0)
        );
        assert_eq!(
            Some(whole.p99),
            report.commit_latency_ms.p99.map(|millis| millis.0)
        );
        assert_eq!(whole.count as u64, report.writes.acked);
        let stale = Figures::of(run, Measure::Staleness, width(run, 60));
        let whole = stale.whole.expect("reads were stale");
        assert_eq!(
            Some(whole.p99),
            report.staleness_ms.p99.map(|millis| millis.0)
        );
        assert_eq!(whole.count as u64, report.reads.stale);
    }

    #[test]
    fn stretches_add_up_to_the_whole_and_there_are_not_too_many() {
        let (scenario, _) = crate::scenarios::opening();
        for seconds in [0, 1, 9, 100] {
            let mut run = Simulation::new(&scenario).expect("valid");
            run.advance_to(Time::from_secs(seconds));
            let width = width(&run, 60);
            assert_eq!(width.0 % run.series().width().0, 0);
            for measure in [Measure::Commit, Measure::Staleness, Measure::Lag] {
                let figures = Figures::of(&run, measure, width);
                assert!(figures.stretches.len() <= 61, "{}", figures.stretches.len());
                let parts = figures.stretches.iter().flatten();
                let (count, most) = parts.fold((0, Span::ZERO), |(count, most), part| {
                    (count + part.count, most.max(part.most))
                });
                let whole = figures
                    .whole
                    .map_or((0, Span::ZERO), |whole| (whole.count, whole.most));
                assert_eq!((count, most), whole, "{measure:?} after {seconds} s");
            }
        }
    }
}
