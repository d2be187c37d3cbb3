//! The applier of a MySQL or MariaDB replica (R-MY-11): one record at a time, or up to as many as there are workers, which
//! begin together and commit in the source's order.
//!
//! Workers take records that follow each other and write different keys; a second write of a key waits for the next round.

use std::collections::BTreeSet;

use super::{Context, Gtid, Node, Rejoin};
use crate::event::{ApplierError, EventKind};
use crate::ids::Lsn;
use crate::node::wal::Record;

impl Node {
    /// The last record that the workers take now.
    pub(super) fn next_batch(&self, cx: &Context<'_>, from: Lsn) -> Lsn {
        let workers = cx.mysql().map_or(1, |family| family.workers.max(1));
        if workers == 1 {
            return from;
        }
        let most = Lsn(from.0 + u64::from(workers) - 1);
        let mut keys = BTreeSet::new();
        self.wal
            .range(from, most)
            .take_while(|record| keys.insert(record.key))
            .last()
            .map_or(from, |record| record.lsn)
    }

    /// The workers are done with records up to here.
    pub(super) fn batch_applied(&mut self, cx: &mut Context<'_>, end: Lsn) {
        let records: Vec<Record> = self.wal.range(self.replay.next(), end).copied().collect();
        let before = self.replay;
        for record in &records {
            if let Err(why) = self.apply_here(cx, record) {
                if let Some(server) = &mut self.server {
                    server.replaying.stop(why);
                }
                cx.event(EventKind::ApplierStopped { node: self.id, why });
                break;
            }
            self.replay = record.lsn;
        }
        if self.replay > before {
            // In InnoDB with its position: a power failure does not take it back.
            self.flush = self.flush.max(self.replay);
            cx.event(EventKind::Replayed {
                node: self.id,
                lsn: self.replay,
            });
            self.send_log_to_all(cx);
        }
    }

    fn apply_here(&mut self, cx: &mut Context<'_>, record: &Record) -> Result<(), ApplierError> {
        let Some((server, family)) = self.server.as_mut().zip(cx.mysql()) else {
            return Ok(());
        };
        let gtid = Gtid::of(record);
        // A server that becomes source again goes on counting after its errant transactions. Positions do not, so a number
        // of another reign of the same server is another GTID.
        let same_reign = |old: &&Record| old.timeline.term() == record.timeline.term();
        let executed = server.errant.get(&gtid).filter(same_reign).map(Record::tip);
        let executed = executed.filter(|_| family.rejoin != Rejoin::Position);
        if family.strict && executed.is_none() {
            let others = server.errant.keys().filter(|old| old.server != gtid.server);
            let newest = others.max_by_key(|old| old.number);
            if let Some(&existing) = newest.filter(|existing| existing.number >= gtid.number) {
                return Err(ApplierError::OutOfOrder { gtid, existing });
            }
        }
        match executed {
            None => self.table.put(record),
            Some(tip) if tip == record.tip() => {
                // The very transaction: it is not errant any more.
                server.errant.remove(&gtid);
            }
            Some(_) => cx.note(EventKind::TransactionSkipped {
                node: self.id,
                lsn: record.lsn,
            }),
        }
        Ok(())
    }
}
