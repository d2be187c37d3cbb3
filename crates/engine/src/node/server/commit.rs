//! Executing a write: row lock, log record, flush, wait for standbys, visible, answer (R-PG-4).
//!
//! A row is locked from execution until its commit is done, so a second write of the same key waits for the first. Whoever
//! waits for standbys is invisible here, while a standby that has the record may already show it.

mod finish;

use std::collections::VecDeque;

use super::{Context, Family, Node, Role};
use crate::event::EventKind;
use crate::ids::{Key, Lsn, OpId, Tip};
use crate::message::Request;
use crate::node::wal::Record;
use crate::scenario::{CommitLevel, Database};
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
    pub(super) fn execute_write(
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
        let Some(server) = &self.server else {
            return false;
        };
        let mysql = server.mysql;
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
        self.checkpoint_if_due(cx);
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
            stage: if mysql {
                Stage::Logging
            } else {
                Stage::Flushing
            },
            engine_committed: false,
        };
        if level == CommitLevel::Off {
            self.finish_commit(cx, commit, Outcome::Acked);
            self.log_is_asynchronous(cx);
            return false;
        }
        if let Some(server) = &mut self.server {
            server.commits.locks.get_or_default(request.key);
            server.commits.queue.push_back(commit);
        }
        self.start_flush(cx);
        true
    }

    /// The log of this server is on disk up to `flush`.
    pub(super) fn server_flushed(&mut self, cx: &mut Context<'_>) {
        self.note_flush_time(cx.now);
        self.send_log_to_all(cx);
        if self.role == Role::Primary {
            self.local_flush_done(cx);
        } else {
            self.note_chunk();
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
