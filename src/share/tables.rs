//! What is in the ledger and in the charts as CSV (RFC 4180), and the trace as JSON lines.

use core::fmt::Write as _;

use replicascope_engine::Simulation;
use replicascope_engine::event::{Event, Failure};
use replicascope_engine::ids::NodeSet;
use replicascope_engine::oracle::{Op, OpKind, Status};
use replicascope_engine::time::Span;

use crate::numbers::{Figures, Measure};
use crate::words;

/// Lines of comma-separated values.
struct Csv {
    text: String,
    begun: bool,
}

impl Csv {
    fn with(header: &[&str]) -> Self {
        let mut csv = Self {
            text: String::new(),
            begun: false,
        };
        header.iter().for_each(|name| csv.field(name));
        csv.end();
        csv
    }

    /// Quotes what holds a comma, a quote or a line end, as RFC 4180 says.
    fn field(&mut self, value: impl ToString) {
        if self.begun {
            self.text.push(',');
        }
        self.begun = true;
        let value = value.to_string();
        if value.contains([',', '"', '\r', '\n']) {
            let _ = write!(self.text, "\"{}\"", value.replace('"', "\"\""));
        } else {
            self.text.push_str(&value);
        }
    }

    /// A value that may be missing: then the field is empty.
    fn maybe(&mut self, value: Option<impl ToString>) {
        self.field(value.map(|value| value.to_string()).unwrap_or_default());
    }

    fn end(&mut self) {
        self.begun = false;
        self.text.push_str("\r\n");
    }
}

const LEDGER: [&str; 25] = [
    "op",
    "kind",
    "client",
    "key",
    "value",
    "version",
    "issued_us",
    "done_us",
    "status",
    "failure",
    "node",
    "timeline",
    "lsn",
    "durable",
    "lost_though_acked",
    "survived_unacked",
    "received_on",
    "flushed_on",
    "applied_on",
    "erased_from",
    "stale_versions",
    "stale_us",
    "broke_read_your_writes",
    "broke_monotonic_reads",
    "phantom",
];

/// The operations that the ledger holds, newest first.
pub(super) fn ledger(run: &Simulation) -> String {
    let mut csv = Csv::with(&LEDGER);
    for op in run.oracle().ops().rev() {
        row(&mut csv, run, op);
        csv.end();
    }
    csv.text
}

fn row(csv: &mut Csv, run: &Simulation, op: &Op) {
    let write = op.is_write();
    let (status, failure) = status(op.status);
    let fate = op.tip.map(|tip| run.fate(tip));
    let nodes = |set: NodeSet| {
        let names: Vec<String> = set.iter().map(|node| node.to_string()).collect();
        names.join(" ")
    };
    csv.field(op.id.0);
    csv.field(if write { "write" } else { "read" });
    csv.field(words::client(run, op.client));
    csv.field(words::key(op.key));
    csv.maybe(match op.kind {
        OpKind::Write { value } => Some(value),
        OpKind::Read => op.returned.map(|row| row.value),
    });
    csv.field(op.version);
    csv.field(op.issued_at.0);
    csv.maybe(op.done_at.map(|at| at.0));
    csv.field(status);
    csv.field(failure);
    csv.maybe(op.node);
    csv.maybe(op.tip.map(|tip| tip.timeline.term()));
    csv.maybe(op.tip.map(|tip| tip.lsn.0));
    csv.maybe(fate.as_ref().map(|fate| fate.durable));
    csv.maybe(write.then_some(op.lost));
    csv.maybe(write.then(|| run.oracle().is_ghost(op)));
    csv.maybe(fate.as_ref().map(|fate| nodes(fate.received)));
    csv.maybe(fate.as_ref().map(|fate| nodes(fate.flushed)));
    csv.maybe(fate.as_ref().map(|fate| nodes(fate.replayed)));
    csv.maybe(write.then(|| nodes(op.erased_from)));
    let verdict = (!write && op.status == Status::Answered).then_some(op.verdict);
    csv.maybe(verdict.map(|verdict| verdict.stale.map_or(0, |stale| stale.versions)));
    csv.maybe(verdict.map(|verdict| verdict.stale.map_or(0, |stale| stale.span.0)));
    csv.maybe(verdict.map(|verdict| verdict.broke_read_your_writes));
    csv.maybe(verdict.map(|verdict| verdict.broke_monotonic_reads));
    csv.maybe(verdict.map(|verdict| verdict.phantom));
}

fn status(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Open => ("open", ""),
        Status::Acked => ("acked", ""),
        Status::Answered => ("answered", ""),
        Status::Unknown => ("unknown", ""),
        Status::Failed(Failure::NoPrimary) => ("failed", "no_primary"),
        Status::Failed(Failure::Overloaded) => ("failed", "overloaded"),
        Status::Failed(Failure::Refused) => ("failed", "refused"),
        Status::Failed(Failure::TimedOut) => ("failed", "timed_out"),
    }
}

const METRICS: [&str; 14] = [
    "from_us",
    "to_us",
    "acks",
    "commit_mean_us",
    "commit_p50_us",
    "commit_p99_us",
    "commit_max_us",
    "stale_reads",
    "staleness_p50_us",
    "staleness_p99_us",
    "lag_us",
    "lag_records",
    "lost_acked",
    "primary_work_us",
];

/// What happened in each stretch of time that is over. Quantiles are empty where the ledger no longer holds the operations.
pub(super) fn metrics(run: &Simulation) -> String {
    let mut csv = Csv::with(&METRICS);
    let series = run.series();
    let width = series.width();
    let commit = Figures::of(run, Measure::Commit, width);
    let stale = Figures::of(run, Measure::Staleness, width);
    let over = series.samples().len() - 1;
    for (index, sample) in series.samples()[..over].iter().enumerate() {
        let of = |figures: &Figures| figures.stretches.get(index).copied().flatten();
        let (commit, stale) = (of(&commit), of(&stale));
        let micros = |span: Span| span.0;
        csv.field(index as u64 * width.0);
        csv.field((index as u64 + 1) * width.0);
        csv.field(sample.acks);
        csv.maybe(sample.latency_mean().map(micros));
        csv.maybe(commit.map(|commit| commit.p50.0));
        csv.maybe(commit.map(|commit| commit.p99.0));
        csv.maybe((sample.acks > 0).then_some(sample.latency_most.0));
        csv.field(sample.stale_reads);
        csv.maybe(stale.map(|stale| stale.p50.0));
        csv.maybe(stale.map(|stale| stale.p99.0));
        csv.field(sample.lag.0);
        csv.field(sample.lag_records);
        csv.field(sample.lost);
        csv.field(sample.primary_work.0);
        csv.end();
    }
    csv.text
}

/// The events that the trace holds, oldest first, as the command line's `trace --json` writes them.
pub(super) fn trace(run: &Simulation) -> String {
    let mut lines = String::new();
    for event in run.trace().events() {
        Event::write_line(event, &mut lines)
            .unwrap_or_else(|error| unreachable!("an event is plain data: {error}"));
    }
    lines
}

/// How many events the run has had, when the trace no longer holds the first of them.
pub(super) fn events_gone(run: &Simulation) -> Option<(usize, u64)> {
    let kept = run.trace().events().count();
    (kept as u64 != run.trace().len()).then_some((kept, run.trace().len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::time::Time;

    /// Reads CSV back, by the letter of RFC 4180.
    fn parse(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
        let mut signs = text.chars().peekable();
        let mut quoted = false;
        while let Some(sign) = signs.next() {
            match (sign, quoted) {
                ('"', true) if signs.peek() == Some(&'"') => {
                    signs.next();
                    field.push('"');
                }
                ('"', _) => quoted = !quoted,
                (',', false) => row.push(core::mem::take(&mut field)),
                ('\r', false) => {
                    assert_eq!(signs.next(), Some('\n'));
                    row.push(core::mem::take(&mut field));
                    rows.push(core::mem::take(&mut row));
                }
                (other, _) => field.push(other),
            }
        }
        assert!(field.is_empty() && row.is_empty(), "the last line ends");
        rows
    }

    fn run() -> Simulation {
        let (mut scenario, _) = crate::scenarios::opening();
        scenario.cluster.clients[1] = "cart, the \"new\"\none".to_owned();
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(Time::from_secs(8));
        run
    }

    #[test]
    fn the_ledger_has_a_row_for_every_operation_and_names_survive_the_quoting() {
        let run = run();
        let rows = parse(&ledger(&run));
        let (header, rows) = rows.split_first().expect("a header");
        let column = |name: &str| header.iter().position(|other| other == name).expect(name);
        assert_eq!(rows.len(), run.oracle().ops().count());
        assert!(rows.iter().all(|row| row.len() == header.len()));
        assert_eq!(
            rows[0][column("op")],
            rows.len().to_string(),
            "newest first"
        );
        let count = |name: &str, value: &str| {
            rows.iter().filter(|row| row[column(name)] == value).count() as u64
        };
        let totals = run.oracle().totals();
        assert!(totals.lost_acked > 0 && totals.stale_reads > 0);
        assert_eq!(count("lost_though_acked", "true"), totals.lost_acked);
        assert_eq!(count("status", "acked"), totals.writes_acked);
        assert_eq!(
            count("broke_monotonic_reads", "true"),
            totals.broke_monotonic_reads
        );
        let stale = rows.iter().filter(|row| {
            row[column("stale_versions")]
                .parse::<u32>()
                .is_ok_and(|versions| versions > 0)
        });
        assert_eq!(stale.count() as u64, totals.stale_reads);
        assert!(count("client", "cart, the \"new\"\none") > 0);
    }

    #[test]
    fn the_metrics_add_up_to_the_totals() {
        let run = run();
        let rows = parse(&metrics(&run));
        let (header, rows) = rows.split_first().expect("a header");
        let column = |name: &str| header.iter().position(|other| other == name).expect(name);
        let sum = |name: &str| -> u64 {
            rows.iter()
                .map(|row| row[column(name)].parse::<u64>().expect("a number"))
                .sum()
        };
        assert_eq!(sum("lost_acked"), run.oracle().totals().lost_acked);
        assert_eq!(rows.last().expect("some")[column("to_us")], "8000000");
        for row in rows {
            let number = |name: &str| row[column(name)].parse::<u64>().ok();
            assert_eq!(
                number("commit_p99_us").is_some(),
                number("acks") > Some(0),
                "{row:?}"
            );
            assert!(
                number("commit_p50_us") <= number("commit_max_us"),
                "{row:?}"
            );
        }
    }

    #[test]
    fn the_trace_is_one_event_a_line() {
        let run = run();
        let text = trace(&run);
        assert_eq!(text.lines().count() as u64, run.trace().len());
        assert!(text.starts_with("{\"id\":1,\"at_us\":"), "{}", &text[..80]);
        assert!(text.ends_with('\n') && events_gone(&run).is_none());
    }
}
