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
    /// The record that the query conflicts with, and when replay would have applied it.
    blocked_since: Option<Time>,
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
        let delay = cx.apply_delay(self.id);
        let most = cx.max_standby_streaming_delay();
        let Some(server) = &mut self.server else {
            return;
        };
        let replaying = &mut server.replaying;
        if replaying.busy || server.rebuild.is_some() {
            return;
        }
        if !promoting {
            if replaying.paused {
                return;
            }
            if made + delay > cx.now {
                self.look_again(cx, made + delay);
                return;
            }
        }
        // R-PG-13: the query is cancelled once the log that it holds up has waited for the longest delay.
        if let Some(until) = replaying.query_until {
            if until <= cx.now {
                replaying.query_until = None;
            } else {
                let since = *replaying.blocked_since.get_or_insert(cx.now);
                let cancel_at = most.map_or(Time::NEVER, |most| since + most);
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
            server.replaying.blocked_since = None;
            server.replaying.busy = true;
            server.replaying.batch = batch;
        }
        self.enqueue(cx, Job::Replay);
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
    pub(in crate::node) fn on_replayed(&mut self, cx: &mut Context<'_>) {
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
