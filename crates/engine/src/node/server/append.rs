//! Log that a manager saved elsewhere and puts at the end of a standby's own: differential relay logs, and the events
//! that a dead source never shipped (R-MH-4).

use super::{Context, Node, Role};
use crate::event::EventKind;
use crate::ids::Lsn;
use crate::node::wal::Record;

impl Node {
    /// Appends what of `records` is after the end of the log. False, and nothing is done, when this is no standby that has
    /// stopped receiving, or when records are missing in between.
    pub(super) fn append_log(&mut self, cx: &mut Context<'_>, records: &[Record]) -> bool {
        let tip = self.wal.tip().lsn;
        let stopped = self.server.as_ref().is_some_and(|server| {
            server.standby && server.is_ready(cx.now) && server.receiver.is_stopped()
        });
        if !stopped || self.role != Role::Replica {
            return false;
        }
        let new: Vec<Record> = records
            .iter()
            .filter(|record| record.lsn > tip)
            .copied()
            .collect();
        let has_no_holes = (tip.0 + 1..)
            .zip(&new)
            .all(|(at, record)| record.lsn == Lsn(at));
        let Some(last) = new.last().filter(|_| has_no_holes) else {
            return new.is_empty();
        };
        for record in &new {
            self.wal.append(*record);
            self.table.logged(record);
        }
        cx.event(EventKind::Received {
            node: self.id,
            lsn: last.lsn,
        });
        self.start_flush(cx);
        true
    }
}
