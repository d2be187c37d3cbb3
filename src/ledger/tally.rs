//! The totals, such that they add up.

use replicascope_engine::Simulation;
use replicascope_engine::oracle::Status;
use replicascope_engine::time::Span;

use crate::words::count;

/// How all operations stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    writes: u64,
    kept: u64,
    /// Acked, and gone.
    pub(super) lost: u64,
    writes_unknown: u64,
    writes_failed: u64,
    reads: u64,
    fresh: u64,
    stale: u64,
    /// Wrong in another way than old.
    otherwise_wrong: u64,
    reads_failed: u64,
    reads_open: u64,
}

impl Tally {
    pub(super) fn of(simulation: &Simulation) -> Self {
        let totals = simulation.oracle().totals();
        let reads_open = reads_open(simulation);
        let settled = totals.fresh_reads + totals.stale_reads + totals.reads_failed + reads_open;
        Self {
            writes: totals.writes_issued,
            kept: totals.writes_acked - totals.lost_acked,
            lost: totals.lost_acked,
            writes_unknown: totals.writes_unknown,
            writes_failed: totals.writes_failed,
            reads: totals.reads_issued,
            fresh: totals.fresh_reads,
            stale: totals.stale_reads,
            otherwise_wrong: totals.reads_issued.saturating_sub(settled),
            reads_failed: totals.reads_failed,
            reads_open,
        }
    }

    fn writes_open(&self) -> u64 {
        self.writes - self.kept - self.lost - self.writes_unknown - self.writes_failed
    }

    /// The writes in words.
    pub(super) fn writes(&self) -> String {
        let parts = [
            (self.kept, "kept"),
            (self.lost, "lost"),
            (self.writes_unknown, "unknown"),
            (self.writes_failed, "failed"),
            (self.writes_open(), "open"),
        ];
        sum(&count(self.writes, "write"), &parts)
    }

    /// The reads in words.
    pub(super) fn reads(&self) -> String {
        let parts = [
            (self.fresh, "fresh"),
            (self.stale, "stale"),
            (self.otherwise_wrong, "otherwise wrong"),
            (self.reads_failed, "failed"),
            (self.reads_open, "open"),
        ];
        sum(&count(self.reads, "read"), &parts)
    }

    /// What to say below the headline when no acked write is lost.
    pub(super) fn calm(&self) -> String {
        if self.writes + self.reads == 0 {
            return "Nothing has happened yet. Run the scenario, or send one write.".to_owned();
        }
        match (self.stale, self.writes_unknown) {
            (0, 0) => "Every app got what it was promised.".to_owned(),
            (stale, 0) => format!("{} an old value.", got(stale)),
            (0, unknown) => format!("{} without an answer.", ended(unknown)),
            (stale, unknown) => {
                format!(
                    "{} an old value, {} without an answer.",
                    got(stale),
                    ended(unknown)
                )
            }
        }
    }
}

fn got(reads: u64) -> String {
    format!("{} got", count(reads, "read"))
}

fn ended(writes: u64) -> String {
    format!("{} ended", count(writes, "write"))
}

fn sum(whole: &str, parts: &[(u64, &str)]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if parts.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}: {}", parts.join(", "))
    }
}

/// Reads without an answer yet. They are among the newest operations: a client gives up in time.
fn reads_open(simulation: &Simulation) -> u64 {
    let patience = Span(simulation.settings().timers.client_timeout_us) + Span::from_secs(5);
    simulation
        .oracle()
        .ops()
        .rev()
        .take_while(|op| simulation.now().since(op.issued_at) <= patience)
        .filter(|op| !op.is_write() && op.status == Status::Open)
        .count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::time::Time;

    #[test]
    fn the_totals_add_up_at_every_instant() {
        let (scenario, _) = crate::scenarios::opening();
        let mut simulation = Simulation::new(&scenario).expect("valid");
        for step in 0..60 {
            simulation.advance_to(Time::from_millis(step * 100));
            let tally = Tally::of(&simulation);
            let open = simulation
                .oracle()
                .ops()
                .filter(|op| op.is_write() && op.status == Status::Open)
                .count() as u64;
            assert_eq!(tally.writes_open(), open);
            let reads = tally.fresh
                + tally.stale
                + tally.otherwise_wrong
                + tally.reads_failed
                + tally.reads_open;
            assert_eq!(tally.reads, reads);
        }
    }

    #[test]
    fn only_what_there_is_is_said() {
        let tally = Tally {
            writes: 3,
            kept: 2,
            lost: 1,
            ..Tally::default()
        };
        assert_eq!(tally.writes(), "3 writes: 2 kept, 1 lost");
        assert_eq!(tally.reads(), "0 reads");
        assert!(
            Tally::default()
                .calm()
                .starts_with("Nothing has happened yet")
        );
    }
}
