//! Which log is still there for a standby that was away: what the last checkpoint left, `wal_keep_size`, and what slots
//! pin (R-PG-14).
//!
//! Nothing is thrown away here: the log of a node is bounded as every log of the engine is, and what PostgreSQL would have
//! removed is refused. A server of another database keeps all that is there.

use super::{Context, Node, Server};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::scenario::Postgresql;
use crate::time::{Span, Time};

const MEGABYTE: u64 = 1 << 20;
/// A file of the log, MB: a checkpoint comes after so many whole ones.
const SEGMENT: u64 = 16;
/// 1 + `checkpoint_completion_target`, in tenths.
const TENTHS: u64 = 19;

/// A checkpoint: log before it is not needed for crash recovery.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checkpoint {
    /// The first record after it.
    redo: Lsn,
    at: Time,
}

/// After so many bytes of log a checkpoint begins (xlog.c `CalculateCheckpointSegments`).
fn most_between(settings: &Postgresql) -> u64 {
    let segments = settings.max_wal_size / SEGMENT * 10 / TENTHS;
    segments.max(1) * SEGMENT * MEGABYTE
}

impl Server {
    /// The lowest position that a slot of a manager stands at.
    pub(super) fn pinned_from(&self) -> Option<Lsn> {
        let slots = self.managed_slots?;
        slots.iter().map(|node| self.slots[node.index()]).min()
    }
}

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
        let mut kept = Lsn(self
            .last_checkpoint(settings, cx.now)
            .redo
            .0
            .saturating_sub(records(settings.wal_keep_size)));
        let of_settings = settings.replication_slots.then(|| {
            let others = cx.others(self.id);
            others.map(|node| server.slots[node.index()]).min()
        });
        let pinned = of_settings
            .flatten()
            .into_iter()
            .chain(server.pinned_from());
        if let Some(pinned) = pinned.min() {
            // A slot that would pin more than the limit is lost.
            let limit = u64::try_from(settings.max_slot_wal_keep_size)
                .map_or(Lsn::ZERO, |megabytes| {
                    Lsn(end.0.saturating_sub(records(megabytes)))
                });
            kept = kept.min(pinned.next().max(limit));
        }
        kept.max(all)
    }

    /// The last checkpoint, by the amount of log or by time.
    fn last_checkpoint(&self, settings: &Postgresql, now: Time) -> Checkpoint {
        let last = self
            .server
            .as_ref()
            .map_or(Checkpoint::default(), |server| server.checkpoint);
        let period = settings.checkpoint_timeout * 1_000_000;
        let times = now.since(last.at).0 / period;
        if times == 0 {
            return last;
        }
        let at = last.at + Span(times * period);
        Checkpoint {
            redo: self.first_made_at(at),
            at,
        }
    }

    /// The log has grown: so much of it may bring the next checkpoint.
    pub(super) fn checkpoint_if_due(&mut self, cx: &Context<'_>) {
        let Some(settings) = cx.postgresql() else {
            return;
        };
        let last = self.last_checkpoint(settings, cx.now);
        let tip = self.wal.tip().lsn;
        let since = tip.next().ahead_of(last.redo);
        if since.saturating_mul(cx.costs.record_bytes) >= most_between(settings)
            && let Some(server) = &mut self.server
        {
            server.checkpoint = Checkpoint {
                redo: tip.next(),
                at: cx.now,
            };
        }
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

    /// A manager says which slots there are. A new one keeps what is there anyway; on a standby all are moved on to where
    /// the primary has them.
    pub(super) fn set_slots(&mut self, cx: &Context<'_>, slots: Option<(NodeSet, Lsn)>) -> bool {
        let there = Lsn(self.kept_from(cx).0.saturating_sub(1));
        let Some(server) = &mut self.server else {
            return false;
        };
        let before = server.managed_slots.unwrap_or_default();
        if let Some((wanted, from)) = slots {
            for node in wanted.iter() {
                let slot = &mut server.slots[node.index()];
                let least = if before.contains(node) { *slot } else { there };
                *slot = least.max(from);
            }
        }
        server.managed_slots = slots.map(|(wanted, _)| wanted);
        true
    }
}
