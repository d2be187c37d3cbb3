//! The end of a commit: visible, unlocked, answered, in whatever way its wait ends.

use std::collections::VecDeque;

use super::{Commit, Outcome, Stage};
use crate::event::EventKind;
use crate::ids::{Key, Lsn, OpId};
use crate::message::{Message, Reply};
use crate::node::Role;
use crate::node::server::{Context, Node};
use crate::scenario::Endpoint;

impl Node {
    pub(in crate::node::server) fn take_commit(&mut self, index: usize) {
        if let Some(server) = &mut self.server {
            server.commits.queue.remove(index);
        }
    }

    pub(in crate::node::server) fn commit_at(&self, index: usize) -> Option<Commit> {
        self.server.as_ref()?.commits.queue.get(index).copied()
    }

    pub(in crate::node::server) fn set_stage(&mut self, index: usize, stage: Stage) {
        if let Some(server) = &mut self.server
            && let Some(commit) = server.commits.queue.get_mut(index)
        {
            commit.stage = stage;
        }
    }

    /// AFTER_COMMIT: the storage engine commits, then the wait begins. Others see the row, and its lock is free.
    pub(in crate::node::server) fn commit_before_wait(
        &mut self,
        cx: &mut Context<'_>,
        index: usize,
    ) {
        let Some(commit) = self.commit_at(index) else {
            return;
        };
        if let Some(server) = &mut self.server {
            server.commits.queue[index].engine_committed = true;
        }
        if let Some(record) = self.wal.get(commit.tip.lsn) {
            self.table.commit(record);
        }
        cx.note(EventKind::EngineCommitted {
            node: self.id,
            op: commit.op,
            lsn: commit.tip.lsn,
        });
        self.unlock(cx, commit.key);
    }

    /// Ends a commit: visible and unlocked, if it was not, and answered.
    pub(in crate::node::server) fn complete(
        &mut self,
        cx: &mut Context<'_>,
        index: usize,
        outcome: Outcome,
    ) {
        let Some(commit) = self.commit_at(index) else {
            return;
        };
        self.take_commit(index);
        self.finish_commit(cx, commit, outcome);
        if !commit.engine_committed {
            self.unlock(cx, commit.key);
        }
    }

    /// Makes a write visible and tells its client.
    pub(in crate::node::server) fn finish_commit(
        &mut self,
        cx: &mut Context<'_>,
        commit: Commit,
        outcome: Outcome,
    ) {
        if let Some(record) = self.wal.get(commit.tip.lsn) {
            self.table.commit(record);
        }
        cx.note(EventKind::Committed {
            node: self.id,
            op: commit.op,
            lsn: commit.tip.lsn,
        });
        let reply = match outcome {
            Outcome::Acked => Reply::Acked { tip: commit.tip },
            Outcome::ConnectionLost => Reply::ConnectionLost,
        };
        cx.send(
            Endpoint::Clients,
            Message::Reply {
                op: commit.op,
                reply,
            },
        );
        self.move_visible_end();
    }

    /// For a primary `replay` is up to where everything is visible.
    pub(in crate::node::server) fn move_visible_end(&mut self) {
        let tip = self.wal.tip().lsn;
        // A standby that takes up new settings comes by here too; what it shows is what it has applied.
        if let Some(server) = self.server.as_ref().filter(|_| self.role == Role::Primary) {
            let visible = server
                .commits
                .queue
                .iter()
                .find(|commit| !commit.engine_committed)
                .map_or(tip, |commit| Lsn(commit.tip.lsn.0 - 1));
            self.replay = self.replay.max(visible);
        }
    }

    /// Frees a row. The next write that waited for it is executed.
    pub(in crate::node::server) fn unlock(&mut self, cx: &mut Context<'_>, key: Key) {
        while let Some(server) = &mut self.server {
            let next = server
                .commits
                .locks
                .get_mut(&key)
                .and_then(VecDeque::pop_front);
            let Some(next) = next else {
                server.commits.locks.remove(&key);
                return;
            };
            if self.insert_record(cx, next.request, next.value, next.level) {
                return;
            }
        }
    }

    /// R-PG-7: a wait that is cancelled ends with success and a warning, one whose backend is terminated with a lost
    /// connection; the transaction is committed here either way.
    pub(in crate::node::server) fn end_wait(
        &mut self,
        cx: &mut Context<'_>,
        op: OpId,
        terminate: bool,
    ) -> bool {
        let Some(server) = &self.server else {
            return false;
        };
        let waiting = |commit: &Commit| {
            commit.op == op && matches!(commit.stage, Stage::Waiting(_) | Stage::Acking(_))
        };
        let Some(index) = server.commits.queue.iter().position(waiting) else {
            return false;
        };
        if matches!(server.commits.queue[index].stage, Stage::Acking(_)) {
            // Semi-sync stays on (R-MY-6, measured).
            self.count_tx(false);
        }
        cx.event(EventKind::WaitEnded {
            node: self.id,
            op,
            terminated: terminate,
        });
        let outcome = if terminate {
            Outcome::ConnectionLost
        } else {
            Outcome::Acked
        };
        self.complete(cx, index, outcome);
        self.move_visible_end();
        true
    }

    /// The server stops being primary: whoever waits does not learn the outcome; who waits for a row was not executed.
    pub(in crate::node::server) fn lose_waiting_clients(&mut self, cx: &mut Context<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        let commits = core::mem::take(&mut server.commits);
        for commit in commits.queue {
            let reply = Reply::ConnectionLost;
            cx.send(
                Endpoint::Clients,
                Message::Reply {
                    op: commit.op,
                    reply,
                },
            );
        }
        for blocked in commits.locks.into_values().flatten() {
            let op = blocked.request.op;
            let reply = Reply::NotPrimary;
            cx.send(Endpoint::Clients, Message::Reply { op, reply });
        }
    }
}
