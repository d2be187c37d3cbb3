//! The primary's side: streaming the log, heartbeats, the lease, and who may follow.

use std::collections::VecDeque;
use std::sync::Arc;

use super::commit::Commit;
use super::membership::Membership;
use super::table::Row;
use super::wal::Segment;
use super::{Context, Node, Role};
use crate::event::EventKind;
use crate::ids::{Lsn, NodeId, Timeline, Tip};
use crate::message::{BaseBackup, Electable, Message, Positions, ReplyAt};
use crate::scenario::Mode;
use crate::time::{Span, Time};

/// Most records in one message.
const BATCH: u64 = 64;
/// Most records sent to a replica that it has not said it received.
const WINDOW: u64 = 1_024;

/// What the primary knows of another node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Follower {
    /// Whether it streams from this primary.
    pub streaming: bool,
    /// Records up to here were sent to it.
    pub sent: Lsn,
    /// What it said it has.
    pub acked: Positions,
    /// When the newest heartbeat that it answered was sent.
    pub answered: Time,
    /// The end of the promise that its last answer gave: it elects nobody else before.
    pub promised_until: Time,
    /// The newest set of electable nodes it has stored.
    pub electable_epoch: u32,
}

/// What a node has beyond its log and table while it is primary.
#[derive(Clone, Debug)]
pub(super) struct Primary {
    pub(super) timeline: Timeline,
    /// Tells the timers of this reign from those of an earlier one.
    pub(super) reign: u32,
    pub(super) followers: Vec<Follower>,
    pub(super) lease_until: Time,
    /// When the earliest timer of each kind is due, so that there is one of each.
    pub(super) lease_timer: Option<Time>,
    pub(super) wait_timer: Option<Time>,
    pub(super) waiting: VecDeque<Commit>,
    /// Commits with different promises wait at once, so the order of release is not the order of the queue.
    pub(super) mixed: bool,
    pub(super) semi_sync_off: bool,
    /// Highest position committed so far; fallback ends when enough replicas have it.
    pub(super) last_commit: Lsn,
    /// Highest position that was ever acked in sync mode, or may have been: only nodes that have it may be elected.
    pub(super) last_sync_commit: Lsn,
    pub(super) membership: Membership,
    /// A promoted node opens no earlier: a primary it did not meet may hold its lease until then.
    pub(super) opens_at: Time,
}

/// The answer to a heartbeat.
pub(super) struct HeartbeatAck {
    pub(super) timeline: Timeline,
    pub(super) sent_at: Time,
    pub(super) patience: Span,
    pub(super) electable: Electable,
    pub(super) positions: Option<Positions>,
    pub(super) gap: bool,
}

impl Primary {
    /// The primary that the cluster starts with: everybody streams, and the lease is fresh.
    pub(super) fn first(timeline: Timeline, nodes: usize, lease_until: Time) -> Self {
        let mut primary =
            Self::reigning(timeline, nodes, 1, Membership::everybody(nodes), Time::ZERO);
        primary.lease_until = lease_until;
        for follower in &mut primary.followers {
            follower.streaming = true;
            follower.promised_until = lease_until;
        }
        primary
    }

    pub(super) fn reigning(
        timeline: Timeline,
        nodes: usize,
        reign: u32,
        membership: Membership,
        now: Time,
    ) -> Self {
        Self {
            timeline,
            reign,
            followers: vec![Follower::default(); nodes],
            lease_until: Time::ZERO,
            lease_timer: None,
            wait_timer: None,
            waiting: VecDeque::new(),
            mixed: false,
            semi_sync_off: false,
            last_commit: Lsn::ZERO,
            last_sync_commit: Lsn::ZERO,
            membership,
            opens_at: now,
        }
    }

    /// The `rank`-th highest received position among the streaming followers; 0 when there are fewer.
    pub(super) fn received_by(&self, rank: usize) -> Lsn {
        nth_highest(
            self.followers
                .iter()
                .filter(|follower| follower.streaming)
                .map(|follower| follower.acked.write),
            rank,
        )
    }
}

/// The `rank`-th highest (1 is the highest) of some values; the default when there are fewer.
pub(super) fn nth_highest<T: Copy + Ord + Default>(
    values: impl Iterator<Item = T>,
    rank: usize,
) -> T {
    let mut sorted: [T; 64] = [T::default(); 64];
    let mut count = 0;
    for value in values {
        let place = sorted[..count]
            .iter()
            .position(|&other| value > other)
            .unwrap_or(count);
        if place < rank && place < sorted.len() {
            let end = (count + 1).min(rank).min(sorted.len());
            sorted.copy_within(place..end - 1, place + 1);
            sorted[place] = value;
            count = end;
        }
    }
    if count >= rank {
        sorted[rank - 1]
    } else {
        T::default()
    }
}

impl Node {
    pub(super) fn on_wal_ack(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        timeline: Timeline,
        positions: Positions,
        gap: bool,
    ) {
        if self
            .primary
            .as_ref()
            .is_none_or(|primary| primary.timeline != timeline)
        {
            return;
        }
        self.note_progress(from, positions, gap);
        self.ship(cx, from);
        self.after_progress(cx);
    }

    pub(super) fn after_progress(&mut self, cx: &mut Context<'_>) {
        self.maintain_membership(cx);
        self.release_commits(cx);
        self.maybe_recover_semi_sync(cx);
    }

    pub(super) fn note_progress(&mut self, from: NodeId, positions: Positions, gap: bool) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        let follower = &mut primary.followers[from.index()];
        if !follower.streaming {
            return;
        }
        let acked = &mut follower.acked;
        acked.write = acked.write.max(positions.write);
        acked.flush = acked.flush.max(positions.flush);
        acked.replay = acked.replay.max(positions.replay);
        if gap {
            follower.sent = positions.write;
        }
    }

    /// Sends a follower what is on this node's disk and was not sent yet (R-PG-3: only flushed log is shipped).
    pub(super) fn ship(&mut self, cx: &mut Context<'_>, to: NodeId) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        // Whoever waits keeps the promise of its own time, also after the mode was switched.
        let looked_at = if primary.mixed { usize::MAX } else { 1 };
        let needed = primary
            .waiting
            .iter()
            .take(looked_at)
            .map(|commit| commit.promise.reply_at())
            .max();
        let reply_at = needed
            .unwrap_or(ReplyAt::Flush)
            .max(reply_at(cx.settings.mode));
        let follower = &mut primary.followers[to.index()];
        while follower.streaming
            && follower.sent < self.flush
            && follower.sent.ahead_of(follower.acked.write) < WINDOW
        {
            let prev = follower.sent;
            let last = Lsn(self.flush.0.min(prev.0 + BATCH));
            if self.wal.first() > prev.next() {
                // The records it needs are gone: it must be filled anew. Its next heartbeat says so.
                follower.streaming = false;
                return;
            }
            let records = self.wal.range(prev.next(), last).copied().collect();
            follower.sent = last;
            cx.send(
                to,
                Message::Wal {
                    timeline: primary.timeline,
                    prev,
                    records,
                    reply_at,
                },
            );
        }
    }

    pub(super) fn ship_to_all(&mut self, cx: &mut Context<'_>) {
        for node in cx.others(self.id) {
            self.ship(cx, node);
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "they are the fields of one message"
    )]
    pub(super) fn on_follow(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        timeline: Timeline,
        tip: Tip,
        positions: Positions,
        history: &Arc<Vec<Segment>>,
        empty: bool,
    ) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        if primary.timeline != timeline || self.role == Role::Promoting {
            return;
        }
        let fork = self.wal.fork_from(history, tip.lsn);
        if empty || self.wal.first() > fork.next() {
            primary.followers[from.index()].streaming = false;
            let copy = Arc::new(self.base_backup());
            cx.send(from, Message::Backup { timeline, copy });
            return;
        }
        if fork < tip.lsn {
            primary.followers[from.index()].streaming = false;
            cx.note(EventKind::RejoinRefused { node: from, fork });
            cx.send(from, Message::FollowRefused { timeline, fork });
            return;
        }
        let follower = &mut primary.followers[from.index()];
        follower.streaming = true;
        follower.sent = tip.lsn;
        follower.acked = positions;
        cx.send(from, Message::Stream { timeline });
        self.ship(cx, from);
        self.after_progress(cx);
    }

    /// A copy of everything that is on disk.
    pub(super) fn base_backup(&self) -> BaseBackup {
        let mut rows: Vec<Row> = self.table.rows().to_vec();
        let mut heads = self.table.heads().to_vec();
        for (row, head) in rows.iter_mut().zip(&mut heads) {
            while head.lsn > self.flush {
                let before = self
                    .wal
                    .get(head.lsn)
                    .map_or(Lsn::ZERO, |record| record.prev_of_key);
                head.lsn = before;
                head.version -= 1;
            }
            if let Some(record) = self.wal.get(head.lsn) {
                *row = Row::from(record);
            }
        }
        let timeline = super::wal::timeline_at(self.wal.history(), self.flush).unwrap_or_default();
        let history = self
            .wal
            .history()
            .iter()
            .copied()
            .filter(|segment| segment.from <= self.flush)
            .collect();
        BaseBackup {
            rows,
            heads,
            errant: Vec::new(),
            history,
            tip: Tip {
                timeline,
                lsn: self.flush,
            },
        }
    }
}

fn reply_at(mode: Mode) -> ReplyAt {
    match mode {
        Mode::Async => ReplyAt::Flush,
        Mode::SemiSync => ReplyAt::Write,
        Mode::Sync => ReplyAt::Apply,
    }
}

#[cfg(test)]
mod tests {
    use super::nth_highest;

    #[test]
    fn nth_highest_is_what_sorting_gives() {
        for count in 0..10u64 {
            let values: Vec<u64> = (0..count).map(|index| (index * 7 + 3) % 10).collect();
            let mut sorted = values.clone();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            for rank in 1..=10 {
                let expected = sorted.get(rank - 1).copied().unwrap_or_default();
                assert_eq!(
                    nth_highest(values.iter().copied(), rank),
                    expected,
                    "rank {rank} of {values:?}"
                );
            }
        }
    }
}
