//! Nodes made wrong on purpose, for tests of the checks: no rule of a node allows what is done here.

use super::Node;
use super::wal::{Record, Wal};
use crate::ids::{Key, Lsn, OpId};

impl Node {
    pub(crate) fn break_positions(&mut self, write: u64, flush: u64, replay: u64) {
        (self.write, self.flush, self.replay) = (Lsn(write), Lsn(flush), Lsn(replay));
    }

    /// Another log: every record as it is to be, or gone with all after it.
    pub(crate) fn break_log(&mut self, change: impl Fn(Record) -> Option<Record>) {
        let mut wal = Wal::new();
        let records = self.wal.range(self.wal.first(), self.wal.tip().lsn);
        for record in records.map_while(|record| change(*record)) {
            wal.append(record);
        }
        self.wal = wal;
    }

    /// A row shows another write.
    pub(crate) fn break_row(&mut self, key: Key, op: OpId) {
        let row = self.table.row(key);
        self.table.put(&Record {
            lsn: row.lsn,
            timeline: row.timeline,
            version: row.version,
            value: row.value,
            key,
            op,
            ..Record::default()
        });
    }

    /// A Textbook primary is none any more, and has not said so.
    pub(crate) fn depose(&mut self) {
        self.primary = None;
    }
}
