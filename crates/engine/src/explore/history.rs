//! What clients saw of each key, as histories to be checked.

use std::collections::BTreeSet;

use super::course::Histories;
use crate::Simulation;
use crate::event::{Event, EventKind};
use crate::ids::{EventId, OpId};
use crate::linearizable::{Kind, Operation};
use crate::oracle::{Op, Oracle, Status};
use crate::scenario::Action;

/// The reads that were asked of a node past the router: they promise nothing.
#[derive(Debug, Default)]
pub(super) struct Asked {
    past_the_router: BTreeSet<OpId>,
    /// The last action, if it was such a read.
    direct: Option<EventId>,
}

impl Asked {
    pub(super) fn note(&mut self, simulation: &Simulation, event: &Event) {
        match event.kind {
            EventKind::Action { index } => {
                let action = simulation.actions().get(index as usize);
                let direct = matches!(
                    action.map(|timed| &timed.action),
                    Some(Action::Read { node: Some(_), .. })
                );
                self.direct = direct.then_some(event.id);
            }
            EventKind::ReadIssued { op, .. } if self.direct == Some(event.cause) => {
                self.past_the_router.insert(op);
            }
            _ => {}
        }
    }

    fn counts(&self, op: &Op) -> bool {
        !self.past_the_router.contains(&op.id)
    }

    /// The histories of all keys that were used.
    pub(super) fn histories(&self, oracle: &Oracle) -> Histories {
        let mut histories = Histories::new();
        for op in oracle.ops().filter(|op| self.counts(op)) {
            let kind = match (op.is_write(), op.returned, op.status) {
                // It was not executed, for certain; whoever reads its value has read from nowhere.
                (true, _, Status::Failed(_)) => continue,
                (true, ..) => Kind::Write,
                (false, Some(row), _) => Kind::Read((row.lsn.0 > 0).then_some(row.op)),
                (false, None, _) => continue,
            };
            let answered = matches!(op.status, Status::Acked | Status::Answered);
            histories.entry(op.key).or_default().push(Operation {
                id: op.id,
                kind,
                invoked: op.issued_at,
                responded: op.done_at.filter(|_| answered),
            });
        }
        histories
    }

    /// A read with a verdict that no linearizable history has.
    pub(super) fn misjudged(&self, oracle: &Oracle) -> Option<Op> {
        // Who has seen a replica's newer value sees the primary's as a step back, and rightly so.
        let first_direct = self.past_the_router.first().copied();
        let wrong = |op: &&Op| {
            let verdict = op.verdict;
            let went_back =
                verdict.broke_monotonic_reads && first_direct.is_none_or(|first| op.id < first);
            verdict.stale.is_some() || verdict.broke_read_your_writes || went_back
        };
        let mut ops = oracle.ops().filter(|op| self.counts(op));
        ops.find(wrong).copied()
    }
}
