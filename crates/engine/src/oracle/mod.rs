//! The oracle: it sees everything, decides every verdict, and nobody in the cluster may ask it.
//!
//! It stands outside: it is told what clients issued and were answered, what was inserted, promoted and erased, and keeps
//! the ledger. A read is judged against the writes that were acked at the instant it was *sent*. A write is lost when it
//! was acked and the surviving history, the one that goes on, does not contain it.
//!
//! `ledger`: one entry for each operation. `history`: the tree of timelines. `tally`: totals and distributions.

mod history;
mod ledger;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::cow_log::CowLog;
use crate::event::Failure;
use crate::ids::{ClientId, Key, Lsn, NodeId, NodeSet, OpId, Timeline, Tip};
use crate::node::table::Row;
use crate::node::wal::Segment;
use crate::sort::sort_by_key;
use crate::time::Time;

pub use history::Histories;
pub(crate) use history::Opened;
pub use ledger::{Op, OpKind, ReadVerdict, Staleness, Status};
pub use tally::{Histogram, Totals};

/// How many operations the ledger keeps; the totals cover all of them.
pub const LEDGER_CAP: usize = 100_000;
/// How many acked writes of one key are kept to judge reads by. A read further behind is "at least" so many behind.
const ACKED_PER_KEY: usize = 1_024;

/// An acked write, as reads of its key are judged by it.
#[derive(Clone, Copy, Debug)]
struct AckedWrite {
    op: OpId,
    tip: Tip,
    acked_at: Time,
}

/// What one client knows of one key.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Its own newest acked write, and when it was told.
    own: Option<(OpId, Tip, Time)>,
    /// The newest value it has read, and when.
    seen: Option<(OpId, Tip, Time)>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// Entry number = operation id - 1.
    ledger: CowLog<Op>,
    histories: Histories,
    acked: Vec<VecDeque<AckedWrite>>,
    known: Vec<Known>,
    keys: usize,
    totals: Totals,
}

impl Oracle {
    pub(crate) fn new(keys: usize, clients: usize) -> Self {
        Self {
            ledger: CowLog::new(),
            histories: Histories::new(Timeline::new(1, NodeId(0))),
            acked: vec![VecDeque::new(); keys],
            known: vec![Known::default(); keys * clients],
            keys,
            totals: Totals::default(),
        }
    }

    /// Every operation that is kept, oldest first.
    pub fn ops(&self) -> impl DoubleEndedIterator<Item = &Op> {
        self.ledger.iter()
    }

    /// One operation, if it is kept.
    #[must_use]
    pub fn op(&self, id: OpId) -> Option<&Op> {
        self.ledger.get(u64::from(id.0).checked_sub(1)?)
    }

    /// Whether the ledger still holds every operation of the run.
    #[must_use]
    pub fn keeps_everything(&self) -> bool {
        self.ledger.first() == 0
    }

    /// Totals over all operations.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The tree of timelines and which of them is the surviving history.
    #[must_use]
    pub fn histories(&self) -> &Histories {
        &self.histories
    }

    /// Whether the surviving history contains the record, given how far it goes.
    #[must_use]
    pub fn survives(&self, tip: Tip) -> bool {
        self.histories.in_surviving(tip)
    }

    /// Whether a write survived although its client was never told so.
    #[must_use]
    pub fn is_ghost(&self, op: &Op) -> bool {
        matches!(op.status, Status::Unknown | Status::Failed(_))
            && op.flushed
            && op.tip.is_some_and(|tip| self.survives(tip))
    }

    pub(crate) fn next_op(&self) -> OpId {
        OpId(self.ledger.end() as u32 + 1)
    }

    pub(crate) fn issue(&mut self, client: ClientId, key: Key, kind: OpKind, now: Time) -> OpId {
        let id = self.next_op();
        match kind {
            OpKind::Write { .. } => self.totals.writes_issued += 1,
            OpKind::Read => self.totals.reads_issued += 1,
        }
        self.ledger.push(Op::issued(id, client, key, kind, now));
        self.ledger.keep_last(LEDGER_CAP);
        id
    }

    /// For tests of the checks: an operation is not what it was.
    #[cfg(test)]
    pub(crate) fn break_op(&mut self, id: OpId, change: impl FnOnce(&mut Op)) {
        change(self.op_mut(id).expect("it was issued"));
    }

    /// For tests of the checks: all but the last operations are forgotten.
    #[cfg(test)]
    pub(crate) fn keep_last(&mut self, most: usize) {
        self.ledger.keep_last(most);
    }

    fn op_mut(&mut self, id: OpId) -> Option<&mut Op> {
        self.ledger.get_mut(u64::from(id.0).checked_sub(1)?)
    }

    pub(crate) fn routed(&mut self, id: OpId, node: NodeId) {
        if let Some(op) = self.op_mut(id) {
            op.node = Some(node);
        }
    }

    pub(crate) fn inserted(&mut self, id: OpId, tip: Tip, version: u32) {
        if let Some(op) = self.op_mut(id) {
            op.tip = Some(tip);
            op.version = version;
        }
    }

    /// A write's record is on the primary's disk.
    pub(crate) fn flushed(&mut self, id: OpId) {
        if let Some(op) = self.op_mut(id) {
            op.flushed = true;
        }
    }

    /// A crash erased the unflushed record of a write.
    pub(crate) fn never_flushed(&mut self, id: OpId) {
        if let Some(op) = self.op_mut(id) {
            op.tip = None;
        }
    }

    /// A client was told OK. Returns whether the write is lost already: acked by a primary whose history nobody follows.
    pub(crate) fn acked(&mut self, id: OpId, tip: Tip, now: Time) -> bool {
        let lost = !self.histories.in_surviving(tip);
        let Some(op) = self.op_mut(id) else {
            return false;
        };
        op.status = Status::Acked;
        op.done_at = Some(now);
        op.tip = Some(tip);
        op.lost = lost;
        let (client, key, latency) = (op.client, op.key, now.since(op.issued_at));
        self.totals.writes_acked += 1;
        self.totals.lost_acked += u64::from(lost);
        self.totals.commit_latency.add(latency);
        let known = &mut self.known[client.index() * self.keys + key.0 as usize];
        if known.own.is_none_or(|(own, ..)| own < id) {
            known.own = Some((id, tip, now));
        }
        if !lost {
            let writes = &mut self.acked[key.0 as usize];
            let place = writes.partition_point(|write| write.tip < tip);
            writes.insert(
                place,
                AckedWrite {
                    op: id,
                    tip,
                    acked_at: now,
                },
            );
            if writes.len() > ACKED_PER_KEY {
                writes.pop_front();
            }
        }
        lost
    }

    /// A client's write or read ended without an answer that counts.
    pub(crate) fn failed(&mut self, id: OpId, why: Failure, now: Time) {
        let Some(op) = self.op_mut(id) else { return };
        op.status = Status::Failed(why);
        op.done_at = Some(now);
        if op.is_write() {
            self.totals.writes_failed += 1;
        } else {
            self.totals.reads_failed += 1;
        }
    }

    /// A client does not know what became of its write.
    pub(crate) fn unknown(&mut self, id: OpId, now: Time) {
        let Some(op) = self.op_mut(id) else { return };
        op.status = Status::Unknown;
        op.done_at = Some(now);
        self.totals.writes_unknown += 1;
    }

    /// A client got a value. Returns the verdict.
    pub(crate) fn answered(&mut self, id: OpId, row: Row, now: Time) -> ReadVerdict {
        let Some(op) = self.op(id) else {
            return ReadVerdict::default();
        };
        let (client, key, sent_at) = (op.client, op.key, op.issued_at);
        let verdict = self.judge(client, key, sent_at, row);
        let known = &mut self.known[client.index() * self.keys + key.0 as usize];
        if known
            .seen
            .is_none_or(|(_, seen, _)| !self.histories.contains(seen, row.tip()))
        {
            known.seen = Some((row.op, row.tip(), now));
        }
        if let Some(op) = self.op_mut(id) {
            op.status = Status::Answered;
            op.done_at = Some(now);
            op.returned = Some(row);
            op.version = row.version;
            op.verdict = verdict;
        }
        self.totals.count_read(&verdict);
        verdict
    }

    /// Judges a value that a client got for a read of `key` that it sent at `sent_at`.
    fn judge(&self, client: ClientId, key: Key, sent_at: Time, row: Row) -> ReadVerdict {
        let returned = row.tip();
        let mut staleness: Option<Staleness> = None;
        for write in self.acked[key.0 as usize].iter().rev() {
            if write.acked_at > sent_at {
                continue;
            }
            if self.histories.contains(returned, write.tip) {
                break;
            }
            let since = sent_at.since(write.acked_at);
            let before = staleness.unwrap_or_default();
            staleness = Some(Staleness {
                versions: before.versions + 1,
                span: before.span.max(since),
            });
        }
        let known = &self.known[client.index() * self.keys + key.0 as usize];
        // The value is older than one that the client knew of: not that one, nor one that replaced it.
        let went_back = |other: Option<(OpId, Tip, Time)>| {
            other.is_some_and(|(op, tip, at)| {
                at <= sent_at && row.op < op && !self.histories.contains(returned, tip)
            })
        };
        ReadVerdict {
            stale: staleness,
            broke_read_your_writes: went_back(known.own),
            broke_monotonic_reads: went_back(known.seen),
            phantom: !self.row_survives(row),
        }
    }

    /// Whether the surviving history has the write that a row comes from: where it was then, or where it was logged again
    /// (R-LW-4).
    fn row_survives(&self, row: Row) -> bool {
        let again = || self.op(row.op).and_then(|op| op.tip);
        row.lsn == Lsn::ZERO
            || self.survives(row.tip())
            || again().is_some_and(|tip| self.survives(tip))
    }

    /// A node opened a timeline; its history may be the surviving one from now on. Returns the writes
    /// that are lost by that, and those that are in the surviving history again.
    pub(crate) fn promoted(
        &mut self,
        timeline: Timeline,
        history: &[Segment],
        fork: Lsn,
        how: Opened,
    ) -> (Vec<OpId>, Vec<OpId>) {
        self.histories.open(timeline, history, fork, how);
        self.judge_anew()
    }

    /// No disk holds the timeline that went on any more: the surviving history is the one of `timeline`. Returns as
    /// [`Self::promoted`] does.
    pub(crate) fn fell_back(&mut self, timeline: Timeline) -> (Vec<OpId>, Vec<OpId>) {
        self.histories.fall_back(timeline);
        self.judge_anew()
    }

    /// The surviving history has changed.
    fn judge_anew(&mut self) -> (Vec<OpId>, Vec<OpId>) {
        let (mut lost, mut regained) = (Vec::new(), Vec::new());
        for queue in &mut self.acked {
            queue.clear();
        }
        for number in self.ledger.first()..self.ledger.end() {
            let Some(op) = self.ledger.get(number).copied() else {
                continue;
            };
            if let Some(row) = op.returned {
                let phantom = !self.row_survives(row);
                if phantom != op.verdict.phantom {
                    let verdict = ReadVerdict {
                        phantom,
                        ..op.verdict
                    };
                    self.totals.recount_read(&op.verdict, &verdict);
                    if let Some(op) = self.ledger.get_mut(number) {
                        op.verdict = verdict;
                    }
                }
                continue;
            }
            let (Status::Acked, Some(tip), Some(acked_at)) = (op.status, op.tip, op.done_at) else {
                continue;
            };
            let gone = !self.histories.in_surviving(tip);
            if gone != op.lost {
                if let Some(op) = self.ledger.get_mut(number) {
                    op.lost = gone;
                }
                if gone {
                    lost.push(op.id);
                } else {
                    regained.push(op.id);
                }
            }
            if !gone {
                self.acked[op.key.0 as usize].push_back(AckedWrite {
                    op: op.id,
                    tip,
                    acked_at,
                });
            }
        }
        for queue in &mut self.acked {
            sort_by_key(queue.make_contiguous(), |write| (write.tip, write.op));
            while queue.len() > ACKED_PER_KEY {
                queue.pop_front();
            }
        }
        self.totals.lost_acked += lost.len() as u64;
        self.totals.lost_acked -= regained.len() as u64;
        (lost, regained)
    }

    /// A node was rewound: the records after `fork` of the history it had are gone from it.
    pub(crate) fn erased(&mut self, node: NodeId, had: &[Segment], tip: Lsn, fork: Lsn) {
        for number in self.ledger.first()..self.ledger.end() {
            let Some(op) = self.ledger.get(number) else {
                continue;
            };
            let Some(at) = op.tip.filter(|_| op.is_write()) else {
                continue;
            };
            if at.lsn > fork
                && crate::node::wal::contains(had, tip, at)
                && let Some(op) = self.ledger.get_mut(number)
            {
                op.erased_from = op.erased_from.with(node);
            }
        }
    }

    /// The nodes on which a write was and is no more.
    #[must_use]
    pub fn erased_from(&self, id: OpId) -> NodeSet {
        self.op(id).map_or(NodeSet::EMPTY, |op| op.erased_from)
    }
}
