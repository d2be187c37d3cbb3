//! Applying the log on a standby: in order, no earlier than `recovery_min_apply_delay`, and not while a query holds it up.

use super::{Context, Node, Role, ServerTimer};
use crate::event::{ApplierError, EventKind};
use crate::ids::Lsn;
use crate::node::Timer;
use crate::node::processor::Job;
use crate::time::{Span, Time};

/// What holds replay up.
#[derive(Clone, Debug, Default)]
pub(super) struct Replaying {
    /// A job to apply a record is in the processor's queue.
    busy: bool,
    /// An administrator paused it.
    paused: bool,
    /// A query that conflicts runs until then.
    query_until: Option<Time>,
    /// Up to where replay knows of log on disk, and when it was received: what PostgreSQL calls `XLogReceiptTime`.
    known: Lsn,
    received_at: Time,
    /// The end of the log on disk before the last flush, and after it: the receiver's latest chunk.
    chunk: (Lsn, Lsn),
    /// When the timer that looks again is due.
    timer: Option<Time>,
    /// Up to where the workers of a MySQL or MariaDB replica are at work.
    batch: Lsn,
    /// The error that stopped the applier.
    error: Option<ApplierError>,
}

impl Replaying {
    /// Promotion ends every delay.
    pub(super) fn promoted(&mut self) {
        *self = Self::default();
    }

    /// Log after this position is gone.
    pub(super) fn log_ends_at(&mut self, end: Lsn) {
        self.known = self.known.min(end);
        self.chunk = (self.chunk.0.min(end), self.chunk.1.min(end));
    }

    /// Replay is about to look at a record (xlogrecovery.c `WaitForWALToBecomeAvailable`). It looks for new log only when it
    /// has used up what it knew of, and only if that is of the latest chunk has it kept up, and the time starts anew.
    fn look_at(&mut self, next: Lsn, end: Lsn, now: Time) {
        if next > self.known {
            self.known = end;
            if self.chunk.0 < next {
                self.received_at = now;
            }
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// The applier cannot go on: it stops until a hand starts it again.
    pub(super) fn stop(&mut self, why: ApplierError) {
        self.paused = true;
        self.error = Some(why);
    }

    /// `Last_SQL_Error`.
    pub(super) fn error(&self) -> Option<ApplierError> {
        self.error
    }
}

impl Node {
    /// Lets the processor apply the next record that is on disk, if nothing holds replay up.
    pub(super) fn replay_next(&mut self, cx: &mut Context<'_>) {
        if self.role == Role::Primary || self.replay >= self.replayable() {
            return;
        }
        let Some(record) = self.wal.get(self.replay.next()) else {
            return;
        };
        let (made, promoting) = (record.at, self.role == Role::Promoting);
        let (next, end) = (record.lsn, self.replayable());
        let delay = cx.apply_delay(self.id);
        let most = cx.max_standby_streaming_delay();
        let Some(server) = self.server.as_deref_mut() else {
            return;
        };
        let replaying = &mut server.replaying;
        if replaying.busy || server.rebuild.is_some() {
            return;
        }
        replaying.look_at(next, end, cx.now);
        if !promoting {
            if replaying.paused {
                return;
            }
            if made + delay > cx.now {
                self.look_again(cx, made + delay);
                return;
            }
        }
        // R-PG-13: the query is cancelled once the longest delay has passed since the log that it holds up was received.
        if let Some(until) = replaying.query_until {
            if until <= cx.now {
                replaying.query_until = None;
            } else {
                let received_at = replaying.received_at;
                let cancel_at = most.map_or(Time::NEVER, |most| received_at + most);
                if cancel_at > cx.now {
                    self.look_again(cx, until.min(cancel_at));
                    return;
                }
                replaying.query_until = None;
                cx.note(EventKind::QueryCancelled { node: self.id });
            }
        }
        let batch = self.next_batch(cx, self.replay.next());
        if let Some(server) = &mut self.server {
            server.replaying.busy = true;
            server.replaying.batch = batch;
        }
        self.enqueue(cx, Job::Replay);
    }

    /// The receiver has flushed: what was there before and what is there now.
    pub(super) fn note_chunk(&mut self) {
        let flush = self.flush;
        if let Some(server) = &mut self.server {
            let before = server.replaying.chunk.1;
            server.replaying.chunk = (before, flush);
        }
    }

    /// Where the log that may be applied ends: PostgreSQL replays what it has flushed (R-PG-3), MySQL and MariaDB what is in
    /// the relay log (R-MY-4).
    fn replayable(&self) -> Lsn {
        if self.is_mysql() {
            self.wal.tip().lsn
        } else {
            self.flush
        }
    }

    fn look_again(&mut self, cx: &mut Context<'_>, at: Time) {
        let Some(server) = &mut self.server else {
            return;
        };
        if server.replaying.timer.is_none_or(|armed| at < armed) {
            server.replaying.timer = Some(at);
            cx.timer_at(at, Timer::Server(ServerTimer::ReplayDue));
        }
    }

    pub(super) fn on_replay_due(&mut self, cx: &mut Context<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        if server.replaying.timer.is_none_or(|at| at > cx.now) {
            return;
        }
        server.replaying.timer = None;
        cx.event(EventKind::NodeTimer { node: self.id });
        self.replay_next(cx);
    }

    /// The processor has applied a record.
    pub(super) fn on_replayed(&mut self, cx: &mut Context<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        server.replaying.busy = false;
        if server.mysql {
            let batch = server.replaying.batch;
            if self.role != Role::Primary && server.rebuild.is_none() {
                self.batch_applied(cx, batch);
                self.replay_next(cx);
                self.open_server_if_ready(cx);
            }
            return;
        }
        let feedback = server.receiver.feedback;
        if self.role == Role::Primary || server.rebuild.is_some() || self.replay >= self.flush {
            return;
        }
        let Some(record) = self.wal.get(self.replay.next()).copied() else {
            return;
        };
        self.table.apply(&record);
        self.replay = record.lsn;
        cx.event(EventKind::Replayed {
            node: self.id,
            lsn: record.lsn,
        });
        if record.lsn <= feedback {
            self.send_status(cx, false, false);
        }
        self.replay_next(cx);
        self.open_server_if_ready(cx);
    }

    pub(super) fn pause_replay(&mut self, cx: &mut Context<'_>, paused: bool) -> bool {
        let standby = self.role != Role::Primary;
        let Some(server) = &mut self.server else {
            return false;
        };
        if !standby || server.replaying.paused == paused {
            return false;
        }
        server.replaying.paused = paused;
        server.replaying.error = None;
        cx.event(EventKind::ReplayPaused {
            node: self.id,
            paused,
        });
        self.replay_next(cx);
        true
    }

    /// A query that conflicts with replay runs on this standby. With `hot_standby_feedback` the primary keeps what it reads,
    /// so there is no conflict.
    pub(super) fn conflicting_query(&mut self, cx: &mut Context<'_>, for_us: u64) -> bool {
        let standby = self.role != Role::Primary;
        if cx
            .postgresql()
            .is_none_or(|settings| settings.hot_standby_feedback)
            || !standby
        {
            return false;
        }
        let until = cx.now + Span(for_us);
        let Some(server) = &mut self.server else {
            return false;
        };
        let replaying = &mut server.replaying;
        replaying.query_until = replaying.query_until.max(Some(until));
        cx.event(EventKind::QueryConflict { node: self.id });
        true
    }

    /// Up to where standbys are to answer when they have applied the log: the newest commit that waits for it.
    pub(super) fn apply_feedback(&self) -> Lsn {
        self.server
            .as_ref()
            .map_or(Lsn::ZERO, |server| server.commits.apply_feedback())
    }
}
