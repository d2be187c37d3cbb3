//! Which log is still there for a standby that was away: what the last checkpoint left, `wal_keep_size`, and what slots
//! pin (R-PG-14).
//!
//! Nothing is thrown away here: the log of a node is bounded as every log of the engine is, and what PostgreSQL would have
//! removed is refused. A server of another database keeps all that is there.

use super::{Context, Node};
use crate::ids::{Lsn, NodeId};
use crate::time::Time;

const MEGABYTE: u64 = 1 << 20;

impl Node {
    /// The first position that a standby could still be sent.
    pub(super) fn kept_from(&self, cx: &Context<'_>) -> Lsn {
        let all = self.wal.first();
        let (Some(settings), Some(server)) = (cx.postgresql(), &self.server) else {
            return all;
        };
        let end = self.wal.tip().lsn;
        let records = |megabytes: u64| megabytes * MEGABYTE / cx.costs.record_bytes;
        // A checkpoint removes what was written before it began.
        let period = settings.checkpoint_timeout * 1_000_000;
        let checkpoint = Time(cx.now.0 - cx.now.0 % period);
        let written_since = self.first_made_at(checkpoint);
        let mut kept = Lsn(written_since
            .0
            .saturating_sub(records(settings.wal_keep_size)));
        if settings.replication_slots {
            let others = cx.others(self.id);
            let pinned = others.map(|node| server.slots[node.index()].next()).min();
            // A slot that would pin more than the limit is lost.
            let limit = u64::try_from(settings.max_slot_wal_keep_size)
                .map_or(Lsn::ZERO, |megabytes| {
                    Lsn(end.0.saturating_sub(records(megabytes)))
                });
            kept = kept.min(pinned.unwrap_or(kept).max(limit));
        }
        kept.max(all)
    }

    /// The first record made at or after an instant; the position after the last one when there is none.
    fn first_made_at(&self, instant: Time) -> Lsn {
        let (mut low, mut high) = (self.wal.first().0, self.wal.tip().lsn.0 + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if self
                .wal
                .get(Lsn(middle))
                .is_some_and(|record| record.at < instant)
            {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Lsn(low)
    }

    /// A standby's slot moves on with what the standby has flushed.
    pub(super) fn move_slot(&mut self, standby: NodeId, flushed: Lsn) {
        if let Some(server) = &mut self.server {
            let slot = &mut server.slots[standby.index()];
            *slot = (*slot).max(flushed);
        }
    }
}
