//! A node's write-ahead log.

use crate::cow_log::CowLog;
use crate::ids::{ClientId, Key, Lsn, OpId, Timeline, Tip};
use crate::time::Time;

/// How many records a node keeps. A replica that needs an older one gets a full copy (R-PG-14, `wal_keep_size`).
pub const WAL_KEEP: usize = 65_536;

/// One record: one committed or committing write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its position.
    pub lsn: Lsn,
    /// Position of the record that wrote the same key before it; 0 when there is none.
    pub prev_of_key: Lsn,
    /// When the primary inserted it.
    pub at: Time,
    /// The timeline it was written on.
    pub timeline: Timeline,
    /// The key.
    pub key: Key,
    /// The write.
    pub op: OpId,
    /// How many writes the key has had in this history, this one included.
    pub version: u32,
    /// The value.
    pub value: u32,
    /// Who wrote it.
    pub client: ClientId,
}

impl Record {
    /// Where it is: the history that ends with it.
    #[must_use]
    pub fn tip(&self) -> Tip {
        Tip {
            timeline: self.timeline,
            lsn: self.lsn,
        }
    }
}

/// From which position on a timeline is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The timeline.
    pub timeline: Timeline,
    /// Its first position.
    pub from: Lsn,
}

/// The log: records from some position to the tip, and every timeline it went through since the beginning.
#[derive(Clone, Debug)]
pub struct Wal {
    records: CowLog<Record>,
    history: Vec<Segment>,
}

impl Wal {
    pub(crate) fn new() -> Self {
        Self {
            records: CowLog::starting_at(1, &Record::default()),
            history: Vec::new(),
        }
    }

    /// The log of a node that was filled with a copy up to `tip`.
    pub(crate) fn after_backup(tip: Tip, history: Vec<Segment>) -> Self {
        Self {
            records: CowLog::starting_at(tip.lsn.0 + 1, &Record::default()),
            history,
        }
    }

    /// Where the log ends.
    #[must_use]
    pub fn tip(&self) -> Tip {
        let lsn = Lsn(self.records.end() - 1);
        Tip {
            timeline: self
                .history
                .last()
                .map_or(Timeline(0), |segment| segment.timeline),
            lsn,
        }
    }

    /// Position of the oldest record kept.
    #[must_use]
    pub fn first(&self) -> Lsn {
        Lsn(self.records.first())
    }

    /// The timelines the log went through.
    #[must_use]
    pub fn history(&self) -> &[Segment] {
        &self.history
    }

    /// The record at a position, if it is kept.
    #[must_use]
    pub fn get(&self, lsn: Lsn) -> Option<&Record> {
        self.records.get(lsn.0)
    }

    /// The kept records in `from..=to`.
    pub fn range(&self, from: Lsn, to: Lsn) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.range(from.0, to.0 + 1)
    }

    /// Whether this log's history contains the record that `tip` names.
    #[must_use]
    pub fn contains(&self, tip: Tip) -> bool {
        contains(&self.history, self.tip().lsn, tip)
    }

    pub(crate) fn append(&mut self, record: Record) {
        debug_assert_eq!(record.lsn.0, self.records.end(), "the log has no holes");
        if self
            .history
            .last()
            .is_none_or(|segment| segment.timeline != record.timeline)
        {
            self.history.push(Segment {
                timeline: record.timeline,
                from: record.lsn,
            });
        }
        self.records.push(record);
        if self.records.len() > WAL_KEEP + 4096 {
            self.records.keep_last(WAL_KEEP);
        }
    }

    /// Drops every record after `end`.
    pub(crate) fn truncate(&mut self, end: Lsn) {
        self.records.truncate(end.0 + 1);
        self.history.retain(|segment| segment.from <= end);
    }

    /// The last position that this log and another, given by its history and tip, share.
    #[must_use]
    pub fn fork_from(&self, history: &[Segment], tip: Lsn) -> Lsn {
        let mine = self.tip().lsn;
        let mut shared = Lsn::ZERO;
        for (index, (a, b)) in self.history.iter().zip(history).enumerate() {
            if a != b {
                break;
            }
            let end = |segments: &[Segment], tip: Lsn| {
                segments
                    .get(index + 1)
                    .map_or(tip, |next| Lsn(next.from.0 - 1))
            };
            let (a_end, b_end) = (end(&self.history, mine), end(history, tip));
            shared = a_end.min(b_end);
            if a_end != b_end {
                break;
            }
        }
        shared
    }
}

/// Whether the history that ends at `end` contains the record that `tip` names.
#[must_use]
pub fn contains(history: &[Segment], end: Lsn, tip: Tip) -> bool {
    tip.lsn <= end && timeline_at(history, tip.lsn) == Some(tip.timeline)
}

/// The timeline of the record at a position.
#[must_use]
pub fn timeline_at(history: &[Segment], lsn: Lsn) -> Option<Timeline> {
    history
        .iter()
        .rev()
        .find(|segment| segment.from <= lsn)
        .map(|segment| segment.timeline)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(timelines: &[(u64, u64)]) -> Wal {
        let mut wal = Wal::new();
        for &(timeline, count) in timelines {
            for _ in 0..count {
                let lsn = wal.tip().lsn.next();
                wal.append(Record {
                    lsn,
                    timeline: Timeline(timeline),
                    ..Record::default()
                });
            }
        }
        wal
    }

    fn fork(a: &Wal, b: &Wal) -> u64 {
        a.fork_from(b.history(), b.tip().lsn).0
    }

    #[test]
    fn the_fork_is_the_end_of_what_two_logs_share() {
        assert_eq!(fork(&log(&[]), &log(&[])), 0);
        assert_eq!(fork(&log(&[(1, 5)]), &log(&[])), 0);
        assert_eq!(fork(&log(&[(1, 5)]), &log(&[(1, 3)])), 3);
        assert_eq!(fork(&log(&[(1, 5)]), &log(&[(1, 3), (2, 9)])), 3, "R-PG-16");
        assert_eq!(fork(&log(&[(1, 3), (2, 9)]), &log(&[(1, 5)])), 3);
        assert_eq!(
            fork(
                &log(&[(1, 3), (2, 2), (4, 1)]),
                &log(&[(1, 3), (2, 4), (3, 1)])
            ),
            5
        );
        assert_eq!(fork(&log(&[(1, 3)]), &log(&[(2, 3)])), 0);
    }

    #[test]
    fn a_truncated_log_forgets_the_timelines_after_the_end() {
        let mut wal = log(&[(1, 3), (2, 2)]);
        wal.truncate(Lsn(3));
        assert_eq!(
            wal.tip(),
            Tip {
                timeline: Timeline(1),
                lsn: Lsn(3)
            }
        );
        assert!(wal.contains(Tip {
            timeline: Timeline(1),
            lsn: Lsn(3)
        }));
        assert!(!wal.contains(Tip {
            timeline: Timeline(2),
            lsn: Lsn(3)
        }));
        assert!(!wal.contains(Tip {
            timeline: Timeline(1),
            lsn: Lsn(4)
        }));
    }
}
