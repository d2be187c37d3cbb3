//! Who waits for what: the promise that the mode in force gave each write, and when it is kept.

use super::{Context, Node, Role, Timer};
use crate::event::EventKind;
use crate::ids::{Lsn, OpId, Tip};
use crate::message::{Message, Reply, ReplyAt, Request};
use crate::node::wal::Record;
use crate::scenario::{Endpoint, Mode};
use crate::time::{Span, Time};

/// What must be true before a write is answered. It is fixed when the write is inserted: changing the mode does not
/// change what is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// On the primary's disk.
    Local,
    /// And received by this many replicas.
    Received { by: u8 },
    /// And applied by every member of the sync set.
    Applied,
}

impl Promise {
    pub(super) fn reply_at(self) -> ReplyAt {
        match self {
            Self::Local => ReplyAt::Flush,
            Self::Received { .. } => ReplyAt::Write,
            Self::Applied => ReplyAt::Apply,
        }
    }
}

/// A write that waits for its promise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commit {
    pub(super) op: OpId,
    pub(super) tip: Tip,
    pub(super) promise: Promise,
    /// When patience ends: semi-sync falls back, sync drops the members that are missing.
    pub(super) deadline: Time,
}

impl Node {
    /// Puts a write into the log.
    pub(super) fn insert(&mut self, cx: &mut Context<'_>, request: Request, value: u32) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        let head = self.table.head(request.key);
        let record = Record {
            lsn: self.wal.tip().lsn.next(),
            prev_of_key: head.lsn,
            at: cx.now,
            timeline: primary.timeline,
            key: request.key,
            op: request.op,
            version: head.version + 1,
            value,
            client: request.client,
        };
        self.wal.append(record);
        self.table.logged(&record);
        let (promise, patience) = match cx.settings.mode {
            Mode::SemiSync if !primary.semi_sync_off => (
                Promise::Received {
                    by: cx.settings.semi_sync.acks,
                },
                cx.settings.semi_sync.timeout_us,
            ),
            Mode::Async | Mode::SemiSync => (Promise::Local, None),
            Mode::Sync => (Promise::Applied, cx.settings.sync.drop_after_us),
        };
        let deadline = patience.map_or(Time::NEVER, |patience| cx.now + Span(patience));
        primary.mixed |= primary
            .waiting
            .back()
            .is_some_and(|other| other.promise != promise);
        let tip = Tip {
            timeline: record.timeline,
            lsn: record.lsn,
        };
        primary.waiting.push_back(Commit {
            op: request.op,
            tip,
            promise,
            deadline,
        });
        cx.event(EventKind::Inserted {
            node: self.id,
            op: request.op,
            lsn: record.lsn,
        });
        self.arm_commit_wait(cx, deadline);
        self.start_flush(cx);
    }

    /// Answers every write whose promise is kept, and makes it visible. A fenced primary answers nobody.
    pub(super) fn release_commits(&mut self, cx: &mut Context<'_>) {
        if !self.accepts_writes(cx.now, cx.settings.fencing) {
            return;
        }
        let Some(primary) = &mut self.primary else {
            return;
        };
        if primary
            .waiting
            .front()
            .is_none_or(|commit| commit.tip.lsn > self.flush)
        {
            return;
        }
        let applied = primary.applied_by_sync_set(self.id, cx.settings.fencing);
        let mut received = (0, Lsn::ZERO);
        let mut index = 0;
        while let Some(&commit) = primary.waiting.get(index) {
            if commit.tip.lsn > self.flush {
                break;
            }
            let kept = match commit.promise {
                Promise::Local => true,
                Promise::Received { by } => {
                    if received.0 != by {
                        received = (by, primary.received_by(usize::from(by)));
                    }
                    commit.tip.lsn <= received.1
                }
                Promise::Applied => commit.tip.lsn <= applied,
            };
            if !kept {
                if !primary.mixed {
                    break;
                }
                index += 1;
                continue;
            }
            primary.waiting.remove(index);
            primary.last_commit = primary.last_commit.max(commit.tip.lsn);
            if commit.promise == Promise::Applied {
                primary.last_sync_commit = primary.last_sync_commit.max(commit.tip.lsn);
            }
            if let Some(record) = self.wal.get(commit.tip.lsn) {
                self.table.apply(record);
            }
            cx.note(EventKind::Committed {
                node: self.id,
                op: commit.op,
                lsn: commit.tip.lsn,
            });
            let reply = Reply::Acked { tip: commit.tip };
            cx.send(
                Endpoint::Clients,
                Message::Reply {
                    op: commit.op,
                    reply,
                },
            );
        }
        if primary.waiting.is_empty() {
            primary.mixed = false;
        }
        let visible = primary.waiting.front().map_or(self.flush, |commit| {
            Lsn(commit.tip.lsn.0 - 1).min(self.flush)
        });
        self.replay = self.replay.max(visible);
    }

    /// Sets the alarm for the end of a commit's patience, unless it goes off before.
    fn arm_commit_wait(&mut self, cx: &mut Context<'_>, at: Time) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        if at < primary.wait_timer.unwrap_or(Time::NEVER) {
            primary.wait_timer = Some(at);
            cx.timer_at(at, Timer::CommitWait);
        }
    }

    pub(super) fn on_commit_wait_timer(&mut self, cx: &mut Context<'_>) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        if primary.wait_timer.is_none_or(|at| at > cx.now) {
            return;
        }
        primary.wait_timer = None;
        let overdue = |commit: &&mut Commit| commit.deadline <= cx.now;
        let mut fell_back = false;
        let mut sync_needs = None;
        for commit in primary.waiting.iter_mut().filter(overdue) {
            match commit.promise {
                Promise::Received { .. } => fell_back = true,
                // Ask again a while later: the set may need a majority to change, or fencing may hold the answer back.
                Promise::Applied => {
                    sync_needs = sync_needs.max(Some(commit.tip.lsn));
                    commit.deadline = cx.now + Span(cx.settings.timers.heartbeat_us);
                }
                Promise::Local => {}
            }
        }
        if fell_back {
            self.fall_back(cx);
        }
        if let Some(needed) = sync_needs {
            self.drop_laggards(cx, needed);
        }
        self.release_commits(cx);
        let waiting = self.primary.iter().flat_map(|primary| &primary.waiting);
        if let Some(at) = waiting.map(|commit| commit.deadline).min() {
            self.arm_commit_wait(cx, at);
        }
    }

    /// R-MY-5: the first transaction that waits the full time-out switches semi-sync off and releases all of them.
    fn fall_back(&mut self, cx: &mut Context<'_>) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        primary.semi_sync_off = true;
        for commit in &mut primary.waiting {
            if matches!(commit.promise, Promise::Received { .. }) {
                commit.promise = Promise::Local;
                commit.deadline = Time::NEVER;
            }
        }
        cx.event(EventKind::SemiSyncFellBack { node: self.id });
    }

    /// R-MY-7: semi-sync is on again once enough replicas have everything that is committed.
    pub(super) fn maybe_recover_semi_sync(&mut self, cx: &mut Context<'_>) {
        let acks = usize::from(cx.settings.semi_sync.acks);
        let Some(primary) = &mut self.primary else {
            return;
        };
        if primary.semi_sync_off
            && self.role == Role::Primary
            && primary.received_by(acks) >= primary.last_commit
        {
            primary.semi_sync_off = false;
            cx.event(EventKind::SemiSyncRecovered { node: self.id });
        }
    }
}

#[cfg(test)]
mod tests;
