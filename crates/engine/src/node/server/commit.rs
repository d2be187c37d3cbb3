//! Executing a write: row lock, log record, flush, wait for standbys, visible, answer (R-PG-4).
//!
//! A row is locked from execution until its commit is done, so a second write of the same key waits for the first. Whoever
//! waits for standbys is invisible here, while a standby that has the record may already show it.

use std::collections::VecDeque;

use super::{Context, Family, Node, Role, ServerTimer};
use crate::event::EventKind;
use crate::ids::{Key, Lsn, OpId, Tip};
use crate::message::{Message, Reply, Request};
use crate::node::Timer;
use crate::node::wal::Record;
use crate::scenario::{CommitLevel, Database, Endpoint};
use crate::small_map::SmallMap;
use crate::time::{Span, Time};

/// How far a standby must have come for a commit (the three wait queues of PostgreSQL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Written,
    Flushed,
    Replayed,
}

/// Where a commit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its record is not on this node's disk.
    Flushing,
    /// It waits for standbys.
    Waiting(Mark),
    /// Its group's turn at the disk is not over (MySQL, MariaDB).
    Logging,
    /// It waits for semi-sync replicas, since then.
    Acking(Time),
}

/// A commit that is not done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commit {
    pub(super) op: OpId,
    pub(super) key: Key,
    pub(super) tip: Tip,
    pub(super) level: CommitLevel,
    pub(super) stage: Stage,
    /// The storage engine has committed: others see the row, and it is not locked (AFTER_COMMIT).
    pub(super) engine_committed: bool,
}

/// A write that waits for a row lock.
#[derive(Clone, Copy, Debug)]
struct Blocked {
    request: Request,
    value: u32,
    level: Option<CommitLevel>,
}

/// The commits in progress, in the order of the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Commits {
    pub(super) queue: VecDeque<Commit>,
    locks: SmallMap<Key, VecDeque<Blocked>>,
    /// Up to where commits of each kind have been released: positions of standbys count only up to here until the next
    /// reply.
    pub(super) released: crate::message::Positions,
    wal_writer: bool,
}

impl Commits {
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How many wait for semi-sync replicas.
    pub(super) fn acking(&self) -> usize {
        let acking = |commit: &&Commit| matches!(commit.stage, Stage::Acking(_));
        self.queue.iter().filter(acking).count()
    }

    /// Since when the one that has waited longest for semi-sync replicas waits.
    pub(super) fn first_acking(&self) -> Option<Time> {
        self.queue
            .iter()
            .filter_map(|commit| match commit.stage {
                Stage::Acking(since) => Some(since),
                _ => None,
            })
            .min()
    }

    pub(super) fn apply_feedback(&self) -> Lsn {
        self.queue
            .iter()
            .rev()
            .find(|commit| commit.level == CommitLevel::RemoteApply)
            .map_or(Lsn::ZERO, |commit| commit.tip.lsn)
    }
}

impl CommitLevel {
    /// What a standby must have done, if any standby is waited for.
    fn mark(self) -> Option<Mark> {
        match self {
            Self::Off | Self::Local => None,
            Self::RemoteWrite => Some(Mark::Written),
            Self::On => Some(Mark::Flushed),
            Self::RemoteApply => Some(Mark::Replayed),
        }
    }
}

impl Node {
    /// Executes a write, or lets it wait for the row.
    pub(in crate::node) fn execute_write(
        &mut self,
        cx: &mut Context<'_>,
        request: Request,
        value: u32,
        level: Option<CommitLevel>,
    ) {
        let Some(server) = &mut self.server else {
            return;
        };
        if let Some(queue) = server.commits.locks.get_mut(&request.key) {
            queue.push_back(Blocked {
                request,
                value,
                level,
            });
            cx.event(EventKind::LockWait {
                node: self.id,
                op: request.op,
            });
            return;
        }
        let _holds = self.insert_record(cx, request, value, level);
    }

    /// Puts a write into the log. Returns whether it holds its row from now on.
    fn insert_record(
        &mut self,
        cx: &mut Context<'_>,
        request: Request,
        value: u32,
        level: Option<CommitLevel>,
    ) -> bool {
        let Some(server) = &mut self.server else {
            return false;
        };
        let head = self.table.head(request.key);
        let record = Record {
            lsn: self.wal.tip().lsn.next(),
            prev_of_key: head.lsn,
            at: cx.now,
            timeline: server.timeline,
            key: request.key,
            op: request.op,
            version: head.version + 1,
            value,
            client: request.client,
        };
        self.wal.append(record);
        self.table.logged(&record);
        cx.event(EventKind::Inserted {
            node: self.id,
            op: request.op,
            lsn: record.lsn,
        });
        let level = level.unwrap_or(cx.commit_level());
        let tip = self.wal.tip();
        let commit = Commit {
            op: request.op,
            key: request.key,
            tip,
            level,
            stage: if server.mysql {
                Stage::Logging
            } else {
                Stage::Flushing
            },
            engine_committed: false,
        };
        if level == CommitLevel::Off {
            self.finish_commit(cx, commit, Outcome::Acked);
            self.arm_wal_writer(cx);
            return false;
        }
        server.commits.locks.get_or_default(request.key);
        server.commits.queue.push_back(commit);
        self.start_flush(cx);
        true
    }

    /// The WAL writer flushes what nobody waits for, at fixed times (R-PG-1: `off` loses at most three rounds).
    fn arm_wal_writer(&mut self, cx: &mut Context<'_>) {
        let delay = cx.wal_writer_delay().0.max(1);
        let Some(server) = &mut self.server else {
            return;
        };
        if !server.commits.wal_writer {
            server.commits.wal_writer = true;
            let at = Time((cx.now.0 / delay + 1) * delay);
            cx.timer_at(at, Timer::Server(ServerTimer::WalWriter));
        }
    }

    pub(super) fn on_wal_writer(&mut self, cx: &mut Context<'_>) {
        if let Some(server) = &mut self.server {
            server.commits.wal_writer = false;
        }
        cx.event(EventKind::NodeTimer { node: self.id });
        self.start_flush(cx);
    }

    /// The log of this server is on disk up to `flush`.
    pub(in crate::node) fn server_flushed(&mut self, cx: &mut Context<'_>) {
        self.note_flush_time(cx.now);
        self.send_log_to_all(cx);
        if self.role == Role::Primary {
            self.local_flush_done(cx);
        } else {
            self.send_status(cx, false, false);
            self.replay_next(cx);
            self.open_server_if_ready(cx);
        }
    }

    fn local_flush_done(&mut self, cx: &mut Context<'_>) {
        let nobody = self.standby_names(cx).is_empty();
        let flush = self.flush;
        let Some(server) = &mut self.server else {
            return;
        };
        for commit in &mut server.commits.queue {
            if commit.tip.lsn > flush {
                break;
            }
            if commit.stage == Stage::Flushing
                && let Some(mark) = commit.level.mark().filter(|_| !nobody)
            {
                commit.stage = Stage::Waiting(mark);
            }
        }
        self.finish_commits(cx);
    }

    /// Ends every commit that has what it waits for.
    pub(super) fn finish_commits(&mut self, cx: &mut Context<'_>) {
        let flush = self.flush;
        let mut index = 0;
        while let Some(server) = &self.server {
            let released = server.commits.released;
            let Some(&commit) = server.commits.queue.get(index) else {
                break;
            };
            let done = match commit.stage {
                Stage::Flushing => commit.tip.lsn <= flush,
                Stage::Waiting(mark) => {
                    commit.tip.lsn
                        <= match mark {
                            Mark::Written => released.write,
                            Mark::Flushed => released.flush,
                            Mark::Replayed => released.replay,
                        }
                }
                // These have a way of their own.
                Stage::Logging | Stage::Acking(_) => false,
            };
            if done {
                self.take_commit(index);
                self.finish_commit(cx, commit, Outcome::Acked);
                self.unlock(cx, commit.key);
            } else {
                index += 1;
            }
        }
        self.move_visible_end();
    }

    fn take_commit(&mut self, index: usize) {
        if let Some(server) = &mut self.server {
            server.commits.queue.remove(index);
        }
    }

    pub(super) fn commit_at(&self, index: usize) -> Option<Commit> {
        self.server.as_ref()?.commits.queue.get(index).copied()
    }

    pub(super) fn set_stage(&mut self, index: usize, stage: Stage) {
        if let Some(server) = &mut self.server
            && let Some(commit) = server.commits.queue.get_mut(index)
        {
            commit.stage = stage;
        }
    }

    /// AFTER_COMMIT: the storage engine commits, then the wait begins. Others see the row, and its lock is free.
    pub(super) fn commit_before_wait(&mut self, cx: &mut Context<'_>, index: usize) {
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
    pub(super) fn complete(&mut self, cx: &mut Context<'_>, index: usize, outcome: Outcome) {
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
    fn finish_commit(&mut self, cx: &mut Context<'_>, commit: Commit, outcome: Outcome) {
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
    pub(super) fn move_visible_end(&mut self) {
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
    fn unlock(&mut self, cx: &mut Context<'_>, key: Key) {
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
    pub(super) fn end_wait(&mut self, cx: &mut Context<'_>, op: OpId, terminate: bool) -> bool {
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
    pub(super) fn lose_waiting_clients(&mut self, cx: &mut Context<'_>) {
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

/// What a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Acked,
    ConnectionLost,
}

/// The pace of replication connections, whichever database it is. `None`: never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) sender_timeout: Option<Span>,
    pub(crate) receiver_timeout: Option<Span>,
    pub(crate) status_interval: Option<Span>,
    pub(crate) retry: Span,
}

impl Timing {
    pub(crate) fn of(database: &Database) -> Self {
        let some = |millis: u64| (millis > 0).then_some(Span::from_millis(millis));
        match database {
            Database::Postgresql(settings) => Self {
                sender_timeout: some(settings.wal_sender_timeout),
                receiver_timeout: some(settings.wal_receiver_timeout),
                status_interval: some(settings.wal_receiver_status_interval * 1_000),
                retry: Span::from_millis(settings.wal_retrieve_retry_interval),
            },
            // A source notices that a replica is gone when it next sends; a replica by `net_timeout` (R-MY-12).
            Database::Mysql(_) | Database::Mariadb(_) | Database::Textbook => {
                let family = Family::of(database);
                Self {
                    sender_timeout: None,
                    receiver_timeout: family.map(|family| family.net_timeout),
                    status_interval: None,
                    retry: family.map_or(Span(1_000_000), |family| family.connect_retry),
                }
            }
        }
    }
}
